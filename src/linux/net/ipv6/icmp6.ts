/** ICMPv6: errors and echo (net/ipv6/icmp.c, RFC 4443). Neighbour discovery is in ndisc.ts. */
import { MS, type Micros } from '../../../sim/clock.ts';
import { formatIpv4, type Ip } from '../addresses.ts';
import { isLinkLocal6, isMulticast6 } from '../addresses6.ts';
import type { NetErrno } from '../errors.ts';
import { errorReceived } from '../icmp.ts';
import { ipOutput } from '../ip-output.ts';
import type { Link } from '../link.ts';
import type { NetNamespace } from '../namespace.ts';
import { clonePacket, type IcmpPart, type IcmpType, type Packet } from '../packet.ts';

/** Codes of ICMP's unreachable (those that routing, sockets and REJECT speak of) as type and code of ICMPv6. */
const UNREACHABLE: Record<number, [IcmpType, number]> = {
  0: ['destination-unreachable', 0], 1: ['destination-unreachable', 3], 2: ['parameter-problem', 1], 3: ['destination-unreachable', 4], 4: ['packet-too-big', 0], 5: ['destination-unreachable', 5],
  6: ['destination-unreachable', 6], 13: ['destination-unreachable', 1],
};
/** Type and code of what comes of a place outside the scope of the source. */
const BEYOND_SCOPE = 2;
const ERRORS: ReadonlySet<IcmpType> = new Set<IcmpType>(['destination-unreachable', 'packet-too-big', 'time-exceeded', 'parameter-problem', 'redirect']);
/** icmpv6_err_convert: codes of unreachable that last. */
const ERRNO: [NetErrno, lasting: boolean][] = [['ENETUNREACH', false], ['EACCES', true], ['EHOSTUNREACH', false], ['EHOSTUNREACH', false], ['ECONNREFUSED', true], ['EACCES', true], ['EACCES', true]];
/** At most so many bytes: an error fits into the smallest MTU of IPv6. */
const QUOTED = 1280 - 48;

export class Icmp6 {
  readonly #ns: NetNamespace;
  /** Who was told how much (icmpv6_xrlim_allow). */
  readonly #told = new Map<Ip, { tokens: Micros; at: Micros }>();

  constructor(ns: NetNamespace) {
    this.#ns = ns;
  }

  /** Tells the sender of a packet about it; type and code are ICMP's. */
  error(about: Packet, type: IcmpType, code: number, mtu: number | undefined): void {
    const found = type === 'destination-unreachable' ? UNREACHABLE[code] : ([type, code] as const);
    if (found) this.#error(about, found[0], found[1], mtu);
  }

  beyondScope(about: Packet): void {
    this.#error(about, 'destination-unreachable', BEYOND_SCOPE, undefined);
  }

  #error(about: Packet, type: IcmpType, code: number, mtu: number | undefined): void {
    const ns = this.#ns, { fib } = ns.inet6!;
    if (about.icmp && (ERRORS.has(about.icmp.type))) return;
    if (about.fragment && about.fragment.offset > 0) return;
    if (about.src === 0 || isMulticast6(about.src) || (isMulticast6(about.dst) && type !== 'packet-too-big')) return;
    const local = (ip: Ip) => fib.addressType(ip) === 'LOCAL';
    if (type !== 'packet-too-big' && !local(about.src) && !this.#mayTell(about.src)) return;
    const icmp: IcmpPart = { type, code, id: 0, seq: 0, inner: clonePacket(about), data: Math.min(about.length, QUOTED) };
    if (mtu !== undefined) icmp.mtu = mtu;
    this.#send(local(about.dst) ? about.dst : local(about.src) ? about.src : 0, about.src, icmp, { about });
  }

  /** An echo or an error for this machine. */
  receive(packet: Packet, link: Link): void {
    const ns = this.#ns, icmp = packet.icmp!;
    const zoned = (ip: Ip) => (isLinkLocal6(ip) ? `${formatIpv4(ip)}%${link.name}` : formatIpv4(ip));
    if (icmp.type === 'echo-request') {
      if (ns.get('net.ipv6.icmp.echo_ignore_all') === '1') return;
      return this.#send(isMulticast6(packet.dst) ? 0 : packet.dst, packet.src, { type: 'echo-reply', code: 0, id: icmp.id, seq: icmp.seq, data: icmp.data }, { oif: link, to: packet });
    }
    if (icmp.type === 'echo-reply') {
      for (const s of ns.icmpSockets) if (s.id === icmp.id) s.onReply?.({ from: zoned(packet.src), ttl: packet.ttl, seq: icmp.seq, bytes: icmp.data + 8, to: formatIpv4(packet.dst) });
      return;
    }
    const [errno, lasting]: [NetErrno, boolean] = icmp.type === 'packet-too-big' ? ['EMSGSIZE', true] : icmp.type === 'destination-unreachable' ? (ERRNO[icmp.code] ?? ['EPROTO', true]) : [icmp.type === 'time-exceeded' ? 'EHOSTUNREACH' : 'EPROTO', icmp.type !== 'time-exceeded'];
    errorReceived(ns, packet, icmp, errno, lasting, zoned(packet.src));
  }

  #send(src: Ip, dst: Ip, icmp: IcmpPart, { oif, about, to }: { oif?: Link; about?: Packet; to?: Packet }): void {
    const ns = this.#ns;
    const packet: Packet = { flow: ns.tracer.nextFlow(), src, dst, protocol: 'icmp6', sport: 0, dport: 0, ttl: 64, tos: to?.tos ?? 0, id: ns.nextIpId(), df: icmp.data <= QUOTED, length: 48 + icmp.data, icmp, mark: 0, background: (about ?? to)?.background ?? false };
    if (about?.ct?.entry) packet.ct = { entry: about.ct.entry, reply: !about.ct.reply, state: 'RELATED' };
    ipOutput(ns, packet, { quiet: true, oif: isLinkLocal6(dst) && oif?.kind !== 'loopback' ? oif : undefined });
  }

  /** Six at once, then one for each time that depends on how far the route leads (inet_peer_xrlim_allow). */
  #mayTell(to: Ip): boolean {
    const now = this.#ns.world.clock.now, route = this.#ns.inet6!.fib.output(to).route;
    const pace = (Number(this.#ns.get('net.ipv6.icmp.ratelimit')) * MS) >> ((128 - (route?.bits ?? 128)) >> 5), known = this.#told.get(to);
    const tokens = Math.min(6 * pace, known ? known.tokens + now - known.at : 6 * pace), may = tokens >= pace;
    if (this.#told.size > 1000) this.#told.clear();
    this.#told.set(to, { tokens: may ? tokens - pace : tokens, at: now });
    return may;
  }
}
