import type { Field, Type } from '../api/schema.ts';
import { copy } from '../api/decode.ts';
import { equal } from './registry.ts';

type Json = Record<string, unknown>;

/** A patch that cannot be applied; `reason` tells how the server answers. */
export class PatchError extends Error {
  readonly kind: 'invalid' | 'bad';
  constructor(message: string, kind: 'invalid' | 'bad' = 'bad') {
    super(message);
    this.kind = kind;
  }
}

export interface JsonPatchOperation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** RFC 6902, with the messages of evanphx/json-patch. Gives a new document. */
export function jsonPatch(document: Json, operations: JsonPatchOperation[]): Json {
  let doc: unknown = copy(document);
  for (const operation of operations) {
    if (typeof operation !== 'object' || operation === null || Array.isArray(operation)) throw new PatchError(`json: cannot unmarshal ${Array.isArray(operation) ? 'array' : operation === null ? 'null' : typeof operation} into Go value of type jsonpatch.Operation`);
    const { op, path } = operation;
    if (typeof path !== 'string' || (operation.from !== undefined && typeof operation.from !== 'string')) throw new PatchError(`${op} operation does not apply: unable to decode path: missing value`, 'invalid');
    switch (op) {
      case 'add': doc = add(doc, path, copy(operation.value)); break;
      case 'remove': remove(doc, path); break;
      case 'replace':
        if (path !== '' && lookup(doc, path) === undefined) throw new PatchError(`replace operation does not apply: doc is missing key: ${path}: missing value`, 'invalid');
        doc = set(doc, path, copy(operation.value), true);
        break;
      case 'move': {
        const value = lookup(doc, operation.from ?? '');
        remove(doc, operation.from ?? '');
        doc = add(doc, path, value);
        break;
      }
      case 'copy': doc = add(doc, path, copy(lookup(doc, operation.from ?? ''))); break;
      case 'test':
        if (!equal(lookup(doc, path) ?? null, operation.value ?? null)) throw new PatchError(`testing value ${path} failed: test failed`, 'invalid');
        break;
      default: throw new PatchError(`Unexpected kind: ${op}`, 'invalid');
    }
  }
  return doc as Json;
}

/** RFC 7386. Gives a new document. */
export function mergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return copy(patch);
  const out: Json = isObject(document) ? { ...document } : {};
  for (const key of Object.keys(patch)) {
    if (patch[key] === null) delete out[key];
    else out[key] = mergePatch(out[key], patch[key]);
  }
  return out;
}

/** Kubernetes' strategic merge patch (apimachinery/pkg/util/strategicpatch). Gives a new document. */
export function strategicPatch(document: Json, patch: Json, type: Type): Json {
  return mergeMap(document, patch, type);
}

function mergeMap(document: Json, patch: Json, type: Type | undefined): Json {
  const directive = patch['$patch'];
  if (directive === 'replace') {
    const { $patch: _, ...rest } = patch;
    return copy(rest);
  }
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw new PatchError(`Unknown patch type found: ${String(directive)}`);
  const out: Json = { ...document };
  const retain = patch['$retainKeys'];
  if (Array.isArray(retain)) for (const key of Object.keys(out)) if (!retain.includes(key)) delete out[key];
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (key === '$patch' || key === '$retainKeys' || key.startsWith('$setElementOrder/')) continue;
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const name = key.slice('$deleteFromPrimitiveList/'.length);
      if (Array.isArray(out[name])) out[name] = (out[name] as unknown[]).filter((v) => !(value as unknown[]).includes(v));
      continue;
    }
    if (value === null) {
      delete out[key];
      continue;
    }
    const field = type?.fields.get(key);
    const current = out[key];
    const child = field?.type ?? (type?.kind === 'map' ? type.element : undefined);
    if (child?.kind === 'list' && !Array.isArray(value)) throw new PatchError(`cannot restore slice from ${goKind(value)}`, 'invalid');
    if (child && (child.kind === 'struct' || child.kind === 'map') && !isObject(value)) throw new PatchError(`cannot restore struct from: ${goKind(value)}`, 'invalid');
    if (Array.isArray(value)) out[key] = mergeList(Array.isArray(current) ? current : [], value, field, patch[`$setElementOrder/${key}`] as unknown[] | undefined);
    else if (isObject(value)) out[key] = field?.strategy.includes('replace') ? copy(value) : mergeMap(isObject(current) ? current : {}, value, child);
    else out[key] = value;
  }
  for (const key of Object.keys(patch)) {
    if (!key.startsWith('$setElementOrder/')) continue;
    const name = key.slice('$setElementOrder/'.length);
    if (name in patch || !Array.isArray(out[name])) continue;
    out[name] = order(out[name] as unknown[], patch[key] as unknown[], type?.fields.get(name)?.mergeKey);
  }
  return out;
}

