/** Shell variables: scalars, indexed and associative arrays, attributes, and the scopes that functions add. */

export interface Variable {
  value?: string;
  /** Indexed array. */
  array?: Map<number, string>;
  /** Associative array. */
  assoc?: Map<string, string>;
  exported?: boolean;
  readonly?: boolean;
  integer?: boolean;
  lower?: boolean;
  upper?: boolean;
  nameref?: boolean;
}

export class ReadonlyError extends Error {
  constructor(name: string) {
    super(`${name}: readonly variable`);
  }
}

/** A variable whose value is made when it is read (RANDOM, SECONDS). */
export interface Dynamic {
  get(): string;
  set?(value: string): void;
}

export class Variables {
  #scopes: Map<string, Variable>[] = [new Map()];
  readonly dynamic = new Map<string, Dynamic>();
  /** Evaluates text for variables with the integer attribute and for indexes. */
  evaluate: (text: string) => bigint = () => 0n;

  clone(): Variables {
    const copy = new Variables();
    copy.#scopes = this.#scopes.map((scope) => new Map([...scope].map(([name, v]) => [name, copyOf(v)])));
    return copy;
  }

  find(name: string): Variable | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const found = this.#scopes[i]!.get(name);
      if (found) return found.nameref && found.value ? this.find(found.value) : found;
    }
    return undefined;
  }

  /** The variable itself, even when it is a reference to another. */
  own(name: string): Variable | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const found = this.#scopes[i]!.get(name);
      if (found) return found;
    }
    return undefined;
  }

  get(name: string): string | undefined {
    const dynamic = this.dynamic.get(name);
    if (dynamic) return dynamic.get();
    const v = this.find(name);
    return v && scalar(v);
  }

  element(name: string, index: string): string | undefined {
    const v = this.find(name);
    if (!v) return undefined;
    if (v.assoc) return v.assoc.get(index);
    const i = Number(this.evaluate(index));
    if (v.array) return v.array.get(i < 0 ? highest(v.array) + 1 + i : i);
    return i === 0 ? v.value : undefined;
  }

  /** Elements in order; a scalar is its only element. */
  elements(name: string): string[] {
    const v = this.find(name);
    if (v?.assoc) return hashed(v.assoc).map((k) => v.assoc!.get(k)!);
    if (v?.array) return sorted(v.array).map(([, value]) => value);
    const value = this.get(name);
    return value === undefined ? [] : [value];
  }

  keys(name: string): string[] {
    const v = this.find(name);
    if (v?.assoc) return hashed(v.assoc);
    if (v?.array) return sorted(v.array).map(([i]) => String(i));
    return v?.value === undefined ? [] : ['0'];
  }

  /** The variable to be assigned to, made in the outermost scope when there is none. */
  make(name: string, local = false): Variable {
    if (local) {
      const scope = this.#scopes.at(-1)!;
      let v = scope.get(name);
      if (!v) scope.set(name, (v = {}));
      return v;
    }
    const found = this.find(name);
    if (found) return found;
    const own = this.own(name);
    const fresh: Variable = {};
    this.#scopes[0]!.set(own?.nameref && own.value ? own.value : name, fresh);
    return fresh;
  }

  set(name: string, value: string, { append = false, index, local = false }: { append?: boolean; index?: string | undefined; local?: boolean } = {}): void {
    const dynamic = this.dynamic.get(name);
    if (dynamic) {
      dynamic.set?.(value);
      return;
    }
    const v = this.make(name, local);
    if (v.readonly) throw new ReadonlyError(name);
    const convert = (old: string | undefined): string => {
      if (v.integer) return String(this.evaluate(value || '0') + (append ? BigInt(old || '0') : 0n));
      const text = append ? (old ?? '') + value : value;
      return v.lower ? text.toLowerCase() : v.upper ? text.toUpperCase() : text;
    };
    if (v.assoc) {
      v.assoc.set(index ?? '0', convert(v.assoc.get(index ?? '0')));
    } else if (index !== undefined || v.array) {
      v.array ??= v.value === undefined ? new Map<number, string>() : new Map([[0, v.value]]);
      delete v.value;
      let i = Number(this.evaluate(index ?? '0'));
      if (i < 0) i += highest(v.array) + 1;
      if (i < 0) throw new Error(`${name}[${index}]: bad array subscript`);
      v.array.set(i, convert(v.array.get(i)));
    } else v.value = convert(v.value);
  }

  /** Assigns a whole array; `append` for +=(…). */
  setArray(name: string, items: { key?: string; value: string; append?: boolean }[], { append = false, local = false } = {}): void {
    const v = this.make(name, local);
    if (v.readonly) throw new ReadonlyError(name);
    if (v.assoc) {
      if (!append) v.assoc = new Map();
      for (const { key, value } of items) if (key !== undefined) v.assoc.set(key, value);
      return;
    }
    const array = append ? (v.array ?? (v.value === undefined ? new Map<number, string>() : new Map([[0, v.value]]))) : new Map<number, string>();
    let next = highest(array) + 1;
    for (const { key, value, append: add } of items) {
      if (key !== undefined) next = Number(this.evaluate(key));
      const text = v.integer ? String(this.evaluate(value || '0')) : value;
      array.set(next, add ? (array.get(next) ?? '') + text : text);
      next++;
    }
    delete v.value;
    v.array = array;
  }

  unset(name: string, index?: string): void {
    const v = this.find(name);
    if (v?.readonly) throw new ReadonlyError(name);
    if (index !== undefined) {
      if (v?.assoc) v.assoc.delete(index);
      else v?.array?.delete(Number(this.evaluate(index)));
      return;
    }
    this.dynamic.delete(name);
    const own = this.own(name);
    const target = own?.nameref && own.value ? own.value : name;
    for (let i = this.#scopes.length - 1; i >= 0; i--) if (this.#scopes[i]!.delete(target)) return;
  }

  push(): void {
    this.#scopes.push(new Map());
  }
  pop(): void {
    this.#scopes.pop();
  }
  get depth(): number {
    return this.#scopes.length - 1;
  }

  /** Every visible name, sorted. */
  names(): string[] {
    return [...new Set([...this.#scopes.flatMap((s) => [...s.keys()]), ...this.dynamic.keys()])].sort((a, b) => (a < b ? -1 : 1));
  }

  /** What a child gets as its environment. */
  environment(): Record<string, string> {
    const env: Record<string, string> = {};
    for (const scope of this.#scopes) for (const [name, v] of scope) {
      const value = v.exported ? scalar(v) : undefined;
      if (value !== undefined) env[name] = value;
    }
    return env;
  }
}

export function scalar(v: Variable): string | undefined {
  return v.assoc ? v.assoc.get('0') : v.array ? v.array.get(0) : v.value;
}

export function isSet(v: Variable | undefined): boolean {
  return v !== undefined && (v.value !== undefined || v.array !== undefined || v.assoc !== undefined);
}

function highest(array: Map<number, string>): number {
  let max = -1;
  for (const i of array.keys()) if (i > max) max = i;
  return max;
}

function sorted(array: Map<number, string>): [number, string][] {
  return [...array].sort((a, b) => a[0] - b[0]);
}

/** Keys in the order of bash's hash table (hashlib.c: FNV-1, 1024 buckets, newest first in a bucket). */
export function hashed(assoc: Map<string, string>): string[] {
  const bucket = (key: string) => {
    let h = 2166136261;
    for (const byte of new TextEncoder().encode(key)) h = Math.imul(h, 16777619) ^ byte;
    return h & 1023;
  };
  return [...assoc.keys()].reverse().map((key) => ({ key, at: bucket(key) })).sort((a, b) => a.at - b.at).map((x) => x.key);
}

function copyOf(v: Variable): Variable {
  return { ...v, ...(v.array ? { array: new Map(v.array) } : {}), ...(v.assoc ? { assoc: new Map(v.assoc) } : {}) };
}
