/** How links come into a network namespace, go, and move to another (net/core/rtnetlink.c, dev.c, drivers/net/veth.c). */
import { ZERO_MAC, type Mac } from './addresses.ts';
import { NetlinkError } from './errors.ts';
import { removeAddress } from './interface-address.ts';
import { Link, type LinkKind } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import { address, type LinkOptions } from './rtnetlink.ts';
import { TUNNEL_OVERHEAD, type Tunnel, type TunnelMode } from './tunnel.ts';
import { VXLAN_OVERHEAD, type VxlanFdb } from './vxlan.ts';

/** Throws NetlinkError EEXIST, EINVAL (name), ENODEV (vxlan dev, master). */
export function addLink(ns: NetNamespace, o: LinkOptions): Link {
  ns.newName(o.name);
  if (o.peer) {
    if (o.peer.name === o.name) throw new NetlinkError('EEXIST');
    ns.newName(o.peer.name);
    return createVeth(ns, o.name, ns, o.peer.name, { address: o.address, peerAddress: o.peer.address, mtu: o.mtu, peerMtu: o.peer.mtu }, true)[0];
  }
  needs(ns, o.kind);
  if (isTunnel(o.kind)) return addTunnel(ns, o, o.kind);
  const lower = o.lower === undefined ? undefined : ns.dev(o.lower);
  if (o.vlan !== undefined && lower!.uppers.some((l) => l.vlan === o.vlan)) throw new NetlinkError('EEXIST', '8021q: VLAN device already exists');
  const dev = o.vxlan?.dev === undefined ? undefined : ns.dev(o.vxlan.dev);
  const mtu = o.mtu ?? (o.kind === 'vxlan' ? (dev?.mtu ?? 1550) - VXLAN_OVERHEAD : o.kind === 'wireguard' ? 1420 : (lower?.mtu ?? 1500));
  const vxlan = o.vxlan && {
    vni: o.vxlan.vni, port: o.vxlan.port ?? 8472, local: o.vxlan.local === undefined ? undefined : address(o.vxlan.local), dev,
    remote: o.vxlan.remote === undefined ? undefined : address(o.vxlan.remote), learning: o.vxlan.learning ?? true, ttl: 0, fdb: new Map<Mac, VxlanFdb>(),
  };
  if (vxlan && ns.vxlans?.some((l) => l.vxlan!.vni === vxlan.vni && l.vxlan!.port === vxlan.port)) throw new NetlinkError('EEXIST', 'A VXLAN device with the specified VNI already exists');
  const link = new Link(ns, { index: o.index ?? ns.nextIndex(), name: o.name, kind: o.kind, mtu, address: o.address?.toLowerCase() ?? ns.macs.get(o.name) ?? (o.kind === 'vlan' ? lower!.address : o.kind === 'tun' || o.kind === 'wireguard' ? ZERO_MAC : ns.shared.macs.mac()), vxlan, lower, vlan: o.vlan, macvlan: o.macvlan });
  if (o.kind === 'tun' || o.kind === 'tap') link.txqlen = o.kind === 'tun' ? 500 : 1000;
  link.addressSet = o.address !== undefined;
  link.mtuSet = o.mtu !== undefined;
  if (vxlan?.remote !== undefined) vxlan.fdb.set(ZERO_MAC, { mac: ZERO_MAC, dst: [vxlan.remote], permanent: true, updated: ns.world.clock.now, used: ns.world.clock.now });
  if (vxlan) (ns.vxlans ??= []).push(link);
  ns.attach(link);
  announce(link);
  if (o.master !== undefined) link.setMaster(ns.dev(o.master));
  return link;
}

/** The first tunnel of a mode comes with the module's own device, which takes what no other takes. */
function addTunnel(ns: NetNamespace, o: LinkOptions, mode: TunnelMode): Link {
  const dev = o.lower === undefined ? undefined : ns.dev(o.lower);
  const { local, remote, ttl = 0 } = o.tunnel ?? {};
  const ends = { mode, local: local === undefined ? 0 : address(local), remote: remote === undefined ? 0 : address(remote), ttl, dev };
  const make = (name: string, tunnel: Tunnel): Link => {
    const outer = tunnel.remote === 0 ? undefined : ns.fib.output(tunnel.remote, { src: tunnel.local, oif: dev });
    const below = dev?.mtu ?? (outer && !outer.error ? outer.dev.mtu : 1500);
    const link = new Link(ns, { index: ns.nextIndex(), name, kind: mode, mtu: o.mtu ?? below - TUNNEL_OVERHEAD[mode], address: ZERO_MAC, tunnel });
    (ns.tunnels ??= []).push(link);
    ns.attach(link);
    announce(link);
    return link;
  };
  loadTunnels(ns, mode);
  if (o.name === FALLBACK[mode]) throw new NetlinkError('EEXIST');
  if (ns.tunnels?.some(({ tunnel: t }) => t!.mode === mode && !t!.fallback && t!.local === ends.local && t!.remote === ends.remote)) throw new NetlinkError('EEXIST');
  return make(o.name, ends);
}

/** Loads the module of a kind of tunnels: its device appears. Throws NetlinkError EOPNOTSUPP where the kernel has none. */
export function loadTunnels(ns: NetNamespace, mode: TunnelMode): void {
  needs(ns, mode);
  if (ns.link(FALLBACK[mode])) return;
  const link = new Link(ns, { index: ns.nextIndex(), name: FALLBACK[mode], kind: mode, mtu: 1500 - TUNNEL_OVERHEAD[mode], address: ZERO_MAC, tunnel: { mode, local: 0, remote: 0, ttl: 0, dev: undefined, fallback: true } });
  (ns.tunnels ??= []).push(link);
  ns.attach(link);
  announce(link);
}

