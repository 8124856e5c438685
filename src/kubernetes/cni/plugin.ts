import type { Machine } from '../../linux/machine.ts';
import { createVeth, type NetNamespace } from '../../linux/net/namespace.ts';
import { allocate, range, release, text } from './host-local.ts';
import { mapPorts, type PortMapping, unmapPorts } from './portmap.ts';

/** What the runtime tells the plugins of a sandbox (CNI_ARGS and the runtime config). */
export interface CniRequest {
  containerId: string;
  /** NAMESPACE/NAME */
  pod: string;
  net: NetNamespace;
  portMappings?: PortMapping[];
}

export interface CniResult {
  ip: string;
  gateway: string;
  hostVeth: string;
}

/** A plugin's refusal; the message is what the runtime reports. */
export class CniError extends Error {}

interface Conflist {
  name: string;
  plugins: Record<string, unknown>[];
}

/** Asked for at every look at the network, and mostly the same on all nodes. */
let lastText: string | undefined, last: Conflist | undefined;

/** The network configuration with the lowest name in /etc/cni/net.d; undefined when there is none (NetworkReady=false). */
export function networkConfig(machine: Machine): Conflist | undefined {
  const dir = machine.fs.find('/etc/cni/net.d');
  if (dir?.kind !== 'dir') return undefined;
  const file = dir.names().find((n) => /\.(conflist|conf|json)$/.test(n));
  if (!file) return undefined;
  try {
    const text = machine.fs.readFile(`/etc/cni/net.d/${file}`);
    if (text !== lastText) [lastText, last] = [text, JSON.parse(text) as Conflist];
    return last;
  } catch {
    return undefined;
  }
}

/** Plugs a sandbox in: the first plugin of the list decides how; portmap adds its rules. */
export function add(machine: Machine, request: CniRequest): CniResult {
  const config = networkConfig(machine);
  if (!config) throw new CniError('cni plugin not initialized');
  const first = config.plugins[0]!;
  const type = String(first['type']);
  const refuse = (why: string): never => {
    throw new CniError(`plugin type="${type}" failed (add): ${why}`);
  };
  if (!machine.fs.exists(`/opt/cni/bin/${type}`)) throw new CniError(`failed to find plugin "${type}" in path [/opt/cni/bin]`);
  const { subnet, mtu, clusterCidr, ipMasq } = settings(machine, type, first, refuse);
  const ip = allocate(machine, config.name, subnet, request.containerId, request.pod) ?? refuse('failed to allocate for range 0: no IP addresses available in range set: ' + describe(subnet));
  void ipMasq;
  const result = type === 'ptp' ? pointToPoint(machine, { ip, subnet, mtu }, request) : bridge(machine, { bridge: 'cni0', ip, subnet, mtu, clusterCidr, hairpin: true }, request);
  if (request.portMappings && config.plugins.some((p) => p['type'] === 'portmap')) {
    const [base, bits] = range(subnet);
    mapPorts(machine.net, { network: config.name, containerId: request.containerId }, { ip, subnet: `${text(base)}/${bits}`, dev: type === 'ptp' ? result.hostVeth : 'cni0', mappings: request.portMappings });
  }
  return result;
}

/** Unplugs it: the address is free again, its ports too; the veth goes with its namespace. */
export function del(machine: Machine, { ip, containerId, portMappings }: { ip: string; containerId: string; portMappings?: PortMapping[] }): void {
  const config = networkConfig(machine);
  if (!config) return;
  if (portMappings) unmapPorts(machine.net, { network: config.name, containerId }, portMappings);
  release(machine.fs, config.name, ip);
}

