import '../../linux/net/netfilter/modules.ts';
import { basename } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { iptables, tool, type Tool } from './iptables.ts';
import { iptablesRestore, iptablesSave } from './save-restore.ts';
import { xtablesMonitor } from './monitor.ts';

/**
 * xtables-nft-multi and xtables-legacy-multi: one executable with many names (iptables, iptables-nft, iptables-legacy,
 * iptables-save, iptables-restore, xtables-monitor …). Called by its own name, its first argument is the tool.
 */
export function main(process: Process): Promise<number> | number {
  let name = basename(process.argv[0]!);
  if (name === 'xtables-nft-multi' || name === 'xtables-legacy-multi') {
    const wanted = process.args[0];
    if (wanted === undefined || !toolOf(wanted)) {
      process.err(wanted === undefined ? 'ERROR: No subcommand given.\n' : 'ERROR: No valid subcommand given.\n');
      process.err(`Valid subcommands:\n${SUBCOMMANDS.map((s) => ` * ${s}\n`).join('')}`);
      return 1;
    }
    process.argv = process.argv.slice(1);
    name = wanted;
  }
  if (name === 'xtables-monitor') return xtablesMonitor(process);
  const found = toolOf(name)!;
  if (/-save$/.test(name)) return iptablesSave(process, found);
  return /-restore$/.test(name) ? iptablesRestore(process, found) : iptables(process, found);
}

const SUBCOMMANDS = ['iptables', 'main4', 'iptables-save', 'save4', 'iptables-restore', 'restore4', 'ip6tables', 'main6', 'ip6tables-save', 'save6', 'ip6tables-restore', 'restore6', 'xtables-monitor'];

/** What a tool calls itself: without the name of its back end. */
function toolOf(name: string): Tool | undefined {
  if (!/^(ip6?tables|xtables-monitor)/.test(name)) return undefined;
  return tool(name.replace(/-(nft|legacy)/, ''), name.includes('-legacy'));
}
