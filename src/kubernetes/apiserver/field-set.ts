import type { Field, Type } from '../api/schema.ts';
import { equal } from './registry.ts';

/**
 * Sets of field paths, as server-side apply uses them (sigs.k8s.io/structured-merge-diff). A set is a tree: `f:spec`, `k:{"name":"c"}`
 * for an item of a keyed list, `v:"x"` for one of a set of scalars.
 */
export interface FieldSet {
  /** Whether the path to here is itself in the set. */
  self: boolean;
  children: Map<string, FieldSet>;
}

const emptySet = (): FieldSet => ({ self: false, children: new Map() });

export function isEmptySet(set: FieldSet): boolean {
  return !set.self && set.children.size === 0;
}

/** The JSON of metadata.managedFields[].fieldsV1. */
export function toFieldsV1(set: FieldSet): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (set.self && set.children.size > 0) out['.'] = {};
  for (const key of [...set.children.keys()].sort()) out[key] = toFieldsV1(set.children.get(key)!);
  return out;
}

export function fromFieldsV1(fields: Record<string, unknown>): FieldSet {
  const { '.': self, ...children } = fields;
  const entries = Object.entries(children);
  return { self: self !== undefined || entries.length === 0, children: new Map(entries.map(([key, value]) => [key, fromFieldsV1(value as Record<string, unknown>)])) };
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSet = { self: a.self || b.self, children: new Map(a.children) };
  for (const [key, child] of b.children) out.children.set(key, out.children.has(key) ? union(out.children.get(key)!, child) : child);
  return out;
}

/** What is in `a` and not in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSet = { self: a.self && !b.self, children: new Map() };
  for (const [key, child] of a.children) {
    const other = b.children.get(key);
    const rest = other ? difference(child, other) : child;
    if (!isEmptySet(rest)) out.children.set(key, rest);
  }
  return out;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSet = { self: a.self && b.self, children: new Map() };
  for (const [key, child] of a.children) {
    const other = b.children.get(key);
    if (!other) continue;
    const both = intersection(child, other);
    if (!isEmptySet(both)) out.children.set(key, both);
  }
  return out;
}

/** Every path as it is written in a conflict: `.spec.containers[name="web"].image`. */
export function pathsOf(set: FieldSet, prefix = ''): string[] {
  const out = set.self && prefix !== '' ? [prefix] : [];
  for (const [key, child] of [...set.children].sort(([a], [b]) => (a < b ? -1 : 1))) out.push(...pathsOf(child, prefix + pathText(key)));
  return out;
}

function pathText(key: string): string {
  if (key.startsWith('f:')) return `.${key.slice(2)}`;
  if (key.startsWith('k:')) return `[${Object.entries(JSON.parse(key.slice(2)) as Record<string, unknown>).map(([k, v]) => `${k}=${JSON.stringify(v)}`).join(',')}]`;
  return `[=${key.slice(2)}]`;
}

/** How server-side apply takes a list: items told apart by keys, a set of scalars, or one value. */
export function listKeys(type: Type, field: Field | undefined): readonly string[] | 'set' | 'atomic' {
  if (type.listType === 'map') return type.listKeys;
  if (type.listType === 'set') return 'set';
  if (field?.strategy.includes('merge')) return field.mergeKey === undefined ? 'set' : [field.mergeKey];
  return 'atomic';
}

function itemKey(item: unknown, keys: readonly string[] | 'set'): string {
  if (keys === 'set') return `v:${JSON.stringify(item)}`;
  const object = (isObject(item) ? item : {}) as Record<string, unknown>;
  return `k:${JSON.stringify(Object.fromEntries([...keys].sort().filter((k) => object[k] !== undefined).map((k) => [k, object[k]])))}`;
}

/** The fields a whole configuration names: its leaves, and the items of keyed lists. */
export function fieldsOf(value: unknown, type: Type | undefined, field?: Field): FieldSet {
  const out = emptySet();
  const keys = Array.isArray(value) && type ? listKeys(type, field) : 'atomic';
  if (Array.isArray(value) && keys !== 'atomic') {
    for (const item of value) {
      const child = fieldsOf(item, type!.element);
      child.self = true;
      out.children.set(itemKey(item, keys), child);
    }
  } else if (isObject(value) && type && !type.atomic && (type.kind === 'struct' || type.kind === 'map') && Object.keys(value).length > 0) {
    for (const [key, item] of Object.entries(value)) {
      const f = type.fields.get(key);
      out.children.set(`f:${key}`, fieldsOf(item, f?.type ?? type.element, f));
    }
  } else out.self = true;
  return out;
}

