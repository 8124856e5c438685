/** GNU sed 4.9: addresses, blocks, hold space, s with its flags, -n -E -i -s -z. */
import { openPath } from '../../linux/open.ts';
import type { Stream } from '../../linux/streams.ts';
import { compile } from './regex.ts';
import { Fatal, linesOf, tool, type Tool } from './tool.ts';

type Address = { line: number } | { last: true } | { regex: RegExp | undefined } | { first: number; step: number } | { plus: number } | { multiple: number };
interface Command {
  from?: Address;
  to?: Address;
  negated: boolean;
  name: string;
  text?: string;
  block?: Command[];
  label?: string;
  regex?: RegExp | undefined;
  replacement?: string;
  flags?: string;
  nth?: number;
  map?: Map<string, string>;
  file?: string;
  /** The range is open until this matches. */
  active?: boolean;
  until?: number;
}

export const main = tool(async (t) => {
  t.parse({ short: 'nEre:f:i::suz', long: { quiet: 'n', silent: 'n', 'regexp-extended': 'E', expression: 'e:', file: 'f:', 'in-place': 'i::', separate: 's', unbuffered: 'u', 'null-data': 'z', posix: '', debug: '' } });
  const scripts = t.occurrences.filter(([o]) => o === 'e' || o === 'f');
  let source = '';
  for (const [option, value] of scripts) source += `${option === 'e' ? value : t.fs.readFile(value, t.cwd)}\n`;
  let files = t.args;
  if (scripts.length === 0) {
    if (files.length === 0) {
      await t.process.err('Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n\n  -n, --quiet, --silent\n                 suppress automatic printing of pattern space\n');
      return 1;
    }
    source = files[0]!;
    files = files.slice(1);
  }
  const commands = new Parser(source, t.has('E') || t.has('r')).all();
  const quiet = t.has('n') || source.startsWith('#n\n');
  if (t.has('i')) {
    for (const file of files) {
      const inode = t.find(file);
      if (inode?.kind !== 'file') {
        t.fail(inode ? `couldn't edit ${file}: not a regular file` : `can't read ${file}: No such file or directory`, inode ? 4 : 2);
        continue;
      }
      const text = t.fs.readFile(file, t.cwd);
      let out = '';
      const runner = new Runner(t, commands, quiet, (s) => void (out += s));
      await runner.run(fromText([text]));
      if (t.get('i')) t.fs.writeFile(file + t.get('i'), text, { cwd: t.cwd });
      t.attempt(`couldn't open file ${file}`, () => t.fs.writeFile(file, out, { cwd: t.cwd }), 4);
      if (runner.exit !== undefined) return runner.exit;
    }
    return t.code;
  }
  const runner = new Runner(t, commands, quiet, (s) => t.out(s));
  const streams = async function* () {
    for (const file of files.length > 0 ? files : ['-']) {
      const inode = file === '-' ? undefined : t.find(file);
      if (file !== '-' && inode?.kind === 'dir') {
        t.fail(`couldn't edit ${file}: not a regular file`.replace("couldn't edit", 'read error on').replace('not a regular file', 'Is a directory'), 2);
        continue;
      }
      if (file !== '-' && !inode) {
        t.fail(`can't read ${file}: No such file or directory`, 2);
        continue;
      }
      const stream = t.open(file, { code: 2 });
      if (stream) yield* t.lines(stream, t.has('z') ? '\0' : '\n');
    }
  };
  await runner.run(streams());
  return runner.exit ?? t.code;
});

async function* fromText(texts: string[]): AsyncGenerator<{ line: string; ended: boolean }> {
  for (const text of texts) {
    const lines = linesOf(text);
    for (let i = 0; i < lines.length; i++) yield { line: lines[i]!, ended: i < lines.length - 1 || text.endsWith('\n') };
  }
}

class Runner {
  exit: number | undefined;
  readonly #t: Tool;
  readonly #commands: Command[];
  readonly #quiet: boolean;
  readonly #write: (text: string) => Promise<void> | void;
  #space = '';
  #hold = '';
  #line = 0;
  #append: string[] = [];
  #input!: AsyncGenerator<{ line: string; ended: boolean }>;
  #next: { line: string; ended: boolean } | undefined;
  #ended = true;
  #substituted = false;
  #regex: RegExp | undefined;
  readonly #files = new Map<string, Stream>();

