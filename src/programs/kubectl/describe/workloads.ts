import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { humanDuration, rfc1123 } from '../duration.ts';
import type { Kubectl } from '../kubectl.ts';
import { labelSelectorText, podList } from '../pods.ts';
import { podTemplate } from './containers.ts';
import { annotations, controlledBy, events, formatLabels, goList, labels, nameAndNamespace, printBool, type Events, type Writer } from './writer.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */

function selectorText(selector: any): string {
  const text = labelSelectorText(selector);
  return text === '<none>' ? '' : text;
}

async function podsStatus(k: Kubectl, object: KubeObject, selector: string): Promise<string> {
  const n: Record<string, number> = { Running: 0, Pending: 0, Succeeded: 0, Failed: 0 };
  for (const p of await podList(k, object.metadata.namespace!, selector)) {
    if (p.metadata.ownerReferences?.find((o) => o.controller)?.uid !== object.metadata.uid) continue;
    n[p.status?.phase] = (n[p.status?.phase] ?? 0) + 1;
  }
  return `${n['Running']} Running / ${n['Pending']} Waiting / ${n['Succeeded']} Succeeded / ${n['Failed']} Failed`;
}

function conditions(w: Writer, object: KubeObject): void {
  if (!object.status?.conditions?.length) return;
  w.w(0, 'Conditions:\n  Type\tStatus\tReason\n');
  w.w(1, '----\t------\t------\n');
  for (const c of object.status.conditions) w.w(1, `${c.type} \t${c.status}\t${c.reason ?? ''}\n`);
}

export async function deployment(w: Writer, d: KubeObject, list: Events, k: Kubectl): Promise<void> {
  const { metadata, spec, status = {} } = d;
  const sets = await k.rest.get(`/apis/apps/v1/namespaces/${metadata.namespace}/replicasets`, { labelSelector: selectorText(spec.selector) });
  const own = (sets['items'] as KubeObject[]).filter((rs) => rs.metadata.ownerReferences?.find((o) => o.controller)?.uid === metadata.uid);
  const current = newReplicaSet(d, own);
  const old = own.filter((rs) => rs !== current);
  nameAndNamespace(w, d);
  w.field('CreationTimestamp', rfc1123(metadata.creationTimestamp));
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  w.field('Selector', selectorText(spec.selector));
  w.field('Replicas', `${spec.replicas} desired | ${status.updatedReplicas ?? 0} updated | ${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ${status.unavailableReplicas ?? 0} unavailable`);
  w.field('StrategyType', spec.strategy?.type ?? '');
  w.field('MinReadySeconds', spec.minReadySeconds ?? 0);
  const ru = spec.strategy?.rollingUpdate;
  if (ru) w.field('RollingUpdateStrategy', `${ru.maxUnavailable} max unavailable, ${ru.maxSurge} max surge`);
  podTemplate(w, spec.template);
  conditions(w, d);
  const text = (rs: KubeObject[]) => rs.map((r) => `${r.metadata.name} (${r.status?.replicas ?? 0}/${r.spec.replicas} replicas created)`).join(', ') || '<none>';
  if (own.length > 0) {
    w.field('OldReplicaSets', text(old));
    w.field('NewReplicaSet', text(current ? [current] : []));
  }
  events(w, list);
}

/** The ReplicaSet whose template is the Deployment's (the oldest one, when several are). */
function newReplicaSet(d: KubeObject, own: KubeObject[]): KubeObject | undefined {
  const template = (t: any) => {
    const { 'pod-template-hash': _, ...rest } = t.metadata?.labels ?? {};
    return JSON.stringify(sort({ ...t, metadata: { ...t.metadata, labels: rest } }));
  };
  const wanted = template(d.spec.template);
  return [...own].sort((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? -1 : 1)).find((rs) => template(rs.spec.template) === wanted);
}

function sort(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sort);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sort((value as any)[key])]));
}

export async function replicaSet(w: Writer, rs: KubeObject, list: Events, k: Kubectl): Promise<void> {
  const status = await podsStatus(k, rs, selectorText(rs.spec.selector));
  nameAndNamespace(w, rs);
  w.field('Selector', labelSelectorText(rs.spec.selector));
  labels(w, 'Labels', rs.metadata.labels);
  annotations(w, 'Annotations', rs.metadata.annotations);
  controlledBy(w, rs);
  w.field('Replicas', `${rs.status?.replicas ?? 0} current / ${rs.spec.replicas} desired`);
  w.field('Pods Status', status);
  podTemplate(w, rs.spec.template);
  conditions(w, rs);
  events(w, list);
}

export async function replicationController(w: Writer, rc: KubeObject, list: Events, k: Kubectl): Promise<void> {
  const status = await podsStatus(k, rc, formatLabels(rc.spec.selector));
  nameAndNamespace(w, rc);
  w.field('Selector', formatLabels(rc.spec.selector));
  labels(w, 'Labels', rc.metadata.labels);
  annotations(w, 'Annotations', rc.metadata.annotations);
  w.field('Replicas', `${rc.status?.replicas ?? 0} current / ${rc.spec.replicas} desired`);
  w.field('Pods Status', status);
  podTemplate(w, rc.spec.template);
  conditions(w, rc);
  events(w, list);
}

