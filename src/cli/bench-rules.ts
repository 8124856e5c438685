/**
 * The rules of 5,000 Services (kube-proxy's own, some 55,000): loaded, met by packets, printed; and the same in the kernel of this
 * machine, in a network namespace of its own, where that is permitted. What a packet costs is that of a connection's first one.
 */
import { spawnSync } from 'node:child_process';
import { execPath } from 'node:process';
import { buildRules } from '../kubernetes/kube-proxy/rules.ts';
import type { Endpoint, ServicePort } from '../kubernetes/kube-proxy/services.ts';
import { Machine } from '../linux/machine.ts';
import { ipOutput } from '../linux/net/ip-output.ts';
import { World } from '../linux/world.ts';
import { cpu, type Row } from './bench-alone.ts';

const MANY = 5_000, FEW = 1_000, PACKETS = 2_000;

export async function rules(): Promise<Row[]> {
  const many = await simulated(MANY), few = await simulated(FEW);
  const kernelMany = real(MANY), kernelFew = real(FEW);
  const beside = (key: 'load' | 'packet' | 'save', k: Figures | undefined) => (k ? `kernel ${k[key].toFixed(key === 'packet' ? 3 : 0)} ms` : 'kernel: skipped (no network namespaces here)');
  const row = (what: string, key: 'load' | 'packet' | 'save', figures: Figures[], budget: number | undefined, k: Figures | undefined): Row => ({ what, unit: 'ms', figures: figures.map((f) => f[key]), ...(budget === undefined ? {} : { budget }), note: beside(key, k) });
  return [
    row(`iptables-restore of ${MANY} Services`, 'load', many, 2000, kernelMany), row(`iptables-save of them`, 'save', many, 1000, kernelMany),
    row(`a packet through them`, 'packet', many, 0.2, kernelMany), row(`a packet through ${FEW}`, 'packet', few, undefined, kernelFew),
  ];
}

/** Milliseconds. */
interface Figures {
  load: number;
  packet: number;
  save: number;
}

async function simulated(count: number): Promise<Figures[]> {
  const text = restoreText(count), out: Figures[] = [];
  for (let round = 0; round < 6; round++) {
    const world = new World({ seed: 'bench', start: 1_795_000_000_000_000, programs: new Map() });
    const machine = new Machine(world, 'node'), { net } = machine;
    world.machines.set('node', machine);
    net.addLink({ name: 'eth0', kind: 'dummy' }).setUp();
    net.addAddress('eth0', '10.0.0.1/8');
    const load = await cpu(() => net.netfilter.restore(text, { noflush: true }));
    const send = (from: number, n: number) => {
      for (let i = from; i < from + n; i++) ipOutput(net, { flow: 0, src: 0x0a000001, dst: serviceIP(i * 7919 % count), protocol: 'udp', sport: 1024 + (i % 60_000), dport: 80, ttl: 64, tos: 0, id: 0, df: false, length: 29, data: 'x', mark: 0 });
    };
    // Rules are made ready when a packet first meets them.
    send(0, count);
    const packet = (await cpu(() => send(count, PACKETS))) / PACKETS;
    const save = await cpu(() => void net.netfilter.save());
    out.push({ load, packet, save });
  }
  return out.slice(1);
}

/**
 * The same in a namespace, with iptables-legacy (x_tables): iptables-nft takes minutes to load as many chains. The cost of a packet is
 * what the rules add to a send.
 */
function real(count: number): Figures | undefined {
  if (spawnSync('unshare', ['-n', 'iptables-legacy', '-t', 'nat', '-L', '-n']).status !== 0) return undefined;
  const script = `set -e
    ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up; ip addr add 10.0.0.1/8 dev v0; ip neigh add 10.244.1.1 lladdr 02:00:00:00:00:01 dev v0
    ${execPath} -e "$SENDER" ${count}
    s=$(date +%s%N); iptables-legacy-restore -w --noflush; e=$(date +%s%N); echo load $(((e-s)/1000))
    ${execPath} -e "$SENDER" ${count}
    s=$(date +%s%N); iptables-legacy-save > /dev/null; e=$(date +%s%N); echo save $(((e-s)/1000))`;
  const { stdout, status } = spawnSync('unshare', ['-n', 'sh', '-c', script], { encoding: 'utf8', input: restoreText(count), env: { ...process.env, SENDER }, maxBuffer: 1e9, timeout: 120_000 });
  if (status !== 0) return undefined;
  const figure = (name: string) => [...stdout.matchAll(new RegExp(`^${name} ([\\d.]+)$`, 'gm'))].map((m) => Number(m[1]));
  const [before = 0, after = 0] = figure('packet');
  return { load: figure('load')[0]! / 1000, save: figure('save')[0]! / 1000, packet: Math.max(0, after - before) / 1000 };
}

/** Sends datagrams, each from a socket of its own, and prints the CPU time of one in microseconds. */
const SENDER = `const d=require('dgram'),n=${PACKETS},count=Number(process.argv[1]),s=[];let left=n;
for(let i=0;i<n;i++){const x=d.createSocket('udp4');s.push(x);x.bind(0,'10.0.0.1',()=>--left||go())}
function go(){const c=process.cpuUsage();let w=n;s.forEach((x,i)=>{const k=i*7919%count;x.send('x',80,'10.96.'+(k>>8)+'.'+(k&255),()=>{if(!--w){const u=process.cpuUsage(c);console.log('packet',(u.user+u.system)/n);process.exit()}})})}`;

function serviceIP(i: number): number {
  return 0x0a600000 + i;
}

function restoreText(count: number): string {
  const services: ServicePort[] = [], endpoints = new Map<string, Endpoint[]>();
  for (let i = 0; i < count; i++) {
    const name = `default/svc-${i}`;
    services.push({ name, namespace: 'default', service: `svc-${i}`, clusterIP: `10.96.${i >> 8}.${i & 255}`, port: 80, protocol: 'udp', nodePort: 0, externalIPs: [], loadBalancerIPs: [], loadBalancerSourceRanges: [], internalLocal: false, externalLocal: false, healthCheckNodePort: 0, affinity: 0, topologyAware: false });
    endpoints.set(name, [1, 2, 3].map((e) => ({ address: `10.244.1.${e}:8080`, ip: `10.244.1.${e}`, local: false, ready: true, serving: true, terminating: false, zones: [], elsewhere: false })));
  }
  const { filter, nat } = buildRules(services, endpoints, { detector: { local: '-s 10.244.0.0/16', notLocal: '! -s 10.244.0.0/16' } });
  return `*filter\n${filter.join('\n')}\nCOMMIT\n*nat\n${nat.join('\n')}\n-A OUTPUT -j KUBE-SERVICES\n-A POSTROUTING -j KUBE-POSTROUTING\nCOMMIT\n`;
}
