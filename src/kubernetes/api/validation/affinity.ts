import { badDns1123Label, badDns1123Subdomain, badLabelValue } from '../names.ts';
import { type FieldError, duplicateValue, forbiddenValue, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { goStruct } from './go-struct.ts';
import { type Any, each, named, NOT_POSITIVE, qualifiedName } from './rules.ts';
import { validateSelector } from './selector.ts';

/** Where a pod may and should run: affinity, tolerations, spreading (pkg/apis/core/validation). */

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution', PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(affinity: Any, at: string): FieldError[] {
  if (!affinity) return [];
  const node = affinity.nodeAffinity ?? {}, nodeAt = `${at}.nodeAffinity`;
  const out = node[REQUIRED] ? nodeSelector(node[REQUIRED], `${nodeAt}.${REQUIRED}`) : [];
  out.push(...each(node[PREFERRED], `${nodeAt}.${PREFERRED}`, (term, path) => [...weight(term.weight, path), ...nodeTerm(term.preference ?? {}, `${path}.preference`)]));
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const terms = affinity[kind] ?? {};
    out.push(...each(terms[REQUIRED], `${at}.${kind}.${REQUIRED}`, podTerm), ...each(terms[PREFERRED], `${at}.${kind}.${PREFERRED}`, (term, path) => [...weight(term.weight, path), ...podTerm(term.podAffinityTerm ?? {}, `${path}.podAffinityTerm`)]));
  }
  return out;
}

function weight(value: number | undefined, at: string): FieldError[] {
  return value !== undefined && value >= 1 && value <= 100 ? [] : [invalidValue(`${at}.weight`, value ?? 0, 'must be in the range 1-100')];
}

/** ValidateNodeSelector; volumes have one too. */
export function nodeSelector(selector: Any, at: string): FieldError[] {
  return selector.nodeSelectorTerms?.length ? each(selector.nodeSelectorTerms, `${at}.nodeSelectorTerms`, nodeTerm) : [requiredValue(`${at}.nodeSelectorTerms`, 'must have at least one node selector term')];
}

function nodeTerm(term: Any, at: string): FieldError[] {
  return [...each(term.matchExpressions, `${at}.matchExpressions`, nodeRequirement), ...each(term.matchFields, `${at}.matchFields`, nodeField)];
}

function nodeRequirement({ key, operator, values }: Any, at: string): FieldError[] {
  const n = values?.length ?? 0, out: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') out.push(...(n === 0 ? [requiredValue(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")] : []));
  else if (operator === 'Exists' || operator === 'DoesNotExist') out.push(...(n > 0 ? [forbiddenValue(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")] : []));
  else if (operator === 'Gt' || operator === 'Lt') out.push(...(n === 1 ? [] : [requiredValue(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]));
  else out.push(invalidValue(`${at}.operator`, operator ?? '', 'not a valid selector operator'));
  return [...out, ...qualifiedName(key, `${at}.key`)];
}

function nodeField({ key, operator, values }: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  if (operator !== 'In' && operator !== 'NotIn') out.push(invalidValue(`${at}.operator`, operator ?? '', 'not a valid selector operator'));
  else if (values?.length !== 1) out.push(requiredValue(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
  return [...out, ...(key === 'metadata.name' ? each(values, `${at}.values`, (v, path) => named(v, path, badDns1123Subdomain)) : [invalidValue(`${at}.key`, key ?? '', 'not a valid field selector key')])];
}

function podTerm(term: Any, at: string): FieldError[] {
  return [
    ...validateSelector(term.labelSelector, `${at}.labelSelector`), ...validateSelector(term.namespaceSelector, `${at}.namespaceSelector`),
    ...((term.namespaces ?? []) as string[]).flatMap((name) => named(name, `${at}.namespace`, badDns1123Label)),
    ...(term.topologyKey ? [] : [requiredValue(`${at}.topologyKey`, 'can not be empty')]), ...qualifiedName(term.topologyKey, `${at}.topologyKey`),
  ];
}

export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTolerations(tolerations: Any[] | undefined, at: string): FieldError[] {
  return each(tolerations, at, (t, path) => {
    const out = t.key ? qualifiedName(t.key, `${path}.key`) : [];
    if (!t.key && t.operator !== 'Exists') out.push(invalidValue(`${path}.operator`, t.operator ?? '', 'operator must be Exists when `key` is empty, which means "match all values and all keys"'));
    if (t.tolerationSeconds !== undefined && t.effect !== 'NoExecute') out.push(invalidValue(`${path}.effect`, t.effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (!t.operator || t.operator === 'Equal') {
      const bad = badLabelValue(t.value ?? '');
      if (bad.length > 0) out.push(invalidValue(`${path}.operator`, t.value, bad.join(';')));
    } else if (t.operator !== 'Exists') out.push(notSupported(`${path}.operator`, t.operator, ['Equal', 'Exists']));
    else if (t.value) out.push(invalidValue(`${path}.operator`, goStruct('core.Toleration', t), "value must be empty when `operator` is 'Exists'"));
    if (t.effect && !TAINT_EFFECTS.includes(t.effect)) out.push(notSupported(`${path}.effect`, t.effect, TAINT_EFFECTS));
    return out;
  });
}

/** validateTopologySpreadConstraints. */
export function validateSpread(constraints: Any[] | undefined, at: string): FieldError[] {
  const all = constraints ?? [], policies = ['Honor', 'Ignore'];
  return each(all, at, (c, path, i) => {
    const out: FieldError[] = [], when = c.whenUnsatisfiable ?? '', min = c.minDomains;
    if (!(c.maxSkew > 0)) out.push(invalidValue(`${path}.maxSkew`, c.maxSkew ?? 0, NOT_POSITIVE));
    if (!c.topologyKey) out.push(requiredValue(`${path}.topologyKey`, 'can not be empty'));
    if (when !== 'DoNotSchedule' && when !== 'ScheduleAnyway') out.push(notSupported(`${path}.whenUnsatisfiable`, when, ['DoNotSchedule', 'ScheduleAnyway']));
    if (all.slice(i + 1).some((o) => o.topologyKey === c.topologyKey && o.whenUnsatisfiable === c.whenUnsatisfiable)) out.push(duplicateValue(`${path}.{topologyKey, whenUnsatisfiable}`, `{${c.topologyKey}, ${when}}`));
    if (min !== undefined && min <= 0) out.push(invalidValue(`${path}.minDomains`, min, NOT_POSITIVE));
    if (min !== undefined && when !== 'DoNotSchedule') out.push(invalidValue(`${path}.minDomains`, min, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${when}`));
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy']) if (c[field] !== undefined && !policies.includes(c[field])) out.push(notSupported(`${path}.${field}`, c[field], policies));
    const used = [...Object.keys(c.labelSelector?.matchLabels ?? {}), ...((c.labelSelector?.matchExpressions ?? []) as Any[]).map((e) => e.key)];
    if (c.matchLabelKeys?.length && !c.labelSelector) out.push(forbiddenValue(`${path}.matchLabelKeys`, 'must not be specified when labelSelector is not set'));
    out.push(...each(c.matchLabelKeys, `${path}.matchLabelKeys`, (key, keyPath) => [...qualifiedName(key, keyPath), ...(used.includes(key) ? [invalidValue(keyPath, key, 'exists in both matchLabelKeys and labelSelector')] : [])]));
    return [...out, ...validateSelector(c.labelSelector, `${path}.labelSelector`)];
  });
}
