/** JSON values as jq computes with them: paths into them, arithmetic, the order of kinds. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export class JqError extends Error {
  readonly value: Json;
  constructor(value: Json) {
    super(typeof value === 'string' ? value : `${JSON.stringify(value)} (not a string)`);
    this.value = value;
  }
}

export const kind = (v: Json) => (v === null ? 'null' : Array.isArray(v) ? 'array' : typeof v);
export const truth = (v: Json) => v !== null && v !== false;
export const shown = (v: Json) => {
  const text = JSON.stringify(v);
  return text.length > 11 ? `${text.slice(0, 10)}...` : text;
};

export function index(of: Json, key: Json): Json {
  if (of === null && (typeof key === 'string' || typeof key === 'number' || key === null)) return null;
  if (Array.isArray(of) && typeof key === 'number') return of[key < 0 ? of.length + key : Math.floor(key)] ?? null;
  if (of !== null && typeof of === 'object' && !Array.isArray(of) && typeof key === 'string') return Object.hasOwn(of, key) ? of[key]! : null;
  throw new JqError(`Cannot index ${kind(of)} with ${typeof key === 'string' ? `${Array.isArray(of) ? 'string ' : ''}"${key}"` : kind(key)}`);
}

export function assign(v: Json, [key, ...rest]: (string | number)[], value: Json): Json {
  if (key === undefined) return value;
  if (typeof key === 'number') {
    const out = Array.isArray(v) ? [...v] : [];
    while (out.length < key) out.push(null);
    out[key < 0 ? out.length + key : key] = assign(out[key] ?? null, rest, value);
    return out;
  }
  return { ...(v as object), [key]: assign(index(v, key), rest, value) };
}

export function remove(v: Json, [key, ...rest]: (string | number)[]): Json {
  if (key === undefined || v === null || typeof v !== 'object') return v;
  if (rest.length > 0) return assign(v, [key], remove(index(v, key), rest));
  if (Array.isArray(v)) return v.filter((_, i) => i !== key && i !== v.length + Number(key));
  return Object.fromEntries(Object.entries(v).filter(([k]) => k !== key));
}

export function arithmetic(op: string, a: Json, b: Json): Json {
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
export function compare(a: Json, b: Json): number {
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

export function contains(a: Json, b: Json): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a.includes(b);
  if (Array.isArray(a) && Array.isArray(b)) return b.every((y) => a.some((x) => contains(x, y)));
  if (kind(a) === 'object' && kind(b) === 'object') return Object.entries(b as object).every(([k, v]) => Object.hasOwn(a as object, k) && contains((a as { [k: string]: Json })[k]!, v as Json));
  return compare(a, b) === 0;
}
