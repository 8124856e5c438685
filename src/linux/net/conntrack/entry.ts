import type { Micros } from '../../../sim/clock.ts';
import type { Ip } from '../addresses.ts';
import { ICMP6_NUMBER, ICMP_NUMBER, PROTOCOL_NUMBER, type IcmpType, type Packet } from '../packet.ts';
import type { TcpTrack } from './tcp.ts';

/** Bits of Entry.status, as IPS_* of the kernel. */
export const SEEN_REPLY = 2, ASSURED = 4, CONFIRMED = 8, SRC_NAT = 0x10, DST_NAT = 0x20, SRC_NAT_DONE = 0x80, DST_NAT_DONE = 0x100, DYING = 0x200;

/** One direction of a connection. Of icmp and icmpv6, sport is the id and dport is type * 256 + code. */
export interface Tuple {
  src: Ip;
  dst: Ip;
  proto: number;
  sport: number;
  dport: number;
}

/** A connection (struct nf_conn). */
export interface Entry {
  id: number;
  /** Which conntrack it belongs to: in another namespace it means nothing. */
  owner: number;
  orig: Tuple;
  /** What an answer looks like when it arrives: NAT shows here. */
  reply: Tuple;
  status: number;
  mark: number;
  zone: number;
  /** Seconds of the timeout in force, to be counted from the last packet. */
  timeout: number;
  expires: Micros;
  tcp?: TcpTrack;
  /** UDP: from when on traffic in both directions is a stream. */
  streamAt?: Micros;
}

const INVERSE: Record<number, number> = { 8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 128: 129, 129: 128 };

/** icmp, icmpv6 */
export function isIcmp(proto: number): boolean {
  return proto === 1 || proto === 58;
}

export function inverse(t: Tuple): Tuple {
  if (isIcmp(t.proto)) return { src: t.dst, dst: t.src, proto: t.proto, sport: t.sport, dport: (INVERSE[t.dport >> 8] ?? t.dport >> 8) * 256 + (t.dport & 255) };
  return { src: t.dst, dst: t.src, proto: t.proto, sport: t.dport, dport: t.sport };
}

export function tupleOf(p: Packet): Tuple {
  if (p.icmp) return { src: p.src, dst: p.dst, proto: PROTOCOL_NUMBER[p.protocol], sport: p.icmp.id, dport: (p.protocol === 'icmp6' ? ICMP6_NUMBER : ICMP_NUMBER)[p.icmp.type] * 256 + p.icmp.code };
  return { src: p.src, dst: p.dst, proto: PROTOCOL_NUMBER[p.protocol], sport: p.sport, dport: p.dport };
}

export function sameTuple(a: Tuple, b: Tuple): boolean {
  return a.src === b.src && a.dst === b.dst && a.sport === b.sport && a.dport === b.dport && a.proto === b.proto;
}

export function key(t: Tuple, zone: number): string {
  return `${t.src}.${t.sport}>${t.dst}.${t.dport}/${zone * 256 + t.proto}`;
}

const ERRORS: ReadonlySet<IcmpType> = new Set<IcmpType>(['destination-unreachable', 'time-exceeded', 'redirect', 'parameter-problem', 'packet-too-big']);

/** Whether it is an ICMP error about another packet. */
export function isError(p: Packet): boolean {
  return p.icmp !== undefined && ERRORS.has(p.icmp.type);
}
