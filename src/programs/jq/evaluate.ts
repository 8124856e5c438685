import { fromBase64, toBase64 } from '../util/encode.ts';
import type { Node } from './parse.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export class JqError extends Error {
  readonly value: Json;
  constructor(value: Json) {
    super(typeof value === 'string' ? value : `${JSON.stringify(value)} (not a string)`);
    this.value = value;
  }
}

type Vars = ReadonlyMap<string, Json>;
interface Scope {
  vars: Vars;
  defs: ReadonlyMap<string, { params: string[]; body: Node; scope: Scope } | { closure: Node; scope: Scope }>;
}

/** Every output of the filter for one input. */
export function evaluate(node: Node, input: Json, vars: Vars): Generator<Json> {
  return run(node, input, { vars, defs: new Map() });
}

const kind = (v: Json) => (v === null ? 'null' : Array.isArray(v) ? 'array' : typeof v);
const truth = (v: Json) => v !== null && v !== false;
const shown = (v: Json) => {
  const text = JSON.stringify(v);
  return text.length > 11 ? `${text.slice(0, 10)}...` : text;
};

function* run(n: Node, input: Json, s: Scope): Generator<Json> {
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

function first(n: Node, input: Json, s: Scope): Json | undefined {
  for (const v of run(n, input, s)) return v;
  return undefined;
}

function* descend(v: Json): Generator<Json> {
  yield v;
  if (v !== null && typeof v === 'object') for (const x of Array.isArray(v) ? v : Object.values(v)) yield* descend(x);
}

function index(of: Json, key: Json): Json {
  if (of === null && (typeof key === 'string' || typeof key === 'number' || key === null)) return null;
  if (Array.isArray(of) && typeof key === 'number') return of[key < 0 ? of.length + key : Math.floor(key)] ?? null;
  if (of !== null && typeof of === 'object' && !Array.isArray(of) && typeof key === 'string') return Object.hasOwn(of, key) ? of[key]! : null;
  throw new JqError(`Cannot index ${kind(of)} with ${typeof key === 'string' ? `${Array.isArray(of) ? 'string ' : ''}"${key}"` : kind(key)}`);
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

function arithmetic(op: string, a: Json, b: Json): Json {
  const wrong = (verb: string) => new JqError(`${kind(a)} (${shown(a)}) and ${kind(b)} (${shown(b)}) cannot be ${verb}`);
  const numbers = typeof a === 'number' && typeof b === 'number';
  switch (op) {
    case '//': return truth(a) ? a : b;
    case '+':
      if (a === null) return b;
      if (b === null) return a;
      if (numbers || (typeof a === 'string' && typeof b === 'string')) return (a as number) + (b as number);
      if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
      if (kind(a) === 'object' && kind(b) === 'object') return { ...(a as object), ...(b as object) } as Json;
      throw wrong('added');
    case '-':
      if (numbers) return (a as number) - (b as number);
      if (Array.isArray(a) && Array.isArray(b)) return a.filter((x) => !b.some((y) => compare(x, y) === 0));
      throw wrong('subtracted');
    case '*':
      if (numbers) return (a as number) * (b as number);
      if (typeof a === 'string' && typeof b === 'number') return b > 0 ? a.repeat(b) : null;
      if (kind(a) === 'object' && kind(b) === 'object') return merge(a as { [k: string]: Json }, b as { [k: string]: Json });
      throw wrong('multiplied');
    case '/':
      if (numbers) {
        if (b === 0) throw wrong('divided because the divisor is zero');
        return (a as number) / (b as number);
      }
      if (typeof a === 'string' && typeof b === 'string') return a === '' ? [] : a.split(b);
      throw wrong('divided');
    default:
      if (!numbers) throw wrong('divided');
      return Math.trunc(a as number) % Math.trunc(b as number);
  }
}

function merge(a: { [k: string]: Json }, b: { [k: string]: Json }): Json {
  const out = { ...a };
  for (const [k, v] of Object.entries(b)) out[k] = kind(v) === 'object' && kind(out[k] ?? null) === 'object' ? merge(out[k] as { [k: string]: Json }, v as { [k: string]: Json }) : v;
  return out;
}

const ORDER = ['null', 'false', 'true', 'number', 'string', 'array', 'object'];
function compare(a: Json, b: Json): number {
  const rank = (v: Json) => ORDER.indexOf(typeof v === 'boolean' ? String(v) : kind(v));
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === 'number') return a - (b as number);
  if (typeof a === 'string') return a < (b as string) ? -1 : a > (b as string) ? 1 : 0;
  if (Array.isArray(a)) {
    for (let i = 0; i < Math.min(a.length, (b as Json[]).length); i++) {
      const c = compare(a[i]!, (b as Json[])[i]!);
      if (c !== 0) return c;
    }
    return a.length - (b as Json[]).length;
  }
  if (a === null || typeof a !== 'object') return 0;
  const [x, y] = [Object.keys(a).sort(), Object.keys(b as object).sort()];
  return compare(x, y) || x.reduce((c, k) => c || compare(a[k]!, (b as { [k: string]: Json })[k]!), 0);
}

/** The paths a filter names, for assignment, del and paths. */
function* paths(n: Node, input: Json, s: Scope): Generator<(string | number)[]> {
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

function assign(v: Json, [key, ...rest]: (string | number)[], value: Json): Json {
  if (key === undefined) return value;
  if (typeof key === 'number') {
    const out = Array.isArray(v) ? [...v] : [];
    while (out.length < key) out.push(null);
    out[key < 0 ? out.length + key : key] = assign(out[key] ?? null, rest, value);
    return out;
  }
  return { ...(v as object), [key]: assign(index(v, key), rest, value) };
}

function remove(v: Json, [key, ...rest]: (string | number)[]): Json {
  if (key === undefined || v === null || typeof v !== 'object') return v;
  if (rest.length > 0) return assign(v, [key], remove(index(v, key), rest));
  if (Array.isArray(v)) return v.filter((_, i) => i !== key && i !== v.length + Number(key));
  return Object.fromEntries(Object.entries(v).filter(([k]) => k !== key));
}

function format(name: string, v: Json): string {
  const text = typeof v === 'string' ? v : JSON.stringify(v);
  switch (name) {
    case 'text': return text;
    case 'json': return JSON.stringify(v);
    case 'base64': return toBase64(new TextEncoder().encode(text));
    case 'base64d': return new TextDecoder().decode(fromBase64(text) ?? new Uint8Array());
    case 'csv': return (v as Json[]).map((x) => (typeof x === 'string' ? `"${x.replaceAll('"', '""')}"` : x === null ? '' : String(x))).join(',');
    case 'tsv': return (v as Json[]).map((x) => (x === null ? '' : String(x).replace(/\t/g, '\\t'))).join('\t');
    case 'sh': return (Array.isArray(v) ? v : [v]).map((x) => (typeof x === 'string' ? `'${x.replaceAll("'", "'\\''")}'` : String(x))).join(' ');
    case 'uri': return encodeURIComponent(text);
    case 'html': return text.replace(/[<>&'"]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&quot;' })[c]!);
    default: throw new JqError(`${name} is not a valid format`);
  }
}

function* call(name: string, args: Node[], input: Json, s: Scope): Generator<Json> {
  const def = s.defs.get(`${name}/${args.length}`);
  if (def) {
    if ('closure' in def) return yield* run(def.closure, input, def.scope);
    const defs = new Map<string, unknown>(def.scope.defs);
    def.params.forEach((p, i) => defs.set(`${p}/0`, { closure: args[i]!, scope: s }));
    return yield* run(def.body, input, { vars: s.vars, defs: defs as Scope['defs'] });
  }
  const a = args[0]!, list = () => {
    if (!Array.isArray(input)) throw new JqError(`${kind(input)} (${shown(input)}) cannot be ${name.startsWith('sort') ? 'sorted, as it is not an array' : 'iterated'}`);
    return input;
  };
  const text = () => {
    if (typeof input !== 'string') throw new JqError(`${kind(input)} (${shown(input)}) cannot be matched, as it is not a string`);
    return input;
  };
  const by = (v: Json) => [...run(a, v, s)];
  const regex = () => {
    const flags = args[1] && name !== 'sub' && name !== 'gsub' ? String(first(args[1], input, s) ?? '') : '';
    return new RegExp(String(first(a, input, s)), `u${flags.includes('i') ? 'i' : ''}`);
  };
  const grouped = () => {
    const out: { key: Json; items: Json[] }[] = [];
    for (const v of list()) {
      const key = by(v), found = out.find((g) => compare(g.key, key) === 0);
      if (found) found.items.push(v);
      else out.push({ key, items: [v] });
    }
    return out.sort((x, y) => compare(x.key, y.key));
  };
  switch (`${name}/${args.length}`) {
    case 'empty/0': return;
    case 'not/0': yield !truth(input); return;
    case 'length/0': yield input === null ? 0 : typeof input === 'number' ? Math.abs(input) : typeof input === 'string' ? [...input].length : typeof input === 'boolean' ? (() => { throw new JqError(`boolean (${input}) has no length`); })() : Array.isArray(input) ? input.length : Object.keys(input).length; return;
    case 'keys/0':
    case 'keys_unsorted/0': {
      if (input === null || typeof input !== 'object') throw new JqError(`${kind(input)} (${shown(input)}) has no keys`);
      const keys = Array.isArray(input) ? [...input.keys()] : Object.keys(input);
      yield name === 'keys' && !Array.isArray(input) ? (keys as string[]).sort() : keys;
      return;
    }
    case 'values/0': if (input !== null) yield input; return;
    case 'has/1': for (const k of run(a, input, s)) yield Array.isArray(input) ? (k as number) < input.length : Object.hasOwn(input as object, k as string); return;
    case 'in/1': for (const o of run(a, input, s)) yield Object.hasOwn(o as object, input as string); return;
    case 'contains/1': for (const b of run(a, input, s)) yield contains(input, b); return;
    case 'inside/1': for (const b of run(a, input, s)) yield contains(b, input); return;
    case 'select/1': for (const v of run(a, input, s)) if (truth(v)) yield input; return;
    case 'map/1': yield list().flatMap((v) => [...run(a, v, s)]); return;
    case 'map_values/1': yield Array.isArray(input) ? input.flatMap((v) => [...run(a, v, s)].slice(0, 1)) : Object.fromEntries(Object.entries(input as object).flatMap(([k, v]) => [...run(a, v as Json, s)].slice(0, 1).map((x) => [k, x]))); return;
    case 'recurse/0': yield* descend(input); return;
    case 'recurse/1': {
      const walk = function* (v: Json): Generator<Json> {
        yield v;
        for (const x of run(a, v, s)) yield* walk(x);
      };
      yield* walk(input);
      return;
    }
    case 'to_entries/0': yield Object.entries(input as object).map(([key, value]) => ({ key, value: value as Json })); return;
    case 'from_entries/0': yield Object.fromEntries(list().map((e) => { const o = e as { [k: string]: Json }; return [String(o['key'] ?? o['k'] ?? o['name']), o['value'] ?? o['v'] ?? null]; })); return;
    case 'with_entries/1': yield Object.fromEntries(Object.entries(input as object).flatMap(([key, value]) => [...run(a, { key, value: value as Json }, s)]).map((e) => { const o = e as { [k: string]: Json }; return [String(o['key']), o['value'] ?? null]; })); return;
    case 'add/0': yield list().reduce<Json>((x, y) => arithmetic('+', x, y), null); return;
    case 'any/0': yield list().some(truth); return;
    case 'all/0': yield list().every(truth); return;
    case 'any/1': yield list().some((v) => by(v).some(truth)); return;
    case 'all/1': yield list().every((v) => by(v).every(truth)); return;
    case 'first/0': yield list()[0] ?? null; return;
    case 'last/0': yield list().at(-1) ?? null; return;
    case 'first/1': for (const v of run(a, input, s)) return void (yield v); return;
    case 'limit/2': { let n = Number(first(a, input, s)); if (n > 0) for (const v of run(args[1]!, input, s)) { yield v; if (--n <= 0) return; } return; }
    case 'range/1': for (let i = 0; i < Number(first(a, input, s)); i++) yield i; return;
    case 'range/2': for (let i = Number(first(a, input, s)); i < Number(first(args[1]!, input, s)); i++) yield i; return;
    case 'sort/0': yield [...list()].sort(compare); return;
    case 'sort_by/1': yield [...list()].map((v) => ({ v, k: by(v) })).sort((x, y) => compare(x.k, y.k)).map((x) => x.v); return;
    case 'group_by/1': yield grouped().map((g) => g.items); return;
    case 'unique/0': yield [...list()].sort(compare).filter((v, i, all) => i === 0 || compare(all[i - 1]!, v) !== 0); return;
    case 'unique_by/1': yield grouped().map((g) => g.items[0]!); return;
    case 'min/0': yield [...list()].sort(compare)[0] ?? null; return;
    case 'max/0': yield [...list()].sort(compare).at(-1) ?? null; return;
    case 'min_by/1':
    case 'max_by/1': { const sorted = [...list()].map((v) => ({ v, k: by(v) })).sort((x, y) => compare(x.k, y.k)); yield (name === 'min_by' ? sorted[0] : sorted.at(-1))?.v ?? null; return; }
    case 'reverse/0': yield typeof input === 'string' ? [...input].reverse().join('') : [...list()].reverse(); return;
    case 'flatten/0': yield (list() as unknown[]).flat(100 as 1) as Json[]; return;
    case 'flatten/1': yield (list() as unknown[]).flat(Number(first(a, input, s)) as 1) as Json[]; return;
    case 'join/1': { const glue = String(first(a, input, s)); yield list().map((v) => (v === null ? '' : typeof v === 'string' ? v : JSON.stringify(v))).join(glue); return; }
    case 'split/1': { const at = first(a, input, s); yield text() === '' ? [] : text().split(String(at)); return; }
    case 'test/1':
    case 'test/2': yield regex().test(text()); return;
    case 'match/1': { const m = regex().exec(text()); if (m) yield { offset: m.index, length: m[0].length, string: m[0], captures: m.slice(1).map((x) => ({ string: x ?? null })) }; return; }
    case 'capture/1': { const m = regex().exec(text()); if (m) yield { ...m.groups } as Json; return; }
    case 'scan/1': for (const m of text().matchAll(new RegExp(String(first(a, input, s)), 'gu'))) yield m.length > 1 ? m.slice(1) : m[0]; return;
    case 'sub/2':
    case 'gsub/2': yield text().replace(new RegExp(String(first(a, input, s)), name === 'gsub' ? 'gu' : 'u'), (...m) => { const groups = typeof m.at(-1) === 'object' ? (m.at(-1) as { [k: string]: Json }) : {}; return String(first(args[1]!, groups, s) ?? ''); }); return;
    case 'startswith/1': yield text().startsWith(String(first(a, input, s))); return;
    case 'endswith/1': yield text().endsWith(String(first(a, input, s))); return;
    case 'ltrimstr/1': { const p = first(a, input, s); yield typeof input === 'string' && typeof p === 'string' && input.startsWith(p) ? input.slice(p.length) : input; return; }
    case 'rtrimstr/1': { const p = first(a, input, s); yield typeof input === 'string' && typeof p === 'string' && p !== '' && input.endsWith(p) ? input.slice(0, -p.length) : input; return; }
    case 'ascii_downcase/0': yield text().toLowerCase(); return;
    case 'ascii_upcase/0': yield text().toUpperCase(); return;
    case 'tostring/0': yield typeof input === 'string' ? input : JSON.stringify(input); return;
    case 'tonumber/0': { const n = Number(input); if (Number.isNaN(n)) throw new JqError(`Cannot parse '${String(input)}' as JSON`); yield n; return; }
    case 'tojson/0': yield JSON.stringify(input); return;
    case 'fromjson/0': yield JSON.parse(text()) as Json; return;
    case 'type/0': yield kind(input); return;
    case 'floor/0': yield Math.floor(input as number); return;
    case 'ceil/0': yield Math.ceil(input as number); return;
    case 'round/0': yield Math.round(input as number); return;
    case 'sqrt/0': yield Math.sqrt(input as number); return;
    case 'fabs/0':
    case 'abs/0': yield Math.abs(input as number); return;
    case 'index/1': { const at = text().indexOf(String(first(a, input, s))); yield at < 0 ? null : at; return; }
    case 'error/0': throw new JqError(input);
    case 'error/1': throw new JqError(first(a, input, s) ?? null);
    case 'del/1': yield [...paths(a, input, s)].reverse().reduce((v, p) => remove(v, p), input); return;
    case 'paths/0': for (const p of paths({ t: 'recurse' }, input, s)) if (p.length > 0) yield p; return;
    case 'path/1': for (const p of paths(a, input, s)) yield p; return;
    case 'getpath/1': for (const p of run(a, input, s)) yield (p as (string | number)[]).reduce<Json>((v, k) => (v === null ? null : index(v, k)), input); return;
    case 'env/0': yield s.vars.get('ENV') ?? null; return;
    case 'input_line_number/0': yield 0; return;
    case 'strings/0': if (typeof input === 'string') yield input; return;
    case 'numbers/0': if (typeof input === 'number') yield input; return;
    case 'arrays/0': if (Array.isArray(input)) yield input; return;
    case 'objects/0': if (kind(input) === 'object') yield input; return;
    case 'scalars/0': if (input === null || typeof input !== 'object') yield input; return;
    case 'walk/1': {
      const walk = (v: Json): Json => first(a, Array.isArray(v) ? v.map(walk) : v !== null && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, walk(x)])) : v, s) ?? null;
      yield walk(input);
      return;
    }
    case 'ascii/0': yield String.fromCharCode(input as number); return;
    case 'splits/1': yield* text().split(new RegExp(String(first(a, input, s)), 'u')); return;
    case 'transpose/0': { const rows = list() as Json[][]; yield Array.from({ length: Math.max(0, ...rows.map((r) => r.length)) }, (_, i) => rows.map((r) => r[i] ?? null)); return; }
    default: throw new JqError(`${name}/${args.length} is not defined`);
  }
}

function contains(a: Json, b: Json): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a.includes(b);
  if (Array.isArray(a) && Array.isArray(b)) return b.every((y) => a.some((x) => contains(x, y)));
  if (kind(a) === 'object' && kind(b) === 'object') return Object.entries(b as object).every(([k, v]) => Object.hasOwn(a as object, k) && contains((a as { [k: string]: Json })[k]!, v as Json));
  return compare(a, b) === 0;
}
