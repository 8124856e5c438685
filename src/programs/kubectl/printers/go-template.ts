// -o go-template: Go's text/template, as much of it as is used on objects.
import { base64Bytes } from '../base64.ts';
import { KubectlError, PrintedError } from '../errors.ts';
import { goJson, sortKeys } from './json.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
type Scope = { vars: Map<string, any>; parent?: Scope };
type Node =
  | { kind: 'text'; text: string }
  | { kind: 'output'; pipe: string }
  | { kind: 'if' | 'with' | 'range'; pipe: string; body: Node[]; otherwise: Node[] }
  | { kind: 'template'; name: string; pipe: string };

/** Reads the template; throws "error parsing template …". The result prints an object. */
export function parseTemplate(source: string): (object: unknown) => string {
  const tokens = lex(source);
  const defined = new Map<string, Node[]>();
  const nodes = reading(source, () => parse(tokens, 0, source, defined).nodes);
  return (object) => {
    const root: Scope = { vars: new Map([['$', object]]) }, out: string[] = [];
    try {
      reading(source, () => render(nodes, object, root, defined, out));
      return out.join('');
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const why = `template: output:${place(source, error.at)}: executing "output" at <${error.at}>: ${error.message}`;
      const printed = `${out.join('')}Error executing template: ${why}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${source}\n\traw data was:\n\t\t${goJson(sortKeys(object), 0)}\n\tobject given to template engine was:\n\t\t${shown(object, '<nil>')}\n\n`;
      throw new PrintedError(`error executing template ${JSON.stringify(source)}: ${why}`, printed);
    }
  };
}

function reading<T>(source: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxProblem) throw new KubectlError(`error parsing template ${source}, ${error.message}`);
    throw error;
  }
}

/** Line and byte of a node as text/template counts them: of a chain of fields, of its second. */
function place(source: string, node: string): string {
  const second = /^(?:\$\w*)?\.?[^.\s()]+(?=\.)/.exec(node)?.[0].length ?? 0;
  const before = source.slice(0, Math.max(0, source.indexOf(node)) + second).split('\n');
  return `${before.length}:${before.at(-1)!.length}`;
}

/** What text/template finds when it parses, we when we evaluate. */
class SyntaxProblem extends Error {}

class TemplateError extends Error {
  readonly at: string;
  constructor(message: string, at: string) {
    super(message);
    this.at = at;
  }
}

type Token = { text: string } | { action: string };

function lex(source: string): Token[] {
  const out: Token[] = [];
  let at = 0, trim = false;
  for (;;) {
    const open = source.indexOf('{{', at);
    let text = open < 0 ? source.slice(at) : source.slice(at, open);
    if (trim) text = text.trimStart();
    if (open < 0) {
      out.push({ text });
      return out;
    }
    let end = open + 2, quote = '';
    for (; end < source.length; end++) {
      const c = source[end]!;
      if (quote) {
        if (c === '\\' && quote !== '`') end++;
        else if (c === quote) quote = '';
      } else if (c === '"' || c === '`' || c === "'") quote = c;
      else if (source.startsWith('}}', end)) break;
      else if (c === '}') throw new KubectlError(`error parsing template ${source}, template: output:1: bad character U+007D '}'`);
    }
    if (end >= source.length) throw new KubectlError(`error parsing template ${source}, template: output:1: unclosed action`);
    let action = source.slice(open + 2, end);
    if (/^-\s/.test(action)) {
      text = text.trimEnd();
      action = action.slice(1);
    }
    trim = /\s-$/.test(action);
    if (trim) action = action.slice(0, -1);
    out.push({ text });
    if (!/^\s*\/\*/.test(action)) out.push({ action: action.trim() });
    at = end + 2;
  }
}

