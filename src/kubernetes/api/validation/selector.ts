import { badLabelValue } from '../names.ts';
import { type FieldError, forbiddenValue, invalidValue, requiredValue } from '../field-errors.ts';
import { type Any, each, named, qualifiedName } from './rules.ts';

/** metav1 validation.ValidateLabelSelector. */
export function validateSelector(selector: Any, at: string): FieldError[] {
  if (!selector) return [];
  const labels = Object.entries((selector.matchLabels ?? {}) as Record<string, string>).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...labels.flatMap(([key, value]) => [...qualifiedName(key, `${at}.matchLabels`), ...named(value, `${at}.matchLabels`, badLabelValue)]),
    ...each(selector.matchExpressions, `${at}.matchExpressions`, ({ key, operator, values }, path) => {
      const out: FieldError[] = [];
      if (operator === 'In' || operator === 'NotIn') out.push(...(values?.length ? [] : [requiredValue(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]));
      else if (operator === 'Exists' || operator === 'DoesNotExist') out.push(...(values?.length ? [forbiddenValue(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")] : []));
      else out.push(invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
      return [...out, ...qualifiedName(key, `${path}.key`), ...each(values, `${path}.values`, (v, valuePath) => named(v, valuePath, badLabelValue))];
    }),
  ];
}

export function isEmptySelector(selector: Any): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 && !selector?.matchExpressions?.length;
}
