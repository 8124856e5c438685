/** IPv6 routing (net/ipv6/route.c, ip6_fib.c) and the choice of a source address (RFC 6724, net/ipv6/addrconf.c). */
import { IPV4_MAX, type Ip } from '../addresses.ts';
import { inPrefix6, ipv6, isLinkLocal6, isMulticast6, LOOPBACK6, network6, words6 } from '../addresses6.ts';
import { NetlinkError, type NetErrno } from '../errors.ts';
import { Fib, LOCAL, MAIN, rule, selectNexthop, type Nexthop, type Route, type RouteResult, type Rule } from '../fib.ts';
import type { Link } from '../link.ts';
import type { NetNamespace } from '../namespace.ts';
import type { Packet } from '../packet.ts';
import type { Address6 } from './address.ts';

const REJECTS = new Set(['blackhole', 'unreachable', 'prohibit', 'throw']);

export class Fib6 extends Fib {
  readonly #addresses: () => readonly Address6[];
  readonly #listens: (link: Link, group: Ip) => boolean;

  /** `listens`: whether a link hears a group. */
  constructor(ns: NetNamespace, addresses: () => readonly Address6[], listens: (link: Link, group: Ip) => boolean) {
    super(ns);
    this.#addresses = addresses;
    this.#listens = listens;
  }

  /** A next hop more for a route that has one becomes part of it. */
  override add(route: Route, mode: 'add' | 'append' | 'prepend' | 'replace' | 'change' = 'add'): void {
    const r = { ...route, dst: network6(route.dst, route.bits) };
    const same = mode === 'append' && r.via !== undefined ? this.table(r.table)?.find((o) => o.dst === r.dst && o.bits === r.bits && o.metric === r.metric && (o.via !== undefined || o.nexthops)) : undefined;
    if (!same) return super.add(r, mode);
    const { via, dev } = this.checked(r), { nexthops = [{ via: same.via, dev: same.dev!, weight: 1, onlink: same.onlink }] } = same;
    if (nexthops.some((n) => n.via === via && n.dev === dev)) throw new NetlinkError('EEXIST');
    super.add({ ...same, via: undefined, dev: undefined, nexthops: [...nexthops, { via, dev: dev!, weight: 1, onlink: r.onlink }] }, 'replace');
  }

  override output(dst: Ip, { src = 0, mark = 0, oif }: { src?: Ip | undefined; mark?: number | undefined; oif?: Link | undefined } = {}): RouteResult {
    return this.#to(dst, this.find(dst, { src, mark, oif, iif: undefined }), src, oif);
  }

