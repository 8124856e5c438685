import type { KubeObject } from '../api/types.ts';
import { ApiError } from '../client/client.ts';
import type { EventRecorder } from '../client/events.ts';
import { controllerOf } from '../client/owners.ts';
import { type Condition, deepEqual, isPodReady } from '../client/pods.ts';
import { parseTime, rfc3339 } from '../client/time.ts';
import { type Micros, SECOND } from '../../sim/clock.ts';
import { type ControllerContext, JOBS, PODS, type Resource } from './context.ts';
import { claimPods, createPod, deletePod, podFromTemplate, slowStart } from './replicaset.ts';

const FINALIZER = 'batch.kubernetes.io/job-tracking', INDEX = 'batch.kubernetes.io/job-completion-index';
const BACKOFF = 10 * SECOND, MAX_BACKOFF = 360 * SECOND;

/** pkg/controller/job. Pod failure policies and per-index backoff are not here. */
export function startJobController(context: ControllerContext): void {
  const jobs = context.resource('job-controller', JOBS), pods = context.resource('job-controller', PODS), recorder = context.recorder('job-controller');
  const queue = context.queue((key) => {
    const job = jobs.byKey(key);
    if (job) sync({ context, jobs, pods, recorder, again: (delay) => queue.add(key, delay) }, job);
  });
  /** Pods whose Job is gone must not wait for it. */
  const orphans = context.queue((key) => {
    const pod = pods.byKey(key), owner = pod && controllerOf(pod);
    if (!pod?.metadata.finalizers?.includes(FINALIZER)) return;
    if (owner?.kind === 'Job' && jobs.get(pod.metadata.namespace, owner.name)?.metadata.uid === owner.uid) return;
    release(pods, pod);
  });
  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  const changed = (pod: KubeObject) => {
    const owner = controllerOf(pod);
    if (owner?.kind === 'Job' && jobs.get(pod.metadata.namespace, owner.name)?.metadata.uid === owner.uid) queue.add(`${pod.metadata.namespace}/${owner.name}`);
    else if (pod.metadata.finalizers?.includes(FINALIZER)) orphans.add(keyOf(pod));
  };
  jobs.informer.on({
    add: (j) => queue.add(keyOf(j)), update: (j) => queue.add(keyOf(j)),
    delete: (j) => {
      for (const pod of pods.ownedBy(j)) orphans.add(keyOf(pod));
    },
  });
  pods.informer.on({ add: changed, update: changed, delete: changed });
}

interface Parts {
  context: ControllerContext;
  jobs: Resource;
  pods: Resource;
  recorder: EventRecorder;
  again(delay: Micros): void;
}

