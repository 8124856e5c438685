/** Errors of validation (k8s.io/apimachinery/pkg/util/validation/field). */
export interface FieldError {
  /** The machine-readable cause: FieldValueInvalid … */
  type: string;
  field: string;
  /** Without the field: `Invalid value: "x": must be …`. */
  message: string;
}

/** What stands after `Invalid value: `: strings are quoted as Go's %q, objects as Go prints or marshals them. */
export function goValue(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'object' && value instanceof GoLiteral) return value.text;
  if (typeof value === 'object') return JSON.stringify(sorted(value));
  return String(value);
}

/** A value that is printed as it is: `map[string]string{"app":"dos"}`. */
export class GoLiteral {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Go's %#v of a map[string]string. */
export function goMap(map: Record<string, string> | undefined): string {
  if (!map) return 'map[string]string(nil)';
  return `map[string]string{${Object.keys(map).sort().map((k) => `${goQuote(k)}:${goQuote(map[k]!)}`).join(', ')}}`;
}

/** Go's %#v of a metav1.LabelSelector, with nothing but pointers followed. */
export function goSelector(selector: { matchLabels?: Record<string, string>; matchExpressions?: { key: string; operator: string; values?: string[] }[] } | undefined): string {
  const expressions = selector?.matchExpressions;
  const list = expressions
    ? `[]v1.LabelSelectorRequirement{${expressions.map((e) => `v1.LabelSelectorRequirement{Key:${goQuote(e.key)}, Operator:${goQuote(e.operator)}, Values:${e.values ? `[]string{${e.values.map(goQuote).join(', ')}}` : '[]string(nil)'}}`).join(', ')}}`
    : '[]v1.LabelSelectorRequirement(nil)';
  return `v1.LabelSelector{MatchLabels:${goMap(selector?.matchLabels)}, MatchExpressions:${list}}`;
}

export function goQuote(text: string): string {
  return JSON.stringify(text);
}

export const invalidValue = (field: string, value: unknown, why: string): FieldError => ({ type: 'FieldValueInvalid', field, message: `Invalid value: ${goValue(value)}${why ? `: ${why}` : ''}` });
export const requiredValue = (field: string, why = ''): FieldError => ({ type: 'FieldValueRequired', field, message: `Required value${why ? `: ${why}` : ''}` });
export const duplicateValue = (field: string, value: unknown): FieldError => ({ type: 'FieldValueDuplicate', field, message: `Duplicate value: ${goValue(value)}` });
export const forbiddenValue = (field: string, why: string): FieldError => ({ type: 'FieldValueForbidden', field, message: `Forbidden: ${why}` });
export const notFoundValue = (field: string, value: unknown): FieldError => ({ type: 'FieldValueNotFound', field, message: `Not found: ${goValue(value)}` });
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: 'FieldValueNotSupported', field, message: `Unsupported value: ${goValue(value)}${supported.length > 0 ? `: supported values: ${supported.map((s) => goQuote(s)).join(', ')}` : ''}`,
});
export const tooMany = (field: string, n: number, max: number): FieldError => ({ type: 'FieldValueTooMany', field, message: `Too many: ${n}: must have at most ${max} items` });
export const tooLong = (field: string, max: number): FieldError => ({ type: 'FieldValueTooLong', field, message: `Too long: must have at most ${max} bytes` });

/** utilerrors.Aggregate: one error as it is, several as `[a, b]`. */
export function aggregate(errors: FieldError[]): string {
  const texts = [...new Set(errors.map((e) => `${e.field}: ${e.message}`))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.keys(value).sort().map((k) => [k, sorted((value as Record<string, unknown>)[k])]));
}
