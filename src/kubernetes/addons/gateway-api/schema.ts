import type { JsonSchema } from '../../api/custom-schema.ts';

/** Short words for OpenAPI schemas of CustomResourceDefinitions. */
export const string = (more: JsonSchema = {}): JsonSchema => ({ type: 'string', ...more });
export const integer = (more: JsonSchema = {}): JsonSchema => ({ type: 'integer', ...more });
export const oneOf = (values: string, more: JsonSchema = {}): JsonSchema => string({ enum: values.split(' '), ...more });
export const list = (items: JsonSchema, more: JsonSchema = {}): JsonSchema => ({ type: 'array', items, ...more });
/** A list that is merged by these fields. */
export const mapOf = (items: JsonSchema, keys: string, more: JsonSchema = {}): JsonSchema => list(items, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys.split(' '), ...more });
/** `required`: names of fields. */
export const object = (properties: Record<string, JsonSchema>, required = '', more: JsonSchema = {}): JsonSchema => ({ type: 'object', properties, ...(required ? { required: required.split(' ') } : {}), ...more });
export const pairs = (value: JsonSchema = string(), more: JsonSchema = {}): JsonSchema => ({ type: 'object', additionalProperties: value, ...more });
export const free: JsonSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const DNS = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
export const name = string({ minLength: 1, maxLength: 253 });
export const group = (more: JsonSchema = {}) => string({ maxLength: 253, pattern: `^$|^${DNS}$`, ...more });
export const kind = (more: JsonSchema = {}) => string({ minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$', ...more });
export const namespace = string({ minLength: 1, maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' });
export const section = string({ minLength: 1, maxLength: 253, pattern: `^${DNS}$` });
export const hostname = string({ minLength: 1, maxLength: 253, pattern: `^(\\*\\.)?${DNS}$` });
export const preciseHostname = section;
export const port = integer({ format: 'int32', minimum: 1, maximum: 65535 });
export const controllerName = string({ minLength: 1, maxLength: 253, pattern: `^${DNS}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$` });
export const duration = string({ pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' });

const WAITING = (types: string) => types.split(' ').map((type) => ({ type, status: 'Unknown', reason: 'Pending', message: 'Waiting for controller', lastTransitionTime: '1970-01-01T00:00:00Z' }));

/** metav1.Condition; `waiting`: the types that are Unknown from the beginning. */
export function conditions(waiting = '', more: JsonSchema = {}): JsonSchema {
  const item = object({
    lastTransitionTime: string({ format: 'date-time' }), message: string({ maxLength: 32768 }), observedGeneration: integer({ format: 'int64', minimum: 0 }), reason: string({ minLength: 1, maxLength: 1024, pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' }),
    status: oneOf('True False Unknown'), type: string({ maxLength: 316, pattern: `^(${DNS}/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$` }),
  }, 'lastTransitionTime message reason status type');
  return mapOf(item, 'type', { maxItems: 8, ...(waiting ? { default: WAITING(waiting) } : {}), ...more });
}

/** The status of a kind that waits for its controller. */
export const waitingStatus = (types: string, properties: Record<string, JsonSchema>): JsonSchema => object({ conditions: conditions(types), ...properties }, '', { default: { conditions: WAITING(types) } });
