import { SECOND } from '../../sim/clock.ts';
import { words } from '../../linux/net/netfilter/restore.ts';
import { elementText, IpSet, SET_TYPES, type Element, type SetOptions } from '../../linux/net/netfilter/ipset.ts';
import { FileError, resolve } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { ElementError, parseElements } from './element.ts';
import { HELP } from './help.ts';

/** ipset(8) 7.17. */
class IpsetError extends Error {
  readonly code: number;
  constructor(text: string, code = 1) {
    super(text);
    this.code = code;
  }
}

const COMMANDS: Record<string, { names: string[]; min: number; max: number }> = {
  create: { names: ['create', 'new', '-N', '--create'], min: 2, max: 99 }, add: { names: ['add', '-A', '--add'], min: 2, max: 99 },
  del: { names: ['del', '-D', '--del', '--delete'], min: 2, max: 99 }, test: { names: ['test', '-T', '--test'], min: 2, max: 99 },
  destroy: { names: ['destroy', 'x', '-X', '--destroy'], min: 0, max: 1 }, list: { names: ['list', '-L', '--list'], min: 0, max: 1 },
  save: { names: ['save', '-S', '--save'], min: 0, max: 1 }, flush: { names: ['flush', '-F', '--flush'], min: 0, max: 1 },
  rename: { names: ['rename', '-E', '--rename'], min: 2, max: 2 }, swap: { names: ['swap', '-W', '--swap'], min: 2, max: 2 },
  restore: { names: ['restore', '-R', '--restore'], min: 0, max: 0 }, version: { names: ['version', '-V', '--version', '-v'], min: 0, max: 0 }, help: { names: ['help', '-h', '--help', '-H'], min: 0, max: 1 },
};
const ABSENT = 'The set with the given name does not exist';

