import type { HookName } from '../hooks.ts';
import type { Rule } from './rule.ts';
import type { Chain, Table } from './table.ts';

export const REFUSED_TEXT = { invalid: 'Invalid argument', loop: 'Too many links', missing: 'No such file or directory' } as const;

/** A rule that the kernel refuses. */
export interface Refused {
  why: 'invalid' | 'loop' | 'missing';
  rule: Rule;
}

/**
 * What the kernel checks when rules are committed (nf_tables_api.c nft_chain_validate, nft_compat.c): targets stand only in
 * their tables and below their hooks, and no chain that a hook reaches leads to itself. `fresh` are the rules that were
 * just added, oldest first.
 */
export function validateTable(table: Table, fresh: ReadonlySet<Rule>): Refused | undefined {
  for (const rule of fresh) {
    // QUEUE needs a module that the kernels of today no longer have.
    if (rule.spec.verdict === 'QUEUE') return { why: 'missing', rule };
    const { target, ip, matches } = rule.spec;
    if (target?.ext.tables && !target.ext.tables.includes(table.name)) return { why: 'invalid', rule };
    if (target?.ext.valid && !target.ext.valid(target.data, { proto: ip.proto, protoInverted: ip.protoNot ?? false })) return { why: 'invalid', rule };
    for (const { ext } of matches) if (ext.protocols && (!ext.protocols.includes(ip.proto) || ip.protoNot)) return { why: 'invalid', rule };
  }
  for (const chain of table.chains.values()) {
    if (!chain.hook) continue;
    const path: Rule[] = [];
    const why = reach(chain, chain.hook, new Set(), new Set(), path);
    if (!why) continue;
    const order = [...fresh];
    const rule = order.findLast((r) => path.includes(r)) ?? order.at(-1)!;
    return { why, rule };
  }
  return undefined;
}

/** Walks down from a hook. `path` are the rules that led to the one that is refused. */
function reach(chain: Chain, hook: HookName, done: Set<Chain>, above: Set<Chain>, path: Rule[]): 'invalid' | 'loop' | undefined {
  if (above.has(chain) || above.size >= 16) return 'loop';
  if (done.has(chain)) return undefined;
  done.add(chain);
  above.add(chain);
  for (const rule of chain.rules) {
    path.push(rule);
    if (rule.spec.matches.some((m) => m.ext.hooks && !m.ext.hooks.includes(hook))) return 'invalid';
    if (rule.to) {
      const why = reach(rule.to, hook, done, above, path);
      if (why) return why;
    } else {
      const hooks = rule.spec.target?.ext.hooks;
      if (hooks && !hooks.includes(hook)) return 'invalid';
    }
    path.pop();
  }
  above.delete(chain);
  return undefined;
}
