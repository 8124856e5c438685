import { badLabelKey } from '../names.ts';
import { type FieldError, GoLiteral, invalidValue, notSupported, requiredValue } from '../field-errors.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema knows what is in here
export type Any = any;

/** The checks that all kinds share (apimachinery/pkg/api/validation, pkg/apis/core/validation). Each gives what is wrong with a value. */

export const NEGATIVE = 'must be greater than or equal to 0';
export const NOT_POSITIVE = 'must be greater than zero';
export const IMMUTABLE = 'field is immutable';

/** Errors of a list's items, each under its index. */
export function each(list: Any[] | undefined, at: string, check: (item: Any, at: string, index: number) => FieldError[]): FieldError[] {
  return (list ?? []).flatMap((item, i) => check(item, `${at}[${i}]`, i));
}

/** `keys` of a map, in their order: Go's own is random. */
export function eachKey(map: Record<string, Any> | undefined, at: string, check: (key: string, value: Any, at: string) => FieldError[]): FieldError[] {
  return Object.keys(map ?? {}).sort().flatMap((key) => check(key, map![key], `${at}[${key}]`));
}

/** What a rule of names.ts says of a text. */
export function named(value: string, at: string, rule: (text: string) => string[]): FieldError[] {
  return rule(value).map((why) => invalidValue(at, value, why));
}

/** The same of a text that has to be there. */
export function requiredName(value: string | undefined, at: string, rule: (text: string) => string[] = () => []): FieldError[] {
  return value ? named(value, at, rule) : [requiredValue(at)];
}

export const qualifiedName = (value: string | undefined, at: string): FieldError[] => named(value ?? '', at, badLabelKey);

export function nonNegative(value: number | undefined, at: string): FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(at, value, NEGATIVE)] : [];
}

export function between(value: number | undefined, min: number, max: number, at: string): FieldError[] {
  return value !== undefined && (value < min || value > max) ? [invalidValue(at, value, `must be between ${min} and ${max}, inclusive`)] : [];
}

export function userId(value: number | undefined, at: string): FieldError[] {
  return between(value, 0, 2147483647, at);
}

/** A choice: left out it is an error of its own, unless `optional`. */
export function oneOf(value: string | undefined, at: string, choices: readonly string[], optional = false): FieldError[] {
  if (value !== undefined && choices.includes(value)) return [];
  if (!value) return optional ? [] : [requiredValue(at)];
  return [notSupported(at, value, choices)];
}

export function unique(list: readonly string[], at: (i: number) => string, error: (at: string, value: string) => FieldError): FieldError[] {
  return list.flatMap((value, i) => (list.indexOf(value) < i ? [error(at(i), value)] : []));
}

/** Go's %#v of an intstr.IntOrString. */
export function goIntOrString(value: unknown): GoLiteral {
  return new GoLiteral(typeof value === 'number' ? `intstr.IntOrString{Type:0, IntVal:${value}, StrVal:""}` : `intstr.IntOrString{Type:1, IntVal:0, StrVal:${JSON.stringify(value ?? '')}}`);
}

const PERCENT = '[0-9]+%';
const percentOf = (value: unknown): number | undefined => (typeof value === 'string' && /^[0-9]+%$/.test(value) ? Number(value.slice(0, -1)) : undefined);

/** ValidatePositiveIntOrPercent. */
export function intOrPercent(value: unknown, at: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return nonNegative(value, at);
  return percentOf(value) === undefined ? [invalidValue(at, goIntOrString(value), `a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '${PERCENT}')`)] : [];
}

export function atMost100Percent(value: unknown, at: string): FieldError[] {
  return (percentOf(value) ?? 0) > 100 ? [invalidValue(at, goIntOrString(value), 'must not be greater than 100%')] : [];
}

/** getIntOrPercentValue: a text that is no percentage is read as a number, 0 if it is none. */
export function intOrPercentValue(value: unknown): number {
  return percentOf(value) ?? (Number.parseInt(String(value ?? 0), 10) || 0);
}

export function goStrings(list: readonly string[] | undefined, type = 'string'): GoLiteral {
  return new GoLiteral(list ? `[]${type}{${list.map((s) => JSON.stringify(s)).join(', ')}}` : `[]${type}(nil)`);
}

/** A path below a directory of the container's. */
export function descendingPath(path: string, at: string): FieldError[] {
  return [...(path.startsWith('/') ? [invalidValue(at, path, 'must be a relative path')] : []), ...noBacksteps(path, at)];
}

export function noBacksteps(path: string, at: string): FieldError[] {
  return path.split('/').includes('..') ? [invalidValue(at, path, "must not contain '..'")] : [];
}
