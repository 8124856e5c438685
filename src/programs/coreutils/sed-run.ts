/** A script of sed at work: pattern space, hold space, ranges that are open, lines appended. */
import { openPath } from '../../linux/open.ts';
import type { Stream } from '../../linux/streams.ts';
import type { Address, Command } from './sed-script.ts';
import { Fatal, type Tool } from './tool.ts';

/** `ended` is false for a last line without its newline. */
export type Lines = AsyncGenerator<{ line: string; ended: boolean }>;

export class Runner {
  exit: number | undefined;
  readonly #t: Tool;
  readonly #commands: Command[];
  readonly #quiet: boolean;
  readonly #write: (text: string) => Promise<void> | void;
  #space = '';
  #hold = '';
  #line = 0;
  #append: string[] = [];
  #input!: Lines;
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

  async run(input: Lines): Promise<void> {
    this.#input = input;
    const first = await input.next();
    this.#next = first.done ? undefined : first.value;
    let restart = false;
    while (restart || (await this.#advance())) {
      this.#substituted = false;
      const how = await this.#execute(this.#commands);
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

  async #execute(commands: Command[]): Promise<string | undefined> {
    for (let i = 0; i < commands.length; i++) {
      const c = commands[i]!;
      if (this.#selects(c) === c.negated) continue;
      switch (c.name) {
        case '{': {
          const how = await this.#execute(c.block!);
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
