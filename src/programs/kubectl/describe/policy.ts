import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { rfc1123 } from '../duration.ts';
import { labelSelectorText } from '../pods.ts';
import { annotations, events, formatLabels, goList, labels, nameAndNamespace, type Events, type Writer } from './writer.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */

export function disruptionBudget(w: Writer, pdb: KubeObject, list: Events): void {
  const { spec, status = {} } = pdb;
  nameAndNamespace(w, pdb);
  if (spec.minAvailable !== undefined) w.field('Min available', spec.minAvailable);
  else if (spec.maxUnavailable !== undefined) w.field('Max unavailable', spec.maxUnavailable);
  w.field('Selector', spec.selector ? labelSelectorText(spec.selector) : '<unset>');
  w.w(0, 'Status:\n');
  w.field('Allowed disruptions', status.disruptionsAllowed ?? 0, 2);
  w.field('Current', status.currentHealthy ?? 0, 2);
  w.field('Desired', status.desiredHealthy ?? 0, 2);
  w.field('Total', status.expectedPods ?? 0, 2);
  events(w, list);
}

export function priorityClass(w: Writer, pc: KubeObject, list: Events): void {
  w.field('Name', pc.metadata.name);
  w.field('Value', pc['value'] ?? 0);
  w.field('GlobalDefault', pc['globalDefault'] === true);
  w.field('PreemptionPolicy', pc['preemptionPolicy'] ?? '');
  w.field('Description', pc['description'] ?? '');
  w.field('Annotations', formatLabels(pc.metadata.annotations));
  events(w, list);
}

export function autoscaler(w: Writer, hpa: KubeObject, list: Events): void {
  const { metadata, spec, status = {} } = hpa;
  nameAndNamespace(w, hpa);
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  w.field('CreationTimestamp', rfc1123(metadata.creationTimestamp));
  w.field('Reference', `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`);
  w.field('Metrics', '( current / target )');
  (spec.metrics ?? []).forEach((m: any, i: number) => metric(w, m, status.currentMetrics?.[i]));
  w.field('Min replicas', spec.minReplicas ?? '<unset>');
  w.field('Max replicas', spec.maxReplicas);
  if (spec.behavior) {
    w.w(0, 'Behavior:\n');
    behavior(w, 'Scale Up', spec.behavior.scaleUp);
    behavior(w, 'Scale Down', spec.behavior.scaleDown);
  }
  w.field(`${spec.scaleTargetRef.kind} pods`, `${status.currentReplicas ?? 0} current / ${status.desiredReplicas ?? 0} desired`);
  if (status.conditions?.length) {
    w.w(0, 'Conditions:\n');
    w.w(1, 'Type\tStatus\tReason\tMessage\n');
    w.w(1, '----\t------\t------\t-------\n');
    for (const c of status.conditions) w.w(1, `${c.type}\t${c.status}\t${c.reason ?? ''}\t${c.message ?? ''}\n`);
  }
  events(w, list);
}

function metric(w: Writer, m: any, current: any): void {
  const resource = m.resource ?? m.containerResource, now = (current?.resource ?? current?.containerResource)?.current;
  if (resource) {
    w.w(1, m.resource ? `resource ${resource.name} on pods` : `resource ${resource.name} of container "${resource.container}" on pods`);
    if (resource.target.averageValue !== undefined) return w.w(0, `:\t${now?.averageValue ?? '<unknown>'} / ${resource.target.averageValue}\n`);
    const text = now?.averageUtilization !== undefined ? `${now.averageUtilization}% (${now.averageValue})` : '<unknown>';
    return w.w(1, `(as a percentage of request):\t${text} / ${resource.target.averageUtilization !== undefined ? `${resource.target.averageUtilization}%` : '<auto>'}\n`);
  }
  if (m.pods) return w.w(1, `${JSON.stringify(m.pods.metric.name)} on pods:\t${current?.pods?.current?.averageValue ?? '<unknown>'} / ${m.pods.target.averageValue}\n`);
  if (m.object) {
    w.w(1, `"${m.object.metric.name}" on ${m.object.describedObject.kind}/${m.object.describedObject.name} `);
    const average = m.object.target.type === 'AverageValue', field = average ? 'averageValue' : 'value';
    return w.w(0, `(target ${average ? 'average ' : ''}value):\t${current?.object?.current?.[field] ?? '<unknown>'} / ${m.object.target[field]}\n`);
  }
  if (m.external) {
    const average = m.external.target.averageValue !== undefined, field = average ? 'averageValue' : 'value';
    return w.w(1, `${JSON.stringify(m.external.metric.name)} (target ${average ? 'average ' : ''}value):\t${current?.external?.current?.[field] ?? '<unknown>'} / ${m.external.target[field]}\n`);
  }
  w.w(1, `<unknown metric type ${JSON.stringify(m.type)}>\n`);
}