  constructor(t: Tool, commands: Command[], quiet: boolean, write: (text: string) => Promise<void> | void) {
    this.#t = t;
    this.#commands = commands;
    this.#quiet = quiet;
    this.#write = write;
  }

  async run(input: AsyncGenerator<{ line: string; ended: boolean }>): Promise<void> {
    this.#input = input;
    const first = await input.next();
    this.#next = first.done ? undefined : first.value;
    let restart = false;
    while (restart || (await this.#advance())) {
      this.#substituted = false;
      const how = await this.#execute(this.#commands, restart);
      restart = how === 'restart';
      if (restart) continue;
      if (how !== 'delete' && how !== 'quitSilently' && !this.#quiet) await this.#print(this.#space);
      for (const text of this.#append.splice(0)) await this.#write(text);
      if (how === 'quit' || how === 'quitSilently') return;
    }
  }

  async #advance(): Promise<boolean> {
    if (!this.#next) return false;
    this.#space = this.#next.line;
    this.#ended = this.#next.ended;
    this.#line++;
    // the line after is only looked at when `$` may need it: a pipe's lines then go through as they come
    const following = await this.#input.next();
    this.#next = following.done ? undefined : following.value;
    return true;
  }

  #print(text: string): Promise<void> | void {
    return this.#write(this.#ended || this.#next ? `${text}\n` : text);
  }

  async #execute(commands: Command[], _again: boolean): Promise<string | undefined> {
    for (let i = 0; i < commands.length; i++) {
      const c = commands[i]!;
      if (this.#selects(c) === c.negated) continue;
      switch (c.name) {
        case '{': {
          const how = await this.#execute(c.block!, false);
          if (how?.startsWith('branch:')) {
            const at = commands.findIndex((x) => x.name === ':' && x.label === how.slice(7));
            if (at < 0) return how;
            i = at;
          } else if (how) return how;
          break;
        }
        case 'p': await this.#print(this.#space); break;
        case 'P': await this.#write(`${this.#space.split('\n')[0]}\n`); break;
        case 'd': return 'delete';
        case 'D': {
          const at = this.#space.indexOf('\n');
          if (at < 0) return 'delete';
          this.#space = this.#space.slice(at + 1);
          return 'restart';
        }
        case 'q': this.exit = Number(c.text || 0); return 'quit';
        case 'Q': this.exit = Number(c.text || 0); return 'quitSilently';
        case '=': await this.#write(`${this.#line}\n`); break;
        case 'a': this.#append.push(`${c.text}\n`); break;
        case 'i': await this.#write(`${c.text}\n`); break;
        case 'c':
          if (!c.to || !c.active || c.negated) await this.#write(`${c.text}\n`);
          return 'delete';
        case 'r': {
          const inode = this.#t.find(c.file!);
          if (inode?.kind === 'file') this.#append.push(this.#t.fs.readFile(c.file!, this.#t.cwd));
          break;
        }
        case 'w': await this.#writeFile(c.file!, `${this.#space}\n`); break;
        case 'h': this.#hold = this.#space; break;
        case 'H': this.#hold += `\n${this.#space}`; break;
        case 'g': this.#space = this.#hold; break;
        case 'G': this.#space += `\n${this.#hold}`; break;
        case 'x': [this.#space, this.#hold] = [this.#hold, this.#space]; break;
        case 'n':
          if (!this.#next) return this.#quiet ? 'quitSilently' : 'quit';
          if (!this.#quiet) await this.#print(this.#space);
          for (const text of this.#append.splice(0)) await this.#write(text);
          await this.#advance();
          break;
        case 'N': {
          if (!this.#next) return 'quit';
          const before = this.#space;
          for (const text of this.#append.splice(0)) await this.#write(text);
          await this.#advance();
          this.#space = `${before}\n${this.#space}`;
          break;
        }
        case 'y': this.#space = [...this.#space].map((x) => c.map!.get(x) ?? x).join(''); break;
        case 'l': await this.#write(`${this.#space.replace(/\\/g, '\\\\').replace(/\t/g, '\\t').replace(/\n/g, '\\n')}$\n`); break;
        case 's': await this.#substitute(c); break;
        case ':': break;
        case 'b':
        case 't':
        case 'T': {
          const jump = c.name === 'b' || (c.name === 't') === this.#substituted;
          if (c.name !== 'b') this.#substituted = false;
          if (!jump) break;
          if (!c.label) return undefined;
          const at = commands.findIndex((x) => x.name === ':' && x.label === c.label);
          if (at < 0) return `branch:${c.label}`;
          i = at;
        }
      }
    }
    return undefined;
  }

  #selects(c: Command): boolean {
    if (!c.from) return true;
    if (!c.to) return this.#matches(c.from);
    if (c.active) {
      if (c.until !== undefined ? this.#line >= c.until : this.#matches(c.to)) c.active = false;
      return c.until === undefined || this.#line <= c.until;
    }
    const zero = 'line' in c.from && c.from.line === 0 && this.#line === 1;
    if (!zero && !this.#matches(c.from)) return false;
    c.active = true;
    delete c.until;
    if ('line' in c.to) c.until = c.to.line;
    else if ('plus' in c.to) c.until = this.#line + c.to.plus;
    else if ('multiple' in c.to) c.until = Math.ceil(this.#line / c.to.multiple) * c.to.multiple;
    else if (zero && this.#matches(c.to)) c.active = false;
    if (c.until !== undefined && c.until <= this.#line) c.active = false;
    if ('last' in c.to && !this.#next) c.active = false;
    return true;
  }

  #matches(a: Address): boolean {
    if ('line' in a) return this.#line === a.line;
    if ('last' in a) return !this.#next;
    if ('first' in a) return a.step <= 0 ? this.#line === a.first : this.#line >= a.first && (this.#line - a.first) % a.step === 0;
    if ('regex' in a) return this.#use(a.regex).test(this.#space);
    return false;
  }

  #use(regex: RegExp | undefined): RegExp {
    const used = regex ?? this.#regex;
    if (!used) throw new Fatal('no previous regular expression');
    this.#regex = used;
    used.lastIndex = 0;
    return used;
  }

  async #substitute(c: Command): Promise<void> {
    const regex = this.#use(c.regex);
    let n = 0, done = false;
    const every = new RegExp(regex.source, regex.flags.includes('g') ? regex.flags : `${regex.flags}g`);
    this.#space = this.#space.replace(every, (...m) => {
      n++;
      const all = c.flags!.includes('g');
      if (all ? n < (c.nth ?? 1) : n !== (c.nth ?? 1)) return m[0] as string;
      done = true;
      const groups = m.slice(0, m.findIndex((x) => typeof x === 'number')) as (string | undefined)[];
      return replacement(c.replacement!, groups);
    });
    if (!done) return;
    this.#substituted = true;
    if (c.flags!.includes('p')) await this.#print(this.#space);
    if (c.file) await this.#writeFile(c.file, `${this.#space}\n`);
  }

  async #writeFile(path: string, text: string): Promise<void> {
    if (path === '/dev/stdout') return void (await this.#write(text));
    let stream = this.#files.get(path);
    if (!stream) this.#files.set(path, (stream = openPath(this.#t.process, path, 'write')));
    await stream.write(text, this.#t.process);
  }
}

/** & \1 \n and GNU's \U \L \u \l \E. */
function replacement(text: string, groups: (string | undefined)[]): string {
  let out = '', mode = '', once = '';
  const put = (s: string) => {
    if (s === '') return;
    let shown = mode === 'U' ? s.toUpperCase() : mode === 'L' ? s.toLowerCase() : s;
    if (once) shown = (once === 'u' ? shown[0]!.toUpperCase() : shown[0]!.toLowerCase()) + shown.slice(1);
    once = '';
    out += shown;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '&') put(groups[0] ?? '');
    else if (c === '\\') {
      const next = text[++i] ?? '';
      if (/\d/.test(next)) put(groups[Number(next)] ?? '');
      else if (next === 'n') put('\n');
      else if (next === 't') put('\t');
      else if (next === 'U' || next === 'L') mode = next;
      else if (next === 'E') mode = '';
      else if (next === 'u' || next === 'l') once = next;
      else put(next);
    } else put(c);
  }
  return out;
}

class Parser {
  readonly #s: string;
  readonly #extended: boolean;
  #i = 0;
  constructor(source: string, extended: boolean) {
    this.#s = source;
    this.#extended = extended;
  }

  all(): Command[] {
    const out = this.#block();
    if (this.#i < this.#s.length) this.#error("unexpected `}'");
    return out;
  }

  #error(why: string): never {
    throw new Fatal(`-e expression #1, char ${Math.min(this.#i + 1, this.#s.replace(/\n$/, '').length)}: ${why}`);
  }

  #block(): Command[] {
    const out: Command[] = [];
    for (;;) {
      while (/[\s;]/.test(this.#s[this.#i] ?? '')) this.#i++;
      if (this.#s[this.#i] === '#') {
        while (this.#i < this.#s.length && this.#s[this.#i] !== '\n') this.#i++;
        continue;
      }
      if (this.#i >= this.#s.length || this.#s[this.#i] === '}') return out;
      out.push(this.#command());
    }
  }

  #command(): Command {
    const c: Command = { negated: false, name: '' };
    const from = this.#address();
    if (from) {
      c.from = from;
      this.#blanks();
      if (this.#s[this.#i] === ',') {
        this.#i++;
        this.#blanks();
        const to = this.#address(true);
        if (!to) this.#error('unexpected `,\'');
        c.to = to;
      }
    }
    this.#blanks();
    while (this.#s[this.#i] === '!') {
      c.negated = true;
      this.#i++;
      this.#blanks();
    }
    c.name = this.#s[this.#i++] ?? '';
    if (c.name === '') this.#error('missing command');
    switch (c.name) {
      case '{':
        c.block = this.#block();
        if (this.#s[this.#i++] !== '}') {
          this.#i = 0;
          throw new Fatal("-e expression #1, char 0: unmatched `{'");
        }
        break;
      case 's': this.#substitution(c); break;
      case 'y': {
        const [a, b] = this.#delimited(2);
        const from2 = [...unescape(a!)], to = [...unescape(b!)];
        if (from2.length !== to.length) this.#error("strings for `y' command are different lengths");
        c.map = new Map(from2.map((x, i) => [x, to[i]!]));
        break;
      }
      case 'a':
      case 'i':
      case 'c': {
        this.#blanks();
        if (this.#s[this.#i] === '\\') {
          this.#i++;
          this.#blanks();
          if (this.#s[this.#i] === '\n') this.#i++;
        }
        let text = '';
        while (this.#i < this.#s.length && this.#s[this.#i] !== '\n') {
          if (this.#s[this.#i] === '\\' && this.#i + 1 < this.#s.length) this.#i++;
          text += this.#s[this.#i++];
        }
        if (text === '') this.#error(`expected \\ after \`a', \`c' or \`i'`);
        c.text = text;
        break;
      }
      case ':':
      case 'b':
      case 't':
      case 'T': c.label = this.#word(); break;
      case 'r':
      case 'w': c.file = this.#rest(); break;
      case 'q':
      case 'Q': c.text = this.#word(); break;
      case 'p': case 'P': case 'd': case 'D': case '=': case 'h': case 'H': case 'g': case 'G': case 'x': case 'n': case 'N': case 'l': break;
      default:
        this.#i--;
        this.#error(`unknown command: \`${c.name}'`);
    }
    this.#blanks();
    if (this.#i < this.#s.length && !/[;\n}#]/.test(this.#s[this.#i]!) && !'{aic'.includes(c.name)) this.#error('extra characters after command');
    return c;
  }

  #address(second = false): Address | undefined {
    const rest = this.#s.slice(this.#i);
    const step = /^(\d+)~(\d+)/.exec(rest), number = /^\d+/.exec(rest), plus = second ? /^([+~])(\d+)/.exec(rest) : null;
    if (plus) {
      this.#i += plus[0].length;
      return plus[1] === '+' ? { plus: Number(plus[2]) } : { multiple: Number(plus[2]) };
    }
    if (step) {
      this.#i += step[0].length;
      return { first: Number(step[1]), step: Number(step[2]) };
    }
    if (number) {
      this.#i += number[0].length;
      return { line: Number(number[0]) };
    }
    if (rest[0] === '$') {
      this.#i++;
      return { last: true };
    }
    if (rest[0] === '/' || rest[0] === '\\') {
      if (rest[0] === '\\') this.#i++;
      const [source] = this.#delimited(1, 'address regex');
      let flags = '';
      while (/[IM]/.test(this.#s[this.#i] ?? '')) flags += this.#s[this.#i++] === 'I' ? 'i' : 'm';
      return { regex: this.#regex(source!, flags) };
    }
    return undefined;
  }

  #substitution(c: Command): void {
    const [source, text] = this.#delimited(2, "`s' command");
    c.replacement = text!;
    c.flags = '';
    let ignore = '';
    for (;;) {
      const rest = this.#s.slice(this.#i);
      const number = /^\d+/.exec(rest);
      if (number) {
        c.nth = Number(number[0]);
        this.#i += number[0].length;
      } else if (/^[gpeIiMm]/.test(rest)) {
        const f = this.#s[this.#i++]!;
        if (f === 'I' || f === 'i') ignore += 'i';
        else if (f === 'M' || f === 'm') ignore += 'm';
        else c.flags += f;
      } else if (rest[0] === 'w') {
        this.#i++;
        c.file = this.#rest();
      } else if (rest !== '' && !/^[\s;}#]/.test(rest)) {
        this.#i++;
        this.#i--;
        this.#error("unknown option to `s'");
      } else break;
    }
    c.regex = this.#regex(source!, ignore);
  }

  #regex(source: string, flags: string): RegExp | undefined {
    if (source === '') return undefined;
    try {
      return compile(source.replace(/\\n/g, '\n').replace(/\\t/g, '\t'), { extended: this.#extended, flags: [...new Set(flags)].join('') });
    } catch {
      return this.#error(/\((?![^)]*\))/.test(source) ? 'Unmatched ( or \\(' : /\[[^\]]*$/.test(source) ? 'unterminated address regex' : 'Invalid preceding regular expression');
    }
  }

  /** n pieces after a delimiter; the delimiter escaped in them stands for itself. */
  #delimited(n: number, what = "`s' command"): string[] {
    const delimiter = this.#s[this.#i++]!;
    const out: string[] = [];
    for (let k = 0; k < n; k++) {
      let piece = '', inSet = false;
      for (;;) {
        const c = this.#s[this.#i];
        if (c === undefined || (c === '\n' && k === 0 && n === 1)) {
          throw new Fatal(`-e expression #1, char ${this.#s.replace(/\n$/, '').length}: unterminated ${what}`);
        }
        if (c === '\\' && !inSet) {
          const next = this.#s[this.#i + 1] ?? '';
          piece += next === delimiter && delimiter !== '&' ? (/[|(){}+?.*]/.test(delimiter) && k === 0 ? `\\${next}` : next) : `\\${next}`;
          this.#i += 2;
          continue;
        }
        if (c === '[' && k === 0) inSet = inSet || this.#s.indexOf(']', this.#i + 2) > 0;
        else if (c === ']' && inSet && !/\[\^?$/.test(piece)) inSet = false;
        if (c === delimiter && !inSet) break;
        if (c === delimiter && inSet && delimiter === '/' && !/^[^\]]*\]/.test(this.#s.slice(this.#i))) break;
        piece += c;
        this.#i++;
      }
      this.#i++;
      out.push(piece);
    }
    return out;
  }

  #blanks(): void {
    while (/[ \t]/.test(this.#s[this.#i] ?? '')) this.#i++;
  }

  #word(): string {
    this.#blanks();
    const m = /^[^\s;}]*/.exec(this.#s.slice(this.#i))![0];
    this.#i += m.length;
    return m;
  }

  #rest(): string {
    this.#blanks();
    const m = /^[^\n]*/.exec(this.#s.slice(this.#i))![0];
    this.#i += m.length;
    return m.trim();
  }
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_a, c: string) => ({ n: '\n', t: '\t', '\\': '\\' })[c] ?? c);
}
