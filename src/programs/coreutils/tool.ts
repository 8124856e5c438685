/** What every small tool needs: options as getopt_long(3) reads them, input from files or standard input, GNU's messages. */
import { FileError, type Inode } from '../../linux/files.ts';
import { openPath } from '../../linux/open.ts';
import type { Process, Program } from '../../linux/process.ts';
import type { Stream } from '../../linux/streams.ts';

export interface Options {
  /** Letters; one followed by `:` takes a value, by `::` an optional one. */
  short?: string;
  /** Long names: the letter they mean (`all: 'a'`), with `:` or `::` where they take a value. A name without a letter stands for itself. */
  long?: Record<string, string>;
  /** Options end at the first word that is none (env, xargs, timeout). */
  stopAtOperand?: boolean;
}

/** A wrong invocation: prints `tool: message` and a hint, exits with `code`. */
export class Usage extends Error {
  readonly code: number | undefined;
  readonly hint: boolean;
  constructor(message: string, { code, hint = true }: { code?: number; hint?: boolean } = {}) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** A failure that ends the tool: prints `tool: message`. */
export class Fatal extends Error {
  readonly code: number;
  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

export class Tool {
  readonly process: Process;
  readonly name: string;
  /** Exit code: set by `fail`. */
  code = 0;
  readonly options = new Map<string, string>();
  /** Every occurrence in order, for options that may be repeated. */
  readonly occurrences: [option: string, value: string][] = [];
  args: string[] = [];

  constructor(process: Process) {
    this.process = process;
    this.name = process.argv[0]!.split('/').at(-1)!;
  }

  has(option: string): boolean {
    return this.options.has(option);
  }
  get(option: string): string | undefined {
    return this.options.get(option);
  }
  all(option: string): string[] {
    return this.occurrences.filter(([o]) => o === option).map(([, v]) => v);
  }

  /** Reads argv. Throws Usage as getopt_long complains. */
  parse({ short = '', long = {}, stopAtOperand = false }: Options, argv = this.process.args): void {
    const kinds = new Map<string, 0 | 1 | 2>();
    for (const m of short.matchAll(/([^:])(:{0,2})/g)) kinds.set(m[1]!, m[2]!.length as 0 | 1 | 2);
    const put = (option: string, value: string) => {
      this.options.set(option, value);
      this.occurrences.push([option, value]);
    };
    for (let i = 0; i < argv.length; i++) {
      const arg = argv[i]!;
      if (arg === '--') {
        this.args.push(...argv.slice(i + 1));
        return;
      }
      if (arg.startsWith('--')) {
        const [name, ...rest] = arg.slice(2).split('=');
        const given = rest.length > 0 ? rest.join('=') : undefined;
        const names = Object.keys(long);
        const found = names.includes(name!) ? [name!] : names.filter((n) => n.startsWith(name!));
        if (found.length === 0) throw new Usage(`unrecognized option '--${name}'`);
        if (found.length > 1) throw new Usage(`option '--${name}' is ambiguous; possibilities:${found.map((f) => ` '--${f}'`).join('')}`);
        const spec = long[found[0]!]!;
        const option = spec.replace(/:+$/, '') || found[0]!;
        const takes = spec.length - spec.replace(/:+$/, '').length;
        if (takes === 0 && given !== undefined) throw new Usage(`option '--${found[0]}' doesn't allow an argument`);
        if (takes === 1 && given === undefined && i + 1 >= argv.length) throw new Usage(`option '--${found[0]}' requires an argument`);
        put(option, given ?? (takes === 1 ? argv[++i]! : ''));
      } else if (arg.startsWith('-') && arg !== '-') {
        for (let k = 1; k < arg.length; k++) {
          const c = arg[k]!;
          const kind = kinds.get(c);
          if (kind === undefined) throw new Usage(`invalid option -- '${c}'`);
          if (kind === 0) {
            put(c, '');
            continue;
          }
          const attached = arg.slice(k + 1);
          if (attached !== '' || kind === 2) put(c, attached);
          else if (i + 1 < argv.length) put(c, argv[++i]!);
          else throw new Usage(`option requires an argument -- '${c}'`);
          break;
        }
      } else {
        this.args.push(arg);
        if (stopAtOperand) {
          this.args.push(...argv.slice(i + 1));
          return;
        }
      }
    }
  }

  out(text: string): Promise<void> | void {
    return this.process.out(text);
  }

  /** `tool: message`, and exit code 1 (or `code`) in the end. */
  fail(message: string, code = 1): void {
    this.code = code;
    void this.process.err(`${this.name}: ${message}\n`);
  }

  get fs() {
    return this.process.fs;
  }
  get cwd() {
    return this.process.cwd;
  }

