/** What rtnetlink-like calls are given, and what it means: texts become addresses, prefixes, tables, devices. */
import { parseCidr, parseIpv4, type Cidr, type Ip, type Mac } from './addresses.ts';
import { parseCidr6, parseIpv6 } from './addresses6.ts';
import { NetlinkError } from './errors.ts';
import { LOCAL, MAIN, tableId, type Route, type RouteType, type Rule, type Scope } from './fib.ts';
import type { Link, LinkKind } from './link.ts';
import type { MacvlanMode } from './macvlan.ts';

export interface LinkOptions {
  name: string;
  kind: Exclude<LinkKind, 'loopback'>;
  mtu?: number;
  address?: Mac;
  master?: string;
  vxlan?: { vni: number; port?: number; local?: string; dev?: string; remote?: string; learning?: boolean };
  /** The device below a vlan or macvlan, or that a tunnel is bound to. */
  lower?: string;
  vlan?: number;
  macvlan?: MacvlanMode;
  tunnel?: { local?: string; remote?: string; ttl?: number };
  /** The other end of a veth made in the same namespace. */
  peer?: { name: string; address?: Mac; mtu?: number };
  index?: number;
}

export interface AddressOptions {
  scope?: 'global' | 'link' | 'host';
  /** '+' derives it from the prefix; without it there is none, as with `ip addr add`. */
  broadcast?: string;
  label?: string;
  /** `10.0.0.2/32`: the far end, whose prefix counts. */
  peer?: string;
  /** Seconds. */
  validLife?: number;
  preferredLife?: number;
}

export interface RouteOptions {
  /** `10.244.1.0/24`, an address, or `default`. */
  dst: string;
  via?: string;
  dev?: string;
  src?: string;
  scope?: Scope;
  protocol?: string;
  metric?: number;
  table?: string | number;
  onlink?: boolean;
  type?: RouteType;
  mtu?: number;
  nexthops?: { via?: string; dev?: string; weight: number; onlink?: boolean }[];
}

export interface RuleOptions {
  priority?: number;
  from?: string;
  to?: string;
  iif?: string;
  oif?: string;
  fwmark?: { value: number; mask?: number };
  not?: boolean;
  table?: string | number;
  action?: Rule['action'];
  suppressPrefixlength?: number;
}

export interface LookupOptions {
  src?: string;
  mark?: number;
  oif?: string;
  iif?: string;
}

/** The route that `ip route add` would ask for. Throws NetlinkError EINVAL, ENODEV. */
export function routeOf(o: RouteOptions, dev: (name: string) => Link): Route {
  const { address: dst, bits } = prefix(o.dst);
  const type = o.type ?? 'unicast';
  const scope = o.scope ?? (type === 'local' ? 'host' : type === 'broadcast' ? 'link' : type === 'unicast' && (o.nexthops ? o.nexthops.every((n) => n.via === undefined) : o.via === undefined && o.dev !== undefined) ? 'link' : 'global');
  const table = tableId(o.table ?? (type === 'local' || type === 'broadcast' ? LOCAL : MAIN));
  return {
    table, type, dst, bits, via: optional(o.via), dev: o.dev === undefined ? undefined : dev(o.dev), src: optional(o.src), scope, protocol: o.protocol ?? 'boot', metric: o.metric ?? 0,
    onlink: o.onlink ?? false, mtu: o.mtu,
    // A device that is not named follows from the gateway (Fib.add).
    nexthops: o.nexthops?.map((n) => ({ via: optional(n.via), dev: (n.dev === undefined ? undefined : dev(n.dev)) as Link, weight: n.weight, onlink: n.onlink ?? false })),
  };
}

/** What a deleted route must have. */
export function routePattern(o: Partial<RouteOptions> & { dst: string }, dev: (name: string) => Link): Partial<Route> & { table: number; dst: Ip; bits: number } {
  const { address: dst, bits } = prefix(o.dst);
  const pattern: { [K in keyof Route]?: Route[K] | undefined } = {
    type: o.type, via: optional(o.via), dev: o.dev === undefined ? undefined : dev(o.dev), src: optional(o.src), metric: o.metric, protocol: o.protocol, scope: o.scope,
  };
  return { ...(pattern as Partial<Route>), table: tableId(o.table), dst, bits };
}

export function ruleOf(o: RuleOptions): Partial<Rule> {
  const selector = (text: string | undefined) => (text === undefined || text === 'all' ? undefined : prefix(text));
  const r: Partial<Rule> = { from: selector(o.from), to: selector(o.to), iif: o.iif, oif: o.oif };
  if (o.priority !== undefined) r.priority = o.priority;
  if (o.fwmark) r.fwmark = { value: o.fwmark.value, mask: o.fwmark.mask ?? 0xffffffff };
  if (o.table !== undefined) r.table = tableId(o.table);
  if (o.action !== undefined) r.action = o.action;
  if (o.not !== undefined) r.not = o.not;
  if (o.suppressPrefixlength !== undefined) r.suppressPrefixlength = o.suppressPrefixlength;
  return r;
}

/** Throws NetlinkError EINVAL. */
export function address(text: string): Ip {
  const ip = parseIpv4(text) ?? parseIpv6(text);
  if (ip === undefined) throw new NetlinkError('EINVAL');
  return ip;
}

/** Throws NetlinkError EINVAL. */
export function prefix(text: string): Cidr {
  const c = text.includes(':') ? parseCidr6(text) : parseCidr(text);
  if (!c) throw new NetlinkError('EINVAL');
  return c;
}

function optional(text: string | undefined): Ip | undefined {
  return text === undefined ? undefined : address(text);
}
