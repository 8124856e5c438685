import { resolve } from '../../linux/files.ts';
import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { isTableName } from '../../linux/net/netfilter/command.ts';
import { RestoreError, restore } from '../../linux/net/netfilter/restore.ts';
import { save } from '../../linux/net/netfilter/save.ts';
import { TABLES, type TableName } from '../../linux/net/netfilter/table.ts';
import { hosts, listing, version, warnLegacy, type Tool } from './iptables.ts';

const DENIED = 'Could not fetch rule set generation id: Permission denied (you must be root)\n';

/** iptables-save */
export function iptablesSave(process: Process, t: Tool): number {
  let table: string | undefined, counters = false;
  const help = "Look at manual page `iptables-save.8' for more information.\n";
  const options: Record<string, string> = { c: 'c', t: 't:', M: 'M:', f: 'f:', '4': '4', '6': '6', V: 'V', d: 'd' };
  const long: Record<string, string> = { counters: 'c', table: 't', modprobe: 'M', file: 'f', ipv4: '4', ipv6: '6', version: 'V', dump: 'd' };
  let file: string | undefined;
  const args = [...process.args];
  for (let arg; (arg = args.shift()) !== undefined; ) {
    if (!arg.startsWith('-')) {
      process.err('Unknown arguments found on commandline\n');
      return 1;
    }
    const [name, attached] = arg.startsWith('--') ? arg.slice(2).split('=') : [arg[1], arg.slice(2) || undefined];
    const letter = arg.startsWith('--') ? Object.entries(long).find(([l]) => l.startsWith(name!))?.[1] : name;
    if (!letter || !options[letter]) {
      process.err(`${t.name}: ${arg.startsWith('--') ? `unrecognized option '${arg}'` : `invalid option -- '${name}'`}\n${help}`);
      return 1;
    }
    if (letter === 'c') counters = true;
    if (letter === 'V') {
      void process.out(`${version(t)}\n`);
      return 0;
    }
    if (!options[letter].endsWith(':')) continue;
    const value = attached ?? args.shift();
    if (value === undefined) {
      process.err(`${t.name}: option ${arg.startsWith('--') ? `'${arg}' requires an argument` : `requires an argument -- '${letter}'`}\n${help}`);
      return 1;
    }
    if (letter === 't') table = value;
    if (letter === 'f') file = value;
  }
  if (!process.can('NET_ADMIN')) {
    process.err(`${version(t)}: ${DENIED}`);
    return 4;
  }
  if (table !== undefined && !isTableName(table)) {
    process.err(`Table \`${table}' does not exist\n`);
    return 1;
  }
  const { netfilter } = process.net;
  const names = table === undefined ? (t.legacy ? [...TABLES].sort((a, b) => LEGACY.indexOf(a) - LEGACY.indexOf(b)) : TABLES) : [table as TableName];
  const text = save(netfilter, names, { counters, backend: t.legacy ? '' : ' (nf_tables)', tables: t.tables(netfilter), program: t.name });
  if (file === undefined) void process.out(text);
  else process.fs.writeFile(resolve(file, process.cwd), text, { uid: process.uid, gid: process.gid });
  if (!t.legacy) warnLegacy(process, 'iptables-legacy-save');
  return 0;
}

const LEGACY: TableName[] = ['security', 'raw', 'nat', 'mangle', 'filter'];

const USAGE = (name: string) => `Usage: ${name} [-c] [-v] [-V] [-t] [-h] [-n] [-T table] [-M command] [-4] [-6] [file]
	   [ --counters ]
	   [ --verbose ]
	   [ --version]
	   [ --test ]
	   [ --help ]
	   [ --noflush ]
	   [ --table=<TABLE> ]
	   [ --modprobe=<command> ]
	   [ --ipv4 ]
	   [ --ipv6 ]
`;

/** iptables-restore */
export async function iptablesRestore(process: Process, t: Tool): Promise<number> {
  const flags = { counters: false, verbose: false, version: false, test: false, help: false, noflush: false, ipv4: false, ipv6: false };
  const letters: Record<string, keyof typeof flags | 'table' | 'modprobe' | 'wait' | 'wait-interval'> = { c: 'counters', v: 'verbose', V: 'version', t: 'test', h: 'help', n: 'noflush', T: 'table', M: 'modprobe', w: 'wait', W: 'wait-interval', '4': 'ipv4', '6': 'ipv6' };
  let table: string | undefined, file: string | undefined;
  const args = [...process.args];
  for (let arg; (arg = args.shift()) !== undefined; ) {
    if (!arg.startsWith('-') || arg === '-') {
      if (file !== undefined) {
        process.err('Unknown arguments found on commandline\n');
        return 1;
      }
      file = arg;
      continue;
    }
    const [name = '', attached] = arg.startsWith('--') ? arg.slice(2).split('=') : [arg[1] ?? '', arg.slice(2) || undefined];
    const option = arg.startsWith('--') ? Object.values(letters).find((l) => l === name) ?? Object.values(letters).find((l) => l.startsWith(name)) : letters[name];
    if (option === undefined) {
      process.err(`${t.name}: ${arg.startsWith('--') ? `unrecognized option '${arg}'` : `invalid option -- '${name}'`}\nTry \`${t.name} -h' for more information.\n`);
      return 1;
    }
    if (option === 'table') table = attached ?? args.shift();
    else if (option === 'modprobe') args.shift();
    else if (option === 'wait' || option === 'wait-interval') {
      if (attached === undefined && /^\d+$/.test(args[0] ?? '')) args.shift();
    } else {
      flags[option] = true;
      if (!arg.startsWith('--') && attached) args.unshift(`-${attached}`);
    }
  }
  if (flags.help) {
    void process.out(USAGE(t.name));
    return 0;
  }
  if (flags.version) {
    void process.out(`${version(t)}\n`);
    return 0;
  }
  let text: string;
  try {
    text = file === undefined || file === '-' ? await process.readAll() : process.fs.readFile(resolve(file, process.cwd));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    process.err(`Can't open ${file}: ${error.message}\n`);
    return 1;
  }
  if (!process.can('NET_ADMIN')) {
    process.err(`${version(t)}: ${DENIED}`);
    return 4;
  }
  const { netfilter } = process.net;
  try {
    restore(netfilter, text, {
      ...flags, table, program: t.name, family: t.family, tables: t.tables(netfilter), backend: t.legacy ? 'legacy' : 'nf_tables',
      resolve: (name) => hosts(process).get(name) ?? [],
      list: (command) => void process.out(listing(process, t.tables(netfilter)[command.table as TableName], command)),
    });
  } catch (error) {
    if (!(error instanceof RestoreError)) throw error;
    process.err(error.message);
    return error.status;
  }
  return 0;
}