function sync({ context, jobs, pods, recorder, again }: Parts, job: KubeObject): void {
  const { clock } = context, now = rfc3339(clock.now), { spec } = job;
  if (isFinished(job)) {
    for (const pod of pods.ownedBy(job)) release(pods, pod);
    return;
  }
  if (job.metadata.deletionTimestamp) {
    for (const pod of pods.ownedBy(job)) release(pods, pod);
    return;
  }
  let status: KubeObject['status'] = job.status ?? {};
  let conditions = (status.conditions ?? []) as Condition[];
  if (!status.startTime && !spec.suspend) {
    status = { ...status, startTime: now };
    if (spec.activeDeadlineSeconds !== undefined) again(spec.activeDeadlineSeconds * SECOND);
  }
  const mine = claimPods(pods, job, spec.selector);
  // First what has ended is noted, then the pods are let go, then it is counted (trackJobStatusAndRemoveFinalizers).
  const uncounted = { succeeded: [...(status.uncountedTerminatedPods?.succeeded ?? [])] as string[], failed: [...(status.uncountedTerminatedPods?.failed ?? [])] as string[] };
  const ended = mine.filter((p) => p.metadata.finalizers?.includes(FINALIZER) && (p.status?.phase === 'Succeeded' || isFailed(p)));
  for (const p of ended) {
    const list = p.status?.phase === 'Succeeded' ? uncounted.succeeded : uncounted.failed;
    if (!list.includes(p.metadata.uid!)) list.push(p.metadata.uid!);
  }
  const succeeded = (status.succeeded ?? 0) + uncounted.succeeded.length, failed = (status.failed ?? 0) + uncounted.failed.length;
  let createFailure: ApiError | undefined;
  let active = mine.filter((p) => p.status?.phase !== 'Succeeded' && !isFailed(p));
  const indexes = spec.completionMode === 'Indexed' ? new Set([...parseIndexes(status.completedIndexes), ...mine.filter((p) => p.status?.phase === 'Succeeded').map(indexOf)]) : undefined;
  const done = indexes ? indexes.size : succeeded;

  const verdict = finish();
  if (verdict) {
    for (const pod of active) deletePod(pods, recorder, job, pod);
    for (const pod of active) release(pods, pods.get(pod.metadata.namespace, pod.metadata.name) ?? pod);
    active = [];
  } else if (spec.suspend) {
    for (const pod of active) deletePod(pods, recorder, job, pod);
    active = [];
    setSuspended('True', 'JobSuspended', 'Job suspended', 'Suspended');
  } else {
    if (conditions.some((c) => c.type === 'Suspended' && c.status === 'True')) {
      setSuspended('False', 'JobResumed', 'Job resumed', 'Resumed');
      status = { ...status, startTime: now };
    }
    active = manage(active);
  }
  const next = {
    ...status, conditions, ...counts(active, succeeded, failed), ...(indexes && indexes.size > 0 ? { completedIndexes: formatIndexes(indexes) } : {}),
  };
  for (const p of ended) release(pods, p);
  if (verdict) {
    // The last pods are let go before the Job is said to be over.
    if (verdict.type === 'Complete') next.completionTime = now;
    const { reason, message } = verdict;
    next.conditions = [...conditions, { type: verdict.type, status: 'True', lastProbeTime: now, lastTransitionTime: now, ...(reason ? { reason, message } : {}) }];
    recorder.event(job, verdict.type === 'Complete' ? 'Normal' : 'Warning', verdict.type === 'Complete' ? 'Completed' : reason!, verdict.type === 'Complete' ? 'Job completed' : message!);
  }
  if (next.conditions.length === 0) delete next.conditions;
  if (!deepEqual(next, job.status ?? {})) jobs.updateStatus({ ...job, status: next });
  if (createFailure) throw createFailure;

  function finish(): { type: string; reason?: string; message?: string } | undefined {
    const restarts = spec.template.spec.restartPolicy === 'OnFailure' ? active.reduce((n, p) => n + restartsOf(p), 0) : 0;
    if (failed > (spec.backoffLimit ?? 6) || (restarts > 0 && (spec.backoffLimit === 0 ? restarts > 0 : restarts >= (spec.backoffLimit ?? 6)))) {
      return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
    }
    if (spec.activeDeadlineSeconds !== undefined && !spec.suspend && status.startTime && clock.now >= parseTime(status.startTime) + spec.activeDeadlineSeconds * SECOND) {
      return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
    }
    const complete = spec.completions === undefined ? succeeded > 0 && active.length === 0 : done >= spec.completions;
    return complete ? { type: 'Complete' } : undefined;
  }

  function manage(running: KubeObject[]): KubeObject[] {
    const parallelism = spec.parallelism ?? 1;
    let wanted = spec.completions === undefined ? (succeeded > 0 ? running.length : parallelism) : Math.min(spec.completions - done, parallelism);
    wanted = Math.max(0, wanted);
    if (running.length > wanted) {
      const surplus = [...running].sort((a, b) => Number(isPodReady(a)) - Number(isPodReady(b))).slice(0, running.length - wanted);
      for (const pod of surplus) deletePod(pods, recorder, job, pod);
      return running.filter((p) => !surplus.includes(p));
    }
    if (running.length === wanted) return running;
    const wait = backoffLeft();
    if (wait > 0) {
      again(wait);
      return running;
    }
    const taken = new Set(running.map(indexOf));
    const free = indexes ? Array.from({ length: spec.completions }, (_, i) => i).filter((i) => !indexes.has(i) && !taken.has(i)) : [];
    const started = slowStart(wanted - running.length, () => createPod(pods, recorder, job, newPod(job, indexes ? free.shift() : undefined)));
    createFailure = started.error;
    return [...running, ...started.created];
  }

  /** 10 s, 20 s, 40 s … after the last failure. */
  function backoffLeft(): Micros {
    const failures = mine.filter(isFailed);
    if (failures.length === 0 || failed === 0) return 0;
    const last = Math.max(...failures.map(endOf).filter((t) => !Number.isNaN(t)), 0);
    const since = mine.filter((p) => p.status?.phase === 'Succeeded').map(endOf);
    const row = since.length > 0 ? failures.filter((p) => endOf(p) > Math.max(...since)).length : failed;
    return row === 0 ? 0 : Math.max(0, last + Math.min(MAX_BACKOFF, BACKOFF * 2 ** (row - 1)) - clock.now);
  }

  function setSuspended(value: string, reason: string, message: string, event: string): void {
    const old = conditions.find((c) => c.type === 'Suspended');
    if (old?.status === value) return;
    conditions = [...conditions.filter((c) => c !== old), { type: 'Suspended', status: value, lastProbeTime: now, lastTransitionTime: now, reason, message }];
    if (value === 'True') delete (status = { ...status }).startTime;
    recorder.event(job, 'Normal', event, message);
  }
}

