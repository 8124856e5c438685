import type { KubeObject } from './types.ts';
import { type Field, type Type } from './schema.ts';
import { canonical, FORMAT_WRONG, parseQuantity } from './quantity.ts';
import { dropsZero, FILLED, keepsEmptyString, WITH_SPEC, WITH_STATUS } from './zero.ts';

/** What Go's JSON decoder says of the first value that does not fit: `json: cannot unmarshal string into Go struct field …`. */
export class DecodeError extends Error {}

export interface Decoded {
  object: KubeObject;
  /** `unknown field "spec.foo"`, in the order they came. */
  unknown: string[];
}

interface State {
  unknown: string[];
  failed: string | undefined;
}

/**
 * A new object of the type from parsed JSON, as a Go struct would hold and print it: fields the type does not know are left
 * out (and named in `unknown`), nulls and empty values that Go omits too. Throws DecodeError for values of a wrong type.
 */
export function decode(value: unknown, type: Type): Decoded {
  const state: State = { unknown: [], failed: undefined };
  const object = decodeValue(value, type, '', [], '', '', state) as KubeObject;
  if (state.failed !== undefined) throw new DecodeError(state.failed);
  if (type.definition !== type.name) fillTop(object, type.name);
  return { object, unknown: state.unknown };
}

function fillTop(object: KubeObject, kind: string): void {
  if (WITH_SPEC.has(kind)) object.spec ??= {};
  if (WITH_STATUS.has(kind)) object.status ??= copy(FILLED[`${kind}Status`] ?? {});
}

function decodeValue(value: unknown, type: Type, path: string, goPath: string[], struct: string, field: string, state: State): unknown {
  switch (type.kind) {
    case 'any': return value === undefined ? undefined : copy(value);
    case 'struct': return decodeStruct(value, type, path, goPath, struct, state);
    case 'list': {
      if (!Array.isArray(value)) return fail(value, type, goPath, struct, field, state);
      const out: unknown[] = new Array(value.length);
      for (let i = 0; i < value.length; i++) {
        const item = value[i] === null ? zeroOf(type.element!) : value[i];
        out[i] = decodeValue(item, type.element!, path === '' ? '' : `${path}[${i}]`, goPath, struct, field, state);
      }
      return out;
    }
    case 'map': {
      if (!isObject(value)) return fail(value, type, goPath, struct, field, state);
      const out: Record<string, unknown> = {};
      for (const key of Object.keys(value)) {
        const item = value[key] === null ? zeroOf(type.element!) : value[key];
        out[key] = decodeValue(item, type.element!, `${path}.${key}`, goPath, struct, field, state);
      }
      return out;
    }
    case 'string':
      return typeof value === 'string' ? value : fail(value, type, goPath, struct, field, state);
    case 'boolean':
      return typeof value === 'boolean' ? value : fail(value, type, goPath, struct, field, state);
    case 'int32': case 'int64':
      if (typeof value !== 'number') return fail(value, type, goPath, struct, field, state);
      if (!Number.isInteger(value) || (type.kind === 'int32' && (value > 2147483647 || value < -2147483648))) return fail(value, type, goPath, struct, field, state, `number ${value}`);
      return value;
    case 'number':
      return typeof value === 'number' ? value : fail(value, type, goPath, struct, field, state);
    case 'quantity': {
      if (typeof value !== 'string' && typeof value !== 'number') return failWith(state, isObject(value) || Array.isArray(value) || typeof value === 'boolean' ? FORMAT_WRONG : FORMAT_WRONG);
      const parsed = parseQuantity(String(value));
      return typeof parsed === 'string' ? failWith(state, parsed) : canonical(String(value));
    }
    case 'intstr':
      if (typeof value === 'string') return value;
      if (typeof value === 'number' && Number.isInteger(value)) return value;
      return fail(value, type, goPath, struct, field, state);
    case 'time': {
      if (typeof value !== 'string') return fail(value, type, goPath, struct, field, state);
      if (value === '') return null;
      return parseTime(value, type.definition.endsWith('MicroTime'), state);
    }
    case 'bytes': {
      if (typeof value !== 'string') return fail(value, type, goPath, struct, field, state);
      const at = badBase64(value);
      return at === undefined ? value.replace(/[\r\n]/g, '') : failWith(state, `illegal base64 data at input byte ${at}`);
    }
  }
}

function decodeStruct(value: unknown, type: Type, path: string, goPath: string[], struct: string, state: State): unknown {
  if (!isObject(value)) return fail(value, type, goPath, struct, '', state);
  const out: Record<string, unknown> = {};
  const name = type.name;
  for (const key of Object.keys(value)) {
    const field = type.fields.get(key);
    if (!field) {
      if (type.preserve) out[key] = copy(value[key]);
      else if (state.unknown.length < 100) state.unknown.push(`unknown field "${path === '' ? key : `${path}.${key}`}"`);
      continue;
    }
    const given = value[key];
    if (given === null || given === undefined) {
      if (field.required && given === null && (field.type.kind === 'list')) out[key] = null;
      continue;
    }
    goPath.push(key);
    const decoded = decodeValue(given, field.type, path === '' ? key : `${path}.${key}`, goPath, name, key, state);
    goPath.pop();
    if (decoded !== undefined && !(isEmpty(decoded, field, name))) out[key] = decoded;
  }
  const filled = FILLED[name];
  if (filled) for (const key in filled) if (!(key in out)) out[key] = typeof filled[key] === 'object' && filled[key] !== null ? copy(filled[key]) : filled[key];
  if (name === 'PodTemplateSpec' || name === 'JobTemplateSpec') {
    const metadata = out['metadata'] as Record<string, unknown>;
    if (!('creationTimestamp' in metadata)) out['metadata'] = { creationTimestamp: null, ...metadata };
  }
  if (name === 'Event' && type.definition.includes('core.v1')) {
    out['source'] ??= {};
    for (const key of ['firstTimestamp', 'lastTimestamp', 'eventTime']) out[key] ??= null;
    out['reportingComponent'] ??= '';
    out['reportingInstance'] ??= '';
  }
  return out;
}

