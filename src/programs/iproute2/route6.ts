import { formatCidr, formatIpv4, IPV4_MAX } from '../../linux/net/addresses.ts';
import { isLinkLocal6, network6 } from '../../linux/net/addresses6.ts';
import { NetlinkError } from '../../linux/net/errors.ts';
import { LOCAL, MAIN, tableName, type Route, type RouteResult } from '../../linux/net/fib.ts';
import { routeOf, routePattern } from '../../linux/net/rtnetlink.ts';
import type { RouteOptions } from '../../linux/net/namespace.ts';
import type { Process } from '../../linux/process.ts';
import { noDevice } from './options.ts';

/** What ip route prints of IPv6 and asks of it. */

/** Metric of a route that says none (IP6_RT_PRIO_USER). */
const METRIC = 1024;

export function isRoute6(r: Route): boolean {
  return r.dst > IPV4_MAX;
}

/** As `ip -6 route` prints it, without the newline. */
export function formatRoute6(r: Route): string {
  const words: string[] = [];
  if (r.type !== 'unicast') words.push(r.type);
  words.push(r.bits === 0 ? 'default' : r.bits === 128 ? formatIpv4(r.dst) : formatCidr(r.dst, r.bits));
  if (r.via !== undefined) words.push('via', formatIpv4(r.via));
  if (r.dev) words.push('dev', r.dev.name);
  if (r.table !== MAIN) words.push('table', tableName(r.table));
  if (r.protocol !== 'boot') words.push('proto', r.protocol);
  if (r.src !== undefined) words.push('src', formatIpv4(r.src));
  words.push('metric', String(r.metric));
  if (r.onlink) words.push('onlink');
  if (r.mtu !== undefined) words.push('mtu', String(r.mtu));
  if (r.dev?.up && !r.dev.carrier) words.push('linkdown');
  words.push('pref medium');
  return words.join(' ') + (r.nexthops ?? []).map((n) => `\n\tnexthop ${n.via === undefined ? '' : `via ${formatIpv4(n.via)} `}dev ${n.dev.name} weight ${n.weight}`).join('');
}

/** The answer to `ip -6 route get`. */
export function formatGet6(r: RouteResult, { to, from, iif }: { to: string; from: string | undefined; iif: string | undefined }): string {
  const route = r.route!, words: string[] = [];
  if (r.type !== 'unicast') words.push(route.type);
  words.push(to, 'from', from ?? '::');
  if (r.via !== undefined) words.push('via', formatIpv4(r.via));
  words.push('dev', r.dev.name);
  if (route.table !== MAIN) words.push('table', tableName(route.table));
  if (route.protocol !== 'boot') words.push('proto', route.protocol);
  if (iif === undefined) words.push('src', formatIpv4(r.src));
  words.push('metric', String(route.metric));
  if (r.mtu < (route.mtu ?? r.dev.mtu)) words.push('mtu', String(r.mtu));
  if (iif !== undefined) words.push('iif', iif);
  return `${words.join(' ')} pref medium\n`;
}

/** Changes a route. Throws NetlinkError, Exit for a device that is not there. */
export function modify6(p: Process, o: Partial<RouteOptions> & { dst: string }, how: 'add' | 'change' | 'replace' | 'append' | 'prepend' | 'delete'): void {
  const { fib } = p.net.inet6!;
  const dev = (name: string) => {
    const link = p.net.link(name);
    if (!link) throw noDevice(name);
    return link;
  };
  if (how === 'delete') {
    const pattern = routePattern(o, dev);
    return fib.del({ ...pattern, dst: network6(pattern.dst, pattern.bits) });
  }
  const route = routeOf({ ...o, metric: o.metric || METRIC, table: o.table ?? (o.type === 'local' ? LOCAL : MAIN) }, dev);
  if (route.via !== undefined && isLinkLocal6(route.via) && !route.dev) throw new NetlinkError('EINVAL', 'Egress device not specified');
  fib.add(route, how);
}
