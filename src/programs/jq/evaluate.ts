import { format } from './format.ts';
import { call } from './functions.ts';
import type { Node } from './parse.ts';
import { arithmetic, assign, compare, index, JqError, kind, remove, shown, truth, type Json } from './value.ts';

type Vars = ReadonlyMap<string, Json>;
export interface Scope {
  vars: Vars;
  defs: ReadonlyMap<string, { params: string[]; body: Node; scope: Scope } | { closure: Node; scope: Scope }>;
}

/** Every output of the filter for one input. */
export function evaluate(node: Node, input: Json, vars: Vars): Generator<Json> {
  return run(node, input, { vars, defs: new Map() });
}

export function* run(n: Node, input: Json, s: Scope): Generator<Json> {
  switch (n.t) {
    case 'identity': yield input; return;
    case 'literal': yield n.v; return;
    case 'recurse': yield* descend(input); return;
    case 'var': {
      if (!s.vars.has(n.name)) throw new JqError(`$${n.name} is not defined`);
      yield s.vars.get(n.name)!;
      return;
    }
    case 'string': yield* strings(n.parts, n.format, input, s); return;
    case 'format': yield format(n.name, input); return;
    case 'field': for (const of of run(n.of, input, s)) for (const key of run(n.key, input, s)) yield index(of, key); return;
    case 'slice': for (const of of run(n.of, input, s)) {
      const from = n.from ? first(n.from, input, s) : undefined, to = n.to ? first(n.to, input, s) : undefined;
      if (of === null) yield null;
      else if (typeof of === 'string' || Array.isArray(of)) yield of.slice(from as number | undefined, to as number | undefined);
      else throw new JqError(`Cannot index ${kind(of)} with object`);
    } return;
    case 'each': for (const of of run(n.of, input, s)) {
      if (Array.isArray(of)) yield* of;
      else if (of !== null && typeof of === 'object') yield* Object.values(of);
      else throw new JqError(`Cannot iterate over ${kind(of)}${of === null ? '' : ` (${shown(of)})`}`);
    } return;
    case 'pipe': for (const a of run(n.a, input, s)) yield* run(n.b, a, s); return;
    case 'comma': yield* run(n.a, input, s); yield* run(n.b, input, s); return;
    case 'neg': for (const a of run(n.a, input, s)) yield -(a as number); return;
    case 'array': yield n.of ? [...run(n.of, input, s)] : []; return;
    case 'object': yield* objects(n.entries, 0, {}, input, s); return;
    case 'if': for (const test of run(n.test, input, s)) {
      if (truth(test)) yield* run(n.yes, input, s);
      else if (n.no) yield* run(n.no, input, s);
      else yield input;
    } return;
    case 'try':
      try {
        yield* run(n.body, input, s);
      } catch (error) {
        if (!(error instanceof JqError)) throw error;
        if (n.or) yield* run(n.or, error.value, s);
      }
      return;
    case 'as': for (const v of run(n.of, input, s)) yield* run(n.body, input, { ...s, vars: new Map([...s.vars, [n.name, v]]) }); return;
    case 'reduce': {
      let acc = first(n.init, input, s) ?? null;
      for (const v of run(n.of, input, s)) acc = first(n.update, acc, { ...s, vars: new Map([...s.vars, [n.name, v]]) }) ?? null;
      yield acc;
      return;
    }
    case 'def': {
      const scope: Scope = { vars: s.vars, defs: new Map(s.defs) };
      (scope.defs as Map<string, unknown>).set(`${n.name}/${n.params.length}`, { params: n.params, body: n.body, scope });
      yield* run(n.rest, input, scope);
      return;
    }
    case 'bin': yield* binary(n, input, s); return;
    case 'call': yield* call(n.name, n.args, input, s);
  }
}

export function first(n: Node, input: Json, s: Scope): Json | undefined {
  for (const v of run(n, input, s)) return v;
  return undefined;
}

export function* descend(v: Json): Generator<Json> {
  yield v;
  if (v !== null && typeof v === 'object') for (const x of Array.isArray(v) ? v : Object.values(v)) yield* descend(x);
}