function parse(tokens: Token[], at: number, source: string, defined: Map<string, Node[]>, inside = ''): { nodes: Node[]; at: number; stop: string } {
  const nodes: Node[] = [];
  for (; at < tokens.length; at++) {
    const token = tokens[at]!;
    if ('text' in token) {
      if (token.text !== '') nodes.push({ kind: 'text', text: token.text });
      continue;
    }
    const [, word, rest = ''] = /^(\S+)\s*([^]*)$/.exec(token.action) ?? [];
    if (word === 'end' || word === 'else') {
      if (!inside) throw new KubectlError(`error parsing template ${source}, template: output:1: unexpected {{${word}}}`);
      return { nodes, at, stop: token.action };
    }
    if (rest === '' && (word === 'if' || word === 'with' || word === 'range')) throw new KubectlError(`error parsing template ${source}, template: output:1: missing value for ${word}`);
    if (word === 'if' || word === 'with' || word === 'range' || word === 'define' || word === 'block') {
      const body = parse(tokens, at + 1, source, defined, word);
      let otherwise: Node[] = [];
      at = body.at;
      if (body.stop.startsWith('else')) {
        const chained = /^else\s+(if|with)\s+([^]*)$/.exec(body.stop);
        if (chained) {
          const copy = [...tokens];
          copy[at] = { action: `${chained[1]} ${chained[2]}` };
          const inner = parseOne(copy, at, source, defined);
          otherwise = [inner.node];
          at = inner.at;
        } else {
          const other = parse(tokens, at + 1, source, defined, word);
          otherwise = other.nodes;
          at = other.at;
        }
      }
      if (word === 'define') defined.set(goString(rest.trim()), body.nodes);
      else nodes.push({ kind: word as 'if', pipe: rest, body: body.nodes, otherwise });
    } else if (word === 'template') {
      const [, name, pipe = ''] = /^"([^"]*)"\s*([^]*)$/.exec(rest) ?? [];
      nodes.push({ kind: 'template', name: name ?? '', pipe });
    } else nodes.push({ kind: 'output', pipe: token.action });
  }
  if (inside) throw new KubectlError(`error parsing template ${source}, template: output:1: unexpected EOF`);
  return { nodes, at, stop: '' };
}

function parseOne(tokens: Token[], at: number, source: string, defined: Map<string, Node[]>): { node: Node; at: number } {
  const { action } = tokens[at] as { action: string };
  const [, word, rest] = /^(if|with)\s+([^]*)$/.exec(action)!;
  const body = parse(tokens, at + 1, source, defined, word);
  let otherwise: Node[] = [];
  at = body.at;
  if (body.stop.startsWith('else')) {
    const chained = /^else\s+(if|with)\s+([^]*)$/.exec(body.stop);
    if (chained) {
      const copy = [...tokens];
      copy[at] = { action: `${chained[1]} ${chained[2]}` };
      const inner = parseOne(copy, at, source, defined);
      return { node: { kind: word as 'if', pipe: rest!, body: body.nodes, otherwise: [inner.node] }, at: inner.at };
    }
    const other = parse(tokens, at + 1, source, defined, word);
    otherwise = other.nodes;
    at = other.at;
  }
  return { node: { kind: word as 'if', pipe: rest!, body: body.nodes, otherwise }, at };
}

function render(nodes: Node[], dot: any, scope: Scope, defined: Map<string, Node[]>, out: string[]): void {
  for (const node of nodes) {
    if (node.kind === 'text') out.push(node.text);
    else if (node.kind === 'output') {
      const assign = /^(\$\w*)\s*(:?=)\s*([^]*)$/.exec(node.pipe);
      if (assign) setVariable(scope, assign[1]!, evaluate(assign[3]!, dot, scope), assign[2] === ':=');
      else out.push(show(evaluate(node.pipe, dot, scope)));
    } else if (node.kind === 'template') render(defined.get(node.name) ?? [], node.pipe ? evaluate(node.pipe, dot, scope) : undefined, { vars: new Map([['$', dot]]) }, defined, out);
    else control(node, dot, scope, defined, out);
  }
}

function control(node: Extract<Node, { body: Node[] }>, dot: any, scope: Scope, defined: Map<string, Node[]>, out: string[]): void {
  const inner: Scope = { vars: new Map(), parent: scope };
  const declared = /^(\$\w+)(?:\s*,\s*(\$\w+))?\s*:=\s*([^]*)$/.exec(node.pipe);
  const value = evaluate(declared ? declared[3]! : node.pipe, dot, scope);
  if (node.kind !== 'range') {
    if (declared) inner.vars.set(declared[1]!, value);
    return truth(value) ? render(node.body, node.kind === 'with' ? value : dot, inner, defined, out) : render(node.otherwise, dot, scope, defined, out);
  }
  const entries: [any, any][] = Array.isArray(value) ? value.map((v, i) => [i, v]) : value !== null && typeof value === 'object' ? Object.keys(value).sort().map((key) => [key, value[key]]) : [];
  if (entries.length === 0) return render(node.otherwise, dot, scope, defined, out);
  for (const [key, v] of entries) {
    const each: Scope = { vars: new Map(), parent: scope };
    if (declared) {
      if (declared[2]) {
        each.vars.set(declared[1]!, key);
        each.vars.set(declared[2], v);
      } else each.vars.set(declared[1]!, v);
    }
    render(node.body, v, each, defined, out);
  }
}

