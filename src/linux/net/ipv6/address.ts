/** IPv6 addresses of links and what they bring with them: routes, groups, duplicate address detection (net/ipv6/addrconf.c, mcast.c). */
import { SECOND, type Timer } from '../../../sim/clock.ts';
import type { Ip } from '../addresses.ts';
import { inPrefix6, ipv6, ipv6Of, isLinkLocal6, LOOPBACK6, network6, words6 } from '../addresses6.ts';
import { NetlinkError } from '../errors.ts';
import { LOCAL, MAIN, type Route } from '../fib.ts';
import type { Link } from '../link.ts';
import type { NetNamespace } from '../namespace.ts';
import type { Inet6 } from './index.ts';

export interface Address6 {
  dev: Link;
  ip: Ip;
  bits: number;
  scope: 'global' | 'link' | 'host';
  /** It is nobody else's, as far as is known; being asked for; somebody else's. */
  state: 'permanent' | 'tentative' | 'dadfailed';
  nodad: boolean;
  deprecated: boolean;
  timer: Timer | undefined;
}

export interface Group {
  ip: Ip;
  users: number;
}

const ALL_NODES = ipv6('ff02::1'), ROUTERS = ['ff02::2', 'ff01::2', 'ff05::2'].map(ipv6), BRIDGE = ipv6('ff02::6a'), GROUPS = ipv6('ff00::');
const BACKGROUND = { background: true };

export class Addresses {
  readonly #inet6: Inet6;
  readonly #ns: NetNamespace;
  readonly #of = new Map<Link, Address6[]>();
  /** Latest first. */
  readonly #groups = new Map<Link, Group[]>();
  /** Links that have made their address of their MAC. */
  readonly #made = new Set<Link>();

  constructor(inet6: Inet6) {
    this.#inet6 = inet6;
    this.#ns = inet6.ns;
  }

  /** In the order of `ip address`. */
  list(dev?: Link): Address6[] {
    return (dev ? [dev] : this.#ns.links()).flatMap((l) => this.#of.get(l) ?? []);
  }

  groups(dev: Link): readonly Group[] {
    return this.#groups.get(dev) ?? [];
  }

  /** Links came up, went down, got a carrier, were forbidden IPv6. */
  refresh(): void {
    for (const [link] of this.#groups) if (!link.up || this.#disabled(link)) this.#down(link);
    for (const [link] of this.#of) if (!this.#ns.links().includes(link)) this.#down(link);
    for (const link of this.#ns.links()) if (link.up && !this.#groups.has(link) && !this.#disabled(link)) this.#up(link);
    for (const link of this.#groups.keys()) {
      if (link.running && link.address6 !== undefined && !this.#made.has(link)) {
        // Nobody is asked for it in this world: a link that comes up sends nothing by itself.
        this.#made.add(link);
        this.add(link, ipv6(link.address6), 64, { nodad: true }).nodad = false;
      }
      this.#routers(link);
      if (link.running) for (const a of this.list(link)) if (a.state === 'tentative' && !a.timer) this.#detect(a);
    }
  }

  /** Throws NetlinkError EEXIST, EACCES (IPv6 is disabled there), EINVAL. */
  add(dev: Link, ip: Ip, bits: number, { nodad = false, deprecated = false, noprefixroute = false } = {}): Address6 {
    if (this.#disabled(dev)) throw new NetlinkError('EACCES', 'ipv6: IPv6 is disabled on this device');
    const known = this.#of.get(dev) ?? [];
    if (known.some((a) => a.ip === ip)) throw new NetlinkError('EEXIST', 'ipv6: address already assigned');
    const at = RANK[scopeOf(ip)];
    const a: Address6 = { dev, ip, bits, scope: scopeOf(ip), state: 'permanent', nodad, deprecated, timer: undefined };
    const before = known.findIndex((o) => RANK[o.scope] >= at);
    this.#of.set(dev, before < 0 ? [...known, a] : known.toSpliced(before, 0, a));
    if (dev.kind !== 'loopback' && !noprefixroute && dev.up) this.#put({ dst: network6(ip, bits), bits, dev, metric: 256 });
    if (dev.up) this.#join(dev, solicitedNode(ip));
    if (nodad || !this.#detects(dev)) this.#permanent(a);
    else {
      a.state = 'tentative';
      if (dev.running) this.#detect(a);
    }
    return a;
  }

  /** Throws NetlinkError EADDRNOTAVAIL. */
  remove(dev: Link, ip: Ip, bits?: number): void {
    const found = this.#of.get(dev)?.find((a) => a.ip === ip && (bits === undefined || a.bits === bits));
    if (!found) throw new NetlinkError('EADDRNOTAVAIL', 'ipv6: address not found');
    found.timer?.cancel();
    this.#of.set(dev, this.#of.get(dev)!.filter((a) => a !== found));
    const prefix = network6(ip, found.bits), still = this.list(dev).some((a) => network6(a.ip, a.bits) === prefix && a.bits === found.bits);
    this.#inet6.fib.drop((r) => r.dev === dev && ((r.table === LOCAL && r.dst === ip && r.bits === 128) || (!still && r.protocol === 'kernel' && r.metric === 256 && r.dst === prefix && r.bits === found.bits) || (!still && r.type === 'anycast' && r.dst === prefix)));
    this.#leave(dev, solicitedNode(ip));
  }

  /** Somebody else has a tentative address of ours. */
  duplicate(a: Address6): void {
    a.timer?.cancel();
    a.state = 'dadfailed';
    this.#ns.shared.kernelLog(this.#ns.machine, `IPv6: ${a.dev.name}: IPv6 duplicate address ${this.#inet6.text(a.ip)} used by another node detected!`);
  }

  #up(link: Link): void {
    this.#groups.set(link, []);
    for (const group of [ipv6('ff01::1'), ALL_NODES]) this.#join(link, group);
    if (link.kind === 'loopback') {
      if (!this.list(link).some((a) => a.ip === LOOPBACK6)) this.add(link, LOOPBACK6, 128);
    } else this.#put({ table: LOCAL, type: 'multicast', dst: GROUPS, bits: 8, dev: link, metric: 256 });
    if (link.bridge) this.#join(link, BRIDGE);
    // Those that were given before it came up.
    for (const a of this.list(link)) {
      if (a.ip === LOOPBACK6) continue;
      this.#put({ dst: network6(a.ip, a.bits), bits: a.bits, dev: link, metric: 256 });
      this.#join(link, solicitedNode(a.ip));
    }
  }

  /** A link that goes down loses its addresses and the routes through it (addrconf_ifdown). */
  #down(link: Link): void {
    for (const a of this.list(link)) a.timer?.cancel();
    this.#of.delete(link);
    this.#groups.delete(link);
    this.#made.delete(link);
    this.#inet6.fib.drop((r) => r.dev === link || (r.nexthops?.every((n) => n.dev === link) ?? false));
  }

  #permanent(a: Address6): void {
    a.state = 'permanent';
    a.timer = undefined;
    this.#put({ table: LOCAL, type: 'local', dst: a.ip, bits: 128, dev: a.dev, metric: 0 });
    this.#routers(a.dev);
  }

  /** RFC 4862, 5.4: after a while it is asked for once; who has it answers within a second. */
  #detect(a: Address6): void {
    const { clock } = this.#ns.world;
    a.timer = clock.after(this.#ns.shared.numbers.int(SECOND), () => {
      this.#inet6.askFor(a);
      a.timer = clock.after(SECOND, () => this.#permanent(a), BACKGROUND);
    }, BACKGROUND);
  }

  #detects(dev: Link): boolean {
    return dev.kind !== 'loopback' && !dev.pointToPoint && dev.kind !== 'dummy' && this.#ns.get(`net.ipv6.conf.${dev.name}.accept_dad`) !== '0' && this.#ns.get(`net.ipv6.conf.${dev.name}.dad_transmits`) !== '0';
  }

  #disabled(link: Link): boolean {
    return this.#ns.get(`net.ipv6.conf.${link.name}.disable_ipv6`) === '1';
  }

