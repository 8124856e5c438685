import { type LabelSelector, matchesSelector } from '../../client/labels.ts';
import type { Admission } from './index.ts';

/** admissionregistration.k8s.io RuleWithOperations. */
export interface Rule {
  apiGroups: string[];
  apiVersions: string[];
  operations: string[];
  resources: string[];
  scope?: string;
  resourceNames?: string[];
}

/** Whether a rule means this write (apiserver/pkg/admission/plugin/webhook/predicates/rules). */
export function ruleMatches(r: Rule, { info, operation, subresource, object, old }: Admission): boolean {
  const has = (list: string[], value: string) => list.includes('*') || list.includes(value), resource = subresource === '' ? info.resource : `${info.resource}/${subresource}`;
  return has(r.apiGroups, info.group) && has(r.apiVersions, info.version) && has(r.operations, operation) && (r.scope === undefined || r.scope === '*' || (r.scope === 'Namespaced') === info.namespaced)
    && (r.resourceNames === undefined || r.resourceNames.length === 0 || r.resourceNames.includes((object ?? old)?.metadata.name ?? ''))
    && (r.resources.includes(resource) || r.resources.includes('*/*') || (subresource === '' && r.resources.includes('*')) || (subresource !== '' && r.resources.includes(`${info.resource}/*`)));
}

/** Whether the selectors of a webhook or policy mean what is written and the namespace it is in. */
export function selected({ server, info, object, old }: Admission, { namespaceSelector, objectSelector }: { namespaceSelector?: LabelSelector | undefined; objectSelector?: LabelSelector | undefined }): boolean {
  const subject = object ?? old, namespaces = server.resource('', 'v1', 'namespaces')!;
  const labels = info.namespaced && subject?.metadata.namespace ? server.registry.find(namespaces, '', subject.metadata.namespace)?.metadata.labels : undefined;
  return matchesSelector(namespaceSelector ?? {}, labels ?? {}) && (matchesSelector(objectSelector ?? {}, object?.metadata.labels ?? {}) || (old !== undefined && matchesSelector(objectSelector ?? {}, old.metadata.labels ?? {})));
}