function setVariable(scope: Scope, name: string, value: any, declare: boolean): void {
  if (!declare) for (let s: Scope | undefined = scope; s; s = s.parent) if (s.vars.has(name)) return void s.vars.set(name, value);
  scope.vars.set(name, value);
}

/** A pipeline: commands separated by |, each given the value of the one before as its last argument. */
function evaluate(pipe: string, dot: any, scope: Scope): any {
  let value: any, first = true;
  for (const part of split(pipe, '|')) {
    value = call(words(part), dot, scope, first ? [] : [value]);
    first = false;
  }
  return value;
}

function call(list: string[], dot: any, scope: Scope, extra: any[]): any {
  const [head, ...rest] = list as [string, ...string[]];
  const fn = Object.hasOwn(FUNCTIONS, head) ? FUNCTIONS[head] : undefined;
  if (!fn) {
    if (/^[a-zA-Z]\w*$/.test(head) && !/^(true|false|nil)$/.test(head)) throw new SyntaxProblem(`template: output:1: function ${JSON.stringify(head)} not defined`);
    return operand(head, dot, scope);
  }
  if (head === 'and' || head === 'or') {
    let value: any;
    for (const r of rest) {
      value = operand(r, dot, scope);
      if (truth(value) === (head === 'or')) return value;
    }
    return extra.length > 0 ? extra[0] : value;
  }
  const args = [...rest.map((r) => operand(r, dot, scope)), ...extra];
  const [least, most] = ARITY[head] ?? [0, Infinity];
  if (args.length < least || args.length > most) throw new TemplateError(`wrong number of args for ${head}: want ${most === Infinity ? 'at least ' : ''}${least} got ${args.length}`, head);
  if ((head === 'printf' || head === 'slice') && typeof args[0] !== 'string' && !(head === 'slice' && Array.isArray(args[0]))) throw new TemplateError(head === 'printf' ? `wrong type for value; expected string; got ${typeof args[0]}` : `error calling slice: can't slice item of type ${typeof args[0]}`, head);
  return fn(args, list.join(' '));
}

function operand(word: string, dot: any, scope: Scope): any {
  if (word.startsWith('(')) {
    const close = matching(word);
    return fields(evaluate(word.slice(1, close), dot, scope), word.slice(close + 1), word);
  }
  if (word.startsWith('"')) return goString(word);
  if (word.startsWith('`')) return word.slice(1, -1);
  if (word === '.') return dot;
  if (word === 'true' || word === 'false') return word === 'true';
  if (word === 'nil') return null;
  if (/^[-+]?[\d.]+$/.test(word) && word !== '.') return Number(word);
  if (word.startsWith('$')) {
    const [, name, rest] = /^(\$\w*)(.*)$/s.exec(word)!;
    for (let s: Scope | undefined = scope; s; s = s.parent) if (s.vars.has(name!)) return fields(s.vars.get(name!), rest!, word);
    throw new SyntaxProblem(`template: output:1: undefined variable ${JSON.stringify(name)}`);
  }
  if (word.startsWith('.')) return fields(dot, word, word);
  throw new TemplateError(`unexpected ${word}`, word);
}