/** What the main plugin works with: flannel hands on what flanneld wrote to /run/flannel/subnet.env, bridge has it in its own configuration. */
function settings(machine: Machine, type: string, plugin: Record<string, unknown>, refuse: (why: string) => never): { subnet: string; mtu: number; clusterCidr: string | undefined; ipMasq: boolean } {
  if (type === 'flannel') {
    const path = '/run/flannel/subnet.env';
    if (!machine.fs.exists(path)) refuse(`loadFlannelSubnetEnv failed: open ${path}: no such file or directory`);
    const env = Object.fromEntries(machine.fs.readFile(path).trim().split('\n').map((l) => l.split('=') as [string, string]));
    return { subnet: env['FLANNEL_SUBNET']!, mtu: Number(env['FLANNEL_MTU']), clusterCidr: env['FLANNEL_NETWORK'], ipMasq: env['FLANNEL_IPMASQ'] !== 'true' };
  }
  if (type === 'bridge' || type === 'ptp') {
    const ipam = plugin['ipam'] as { subnet?: string; ranges?: { subnet: string }[][] } | undefined;
    const subnet = ipam?.subnet ?? ipam?.ranges?.[0]?.[0]?.subnet ?? refuse('no IP ranges specified');
    return { subnet, mtu: Number(plugin['mtu'] ?? 1500), clusterCidr: undefined, ipMasq: Boolean(plugin['ipMasq']) };
  }
  return refuse(`unknown plugin`);
}

/** The bridge plugin: cni0 with the gateway's address, a veth pair, an address and routes in the sandbox. */
function bridge(machine: Machine, o: { bridge: string; ip: string; subnet: string; mtu: number; clusterCidr: string | undefined; hairpin: boolean }, { net, containerId }: CniRequest): CniResult {
  const host = machine.net;
  const [base, bits] = range(o.subnet);
  const gateway = text(base + 1);
  let br = host.link(o.bridge);
  if (!br) {
    br = host.addLink({ name: o.bridge, kind: 'bridge', mtu: o.mtu });
    br.addressSet = true;
    br.setUp();
    br.setAddress(br.address); // or it would change as ports come and go
    host.addAddress(o.bridge, `${gateway}/${bits}`, { broadcast: text(base + 2 ** (32 - bits) - 1) });
    host.set('net.ipv4.ip_forward', '1');
  }
  const hostVeth = `veth${machine.world.rng.fork(`veth/${machine.name}/${containerId}`).hex(8)}`;
  const [outer, inner] = createVeth(host, hostVeth, net, 'eth0', { mtu: o.mtu });
  outer.txqlen = inner.txqlen = 0;
  net.link('lo')?.setUp();
  outer.setMaster(br);
  if (outer.port) outer.port.hairpin = o.hairpin;
  outer.setUp();
  inner.setUp();
  net.addAddress('eth0', `${o.ip}/${bits}`, { broadcast: text(base + 2 ** (32 - bits) - 1) });
  if (o.clusterCidr) net.addRoute({ dst: o.clusterCidr, via: gateway, dev: 'eth0' });
  net.addRoute({ dst: 'default', via: gateway, dev: 'eth0' });
  return { ip: o.ip, gateway, hostVeth };
}

/** The ptp plugin: a veth pair of its own for each sandbox, the gateway's address on every host end, a host route to the pod. */
function pointToPoint(machine: Machine, o: { ip: string; subnet: string; mtu: number }, { net, containerId }: CniRequest): CniResult {
  const host = machine.net;
  const [base] = range(o.subnet);
  const gateway = text(base + 1);
  const hostVeth = `veth${machine.world.rng.fork(`veth/${machine.name}/${containerId}`).hex(8)}`;
  const [outer, inner] = createVeth(host, hostVeth, net, 'eth0', { mtu: o.mtu });
  outer.txqlen = inner.txqlen = 0;
  net.link('lo')?.setUp();
  outer.setUp();
  inner.setUp();
  host.addAddress(hostVeth, `${gateway}/32`);
  host.addRoute({ dst: `${o.ip}/32`, dev: hostVeth, scope: 'host' });
  host.set('net.ipv4.ip_forward', '1');
  net.addAddress('eth0', `${o.ip}/24`, { broadcast: text(base + 255) });
  net.delRoute({ dst: o.subnet, dev: 'eth0' });
  net.addRoute({ dst: `${gateway}/32`, dev: 'eth0', src: o.ip, scope: 'link' });
  net.addRoute({ dst: o.subnet, via: gateway, dev: 'eth0', src: o.ip });
  net.addRoute({ dst: 'default', via: gateway, dev: 'eth0' });
  return { ip: o.ip, gateway, hostVeth };
}

function describe(subnet: string): string {
  const [base, bits] = range(subnet);
  return `${text(base + 1)}-${text(base + 2 ** (32 - bits) - 2)}`;
}
