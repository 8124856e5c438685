import type { TargetExtension } from '../extension.ts';
import { CHECKSUM, CLASSIFY, DSCP, NFLOG, NFQUEUE, SET, TPROXY } from './handover.ts';
import { TOS, TTL } from './header.ts';
import { CONNMARK, MARK } from './mark.ts';
import { DNAT, MASQUERADE, NETMAP, REDIRECT, SNAT } from './nat.ts';
import { CT, LOG, NOTRACK, REJECT, TCPMSS, TRACE } from './verdicts.ts';

/** Everything that `-j` can load, by the name typed. */
export const TARGETS: ReadonlyMap<string, TargetExtension> = new Map<string, TargetExtension>([
  ...[DNAT, SNAT, MASQUERADE, REDIRECT, MARK, CONNMARK, REJECT, LOG, TRACE, CT, TCPMSS, TTL, TOS, NETMAP, TPROXY, DSCP, NFLOG, NFQUEUE, CHECKSUM, CLASSIFY, SET].map((t) => [t.name, t as TargetExtension] as const),
  ['NOTRACK', NOTRACK as TargetExtension],
]);
