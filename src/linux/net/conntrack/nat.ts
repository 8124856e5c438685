import { IPV4_MAX, type Ip } from '../addresses.ts';
import { ipv6Of, words6 } from '../addresses6.ts';
import type { Packet } from '../packet.ts';
import type { Conntrack } from './conntrack.ts';
import { DST_NAT, DST_NAT_DONE, inverse, isError, isIcmp, sameTuple, SRC_NAT, SRC_NAT_DONE, CONFIRMED, type Entry, type Tuple } from './entry.ts';

/** Network address translation of connections (net/netfilter/nf_nat_core.c). */
export interface NatRange {
  /** Addresses to choose from; none keeps the one there is. */
  min?: Ip | undefined;
  max?: Ip | undefined;
  ports?: [low: number, high: number] | undefined;
  random?: boolean;
  fully?: boolean;
  persistent?: boolean;
}
export type Manip = 'SRC' | 'DST';

/** Decides the translation of a new connection. False: no free tuple could be found. */
export function setupNat(conntrack: Conntrack, packet: Packet, range: NatRange, manip: Manip): boolean {
  const entry = packet.ct?.entry as Entry;
  if (entry.status & CONFIRMED || natDone(entry, manip)) return true;
  const current = inverse(entry.reply);
  const tuple = uniqueTuple(conntrack, entry, current, range, manip);
  if (!tuple) return false;
  if (!sameTuple(tuple, current)) {
    entry.reply = inverse(tuple);
    entry.status |= manip === 'SRC' ? SRC_NAT : DST_NAT;
  }
  entry.status |= manip === 'SRC' ? SRC_NAT_DONE : DST_NAT_DONE;
  return true;
}

export function natDone(entry: Entry, manip: Manip): boolean {
  return (entry.status & (manip === 'SRC' ? SRC_NAT_DONE : DST_NAT_DONE)) !== 0;
}

/** Whether it has been decided that both its addresses stay as they are. */
export function isUntouched({ status }: Entry): boolean {
  return (status & (SRC_NAT | DST_NAT)) === 0 && (status & SRC_NAT_DONE) !== 0 && (status & DST_NAT_DONE) !== 0;
}

/** No rule spoke: the connection keeps its addresses (and its ports, unless somebody has them). */
export function nullBinding(conntrack: Conntrack, packet: Packet, manip: Manip): boolean {
  const entry = packet.ct?.entry as Entry;
  const address = manip === 'SRC' ? entry.reply.dst : entry.reply.src;
  return setupNat(conntrack, packet, { min: address, max: address }, manip);
}

/** Rewrites a packet as its connection says. Whether something changed. */
export function translate(packet: Packet, manip: Manip): boolean {
  const ct = packet.ct!, entry = ct.entry as Entry;
  const source = (manip === 'SRC') !== ct.reply;
  if (!(entry.status & (source ? SRC_NAT : DST_NAT))) return false;
  const other = ct.reply ? entry.orig : entry.reply;
  if (isError(packet)) {
    const inner = { ...packet.icmp!.inner! };
    // The quoted packet went the other way: what is source outside is destination inside.
    if (manip === 'SRC') {
      inner.dst = other.dst;
      setPort(inner, 'dport', other.dport, other);
    } else {
      inner.src = other.src;
      setPort(inner, 'sport', other.sport, other);
    }
    packet.icmp = { ...packet.icmp!, inner };
    if (manip === 'SRC') packet.src = inverse(other).src;
    else packet.dst = inverse(other).dst;
    return true;
  }
  const target = inverse(other);
  if (manip === 'SRC') {
    packet.src = target.src;
    setPort(packet, 'sport', target.sport, target);
  } else {
    packet.dst = target.dst;
    setPort(packet, 'dport', target.dport, target);
  }
  return true;
}

function setPort(packet: Packet, which: 'sport' | 'dport', port: number, target: Tuple): void {
  if (!isIcmp(target.proto)) packet[which] = port;
  else if (packet.icmp && packet.icmp.id !== target.sport) packet.icmp = { ...packet.icmp, id: target.sport };
}

function uniqueTuple(conntrack: Conntrack, entry: Entry, current: Tuple, range: NatRange, manip: Manip): Tuple | undefined {
  const used = (t: Tuple) => conntrack.taken(inverse(t), entry.zone, entry);
  const random = range.random || range.fully;
  const tuple = { ...current };
  const { min, max } = range;
  if (min !== undefined) {
    const address = min === max ? min : chooseAddress(entry, min, max!, range.persistent ?? false);
    if (manip === 'SRC') tuple.src = address;
    else tuple.dst = address;
  }
  const port = manip === 'SRC' || isIcmp(tuple.proto) ? 'sport' : 'dport';
  if (!random) {
    if (range.ports) {
      const [low, high] = range.ports;
      if (tuple[port] >= low && tuple[port] <= high && (low === high || !used(tuple))) return tuple;
    } else if (!used(tuple)) return tuple;
  }
  let [low, high] = range.ports ?? [0, 0];
  if (!range.ports) {
    if (manip === 'DST') return tuple;
    const now = tuple[port];
    [low, high] = isIcmp(tuple.proto) ? [0, 65535] : now < 512 ? [1, 511] : now < 1024 ? [600, 1023] : [1024, 65535];
  }
  const size = high - low + 1;
  let offset = random || manip !== 'DST' ? conntrack.rng.int(65536) : 0;
  for (let attempt = 0; attempt < Math.min(size, 128); attempt++, offset++) {
    tuple[port] = low + (offset % size);
    if (!used(tuple)) return tuple;
  }
  return tuple;
}

/** find_best_ips_proto: the same client gets the same address (a hash of the source, and of the destination unless persistent). */
function chooseAddress(entry: Entry, min: Ip, max: Ip, persistent: boolean): Ip {
  let h = Math.imul(low32(entry.orig.src) ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ (persistent ? 0 : low32(entry.orig.dst)), 0xc2b2ae35);
  h = (h ^ (h >>> 16)) >>> 0;
  const low = low32(min), chosen = low + Math.floor((h / 4294967296) * (low32(max) - low + 1));
  return min > IPV4_MAX ? ipv6Of([...words6(min).slice(0, 6), chosen >>> 16, chosen & 0xffff]) : chosen;
}

/** The last 32 bits: ranges of IPv6 differ in them. */
function low32(ip: Ip): number {
  if (ip <= IPV4_MAX) return ip;
  const [high, low] = words6(ip).slice(6) as [number, number];
  return high * 65536 + low;
}
