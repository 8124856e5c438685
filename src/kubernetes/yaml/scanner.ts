// Tokens of YAML 1.1, with the positions and messages of libyaml's scanner (go-yaml: scannerc.go), because kubectl prints them.

export type TokenType =
  | 'stream-end' | 'document-start' | 'document-end' | 'block-sequence-start' | 'block-mapping-start' | 'block-end'
  | 'flow-sequence-start' | 'flow-sequence-end' | 'flow-mapping-start' | 'flow-mapping-end' | 'block-entry' | 'flow-entry'
  | 'key' | 'value' | 'alias' | 'anchor' | 'tag' | 'scalar' | 'directive';

export interface Token {
  type: TokenType;
  line: number;
  column: number;
  value: string;
  plain: boolean;
  /** Where it ends. */
  endLine: number;
}

/** A syntax error; the message is go-yaml's: "yaml: line 4: did not find expected key". */
export class YamlError extends Error {
  constructor(line: number, problem: string) {
    super(`yaml: ${line > 0 ? `line ${line}: ` : ''}${problem}`);
  }
}

interface SimpleKey {
  possible: boolean;
  required: boolean;
  token: number;
  index: number;
  line: number;
  column: number;
}

/** All tokens of one document stream. */
export class Scanner {
  readonly #text: string;
  #at = 0;
  #line = 0;
  #lineStart = 0;
  #flow = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #allowed = true;
  readonly #keys: SimpleKey[] = [noKey()];
  readonly #tokens: Token[] = [];
  #head = 0;
  #ended = false;

