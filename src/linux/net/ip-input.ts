/** From the wire to a local socket or onwards (net/ipv4/ip_input.c, ip_forward.c). */
import { SECOND, type Micros } from '../../sim/clock.ts';
import { IPV4_MAX, type Ip } from './addresses.ts';
import { formatRoute, type RouteResult } from './fib.ts';
import { icmpReceive, sendIcmpError } from './icmp.ts';
import { ipFinish, wireLength } from './ip-output.ts';
import type { Link } from './link.ts';
import { arpReceive } from './neighbour.ts';
import type { NetNamespace } from './namespace.ts';
import { clonePacket, ipHeader, type Frame, type Packet } from './packet.ts';
import { sendRedirect } from './redirect.ts';
import { tcpReceive } from './tcp-input.ts';
import { tunnelReceive } from './tunnel.ts';
import { udpReceive } from './udp.ts';

/** A frame that is for this machine, at a device that is no port of a bridge (or at the bridge itself). */
export function receiveFrame(ns: NetNamespace, link: Link, frame: Frame): void {
  if (frame.arp) return arpReceive(link, frame.arp, frame.dst === link.address);
  if (!frame.packet) return;
  let { packet } = frame;
  const hooks = ns.hooks;
  if (packet.bridged) packet.bridged = false;
  else if (hooks) {
    if (packet.fragment && hooks.defragments(packet)) {
      const whole = reassemble(ns, packet);
      if (!whole) return;
      packet = whole;
    }
    packet.macSrc = frame.src;
    packet.macDst = frame.dst;
    if (hooks.run('PREROUTING', packet, { ns, in: link }) !== 'ACCEPT') return;
  }
  const route = ns.fib.input(packet, link);
  const tracer = ns.tracer;
  if (tracer.on) tracer.step(ns, 'route', packet, { dev: route.dev.name, route: describe(route) });
  if (route.martian) {
    if (tracer.on) tracer.step(ns, 'drop', packet, { dev: link.name, note: 'martian source or destination (rp_filter)', reason: 'martian' });
    return;
  }
  if (route.type === 'local' || route.type === 'broadcast' || route.type === 'multicast') return deliver(ns, packet, link, route);
  if (packet.dst > IPV4_MAX ? !ns.inet6!.forwards(packet, link, route) : !ns.forwarding(link)) {
    if (tracer.on) tracer.step(ns, 'drop', packet, { dev: link.name, note: packet.dst > IPV4_MAX ? 'net.ipv6.conf.all.forwarding is 0' : 'net.ipv4.ip_forward is 0', reason: 'forwarding' });
    return;
  }
  if (route.error) return unroutable(ns, packet, route);
  forward(ns, packet, link, route);
}

function deliver(ns: NetNamespace, incoming: Packet, link: Link, route: RouteResult): void {
  let packet = incoming;
  if (packet.fragment) {
    const whole = reassemble(ns, packet);
    if (!whole) return;
    packet = whole;
  }
  const hooks = ns.hooks;
  if (hooks && hooks.run('INPUT', packet, { ns, in: link }) !== 'ACCEPT') return;
  switch (packet.protocol) {
    case 'tcp':
      return route.type === 'local' ? tcpReceive(ns, packet, link) : undefined;
    case 'udp':
      return udpReceive(ns, packet, link, route.type === 'local');
    case 'icmp':
      return icmpReceive(ns, packet, link, route.type === 'local');
    case 'icmp6':
      return ns.inet6!.icmpReceive(packet, link);
    case 'ipip':
    case 'gre':
      return tunnelReceive(ns, packet);
  }
}

