import { expect, test } from 'vitest';
import { parseIpv4 } from '../../../../src/linux/net/addresses.ts';
import { ipvsOf, type Ipvs } from '../../../../src/linux/net/ipvs/ipvs.ts';
import { SCHEDULERS } from '../../../../src/linux/net/ipvs/schedulers.ts';
import { newStats, type ForwardMethod, type IpvsService } from '../../../../src/linux/net/ipvs/service.ts';
import { httpFetch, httpListen } from '../../../../src/linux/net/http.ts';
import type { NetNamespace } from '../../../../src/linux/net/namespace.ts';
import type { Machine } from '../../../../src/linux/machine.ts';
import { daemon, flannel, world } from '../worlds.ts';

const ip = (text: string) => parseIpv4(text)!;

function service(ipvs: Ipvs, address: string, { scheduler = 'rr', timeout = 0, to = [] as [string, number?][], forward = 'Masq' as ForwardMethod, port = 80 } = {}): IpvsService {
  const s: IpvsService = { protocol: 6, address: ip(address), port, fwmark: 0, scheduler: SCHEDULERS[scheduler]!(), timeout, netmask: 0xffffffff, destinations: [], stats: newStats() };
  ipvs.add(s);
  for (const [a, weight = 1] of to) ipvs.addDestination(s, { address: ip(a), port: 8080, forward, weight, upper: 0, lower: 0, overloaded: false, active: 0, inactive: 0, persistent: 0, available: true, stats: newStats() });
  return s;
}

/** Three nodes, each with a server in its pod; the first node is the balancer. */
function setup() {
  const w = world();
  const { mac, nodes, pods } = flannel(w);
  nodes.forEach((node, i) => httpListen(daemon(node, pods[i]), { ip: '0.0.0.0', port: 8080 }, (req, res) => res.send(200, {}, `pod-${i} sees ${req.remote.ip}`)));
  const get = async (from: Machine, url: string, net?: NetNamespace) => {
    let out = 'nothing';
    httpFetch(daemon(from, net), { url, timeout: 3_000_000 }, (error, response) => (out = error ? `${error.code} ${error.phase}` : response!.body));
    await w.advance(w.clock.now + 4_000_000);
    return out;
  };
  const ipvs = ipvsOf(nodes[0]!.net)!;
  nodes[0]!.net.addLink({ name: 'kube-ipvs0', kind: 'dummy' });
  nodes[0]!.net.addAddress('kube-ipvs0', '10.96.0.50/32');
  return { w, mac, nodes, pods, get, ipvs, net: nodes[0]!.net };
}

test('round robin over NAT, for a pod and for the node itself, whose packets come from the virtual address', async () => {
  const { nodes, pods, get, ipvs, net } = setup();
  const s = service(ipvs, '10.96.0.50', { to: [['10.244.1.2'], ['10.244.2.2']] });
  const answers = [];
  for (let i = 0; i < 4; i++) answers.push(await get(nodes[0]!, 'http://10.96.0.50/', pods[0]));
  expect(answers).toEqual(['pod-2 sees 10.244.0.2', 'pod-1 sees 10.244.0.2', 'pod-2 sees 10.244.0.2', 'pod-1 sees 10.244.0.2']);
  expect(s.stats.conns).toBe(4);
  expect(s.destinations.map((d) => [d.active, d.inactive, d.stats.conns])).toEqual([[0, 2, 2], [0, 2, 2]]);
  // Without masquerade the answers to the virtual address stay on the other node.
  expect(await get(nodes[0]!, 'http://10.96.0.50/')).toBe('TIMEOUT connect');
  net.set('net.ipv4.vs.conntrack', '1');
  net.netfilter.restore('*nat\n-A POSTROUTING -s 10.96.0.50/32 ! -d 10.96.0.50/32 -j MASQUERADE\nCOMMIT\n');
  expect(await get(nodes[0]!, 'http://10.96.0.50/')).toMatch(/^pod-\d sees 10\.244\.0\.0$/);
});

