import type { Process } from '../../linux/process.ts';
import { formatIpv4, parseIpv4, type Ipv4 } from '../../linux/net/addresses.ts';
import { reverseAll } from '../../linux/net/dns.ts';
import { isTableName, parseCommand, type Command } from '../../linux/net/netfilter/command.ts';
import { NftError, OTHER_PROBLEM, PARAMETER_PROBLEM, VERSION_PROBLEM, XtablesError } from '../../linux/net/netfilter/errors.ts';
import type { Netfilter } from '../../linux/net/netfilter/netfilter.ts';
import { apply } from '../../linux/net/netfilter/operations.ts';
import { nftText } from '../../linux/net/netfilter/restore.ts';
import { Rule } from '../../linux/net/netfilter/rule.ts';
import { REFUSED_TEXT, validateTable } from '../../linux/net/netfilter/validate.ts';
import type { Chain, Table, TableName } from '../../linux/net/netfilter/table.ts';
import { HELP } from './help.ts';
import { header, ruleEcho, ruleLine, type Format } from './list.ts';

/** Which of the tools it is: what it calls itself and where its rules are. */
export interface Tool {
  name: string;
  legacy: boolean;
  family: 4 | 6;
  tables(netfilter: Netfilter): Record<TableName, Table>;
}

export function tool(name: string, legacy: boolean): Tool {
  const family = name.startsWith('ip6') ? 6 : 4;
  return { name, legacy, family, tables: (netfilter) => (family === 6 ? netfilter.tables6 : legacy ? (netfilter.legacy ??= netfilter.newTables()) : netfilter.tables) };
}

export function version(t: Tool): string {
  return `${t.name} v1.8.9 (${t.legacy ? 'legacy' : 'nf_tables'})`;
}

/** iptables itself. */
export async function iptables(process: Process, t: Tool): Promise<number> {
  const netfilter = process.net.netfilter;
  try {
    const command = parseCommand(process.args, { netfilter, family: t.family, resolve: (name) => hosts(process).get(name) ?? [] });
    if (command.letter === 'V') return print(process, `${version(t)}\n`);
    if (command.letter === 'h') return print(process, `${version(t)}\n${HELP.replaceAll('iptables', t.name === 'ip6tables' ? 'ip6tables' : 'iptables')}`);
    if (!process.can('NET_ADMIN')) {
      if (t.legacy) throw new XtablesError(4, `can't initialize iptables table \`${command.table}': Permission denied (you must be root)`);
      throw new XtablesError(4, 'Could not fetch rule set generation id: Permission denied (you must be root)');
    }
    if (!isTableName(command.table)) {
      throw new XtablesError(VERSION_PROBLEM, t.legacy ? `can't initialize iptables table \`${command.table}': Table does not exist (do you need to insmod?)` : `table '${command.table}' does not exist`);
    }
    const table = t.tables(netfilter)[command.table as TableName];
    if (t.legacy) table.present = true;
    const names = command.letter === 'L' && !command.numeric ? await namesOf(process, table, command.chain) : undefined;
    return run(process, t, table, command, names);
  } catch (error) {
    return fail(process, t, error);
  }
}

/** Prints what went wrong; the exit code. */
export function fail(process: Process, t: Tool, error: unknown): number {
  if (error instanceof XtablesError) {
    process.err(error.bare ? error.message : `${version(t)}: ${error.message}\n`);
    if (error.status === PARAMETER_PROBLEM) process.err(`Try \`${t.name} -h' or '${t.name} --help' for more information.\n`);
    if (error.status === VERSION_PROBLEM) process.err('Perhaps iptables or your kernel needs to be upgraded.\n');
    return error.status;
  }
  if (!(error instanceof NftError)) throw error;
  if (t.legacy && error.why === 'busy') process.err(`${t.name}: Too many links.\n`);
  else if (t.legacy && error.why === 'invalid') process.err(`${t.name}: Invalid argument. Run \`dmesg' for more information.\n`);
  else if (error.operation) {
    process.err(`${version(t)}:  ${error.operation}\n`);
    return 4;
  } else process.err(`${t.name}: ${nftText(error)}\n`);
  return OTHER_PROBLEM;
}

function run(process: Process, t: Tool, table: Table, command: Command, names?: ReadonlyMap<Ipv4, string>): number {
  const { letter, chain: name } = command;
  if (letter === 'L' || letter === 'S') {
    print(process, listing(process, table, command, names));
    if (!t.legacy) warnLegacy(process, 'iptables-legacy');
    return 0;
  }
  for (const spec of command.rules) {
    if (spec.jump === undefined || !'ACDIR'.includes(letter) || table.chains.has(spec.jump)) continue;
    throw new XtablesError(PARAMETER_PROBLEM, t.legacy ? `Couldn't load target \`${spec.jump}':No such file or directory\n` : `Chain '${spec.jump}' does not exist`);
  }
  if (command.verbose) print(process, before(table, command));
  const undo = 'AIR'.includes(letter) ? shallow(table, name) : undefined;
  const { added } = apply(table, command);
  if (command.verbose && 'AIR'.includes(letter)) for (const { rule } of added) print(process, ruleEcho(rule));
  if (added.some(({ rule }) => rule.to || rule.spec.target || rule.spec.verdict === 'QUEUE' || rule.spec.matches.length > 0)) {
    const refused = validateTable(table, new Set(added.map((a) => a.rule)));
    if (refused) {
      undo?.();
      const { operation, chain } = added.find((a) => a.rule === refused.rule)!;
      throw new NftError(refused.why === 'loop' ? 'busy' : 'invalid', `${operation} failed (${REFUSED_TEXT[refused.why]}): rule in chain ${chain.name}`);
    }
  }
  return 0;
}

