import { badLabelValue } from '../names.ts';
import { type FieldError, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { TAINT_EFFECTS } from './affinity.ts';
import { goStruct } from './go-struct.ts';
import { type Any, each, qualifiedName } from './rules.ts';

/** validateNodeTaints. */
export function validateTaints(taints: Any[] | undefined): FieldError[] {
  const seen = new Set<string>();
  return each(taints, 'metadata.taints', (taint, at) => {
    const { key = '', value = '', effect = '' } = taint, out = qualifiedName(key, `${at}.key`), bad = badLabelValue(value), id = `${key}:${effect}`;
    if (bad.length > 0) out.push(invalidValue(`${at}.value`, value, bad.join(';')));
    if (!effect) out.push(requiredValue(`${at}.effect`));
    else if (!TAINT_EFFECTS.includes(effect)) out.push(notSupported(`${at}.effect`, effect, TAINT_EFFECTS));
    if (seen.has(id)) out.push({ type: 'FieldValueDuplicate', field: at, message: `Duplicate value: ${goStruct('core.Taint', taint).text}: taints must be unique by key and effect pair` });
    seen.add(id);
    return out;
  });
}
