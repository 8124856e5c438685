// The patch that `apply` sends: what changed between the live object and the file, and what the file no longer says
// compared with the last apply (strategicpatch.CreateThreeWayMergePatch, jsonmergepatch for custom resources).
import type { Field, Type } from '../../kubernetes/api/schema.ts';

type Json = Record<string, unknown>;

/** A strategic merge patch for a type, or a JSON merge patch without one. Empty when nothing is to be done. */
export function threeWayPatch(original: unknown, modified: Json, current: Json, type: Type | undefined): Json {
  const patch = changes(current, modified, type);
  const deletions = isObject(original) ? removed(original, modified, type) : {};
  return join(patch, deletions, type);
}

/** What must be set in `from` so that it says everything `to` says; nothing is deleted. */
function changes(from: Json, to: Json, type: Type | undefined): Json {
  const out: Json = {};
  for (const key of Object.keys(to)) {
    const value = to[key], old = from[key], field = type?.fields.get(key), child = field?.type ?? mapElement(type);
    if (value === null || value === undefined) continue;
    // A map that is replaced as a whole is sent each time (handleMapDiff): apply always says "configured" of a PodDisruptionBudget.
    if (!(isObject(value) && isObject(old)) && same(value, old)) continue;
    if (isObject(value) && isObject(old) && !field?.strategy.includes('replace')) {
      const inner = changes(old, value, child);
      if (field?.strategy.includes('retainKeys')) {
        const keep = Object.keys(value).sort();
        if (Object.keys(inner).length > 0 || Object.keys(old).some((k) => !keep.includes(k))) out[key] = { ...inner, $retainKeys: keep };
      } else if (Object.keys(inner).length > 0) out[key] = inner;
    } else if (Array.isArray(value) && Array.isArray(old) && field?.strategy.includes('merge')) {
      const list = listChanges(old, value, field);
      if (list.length > 0) {
        out[`$setElementOrder/${key}`] = order(value, field);
        out[key] = list;
      }
    } else out[key] = value;
  }
  return out;
}

function listChanges(old: unknown[], value: unknown[], field: Field): unknown[] {
  const key = field.mergeKey;
  if (key === undefined) return value.filter((v) => !old.some((o) => same(o, v)));
  const out: unknown[] = [];
  for (const item of value as Json[]) {
    const before = (old as Json[]).find((o) => same(o[key], item[key]));
    if (!before) {
      out.push(item);
      continue;
    }
    const inner = changes(before, item, field.type.element);
    if (Object.keys(inner).length > 0) out.push({ ...inner, [key]: item[key] });
  }
  return out;
}

/** What `original` said and `modified` does not say any more. */
function removed(original: Json, modified: Json, type: Type | undefined): Json {
  const out: Json = {};
  for (const key of Object.keys(original)) {
    const before = original[key], now = modified[key], field = type?.fields.get(key), child = field?.type ?? mapElement(type);
    if (before === null) continue;
    if (now === undefined || now === null) out[key] = null;
    else if (isObject(before) && isObject(now)) {
      const inner = removed(before, now, child);
      if (Object.keys(inner).length > 0) out[key] = inner;
    } else if (Array.isArray(before) && Array.isArray(now) && field?.strategy.includes('merge')) {
      const list = listRemoved(before, now, field);
      if (list.length === 0) continue;
      if (field.mergeKey === undefined) out[`$deleteFromPrimitiveList/${key}`] = list;
      else {
        out[key] = list;
      }
      out[`$setElementOrder/${key}`] = order(now, field);
    }
  }
  return out;
}

function listRemoved(before: unknown[], now: unknown[], field: Field): unknown[] {
  const key = field.mergeKey;
  if (key === undefined) return before.filter((b) => !now.some((n) => same(n, b)));
  const out: unknown[] = [];
  for (const item of before as Json[]) {
    const kept = (now as Json[]).find((n) => same(n[key], item[key]));
    if (!kept) out.push({ $patch: 'delete', [key]: item[key] });
    else {
      const inner = removed(item, kept, field.type.element);
      if (Object.keys(inner).length > 0) out.push({ ...inner, [key]: item[key] });
    }
  }
  return out;
}

function join(a: Json, b: Json, type: Type | undefined): Json {
  const out: Json = { ...a };
  for (const key of Object.keys(b)) {
    const x = out[key], y = b[key], field = type?.fields.get(key);
    if (x === undefined || key.startsWith('$')) out[key] = y;
    else if (isObject(x) && isObject(y)) out[key] = join(x, y, field?.type ?? mapElement(type));
    else if (Array.isArray(x) && Array.isArray(y) && field?.mergeKey) {
      const merged = [...(x as Json[])];
      for (const item of y as Json[]) {
        const at = merged.findIndex((m) => same(m[field.mergeKey!], item[field.mergeKey!]));
        if (at < 0) merged.push(item);
        else merged[at] = join(merged[at]!, item, field.type.element);
      }
      out[key] = merged;
    }
  }
  return out;
}

function order(list: unknown[], field: Field): unknown[] {
  return field.mergeKey === undefined ? list : (list as Json[]).map((item) => ({ [field.mergeKey!]: item[field.mergeKey!] }));
}

function mapElement(type: Type | undefined): Type | undefined {
  return type?.kind === 'map' ? type.element : undefined;
}

function isObject(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Deep equality, as of JSON. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((v, i) => same(v, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((k) => k in b && same(a[k], b[k]));
}