export async function main(process: Process): Promise<number> {
  try {
    return await run(process, process.args);
  } catch (error) {
    if (!(error instanceof IpsetError) && !(error instanceof ElementError)) throw error;
    const code = error instanceof IpsetError ? error.code : 1;
    process.err(`ipset v7.17: ${error.message}\n${code === 2 ? "Try `ipset help' for more information.\n" : ''}`);
    return code;
  }
}

async function run(process: Process, argv: readonly string[]): Promise<number> {
  const flags = { exist: false, name: false, terse: false, quiet: false, save: false };
  const args: string[] = [];
  let file: string | undefined;
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === '-exist' || arg === '-!' || arg === '--exist') flags.exist = true;
    else if (arg === '-n' || arg === '-name' || arg === '--name') flags.name = true;
    else if (arg === '-t' || arg === '-terse' || arg === '--terse') flags.terse = true;
    else if (arg === '-q' || arg === '-quiet' || arg === '--quiet') flags.quiet = true;
    else if (arg === '-f' || arg === '-file' || arg === '--file') {
      file = argv[++i];
      if (file === undefined) throw new IpsetError(`Missing mandatory argument to option ${arg}`, 2);
    }
    else if (arg === '-o' || arg === '-output') flags.save = argv[++i] === 'save';
    else args.push(arg);
  }
  const [word, ...rest] = args;
  if (word === undefined) throw new IpsetError('No command specified.', 2);
  const command = Object.keys(COMMANDS).find((c) => COMMANDS[c]!.names.includes(word));
  if (!command) throw new IpsetError(`No command specified: unknown argument ${word}`, 2);
  const { min, max } = COMMANDS[command]!;
  if (rest.length < min) throw new IpsetError(`Missing ${rest.length === 0 ? '' : 'second '}mandatory argument to command ${command}`, 2);
  if (rest.length > max) throw new IpsetError(`Unknown argument ${rest[max]}`, 2);
  if (command === 'version') return print(process, 'ipset v7.17, protocol version: 7\n');
  if (command === 'help') return print(process, HELP);
  if (!process.can('NET_ADMIN')) throw new IpsetError('Kernel error received: Operation not permitted');
  const sets = process.net.netfilter.sets;
  const [name = ''] = rest;
  const named = (n: string): IpSet => {
    const set = sets.get(n);
    if (!set) throw new IpsetError(ABSENT);
    return set;
  };
  switch (command) {
    case 'create':
      create(process, name, rest[1]!, rest.slice(2), flags.exist);
      return 0;
    case 'add':
      add(process, named(name), rest.slice(1), flags.exist);
      return 0;
    case 'del': {
      const set = named(name);
      for (const values of parseElements(set, rest[1]!)) {
        if (!set.get(values) && !flags.exist) throw new IpsetError("Element cannot be deleted from the set: it's not added");
        set.elements.delete(elementText(values));
      }
      return 0;
    }
    case 'test': {
      const set = named(name);
      const found = parseElements(set, rest[1]!).every((v) => set.contains(v));
      if (!flags.quiet) process.err(found ? `Warning: ${rest[1]} is in set ${name}.\n` : `${rest[1]} is NOT in set ${name}.\n`);
      return found ? 0 : 1;
    }
    case 'destroy': {
      const doomed = rest.length > 0 ? [named(name)] : [...sets.values()];
      for (const set of doomed) {
        const lists = references(process, set) - [...sets.values()].filter((s) => s.type === 'list:set' && doomed.includes(s) && s.elements.has(set.name)).length;
        if (lists > 0) throw new IpsetError('Set cannot be destroyed: it is in use by a kernel component');
      }
      for (const set of doomed) sets.delete(set.name);
      return 0;
    }
    case 'flush':
      for (const set of rest.length > 0 ? [named(name)] : sets.values()) set.elements.clear();
      return 0;
    case 'rename': {
      const set = named(name);
      if (sets.has(rest[1]!)) throw new IpsetError('Set cannot be renamed: a set with the new name already exists');
      if (references(process, set) > 0) throw new IpsetError('Set cannot be renamed: it is in use by another system');
      sets.delete(name);
      set.name = rest[1]!;
      sets.set(set.name, set);
      return 0;
    }
    case 'swap': {
      const [a, b] = [named(name), named(rest[1]!)];
      if (a.type !== b.type) throw new IpsetError('The sets cannot be swapped: their type does not match');
      [a.name, b.name] = [b.name, a.name];
      sets.set(a.name, a).set(b.name, b);
      return 0;
    }
    case 'restore':
      for (const line of (file === undefined ? await process.readAll() : readFile(process, file)).split('\n')) if (line.trim() && !line.startsWith('#')) await run(process, [...(flags.exist ? ['-exist'] : []), ...words(line)]);
      return 0;
  }
  const shown = rest.length > 0 ? [named(name)] : [...sets.values()].sort((a, b) => Number(a.type === 'list:set') - Number(b.type === 'list:set'));
  if (command === 'save' || flags.save) return print(process, shown.map((s) => saveText(process, s)).join(''));
  return print(process, flags.name ? shown.map((s) => `${s.name}\n`).join('') : shown.map((s) => listText(process, s, flags.terse)).join('\n'));
}

function readFile(process: Process, file: string): string {
  try {
    return process.fs.readFile(resolve(file, process.cwd));
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new IpsetError(`Cannot open ${file} for reading: ${error.message}`);
  }
}

function create(process: Process, name: string, type: string, words: string[], exist: boolean): void {
  const { sets } = process.net.netfilter;
  if (!(type in SET_TYPES)) throw new IpsetError(`Syntax error: typename '${type}' is unknown`);
  if (name.length > 31) throw new IpsetError(`Syntax error: setname '${name}' is longer than 31 characters`);
  const options: SetOptions = { hashsize: 1024, maxelem: 65536, counters: false, comment: false, size: 8, family: 'inet' };
  for (const args = [...words]; args.length > 0; ) {
    const word = args.shift()!;
    if (word === 'counters' || word === 'comment') options[word] = true;
    else if (word === 'hashsize' || word === 'maxelem' || word === 'timeout' || word === 'size') options[word] = Number(args.shift());
    else if (word === 'family') options.family = args.shift() as 'inet';
    else if (word === 'range') options.range = (args.shift() ?? '').split('-').map(Number) as [number, number];
    else if (word === 'bucketsize' || word === 'initval') args.shift();
    else throw new IpsetError(`Unknown argument: \`${word}'`, 2);
  }
  if (type === 'bitmap:port' && !options.range) throw new IpsetError('Syntax error: mandatory option range is missing');
  if (sets.has(name)) {
    if (exist && sets.get(name)!.type === type) return;
    throw new IpsetError('Set cannot be created: set with the same name already exists');
  }
  const rng = process.world.rng.fork(`ipset ${process.machine.name} ${process.net.name} ${name} ${sets.size}`);
  sets.set(name, new IpSet(name, type, options, rng.uint32(), () => process.world.clock.now));
}