function* strings(parts: (string | Node)[], how: string | undefined, input: Json, s: Scope): Generator<Json> {
  let out = '';
  for (const p of parts) {
    if (typeof p === 'string') out += p;
    else {
      const v = first(p, input, s) ?? null;
      out += how ? format(how, v) : typeof v === 'string' ? v : JSON.stringify(v);
    }
  }
  yield out;
}

function* objects(entries: [Node, Node | undefined][], at: number, made: { [key: string]: Json }, input: Json, s: Scope): Generator<Json> {
  if (at === entries.length) return void (yield made);
  const [name, value] = entries[at]!;
  for (const key of run(name, input, s)) {
    if (typeof key !== 'string') throw new JqError(`Object keys must be strings`);
    for (const v of value ? run(value, input, s) : [index(input, key)]) yield* objects(entries, at + 1, { ...made, [key]: v }, input, s);
  }
}

function* binary(n: Node & { t: 'bin' }, input: Json, s: Scope): Generator<Json> {
  if (n.op === '//') {
    let any = false;
    try {
      for (const a of run(n.a, input, s)) if (truth(a)) {
        any = true;
        yield a;
      }
    } catch (error) {
      if (!(error instanceof JqError)) throw error;
    }
    if (!any) yield* run(n.b, input, s);
    return;
  }
  if (n.op === 'and' || n.op === 'or') {
    for (const a of run(n.a, input, s)) {
      if (truth(a) === (n.op === 'or')) yield n.op === 'or';
      else for (const b of run(n.b, input, s)) yield truth(b);
    }
    return;
  }
  if (n.op.endsWith('=') && !['==', '!=', '<=', '>='].includes(n.op)) {
    let out = input;
    for (const path of paths(n.a, input, s)) {
      const old = path.reduce<Json>((v, k) => index(v, k), out);
      const value = n.op === '|=' ? first(n.b, old, s) : n.op === '=' ? first(n.b, input, s) : arithmetic(n.op.slice(0, -1), old, first(n.b, input, s) ?? null);
      out = value === undefined ? remove(out, path) : assign(out, path, value);
    }
    yield out;
    return;
  }
  for (const b of run(n.b, input, s)) for (const a of run(n.a, input, s)) yield ['==', '!=', '<', '<=', '>', '>='].includes(n.op) ? test(n.op, compare(a, b)) : arithmetic(n.op, a, b);
}

const test = (op: string, c: number) => (op === '==' ? c === 0 : op === '!=' ? c !== 0 : op === '<' ? c < 0 : op === '<=' ? c <= 0 : op === '>' ? c > 0 : c >= 0);

/** The paths a filter names, for assignment, del and paths. */
export function* paths(n: Node, input: Json, s: Scope): Generator<(string | number)[]> {
  switch (n.t) {
    case 'identity': yield []; return;
    case 'field': for (const p of paths(n.of, input, s)) for (const key of run(n.key, input, s)) yield [...p, key as string]; return;
    case 'each': for (const p of paths(n.of, input, s)) {
      const v = p.reduce<Json>((x, k) => index(x, k), input);
      if (Array.isArray(v)) for (const i of v.keys()) yield [...p, i];
      else if (v !== null && typeof v === 'object') for (const k of Object.keys(v)) yield [...p, k];
    } return;
    case 'pipe': for (const p of paths(n.a, input, s)) for (const q of paths(n.b, p.reduce<Json>((x, k) => index(x, k), input), s)) yield [...p, ...q]; return;
    case 'comma': yield* paths(n.a, input, s); yield* paths(n.b, input, s); return;
    case 'try': yield* paths(n.body, input, s); return;
    case 'call':
      if (n.name === 'select') {
        if (truth(first(n.args[0]!, input, s) ?? null)) yield [];
        return;
      }
      if (n.name === 'empty') return;
      throw new JqError('Invalid path expression');
    case 'recurse': {
      const walk = function* (v: Json, at: (string | number)[]): Generator<(string | number)[]> {
        yield at;
        if (Array.isArray(v)) for (const [i, x] of v.entries()) yield* walk(x, [...at, i]);
        else if (v !== null && typeof v === 'object') for (const [k, x] of Object.entries(v)) yield* walk(x, [...at, k]);
      };
      yield* walk(input, []);
      return;
    }
    default: throw new JqError(`Invalid path expression`);
  }
}