function forward(ns: NetNamespace, packet: Packet, link: Link, route: RouteResult): void {
  const tracer = ns.tracer;
  if (packet.ttl <= 1) {
    if (tracer.on) tracer.step(ns, 'drop', packet, { dev: link.name, note: 'TTL exceeded', reason: 'ttl' });
    sendIcmpError(ns, packet, 'time-exceeded', 0);
    return;
  }
  packet.ttl--;
  if (packet.df ? wireLength(packet) > route.mtu : packet.dst > IPV4_MAX && (packet.pieceMax || packet.length) > route.mtu) {
    if (tracer.on) tracer.step(ns, 'drop', packet, { dev: link.name, note: `longer than the MTU ${route.mtu}`, reason: 'mtu' });
    sendIcmpError(ns, packet, 'destination-unreachable', 4, { mtu: route.mtu });
    return;
  }
  if (route.dev === link && packet.dst <= IPV4_MAX) sendRedirect(ns, packet, link, route);
  const hooks = ns.hooks;
  if (hooks && hooks.run('FORWARD', packet, { ns, in: link, out: route.dev }) !== 'ACCEPT') return;
  if (tracer.on) tracer.step(ns, 'forward', packet, { dev: route.dev.name });
  packet.owner = undefined;
  ipFinish(ns, packet, route, link);
}

function unroutable(ns: NetNamespace, packet: Packet, route: RouteResult): void {
  if (ns.tracer.on) ns.tracer.step(ns, 'drop', packet, { note: route.error!, reason: 'route' });
  const six = packet.dst > IPV4_MAX, code = { ENETUNREACH: 0, EHOSTUNREACH: six ? 0 : 1, EACCES: 13 }[route.error as string];
  if (code !== undefined && (six || mayTell(ns, packet.src))) sendIcmpError(ns, packet, 'destination-unreachable', code);
}

/** ip_error tells one sender five times at once, then once a second. */
function mayTell(ns: NetNamespace, sender: Ip): boolean {
  const now = ns.world.clock.now, known = ns.errorsTold.get(sender);
  const tokens = known ? Math.min(5, known.tokens + (now - known.at) / SECOND) : 5;
  if (ns.errorsTold.size > 1000) ns.errorsTold.clear();
  ns.errorsTold.set(sender, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
  return tokens >= 1;
}

function describe(route: RouteResult): string {
  return route.route ? formatRoute(route.route) : (route.error ?? route.type);
}

/** Pieces of one packet that have come (struct ipq). */
export interface FragmentQueue {
  /** When the first one came. */
  at: Micros;
  /** Bytes of each, by offset. */
  pieces: Map<number, number>;
  have: number;
  /** Bytes of the whole, once the last piece is there. */
  total: number;
  first: Packet | undefined;
  /** Bytes of the longest. */
  longest: number;
}

/** IPFRAG_TIME of ip_fragment.c. */
const FRAGMENT_TIME = 30 * SECOND;

/** Collects the pieces of a packet; the whole one when the last has come. Pieces that overlap make all of them void. */
export function reassemble(ns: NetNamespace, piece: Packet): Packet | undefined {
  const { offset, more } = piece.fragment!, bytes = piece.length - ipHeader(piece.dst) - (piece.dst > IPV4_MAX ? 8 : 0);
  const key = `${piece.src}/${piece.dst}/${piece.id}/${piece.protocol}`;
  const now = ns.world.clock.now;
  let queue = ns.fragments.get(key);
  if (!queue || now - queue.at > FRAGMENT_TIME) {
    if (ns.fragments.size > 1000) ns.fragments.clear();
    ns.fragments.set(key, (queue = { at: now, pieces: new Map(), have: 0, total: Infinity, first: undefined, longest: 0 }));
  }
  if (queue.pieces.get(offset) === bytes) return undefined;
  for (const [at, length] of queue.pieces) {
    if (offset >= at + length || at >= offset + bytes) continue;
    ns.fragments.delete(key);
    return undefined;
  }
  queue.pieces.set(offset, bytes);
  queue.have += bytes;
  queue.longest = Math.max(queue.longest, piece.length);
  if (offset === 0) queue.first = piece;
  if (!more) queue.total = offset + bytes;
  const { first } = queue;
  if (queue.have < queue.total || !first) return undefined;
  ns.fragments.delete(key);
  // Addresses, ports and identifiers are those that the pieces have now: NAT may have changed them.
  return { ...clonePacket(first.fragment!.whole), ttl: piece.ttl, src: piece.src, dst: piece.dst, sport: first.sport, dport: first.dport, icmp: first.icmp, mark: piece.mark, ct: piece.ct, macSrc: piece.macSrc, macDst: piece.macDst, pieceMax: queue.longest, fragment: undefined };
}
