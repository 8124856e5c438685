import '../linux/net/netfilter/modules.ts';
import { parseIpv4, type Ipv4, type Mac } from '../linux/net/addresses.ts';
import type { Link } from '../linux/net/link.ts';
import type { NetNamespace } from '../linux/net/namespace.ts';
import { neighboursOf, type NeighbourState } from '../linux/net/neighbour.ts';
import type { World } from '../linux/world.ts';
import type { HostState, RecordedState } from './recorded-state.ts';

/** What the recorded machines' kernels remembered, put into machines that have only just booted: rules and routes of no daemon, neighbours, what bridges had learned. */
export function restoreNetworks(world: World, state: RecordedState): void {
  for (const [name, machine] of world.machines) {
    const host = state[name] as HostState | undefined;
    if (!host) continue;
    const rules = handMade(host['iptables-save -c'] ?? '');
    if (rules !== '') machine.net.netfilter.restore(rules, { noflush: true });
    for (const r of host.route ?? []) {
      if (r.protocol !== undefined || r.gateway === undefined || r.table !== undefined || r.dst === 'default' || r.dev === 'flannel.1' || !r.dev || !machine.net.link(r.dev)) continue;
      machine.net.replaceRoute({ dst: r.dst, via: r.gateway, dev: r.dev, ...(r.metric ? { metric: r.metric } : {}) });
    }
    if (host.neigh) neighbours(machine.net, host.neigh, owners(world));
    if (host.fdb && host.addr) for (const link of machine.net.links()) if (link.bridge) ports(link, host.fdb, host.addr);
  }
}

/** Rules that neither kube-proxy nor flannel wrote, and every table, which once touched stays. */
function handMade(save: string): string {
  const out: string[] = [];
  for (const line of save.split('\n')) {
    const rule = line.replace(/^\[\d+:\d+\] /, '');
    if (line.startsWith('*')) out.push(line);
    else if (line === 'COMMIT') out.push(line);
    else if (/^:/.test(line) && !/^:(KUBE-|FLANNEL-|CNI-)/.test(line) && (/ - \[/.test(line) || / DROP \[/.test(line))) out.push(line.replace(/\[.*/, '[0:0]'));
    else if (/^-A /.test(rule) && !/^-A (KUBE-|FLANNEL-|CNI-)/.test(rule) && !/ -j (KUBE-|FLANNEL-|CNI-)/.test(rule)) out.push(rule);
  }
  return out.length > 0 ? `${out.join('\n')}\n` : '';
}

/** Who in the world has an address. */
function owners(world: World): Map<Ipv4, Mac> {
  const macs = new Map<Ipv4, Mac>();
  for (const machine of world.machines.values()) {
    for (const net of new Set([machine.net, ...machine.pids.processes().map((p) => p.net)])) for (const link of net.links()) for (const a of link.addresses) macs.set(a.ip, link.address);
  }
  return macs;
}

/** The MAC is that of this world's owner of the address; who has gone keeps the recorded one. */
function neighbours(net: NetNamespace, recorded: NonNullable<HostState['neigh']>, macs: ReadonlyMap<Ipv4, Mac>): void {
  for (const link of net.links()) neighboursOf(link).flush();
  for (const { dst, dev, lladdr, state } of recorded) {
    const ip = parseIpv4(dst), link = net.link(dev);
    if (ip === undefined || !link || state.includes('PERMANENT')) continue;
    const known = STABLE.find((s) => state.includes(s)) ?? (lladdr ? 'REACHABLE' : 'FAILED');
    neighboursOf(link).set(ip, known === 'FAILED' ? undefined : (macs.get(ip) ?? lladdr), known);
  }
}
/** States that need no timer; an entry caught while it was being asked for is taken for answered. */
const STABLE: readonly NeighbourState[] = ['REACHABLE', 'STALE', 'FAILED', 'NOARP'];

/** The index of each port and whether somebody had been heard behind it lately: ports were made in the order of the addresses behind them. */
function ports(bridge: Link, fdb: NonNullable<HostState['fdb']>, addr: NonNullable<HostState['addr']>): void {
  const recorded = addr.filter((l) => fdb.some((e) => e.ifname === l.ifname && e.master === bridge.name && l.ifname !== bridge.name));
  const indexes = new Map<Link, number>();
  const behind = (port: Link) => port.peer?.addresses[0]?.ip ?? 0;
  bridge.bridge!.ports.toSorted((a, b) => behind(a) - behind(b) || a.index - b.index).forEach((port, i) => {
    const name = recorded[i]?.ifname;
    if (recorded[i]) indexes.set(port, recorded[i].ifindex);
    bridge.bridge!.forgetPort(port);
    if (port.peer && fdb.some((e) => e.ifname === name && e.master === bridge.name && e.state !== 'permanent')) bridge.bridge!.learn(port, port.peer.address, undefined);
  });
  bridge.ns.renumber(indexes);
}