export async function daemonSet(w: Writer, ds: KubeObject, list: Events, k: Kubectl): Promise<void> {
  const pods = await podsStatus(k, ds, selectorText(ds.spec.selector));
  const s = ds.status ?? {};
  w.field('Name', ds.metadata.name);
  w.field('Selector', selectorText(ds.spec.selector));
  w.field('Node-Selector', formatLabels(ds.spec.template.spec.nodeSelector));
  labels(w, 'Labels', ds.metadata.labels);
  annotations(w, 'Annotations', ds.metadata.annotations);
  w.w(0, `Desired Number of Nodes Scheduled: ${s.desiredNumberScheduled ?? 0}\n`);
  w.w(0, `Current Number of Nodes Scheduled: ${s.currentNumberScheduled ?? 0}\n`);
  w.w(0, `Number of Nodes Scheduled with Up-to-date Pods: ${s.updatedNumberScheduled ?? 0}\n`);
  w.w(0, `Number of Nodes Scheduled with Available Pods: ${s.numberAvailable ?? 0}\n`);
  w.w(0, `Number of Nodes Misscheduled: ${s.numberMisscheduled ?? 0}\n`);
  w.field('Pods Status', pods);
  podTemplate(w, ds.spec.template);
  events(w, list);
}

export async function statefulSet(w: Writer, ss: KubeObject, list: Events, k: Kubectl): Promise<void> {
  const { metadata, spec, status = {} } = ss;
  const pods = await podsStatus(k, ss, selectorText(spec.selector));
  nameAndNamespace(w, ss);
  w.field('CreationTimestamp', rfc1123(metadata.creationTimestamp));
  w.field('Selector', selectorText(spec.selector));
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  w.field('Replicas', `${spec.replicas} desired | ${status.replicas ?? 0} total`);
  w.field('Update Strategy', spec.updateStrategy?.type ?? '');
  const ru = spec.updateStrategy?.rollingUpdate;
  if (ru?.partition !== undefined) {
    w.field('Partition', ru.partition, 1);
    if (ru.maxUnavailable !== undefined) w.field('MaxUnavailable', ru.maxUnavailable, 1);
  }
  w.field('Pods Status', pods);
  podTemplate(w, spec.template);
  const claims = spec.volumeClaimTemplates as any[] | undefined;
  if (!claims?.length) w.field('Volume Claims', '<none>');
  else {
    w.w(0, 'Volume Claims:\n');
    for (const c of claims) {
      w.field('Name', c.metadata.name, 1);
      w.field('StorageClass', c.spec.storageClassName ?? '', 1);
      labels(w, 'Labels', c.metadata.labels, '  ');
      labels(w, 'Annotations', c.metadata.annotations, '  ');
      w.field('Capacity', c.spec.resources?.requests?.storage ?? '<default>', 1);
      w.field('Access Modes', goList(c.spec.accessModes), 1);
    }
  }
  events(w, list);
}

export function job(w: Writer, j: KubeObject, list: Events): void {
  const { metadata, spec, status = {} } = j;
  nameAndNamespace(w, j);
  w.field('Selector', selectorText(spec.selector));
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  controlledBy(w, j);
  if (spec.parallelism !== undefined) w.field('Parallelism', spec.parallelism);
  w.field('Completions', spec.completions ?? '<unset>');
  if (spec.completionMode) w.field('Completion Mode', spec.completionMode);
  if (status.startTime) w.field('Start Time', rfc1123(status.startTime));
  if (status.completionTime) w.field('Completed At', rfc1123(status.completionTime));
  if (status.startTime && status.completionTime) w.field('Duration', humanDuration((Date.parse(status.completionTime) - Date.parse(status.startTime)) * 1000));
  if (spec.activeDeadlineSeconds !== undefined) w.field('Active Deadline Seconds', `${spec.activeDeadlineSeconds}s`);
  w.field('Pods Statuses', `${status.active ?? 0} Active${status.ready === undefined ? '' : ` (${status.ready} Ready)`} / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed`);
  if (spec.completionMode === 'Indexed') w.field('Completed Indexes', cap(status.completedIndexes ?? '', 50));
  podTemplate(w, spec.template);
  events(w, list);
}

function cap(indexes: string, limit: number): string {
  if (indexes === '') return '<none>';
  const comma = indexes.indexOf(',', limit);
  return comma < 0 ? indexes : `${indexes.slice(0, comma + 1)}...`;
}

export function cronJob(w: Writer, c: KubeObject, list: Events): void {
  const { metadata, spec, status = {} } = c;
  const inner = spec.jobTemplate.spec;
  nameAndNamespace(w, c);
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  w.field('Schedule', spec.schedule);
  w.field('Concurrency Policy', spec.concurrencyPolicy);
  w.field('Suspend', printBool(spec.suspend));
  w.field('Successful Job History Limit', spec.successfulJobsHistoryLimit ?? '<unset>');
  w.field('Failed Job History Limit', spec.failedJobsHistoryLimit ?? '<unset>');
  w.field('Starting Deadline Seconds', spec.startingDeadlineSeconds === undefined ? '<unset>' : `${spec.startingDeadlineSeconds}s`);
  w.field('Selector', inner.selector ? selectorText(inner.selector) : '<unset>');
  w.field('Parallelism', inner.parallelism ?? '<unset>');
  w.field('Completions', inner.completions ?? '<unset>');
  if (inner.activeDeadlineSeconds !== undefined) w.field('Active Deadline Seconds', `${inner.activeDeadlineSeconds}s`);
  podTemplate(w, inner.template);
  w.field('Last Schedule Time', status.lastScheduleTime ? rfc1123(status.lastScheduleTime) : '<unset>');
  w.field('Active Jobs', (status.active ?? []).map((a: any) => a.name).join(', ') || '<none>');
  events(w, list);
}
