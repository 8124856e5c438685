/** What a machine has learnt of destinations, as `ip route get` and `ip route show cache` tell it. */
import { formatIpv4, IPV4_MAX, type Ip } from '../../linux/net/addresses.ts';
import type { Process } from '../../linux/process.ts';
import type { Options } from './options.ts';

/** What is known of a destination beside its route. */
export function learntOf(p: Process, dst: Ip): { flags: string[]; expires?: number; mtu?: number } {
  const known = dst > IPV4_MAX ? undefined : p.net.exceptions.get(dst);
  if (!known) return { flags: [] };
  return { flags: known.gateway === undefined ? [] : ['redirected'], expires: Math.floor((known.until - p.now) / 1e6), ...(known.mtu === undefined ? {} : { mtu: known.mtu }) };
}

export function cacheText({ flags, expires }: { flags: string[]; expires?: number }): string {
  return `${flags.length > 0 ? `<${flags.join(',')}> ` : ''}${expires === undefined ? '' : `expires ${expires}sec `}`;
}

/** `ip route show cache`: what was learnt, destination by destination. */
export function showCache(p: Process, options: Options): void {
  for (const dst of p.net.exceptions.destinations().filter((ip) => ip <= IPV4_MAX)) {
    const { via, dev } = p.net.fib.output(dst), learnt = learntOf(p, dst);
    p.out(`${formatIpv4(dst)}${via === undefined ? '' : ` via ${formatIpv4(via)}`} dev ${dev.name} ${options.oneline ? '\\' : '\n'}    cache ${cacheText(learnt)}${learnt.mtu === undefined ? '' : `mtu ${learnt.mtu} `}\n`);
  }
}