function mergeList(current: unknown[], patch: unknown[], field: Field | undefined, wantedOrder: unknown[] | undefined): unknown[] {
  if (!field || !field.strategy.includes('merge')) return copy(patch).filter((item) => !(isObject(item) && '$patch' in item));
  const key = field.mergeKey;
  if (key === undefined) {
    const out = [...new Set([...current, ...patch])];
    return wantedOrder ? order(out, wantedOrder, undefined) : out;
  }
  const replaces = patch.some((item) => isObject(item) && item['$patch'] === 'replace');
  if (replaces) return copy(patch.filter((item) => !(isObject(item) && item['$patch'] === 'replace')));
  const out = [...current];
  const element = field.type.element;
  for (const item of patch) {
    if (!isObject(item)) throw new PatchError(`cannot restore struct from: ${goKind(item)}`, 'invalid');
    const id = item[key];
    if (id === undefined) throw new PatchError(`map: ${goMapText(item)} does not contain declared merge key: ${key}`, 'invalid');
    const at = out.findIndex((o) => isObject(o) && o[key] === id);
    if (item['$patch'] === 'delete') {
      if (at >= 0) out.splice(at, 1);
    } else if (at >= 0) out[at] = mergeMap(out[at] as Json, item, element);
    else out.push(mergeMap({}, item, element));
  }
  return wantedOrder ? order(out, wantedOrder, key) : out;
}

/** Puts the items that `wanted` names in its order; others stay where they are relative to what they followed. */
function order(items: unknown[], wanted: unknown[], key: string | undefined): unknown[] {
  const idOf = (item: unknown) => (key === undefined ? item : (item as Json)[key]);
  const rank = new Map(wanted.map((w, i) => [key === undefined ? w : (w as Json)[key], i]));
  const named = items.filter((i) => rank.has(idOf(i))).sort((a, b) => rank.get(idOf(a))! - rank.get(idOf(b))!);
  const out: unknown[] = [];
  let next = 0;
  const position = new Map(items.map((item, i) => [item, i]));
  for (const item of items) {
    if (rank.has(idOf(item))) continue;
    while (next < named.length && position.get(named[next]!)! < position.get(item)!) out.push(named[next++]!);
    out.push(item);
  }
  while (next < named.length) out.push(named[next++]!);
  return out;
}

function pointer(path: string): string[] {
  if (path === '') return [];
  return path.slice(1).split('/').map((p) => p.replace(/~1/g, '/').replace(/~0/g, '~'));
}

function lookup(doc: unknown, path: string): unknown {
  let at = doc;
  for (const part of pointer(path)) {
    if (Array.isArray(at)) at = at[Number(part)];
    else if (isObject(at)) at = at[part];
    else return undefined;
  }
  return at;
}

function parentOf(doc: unknown, path: string, op: string): { parent: unknown; last: string } {
  const parts = pointer(path), last = parts.pop() ?? '';
  const parent = lookup(doc, parts.length === 0 ? '' : path.slice(0, path.lastIndexOf('/')));
  if (!isObject(parent) && !Array.isArray(parent)) throw new PatchError(`${op} operation does not apply: doc is missing path: "${path}": missing value`, 'invalid');
  return { parent, last };
}

function add(doc: unknown, path: string, value: unknown): unknown {
  return set(doc, path, value, false);
}

function set(doc: unknown, path: string, value: unknown, replace: boolean): unknown {
  if (path === '') return value;
  const { parent, last } = parentOf(doc, path, replace ? 'replace' : 'add');
  if (Array.isArray(parent)) {
    const i = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(i) || i > parent.length) throw new PatchError(`add operation does not apply: doc is missing path: "${path}": Unable to access invalid index: ${last}: invalid index referenced`, 'invalid');
    if (replace) parent[i] = value;
    else parent.splice(i, 0, value);
  } else (parent as Json)[last] = value;
  return doc;
}

function remove(doc: unknown, path: string): void {
  const { parent, last } = parentOf(doc, path, 'remove');
  if (Array.isArray(parent)) {
    if (!(Number(last) < parent.length)) throw new PatchError(`remove operation does not apply: doc is missing path: "${path}": Unable to access invalid index: ${last}: invalid index referenced`, 'invalid');
    parent.splice(Number(last), 1);
  } else {
    if (!(last in (parent as Json))) throw new PatchError(`remove operation does not apply: doc is missing path: "${path}": missing value`, 'invalid');
    delete (parent as Json)[last];
  }
}

function goKind(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return Array.isArray(value) ? 'slice' : 'map';
}

/** Go's %v of what JSON decodes to: map[a:1 b:[x y]]. */
export function goMapText(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goMapText).join(' ')}]`;
  if (isObject(value)) return `map[${Object.keys(value).sort().map((k) => `${k}:${goMapText(value[k])}`).join(' ')}]`;
  return String(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
