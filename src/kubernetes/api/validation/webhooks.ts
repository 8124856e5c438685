import { badDns1035Label, badDns1123Subdomain, badLabelKey } from '../names.ts';
import { type FieldError, duplicateValue, invalidValue, notSupported, requiredValue, tooMany } from '../field-errors.ts';
import { type Any, each, goStrings, oneOf } from './rules.ts';
import { validateSelector } from './selector.ts';

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const REVIEWS = ['v1', 'v1beta1'];
const NO_SIDE_EFFECTS = ['None', 'NoneOnDryRun'];

/** Webhooks that validate or mutate (pkg/apis/admissionregistration/validation). */
export function validateWebhooks(o: Any): FieldError[] {
  const names = new Set<string>();
  return each(o.webhooks, 'webhooks', (hook, at) => {
    const out = [...qualifiedName(hook.name ?? '', `${at}.name`), ...each(hook.rules, `${at}.rules`, rule)], seconds = hook.timeoutSeconds;
    out.push(...oneOf(hook.failurePolicy, `${at}.failurePolicy`, ['Fail', 'Ignore']), ...oneOf(hook.matchPolicy, `${at}.matchPolicy`, ['Equivalent', 'Exact']));
    if (hook.sideEffects === undefined) out.push(requiredValue(`${at}.sideEffects`, `must specify one of ${NO_SIDE_EFFECTS.join(', ')}`));
    else if (!NO_SIDE_EFFECTS.includes(hook.sideEffects)) out.push(notSupported(`${at}.sideEffects`, hook.sideEffects, NO_SIDE_EFFECTS));
    if (seconds < 1 || seconds > 30) out.push(invalidValue(`${at}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'));
    out.push(...validateSelector(hook.namespaceSelector, `${at}.namespaceSelector`), ...validateSelector(hook.objectSelector, `${at}.objectSelector`), ...clientConfig(hook.clientConfig ?? {}, `${at}.clientConfig`));
    const reviews = (hook.admissionReviewVersions ?? []) as string[], reviewsAt = `${at}.admissionReviewVersions`;
    if (reviews.length === 0) out.push(requiredValue(reviewsAt, `must specify one of ${REVIEWS.join(', ')}`));
    else {
      out.push(...each(reviews, reviewsAt, (v, path) => badDns1035Label(v).map((why) => invalidValue(path, v, why))));
      if (!reviews.some((v) => REVIEWS.includes(v))) out.push(invalidValue(reviewsAt, goStrings(reviews), `must include at least one of ${REVIEWS.join(', ')}`));
    }
    if (hook.reinvocationPolicy !== undefined) out.push(...oneOf(hook.reinvocationPolicy, `${at}.reinvocationPolicy`, ['IfNeeded', 'Never']));
    out.push(...matchConditions((hook.matchConditions ?? []) as Any[], `${at}.matchConditions`));
    if (names.has(hook.name)) out.push(duplicateValue(`${at}.name`, hook.name));
    names.add(hook.name);
    return out;
  });
}

/** Whether their expressions are any is for admission to say, which has CEL. */
function matchConditions(conditions: Any[], at: string): FieldError[] {
  const names = new Set<string>();
  return [...(conditions.length > 64 ? [tooMany(at, conditions.length, 64)] : []), ...each(conditions, at, ({ name, expression }, path) => {
    const twice = name && names.has(name) ? [duplicateValue(`${path}.name`, name)] : [];
    names.add(name);
    return [...(expression?.trim() ? [] : [requiredValue(`${path}.expression`)]), ...(name ? badLabelKey(name).map((why) => invalidValue(`${path}.name`, name, why)) : [requiredValue(`${path}.name`)]), ...twice];
  })];
}

/** IsFullyQualifiedName. */
function qualifiedName(name: string, at: string): FieldError[] {
  if (!name) return [requiredValue(at)];
  const bad = badDns1123Subdomain(name);
  if (bad.length > 0) return [invalidValue(at, name, bad.join(','))];
  return name.split('.').length < 3 ? [invalidValue(at, name, 'should be a domain with at least three segments separated by dots')] : [];
}

function rule(r: Any, at: string): FieldError[] {
  const operations = (r.operations ?? []) as string[];
  const list = (field: string, what: string) => {
    const values = (r[field] ?? []) as string[];
    if (values.length === 0) return [requiredValue(`${at}.${field}`)];
    return values.length > 1 && values.includes('*') ? [invalidValue(`${at}.${field}`, goStrings(values), `if '*' is present, must not specify other ${what}`)] : [];
  };
  return [
    ...list('operations', 'operations'), ...each(operations, `${at}.operations`, (op, path) => (OPERATIONS.includes(op) ? [] : [notSupported(path, op, OPERATIONS)])),
    ...list('apiGroups', 'API groups'), ...list('apiVersions', 'API versions'), ...(r.resources?.length ? [] : [requiredValue(`${at}.resources`)]),
    ...(r.scope === undefined ? [] : oneOf(r.scope, `${at}.scope`, ['*', 'Cluster', 'Namespaced'])),
  ];
}

function clientConfig({ url, service }: Any, at: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) return [requiredValue(at, 'exactly one of url or service is required')];
  if (service) return ['name', 'namespace'].filter((field) => !service[field]).map((field) => requiredValue(`${at}.service.${field}`, `service ${field} is required`));
  return /^https:\/\/[^/]/.test(url) ? [] : [invalidValue(`${at}.url`, url, /^\w+:/.test(url) && !url.startsWith('https:') ? "'https' is the only allowed URL scheme; desired format: https://host[/path]" : 'host must be specified; desired format: https://host[/path]')];
}