/** Takes back what a command that the kernel refuses did to one chain. */
function shallow(table: Table, name: string | undefined): (() => void) | undefined {
  const chain = name === undefined ? undefined : table.chains.get(name);
  if (!chain) return undefined;
  const rules = [...chain.rules], { present } = table;
  return () => {
    for (const rule of chain.rules) if (rule.to && !rules.includes(rule)) rule.to.references--;
    for (const rule of rules) if (rule.to && !chain.rules.includes(rule)) rule.to.references++;
    chain.rules = rules;
    chain.index = undefined;
    table.present = present;
  };
}

/** What -v tells before it is done. */
function before(table: Table, { letter, chain, rules, number }: Command): string {
  if (letter === 'D' && number === 0) return rules.map((spec) => ruleEcho(new Rule(spec, 0, spec.jump === undefined ? undefined : table.chains.get(spec.jump)))).join('');
  const word = { F: 'Flushing', Z: 'Zeroing', X: 'Deleting' }[letter as 'F' | 'Z' | 'X'];
  if (!word) return '';
  const chains = chain === undefined ? table.list().filter((c) => letter !== 'X' || !c.hook) : [chain].flatMap((c) => table.chains.get(c) ?? []);
  return chains.map((c) => `${word} chain \`${c.name}'\n`).join('');
}

/** The output of -L or -S. Throws for a chain that does not exist. */
export function listing(process: Process, table: Table, { letter, chain: name, number, numeric, verbose, exact, lineNumbers }: Command, known?: ReadonlyMap<Ipv4, string>): string {
  const chains = name === undefined ? table.list() : [table.chains.get(name)];
  if (chains[0] === undefined) {
    if (table === process.net.netfilter.legacy?.[table.name]) throw new NftError('no chain');
    throw new XtablesError(OTHER_PROBLEM, `chain \`${name}' in table \`${table.name}' is incompatible, use 'nft' tool.`);
  }
  if (letter === 'S') return saveLines(chains as Chain[], number, verbose > 0);
  const names = numeric ? undefined : (known ?? hostNames(process));
  const format: Format = { numeric, verbose: verbose > 0, exact, lineNumbers, nameOf: (a) => names?.get(a), any: table === process.net.netfilter.tables6[table.name] ? '::/0' : '0.0.0.0/0' };
  const out: string[] = [];
  (chains as Chain[]).forEach((chain, i) => {
    if (number > 0) {
      const rule = chain.rules[number - 1];
      if (rule) out.push(ruleLine(rule, number, format));
      return;
    }
    if (i > 0) out.push('\n');
    out.push(header(chain, format));
    chain.rules.forEach((rule, r) => out.push(ruleLine(rule, r + 1, format)));
  });
  return out.join('');
}

function saveLines(chains: Chain[], number: number, counters: boolean): string {
  const out: string[] = [];
  const c = (packets: number, bytes: number) => (counters ? ` -c ${packets} ${bytes}` : '');
  if (number === 0) {
    for (const chain of chains) out.push(chain.hook ? `-P ${chain.name} ${chain.policy}${c(chain.packets, chain.bytes)}\n` : `-N ${chain.name}\n`);
  }
  for (const chain of chains) {
    const rules = number > 0 ? chain.rules.slice(number - 1, number) : chain.rules;
    for (const rule of rules) out.push(`-A ${chain.name}${counters ? withCounters(rule) : rule.text}\n`);
  }
  return out.join('');
}

/** -S -v puts the counters before the target. */
function withCounters(rule: Rule): string {
  const jump = rule.text.lastIndexOf(rule.spec.goto ? ' -g ' : ' -j ');
  const counters = ` -c ${rule.packets} ${rule.bytes}`;
  return jump < 0 ? rule.text + counters : `${rule.text.slice(0, jump)}${counters}${rule.text.slice(jump)}`;
}

/** The nft tools say so when the other back end has tables too. */
export function warnLegacy(process: Process, use: string): void {
  const { legacy } = process.net.netfilter;
  if (legacy && Object.values(legacy).some((t) => t.present)) process.err(`# Warning: iptables-legacy tables present, use ${use} to see them\n`);
}

function print(process: Process, text: string): number {
  if (text !== '') void process.out(text);
  return 0;
}

/** Names of /etc/hosts. */
export function hosts(process: Process): Map<string, Ipv4[]> {
  const out = new Map<string, Ipv4[]>();
  for (const [address, names] of hostLines(process)) for (const name of names) out.set(name, [...(out.get(name) ?? []), address]);
  return out;
}

/** Names of the addresses in a table's rules, as gethostbyaddr(3) finds them: /etc/hosts, then the name server. */
async function namesOf(process: Process, table: Table, chain: string | undefined): Promise<Map<Ipv4, string>> {
  const addresses = new Set<string>();
  for (const c of chain === undefined ? table.list() : [table.chains.get(chain)]) for (const { spec } of c?.rules ?? []) {
    for (const network of [spec.ip.src, spec.ip.dst]) if (network && network.mask !== 0) addresses.add(formatIpv4(network.address));
  }
  const names = await reverseAll(process, addresses);
  return new Map([...names].map(([ip, name]) => [parseIpv4(ip)!, name]));
}

function hostNames(process: Process): Map<Ipv4, string> {
  const out = new Map<Ipv4, string>();
  for (const [address, names] of hostLines(process)) if (!out.has(address) && names[0] !== undefined) out.set(address, names[0]);
  return out;
}

function hostLines(process: Process): [Ipv4, string[]][] {
  if (!process.fs.exists('/etc/hosts')) return [];
  return process.fs.readFile('/etc/hosts').split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const ip = parseIpv4(address);
    return ip === undefined ? [] : [[ip, names] as [Ipv4, string[]]];
  });
}
