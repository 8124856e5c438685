import type { MatchExtension } from '../extension.ts';
import { conntrack, state } from './conntrack.ts';
import { tcp, udp } from './ports.ts';
import { set } from './set.ts';
import { addrtype, comment, connmark, mark, multiport } from './simple.ts';
import { limit, recent, statistic } from './stateful.ts';

/** What `-m` can load: of these, what the components of a cluster use; `../modules.ts` adds the others. */
export const MATCHES = new Map<string, MatchExtension>([tcp, udp, comment, conntrack, state, mark, connmark, addrtype, statistic, multiport, limit, recent, set].map((m) => [m.name, m as MatchExtension]));

/** Of one family only: the kernel of the other has none of that name. */
const FAMILY: Readonly<Record<string, 4 | 6>> = { icmp: 4, ttl: 4, icmp6: 6, hl: 6 };

/** The match of that name, for iptables or ip6tables. */
export function matchOf(name: string, family: 4 | 6): MatchExtension | undefined {
  return (FAMILY[name] ?? family) === family ? MATCHES.get(name) : undefined;
}
