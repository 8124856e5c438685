// Command-line parsing as spf13/pflag does it, with its messages. A command's flags are written as words:
// `o/output:string`, `A/all-namespaces:bool`, `chunk-size:int=500` (shorthand/name:type=default).

export type FlagType = 'bool' | 'string' | 'int' | 'duration' | 'list' | 'strings' | 'map';

export interface FlagSpec {
  name: string;
  short: string | undefined;
  type: FlagType;
  fallback: string;
  /** The value of the flag when it is given without one. */
  bare: string | undefined;
  hidden: boolean;
  /** What to use instead: prints "Flag --x has been deprecated, …". */
  deprecated: string | undefined;
}

/** A bad command line; the message is pflag's. */
export class FlagError extends Error {}

const BARE: Record<string, string> = { 'dry-run': 'unchanged', validate: 'strict', cascade: 'background' };
const DEPRECATED: Record<string, string> = {
  record: '--record will be removed in the future',
  'delete-local-data': "This option is deprecated and will be deleted. Use --delete-emptydir-data.",
};
const parsed = new Map<string, FlagSpec[]>();

/** Reads a command's list of flags. */
export function flagSpecs(text: string): FlagSpec[] {
  let specs = parsed.get(text);
  if (specs) return specs;
  specs = text.split(/\s+/).filter(Boolean).map((word) => {
    const [, short, name, type, fallback] = /^(?:(\w)\/)?([\w.-]+):(\w+)(?:=(.*))?$/.exec(word) as unknown as [string, string | undefined, string, FlagType, string | undefined];
    const bare = type === 'bool' ? 'true' : BARE[name];
    return { name, short, type, fallback: fallback ?? (type === 'bool' ? 'false' : type === 'int' ? '0' : ''), bare, hidden: name in DEPRECATED, deprecated: DEPRECATED[name] };
  });
  parsed.set(text, specs);
  return specs;
}

/** The values of a command's flags. */
export class Flags {
  readonly #byName = new Map<string, FlagSpec>();
  readonly #byShort = new Map<string, FlagSpec>();
  readonly #values = new Map<string, string | string[]>();
  readonly deprecations: string[] = [];
  /** What was given, in turn. */
  readonly given: [name: string, value: string][] = [];
  /** Positional arguments, and how many of them came before `--` (-1 without one). */
  args: string[] = [];
  dash = -1;

  constructor(specs: Iterable<FlagSpec>) {
    for (const spec of specs) this.add(spec);
  }

  add(spec: FlagSpec): void {
    if (this.#byName.has(spec.name)) return;
    this.#byName.set(spec.name, spec);
    if (spec.short) this.#byShort.set(spec.short, spec);
  }

  lookup(name: string): FlagSpec | undefined {
    return this.#byName.get(name);
  }
  lookupShort(letter: string): FlagSpec | undefined {
    return this.#byShort.get(letter);
  }
  all(): FlagSpec[] {
    return [...this.#byName.values()];
  }

  /** Reads arguments; throws FlagError at the first bad one. `interspersed` false stops at the first positional one. */
  parse(argv: string[]): void {
    for (let i = 0; i < argv.length; i++) {
      const arg = argv[i]!;
      if (arg === '--') {
        this.dash = this.args.length;
        this.args.push(...argv.slice(i + 1));
        return;
      }
      if (!arg.startsWith('-') || arg === '-') this.args.push(arg);
      else if (arg.startsWith('--')) i = this.#long(argv, i);
      else i = this.#shorts(argv, i);
    }
  }

  changed(name: string): boolean {
    return this.#values.has(name);
  }
  string(name: string): string {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : (this.#byName.get(name)?.fallback ?? '');
  }
  bool(name: string): boolean {
    return this.string(name) === 'true';
  }
  int(name: string): number {
    return Number(this.string(name) || 0);
  }
  /** Microseconds. */
  duration(name: string): number {
    return parseDuration(this.string(name) || '0') ?? 0;
  }
  list(name: string): string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value : value ? [value] : [];
  }
  set(name: string, value: string): void {
    this.#assign(this.#byName.get(name)!, value);
  }

  #long(argv: string[], i: number): number {
    const arg = argv[i]!;
    const name = arg.slice(2).split('=', 1)[0]!;
    if (name === '' || name.startsWith('-') || name.startsWith('=')) throw new FlagError(`bad flag syntax: ${arg}`);
    const spec = this.#byName.get(name);
    if (!spec) {
      if (name === 'help') throw new HelpWanted();
      throw new FlagError(`unknown flag: --${name}`);
    }
    if (arg.includes('=')) this.#assign(spec, arg.slice(arg.indexOf('=') + 1));
    else if (spec.bare !== undefined) this.#assign(spec, spec.bare);
    else if (i + 1 < argv.length) this.#assign(spec, argv[++i]!);
    else throw new FlagError(`flag needs an argument: --${name}`);
    return i;
  }

  #shorts(argv: string[], i: number): number {
    const group = argv[i]!.slice(1);
    for (let rest = group; rest !== ''; ) {
      const letter = [...rest][0]!;
      const spec = this.#byShort.get(letter);
      if (!spec) {
        if (letter === 'h') throw new HelpWanted();
        throw new FlagError(`unknown shorthand flag: '${letter}' in -${rest}`);
      }
      if (rest.length > 2 && rest[1] === '=') {
        this.#assign(spec, rest.slice(2));
        return i;
      }
      if (spec.bare !== undefined) this.#assign(spec, spec.bare);
      else if (rest.length > 1) {
        this.#assign(spec, rest.slice(1));
        return i;
      } else if (i + 1 < argv.length) {
        this.#assign(spec, argv[i + 1]!);
        return i + 1;
      } else throw new FlagError(`flag needs an argument: '${letter}' in -${rest}`);
      rest = rest.slice(letter.length);
    }
    return i;
  }

