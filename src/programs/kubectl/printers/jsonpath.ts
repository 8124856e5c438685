// JSONPath as client-go/util/jsonpath understands it.
import { KubectlError } from '../errors.ts';
import { compactJson } from './json.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
type Step =
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
type Operand = Step[];
type Node = { text: string } | { steps: Step[] };

class Missing extends Error {}

export class JsonPath {
  readonly #nodes: Node[];
  readonly #source: string;

  private constructor(nodes: Node[], source: string) {
    this.#nodes = nodes;
    this.#source = source;
  }

  /** Throws "error parsing jsonpath …". */
  static parse(source: string): JsonPath {
    try {
      return new JsonPath(new Parser(source).template(), source);
    } catch (error) {
      if (error instanceof Missing) throw new KubectlError(`error parsing jsonpath ${source}, ${error.message}`);
      throw error;
    }
  }

  /** `.metadata.name`, `metadata.name` and `{.metadata.name}` alike, as --sort-by and custom-columns take them. */
  static relaxed(path: string): JsonPath {
    return JsonPath.parse(relaxedPath(path));
  }

  /** A column's: what is wrong with it is said without it. */
  static inColumn(path: string): JsonPath {
    try {
      return new JsonPath(new Parser(path).template(), path);
    } catch (error) {
      if (error instanceof Missing) throw new KubectlError(error.message);
      throw error;
    }
  }

  /** What the template prints. */
  print(object: unknown, { allowMissing = true }: { allowMissing?: boolean } = {}): string {
    try {
      return this.#run(object, allowMissing).map((r) => (typeof r === 'string' ? r : r.values.map(text).join(' '))).join('');
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      throw new KubectlError(`error executing jsonpath ${JSON.stringify(this.#source)}: Error executing template: ${error.message}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${this.#source}\n\tobject given to jsonpath engine was:\n\t\t${goMap(object)}\n\n\n`);
    }
  }

  /** The values of all the paths in it. */
  values(object: unknown, { allowMissing = true }: { allowMissing?: boolean } = {}): unknown[] {
    try {
      return this.#run(object, allowMissing).flatMap((r) => (typeof r === 'string' ? [] : r.values));
    } catch (error) {
      if (error instanceof Missing) throw new KubectlError(error.message);
      throw error;
    }
  }

  #run(object: unknown, allowMissing: boolean): (string | { values: unknown[] })[] {
    const out: (string | { values: unknown[] })[] = [];
    const run = (nodes: Node[], from: number, to: number, current: unknown): void => {
      for (let i = from; i < to; i++) {
        const node = nodes[i]!;
        if ('text' in node) out.push(node.text);
        else if (node.steps[0]?.kind === 'range') {
          const end = matchingEnd(nodes, i);
          const over = evaluate(node.steps.slice(1), [current], object, allowMissing);
          for (const value of over) run(nodes, i + 1, end, value);
          i = end;
        } else if (node.steps[0]?.kind !== 'end') out.push({ values: evaluate(node.steps, [current], object, allowMissing) });
      }
    };
    run(this.#nodes, 0, this.#nodes.length, object);
    return out;
  }
}

