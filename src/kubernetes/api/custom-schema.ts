import type { Definition } from './schema.ts';
import { type FieldError, invalidValue, notSupported, requiredValue, tooMany } from './field-errors.ts';
import { copy } from './decode.ts';
import { same } from './same.ts';

/** The OpenAPI v3 schema of a CustomResourceDefinition, as far as structural schemas go. */
export interface JsonSchema extends Omit<Definition, 'properties' | 'items' | 'additionalProperties' | 'enum'> {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  enum?: unknown[];
  default?: unknown;
  nullable?: boolean;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  pattern?: string;
  description?: string;
}

type Json = Record<string, unknown>;

/** A copy without the fields that the schema does not know, which are named in `unknown`, and with its defaults. */
export function prune(value: unknown, schema: JsonSchema | undefined, path: string, unknown: string[], top = false): unknown {
  if (!schema) return copy(value);
  if (Array.isArray(value)) return value.map((item, i) => prune(item, schema.items, `${path}[${i}]`, unknown));
  if (typeof value !== 'object' || value === null) return value;
  const out: Json = {};
  for (const [key, item] of Object.entries(value as Json)) {
    const at = path === '' ? key : `${path}.${key}`;
    if ((top || schema['x-kubernetes-embedded-resource']) && (key === 'apiVersion' || key === 'kind' || key === 'metadata')) {
      out[key] = copy(item);
      continue;
    }
    const property = schema.properties?.[key];
    if (item === null && property && !property.nullable && property.default !== undefined) continue;
    if (property) out[key] = prune(item, property, at, unknown);
    else if (typeof schema.additionalProperties === 'object') out[key] = prune(item, schema.additionalProperties, at, unknown);
    else if (schema.additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields']) out[key] = copy(item);
    else unknown.push(`unknown field "${at}"`);
  }
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (out[key] === undefined && property.default !== undefined) out[key] = prune(property.default, property, key, []);
  }
  return out;
}

/** kube-openapi's validation with its words. */
export function validateAgainst(value: unknown, schema: JsonSchema | undefined, path: string): FieldError[] {
  if (!schema) return [];
  const out: FieldError[] = [];
  const type = typeName(value);
  if (value === null && schema.nullable) return out;
  if (schema['x-kubernetes-int-or-string']) {
    if (type !== 'integer' && type !== 'string') out.push(invalidValue(path, type, `${path} in body must be of type integer,string: "${type}"`));
    return out;
  }
  if (schema.type !== undefined && type !== schema.type && !(schema.type === 'number' && type === 'integer')) return [invalidValue(path, type, `${path} in body must be of type ${schema.type}: "${type}"`)];
  if (schema.enum && !schema.enum.some((e) => same(e, value))) out.push(notSupported(path, value, schema.enum.map(String)));
  if (typeof value === 'string') {
    if (schema.minLength !== undefined && [...value].length < schema.minLength) out.push(invalidValue(path, value, `${path} in body should be at least ${schema.minLength} chars long`));
    if (schema.maxLength !== undefined && [...value].length > schema.maxLength) out.push({ type: 'FieldValueTooLong', field: path, message: `Too long: may not be longer than ${schema.maxLength}` });
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) out.push(invalidValue(path, value, `${path} in body should match '${schema.pattern}'`));
  }
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && (schema.exclusiveMinimum ? value <= schema.minimum : value < schema.minimum)) out.push(invalidValue(path, value, `${path} in body should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${schema.minimum}`));
    if (schema.maximum !== undefined && (schema.exclusiveMaximum ? value >= schema.maximum : value > schema.maximum)) out.push(invalidValue(path, value, `${path} in body should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${schema.maximum}`));
  }
  if (Array.isArray(value)) {
    value.forEach((item, i) => out.push(...validateAgainst(item, schema.items, `${path}[${i}]`)));
    if (schema.minItems !== undefined && value.length < schema.minItems) out.push(invalidValue(path, value.length, `${path} in body should have at least ${schema.minItems} items`));
    if (schema.maxItems !== undefined && value.length > schema.maxItems) out.push(tooMany(path, value.length, schema.maxItems));
  } else if (type === 'object') {
    const object = value as Json;
    for (const name of Object.keys(object).sort()) {
      const property = schema.properties?.[name] ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
      if (property) out.push(...validateAgainst(object[name], property, path === '' ? name : `${path}.${name}`));
    }
    for (const name of schema.required ?? []) if (object[name] === undefined) out.push(requiredValue(path === '' ? name : `${path}.${name}`));
  }
  return out;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