/** Throws NetlinkError EOPNOTSUPP when the kernel has no links of that kind. */
export function needs(ns: NetNamespace, kind: LinkKind): void {
  if (!ns.kernelHas(MODULES[kind] ?? kind)) throw new NetlinkError('EOPNOTSUPP', 'Unknown device type');
}

/** Throws NetlinkError EOPNOTSUPP (lo). A veth takes its other end with it, a device those that sit on it. */
export function removeLink(ns: NetNamespace, link: Link): void {
  if (link === ns.lo) throw new NetlinkError('EOPNOTSUPP');
  if (link.tunnel?.fallback && !ns.destroyed) throw new NetlinkError('EOPNOTSUPP');
  for (const upper of [...link.uppers]) upper.ns.delLink(upper.name);
  if (link.lower) link.lower.uppers = link.lower.uppers.filter((l) => l !== link);
  if (link.tunnel) ns.tunnels = ns.tunnels?.filter((l) => l !== link);
  const peer = link.peer;
  link.peer = undefined;
  if (peer) peer.peer = undefined;
  link.setDown();
  peer?.setDown();
  link.setMaster(undefined);
  for (const port of [...(link.bridge?.ports ?? [])]) port.setMaster(undefined);
  for (const a of [...link.addresses]) removeAddress(a);
  withdraw(ns, link);
  ns.detach(link);
  link.deleted = true;
  ns.fib.drop((r) => r.dev === link);
  if (link.vxlan) ns.vxlans = ns.vxlans?.filter((l) => l !== link);
  if (peer && !peer.deleted) peer.ns.delLink(peer.name);
}

/** Moves a link into another namespace: it comes down and loses addresses. Throws NetlinkError EEXIST, EINVAL. */
export function moveLink(link: Link, to: NetNamespace, name: string): void {
  const { ns } = link;
  if (link.kind === 'loopback') throw new NetlinkError('EINVAL', 'The interface netns is immutable');
  if (to.link(name)) throw new NetlinkError('EEXIST');
  link.setDown(false);
  link.setMaster(undefined);
  for (const a of [...link.addresses]) removeAddress(a);
  ns.fib.drop((r) => r.dev === link);
  const index = to.links().some((l) => l.index === link.index) ? to.nextIndex() : link.index;
  withdraw(ns, link, { to, index });
  ns.detach(link);
  link.neighbours = undefined;
  if (link.tunnel) {
    ns.tunnels = ns.tunnels?.filter((l) => l !== link);
    (to.tunnels ??= []).push(link);
  }
  link.ns = to;
  link.name = name;
  link.index = index;
  to.attach(link);
  announce(link);
  if (link.peer?.up) link.peer.changed();
}

/** Tells of a new link: its settings, then itself. */
function announce(link: Link): void {
  const { ns } = link;
  const below = (link.peer ?? link.lower)?.ns;
  if (below && below !== ns) {
    ns.nsid(below);
    below.nsid(ns);
  }
  for (const family of ['inet', 'inet6'] as const) ns.events.tell({ kind: 'netconf', family, dev: link });
  link.changed();
}

function withdraw(ns: NetNamespace, link: Link, moved?: { to: NetNamespace; index: number }): void {
  link.unqueue();
  for (const family of ['inet', 'inet6'] as const) ns.events.tell({ kind: 'netconf', family, dev: link, deleted: true });
  if (moved) ns.nsid(moved.to);
  ns.events.tell({ kind: 'link', link, deleted: true, ...(moved ? { moved } : {}) });
}

export interface VethOptions {
  mtu?: number | undefined;
  /** When it is not the same. */
  peerMtu?: number | undefined;
  address?: Mac | undefined;
  peerAddress?: Mac | undefined;
}

/** Makes a veth pair with its ends in two namespaces (or in one). Throws NetlinkError EEXIST, EINVAL. */
export function createVeth(nsA: NetNamespace, nameA: string, nsB: NetNamespace, nameB: string, o: VethOptions = {}, peerFirst = false): [Link, Link] {
  for (const [ns, name] of [[nsA, nameA], [nsB, nameB]] as const) if (ns.link(name)) throw new NetlinkError('EEXIST');
  const make = (ns: NetNamespace, name: string, mac: Mac | undefined, mtu = o.mtu) => {
    const link = new Link(ns, { index: ns.nextIndex(), name, kind: 'veth', mtu: mtu ?? 1500, address: mac?.toLowerCase() ?? ns.shared.macs.mac() });
    ns.attach(link);
    return link;
  };
  const early = peerFirst ? make(nsB, nameB, o.peerAddress, o.peerMtu ?? o.mtu) : undefined;
  if (early) announce(early);
  const a = make(nsA, nameA, o.address);
  const b = early ?? make(nsB, nameB, o.peerAddress, o.peerMtu ?? o.mtu);
  if (!early) announce(b);
  a.peer = b;
  b.peer = a;
  announce(a);
  return [a, b];
}

/** Modules of the kernel that bring kinds of links, where they have other names; some are in every kernel. */
const MODULES: Record<string, string> = { vlan: '8021q', gre: 'ip_gre', tap: 'tun' };
const FALLBACK: Record<TunnelMode, string> = { ipip: 'tunl0', gre: 'gre0', sit: 'sit0' };
const isTunnel = (kind: string): kind is TunnelMode => kind in FALLBACK;