/** RelaxedJSONPathExpression: braces and the leading dot may be left out. */
export function relaxedPath(path: string): string {
  if (path === '') return path;
  const m = /^\{?\.?([^{}]+)\}?$/.exec(path);
  if (!m || /^\{\.?[^{}]+$/.test(path)) throw new KubectlError(`unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`);
  return `{.${m[1]}}`;
}

function matchingEnd(nodes: Node[], at: number): number {
  for (let i = at + 1, depth = 1; i < nodes.length; i++) {
    const node = nodes[i]!;
    if (!('steps' in node)) continue;
    if (node.steps[0]?.kind === 'range') depth++;
    if (node.steps[0]?.kind === 'end' && --depth === 0) return i;
  }
  return nodes.length;
}

function evaluate(steps: Step[], values: unknown[], root: unknown, allowMissing: boolean): unknown[] {
  for (const step of steps) {
    if (step.kind === 'field' && step.name === '$') values = [root];
    else values = apply(step, values, root, allowMissing);
  }
  return values;
}

function apply(step: Step, values: any[], root: unknown, allowMissing: boolean): unknown[] {
  switch (step.kind) {
    case 'field': {
      if (values.length === 0) return [];
      const out = values.flatMap((v) => {
        if (v === null || v === undefined) return [];
        if (typeof v !== 'object') throw new Missing(`${step.name} is not found`);
        const found = Array.isArray(v) || !Object.hasOwn(v, step.name) ? undefined : v[step.name];
        return found === undefined ? [] : [found];
      });
      if (out.length === 0 && !allowMissing) throw new Missing(`${step.name} is not found`);
      return out;
    }
    case 'identifier':
      throw new Missing(`unrecognized identifier ${step.name}`);
    case 'wild':
      return values.flatMap((v) => (Array.isArray(v) ? v : v !== null && typeof v === 'object' ? Object.keys(v).sort().map((k) => v[k]) : []));
    case 'deep':
      return values.flatMap((v) => deep(v));
    case 'slice':
      return values.flatMap((v) => {
        if (v === null || v === undefined) return [];
        if (!Array.isArray(v)) throw new Missing(`${goType(v)} is not array or slice`);
        if (step.step <= 0) throw new Missing('step must be > 0');
        const n = v.length;
        let from = step.from ?? 0, to = step.to ?? n;
        if (from < 0) from += n;
        if (step.single) to = from + 1;
        else if (to < 0) to += n;
        if (step.single && (from >= n || from < 0)) throw new Missing(`array index out of bounds: index ${step.from}, length ${n}`);
        const out: unknown[] = [];
        for (let i = Math.max(0, from); i < Math.min(to, n); i += step.step) out.push(v[i]);
        return out;
      });
    case 'union':
      return step.lists.flatMap((list) => evaluate(list, values, root, true));
    case 'filter':
      return values.flatMap((v) => {
        if (v === null || typeof v !== 'object') return [];
        const items: any[] = Array.isArray(v) ? v : Object.values(v);
        return items.filter((item) => holds(step, item, root));
      });
    case 'literal':
      return [step.value];
    default:
      return values;
  }
}

function holds(step: Extract<Step, { kind: 'filter' }>, item: unknown, root: unknown): boolean {
  const left = evaluate(step.left, [item], root, true);
  if (step.op === 'exists') return left.length > 0;
  const right = evaluate(step.right!, [item], root, true);
  if (left.length === 0) return false;
  if (left.length > 1) throw new Missing('can only compare one element at a time');
  if (right.length === 0) return false;
  const a = left[0] as any, b = right[0] as any;
  const same = typeof a === typeof b;
  switch (step.op) {
    case '==': return same && a === b;
    case '!=': return !same || a !== b;
    case '<': return same && a < b;
    case '>': return same && a > b;
    case '<=': return same && a <= b;
    case '>=': return same && a >= b;
  }
  throw new Missing(`unrecognized filter operator ${step.op}`);
}

function deep(value: any): unknown[] {
  if (value === null || typeof value !== 'object') return [];
  const children = Array.isArray(value) ? value : Object.keys(value).sort().map((k) => value[k]);
  return [value, ...children.flatMap(deep)];
}

function text(value: unknown): string {
  if (value === undefined) return '';
  if (value === null) return '<nil>';
  return typeof value === 'object' ? compactJson(value) : String(value);
}

function goType(v: unknown): string {
  return typeof v === 'object' ? 'map[string]interface {}' : typeof v === 'number' ? 'int64' : typeof v;
}

/** fmt's %#v-like form of a decoded object. */
function goMap(value: any): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goMap).join(', ')}}`;
  if (value !== null && typeof value === 'object') return `map[string]interface {}{${Object.keys(value).sort().map((k) => `${JSON.stringify(k)}:${goMap(value[k])}`).join(', ')}}`;
  if (value === null || value === undefined) return 'interface {}(nil)';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

class Parser {
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
