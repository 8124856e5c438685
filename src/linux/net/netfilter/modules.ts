/**
 * The kernel's other matches and targets (xt_*.ko), which are loaded when somebody may use them: whoever reads rules that people or
 * Calico write imports this file.
 */
import type { MatchExtension, TargetExtension } from './extension.ts';
import { icmp6, REJECT6 } from './ipv6.ts';
import { hashlimit } from './matches/hashlimit.ts';
import { hl, tos, ttl } from './matches/header.ts';
import { icmp } from './matches/icmp.ts';
import { MATCHES } from './matches/index.ts';
import { iprange, length, mac, owner, physdev, pkttype, string } from './matches/more.ts';
import { connlimit, dscp, quota, tcpmss } from './matches/quantity.ts';
import { rpfilter } from './matches/rpfilter.ts';
import { time } from './matches/time.ts';
import { CHECKSUM, CLASSIFY, DSCP, NFLOG, NFQUEUE, SET, TPROXY } from './targets/handover.ts';
import { HL, TOS, TTL } from './targets/header.ts';
import { TARGETS } from './targets/index.ts';
import { NETMAP } from './targets/nat.ts';

for (const match of [icmp, icmp6, physdev, mac, owner, string, iprange, length, pkttype, rpfilter, ttl, hl, tos, hashlimit, connlimit, dscp, quota, tcpmss, time]) MATCHES.set(match.name, match as MatchExtension);
for (const target of [TTL, HL, TOS, NETMAP, TPROXY, DSCP, NFLOG, NFQUEUE, CHECKSUM, CLASSIFY, SET]) TARGETS.set(target.name, target as TargetExtension);
TARGETS.set('REJECT of IPv6', REJECT6 as TargetExtension);
