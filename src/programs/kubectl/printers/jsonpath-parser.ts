/** A JSONPath template as client-go/util/jsonpath reads it. */
export type Step =
  | { kind: 'field'; name: string }
  | { kind: 'slice'; from?: number; to?: number; step: number; single: boolean }
  | { kind: 'wild' }
  | { kind: 'deep' }
  | { kind: 'union'; lists: Step[][] }
  | { kind: 'filter'; left: Operand; op: string; right: Operand | undefined }
  | { kind: 'literal'; value: unknown }
  | { kind: 'identifier'; name: string }
  | { kind: 'range' }
  | { kind: 'end' };
export type Operand = Step[];
export type Node = { text: string } | { steps: Step[] };

/** Something a template says, or asks for, is not there. */
export class Missing extends Error {}

export class Parser {
  readonly #text: string;
  #at = 0;
  constructor(source: string) {
    this.#text = source;
  }

  template(): Node[] {
    const nodes: Node[] = [];
    while (this.#at < this.#text.length) {
      const open = this.#text.indexOf('{', this.#at);
      if (open !== this.#at) nodes.push({ text: this.#text.slice(this.#at, open < 0 ? undefined : open) });
      if (open < 0) break;
      this.#at = open + 1;
      nodes.push(...this.#action());
    }
    return nodes;
  }

  /** Everything between { and }: a path, or texts and paths side by side. */
  #action(): Node[] {
    const out: Node[] = [];
    for (;;) {
      while (blank(this.#peek())) this.#at++;
      const c = this.#peek();
      if (c === undefined) throw new Missing('unclosed action');
      if (c === '}') {
        this.#at++;
        return out;
      }
      if (c === '"' || c === "'") out.push({ text: this.#quoted() });
      else out.push({ steps: this.#path('}') });
    }
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #quoted(): string {
    const quote = this.#text[this.#at++]!;
    let out = '';
    for (;;) {
      const c = this.#text[this.#at++];
      if (c === undefined) throw new Missing('unterminated quoted string');
      if (c === quote) return out;
      if (c === '\\') {
        const e = this.#text[this.#at++];
        out += e === 'n' ? '\n' : e === 't' ? '\t' : e === 'r' ? '\r' : (e ?? '');
      } else out += c;
    }
  }

  /** Steps until `stop`, a blank or an operator. */
  #path(stop: string): Step[] {
    const steps: Step[] = [];
    for (;;) {
      const c = this.#peek();
      if (c === undefined) {
        if (stop === '}') throw new Missing('unclosed action');
        return steps;
      }
      if (stop.includes(c) || c === '}' || blank(c) || (stop !== '}' && /[=!<>]/.test(c))) {
        if (blank(c) && steps[0]?.kind === 'range' && steps.length === 1) {
          this.#at++;
          continue;
        }
        return steps;
      }
      if (c === '.') {
        this.#at++;
        if (this.#peek() === '.') {
          this.#at++;
          steps.push({ kind: 'deep' });
          if (this.#peek() !== '[') steps.push(this.#field());
        } else if (this.#peek() !== '[' && !(this.#peek() === undefined || this.#peek() === stop || this.#peek() === '}' || blank(this.#peek()))) steps.push(this.#field());
      } else if (c === '[') steps.push(this.#bracket());
      else if (c === '$' || c === '@') {
        this.#at++;
        if (c === '$') steps.push({ kind: 'field', name: '$' });
      } else if (c === '*') {
        this.#at++;
        steps.push({ kind: 'wild' });
      } else if (c === '"' || c === "'") steps.push({ kind: 'literal', value: this.#quoted() });
      else {
        const [word] = /^[\w+-][\w.+-]*/.exec(this.#text.slice(this.#at)) ?? [];
        if (!word) throw new Missing(`unrecognized character in action: U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} '${c}'`);
        this.#at += word.length;
        if (word === 'range') steps.push({ kind: 'range' });
        else if (word === 'end') steps.push({ kind: 'end' });
        else if (word === 'true' || word === 'false') steps.push({ kind: 'literal', value: word === 'true' });
        else if (/^[-+]?[\d.]+$/.test(word)) steps.push({ kind: 'literal', value: Number(word) });
        else steps.push({ kind: 'identifier', name: word });
      }
    }
  }

  #field(): Step {
    if (this.#peek() === '*') {
      this.#at++;
      return { kind: 'wild' };
    }
    let name = '';
    for (let c = this.#peek(); c !== undefined && !/[ \t\r\n.,[\]$@{}=!<>()"']/.test(c); c = this.#peek()) {
      if (c === '\\') {
        this.#at++;
        name += this.#text[this.#at] ?? '';
      } else name += c;
      this.#at++;
    }
    return { kind: 'field', name };
  }

  #bracket(): Step {
    const start = ++this.#at;
    if (this.#text[start] === '?' && this.#text[start + 1] === '(') return this.#filter();
    let depth = 1, quote = '';
    let end = start;
    for (; end < this.#text.length; end++) {
      const c = this.#text[end]!;
      if (quote) {
        if (c === '\\') end++;
        else if (c === quote) quote = '';
      } else if (c === '"' || c === "'") quote = c;
      else if (c === '[') depth++;
      else if (c === ']' && --depth === 0) break;
    }
    if (end >= this.#text.length) throw new Missing('unterminated array');
    const inside = this.#text.slice(start, end).trim();
    this.#at = end + 1;
    const parts = splitOutside(inside);
    if (parts.length > 1) return { kind: 'union', lists: parts.map((p) => [bracketStep(p.trim())]) };
    return bracketStep(inside);
  }

  #filter(): Step {
    this.#at += 2;
    const left = this.#operand();
    const [op] = /^[!<>=]+/.exec(this.#text.slice(this.#at)) ?? [];
    let right: Operand | undefined;
    if (op) {
      this.#at += op.length;
      right = this.#operand();
    }
    if (this.#peek() !== ')') throw new Missing('unterminated filter');
    this.#at++;
    if (this.#peek() !== ']') throw new Missing('unclosed array expect ]');
    this.#at++;
    return { kind: 'filter', left, op: op ?? 'exists', right };
  }

  #operand(): Operand {
    while (this.#peek() === ' ') this.#at++;
    const steps = this.#path(')');
    while (this.#peek() === ' ') this.#at++;
    return steps;
  }
}

/** As client-go's parser: other white space is no blank. */
function blank(c: string | undefined): boolean {
  return c === ' ' || c === '\t' || c === '\n' || c === '\r';
}

function bracketStep(inside: string): Step {
  if (inside === '*') return { kind: 'wild' };
  const quoted = /^'([^']*)'$/.exec(inside);
  if (quoted) {
    // Read as a path: a dot that is part of the name is written `\\.`.
    const fields = quoted[1]!.split(/(?<!\\)\./).map((name): Step => ({ kind: 'field', name: name.replace(/\\(.)/g, '$1') }));
    return fields.length === 1 ? fields[0]! : { kind: 'union', lists: [fields] };
  }
  const slice = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(inside);
  if (!slice) throw new Missing(`invalid array index ${inside}`);
  // As client-go reads it: nothing between the brackets is the first item.
  if (inside === '') return { kind: 'slice', from: 0, to: 1, step: 1, single: true };
  const n = (t: string | undefined) => (t === undefined || t === '' ? undefined : Number(t));
  return { kind: 'slice', from: n(slice[1])!, to: n(slice[2])!, step: n(slice[3]) ?? 1, single: !inside.includes(':') };
}

function splitOutside(text: string): string[] {
  const out: string[] = [];
  let quote = '', from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote) {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === ',') {
      out.push(text.slice(from, i));
      from = i + 1;
    }
  }
  out.push(text.slice(from));
  return out;
}
