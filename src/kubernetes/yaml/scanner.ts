// Tokens of YAML 1.1, with the positions and messages of libyaml's scanner (go-yaml: scannerc.go), because kubectl prints them.
import { blank, blankOrEnd, Reader, YamlError } from './reader.ts';
import { blockScalar, plain, quoted } from './scalars.ts';

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
  readonly #r: Reader;
  #flow = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #allowed = true;
  readonly #keys: SimpleKey[] = [noKey()];
  readonly #tokens: Token[] = [];
  #head = 0;
  #ended = false;

  constructor(text: string) {
    this.#r = new Reader(text);
    for (let i = 0; i < this.#r.text.length; i++) {
      const c = this.#r.text.charCodeAt(i);
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

  #mayBecomeKey(): boolean {
    if (this.#ended) return false;
    this.#staleKeys();
    return this.#keys.some((k) => k.possible && k.token === this.#head);
  }

  #fetch(): void {
    this.#toNextToken();
    this.#staleKeys();
    this.#unroll(this.#r.column);
    const c = this.#r.text[this.#r.at];
    if (c === undefined) {
      this.#unroll(-1);
      this.#dropKey();
      this.#allowed = false;
      this.#ended = true;
      return this.#push('stream-end');
    }
    const column = this.#r.column, next = this.#r.text[this.#r.at + 1];
    if (column === 0 && c === '%') return this.#directive();
    if (column === 0 && (this.#r.text.startsWith('---', this.#r.at) || this.#r.text.startsWith('...', this.#r.at)) && blankOrEnd(this.#r.text[this.#r.at + 3])) {
      this.#unroll(-1);
      this.#dropKey();
      this.#allowed = false;
      this.#push(c === '-' ? 'document-start' : 'document-end');
      this.#r.at += 3;
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
        if (!this.#allowed) throw this.#r.error('block sequence entries are not allowed in this context');
        this.#roll(column, -1, 'block-sequence-start');
      }
      this.#dropKey();
      this.#allowed = true;
      return this.#one('block-entry');
    }
    if (c === '?' && (this.#flow > 0 || blankOrEnd(next))) {
      if (this.#flow === 0) {
        if (!this.#allowed) throw this.#r.error('mapping keys are not allowed in this context');
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
      return this.#scalar(() => blockScalar(this.#r, c === '|', this.#indent));
    }
    if (c === "'" || c === '"') {
      this.#saveKey();
      this.#allowed = false;
      return this.#scalar(() => quoted(this.#r, c === "'"));
    }
    if (!('-?:,[]{}#&*!|>\'"%@`'.includes(c) || blankOrEnd(c)) || (c === '-' && !blank(next)) || (this.#flow === 0 && (c === '?' || c === ':') && !blankOrEnd(next))) {
      this.#saveKey();
      this.#allowed = false;
      return this.#plain();
    }
    throw this.#r.error('found character that cannot start any token');
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
        if (!this.#allowed) throw this.#r.error('mapping values are not allowed in this context');
        this.#roll(this.#r.column, -1, 'block-mapping-start');
      }
      this.#allowed = this.#flow === 0;
    }
    this.#one('value');
  }

  #push(type: TokenType, value = '', plain = false, line = this.#r.line, column = this.#r.column): void {
    this.#tokens.push({ type, line, column, value, plain, endLine: this.#r.line });
  }
  #one(type: TokenType): void {
    this.#push(type);
    this.#r.at++;
  }
  #insert(at: number, token: Token): void {
    this.#tokens.splice(at, 0, token);
  }

  #roll(column: number, at: number, type: TokenType, line = this.#r.line): void {
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
    const required = this.#flow === 0 && this.#indent === this.#r.column;
    this.#dropKey();
    this.#keys[this.#keys.length - 1] = { possible: true, required, token: this.#tokens.length, index: this.#r.at, line: this.#r.line, column: this.#r.column };
  }
  #dropKey(): void {
    const key = this.#keys.at(-1)!;
    if (key.possible && key.required) throw this.#r.error("could not find expected ':'", key.line);
    key.possible = false;
  }
  #staleKeys(): void {
    for (const key of this.#keys) {
      if (!key.possible || (key.line === this.#r.line && this.#r.at - key.index <= 1024)) continue;
      if (key.required) throw this.#r.error("could not find expected ':'", key.line);
      key.possible = false;
    }
  }

  #toNextToken(): void {
    for (;;) {
      let c = this.#r.text[this.#r.at];
      while (c === ' ' || (c === '\t' && (this.#flow > 0 || !this.#allowed))) c = this.#r.text[++this.#r.at];
      if (c === '#') while (c !== undefined && c !== '\n' && c !== '\r') c = this.#r.text[++this.#r.at];
      if (c !== '\n' && c !== '\r') return;
      this.#r.newLine();
      if (this.#flow === 0) this.#allowed = true;
    }
  }

  #scalar(read: () => string): void {
    const { line, column } = this.#r;
    this.#push('scalar', read(), false, line, column);
  }
  #plain(): void {
    const { line, column } = this.#r, { text, broken } = plain(this.#r, this.#flow, this.#indent + 1);
    this.#push('scalar', text, true, line, column);
    if (broken) this.#allowed = true;
  }

  #directive(): void {
    this.#unroll(-1);
    this.#dropKey();
    this.#allowed = false;
    this.#push('directive');
    while (this.#r.text[this.#r.at] !== undefined && this.#r.text[this.#r.at] !== '\n') this.#r.at++;
  }

  #anchor(type: 'alias' | 'anchor'): void {
    const start = this.#r.line, column = this.#r.column;
    const [name] = /^[\w-]*/.exec(this.#r.text.slice(this.#r.at + 1, this.#r.at + 200))!;
    this.#r.at += 1 + name.length;
    const after = this.#r.text[this.#r.at];
    if (name === '' || !(blankOrEnd(after) || '?:,]}%@`'.includes(after!))) throw this.#r.error('did not find expected alphabetic or numeric character', start);
    this.#push(type, name, false, start, column);
  }

  #tag(): void {
    const start = this.#r.line, column = this.#r.column;
    let end = this.#r.at;
    while (!blankOrEnd(this.#r.text[end]) && !(this.#flow > 0 && ',]}'.includes(this.#r.text[end]!))) end++;
    const value = this.#r.text.slice(this.#r.at, end);
    this.#r.at = end;
    this.#push('tag', value, false, start, column);
  }
}

function noKey(): SimpleKey {
  return { possible: false, required: false, token: 0, index: 0, line: 0, column: 0 };
}
