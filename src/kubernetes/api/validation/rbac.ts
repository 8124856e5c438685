import { badDns1123Subdomain, badPathSegment } from '../names.ts';
import { type FieldError, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { same } from '../same.ts';
import { goStruct } from './go-struct.ts';
import { type Any, each, goStrings, named, requiredName } from './rules.ts';
import { validateSelector } from './selector.ts';

export const RBAC = 'rbac.authorization.k8s.io';

/** Roles and bindings (pkg/apis/rbac/validation). */

export function validateRole(o: Any): FieldError[] {
  const aggregated = o.aggregationRule, selectors = 'aggregationRule.clusterRoleSelectors';
  return [
    ...each(o.rules, 'rules', (rule, at) => policyRule(rule, at, o.metadata.namespace !== undefined)),
    ...(aggregated && !aggregated.clusterRoleSelectors?.length ? [requiredValue(selectors, 'at least one clusterRoleSelector required if aggregationRule is non-nil')] : []),
    ...each(aggregated?.clusterRoleSelectors, selectors, validateSelector),
  ];
}

function policyRule(rule: Any, at: string, namespaced: boolean): FieldError[] {
  const out = rule.verbs?.length ? [] : [requiredValue(`${at}.verbs`, 'verbs must contain at least one value')];
  if (rule.nonResourceURLs?.length) {
    if (namespaced) out.push(invalidValue(`${at}.nonResourceURLs`, goStrings(rule.nonResourceURLs), 'namespaced rules cannot apply to non-resource URLs'));
    if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) out.push(invalidValue(`${at}.nonResourceURLs`, goStrings(rule.nonResourceURLs), 'rules cannot apply to both regular resources and non-resource URLs'));
    return out;
  }
  if (!rule.apiGroups?.length) out.push(requiredValue(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  return rule.resources?.length ? out : [...out, requiredValue(`${at}.resources`, 'resource rules must supply at least one resource')];
}

export function validateBinding(o: Any): FieldError[] {
  const ref = o.roleRef ?? {}, namespaced = o.kind === 'RoleBinding', kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  return [
    ...(ref.apiGroup === RBAC ? [] : [notSupported('roleRef.apiGroup', ref.apiGroup ?? '', [RBAC])]), ...(kinds.includes(ref.kind) ? [] : [notSupported('roleRef.kind', ref.kind ?? '', kinds)]),
    ...requiredName(ref.name, 'roleRef.name', badPathSegment), ...each(o.subjects, 'subjects', (s, at) => subject(s, at, namespaced)),
  ];
}

function subject(s: Any, at: string, namespaced: boolean): FieldError[] {
  const out = s.name ? [] : [requiredValue(`${at}.name`)], group = s.apiGroup ?? '';
  if (s.kind === 'ServiceAccount') {
    if (s.name) out.push(...named(s.name, `${at}.name`, badDns1123Subdomain));
    if (group) out.push(notSupported(`${at}.apiGroup`, group, ['']));
    if (!namespaced && !s.namespace) out.push(requiredValue(`${at}.namespace`));
  } else if (s.kind === 'User' || s.kind === 'Group') out.push(...(group === RBAC ? [] : [notSupported(`${at}.apiGroup`, group, [RBAC])]));
  else out.push(notSupported(`${at}.kind`, s.kind ?? '', ['ServiceAccount', 'User', 'Group']));
  return out;
}

export function validateBindingUpdate(o: Any, old: Any): FieldError[] {
  return same(o.roleRef, old.roleRef) ? [] : [invalidValue('roleRef', goStruct('rbac.RoleRef', o.roleRef), 'cannot change roleRef')];
}