  find(path: string): Inode | undefined {
    return this.fs.find(path, this.cwd);
  }

  lstat(path: string): Inode | undefined {
    try {
      return this.fs.lstat(path, this.cwd);
    } catch (error) {
      if (error instanceof FileError) return undefined;
      throw error;
    }
  }

  /** Runs `act`; what the file system refuses is told as `tool: <words>: <reason>`. Returns whether it went well. */
  attempt(words: string, act: () => void, code = 1): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.fail(`${words}: ${error.message}`, code);
      return false;
    }
  }

  /** Opens a file or, for `-`, standard input. Undefined, and told, when it cannot be read. */
  open(path: string, { code = 1, words = path, directories = false }: { code?: number; words?: string; directories?: boolean } = {}): Stream | undefined {
    if (path === '-') return this.process.stdin;
    try {
      const stream = openPath(this.process, path, 'read');
      if (!directories && this.find(path)?.kind === 'dir') throw new FileError('EISDIR', path);
      return stream;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.fail(`${words}: ${error.message}`, code);
      return undefined;
    }
  }

  /** All of a stream. */
  async slurp(stream: Stream): Promise<string> {
    let all = '';
    for (let piece; (piece = await stream.read(this.process)) !== null; ) {
      all += piece;
      this.process.allocate(piece.length);
    }
    return all;
  }

  /** Text of each operand that can be read (standard input when there is none). */
  async *inputs(files = this.args, code = 1): AsyncGenerator<{ name: string; text: string }> {
    for (const name of files.length > 0 ? files : ['-']) {
      const stream = this.open(name, { code });
      if (stream) yield { name, text: await this.slurp(stream) };
    }
  }

  /** Lines as they arrive, without their newline. `last` tells whether the final newline was missing. */
  async *lines(stream: Stream, end = '\n'): AsyncGenerator<{ line: string; ended: boolean }> {
    let rest = '';
    for (let piece; (piece = await stream.read(this.process)) !== null; ) {
      rest += piece;
      let from = 0;
      for (let at; (at = rest.indexOf(end, from)) >= 0; from = at + 1) yield { line: rest.slice(from, at), ended: true };
      rest = rest.slice(from);
    }
    if (rest !== '') yield { line: rest, ended: false };
  }
}

/** A program from a function on a Tool; tells usage errors as GNU tools do. `usageCode`: ls and grep say 2. */
export function tool(run: (tool: Tool) => Promise<number | void> | number | void, usageCode = 1): Program {
  return async (process) => {
    const t = new Tool(process);
    try {
      return (await run(t)) ?? t.code;
    } catch (error) {
      if (error instanceof Usage) {
        await process.err(`${t.name}: ${localized(process, error.message)}\n${error.hint ? `Try '${t.name} --help' for more information.\n` : ''}`);
        return error.code ?? usageCode;
      }
      if (error instanceof Fatal) {
        await process.err(`${t.name}: ${localized(process, error.message)}\n`);
        return error.code;
      }
      if (error instanceof FileError) {
        await process.err(`${t.name}: ${error.path}: ${error.message}\n`);
        return usageCode;
      }
      throw error;
    }
  };
}

/** gnulib's quote() uses typographic quotes in a UTF-8 locale; quoteaf(), used for file names, does not. */
function localized(process: Process, message: string): string {
  const { env } = process;
  if (!/utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '')) return message;
  return /^(?:invalid (?!option)|missing [a-z ]*operand after|extra operand|range-endpoints|multi-character|stray|too few|')/.test(message) ? message.replace(/'([^']*)'/g, '‘$1’') : message;
}

/** One module, several tools: dispatches on the name it was called by. */
export function multi(tools: Record<string, Program>): Program {
  return (process) => {
    const name = process.argv[0]!.split('/').at(-1)!.replace(/^-/, '');
    const exe = process.exe.split('/').at(-1)!;
    const main = tools[name] ?? tools[exe];
    if (!main) throw new Error(`no tool is called ${name}`);
    return main(process);
  };
}

export function missingOperand(t: Tool): Usage {
  return t.args.length === 0 ? new Usage('missing operand') : new Usage(`missing operand after '${t.args.at(-1)}'`);
}

/** Lines of a text; a missing final newline does not matter. */
export function linesOf(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

/** `1.5K` and its like, as -h prints them (powers of 1024, rounded up). */
export function humanSize(bytes: number): string {
  if (bytes < 1024) return String(bytes);
  const units = 'KMGTP';
  let value = bytes, unit = -1;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const up = Math.ceil(value * 10) / 10;
  return up < 10 ? `${up.toFixed(1)}${units[unit]}` : Math.ceil(value) >= 1024 ? `1.0${units[unit + 1]}` : `${Math.ceil(value)}${units[unit]}`;
}
