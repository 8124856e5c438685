/** Routing tables and rules (net/ipv4/fib_*.c): longest prefix, then lowest metric; source addresses; `ip route get`. */
import { formatCidr, formatIpv4, inPrefix, IPV4_MAX, isLoopback, isMulticast, mask, type Cidr, type Ip, type Ipv4 } from './addresses.ts';
import { LOOPBACK6 } from './addresses6.ts';
import { NetlinkError, type NetErrno } from './errors.ts';
import type { Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import type { Packet } from './packet.ts';

export type RouteType = 'unicast' | 'local' | 'broadcast' | 'multicast' | 'anycast' | 'throw' | 'unreachable' | 'prohibit' | 'blackhole';
export type Scope = 'global' | 'site' | 'link' | 'host' | 'nowhere';
const SCOPE_VALUE: Record<Scope, number> = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 };

export interface Route {
  table: number;
  type: RouteType;
  dst: Ip;
  bits: number;
  via: Ip | undefined;
  dev: Link | undefined;
  /** Preferred source address. */
  src: Ip | undefined;
  scope: Scope;
  /** kernel, boot, static … */
  protocol: string;
  metric: number;
  onlink: boolean;
  mtu?: number | undefined;
  /** Of several next hops, which share the flows by their weights; `via` and `dev` are then not set. */
  nexthops?: readonly Nexthop[] | undefined;
}

export interface Nexthop {
  via: Ipv4 | undefined;
  dev: Link;
  weight: number;
  onlink: boolean;
}

export interface Rule {
  priority: number;
  from: Cidr | undefined;
  to: Cidr | undefined;
  iif: string | undefined;
  oif: string | undefined;
  fwmark: { value: number; mask: number } | undefined;
  not: boolean;
  action: 'lookup' | 'blackhole' | 'unreachable' | 'prohibit';
  table: number;
  protocol: string;
  suppressPrefixlength?: number | undefined;
}

/** Where a packet goes. With `error` it goes nowhere. */
export interface RouteResult {
  type: RouteType;
  dst: Ip;
  via: Ip | undefined;
  dev: Link;
  /** Source address that a local sender gets. */
  src: Ip;
  mtu: number;
  route: Route | undefined;
  error?: NetErrno | undefined;
  /** Why an incoming packet is not taken: martian source or no forwarding. */
  martian?: boolean;
}

export const TABLES: Record<string, number> = { default: 253, main: 254, local: 255 };
export const MAIN = 254, LOCAL = 255, DEFAULT = 253;
/** Destinations whose route is remembered. */
const CACHE = 4096;
export const TYPE_ERROR: Partial<Record<RouteType, NetErrno>> = { blackhole: 'EINVAL', unreachable: 'EHOSTUNREACH', prohibit: 'EACCES' };

export function tableId(table: string | number | undefined): number {
  if (table === undefined) return MAIN;
  return typeof table === 'number' ? table : (TABLES[table] ?? Number(table));
}

export class Fib {
  protected readonly ns: NetNamespace;
  protected readonly tables = new Map<number, Route[]>();
  #rules: Rule[] | undefined;
  #outputs = new Map<Ipv4, RouteResult>();
  #inputs = new Map<Ipv4, RouteResult>();

  constructor(ns: NetNamespace) {
    this.ns = ns;
  }