  /** A machine that forwards hears the groups of routers and answers to the first address of its networks. */
  #routers(link: Link): void {
    if (!this.#groups.has(link)) return;
    const forwards = this.#inet6.forwarding(link) && link.kind !== 'loopback', joined = this.groups(link).some((g) => g.ip === ROUTERS[0]);
    if (forwards && !joined) for (const group of ROUTERS) this.#join(link, group);
    if (!forwards && joined) for (const group of ROUTERS) this.#leave(link, group);
    if (!forwards) return void this.#inet6.fib.drop((r) => r.type === 'anycast' && r.dev === link);
    for (const a of this.list(link)) {
      const dst = network6(a.ip, a.bits);
      if (a.state !== 'permanent' || a.bits >= 127 || this.#inet6.fib.table(LOCAL)?.some((r) => r.type === 'anycast' && r.dst === dst && r.dev === link)) continue;
      this.#put({ table: LOCAL, type: 'anycast', dst, bits: 128, dev: link, metric: 0 });
      this.#join(link, solicitedNode(dst));
    }
  }

  #put(r: Pick<Route, 'dst' | 'bits' | 'dev' | 'metric'> & Partial<Route>): void {
    const route: Route = { table: MAIN, type: 'unicast', via: undefined, src: undefined, scope: 'global', protocol: 'kernel', onlink: false, ...r };
    const known = this.#inet6.fib.table(route.table)?.some((o) => o.dst === route.dst && o.bits === route.bits && o.dev === route.dev && o.metric === route.metric && o.type === route.type);
    if (!known) this.#inet6.fib.add(route, 'append');
  }

  #join(link: Link, group: Ip): void {
    // Without neighbours nobody asks for them (addrconf_join_solict).
    if ((link.kind === 'loopback' || link.kind === 'dummy' || link.pointToPoint) && isSolicitedNode(group)) return;
    const groups = this.#groups.get(link) ?? [], known = groups.find((g) => g.ip === group);
    if (known) known.users++;
    else this.#groups.set(link, [{ ip: group, users: 1 }, ...groups]);
  }

  #leave(link: Link, group: Ip): void {
    const groups = this.#groups.get(link), known = groups?.find((g) => g.ip === group);
    if (known && --known.users === 0) this.#groups.set(link, groups!.filter((g) => g !== known));
  }
}

const SOLICITED = ipv6('ff02::1:ff00:0');

function isSolicitedNode(group: Ip): boolean {
  return inPrefix6(group, SOLICITED, 104);
}

const RANK = { global: 0, link: 1, host: 2 };

function scopeOf(ip: Ip): Address6['scope'] {
  return ip === LOOPBACK6 ? 'host' : isLinkLocal6(ip) ? 'link' : 'global';
}

/** The solicited-node group of an address (RFC 4291, 2.7.1). */
export function solicitedNode(ip: Ip): Ip {
  const w = words6(ip);
  return ipv6Of([0xff02, 0, 0, 0, 0, 1, 0xff00 | (w[6]! & 0xff), w[7]!]);
}