  constructor(text: string) {
    this.#text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    for (let i = 0; i < this.#text.length; i++) {
      const c = this.#text.charCodeAt(i);
      if ((c < 0x20 && c !== 9 && c !== 10 && c !== 13) || c === 0x7f) throw new YamlError(0, 'control characters are not allowed');
    }
  }

  peek(): Token {
    while (this.#head >= this.#tokens.length || this.#mayBecomeKey()) this.#fetch();
    return this.#tokens[this.#head]!;
  }
  next(): Token {
    const token = this.peek();
    this.#head++;
    return token;
  }

  get #column(): number {
    return this.#at - this.#lineStart;
  }

  #mayBecomeKey(): boolean {
    if (this.#ended) return false;
    this.#staleKeys();
    return this.#keys.some((k) => k.possible && k.token === this.#head);
  }

  #fetch(): void {
    this.#toNextToken();
    this.#staleKeys();
    this.#unroll(this.#column);
    const c = this.#text[this.#at];
    if (c === undefined) {
      this.#unroll(-1);
      this.#dropKey();
      this.#allowed = false;
      this.#ended = true;
      return this.#push('stream-end');
    }
    const column = this.#column, next = this.#text[this.#at + 1];
    if (column === 0 && c === '%') return this.#directive();
    if (column === 0 && (this.#text.startsWith('---', this.#at) || this.#text.startsWith('...', this.#at)) && blankOrEnd(this.#text[this.#at + 3])) {
      this.#unroll(-1);
      this.#dropKey();
      this.#allowed = false;
      this.#push(c === '-' ? 'document-start' : 'document-end');
      this.#at += 3;
      return;
    }
    if (c === '[' || c === '{') {
      this.#saveKey();
      this.#flow++;
      this.#keys.push(noKey());
      this.#allowed = true;
      return this.#one(c === '[' ? 'flow-sequence-start' : 'flow-mapping-start');
    }
    if (c === ']' || c === '}') {
      this.#dropKey();
      if (this.#flow > 0) {
        this.#flow--;
        this.#keys.pop();
      }
      this.#allowed = false;
      return this.#one(c === ']' ? 'flow-sequence-end' : 'flow-mapping-end');
    }
    if (c === ',') {
      this.#dropKey();
      this.#allowed = true;
      return this.#one('flow-entry');
    }
    if (c === '-' && blankOrEnd(next)) {
      if (this.#flow === 0) {
        if (!this.#allowed) throw this.#error('block sequence entries are not allowed in this context');
        this.#roll(column, -1, 'block-sequence-start');
      }
      this.#dropKey();
      this.#allowed = true;
      return this.#one('block-entry');
    }
    if (c === '?' && (this.#flow > 0 || blankOrEnd(next))) {
      if (this.#flow === 0) {
        if (!this.#allowed) throw this.#error('mapping keys are not allowed in this context');
        this.#roll(column, -1, 'block-mapping-start');
      }
      this.#dropKey();
      this.#allowed = this.#flow === 0;
      return this.#one('key');
    }
    if (c === ':' && (this.#flow > 0 || blankOrEnd(next))) return this.#value();
    if (c === '*' || c === '&') {
      this.#saveKey();
      this.#allowed = false;
      return this.#anchor(c === '*' ? 'alias' : 'anchor');
    }
    if (c === '!') {
      this.#saveKey();
      this.#allowed = false;
      return this.#tag();
    }
    if ((c === '|' || c === '>') && this.#flow === 0) {
      this.#dropKey();
      this.#allowed = true;
      return this.#blockScalar(c === '|');
    }
    if (c === "'" || c === '"') {
      this.#saveKey();
      this.#allowed = false;
      return this.#quoted(c === "'");
    }
    if (!('-?:,[]{}#&*!|>\'"%@`'.includes(c) || blankOrEnd(c)) || (c === '-' && !blank(next)) || (this.#flow === 0 && (c === '?' || c === ':') && !blankOrEnd(next))) {
      this.#saveKey();
      this.#allowed = false;
      return this.#plain();
    }
    throw this.#error('found character that cannot start any token');
  }

  #value(): void {
    const key = this.#keys.at(-1)!;
    if (key.possible) {
      this.#insert(key.token, { type: 'key', line: key.line, column: key.column, value: '', plain: false, endLine: key.line });
      this.#roll(key.column, key.token, 'block-mapping-start', key.line);
      key.possible = false;
      this.#allowed = false;
    } else {
      if (this.#flow === 0) {
        if (!this.#allowed) throw this.#error('mapping values are not allowed in this context');
        this.#roll(this.#column, -1, 'block-mapping-start');
      }
      this.#allowed = this.#flow === 0;
    }
    this.#one('value');
  }

  #error(problem: string, contextLine = 0): YamlError {
    const line = this.#line !== 0 ? this.#line : contextLine;
    return new YamlError(line !== 0 ? line + 1 : 0, problem);
  }

  #push(type: TokenType, value = '', plain = false, line = this.#line, column = this.#column): void {
    this.#tokens.push({ type, line, column, value, plain, endLine: this.#line });
  }
  #one(type: TokenType): void {
    this.#push(type);
    this.#at++;
  }
  #insert(at: number, token: Token): void {
    this.#tokens.splice(at, 0, token);
  }

  #roll(column: number, at: number, type: TokenType, line = this.#line): void {
    if (this.#flow > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    const token: Token = { type, line, column, value: '', plain: false, endLine: line };
    if (at < 0) this.#tokens.push(token);
    else this.#insert(at, token);
  }
  #unroll(column: number): void {
    if (this.#flow > 0) return;
    while (this.#indent > column) {
      this.#push('block-end');
      this.#indent = this.#indents.pop()!;
    }
  }

  #saveKey(): void {
    if (!this.#allowed) return;
    const required = this.#flow === 0 && this.#indent === this.#column;
    this.#dropKey();
    this.#keys[this.#keys.length - 1] = { possible: true, required, token: this.#tokens.length, index: this.#at, line: this.#line, column: this.#column };
  }
  #dropKey(): void {
    const key = this.#keys.at(-1)!;
    if (key.possible && key.required) throw this.#error("could not find expected ':'", key.line);
    key.possible = false;
  }
  #staleKeys(): void {
    for (const key of this.#keys) {
      if (!key.possible || (key.line === this.#line && this.#at - key.index <= 1024)) continue;
      if (key.required) throw this.#error("could not find expected ':'", key.line);
      key.possible = false;
    }
  }

  #newLine(): void {
    if (this.#text[this.#at] === '\r' && this.#text[this.#at + 1] === '\n') this.#at++;
    this.#at++;
    this.#line++;
    this.#lineStart = this.#at;
  }

  #toNextToken(): void {
    for (;;) {
      let c = this.#text[this.#at];
      while (c === ' ' || (c === '\t' && (this.#flow > 0 || !this.#allowed))) c = this.#text[++this.#at];
      if (c === '#') while (c !== undefined && c !== '\n' && c !== '\r') c = this.#text[++this.#at];
      if (c !== '\n' && c !== '\r') return;
      this.#newLine();
      if (this.#flow === 0) this.#allowed = true;
    }
  }

  #directive(): void {
    this.#unroll(-1);
    this.#dropKey();
    this.#allowed = false;
    this.#push('directive');
    while (this.#text[this.#at] !== undefined && this.#text[this.#at] !== '\n') this.#at++;
  }

  #anchor(type: 'alias' | 'anchor'): void {
    const start = this.#line, column = this.#column;
    const [name] = /^[\w-]*/.exec(this.#text.slice(this.#at + 1, this.#at + 200))!;
    this.#at += 1 + name.length;
    const after = this.#text[this.#at];
    if (name === '' || !(blankOrEnd(after) || '?:,]}%@`'.includes(after!))) throw this.#error('did not find expected alphabetic or numeric character', start);
    this.#push(type, name, false, start, column);
  }

  #tag(): void {
    const start = this.#line, column = this.#column;
    let end = this.#at;
    while (!blankOrEnd(this.#text[end]) && !(this.#flow > 0 && ',]}'.includes(this.#text[end]!))) end++;
    const value = this.#text.slice(this.#at, end);
    this.#at = end;
    this.#push('tag', value, false, start, column);
  }

  #blockScalar(literal: boolean): void {
    const start = this.#line, column = this.#column;
    this.#at++;
    let chomp = '', increment = 0;
    for (let c = this.#text[this.#at]; c !== undefined && /[-+1-9]/.test(c); c = this.#text[++this.#at]) {
      if (c === '-' || c === '+') chomp = c;
      else increment = Number(c);
    }
    if (this.#text[this.#at] === '0') throw this.#error('found an indentation indicator equal to 0', start);
    let c = this.#text[this.#at];
    while (c === ' ' || c === '\t') c = this.#text[++this.#at];
    if (c === '#') while (c !== undefined && c !== '\n' && c !== '\r') c = this.#text[++this.#at];
    if (c !== undefined && c !== '\n' && c !== '\r') throw this.#error('did not find expected comment or line break', start);
    if (c !== undefined) this.#newLine();
    let indent = increment > 0 ? (this.#indent >= 0 ? this.#indent + increment : increment) : 0;
    let text = '', leading = '', trailing = '', wasBlank = false;
    const breaks = (): void => {
      let deepest = 0;
      for (;;) {
        while ((indent === 0 || this.#column < indent) && this.#text[this.#at] === ' ') this.#at++;
        deepest = Math.max(deepest, this.#column);
        if ((indent === 0 || this.#column < indent) && this.#text[this.#at] === '\t') throw this.#error('found a tab character where an indentation space is expected', start);
        if (this.#text[this.#at] !== '\n' && this.#text[this.#at] !== '\r') break;
        trailing += '\n';
        this.#newLine();
      }
      if (indent === 0) indent = Math.max(deepest, this.#indent + 1, 1);
    };
    breaks();
    while (this.#column === indent && this.#text[this.#at] !== undefined) {
      const isBlank = blank(this.#text[this.#at]);
      if (!literal && leading.startsWith('\n') && !wasBlank && !isBlank) {
        if (trailing === '') text += ' ';
      } else text += leading;
      text += trailing;
      leading = trailing = '';
      wasBlank = isBlank;
      const from = this.#at;
      while (this.#text[this.#at] !== undefined && this.#text[this.#at] !== '\n' && this.#text[this.#at] !== '\r') this.#at++;
      text += this.#text.slice(from, this.#at);
      if (this.#text[this.#at] === undefined) break;
      leading = '\n';
      this.#newLine();
      breaks();
    }
    if (chomp !== '-') text += leading;
    if (chomp === '+') text += trailing;
    this.#push('scalar', text, false, start, column);
  }

  #quoted(single: boolean): void {
    const start = this.#line, column = this.#column;
    this.#at++;
    let text = '';
    for (;;) {
      if (this.#column === 0 && /^(---|\.\.\.)(\s|$)/.test(this.#text.slice(this.#at, this.#at + 4))) throw this.#error('found unexpected document indicator', start);
      if (this.#text[this.#at] === undefined) throw this.#error('found unexpected end of stream', start);
      let escapedBreak = false;
      for (let c = this.#text[this.#at]; !blankOrEnd(c); c = this.#text[this.#at]) {
        if (single && c === "'" && this.#text[this.#at + 1] === "'") {
          text += "'";
          this.#at += 2;
        } else if (c === (single ? "'" : '"')) break;
        else if (!single && c === '\\') {
          const e = this.#text[this.#at + 1];
          if (e === '\n' || e === '\r') {
            this.#at++;
            this.#newLine();
            escapedBreak = true;
            break;
          }
          text += this.#escape(e, start);
        } else {
          text += c;
          this.#at++;
        }
      }
      if (this.#text[this.#at] === (single ? "'" : '"')) break;
      let spaces = '', first = '', more = '', broken = escapedBreak;
      for (let c = this.#text[this.#at]; c !== undefined && blankOrEnd(c); c = this.#text[this.#at]) {
        if (c === ' ' || c === '\t') {
          if (!broken) spaces += c;
          this.#at++;
        } else {
          if (!broken) {
            spaces = '';
            first = '\n';
            broken = true;
          } else more += '\n';
          this.#newLine();
        }
      }
      if (first === '\n') text += more === '' ? ' ' : more;
      else if (escapedBreak) text += more;
      else text += spaces;
    }
    this.#at++;
    this.#push('scalar', text, false, start, column);
  }

  #escape(e: string | undefined, start: number): string {
    const digits = e === 'x' ? 2 : e === 'u' ? 4 : e === 'U' ? 8 : 0;
    if (digits === 0) {
      const to = e === undefined ? undefined : ESCAPES[e];
      if (to === undefined) throw this.#error('found unknown escape character', start);
      this.#at += 2;
      return to;
    }
    const hex = this.#text.slice(this.#at + 2, this.#at + 2 + digits);
    if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) throw this.#error('did not find expected hexdecimal number', start);
    this.#at += 2 + digits;
    return String.fromCodePoint(parseInt(hex, 16));
  }

  #plain(): void {
    const start = this.#line, column = this.#column, indent = this.#indent + 1;
    let text = '', spaces = '', more = '', leadingBlanks = false;
    for (;;) {
      if (this.#column === 0 && /^(---|\.\.\.)(\s|$)/.test(this.#text.slice(this.#at, this.#at + 4))) break;
      if (this.#text[this.#at] === '#') break;
      for (let c = this.#text[this.#at]; !blankOrEnd(c); c = this.#text[this.#at]) {
        const next = this.#text[this.#at + 1];
        if (c === ':' && (blankOrEnd(next) || (this.#flow > 0 && ',[]{}'.includes(next!)))) break;
        if (this.#flow > 0 && (',[]{}'.includes(c!) || (c === '?' && (next === ',' || blankOrEnd(next) || next === '[' || next === ']' || next === '{' || next === '}')))) break;
        if (leadingBlanks || spaces !== '') {
          if (leadingBlanks) {
            text += more === '' ? ' ' : more;
            more = '';
            leadingBlanks = false;
          } else text += spaces;
          spaces = '';
        }
        text += c;
        this.#at++;
      }
      const c = this.#text[this.#at];
      if (!(c !== undefined && blankOrEnd(c))) break;
      for (let b = this.#text[this.#at]; b !== undefined && blankOrEnd(b); b = this.#text[this.#at]) {
        if (b === ' ' || b === '\t') {
          if (leadingBlanks && this.#column < indent && b === '\t') throw this.#error('found a tab character that violates indentation', start);
          if (!leadingBlanks) spaces += b;
          this.#at++;
        } else {
          if (!leadingBlanks) {
            spaces = '';
            leadingBlanks = true;
          } else more += '\n';
          this.#newLine();
        }
      }
      if (this.#flow === 0 && this.#column < indent) break;
    }
    this.#push('scalar', text, true, start, column);
    if (leadingBlanks) this.#allowed = true;
  }
}

const ESCAPES: Record<string, string> = { '0': '\0', a: '\x07', b: '\b', t: '\t', '\t': '\t', n: '\n', v: '\v', f: '\f', r: '\r', e: '\x1b', ' ': ' ', '"': '"', "'": "'", '\\': '\\', '/': '/', N: '\x85', _: '\xa0', L: '\u2028', P: '\u2029' };

function noKey(): SimpleKey {
  return { possible: false, required: false, token: 0, index: 0, line: 0, column: 0 };
}
function blank(c: string | undefined): boolean {
  return c === ' ' || c === '\t';
}
function blankOrEnd(c: string | undefined): boolean {
  return c === undefined || c === ' ' || c === '\t' || c === '\n' || c === '\r';
}