/** Whether Go would leave the value out. */
function isEmpty(value: unknown, field: Field, struct: string): boolean {
  switch (typeof value) {
    case 'string': return value === '' && !field.required && field.type.kind === 'string' && !keepsEmptyString(struct, field.name);
    case 'number': return value === 0 && field.type.kind !== 'intstr' && dropsZero(struct, field.name);
    case 'boolean': return !value && dropsZero(struct, field.name);
    case 'object':
      if (value === null || field.required) return false;
      if (Array.isArray(value)) return value.length === 0 && !KEPT_LISTS.has(`${struct}.${field.name}`);
      if (field.type.kind === 'map') {
        for (const _ in value) return false;
        return true;
      }
      return false;
    default: return false;
  }
}

/** Lists where an empty one means something else than none: pointers to or non-omitted slices. */
const KEPT_LISTS = new Set(['PolicyRule.verbs', 'Role.rules', 'ClusterRole.rules', 'LabelSelector.x']);

function fail(value: unknown, type: Type, goPath: string[], struct: string, _field: string, state: State, as?: string): undefined {
  const what = as ?? (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'object' ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value);
  const where = struct === '' ? 'Go value' : `Go struct field ${struct}.${goPath.join('.')}`;
  return failWith(state, `json: cannot unmarshal ${what} into ${where} of type ${goType(type, goPath.at(-1) ?? '')}`);
}

function failWith(state: State, message: string): undefined {
  state.failed ??= message;
  return undefined;
}

/** String types with a name of their own in Go, by the field that has them. */
const NAMED_STRINGS: Record<string, string> = {
  restartPolicy: 'v1.RestartPolicy', dnsPolicy: 'v1.DNSPolicy', imagePullPolicy: 'v1.PullPolicy', protocol: 'v1.Protocol', effect: 'v1.TaintEffect', accessModes: 'v1.PersistentVolumeAccessMode',
  concurrencyPolicy: 'v1.ConcurrencyPolicy', podManagementPolicy: 'v1.PodManagementPolicyType', sessionAffinity: 'v1.ServiceAffinity', externalTrafficPolicy: 'v1.ServiceExternalTrafficPolicy',
  policyTypes: 'v1.PolicyType', pathType: 'v1.PathType', medium: 'v1.StorageMedium', terminationMessagePolicy: 'v1.TerminationMessagePolicy', uid: 'types.UID',
};

function goType(type: Type, field: string): string {
  switch (type.kind) {
    case 'list': return `[]${goType(type.element!, field)}`;
    case 'map': return `map[string]${goType(type.element!, '')}`;
    case 'struct': return `${packageOf(type.definition)}.${type.name}`;
    case 'boolean': return 'bool';
    case 'number': return 'float64';
    case 'intstr': return 'intstr.IntOrString';
    case 'quantity': return 'resource.Quantity';
    case 'time': return 'v1.Time';
    case 'bytes': return '[]uint8';
    case 'string': return NAMED_STRINGS[field] ?? 'string';
    default: return type.kind;
  }
}

function packageOf(definition: string): string {
  return definition.split('.').at(-2) ?? '';
}

function zeroOf(type: Type): unknown {
  switch (type.kind) {
    case 'string': case 'bytes': return '';
    case 'struct': case 'map': return {};
    case 'list': return [];
    case 'boolean': return false;
    case 'quantity': return '0';
    case 'int32': case 'int64': case 'number': return 0;
    default: return null;
  }
}

function parseTime(text: string, micro: boolean, state: State): string | undefined {
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!match) {
    const digits = /^\d{4}/.test(text);
    return failWith(state, `parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(digits ? text.slice(4) : text)} as ${digits ? '"-"' : '"2006"'}`);
  }
  if (micro) return match[2] === 'Z' && match[1]?.length === 7 ? text : `${text.slice(0, 19)}${(match[1] ?? '.').padEnd(7, '0').slice(0, 7)}Z`;
  if (match[2] === 'Z' && !match[1]) return text;
  const at = Date.parse(text);
  return new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

/** Where Go's base64 decoder stops, or undefined when all is well. */
function badBase64(text: string): number | undefined {
  let digits = 0, i = 0;
  for (; i < text.length; i++) {
    const c = text[i]!;
    if (c === '\n' || c === '\r') continue;
    if (c === '=') break;
    if (!/[A-Za-z0-9+/]/.test(c)) return i;
    digits++;
  }
  const rest = text.slice(i).replace(/[\r\n]/g, '');
  const need = (4 - (digits % 4)) % 4;
  if (rest === '') return need === 0 ? undefined : Math.max(0, text.length - (digits % 4));
  if (digits % 4 < 2) return i;
  return rest === '='.repeat(need) ? undefined : rest.length < need ? text.length : i + need;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A deep copy of JSON; what is frozen already is shared. */
export function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy) as T;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) out[key] = copy((value as Record<string, unknown>)[key]);
  return out as T;
}

/** Freezes all the way down; stops at what is frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  else for (const key in value) deepFreeze((value as Record<string, unknown>)[key]);
  return value;
}
