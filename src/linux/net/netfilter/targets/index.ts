import type { TargetExtension } from '../extension.ts';
import { TOS, TTL } from './header.ts';
import { CONNMARK, MARK } from './mark.ts';
import { DNAT, MASQUERADE, REDIRECT, SNAT } from './nat.ts';
import { CT, LOG, NOTRACK, REJECT, TCPMSS, TRACE } from './verdicts.ts';

/** Everything that `-j` can load, by the name typed. */
export const TARGETS: ReadonlyMap<string, TargetExtension> = new Map<string, TargetExtension>([
  ...[DNAT, SNAT, MASQUERADE, REDIRECT, MARK, CONNMARK, REJECT, LOG, TRACE, CT, TCPMSS, TTL, TOS].map((t) => [t.name, t as TargetExtension] as const),
  ['NOTRACK', NOTRACK as TargetExtension],
]);
