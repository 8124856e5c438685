import type { TargetExtension } from '../extension.ts';
import { CONNMARK, MARK } from './mark.ts';
import { DNAT, MASQUERADE, REDIRECT, SNAT } from './nat.ts';
import { CT, LOG, NOTRACK, REJECT, TCPMSS, TRACE } from './verdicts.ts';

/** What `-j` can load, by the name typed: of these, what the components of a cluster use; `../modules.ts` adds the others. */
export const TARGETS = new Map<string, TargetExtension>([
  ...[DNAT, SNAT, MASQUERADE, REDIRECT, MARK, CONNMARK, REJECT, LOG, TRACE, CT, TCPMSS].map((t) => [t.name, t as TargetExtension] as const),
  ['NOTRACK', NOTRACK as TargetExtension],
]);

/** The target of that name, for iptables or ip6tables. */
export function targetOf(name: string, family: 4 | 6): TargetExtension | undefined {
  if (name === (family === 6 ? 'TTL' : 'HL')) return undefined;
  return TARGETS.get(family === 6 && name === 'REJECT' ? 'REJECT of IPv6' : name);
}
