import { descend, first, paths, run, type Scope } from './evaluate.ts';
import type { Node } from './parse.ts';
import { arithmetic, compare, contains, index, JqError, kind, remove, shown, truth, type Json } from './value.ts';

/** A function of the program's own, else one of jq's. */
export function* call(name: string, args: Node[], input: Json, s: Scope): Generator<Json> {
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
