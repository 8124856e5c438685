import type { HookName } from '../../linux/net/hooks.ts';
import type { Chain, Table } from '../../linux/net/netfilter/table.ts';
import type { Process } from '../../linux/process.ts';
import { hasXt, ruleAsNft } from './translate.ts';

/** nft(8) 1.0.6, of which `list` looks at the tables that iptables keeps. It adds and deletes nothing. */
export async function main(process: Process): Promise<number> {
  const { args } = process;
  const late = lateOption(args);
  if (late) {
    // The marks go to stdout, as there.
    process.err(`Error: syntax error, options must be specified before commands\nnft ${args.map((a) => `${a} `).join('')}`);
    await process.out(late);
    return 1;
  }
  const handles = args.some((a) => a === '-a' || a === '--handle');
  if (args.includes('-v') || args.includes('--version')) {
    await process.out('nftables v1.0.6 (Lester Gooch #5)\n');
    return 0;
  }
  const words = args.filter((a) => !a.startsWith('-'));
  if (words.length === 0) {
    process.err('nft: no command specified\n');
    return 1;
  }
  const [command, what, ...rest] = words;
  if (command !== 'list') return syntax(process, words, 0, words.length > 1 ? 'string' : 'newline, expecting string', words.length > 1 ? undefined : words[0]!.length);
  if (what === undefined) return syntax(process, words, 0, 'newline', words[0]!.length);
  if (!process.can('NET_ADMIN')) {
    process.err('Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n');
    return 1;
  }
  const { netfilter } = process.net;
  const tables: [family: 'ip' | 'ip6', table: Table][] = [
    ...Object.values(netfilter.tables).map((t): ['ip', Table] => ['ip', t]),
    ...Object.values(netfilter.tables6).map((t): ['ip6', Table] => ['ip6', t]),
  ].filter(([, t]) => t.present).sort(([, a], [, b]) => a.order - b.order) as [family: 'ip' | 'ip6', table: Table][];
  const families = rest.length > 0 && ['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev'].includes(rest[0]!) ? rest.shift()! : 'ip';
  const wanted = (name: string) => tables.find(([family, t]) => family === families && t.name === name);
  switch (what) {
    case 'tables':
      await process.out(tables.map(([family, t]) => `table ${family} ${t.name}\n`).join(''));
      return 0;
    case 'ruleset':
      for (const [family, t] of tables) await show(process, family, t, chainsOf(t), handles);
      return 0;
    case 'chains':
      for (const [family, t] of tables) await process.out(`table ${family} ${t.name} {\n${chainsOf(t).map((c) => `\tchain ${c.name} {\n${hookLine(c)}\t}\n`).join('')}}\n`);
      return 0;
    case 'table':
    case 'chain': {
      const found = wanted(rest[0] ?? '');
      const chain = what === 'chain' ? found?.[1].chains.get(rest[1] ?? '') : undefined;
      if (!found || (what === 'chain' && !chain?.inKernel)) {
        const at = found ? words.join(' ').lastIndexOf(rest[1] ?? '') : words.join(' ').lastIndexOf(rest[0] ?? '');
        process.err(`Error: No such file or directory\n${words.join(' ')}\n${' '.repeat(at)}${'^'.repeat((found ? rest[1] : rest[0])?.length ?? 1)}\n`);
        return 1;
      }
      await show(process, found[0], found[1], chain ? [chain] : chainsOf(found[1]), handles);
      return 0;
    }
    case 'sets':
    case 'maps':
    case 'counters':
      await process.out(tables.map(([family, t]) => `table ${family} ${t.name} {\n}\n`).join(''));
      return 0;
    default:
      return syntax(process, words, 1, 'string');
  }
}

/** Options come first (nft_options_check): the marks under the first that does not. */
function lateOption(args: readonly string[]): string | undefined {
  let position = 0, command = false, value = false;
  for (const [i, arg] of args.entries()) {
    position += (i === 0 ? 'nft' : args[i - 1]!).length + 1;
    if (arg.startsWith('{')) return undefined;
    if (value) value = false;
    else if (!arg.startsWith('-')) command = true;
    else if (command) return `\n   ^${'~~'.padStart(position - 2)}\n`;
    else value = ['-d', '-I', '-f', '-D', '--debug', '--includepath', '--file', '--define'].includes(arg);
  }
  return undefined;
}

function syntax(process: Process, words: string[], index: number, unexpected: string, column?: number): number {
  const line = words.join(' ');
  const at = column ?? words.slice(0, index).join(' ').length + (index > 0 ? 1 : 0);
  process.err(`Error: syntax error, unexpected ${unexpected}\n${line}\n${' '.repeat(at)}${'^'.repeat(column === undefined ? words[index]!.length : 1)}\n`);
  return 1;
}

function chainsOf(table: Table): Chain[] {
  return [...table.chains.values()].filter((c) => c.inKernel).sort((a, b) => a.handle - b.handle);
}

async function show(process: Process, family: string, table: Table, chains: Chain[], handles: boolean): Promise<void> {
  if (chains.some((c) => c.rules.some(hasXt))) process.err(`# Warning: table ${family} ${table.name} is managed by iptables-nft, do not touch!\n`);
  const body = chains.map((chain) => {
    const rules = chain.rules.map((r) => `\t\t${ruleAsNft(r)}${handles ? ` # handle ${r.handle}` : ''}\n`).join('');
    return `\tchain ${chain.name} {${handles ? ` # handle ${chain.handle}` : ''}\n${hookLine(chain)}${rules}\t}\n`;
  });
  await process.out(`table ${family} ${table.name} {\n${body.join('\n')}}\n`);
}

/** Priorities by name, as nft shows them where a hook has that name. */
function hookLine({ hook, table, policy }: Chain): string {
  if (!hook) return '';
  const type = table.name === 'nat' ? 'nat' : table.name === 'mangle' && hook === 'OUTPUT' ? 'route' : 'filter';
  const nat: Partial<Record<HookName, string>> = { PREROUTING: 'dstnat', POSTROUTING: 'srcnat', OUTPUT: '-100', INPUT: '100' };
  return `\t\ttype ${type} hook ${hook.toLowerCase()} priority ${table.name === 'nat' ? nat[hook] : table.name}; policy ${policy.toLowerCase()};\n`;
}