test('the connection table: states, expiry, /proc', async () => {
  const { w, nodes, pods, get, ipvs } = setup();
  const s = service(ipvs, '10.96.0.50', { to: [['10.244.1.2']] });
  await get(nodes[0]!, 'http://10.96.0.50/', pods[0]);
  const [cp] = ipvs.connections();
  expect(cp!.state).toMatch(/FIN_WAIT|TIME_WAIT|CLOSE/);
  expect(ipvs.proc['ip_vs']!()).toBe('IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\nTCP  0A600032:0050 rr \n  -> 0AF40102:1F90      Masq    1      0          1         \n');
  await w.advance(w.clock.now + 125_000_000);
  expect(ipvs.connections()).toEqual([]);
  expect(s.destinations[0]!.inactive).toBe(0);
});

test('schedulers and persistence', async () => {
  const { nodes, pods, get, ipvs } = setup();
  const s = service(ipvs, '10.96.0.50', { scheduler: 'wrr', to: [['10.244.1.2', 1], ['10.244.2.2', 3]] });
  const served = async (n: number) => {
    const out: string[] = [];
    for (let i = 0; i < n; i++) out.push((await get(nodes[0]!, 'http://10.96.0.50/', pods[0])).slice(4, 5));
    return out.join('');
  };
  // The first round is the one at weight 1, where the destination that was there first had left it.
  expect(await served(8)).toBe('21222122');
  const use = (name: string) => {
    s.scheduler = SCHEDULERS[name]!();
    s.scheduler.changed?.(s);
  };
  use('sh');
  expect(new Set(await served(3)).size).toBe(1);
  use('lc');
  const [a, b] = s.destinations.map((d) => ({ name: d.address === ip('10.244.1.2') ? '1' : '2', load: d.active * 256 + d.inactive }));
  expect(await served(1)).toBe(a!.load <= b!.load ? a!.name : b!.name);
  use('rr');
  s.timeout = 60;
  expect(new Set(await served(3)).size).toBe(1);
  expect(ipvs.templates().map((t) => t.assured)).toEqual([true]);
});

test('nobody behind it: refused; a destination that goes away takes its connections along', async () => {
  const { nodes, pods, get, ipvs, net } = setup();
  const s = service(ipvs, '10.96.0.50');
  expect(await get(nodes[0]!, 'http://10.96.0.50/', pods[0])).toBe('ECONNREFUSED connect');
  ipvs.remove(s);
  expect(await get(nodes[0]!, 'http://10.96.0.50/', pods[0])).toBe('ECONNREFUSED connect');
  expect(net.get('net.ipv4.vs.conntrack')).toBe('0');
});

test('a kernel without the module has no IPVS', () => {
  const { nodes } = setup();
  nodes[1]!.kernel.without = new Set(['ip_vs']);
  expect(ipvsOf(nodes[1]!.net)).toBeUndefined();
});

test('direct routing and a tunnel: the server answers by itself, with the virtual address on its loopback', async () => {
  const { w, mac, nodes, get, ipvs } = setup();
  // A virtual address on the nodes' own network.
  nodes[0]!.net.addAddress('eth0', '172.18.0.100/32');
  const server = nodes[1]!;
  httpListen(daemon(server), { ip: '0.0.0.0', port: 80 }, (req, res) => res.send(200, {}, `node-1 sees ${req.remote.ip}`));
  server.net.set('net.ipv4.conf.all.arp_ignore', '1');
  server.net.addAddress('lo', '172.18.0.100/32');
  const s = service(ipvs, '172.18.0.100', { forward: 'Route' });
  const d = { address: ip('172.18.0.3'), port: 80, forward: 'Route' as ForwardMethod, weight: 1, upper: 0, lower: 0, overloaded: false, active: 0, inactive: 0, persistent: 0, available: true, stats: newStats() };
  ipvs.addDestination(s, d);
  mac.net.addNeighbour({ ip: '172.18.0.100', dev: 'podman1', lladdr: nodes[0]!.net.link('eth0')!.address });
  expect(await get(mac, 'http://172.18.0.100/')).toBe('node-1 sees 172.18.0.1');
  expect(d.stats.outPackets).toBe(0);
  d.forward = 'Tunnel';
  server.net.loadTunnels('ipip');
  server.net.link('tunl0')!.setUp();
  expect(await get(mac, 'http://172.18.0.100/')).toBe('node-1 sees 172.18.0.1');
  expect(w.defects).toEqual([]);
});