function counts(active: KubeObject[], succeeded: number, failed: number): Record<string, unknown> {
  return {
    active: active.length || undefined, ready: active.filter(isPodReady).length, succeeded: succeeded || undefined, failed: failed || undefined,
    uncountedTerminatedPods: {},
  };
}

function newPod(job: KubeObject, index: number | undefined): KubeObject {
  const pod = podFromTemplate(job.spec.template, job), finalizers = [...(pod.metadata.finalizers ?? []), FINALIZER];
  if (index === undefined) return { ...pod, metadata: { ...pod.metadata, finalizers } };
  const env = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.annotations['${INDEX}']` } } };
  const withIndex = (list: { env?: { name: string }[] }[] | undefined) => list?.map((c) => (c.env?.some((e) => e.name === env.name) ? c : { ...c, env: [...(c.env ?? []), env] }));
  const initContainers = withIndex(pod.spec.initContainers);
  return {
    ...pod,
    metadata: { ...pod.metadata, generateName: `${job.metadata.name}-${index}-`, annotations: { ...pod.metadata.annotations, [INDEX]: String(index) }, labels: { ...pod.metadata.labels, [INDEX]: String(index) }, finalizers },
    spec: { ...pod.spec, hostname: `${job.metadata.name}-${index}`, containers: withIndex(pod.spec.containers), ...(initContainers ? { initContainers } : {}) },
  };
}

function release(pods: Resource, pod: KubeObject): void {
  if (!pod.metadata.finalizers?.includes(FINALIZER)) return;
  try {
    pods.patch(pod, 'strategic', { metadata: { '$deleteFromPrimitiveList/finalizers': [FINALIZER] } });
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 404)) throw error;
  }
}

export function isFinished(job: KubeObject): Condition | undefined {
  return ((job.status?.conditions ?? []) as Condition[]).find((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True');
}

function isFailed(pod: KubeObject): boolean {
  return pod.status?.phase === 'Failed' || (pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded');
}

function endOf(pod: KubeObject): Micros {
  const ends = ((pod.status?.containerStatuses ?? []) as KubeObject['spec'][]).map((c) => parseTime(c.state?.terminated?.finishedAt)).filter((t) => !Number.isNaN(t));
  return ends.length > 0 ? Math.max(...ends) : parseTime(pod.metadata.deletionTimestamp ?? pod.metadata.creationTimestamp);
}

function restartsOf(pod: KubeObject): number {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].reduce((n: number, c: { restartCount: number }) => n + c.restartCount, 0);
}

function indexOf(pod: KubeObject): number {
  return Number(pod.metadata.annotations?.[INDEX] ?? -1);
}

function parseIndexes(text: string | undefined): number[] {
  return (text ?? '').split(',').filter(Boolean).flatMap((part) => {
    const [from, to = from] = part.split('-').map(Number) as [number, number?];
    return Array.from({ length: to! - from + 1 }, (_, i) => from + i);
  });
}

/** 0-2,4,6,7 becomes `0-2,4,6,7`: ranges from three on. */
function formatIndexes(set: Set<number>): string {
  const sorted = [...set].filter((i) => i >= 0).sort((a, b) => a - b), out: string[] = [];
  for (let i = 0; i < sorted.length;) {
    let j = i;
    while (sorted[j + 1] === sorted[j]! + 1) j++;
    out.push(j - i >= 2 ? `${sorted[i]}-${sorted[j]}` : sorted.slice(i, j + 1).join(','));
    i = j + 1;
  }
  return out.join(',');
}
