import { parseGoDuration } from '../../kubernetes/kubelet/duration.ts';
import type { Micros } from '../../sim/clock.ts';
import { editDistance } from '../util/edit-distance.ts';
import { COMMANDS, type Flag, flagsOf, GLOBAL } from './commands.ts';

/** A command line that cannot be read: `usage` says of which command it is printed. */
export class UsageError extends Error {
  readonly command: string;
  constructor(message: string, command: string) {
    super(message);
    this.command = command;
  }
}

/** No command of etcdctl. */
export class UnknownCommand extends Error {}

/** Finds the command among the words, as cobra does: a flag that is not known, or takes a value, takes the next word with it. */
export function findCommand(args: readonly string[]): { command: string; rest: string[] } {
  let command = '', rest = [...args];
  for (;;) {
    const word = wordsOf(rest, [...GLOBAL, ...flagsOf(command)])[0];
    const below = word === undefined ? undefined : command === '' ? word : `${command} ${word}`;
    if (below === undefined) return { command, rest };
    if (!COMMANDS[below]) {
      if (command === '') throw new UnknownCommand(`unknown command ${JSON.stringify(word)} for "etcdctl"${suggestions(word!)}`);
      return { command, rest };
    }
    command = below;
    rest = rest.toSpliced(rest.indexOf(word!), 1);
  }
}

function wordsOf(args: readonly string[], flags: readonly Flag[]): string[] {
  const out: string[] = [], isSwitch = (f: Flag | undefined) => f?.type === 'bool';
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') break;
    const takes = !arg.includes('=') && (arg.startsWith('--') ? !isSwitch(flags.find((f) => f.name === arg.slice(2))) : /^-.$/.test(arg) && !isSwitch(flags.find((f) => f.short === arg[1])));
    if (takes) i++;
    else if (arg !== '' && !arg.startsWith('-')) out.push(arg);
  }
  return out;
}

function suggestions(typed: string): string {
  const names = Object.keys(COMMANDS).filter((name) => !name.includes(' ') && (editDistance(typed.toLowerCase(), name) <= 2 || name.startsWith(typed.toLowerCase())));
  return names.length === 0 ? '' : `\n\nDid you mean this?\n${names.map((name) => `\t${name}\n`).join('')}`;
}

/** The values of a command's flags. */
export class FlagValues {
  readonly args: string[] = [];
  readonly #command: string;
  readonly #flags: readonly Flag[];
  readonly #values = new Map<string, string>();

  constructor(command: string, given: readonly string[], flags: readonly Flag[] = [...GLOBAL, ...flagsOf(command)]) {
    this.#command = command;
    this.#flags = flags;
    for (let i = 0; i < given.length; i++) {
      const arg = given[i]!;
      if (arg === '--') {
        this.args.push(...given.slice(i + 1));
        break;
      }
      if (!arg.startsWith('-') || arg === '-') this.args.push(arg);
      else if (arg.startsWith('--')) i += this.#long(arg, given[i + 1]);
      else i += this.#short(arg, given[i + 1]);
    }
  }

  has(name: string): boolean {
    return this.text(name) === 'true';
  }

  /** Given, here or in the environment. */
  changed(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string {
    return this.#values.get(name) ?? this.#flags.find((f) => f.name === name)?.default ?? '';
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  duration(name: string): Micros {
    return parseGoDuration(this.text(name)) as Micros;
  }

  set(flag: Flag, value: string, as = `--${flag.name}`): void {
    const why = wrongValue(flag, value);
    if (why !== undefined) throw new UsageError(`invalid argument ${JSON.stringify(value)} for ${JSON.stringify(flag.short ? `-${flag.short}, --${flag.name}` : as)} flag: ${why}`, this.#command);
    const before = flag.type === 'strings' ? this.#values.get(flag.name) : undefined;
    this.#values.set(flag.name, before ? `${before},${value}` : flag.type === 'bool' ? String(TRUE.has(value)) : value);
  }

  /** How many words it took besides its own. */
  #long(arg: string, next: string | undefined): number {
    const [, name = '', , value] = /^--([^=]*)(=(.*))?$/s.exec(arg) ?? [];
    const flag = this.#flags.find((f) => f.name === name);
    if (!flag) throw new UsageError(`unknown flag: --${name}`, this.#command);
    if (value === undefined && flag.type !== 'bool' && next === undefined) throw new UsageError(`flag needs an argument: --${name}`, this.#command);
    this.set(flag, value ?? (flag.type === 'bool' ? 'true' : next!));
    return value === undefined && flag.type !== 'bool' ? 1 : 0;
  }

  #short(arg: string, next: string | undefined): number {
    for (let i = 1; i < arg.length; i++) {
      const flag = this.#flags.find((f) => f.short === arg[i]), rest = arg.slice(i + 1);
      if (!flag) throw new UsageError(`unknown shorthand flag: '${arg[i]}' in -${arg.slice(i)}`, this.#command);
      if (flag.type === 'bool' && !rest.startsWith('=')) {
        this.set(flag, 'true');
        continue;
      }
      const value = rest === '' ? next : rest.replace(/^=/, '');
      if (value === undefined) throw new UsageError(`flag needs an argument: '${arg[i]}' in -${arg.slice(i)}`, this.#command);
      this.set(flag, value);
      return rest === '' ? 1 : 0;
    }
    return 0;
  }
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function wrongValue({ type }: Flag, value: string): string | undefined {
  if (type === 'bool' && !TRUE.has(value) && !FALSE.has(value)) return `strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`;
  if ((type === 'int' || type === 'int64') && !/^[-+]?\d+$/.test(value)) return `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`;
  if (type !== 'duration' || /^0$|^-?([\d.]+(ns|us|µs|ms|s|m|h))+$/.test(value)) return undefined;
  return /^-?[\d.]+$/.test(value) ? `time: missing unit in duration ${JSON.stringify(value)}` : `time: invalid duration ${JSON.stringify(value)}`;
}