function behavior(w: Writer, direction: string, rules: any): void {
  if (!rules) return;
  w.w(1, `${direction}:\n`);
  if (rules.stabilizationWindowSeconds !== undefined) w.w(2, `Stabilization Window: ${rules.stabilizationWindowSeconds} seconds\n`);
  if (!rules.policies?.length) return;
  w.w(2, `Select Policy: ${rules.selectPolicy ?? 'Max'}\n`);
  w.w(2, 'Policies:\n');
  for (const p of rules.policies) w.w(3, `- Type: ${p.type}\tValue: ${p.value}\tPeriod: ${p.periodSeconds} seconds\n`);
}

/** Roles and ClusterRoles: rules taken apart, put together again by resource, sorted. */
export function role(w: Writer, r: KubeObject): void {
  w.field('Name', r.metadata.name);
  labels(w, 'Labels', r.metadata.labels);
  annotations(w, 'Annotations', r.metadata.annotations);
  w.w(0, 'PolicyRule:\n');
  w.w(1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs\n');
  w.w(1, '---------\t-----------------\t--------------\t-----\n');
  for (const row of compactRules((r['rules'] as any[] | null) ?? [])) w.w(1, `${row.resource}\t${goList(row.urls)}\t${goList(row.names)}\t${goList(row.verbs)}\n`);
}

export interface Row {
  group: string | undefined;
  full: string | undefined;
  resource: string;
  urls: string[];
  names: string[];
  verbs: string[];
}

/** Rules taken apart and put together by resource, in the order kubectl shows them. */
export function compactRules(rules: any[]): Row[] {
  const rows = new Map<string, Row>();
  const add = (group: string | undefined, resource: string | undefined, name: string | undefined, url: string | undefined, verb: string) => {
    const [main, sub] = (resource ?? '').split(/\/(.*)/s) as [string, string?];
    const shown = resource === undefined ? '' : `${main}${group ? `.${group}` : ''}${sub !== undefined ? `/${sub}` : ''}`;
    const key = JSON.stringify([group, resource, name, url]);
    const row = rows.get(key) ?? { group, full: resource, resource: shown, urls: url === undefined ? [] : [url], names: name === undefined ? [] : [name], verbs: [] };
    if (!row.verbs.includes(verb)) row.verbs.push(verb);
    rows.set(key, row);
  };
  for (const rule of rules) {
    for (const group of rule.apiGroups ?? []) for (const resource of rule.resources ?? []) for (const verb of rule.verbs ?? []) {
      if (rule.resourceNames?.length) for (const name of rule.resourceNames) add(group, resource, name, undefined, verb);
      else add(group, resource, undefined, undefined, verb);
    }
    for (const url of rule.nonResourceURLs ?? []) for (const verb of rule.verbs ?? []) rows.set(`url ${rows.size}`, { group: undefined, full: undefined, resource: '', urls: [url], names: [], verbs: [verb] });
  }
  const text = (r: Row) => ruleText(r.verbs, r.group, r.full, r.names, r.urls);
  return [...rows.values()].sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
}

/** rbac.SortableRuleSlice compares the text of the whole rule, which begins with its verbs. */
function ruleText(verbs: string[], group: string | undefined, resource: string | undefined, names: string[], urls: string[]): string {
  const one = (v: string | undefined) => (v === undefined ? '[]' : `[${v}]`);
  return `&PolicyRule{Verbs:${goList(verbs)},APIGroups:${one(group)},Resources:${one(resource)},ResourceNames:${goList(names)},NonResourceURLs:${goList(urls)},}`;
}

export function roleBinding(w: Writer, b: KubeObject): void {
  w.field('Name', b.metadata.name);
  labels(w, 'Labels', b.metadata.labels);
  annotations(w, 'Annotations', b.metadata.annotations);
  w.w(0, 'Role:\n');
  w.field('Kind', b['roleRef'].kind, 1);
  w.field('Name', b['roleRef'].name, 1);
  w.w(0, 'Subjects:\n');
  w.w(1, 'Kind\tName\tNamespace\n');
  w.w(1, '----\t----\t---------\n');
  for (const s of (b['subjects'] as any[] | undefined) ?? []) w.w(1, `${s.kind}\t${s.name}\t${s.namespace ?? ''}\n`);
}
