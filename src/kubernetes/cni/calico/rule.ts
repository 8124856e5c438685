import { ruleHashes } from './hash.ts';

/** A rule as Felix renders it (felix/iptables/rules.go): fragments of iptables-restore's language. */
export interface Rule {
  match: string[];
  /** `--jump …`, `--goto …`; none for a rule that only carries comments. */
  action?: string;
  comments: string[];
}

export interface Chain {
  name: string;
  rules: Rule[];
}

/** Bits of the mark: felix/rules, with the default mask 0xffff0000. */
export const ACCEPT = 0x10000, PASS = 0x20000, SCRATCH0 = 0x40000, SCRATCH1 = 0x80000, ALL = 0xf0000;
const hex = (n: number) => `0x${n.toString(16)}`;

export const rule = (match: string[], action: string | undefined, ...comments: string[]): Rule => ({ match, ...(action === undefined ? {} : { action }), comments });

export const jump = (target: string) => `--jump ${target}`;
export const go = (target: string) => `--goto ${target}`;
export const setMark = (bits: number) => `--jump MARK --set-mark ${hex(bits)}/${hex(bits)}`;
export const setMasked = (bits: number, mask: number) => `--jump MARK --set-mark ${hex(bits)}/${hex(mask)}`;
export const clearMark = (bits: number) => `--jump MARK --set-mark 0/${hex(bits)}`;
export const marked = (bits: number) => `-m mark --mark ${hex(bits)}/${hex(bits)}`;
export const notMarked = (bits: number) => `-m mark --mark 0/${hex(bits)}`;
export const inSet = (set: string, side: string) => `-m set --match-set ${set} ${side}`;
export const notInSet = (set: string, side: string) => `-m set ! --match-set ${set} ${side}`;
export const ctstate = (states: string) => `-m conntrack --ctstate ${states}`;

/** The chain's rules as lines for iptables-restore, each with its hash in a comment. `hashedAs`: the name that the hashes begin with. */
export function lines({ name, rules }: Chain, hashedAs = name): string[] {
  const text = (r: Rule, hash: string, chain = name) => ['-A', chain, hash, ...r.comments.map((c) => `-m comment --comment "${c.replace(/[^\w @%+=:,./-]/g, '_').slice(0, 256)}"`), ...r.match, ...(r.action === undefined ? [] : [r.action])].join(' ');
  const hashes = ruleHashes(hashedAs, rules.map((r) => text(r, 'HASH', hashedAs)));
  return rules.map((r, i) => text(r, `-m comment --comment "cali:${hashes[i]}"`));
}
