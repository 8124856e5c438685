import type { MatchExtension } from '../extension.ts';
import { conntrack, state } from './conntrack.ts';
import { hashlimit } from './hashlimit.ts';
import { tos, ttl } from './header.ts';
import { icmp } from './icmp.ts';
import { icmp6 } from '../ipv6.ts';
import { tcp, udp } from './ports.ts';
import { connlimit, dscp, quota, tcpmss } from './quantity.ts';
import { rpfilter } from './rpfilter.ts';
import { set } from './set.ts';
import { addrtype, comment, connmark, iprange, length, mac, mark, multiport, owner, physdev, pkttype, string } from './simple.ts';
import { limit, recent, statistic } from './stateful.ts';
import { time } from './time.ts';

/** Everything that `-m` can load. */
export const MATCHES: ReadonlyMap<string, MatchExtension> = new Map(
  [tcp, udp, icmp, icmp6, comment, conntrack, state, mark, connmark, addrtype, statistic, multiport, limit, recent, physdev, mac, set, owner, string, iprange, length, pkttype, rpfilter, ttl, tos, hashlimit, connlimit, dscp, quota, tcpmss, time].map((m) => [m.name, m as MatchExtension]),
);
