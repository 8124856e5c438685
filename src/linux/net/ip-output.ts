/** From a local sender, or from forwarding, to the wire (net/ipv4/ip_output.c). */
import { IPV4_MAX, type Ip } from './addresses.ts';
import type { NetErrno } from './errors.ts';
import { formatRoute, type RouteResult } from './fib.ts';
import { sendIcmpError } from './icmp.ts';
import type { Link } from './link.ts';
import { neighbourOutput } from './neighbour.ts';
import type { NetNamespace } from './namespace.ts';
import { clonePacket, ipHeader, type Packet } from './packet.ts';

export interface OutputOptions {
  oif?: Link | undefined;
  /** Where it goes, when the caller has looked it up already. */
  route?: RouteResult | undefined;
  /** A tunnel's packet: longer than the MTU is not the sender's fault. */
  quiet?: boolean;
}

/** Sends a locally made packet: OUTPUT, routing again when it was changed, POSTROUTING. What a send call would return, or undefined. */
export function ipOutput(ns: NetNamespace, packet: Packet, { oif, route: given, quiet = false }: OutputOptions = {}): NetErrno | undefined {
  let route = given ?? ns.fib.output(packet.dst, { src: packet.src, mark: packet.mark, oif });
  if (route.error) return route.error;
  if (packet.src === 0) packet.src = route.src;
  if (packet.dst > IPV4_MAX) packet.label ??= ns.inet6!.label(packet);
  const tracer = ns.tracer;
  if (tracer.on) tracer.step(ns, 'route', packet, { dev: route.dev.name, route: route.route ? formatRoute(route.route) : '' });
  if (packet.df && !quiet && wireLength(packet) > ns.pathMtu(packet.dst, route)) return 'EMSGSIZE';
  const hooks = ns.hooks;
  if (hooks) {
    const { dst, mark, src } = packet;
    const verdict = hooks.run('OUTPUT', packet, { ns, out: route.dev });
    if (verdict === 'STOLEN') return undefined;
    if (verdict === 'DROP') return 'EPERM';
    if (packet.dst !== dst || packet.mark !== mark || packet.src !== src) {
      route = ns.fib.output(packet.dst, { src: ns.fib.addressType(packet.src) === 'LOCAL' ? packet.src : 0, mark: packet.mark, oif });
      if (tracer.on) tracer.step(ns, 'route', packet, { dev: route.dev.name, route: route.route ? formatRoute(route.route) : '', note: 'again after OUTPUT' });
      if (route.error) return route.error;
    }
  }
  return ipFinish(ns, packet, route);
}

/** POSTROUTING, fragmentation, the neighbour, the link. */
export function ipFinish(ns: NetNamespace, packet: Packet, route: RouteResult, from?: Link): NetErrno | undefined {
  const out = route.dev;
  const hooks = ns.hooks;
  if (hooks && hooks.run('POSTROUTING', packet, { ns, in: from, out }) !== 'ACCEPT') return 'EPERM';
  if (route.type === 'multicast' && ns.inet6 && packet.dst > IPV4_MAX) ns.inet6.loop(packet, out);
  const next: Ip = route.type === 'unicast' ? (route.via ?? packet.dst) : packet.dst;
  // What is only forwarded goes by the link's MTU, what begins here by that of its way (ip_skb_dst_mtu).
  const mtu = Math.min(from || packet.dst > IPV4_MAX ? route.mtu : ns.pathMtu(packet.dst, route), packet.pieceMax || Infinity);
  if (wireLength(packet) > mtu) {
    if (packet.df && !packet.ignoreDf) {
      // NAT has found another way for it than the one that it was made for.
      if (ns.tracer.on) ns.tracer.step(ns, 'drop', packet, { dev: out.name, note: `longer than the MTU ${mtu}`, reason: 'mtu' });
      sendIcmpError(ns, packet, 'destination-unreachable', 4, { mtu });
      return 'EMSGSIZE';
    }
    for (const piece of fragments(packet, mtu)) {
      const error = toWire(out, next, piece);
      if (error) return error;
    }
    return undefined;
  }
  return toWire(out, next, packet);
}

/** Whether a device of that MTU takes it from a bridge or a veth (is_skb_forwardable): a VLAN tag more may be, segments that travel together always may. */
export function forwardable(p: Packet, mtu: number): boolean {
  return p.length <= mtu + 4 || wireLength(p) !== p.length;
}

/** Bytes of the longest packet that this becomes on the wire: segments that travel together count one by one, in a tunnel too. */
export function wireLength(p: Packet): number {
  const gso = p.tcp?.gso;
  if (gso) return p.length - p.tcp!.payload.length + Math.min(gso, p.tcp!.payload.length);
  if (p.carried?.tcp?.gso) return p.length - p.carried.length + wireLength(p.carried);
  if (typeof p.data === 'object' && 'vni' in p.data && p.data.packet?.tcp?.gso) return p.length - p.data.packet.length + wireLength(p.data.packet);
  return p.length;
}

function toWire(out: Link, next: Ip, packet: Packet): NetErrno | undefined {
  if (out.pointToPoint) return out.transmit({ src: out.address, dst: out.address, packet, nextHop: next, background: packet.background ?? false });
  return neighbourOutput(out, next, packet, (mac) => out.transmit({ src: out.address, dst: mac, packet, background: packet.background ?? false }));
}

/** The pieces of a packet. IPv6 has a header of 8 bytes for it; nobody on the way makes smaller ones. */
export function fragments(packet: Packet, mtu: number): Packet[] {
  const header = ipHeader(packet.dst), six = header === 40, extra = six ? 8 : 0;
  const size = Math.floor((mtu - header - extra) / 8) * 8;
  const total = packet.length - header - (packet.fragment ? extra : 0);
  const base = packet.fragment?.offset ?? 0;
  const whole = packet.fragment?.whole ?? packet;
  const pieces: Packet[] = [];
  for (let offset = 0; offset < total; offset += size) {
    const bytes = Math.min(size, total - offset);
    const more = offset + bytes < total || (packet.fragment?.more ?? false);
    pieces.push({ ...clonePacket(packet), df: six, length: header + extra + bytes, fragment: { offset: base + offset, more, whole } });
  }
  return pieces;
}