export interface Comparison {
  /** Paths that are new or have another value. */
  changed: FieldSet;
  removed: FieldSet;
}

/** What differs between two versions of a value: every node of what is new, and the leaves of what has changed. */
export function compare(before: unknown, after: unknown, type: Type | undefined, field?: Field): Comparison {
  if (before === after) return { changed: emptySet(), removed: emptySet() };
  if (before === undefined) return { changed: everything(after, type, field), removed: emptySet() };
  if (after === undefined) return { changed: emptySet(), removed: everything(before, type, field) };
  const changed = emptySet(), removed = emptySet();
  const put = (key: string, c: Comparison) => {
    if (!isEmptySet(c.changed)) changed.children.set(key, c.changed);
    if (!isEmptySet(c.removed)) removed.children.set(key, c.removed);
  };
  const keys = type?.kind === 'list' ? listKeys(type, field) : 'atomic';
  if (keys !== 'atomic' && type?.kind === 'list') {
    const index = (list: unknown) => new Map((Array.isArray(list) ? list : []).map((item) => [itemKey(item, keys), item as unknown]));
    const was = index(before), now = index(after);
    for (const [key, item] of now) put(key, compare(was.get(key), item, type.element));
    for (const [key, item] of was) if (!now.has(key)) put(key, compare(item, undefined, type.element));
  } else if (isObject(before) && isObject(after) && type && !type.atomic && (type.kind === 'struct' || type.kind === 'map')) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const f = type.fields.get(key);
      put(`f:${key}`, compare(before[key], after[key], f?.type ?? type.element, f));
    }
  } else if (!equal(before, after)) changed.self = true;
  return { changed, removed };
}

function everything(value: unknown, type: Type | undefined, field?: Field): FieldSet {
  const out: FieldSet = { self: true, children: new Map() };
  const keys = Array.isArray(value) && type ? listKeys(type, field) : 'atomic';
  if (Array.isArray(value) && keys !== 'atomic') for (const item of value) out.children.set(itemKey(item, keys), everything(item, type!.element));
  else if (isObject(value) && type && !type.atomic && (type.kind === 'struct' || type.kind === 'map')) {
    for (const [key, item] of Object.entries(value)) {
      const f = type.fields.get(key);
      out.children.set(`f:${key}`, everything(item, f?.type ?? type.element, f));
    }
  }
  return out;
}

/** Takes the fields of `set` out of a value. Gives a new value, undefined where nothing is left. */
export function removeFields(value: unknown, set: FieldSet, type: Type | undefined, field?: Field): unknown {
  if (set.self && set.children.size === 0) return undefined;
  const keys = Array.isArray(value) && type ? listKeys(type, field) : 'atomic';
  if (Array.isArray(value) && keys !== 'atomic') {
    const out: unknown[] = [];
    for (const item of value) {
      const child = set.children.get(itemKey(item, keys));
      const rest = child ? (child.self ? undefined : removeFields(item, child, type!.element)) : item;
      if (rest !== undefined) out.push(rest);
    }
    return out;
  }
  if (!isObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const child = set.children.get(`f:${key}`), f = type?.fields.get(key);
    const rest = child ? removeFields(item, child, f?.type ?? type?.element, f) : item;
    if (rest !== undefined) out[key] = rest;
  }
  return out;
}

/** Merges an applied configuration into a live value. */
export function mergeApplied(live: unknown, applied: unknown, type: Type | undefined, field?: Field): unknown {
  if (live === undefined || applied === undefined || applied === null) return applied ?? live;
  const keys = type?.kind === 'list' ? listKeys(type, field) : 'atomic';
  if (Array.isArray(live) && Array.isArray(applied) && keys !== 'atomic') {
    const wanted = new Map(applied.map((item) => [itemKey(item, keys), item as unknown]));
    const out = live.map((item) => {
      const key = itemKey(item, keys), mine = wanted.get(key);
      if (!wanted.delete(key)) return item;
      return mergeApplied(item, mine, type!.element);
    });
    return [...out, ...wanted.values()];
  }
  if (isObject(live) && isObject(applied) && type && !type.atomic && (type.kind === 'struct' || type.kind === 'map')) {
    const out: Record<string, unknown> = { ...live };
    for (const key of Object.keys(applied)) {
      const f = type.fields.get(key);
      out[key] = mergeApplied(live[key], applied[key], f?.type ?? type.element, f);
    }
    return out;
  }
  return applied;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
