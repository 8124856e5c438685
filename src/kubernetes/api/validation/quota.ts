import { badLabelKey } from '../names.ts';
import { type FieldError, duplicateValue, forbiddenValue, invalidValue, requiredValue } from '../field-errors.ts';
import { canonical, compareQuantities, quantity } from '../quantity.ts';
import { same } from '../same.ts';
import { goQuantity } from './go-struct.ts';
import { limitRangeResourceName, quotaResourceName, resourceAmount } from './resources.ts';
import { type Any, each, eachKey, goStrings, IMMUTABLE, named } from './rules.ts';

/** ResourceQuotas and LimitRanges (pkg/apis/core/validation). */

export function validateQuota(spec: Any): FieldError[] {
  return [...eachKey(spec?.hard, 'spec.hard', (name, value, at) => [...quotaResourceName(name, at), ...resourceAmount(name, value, at)]), ...scopes(spec ?? {}), ...scopeSelector(spec ?? {})];
}

const SCOPES = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity'];
const COMPUTE = ['pods', 'cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** IsResourceQuotaScopeValidForResource. */
function scopeFits(scope: string, resource: string): boolean {
  return scope === 'BestEffort' ? resource === 'pods' : !SCOPES.includes(scope) || COMPUTE.includes(resource);
}

const standardNames = (spec: Any): string[] => Object.keys((spec.hard ?? {}) as object).filter((n) => quotaResourceName(n, '').length === 0 && !n.includes('/')).sort();
const conflicts = (set: string[]) => [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']].filter((pair) => pair.every((s) => set.includes(s)));

function scopes(spec: Any): FieldError[] {
  const list = (spec.scopes ?? []) as string[], out: FieldError[] = [], wrong = (why: string) => invalidValue('spec.scopes', goStrings(list, 'core.ResourceQuotaScope'), why);
  for (const scope of list) {
    if (!SCOPES.includes(scope)) out.push(wrong('unsupported scope'));
    for (const name of standardNames(spec)) if (!scopeFits(scope, name)) out.push(wrong('unsupported scope applied to resource'));
  }
  return [...out, ...conflicts(list).map(() => wrong('conflicting scopes'))];
}

function scopeSelector(spec: Any): FieldError[] {
  const list = (spec.scopeSelector?.matchExpressions ?? []) as Any[], at = 'spec.scopeSelector.matchExpressions', out: FieldError[] = [];
  for (const { scopeName = '', operator = '', values } of list) {
    if (!SCOPES.includes(scopeName)) out.push(invalidValue(`${at}.scopeName`, scopeName, 'unsupported scope'));
    if (SCOPES.includes(scopeName) && scopeName !== 'PriorityClass' && operator !== 'Exists') out.push(invalidValue(`${at}.operator`, operator, "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"));
    if (operator === 'In' || operator === 'NotIn') out.push(...(values?.length ? [] : [requiredValue(`${at}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")]));
    else if (operator === 'Exists' || operator === 'DoesNotExist') out.push(...(values?.length ? [invalidValue(`${at}.values`, goStrings(values), "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")] : []));
    else out.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
  }
  return out;
}

export function validateQuotaUpdate(spec: Any, was: Any): FieldError[] {
  const set = (list: string[] | undefined) => [...new Set(list)].sort();
  return same(set(spec?.scopes), set(was?.scopes)) ? [] : [invalidValue('spec.scopes', goStrings(spec.scopes, 'core.ResourceQuotaScope'), IMMUTABLE)];
}

const BOUNDS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'];

/** ValidateLimitRange. */
export function validateLimitRange(spec: Any): FieldError[] {
  const types = new Set<string>();
  return each(spec?.limits, 'spec.limits', (limit, at) => {
    const type = limit.type ?? '', out = named(type, `${at}.type`, badLabelKey);
    if (out.length === 0 && !type.includes('/') && !['Pod', 'Container', 'PersistentVolumeClaim'].includes(type)) out.push(invalidValue(`${at}.type`, type, 'must be a standard limit type or fully qualified'));
    if (types.has(type)) out.push(duplicateValue(`${at}.type`, type));
    types.add(type);
    const names = new Set<string>();
    for (const bound of BOUNDS) {
      if (bound === 'maxLimitRequestRatio' && type === 'PersistentVolumeClaim' && limit.min?.storage === undefined && limit.max?.storage === undefined) out.push(requiredValue(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
      if (type === 'Pod' && bound.startsWith('default')) {
        if (Object.keys((limit[bound] ?? {}) as object).length > 0) out.push(forbiddenValue(`${at}.${bound}`, "may not be specified when `type` is 'Pod'"));
        continue;
      }
      out.push(...eachKey(limit[bound], `${at}.${bound}`, (name, _, path) => {
        names.add(name);
        return limitRangeResourceName(type, name, path);
      }));
    }
    return [...out, ...[...names].sort().flatMap((name) => bounds(limit, name, at))];
  });
}

function bounds(limit: Any, name: string, at: string): FieldError[] {
  const of = (bound: string): string | undefined => limit[bound]?.[name];
  const [max, min, byDefault, request, ratio] = BOUNDS.map(of), out: FieldError[] = [];
  const above = (a: string | undefined, b: string | undefined) => a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
  const text = (q: string | undefined) => canonical(String(q)), wrong = (bound: string, value: string | undefined, why: string) => out.push(invalidValue(`${at}.${bound}[${name}]`, goQuantity(String(value)), why));
  if (above(min, max)) wrong('min', min, `min value ${text(min)} is greater than max value ${text(max)}`);
  if (above(min, request)) wrong('defaultRequest', request, `min value ${text(min)} is greater than default request value ${text(request)}`);
  if (above(request, max)) wrong('defaultRequest', request, `default request value ${text(request)} is greater than max value ${text(max)}`);
  if (above(request, byDefault)) wrong('defaultRequest', request, `default request value ${text(request)} is greater than default limit value ${text(byDefault)}`);
  if (above(min, byDefault)) wrong('default', min, `min value ${text(min)} is greater than default value ${text(byDefault)}`);
  if (above(byDefault, max)) wrong('default', max, `default value ${text(byDefault)} is greater than max value ${text(max)}`);
  if (ratio === undefined) return out;
  if (above('1', ratio)) wrong('maxLimitRequestRatio', ratio, `ratio ${text(ratio)} is less than 1`);
  if (min === undefined || max === undefined) return out;
  const most = Number(quantity(max).nano) / Number(quantity(min).nano);
  if (Number(quantity(ratio).nano) / 1e9 > most) wrong('maxLimitRequestRatio', ratio, `ratio ${text(ratio)} is greater than max/min = ${most.toFixed(6)}`);
  return out;
}