function fields(value: any, path: string, word: string): any {
  for (const name of path.split('.').filter(Boolean)) {
    if (value === null || value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) throw new TemplateError(`can't evaluate field ${name} in type interface {}`, word);
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

/** strconv.Unquote of a string in double quotes. */
function goString(word: string): string {
  if (!/^"(?:[^"\\\n]|\\.)*"$/.test(word)) throw new SyntaxProblem(`template: output:1: unterminated quoted string`);
  return word.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[0-7]{3}|.)/g, (_, e: string) => {
    if (e.length > 1) return String.fromCharCode(/^[xu]/.test(e) ? parseInt(e.slice(1), 16) : parseInt(e, 8));
    const simple = ({ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"' } as Record<string, string>)[e];
    if (simple === undefined) throw new SyntaxProblem(`template: output:1: invalid syntax`);
    return simple;
  });
}

/** How many arguments a function wants: at least, and at most. */
const ARITY: Record<string, [number, number]> = {
  not: [1, 1], len: [1, 1], index: [1, Infinity], slice: [1, Infinity], printf: [1, Infinity], eq: [1, Infinity], ne: [2, 2], lt: [2, 2], le: [2, 2], gt: [2, 2], ge: [2, 2], html: [1, Infinity], urlquery: [1, Infinity],
  exists: [1, Infinity], base64decode: [1, 1],
};

const FUNCTIONS: Record<string, (args: any[], text: string) => any> = {
  and: () => undefined,
  or: () => undefined,
  not: ([a]) => !truth(a),
  len: ([a]) => (typeof a === 'string' || Array.isArray(a) ? a.length : Object.keys(a ?? {}).length),
  index: ([a, ...keys], text) => keys.reduce((v, key) => {
    if (Array.isArray(v) && (key < 0 || key >= v.length)) throw new TemplateError(`error calling index: index out of range: ${key}`, text);
    return v !== null && typeof v === 'object' && Object.hasOwn(v, key) ? v[key] : undefined;
  }, a),
  slice: ([a, from, to]) => a.slice(from, to),
  print: (args) => args.map(show).join(''),
  println: (args) => `${args.map(show).join(' ')}\n`,
  printf: ([format, ...args]) => sprintf(format, args),
  eq: ([a, ...others]) => others.some((b) => a === b),
  ne: ([a, b]) => a !== b,
  lt: ([a, b]) => a < b,
  le: ([a, b]) => a <= b,
  gt: ([a, b]) => a > b,
  ge: ([a, b]) => a >= b,
  html: ([a]) => show(a).replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' })[c]!),
  urlquery: ([a]) => encodeURIComponent(show(a).toWellFormed()).replaceAll('%20', '+'),
  exists: ([a, ...keys]) => keys.every((key) => (a = a?.[key]) !== undefined),
  base64decode: ([a], text) => {
    const bytes = base64Bytes(String(a));
    if (!bytes) throw new TemplateError(`error calling base64decode: illegal base64 data`, text);
    return new TextDecoder().decode(bytes);
  },
};

function sprintf(format: string, args: any[]): string {
  let i = 0;
  return format.replace(/%([-+ 0]*)(\d+)?(?:\.(\d+))?([vdsqtfx%])/g, (_, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    const a = args[i++];
    let text = verb === 'q' ? JSON.stringify(show(a)) : verb === 'f' ? Number(a).toFixed(Math.min(100, Number(precision ?? 6))) : verb === 'x' ? Number(a).toString(16) : show(a);
    if (Number(width ?? 0) > 1e6) return '%!(BADWIDTH)';
    if (width) text = flags.includes('-') ? text.padEnd(Number(width)) : text.padStart(Number(width), flags.includes('0') ? '0' : ' ');
    return text;
  });
}

function truth(value: any): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** fmt's %v. */
function show(value: any): string {
  return shown(value, '<no value>');
}

function shown(value: any, none: string): string {
  if (value === undefined || value === null) return none;
  if (Array.isArray(value)) return `[${value.map((v) => shown(v, none)).join(' ')}]`;
  if (typeof value === 'object') return `map[${Object.keys(value).sort().map((key) => `${key}:${shown(value[key], none)}`).join(' ')}]`;
  return String(value);
}

function matching(text: string): number {
  let depth = 0, quote = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote) {
      if (c === '\\' && quote !== '`') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === '`') quote = c;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i;
  }
  return text.length;
}

function split(text: string, by: string): string[] {
  const out: string[] = [];
  let depth = 0, quote = '', from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote) {
      if (c === '\\' && quote !== '`') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === '`') quote = c;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (depth === 0 && (by === ' ' ? /\s/.test(c) : c === by)) {
      out.push(text.slice(from, i));
      from = i + 1;
    }
  }
  out.push(text.slice(from));
  return out;
}

function words(text: string): string[] {
  return split(text.trim(), ' ').filter((w) => w !== '');
}
