import type { JsonSchema } from '../../api/custom-schema.ts';
import { duplicateValue, type FieldError, forbiddenValue, invalidValue, requiredValue } from '../../api/field-errors.ts';
import { type CelEngine, CompilationError, EvaluationError } from './program.ts';
import { toCel } from './values.ts';
import { wrongExpression } from './wrong-expression.ts';

/** An item of x-kubernetes-validations. */
interface Rule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
}

type Json = Record<string, unknown>;
const VARIABLES = ['self', 'oldSelf'];

export function rulesOf(schema: JsonSchema): readonly Rule[] {
  return (schema as { 'x-kubernetes-validations'?: Rule[] })['x-kubernetes-validations'] ?? [];
}

/** Whether a schema has rules anywhere in it. */
export function hasRules(schema: JsonSchema | undefined): boolean {
  if (!schema) return false;
  const free = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  return rulesOf(schema).length > 0 || hasRules(schema.items) || hasRules(free) || Object.values(schema.properties ?? {}).some(hasRules);
}

/**
 * What the rules of a custom resource's schema refuse (apiextensions-apiserver, schema/cel/validation.go). Rules with oldSelf hold only
 * for what was there before; items of lists have no past, unless the list is a map by keys.
 */
export function validateRules(engine: CelEngine, value: unknown, old: unknown, schema: JsonSchema | undefined, path = ''): FieldError[] {
  if (!schema || value === undefined || value === null) return [];
  const out = rulesOf(schema).flatMap((rule) => refused(engine, rule, value, old, schema, path));
  if (Array.isArray(value)) {
    const before = previous(old, schema);
    value.forEach((item, i) => out.push(...validateRules(engine, item, before(item), schema.items, `${path}[${i}]`)));
  } else if (typeof value === 'object') {
    for (const name of Object.keys(value).sort()) {
      const free = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
      const at = schema.properties?.[name] ? (path === '' ? name : `${path}.${name}`) : `${path}[${name}]`;
      out.push(...validateRules(engine, (value as Json)[name], (old as Json | undefined)?.[name], schema.properties?.[name] ?? free, at));
    }
  }
  return out;
}

function refused(engine: CelEngine, rule: Rule, value: unknown, old: unknown, schema: JsonSchema, path: string): FieldError[] {
  if (/\boldSelf\b/.test(rule.rule) && old === undefined) return [];
  const values = { self: toCel(value, schema), oldSelf: toCel(old ?? null, schema) };
  const at = `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '') || '<nil>', type = schema.type ?? 'object';
  try {
    if (engine.compile(rule.rule, VARIABLES)(values) === true) return [];
  } catch (error) {
    if (!(error instanceof EvaluationError || error instanceof CompilationError)) throw error;
    return [invalidValue(at, type, `rule evaluation error: ${error.message}: evaluating rule: ${rule.message ?? rule.rule}`)];
  }
  return [refusal(rule.reason, at, type, explained(engine, rule, values))];
}

function explained(engine: CelEngine, { rule, message, messageExpression }: Rule, values: Readonly<Record<string, unknown>>): string {
  if (messageExpression !== undefined) {
    try {
      const text = engine.compile(messageExpression, VARIABLES)(values);
      if (typeof text === 'string' && text.trim() !== '' && !text.includes('\n')) return text;
    } catch (error) {
      if (!(error instanceof EvaluationError || error instanceof CompilationError)) throw error;
    }
  }
  return message ?? `failed rule: ${rule}`;
}

function refusal(reason: string | undefined, at: string, type: string, message: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden': return forbiddenValue(at, message);
    case 'FieldValueRequired': return requiredValue(at, message);
    case 'FieldValueDuplicate': return duplicateValue(at, type);
    default: return invalidValue(at, type, message);
  }
}

/** The item that an item of a list was before. */
function previous(old: unknown, schema: JsonSchema): (item: unknown) => unknown {
  const keys = (schema as { 'x-kubernetes-list-map-keys'?: string[] })['x-kubernetes-list-map-keys'];
  if (!Array.isArray(old) || !keys) return () => undefined;
  return (item) => old.find((o) => keys.every((k) => (o as Json)[k] === (item as Json)[k]));
}

/** What is wrong with the rules themselves, for the CustomResourceDefinition that has them. */
export function wrongRules(engine: CelEngine, schema: JsonSchema | undefined, path: string): FieldError[] {
  if (!schema) return [];
  const own = rulesOf(schema).flatMap(({ rule }, i) => wrongExpression(engine, rule, VARIABLES, `${path}.x-kubernetes-validations[${i}].rule`));
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => wrongRules(engine, property, `${path}.properties[${name}]`));
  const free = typeof schema.additionalProperties === 'object' ? wrongRules(engine, schema.additionalProperties, `${path}.additionalProperties`) : [];
  return [...own, ...inner, ...wrongRules(engine, schema.items, `${path}.items`), ...free];
}