  /** Routes, addresses, links or settings changed: what was looked up before is forgotten. */
  changed(): void {
    if (this.#outputs.size > 0) this.#outputs = new Map();
    if (this.#inputs.size > 0) this.#inputs = new Map();
  }

  get rules(): readonly Rule[] {
    return (this.#rules ??= this.firstRules());
  }

  protected firstRules(): Rule[] {
    return [rule(0, LOCAL), rule(32766, MAIN), rule(32767, DEFAULT)];
  }

  /** Throws NetlinkError EEXIST. Without a priority: one before the first rule but the local one. */
  addRule(r: Partial<Rule>): Rule {
    const rules = [...this.rules];
    const priority = r.priority ?? (rules[1] ? rules[1].priority - 1 : 32765);
    const added: Rule = { ...rule(priority, r.table ?? MAIN), protocol: 'static', ...r, priority };
    if (rules.some((o) => sameRule(o, added))) throw new NetlinkError('EEXIST');
    const at = rules.findIndex((o) => o.priority > priority);
    rules.splice(at < 0 ? rules.length : at, 0, added);
    this.#rules = rules;
    this.changed();
    this.ns.events.tell({ kind: 'rule', rule: added });
    return added;
  }

  /** Deletes the first rule that has all that is given. Throws NetlinkError ENOENT. */
  delRule(r: Partial<Rule>): void {
    const rules = this.rules;
    const at = rules.findIndex((o) => Object.entries(r).every(([k, v]) => v === undefined || JSON.stringify(o[k as keyof Rule]) === JSON.stringify(v)));
    if (at < 0) throw new NetlinkError('ENOENT');
    this.#rules = rules.filter((_, i) => i !== at);
    this.changed();
    this.ns.events.tell({ kind: 'rule', rule: rules[at]!, deleted: true });
  }

  /** In the order of `ip route show`: by prefix, then metric; undefined when there is no such table. */
  table(id: number): readonly Route[] | undefined {
    return this.tables.get(id);
  }

  tableIds(): number[] {
    return [...this.tables.keys()];
  }

  /**
   * Throws NetlinkError EEXIST (same prefix and metric; `append` allows it), ENODEV, ENETDOWN, ENETUNREACH and EINVAL with
   * the kernel's text. `replace` takes the first of the same prefix and metric, `change` needs one (ENOENT).
   */
  add(route: Route, mode: 'add' | 'append' | 'prepend' | 'replace' | 'change' = 'add'): void {
    const r = this.checked(route);
    const routes = this.tables.get(r.table) ?? [];
    const same = routes.findIndex((o) => o.dst === r.dst && o.bits === r.bits && o.metric === r.metric);
    if (mode === 'change' && same < 0) throw new NetlinkError('ENOENT');
    if (mode === 'add' && same >= 0) throw new NetlinkError('EEXIST');
    if ((mode === 'append' || mode === 'prepend') && routes.some((o) => o.dst === r.dst && o.bits === r.bits && o.metric === r.metric && sameNexthop(o, r))) throw new NetlinkError('EEXIST');
    if (same >= 0 && (mode === 'replace' || mode === 'change')) routes[same] = r;
    else if (same >= 0 && mode === 'prepend') routes.splice(same, 0, r);
    else routes.push(r);
    routes.sort((a, b) => this.compare(a, b));
    this.tables.set(r.table, routes);
    this.changed();
    this.ns.events.tell({ kind: 'route', route: r });
  }

  /** Order of a dump (fib_trie): by address; of one address the longer prefix first, then metric; a later one of the same comes after. */
  protected compare(a: Route, b: Route): number {
    return a.dst - b.dst || b.bits - a.bits || a.metric - b.metric;
  }

  /** Deletes the first route that has all that is given. Throws NetlinkError ESRCH. */
  del(r: Partial<Route> & { table: number; dst: Ipv4; bits: number }): void {
    const routes = this.tables.get(r.table) ?? [];
    const at = routes.findIndex((o) => Object.entries(r).every(([k, v]) => v === undefined || o[k as keyof Route] === v));
    if (at < 0) throw new NetlinkError('ESRCH');
    const [route] = routes.splice(at, 1);
    if (routes.length === 0 && r.table !== MAIN && r.table !== LOCAL) this.tables.delete(r.table);
    this.changed();
    this.ns.events.tell({ kind: 'route', route: route!, deleted: true });
  }

  /** Drops every route for which it holds (a link that goes, an address that is taken away), and gives them; nobody is told. */
  drop(which: (route: Route) => boolean): Route[] {
    const gone: Route[] = [];
    for (const [id, routes] of this.tables) {
      const kept = routes.filter((r) => !which(r) || gone.push(r) === 0);
      if (kept.length === routes.length) continue;
      if (kept.length === 0 && id !== MAIN && id !== LOCAL) this.tables.delete(id);
      else this.tables.set(id, kept);
    }
    this.changed();
    return gone;
  }

  /** Where a packet from this machine goes. */
  output(dst: Ip, { src = 0, mark = 0, oif }: { src?: Ip | undefined; mark?: number | undefined; oif?: Link | undefined } = {}): RouteResult {
    if (dst > IPV4_MAX) return this.ns.inet6?.fib.output(dst, { src, mark, oif }) ?? this.#unloaded(dst);
    const simple = src === 0 && mark === 0 && !oif;
    const plain = this.#rules === undefined && !oif;
    const lasting = (plain || simple) && this.ns.exceptions.get(dst)?.gateway === undefined;
    const cached = lasting && !isLoopback(src) ? this.#outputs.get(dst) : undefined;
    if (cached && (src === 0 || !cached.error)) return src === 0 || cached.src === src ? cached : { ...cached, src };
    const found = this.find(dst, { src, mark, oif, iif: undefined });
    const result = this.#result(dst, found, src, oif, src);
    if (this.#outputs.size >= CACHE) this.#outputs = new Map();
    if (lasting && !(typeof found === 'object' && found.nexthops)) this.#outputs.set(dst, src === 0 ? result : this.#result(dst, found, 0, oif));
    return result;
  }

  /** Where a packet that came in at `iif` goes: local, forwarded, or nowhere (`martian`, `error`). */
  input(packet: Packet, iif: Link): RouteResult {
    const { dst, src } = packet;
    if (dst > IPV4_MAX) return this.ns.inet6!.fib.input(packet, iif);
    const lo = this.ns.lo;
    if (isLoopback(src) && iif !== lo && !this.ns.flag('route_localnet', iif)) return this.#martian(dst, iif);
    if (isLoopback(dst) && iif !== lo && !this.ns.flag('route_localnet', iif)) return this.#martian(dst, iif);
    if (dst === 0xffffffff || isMulticast(dst)) return { type: dst === 0xffffffff ? 'broadcast' : 'multicast', dst, via: undefined, dev: lo, src: dst, mtu: lo.mtu, route: undefined };
    const plain = this.#rules === undefined && this.ns.exceptions.get(dst)?.gateway === undefined;
    let result = plain ? this.#inputs.get(dst) : undefined;
    if (!result) {
      result = this.#result(dst, this.find(dst, { src, mark: packet.mark, oif: undefined, iif }), 0, undefined, src);
      if (this.#inputs.size >= CACHE) this.#inputs = new Map();
      if (plain && !result.route?.nexthops) this.#inputs.set(dst, result);
    }
    if (iif !== lo && !this.#validSource(src, iif)) return this.#martian(dst, iif);
    return result;
  }

  /** Kind of an address as `-m addrtype` and bind(2) see it, by the local table. */
  addressType(ip: Ip): 'UNSPEC' | 'UNICAST' | 'LOCAL' | 'BROADCAST' | 'MULTICAST' {
    // Nobody has needed IPv6 yet: there is the loopback address.
    if (ip > IPV4_MAX) return this.ns.inet6?.fib.addressType(ip) ?? (ip === LOOPBACK6 && this.ns.lo.up ? 'LOCAL' : 'UNICAST');
    if (ip === 0 || ip === 0xffffffff) return 'BROADCAST';
    if (isMulticast(ip)) return 'MULTICAST';
    const r = lookup(this.tables.get(LOCAL), ip, undefined);
    return r?.type === 'local' ? 'LOCAL' : r?.type === 'broadcast' ? 'BROADCAST' : 'UNICAST';
  }

  /** An address of the link (or of any) to send from, of at most the given scope (inet_select_addr). */
  selectAddress(dev: Link | undefined, dst: Ipv4, scope: Scope): Ipv4 {
    if (dev) {
      let first = 0;
      for (const a of dev.addresses) {
        if (a.secondary || SCOPE_VALUE[a.scope] > SCOPE_VALUE[scope]) continue;
        if (inPrefix(dst, a.ip, a.bits)) return a.ip;
        first ||= a.ip;
      }
      if (first) return first;
    }
    for (const link of this.ns.links()) for (const a of link.addresses) if (!a.secondary && a.scope !== 'link' && SCOPE_VALUE[a.scope] <= SCOPE_VALUE[scope]) return a.ip;
    return 0;
  }

  #validSource(src: Ipv4, iif: Link): boolean {
    if (src === 0) return true;
    const filter = this.ns.rpFilter(iif);
    const back = this.output(src);
    if (back.type === 'local' && !back.error) return this.ns.flag('accept_local', iif) || isLoopback(src);
    if (back.type === 'broadcast') return false;
    if (filter === 0) return true;
    if (back.error) return false;
    return filter === 2 || back.dev === iif;
  }

  /** Nobody has needed IPv6 yet: a machine reaches itself. */
  #unloaded(dst: Ip): RouteResult {
    const { lo } = this.ns, own = this.addressType(dst) === 'LOCAL';
    return { type: own ? 'local' : 'unreachable', dst, via: undefined, dev: lo, src: own ? dst : 0, mtu: lo.mtu, route: undefined, ...(own ? {} : { error: 'ENETUNREACH' as const }) };
  }

  #martian(dst: Ipv4, dev: Link): RouteResult {
    return { type: 'unreachable', dst, via: undefined, dev, src: 0, mtu: dev.mtu, route: undefined, error: 'EINVAL', martian: true };
  }

  protected find(dst: Ipv4, key: { src: Ipv4; mark: number; oif: Link | undefined; iif: Link | undefined }): Route | NetErrno {
    if (!this.#rules) {
      for (const table of [LOCAL, MAIN, DEFAULT]) {
        const r = lookup(this.tables.get(table), dst, key.oif);
        if (r && r.type !== 'throw') return TYPE_ERROR[r.type] ?? r;
      }
      return 'ENETUNREACH';
    }
    for (const rule of this.#rules) {
      if (!matches(rule, dst, key)) continue;
      if (rule.action !== 'lookup') return rule.action === 'unreachable' ? 'ENETUNREACH' : TYPE_ERROR[rule.action]!;
      const r = lookup(this.tables.get(rule.table), dst, key.oif);
      if (!r || r.type === 'throw') continue;
      if (rule.suppressPrefixlength !== undefined && r.bits <= rule.suppressPrefixlength) continue;
      return TYPE_ERROR[r.type] ?? r;
    }
    return 'ENETUNREACH';
  }

  /** `from` is what the flow comes from, as far as is known: with the destination it chooses among several next hops. */
  #result(dst: Ipv4, found: Route | NetErrno, src: Ipv4, oif: Link | undefined, flowFrom = 0): RouteResult {
    const lo = this.ns.lo;
    if (typeof found === 'string') {
      const known = this.#routeOf(dst);
      return { type: 'unreachable', dst, via: undefined, dev: oif ?? lo, src: src || 0, mtu: lo.mtu, route: known, error: found };
    }
    const local = found.type === 'local';
    const hop = found.nexthops ? selectNexthop(found.nexthops, flowFrom, dst) : found;
    const dev = local ? lo : hop.dev!;
    // __mkroute_output: a loopback address stays on this machine, unless route_localnet.
    if (isLoopback(src) && dev !== lo && !this.ns.flag('route_localnet', dev)) return { type: 'unreachable', dst, via: undefined, dev, src, mtu: dev.mtu, route: found, error: 'EINVAL' };
    const from = src || (local ? found.src ?? dst : (found.src ?? this.selectAddress(hop.dev, hop.via ?? dst, found.scope)));
    const learnt = this.ns.exceptions.get(dst), gateway = hop.via !== undefined && learnt?.instead === hop.via ? learnt.gateway : hop.via;
    return { type: found.type, dst, via: gateway !== undefined && this.addressType(gateway) === 'LOCAL' ? undefined : gateway, dev, src: from, mtu: found.mtu ?? dev.mtu, route: found };
  }

  #routeOf(dst: Ipv4): Route | undefined {
    return lookup(this.tables.get(MAIN), dst, undefined);
  }

  /** fib_check_nh: the next hop must be reachable on a link that is up. */
  protected checked(r: Route): Route {
    if (r.bits < 32 && (r.dst & ~mask(r.bits)) !== 0) throw new NetlinkError('EINVAL', 'Invalid prefix for given prefix length');
    if (r.type === 'blackhole' || r.type === 'unreachable' || r.type === 'prohibit' || r.type === 'throw') return r;
    if (r.src !== undefined && r.type !== 'local' && this.addressType(r.src) !== 'LOCAL') throw new NetlinkError('EINVAL', 'Invalid prefsrc address');
    if (r.nexthops) return { ...r, nexthops: r.nexthops.map((n) => ({ ...n, dev: this.checked({ ...r, ...n, nexthops: undefined }).dev! })) };
    if (r.via === undefined) {
      if (!r.dev) throw new NetlinkError('ENODEV');
      if (!r.dev.up && r.type !== 'local') throw new NetlinkError('ENETDOWN', 'Device for nexthop is not up');
      return r;
    }
    if (r.onlink) {
      if (!r.dev) throw new NetlinkError('ENODEV', 'Nexthop device required for onlink');
      if (!r.dev.up) throw new NetlinkError('ENETDOWN', 'Nexthop device is not up');
      return r;
    }
    const hop = lookup(this.tables.get(LOCAL), r.via, undefined) ?? lookup(this.tables.get(MAIN), r.via, r.dev);
    if (!hop || (hop.type !== 'unicast' && hop.type !== 'local') || hop.via !== undefined) throw new NetlinkError('ENETUNREACH', 'Nexthop has invalid gateway');
    if (r.dev && hop.dev !== r.dev) throw new NetlinkError('ENETUNREACH', 'Nexthop has invalid gateway');
    return { ...r, dev: hop.dev };
  }
}

/** As `ip route` prints it (without the newline and the final blank). `table` is shown when it is not main. */
export function formatRoute(r: Route): string {
  const words: string[] = [];
  if (r.type !== 'unicast') words.push(r.type);
  words.push(r.bits === 0 ? 'default' : r.bits === 32 ? formatIpv4(r.dst) : formatCidr(r.dst, r.bits));
  if (r.via !== undefined) words.push('via', formatIpv4(r.via));
  if (r.dev) words.push('dev', r.dev.name);
  if (r.table !== MAIN) words.push('table', tableName(r.table));
  if (r.protocol !== 'boot') words.push('proto', r.protocol);
  if (r.scope !== 'global' && r.dev) words.push('scope', r.scope);
  if (r.src !== undefined) words.push('src', formatIpv4(r.src));
  if (r.metric !== 0) words.push('metric', String(r.metric));
  if (r.onlink) words.push('onlink');
  if (r.mtu !== undefined) words.push('mtu', String(r.mtu));
  if (r.dev?.up && !r.dev.carrier && r.type !== 'local') words.push('linkdown');
  const hops = (r.nexthops ?? []).map((n) => ` \n\tnexthop ${n.via === undefined ? '' : `via ${formatIpv4(n.via)} `}dev ${n.dev.name} weight ${n.weight}${n.onlink ? ' onlink' : ''}${n.dev.up ? (n.dev.carrier ? '' : ' linkdown') : ' dead linkdown'}`);
  return words.join(' ') + hops.join('');
}

export function tableName(id: number): string {
  return Object.entries(TABLES).find(([, n]) => n === id)?.[0] ?? String(id);
}

export function rule(priority: number, table: number): Rule {
  return { priority, from: undefined, to: undefined, iif: undefined, oif: undefined, fwmark: undefined, not: false, action: 'lookup', table, protocol: 'kernel' };
}

function sameRule(a: Rule, b: Rule): boolean {
  const key = (r: Rule) => JSON.stringify([r.priority, r.from, r.to, r.iif, r.oif, r.fwmark, r.not, r.action, r.table, r.suppressPrefixlength]);
  return key(a) === key(b);
}

function sameNexthop(a: Route, b: Route): boolean {
  return !a.nexthops && !b.nexthops && a.via === b.via && a.dev === b.dev && a.type === b.type && a.scope === b.scope && a.src === b.src;
}

function matches(r: Rule, dst: Ipv4, key: { src: Ipv4; mark: number; oif: Link | undefined; iif: Link | undefined }): boolean {
  const hit =
    (!r.from || inPrefix(key.src, r.from.address, r.from.bits)) &&
    (!r.to || inPrefix(dst, r.to.address, r.to.bits)) &&
    (r.iif === undefined || (key.iif ? key.iif.name === r.iif : r.iif === 'lo')) &&
    (r.oif === undefined || key.oif?.name === r.oif) &&
    (!r.fwmark || ((key.mark ^ r.fwmark.value) & r.fwmark.mask) === 0);
  return hit !== r.not;
}

/** Longest prefix first; the array is sorted by prefix for listing, so the best is searched. */
function lookup(routes: Route[] | undefined, dst: Ipv4, oif: Link | undefined): Route | undefined {
  if (!routes) return undefined;
  let best: Route | undefined;
  for (const r of routes) {
    if (best && (r.bits < best.bits || (r.bits === best.bits && r.metric >= best.metric))) continue;
    if (!inPrefix(dst, r.dst, r.bits)) continue;
    if (oif && r.dev !== oif && !r.nexthops?.some((n) => n.dev === oif) && r.type !== 'blackhole' && r.type !== 'unreachable' && r.type !== 'prohibit') continue;
    if (r.dev && r.type === 'unicast' && !r.dev.up) continue;
    best = r;
  }
  return best;
}

/** fib_select_multipath: the hash of the addresses falls on one of those that are alive, by their weights (fib_multipath_hash_policy 0). */
export function selectNexthop(hops: readonly Nexthop[], src: Ipv4, dst: Ipv4): Nexthop {
  const alive = hops.filter((n) => n.dev.running);
  if (alive.length === 0) return hops[0]!;
  let h = Math.imul(src ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(dst + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x27d4eb2d);
  let place = ((h ^ (h >>> 13)) >>> 0) % alive.reduce((sum, n) => sum + n.weight, 0);
  return alive.find((n) => (place -= n.weight) < 0)!;
}
