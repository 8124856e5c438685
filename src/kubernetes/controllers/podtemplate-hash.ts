import { quantityFields } from '../api/quantity.ts';
import { deepEqual } from '../client/pods.ts';
import { fnv32a, safeEncode } from './hash.ts';
import { FIELDS_SINCE, GO_STRUCTS } from './podtemplate-types.ts';

export type Template = { metadata?: { labels?: Record<string, string>; [f: string]: unknown }; spec?: unknown };

/**
 * controller.ComputeHash: FNV-1a of what go-spew prints of the Go struct (`%#v`, keys sorted, no methods), so that the names of
 * ReplicaSets are those a real control plane of that minor gives (empty fields count: they are printed).
 */
export function podTemplateHash(template: Template, collisionCount?: number, minor = 28): string {
  const last = known.get(template);
  if (last && last.collisionCount === collisionCount && last.minor === minor) return last.hash;
  let text = dumpTemplate(template, minor);
  if (collisionCount !== undefined) text += String.fromCharCode(collisionCount & 0xff, 0, 0, 0);
  const hash = safeEncode(fnv32a(text));
  if (Object.isFrozen(template)) known.set(template, { collisionCount, minor, hash });
  return hash;
}

/** Templates come frozen from the API server and are asked for again at every reconcile. */
const known = new WeakMap<Template, { collisionCount: number | undefined; minor: number; hash: string }>();

export function dumpTemplate(template: Template, minor = 28): string {
  return `(v1.PodTemplateSpec)${dump('PodTemplateSpec', template, minor)}`;
}

/** Whether two templates differ in the pod-template-hash label at most (EqualIgnoreHash). */
export function equalIgnoreHash(a: Template, b: Template): boolean {
  return deepEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: Template): Template {
  const { 'pod-template-hash': _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

interface GoField {
  name: string;
  type: string;
  json: string;
}
const structs = new Map<string, GoField[]>();

function fieldsOf(name: string, minor: number): GoField[] | undefined {
  const key = `${name} ${minor}`, known = structs.get(key);
  if (known) return known;
  let fields = GO_STRUCTS[name]?.split(', ').map(fieldOf);
  if (!fields) return undefined;
  for (const [since, struct, after, text] of FIELDS_SINCE) {
    if (struct !== name) continue;
    if (after === '') fields = fields.filter((f) => f.name !== text || minor >= since);
    else if (minor >= since) fields.splice(fields.findIndex((f) => f.name === after) + 1, 0, fieldOf(text));
  }
  structs.set(key, fields);
  return fields;
}

function fieldOf(text: string): GoField {
  const [field, type, json] = text.split(' ') as [string, string, string?];
  return { name: field, type, json: json === '-' ? '' : json ?? field[0]!.toLowerCase() + field.slice(1) };
}

/** A field's value with its type in front, as spew writes it in a struct. */
function typed(type: string, value: unknown, minor: number): string {
  const name = goName(type);
  if (type.startsWith('*')) return value === undefined || value === null ? `(${name})<nil>` : `(${name})${dump(type.slice(1), value, minor)}`;
  return `(${name})${dump(type, value, minor)}`;
}

/** The value alone: its type is known from where it stands. */
function dump(type: string, value: unknown, minor: number): string {
  if (type.startsWith('[]')) {
    // An empty list that was decoded is a list; what was not there is nil.
    if (value === undefined || value === null) return '<nil>';
    return `[${(value as unknown[]).map((v) => dump(type.slice(2), v, minor)).join(' ')}]`;
  }
  const element = type === 'ResourceList' ? 'resource.Quantity' : type.startsWith('map[') ? type.slice(type.indexOf(']') + 1) : undefined;
  if (element !== undefined) {
    if (value === undefined || value === null) return '<nil>';
    const o = value as Record<string, unknown>;
    return `map[${Object.keys(o).sort().map((k) => `${k}:${dump(element, o[k], minor)}`).join(' ')}]`;
  }
  const fields = fieldsOf(type, minor);
  if (fields) {
    const o = (value ?? {}) as Record<string, unknown>;
    return `{${fields.map((f) => `${f.name}:${typed(f.type, f.json === '' ? o : o[f.json], minor)}`).join(' ')}}`;
  }
  switch (type) {
    case 'int32': case 'int64': return String(value ?? 0);
    case 'bool': return String(value ?? false);
    case 'metav1.Time': return '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}';
    case 'intstr.IntOrString': return typeof value === 'string' ? `{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)${value}}` : `{Type:(intstr.Type)0 IntVal:(int32)${value ?? 0} StrVal:(string)}`;
    case 'resource.Quantity': return quantity(value === undefined ? undefined : String(value));
    default: return String(value ?? '');
  }
}

/** Go prints types with the last element of their package's path: core/v1 and meta/v1 are both `v1`. */
function goName(type: string): string {
  let name = names.get(type);
  if (name === undefined) names.set(type, (name = goNameOf(type)));
  return name;
}
const names = new Map<string, string>();

function goNameOf(type: string): string {
  const [, prefix, base] = /^((?:\*|\[\]|map\[\w+\])*)(.+)$/.exec(type) as unknown as [string, string, string];
  if (/^(string|int32|int64|bool)$/.test(base)) return type;
  return prefix + (base.startsWith('metav1.') ? base.slice(4) : base.includes('.') ? base : `v1.${base}`);
}

function quantity(text: string | undefined): string {
  const { value, scale, s, format } = quantityFields(text);
  return `{i:(resource.int64Amount){value:(int64)${value} scale:(resource.Scale)${scale}} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${s} Format:(resource.Format)${format}}`;
}