  #assign(spec: FlagSpec, text: string): void {
    this.given.push([spec.name, text]);
    const bad = (why: string) => new FlagError(`invalid argument ${quote(text)} for "${spec.short ? `-${spec.short}, ` : ''}--${spec.name}" flag: ${why}`);
    let value: string | string[] = text;
    if (spec.type === 'bool') {
      const parsedBool = parseBool(text);
      if (parsedBool === undefined) throw bad(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
      value = String(parsedBool);
    } else if (spec.type === 'int') {
      const why = intProblem(text);
      if (why) throw bad(`strconv.ParseInt: parsing ${quote(text)}: ${why}`);
      value = String(Number(text));
    } else if (spec.type === 'duration') {
      if (parseDuration(text) === undefined) throw bad(/\d$/.test(text) && Number.isFinite(Number(text)) ? `time: missing unit in duration ${quote(text)}` : `time: invalid duration ${quote(text)}`);
    } else if (spec.type === 'list') value = [...this.list(spec.name), ...csv(text)];
    else if (spec.type === 'map' && text.split(',').some((pair) => !pair.includes('='))) throw bad('malformed pair, expect string=string');
    else if (spec.type === 'strings') value = [...this.list(spec.name), text];
    if (spec.deprecated && !this.#values.has(spec.name)) this.deprecations.push(`Flag --${spec.name} has been deprecated, ${spec.deprecated}`);
    this.#values.set(spec.name, value);
  }
}

/** -h or --help was given. */
export class HelpWanted extends Error {}

/** strconv.ParseBool */
function parseBool(text: string): boolean | undefined {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  return undefined;
}

const UNITS: Record<string, number> = { ns: 1e-3, us: 1, µs: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };

/** time.ParseDuration, in microseconds; undefined when it is none. */
function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const [, sign, rest] = /^([-+]?)([^]*)$/.exec(text)!;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(rest!)) return undefined;
  let total = 0;
  for (const [, n, unit] of rest!.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) total += Number(n) * UNITS[unit!]!;
  return sign === '-' ? -total : total;
}

/** time.Duration's String of microseconds: 1m30s. */
export function formatDuration(us: number): string {
  if (us === 0) return '0s';
  const sign = us < 0 ? '-' : '';
  const abs = Math.abs(us);
  if (abs < 1e3) return `${sign}${abs}µs`;
  if (abs < 1e6) return `${sign}${abs / 1e3}ms`;
  const h = Math.floor(abs / 3600e6), m = Math.floor((abs % 3600e6) / 60e6), s = (abs % 60e6) / 1e6;
  return `${sign}${h > 0 ? `${h}h` : ''}${h > 0 || m > 0 ? `${m}m` : ''}${s}s`;
}

/** strconv.Quote for what appears on command lines. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

function intProblem(text: string): string | undefined {
  if (!/^[-+]?(\d+|0x[0-9a-f]+|0o?[0-7]+|0b[01]+)$/i.test(text)) return 'invalid syntax';
  return Math.abs(Number(text)) > Number.MAX_SAFE_INTEGER ? 'value out of range' : undefined;
}

/** One line of CSV, as StringSlice reads it. */
function csv(text: string): string[] {
  if (text === '') return [];
  const out: string[] = [];
  let field = '', quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[i++];
      else quoted = false;
    } else if (c === '"' && field === '') quoted = true;
    else if (c === ',') {
      out.push(field);
      field = '';
    } else field += c;
  }
  out.push(field);
  return out;
}