function add(process: Process, set: IpSet, [text = '', ...words]: string[], exist: boolean): void {
  const extra: Pick<Element, 'comment'> & { timeout?: number } = {};
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === 'timeout') extra.timeout = Number(words.shift());
    else if (word === 'comment') extra.comment = words.shift() ?? '';
    else if (word === 'packets' || word === 'bytes' || word === 'nomatch') words.shift();
    else throw new IpsetError(`Unknown argument: \`${word}'`, 2);
  }
  const timeout = extra.timeout ?? set.options.timeout;
  for (const values of parseElements(set, text)) {
    if (values[0]!.set !== undefined && !process.net.netfilter.sets.has(values[0]!.set)) throw new IpsetError('Set to be added/deleted/tested as element does not exist.');
    if (set.get(values) && !exist) throw new IpsetError("Element cannot be added to the set: it's already added");
    if (set.elements.size >= set.options.maxelem && set.type.startsWith('hash')) throw new IpsetError(`Hash is full, cannot add more elements`);
    set.elements.set(elementText(values), {
      values, packets: 0, bytes: 0,
      ...(timeout ? { expires: process.now + timeout * SECOND } : {}), ...(extra.comment === undefined ? {} : { comment: extra.comment }),
    });
  }
}

/** Rules and lists that name the set. */
function references(process: Process, set: IpSet): number {
  const { sets, tables } = process.net.netfilter;
  let count = [...sets.values()].filter((s) => s.type === 'list:set' && s.elements.has(set.name)).length;
  for (const table of Object.values(tables)) for (const chain of table.chains.values()) for (const rule of chain.rules) count += rule.spec.matches.filter((m) => m.ext.name === 'set' && (m.data as { set: string }).set === set.name).length;
  return count;
}

function headerText({ type, options: o, initval }: IpSet): string {
  if (type === 'list:set') return `size ${o.size}`;
  const extras = `${o.timeout === undefined ? '' : ` timeout ${o.timeout}`}${o.counters ? ' counters' : ''}${o.comment ? ' comment' : ''}`;
  if (type === 'bitmap:port') return `range ${o.range!.join('-')}${extras}`;
  return `family ${o.family} hashsize ${o.hashsize} maxelem ${o.maxelem}${extras} bucketsize 12 initval 0x${initval.toString(16).padStart(8, '0')}`;
}

function memberText(process: Process, set: IpSet, e: Element): string {
  const left = e.expires === undefined ? '' : ` timeout ${Math.floor((e.expires - process.now) / SECOND)}`;
  return `${elementText(e.values)}${left}${set.options.counters ? ` packets ${e.packets} bytes ${e.bytes}` : ''}${e.comment === undefined ? '' : ` comment "${e.comment}"`}`;
}

function listText(process: Process, set: IpSet, terse: boolean): string {
  const members = set.list();
  const head = `Name: ${set.name}\nType: ${set.type}\nRevision: ${SET_TYPES[set.type]}\nHeader: ${headerText(set)}\nSize in memory: ${memory(set)}\nReferences: ${references(process, set)}\nNumber of entries: ${members.length}\n`;
  return terse ? head : `${head}Members:\n${members.map((m) => `${memberText(process, set, m)}\n`).join('')}`;
}

/** Bytes, for elements that each have a bucket of their own. */
function memory(set: IpSet): number {
  if (set.type === 'list:set') return 80 + 48 * set.elements.size;
  if (set.type === 'bitmap:port') return 72 + 8 * Math.ceil((set.options.range![1] - set.options.range![0] + 1) / 64);
  return 216 + set.elements.size * (32 + 8 * set.parts.length);
}

function saveText(process: Process, set: IpSet): string {
  return `create ${set.name} ${set.type} ${headerText(set)}\n${set.list().map((m) => `add ${set.name} ${memberText(process, set, m)}\n`).join('')}`;
}

async function print(process: Process, text: string): Promise<number> {
  await process.out(text);
  return 0;
}
