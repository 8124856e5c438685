import { bad } from './errors.ts';

/** An option as getopt_long(3) is told of it. */
export interface LongOption<T> {
  name: string;
  args: 'none' | 'required' | 'optional';
  value: T;
}

export interface Found<T> {
  /** As typed: `-p`, `--dport`. */
  typed: string;
  /** Undefined for one that nobody knows. */
  option: T | undefined;
  /** Its argument; undefined when it takes or has none. */
  argument: string | undefined;
  /** It should have had an argument. */
  missing: boolean;
}

/** A walk over arguments as getopt_long does with "-" before the short options: what is no option comes out as it stands. */
export class Getopt<T> {
  readonly argv: readonly string[];
  /** The next argument to be looked at. */
  index: number;
  readonly #short: string;
  readonly #shortValue: (letter: string) => T;
  #rest = '';

  constructor(argv: readonly string[], short: string, shortValue: (letter: string) => T) {
    this.argv = argv;
    this.index = 0;
    this.#short = short;
    this.#shortValue = shortValue;
  }

  /** Whether what follows is an argument and not an option (xs_has_arg). */
  get hasArgument(): boolean {
    const next = this.argv[this.index];
    return this.#rest === '' && next !== undefined && !next.startsWith('-') && !next.startsWith('!');
  }

  take(): string {
    return this.argv[this.index++]!;
  }

  /** The next option, a plain argument as a string, or undefined at the end. `long` are the long options known by now. */
  next(long: (name: string) => LongOption<T>[]): Found<T> | string | undefined {
    if (this.#rest !== '') return this.#shortOption();
    const arg = this.argv[this.index];
    if (arg === undefined) return undefined;
    this.index++;
    if (arg === '--') return this.next(long);
    if (arg.startsWith('--')) return this.#longOption(arg, long);
    if (!arg.startsWith('-') || arg === '-') return arg;
    this.#rest = arg.slice(1);
    return this.#shortOption();
  }

  #longOption(arg: string, long: (name: string) => LongOption<T>[]): Found<T> {
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
    const given = equals < 0 ? undefined : arg.slice(equals + 1);
    const all = long(name);
    const exact = all.find((o) => o.name === name);
    const found = exact ?? (new Set(all.map((o) => o.value)).size === 1 ? all[0] : undefined);
    const typed = arg;
    if (!found || (found.args === 'none' && given !== undefined)) return { typed, option: undefined, argument: undefined, missing: false };
    if (found.args !== 'required' || given !== undefined) return { typed, option: found.value, argument: given, missing: false };
    if (this.index >= this.argv.length) return { typed, option: found.value, argument: undefined, missing: true };
    return { typed, option: found.value, argument: this.take(), missing: false };
  }

  #shortOption(): Found<T> {
    const letter = this.#rest[0]!;
    this.#rest = this.#rest.slice(1);
    const at = letter === ':' ? -1 : this.#short.indexOf(letter);
    const typed = `-${letter}`;
    if (at < 0) return { typed, option: undefined, argument: undefined, missing: false };
    const option = this.#shortValue(letter);
    if (this.#short[at + 1] !== ':') return { typed, option, argument: undefined, missing: false };
    const attached = this.#rest;
    this.#rest = '';
    if (attached) return { typed, option, argument: attached, missing: false };
    if (this.#short[at + 2] === ':') return { typed, option, argument: undefined, missing: false };
    if (this.index >= this.argv.length) return { typed, option, argument: undefined, missing: true };
    return { typed, option, argument: this.take(), missing: false };
  }
}

export function missingArgument(typed: string): Error {
  return bad(`option "${typed}" requires an argument`);
}