  override input(packet: Packet, iif: Link): RouteResult {
    const { dst, src, mark } = packet, { lo } = this.ns;
    const strange = isMulticast6(src) || (iif !== lo && (src === LOOPBACK6 || dst === LOOPBACK6));
    if (strange || (isMulticast6(dst) && !this.#listens(iif, dst))) return { ...this.#to(dst, 'EINVAL', src, iif), martian: true };
    if (isMulticast6(dst)) return { type: 'multicast', dst, via: undefined, dev: lo, src: dst, mtu: lo.mtu, route: undefined };
    const result = this.#to(dst, this.find(dst, { src, mark, oif: isLinkLocal6(dst) && iif !== lo ? iif : undefined, iif }), src, undefined);
    return result.type === 'anycast' ? { ...result, type: 'local' } : result;
  }

  override addressType(ip: Ip): 'UNSPEC' | 'UNICAST' | 'LOCAL' | 'BROADCAST' | 'MULTICAST' {
    if (isMulticast6(ip)) return 'MULTICAST';
    const found = ip > IPV4_MAX && this.table(LOCAL)?.some((r) => r.type === 'local' && r.dst === ip && r.bits === 128);
    return found ? 'LOCAL' : 'UNICAST';
  }

  /** The address to send from there (ipv6_dev_get_saddr); 0: there is none. */
  selectSource(dst: Ip, dev: Link): Ip {
    const near = isMulticast6(dst) || isLinkLocal6(dst);
    let best: Address6 | undefined;
    for (const a of this.#addresses()) {
      if (a.state !== 'permanent' || (near && a.dev !== dev)) continue;
      if (!best || better(a, best, dst, dev)) best = a;
    }
    return best?.ip ?? 0;
  }

  protected override firstRules(): Rule[] {
    return [rule(0, LOCAL), rule(32766, MAIN)];
  }

  /** Order of a dump: a prefix comes after those that are in it; what has the same, by metric. */
  protected override compare(a: Route, b: Route): number {
    if (a.dst === b.dst && a.bits === b.bits) return a.metric - b.metric;
    if (inPrefix6(a.dst, b.dst, b.bits) && a.bits > b.bits) return -1;
    if (inPrefix6(b.dst, a.dst, a.bits) && b.bits > a.bits) return 1;
    return compare6(a.dst, b.dst);
  }

  /** ip6_route_info_create, ip6_route_check_nh */
  protected override checked(r: Route): Route {
    const { lo } = this.ns;
    if (REJECTS.has(r.type)) return { ...r, dev: lo, via: undefined };
    if (r.src !== undefined && this.addressType(r.src) !== 'LOCAL') throw new NetlinkError('EINVAL', 'Invalid source address');
    if (r.nexthops) return { ...r, nexthops: r.nexthops.map((n): Nexthop => ({ ...n, dev: this.checked({ ...r, ...n, nexthops: undefined }).dev! })) };
    if (r.via === undefined) {
      if (!r.dev) throw new NetlinkError('ENODEV');
      if (!r.dev.up && r.type === 'unicast') throw new NetlinkError('ENETDOWN', 'Nexthop device is not up');
      return r;
    }
    if (this.addressType(r.via) === 'LOCAL' || isMulticast6(r.via)) throw new NetlinkError('EINVAL', 'Invalid gateway address');
    if (isLinkLocal6(r.via) || r.onlink) {
      if (!r.dev) throw new NetlinkError('EINVAL', 'Egress device not specified');
      if (!r.dev.up) throw new NetlinkError('ENETDOWN', 'Nexthop device is not up');
      return r;
    }
    const hop = this.find(r.via, { src: 0, mark: 0, oif: r.dev, iif: undefined });
    if (typeof hop === 'string' || hop.type !== 'unicast' || hop.via !== undefined || hop.nexthops) throw new NetlinkError('EHOSTUNREACH');
    return { ...r, dev: hop.dev };
  }

  #to(dst: Ip, found: Route | NetErrno, src: Ip, oif: Link | undefined): RouteResult {
    const { ns } = this;
    if (typeof found === 'string') return { type: 'unreachable', dst, via: undefined, dev: oif ?? ns.lo, src, mtu: ns.lo.mtu, route: undefined, error: found };
    const hop = found.nexthops ? selectNexthop(found.nexthops, hash(src), hash(dst)) : found;
    const local = found.type === 'local' || found.type === 'anycast', dev = local ? ns.lo : hop.dev!;
    const mtu = found.mtu ?? dev.mtu, known = ns.exceptions.get(dst)?.mtu;
    return {
      type: found.type, dst, via: hop.via, dev, src: src || (found.src ?? this.selectSource(dst, hop.dev!)),
      mtu: known === undefined ? mtu : Math.min(known, mtu), route: found,
    };
  }
}

/** A number that depends on the address alone. */
function hash(ip: Ip): number {
  return ip === 0 ? 0 : words6(ip).reduce((h, w) => Math.imul(h ^ w, 0x01000193) >>> 0, 0x811c9dc5);
}

/** RFC 6724, 5: whether `a` is the better source. */
function better(a: Address6, b: Address6, dst: Ip, dev: Link): boolean {
  if (a.ip === dst || b.ip === dst) return a.ip === dst;
  const [x, y, d] = [scope(a.ip), scope(b.ip), scope(dst)];
  if (x !== y) return x < y ? x >= d : y < d;
  if (a.deprecated !== b.deprecated) return b.deprecated;
  if ((a.dev === dev) !== (b.dev === dev)) return a.dev === dev;
  const labels = [a.ip, b.ip].map((ip) => label(ip) === label(dst));
  if (labels[0] !== labels[1]) return labels[0]!;
  return Math.min(commonBits(a.ip, dst), a.bits) > Math.min(commonBits(b.ip, dst), b.bits);
}

function scope(ip: Ip): number {
  if (isMulticast6(ip)) return words6(ip)[0]! & 15;
  return isLinkLocal6(ip) || ip === LOOPBACK6 ? 2 : 14;
}

const LABELS: [Ip, bits: number, label: number][] = [[LOOPBACK6, 128, 0], [ipv6('2001::'), 32, 6], [ipv6('2001:10::'), 28, 7], [ipv6('2002::'), 16, 2], [ipv6('fc00::'), 7, 5]];

function label(ip: Ip): number {
  return LABELS.find(([prefix, bits]) => inPrefix6(ip, prefix, bits))?.[2] ?? 1;
}

/** The order of the addresses themselves. */
function compare6(a: Ip, b: Ip): number {
  const x = words6(a), y = words6(b), i = x.findIndex((w, at) => w !== y[at]);
  return i < 0 ? 0 : x[i]! - y[i]!;
}

/** How many bits from the left are the same. */
function commonBits(a: Ip, b: Ip): number {
  let bits = 0;
  while (bits < 128 && inPrefix6(a, b, bits + 1)) bits++;
  return bits;
}
