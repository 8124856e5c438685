/** ICMP: errors, echo, the sockets of ping and traceroute; and what iptables' REJECT sends (nf_reject_ipv4.c). */
import type { Process } from '../process.ts';
import { formatIpv4, IPV4_MAX, isMulticast, type Ip, type Ipv4 } from './addresses.ts';
import { SocketError, type NetErrno } from './errors.ts';
import { ipOutput } from './ip-output.ts';
import type { Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import { ACK, clonePacket, FIN, ipHeader, RST, SYN, type IcmpPart, type IcmpType, type Packet } from './packet.ts';
import { redirectReceived } from './redirect.ts';
import { socketAddress, zoneOf } from './sockets.ts';

/** Tells the sender of a packet about it. Errors are never about errors, broadcasts or later fragments. */
export function sendIcmpError(ns: NetNamespace, about: Packet, type: IcmpType, code: number, { mtu, gateway }: { mtu?: number; gateway?: Ipv4 } = {}): void {
  if (about.dst > IPV4_MAX) return ns.inet6!.sendError(about, type, code, mtu);
  if (ns.shared.answering) return;
  if (about.icmp && about.icmp.type !== 'echo-request' && about.icmp.type !== 'echo-reply') return;
  if (about.fragment && about.fragment.offset > 0) return;
  if (about.src === 0 || isMulticast(about.src) || about.src === 0xffffffff) return;
  const kind = ns.fib.addressType(about.dst);
  if (kind === 'BROADCAST' || kind === 'MULTICAST') return;
  const src = kind === 'LOCAL' ? about.dst : ns.fib.addressType(about.src) === 'LOCAL' ? about.src : 0;
  const inner = clonePacket(about);
  const icmp: IcmpPart = { type, code, id: 0, seq: 0, inner, data: Math.min(about.length, 548) };
  if (mtu !== undefined) icmp.mtu = mtu;
  if (gateway !== undefined) icmp.gateway = gateway;
  emit(ns, src, about.src, icmp, { tos: 0xc0, mark: 0, background: about.background, about });
}

/** Answers a segment with a reset as -j REJECT --reject-with tcp-reset does; conntrack takes it for part of the connection. */
export function sendReset(ns: NetNamespace, packet: Packet): void {
  const tcp = packet.tcp;
  if (!tcp || tcp.flags & RST) return;
  if (ns.tracer.on) ns.tracer.step(ns, 'reject', packet, { note: 'tcp-reset' });
  const length = tcp.payload.length + (tcp.flags & SYN ? 1 : 0) + (tcp.flags & FIN ? 1 : 0);
  const reset: Packet = {
    flow: ns.tracer.nextFlow(), src: packet.dst, dst: packet.src, protocol: 'tcp', sport: packet.dport, dport: packet.sport, ttl: 64, tos: 0, id: 0, df: true, length: ipHeader(packet.dst) + 20, mark: 0,
    tcp: tcp.flags & ACK ? { seq: tcp.ack, ack: 0, flags: RST, win: 0, payload: '' } : { seq: 0, ack: (tcp.seq + length) >>> 0, flags: RST | ACK, win: 0, payload: '' },
    background: packet.background ?? false,
  };
  if (packet.ct) reset.ct = { entry: packet.ct.entry, reply: !packet.ct.reply, state: 'RELATED' };
  ipOutput(ns, reset, { route: ns.fib.output(reset.dst), quiet: true });
}

export function icmpReceive(ns: NetNamespace, packet: Packet, link: Link, unicast: boolean): void {
  const icmp = packet.icmp!;
  switch (icmp.type) {
    case 'echo-request':
      if (ns.get('net.ipv4.icmp_echo_ignore_all') === '1' || !unicast) return;
      return emit(ns, packet.dst, packet.src, { type: 'echo-reply', code: 0, id: icmp.id, seq: icmp.seq, data: icmp.data }, { tos: packet.tos, mark: 0, background: packet.background });
    case 'echo-reply':
      for (const s of ns.icmpSockets) if (s.id === icmp.id) s.onReply?.({ from: formatIpv4(packet.src), ttl: packet.ttl, seq: icmp.seq, bytes: icmp.data + 8, to: formatIpv4(packet.dst) });
      return;
    case 'redirect':
      for (const s of ns.icmpSockets) if (icmp.inner?.icmp && s.id === icmp.inner.icmp.id) s.onRedirect?.({ from: formatIpv4(packet.src), seq: icmp.inner.icmp.seq, gateway: formatIpv4(icmp.gateway ?? 0) });
      return redirectReceived(ns, packet, link);
    case 'destination-unreachable':
    case 'time-exceeded':
    case 'parameter-problem':
      // icmp_err_convert
      return errorReceived(ns, packet, icmp, errnoOf(icmp), icmp.type === 'destination-unreachable' && ![0, 1, 5, 11, 12].includes(icmp.code));
    default:
      return;
  }
}

/** errno of an unreachable's code (icmp_err_convert). */
function errnoOf(icmp: IcmpPart): NetErrno {
  if (icmp.type !== 'destination-unreachable') return icmp.type === 'time-exceeded' ? 'EHOSTUNREACH' : 'EPROTO';
  const byCode: NetErrno[] = ['ENETUNREACH', 'EHOSTUNREACH', 'ENOPROTOOPT', 'ECONNREFUSED', 'EMSGSIZE', 'EOPNOTSUPP', 'ENETUNREACH', 'EHOSTUNREACH', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTUNREACH', 'EHOSTUNREACH'];
  return byCode[icmp.code] ?? 'EHOSTUNREACH';
}

/** Tells the sockets of the packet that an error is about; `lasting`: trying again will not help (UDP hears of nothing else). */
export function errorReceived(ns: NetNamespace, packet: Packet, icmp: IcmpPart, errno: NetErrno, lasting: boolean, from = formatIpv4(packet.src)): void {
  const inner = icmp.inner;
  if (!inner) return;
  if (errno === 'EMSGSIZE' && icmp.mtu) {
    ns.exceptions.learn(inner.dst, { mtu: icmp.mtu });
  }
  if (inner.icmp) {
    for (const s of ns.icmpSockets) if (s.id === inner.icmp.id) s.onError?.({ from, type: icmp.type, code: icmp.code, seq: inner.icmp.seq, mtu: icmp.mtu, errno });
    return;
  }
  if (inner.tcp) ns.sockets.findTcp(inner.src, inner.sport, inner.dst, inner.dport)?.icmpError(errno, icmp.type !== 'destination-unreachable' || icmp.code <= 1);
  else {
    const socket = ns.sockets.findUdp(inner.src, inner.sport, inner.dst, inner.dport);
    // Only a connected socket hears of it.
    if (socket && socket.remoteIp !== 0 && lasting) socket.error(errno);
  }
  for (const s of ns.icmpSockets) s.onAnyError?.({ from, type: icmp.type, code: icmp.code, seq: 0, mtu: icmp.mtu, errno, inner });
}

function emit(ns: NetNamespace, src: Ip, dst: Ip, icmp: IcmpPart, o: { tos: number; mark: number; background: boolean | undefined; about?: Packet }): void {
  const packet: Packet = {
    flow: ns.tracer.nextFlow(), src, dst, protocol: 'icmp', sport: 0, dport: 0, ttl: 64, tos: o.tos, id: ns.nextIpId(), df: false, length: 28 + icmp.data, icmp, mark: o.mark, background: o.background ?? false,
  };
  // icmp_glue_bits: an error belongs to the connection of what it is about.
  if (o.about?.ct?.entry) packet.ct = { entry: o.about.ct.entry, reply: !o.about.ct.reply, state: 'RELATED' };
  ns.shared.answering = true;
  ipOutput(ns, packet, { quiet: true });
  ns.shared.answering = false;
}

export interface EchoReply {
  from: string;
  to: string;
  ttl: number;
  seq: number;
  /** ICMP bytes: what ping calls "64 bytes from". */
  bytes: number;
}

export interface IcmpErrorMessage {
  /** Who says it. */
  from: string;
  type: IcmpType;
  code: number;
  seq: number;
  mtu?: number | undefined;
  errno: NetErrno;
  inner?: Packet;
}

export interface EchoOptions {
  ip: string;
  seq: number;
  /** Bytes of data (default 56). */
  size?: number;
  ttl?: number;
  /** -M: `do` never fragments, `want` (default) fragments here what does not fit, `dont` lets everybody fragment. */
  pmtudisc?: 'do' | 'want' | 'dont';
  /** Source address or link (-I). */
  src?: string;
  dev?: string;
  /** SO_BROADCAST (-b) */
  broadcast?: boolean;
  tos?: number;
  mark?: number;
}

/** Opens a ping socket (or a raw one, for `onAnyError`: traceroute); `id`: what it is bound to. It closes with the process. */
export function icmpOpen(process: Process, options: { id?: number } = {}): IcmpSocket {
  return new IcmpSocket(process, options);
}

export class IcmpSocket {
  readonly ns: NetNamespace;
  readonly process: Process;
  /** Identifier in its echo requests. */
  readonly id: number;
  onReply: ((reply: EchoReply) => void) | undefined;
  /** An error about one of its own requests. */
  onError: ((error: IcmpErrorMessage) => void) | undefined;
  /** Advice about one of its own requests. */
  onRedirect: ((advice: { from: string; seq: number; gateway: string }) => void) | undefined;
  /** An error about any TCP or UDP packet of this namespace. */
  onAnyError: ((error: IcmpErrorMessage) => void) | undefined;
  readonly #hash: number;
  #unhook: (() => void) | undefined;

  constructor(process: Process, { id }: { id?: number }) {
    this.ns = process.net;
    this.process = process;
    this.id = id ?? process.pid & 0xffff;
    while ([...this.ns.icmpSockets].some((s) => s.id === this.id)) this.id = this.ns.shared.numbers.int(65536);
    this.#hash = this.ns.shared.hashes.uint32();
    this.ns.icmpSockets.add(this);
    this.#unhook = process.onExit(() => this.close());
  }

  /** The address that requests to there would come from. Throws SocketError ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL. */
  connect(ip: string, dev?: string): string {
    const route = this.ns.fib.output(socketAddress(ip), { oif: this.ns.link(dev ?? zoneOf(ip) ?? '') });
    if (route.error) throw new SocketError(route.error);
    return formatIpv4(route.src);
  }

  /** Sends an echo request. Throws SocketError EMSGSIZE (see `mtuTo`), EPERM, ENETUNREACH, EHOSTUNREACH … */
  send({ ip, seq, size = 56, ttl = 64, pmtudisc = 'want', src, dev, broadcast = false, tos = 0, mark = 0 }: EchoOptions): void {
    const ns = this.ns;
    const dst = socketAddress(ip);
    const packet: Packet = {
      flow: ns.tracer.nextFlow(), src: src === undefined ? 0 : socketAddress(src), dst, protocol: dst > IPV4_MAX ? 'icmp6' : 'icmp', sport: 0, dport: 0, ttl, tos, id: ns.nextIpId(), df: pmtudisc !== 'dont',
      length: ipHeader(dst) + 8 + size, icmp: { type: 'echo-request', code: 0, id: this.id, seq, data: size }, mark, ...(dst > IPV4_MAX ? {} : { hash: this.#hash }), owner: { uid: this.process.uid, gid: this.process.gid, process: this.process },
    };
    const oif = ns.link(dev ?? zoneOf(ip) ?? '');
    const route = ns.fib.output(dst, { src: packet.src, mark, oif });
    if (route.error) throw new SocketError(route.error);
    if (route.type === 'broadcast' && !broadcast) throw new SocketError('EACCES');
    if (packet.src === 0) packet.src = route.src;
    if (pmtudisc !== 'do') packet.ignoreDf = true;
    if (pmtudisc === 'want' && packet.length > ns.pathMtu(dst, route)) packet.df = false;
    if (ns.tracer.on) ns.tracer.step(ns, 'socket-send', packet, { note: this.process.comm });
    const error = ipOutput(ns, packet, { oif });
    if (error) throw new SocketError(error);
  }

  /** The MTU towards an address ("message too long, mtu=1450"). */
  mtuTo(ip: string): number {
    const dst = socketAddress(ip);
    return this.ns.pathMtu(dst, this.ns.fib.output(dst));
  }

  close(): void {
    this.ns.icmpSockets.delete(this);
    this.#unhook?.();
  }
}
