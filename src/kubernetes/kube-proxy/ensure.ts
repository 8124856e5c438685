import type { NetNamespace } from '../../linux/net/namespace.ts';
import type { TableName } from '../../linux/net/netfilter/table.ts';

/** pkg/util/iptables: EnsureChain and EnsureRule, as the node's components keep their own rules in order. */
export function ensureChain(net: NetNamespace, table: TableName, chain: string): void {
  if (!net.netfilter.tables[table].chains.has(chain)) net.netfilter.restore(`*${table}\n:${chain} - [0:0]\nCOMMIT\n`, { noflush: true });
}

/** Puts the rule first (`I`) or last (`A`) unless the chain has one that reads the same. `rule` is written as iptables-save prints it. */
export function ensureRule(net: NetNamespace, how: 'I' | 'A', table: TableName, chain: string, rule: string): boolean {
  const there = net.netfilter.tables[table].chains.get(chain);
  if (there?.rules.some((r) => r.text === ` ${rule}`)) return false;
  net.netfilter.restore(`*${table}\n-${how} ${chain} ${rule}\nCOMMIT\n`, { noflush: true });
  return true;
}
