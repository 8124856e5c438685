/** The script of sed, read into commands: addresses, blocks, labels, s and y with their delimiters. */
import { compile } from './regex.ts';
import { Fatal } from './tool.ts';

export type Address = { line: number } | { last: true } | { regex: RegExp | undefined } | { first: number; step: number } | { plus: number } | { multiple: number };
export interface Command {
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

export function parseSed(source: string, extended: boolean): Command[] {
  return new Parser(source, extended).all();
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
          // What stands behind it is the text, blanks and all, unless the line ends.
          this.#i += this.#s[this.#i + 1] === '\n' ? 2 : 1;
        }
        let text = '';
        while (this.#i < this.#s.length && this.#s[this.#i] !== '\n') {
          const escaped = this.#s[this.#i] === '\\' && this.#i + 1 < this.#s.length;
          const piece = this.#s.slice(this.#i, this.#i + (escaped ? 2 : 1));
          text += escaped ? (piece[1] === '\n' ? '\n' : unescape(piece)) : piece;
          this.#i += piece.length;
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
  return text.replace(/\\(.)/g, (_a, c: string) => ({ n: '\n', t: '\t', a: '\x07', f: '\f', r: '\r', v: '\v', '\\': '\\' })[c] ?? c);
}
