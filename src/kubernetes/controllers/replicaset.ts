import type { KubeObject } from '../api/types.ts';
import { ApiError, core, type Gvr } from '../client/client.ts';
import type { EventRecorder } from '../client/events.ts';
import { type LabelSelector, matchesMap, matchesSelector } from '../client/labels.ts';
import { controllerOf, controllerRef } from '../client/owners.ts';
import { type Condition, condition, deepEqual, isPodActive, isPodAvailable, isPodReady } from '../client/pods.ts';
import { parseTime, rfc3339 } from '../client/time.ts';
import { type Micros, MS, SECOND } from '../../sim/clock.ts';
import { type ControllerContext, PODS, REPLICASETS, type Resource } from './context.ts';

const BURST = 500;
/** Going over the pods of a set takes longer the more there are; what they tell meanwhile is seen at once afterwards. */
const TIME_OF_A_POD: Micros = 200;

/** pkg/controller/replicaset */
export function startReplicaSetController(context: ControllerContext): void {
  start(context, 'ReplicaSet', REPLICASETS, 'replicaset-controller', 'replicaset-controller');
}

/** pkg/controller/replication: the same, with a plain map for a selector. */
export function startReplicationManager(context: ControllerContext): void {
  start(context, 'ReplicationController', core('replicationcontrollers'), 'replication-controller', 'replication-controller');
}

function selectorOf(rs: KubeObject): LabelSelector {
  return rs.kind === 'ReplicationController' ? { matchLabels: rs.spec.selector } : rs.spec.selector;
}

function start(context: ControllerContext, kind: string, resource: Gvr, user: string, component: string): void {
  const sets = context.resource(user, resource), pods = context.resource(user, PODS);
  const recorder = context.recorder(component, user);
  const queue = context.queue((key) => {
    const rs = sets.byKey(key);
    if (rs) sync(context, sets, pods, recorder, rs, (delay) => queue.add(key, delay, true));
  }, (key) => Math.max(5 * MS, (sets.byKey(key)?.status?.replicas ?? 0) * TIME_OF_A_POD));
  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  sets.informer.on({ add: (rs) => queue.add(keyOf(rs)), update: (rs) => queue.add(keyOf(rs)) });
  const changed = (pod: KubeObject) => {
    const owner = controllerOf(pod);
    if (owner?.kind === kind) queue.add(`${pod.metadata.namespace}/${owner.name}`);
    else if (!owner && !pod.metadata.deletionTimestamp) {
      for (const rs of sets.inNamespace(pod.metadata.namespace!)) if (matchesSelector(selectorOf(rs), pod.metadata.labels)) queue.add(keyOf(rs));
    }
  };
  pods.informer.on({
    add: changed,
    update: (pod, old) => {
      if (sameForSets(pod, old)) return;
      changed(pod);
      if (controllerOf(old)?.uid !== controllerOf(pod)?.uid) changed(old);
    },
    delete: changed,
  });
}

function sync(context: ControllerContext, sets: Resource, pods: Resource, recorder: EventRecorder, rs: KubeObject, again: (delay: Micros) => void): void {
  const active = claimPods(pods, rs, selectorOf(rs)).filter(isPodActive);
  let failure: { reason: string; error: ApiError } | undefined;
  if (!rs.metadata.deletionTimestamp) {
    const diff = active.length - (rs.spec.replicas ?? 1);
    if (diff < 0) {
      const { created, error } = slowStart(Math.min(-diff, BURST), () => createPod(pods, recorder, rs));
      active.push(...created);
      if (error) failure = { reason: 'FailedCreate', error };
    } else if (diff > 0) {
      const related = relatedPods(sets, pods, rs);
      const victims = rankForDeletion(active, related, context.clock.now).slice(0, Math.min(diff, BURST));
      for (const pod of victims) {
        deletePod(pods, recorder, rs, pod);
        active.splice(active.indexOf(pod), 1);
      }
    }
  }
  const status = calculateStatus(rs, active, failure, context.clock.now);
  let updated = rs;
  if (!deepEqual(status, rs.status ?? {})) updated = sets.updateStatus({ ...rs, status });
  const minReady = rs.spec.minReadySeconds ?? 0;
  if (!failure && minReady > 0 && updated.status.readyReplicas === rs.spec.replicas && (updated.status.availableReplicas ?? 0) !== rs.spec.replicas) again(minReady * SECOND);
  if (failure) throw failure.error;
}

/** Whether a pod's change is none that a set counts: its node, its conditions beside Ready … */
function sameForSets(pod: KubeObject, old: KubeObject): boolean {
  return pod.metadata.uid === old.metadata.uid && pod.status?.phase === old.status?.phase && pod.metadata.deletionTimestamp === old.metadata.deletionTimestamp
    && isPodReady(pod) === isPodReady(old) && controllerOf(pod)?.uid === controllerOf(old)?.uid
    && (pod.metadata.labels === old.metadata.labels || deepEqual(pod.metadata.labels, old.metadata.labels));
}

/** A set's own pods; orphans that match are adopted and those that match no more released (PodControllerRefManager). */
export function claimPods(pods: Resource, owner: KubeObject, selector: KubeObject['spec']): KubeObject[] {
  const mine: KubeObject[] = [];
  for (const pod of pods.ownedBy(owner)) {
    if (matchesSelector(selector, pod.metadata.labels)) mine.push(pod);
    else if (!owner.metadata.deletionTimestamp) pods.patch(pod, 'strategic', { metadata: { uid: pod.metadata.uid, ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }] } });
  }
  if (owner.metadata.deletionTimestamp) return mine;
  for (const pod of pods.informer.byIndex('orphan', owner.metadata.namespace!)) {
    if (pod.metadata.deletionTimestamp || !matchesSelector(selector, pod.metadata.labels)) continue;
    mine.push(pods.patch(pod, 'strategic', { metadata: { uid: pod.metadata.uid, ownerReferences: [controllerRef(owner)] } }));
  }
  return mine;
}

/** Batches of 1, 2, 4 …: a batch in which one fails is the last. */
export function slowStart(count: number, create: () => KubeObject): { created: KubeObject[]; error?: ApiError } {
  const created: KubeObject[] = [];
  for (let batch = 1, left = count; left > 0; batch *= 2) {
    let error: ApiError | undefined;
    const size = Math.min(batch, left);
    for (let i = 0; i < size; i++) {
      try {
        created.push(create());
      } catch (e) {
        if (!(e instanceof ApiError)) throw e;
        if (isNamespaceTerminating(e)) return { created };
        error ??= e;
      }
    }
    if (error) return { created, error };
    left -= size;
  }
  return { created };
}

export function isNamespaceTerminating(error: ApiError): boolean {
  return (error.status.details?.causes ?? []).some((c) => c.reason === 'NamespaceTerminating');
}

/** controller.GetPodFromTemplate */
export function podFromTemplate(template: KubeObject['spec'], owner: KubeObject, name?: string): KubeObject {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      ...(name === undefined ? { generateName: `${owner.metadata.name}-`, name: '' } : { name }),
      namespace: owner.metadata.namespace!,
      ...(labels ? { labels: { ...labels } } : {}), ...(annotations ? { annotations: { ...annotations } } : {}), ...(finalizers ? { finalizers: [...finalizers] } : {}),
      ownerReferences: [controllerRef(owner)],
    },
    spec: template.spec,
  };
}

/** RealPodControl.CreatePods */
export function createPod(pods: Resource, recorder: EventRecorder, owner: KubeObject, pod = podFromTemplate(owner.spec.template, owner)): KubeObject {
  let created: KubeObject;
  try {
    created = pods.create(pod);
  } catch (error) {
    if (error instanceof ApiError && !isNamespaceTerminating(error)) recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
    throw error;
  }
  recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
  return created;
}

/** RealPodControl.DeletePod */
export function deletePod(pods: Resource, recorder: EventRecorder, owner: KubeObject, pod: KubeObject): void {
  try {
    pods.delete(pod);
  } catch (error) {
    if (error instanceof ApiError) recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`);
    throw error;
  }
  recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
}

/** Active pods of every ReplicaSet that has the same owner. */
function relatedPods(sets: Resource, pods: Resource, rs: KubeObject): KubeObject[] {
  const owner = controllerOf(rs);
  const family = owner ? sets.informer.byIndex('controller', owner.uid) : [rs];
  return family.flatMap((set) => pods.ownedBy(set)).filter(isPodActive);
}

/** controller.ActivePodsWithRanks: who goes first when a set shrinks. */
function rankForDeletion(candidates: KubeObject[], related: KubeObject[], now: Micros): KubeObject[] {
  const onNode = new Map<string, number>();
  for (const p of related) if (p.spec.nodeName) onNode.set(p.spec.nodeName, (onNode.get(p.spec.nodeName) ?? 0) + 1);
  const rank = (p: KubeObject) => (p.spec.nodeName ? onNode.get(p.spec.nodeName) ?? 0 : 0);
  const phase = (p: KubeObject) => ({ Pending: 0, Unknown: 1, Running: 2 })[p.status?.phase as string] ?? 2;
  const cost = (p: KubeObject) => Number(p.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  return [...candidates].sort((a, b) => {
    if (!a.spec.nodeName !== !b.spec.nodeName) return a.spec.nodeName ? 1 : -1;
    if (phase(a) !== phase(b)) return phase(a) - phase(b);
    const readyA = isPodReady(a), readyB = isPodReady(b);
    if (readyA !== readyB) return readyA ? 1 : -1;
    if (cost(a) !== cost(b)) return cost(a) - cost(b);
    if (rank(a) !== rank(b)) return rank(b) - rank(a);
    if (readyA && readyB) {
      const timeA = condition(a, 'Ready')!.lastTransitionTime ?? '', timeB = condition(b, 'Ready')!.lastTransitionTime ?? '';
      if (timeA !== timeB) return logarithmicOrder(timeA, timeB, now) || byUid(a, b);
    }
    const restarts = maxRestarts(b) - maxRestarts(a);
    if (restarts !== 0) return restarts;
    const createdA = a.metadata.creationTimestamp ?? '', createdB = b.metadata.creationTimestamp ?? '';
    return createdA === createdB ? byUid(a, b) : logarithmicOrder(createdA, createdB, now) || byUid(a, b);
  });
}

/** LogarithmicScaleDown: of two ages of the same power of two neither is younger. */
function logarithmicOrder(a: string, b: string, now: Micros): number {
  const magnitude = (t: string) => {
    const age = (now - parseTime(t)) * 1000;
    return age <= 0 ? -1 : Math.floor(Math.log2(age));
  };
  return magnitude(a) - magnitude(b);
}

function byUid(a: KubeObject, b: KubeObject): number {
  return a.metadata.uid! < b.metadata.uid! ? -1 : 1;
}

function maxRestarts(pod: KubeObject): number {
  return Math.max(0, ...((pod.status?.containerStatuses ?? []) as { restartCount: number }[]).map((c) => c.restartCount));
}

function calculateStatus(rs: KubeObject, pods: KubeObject[], failure: { reason: string; error: ApiError } | undefined, now: Micros): KubeObject['status'] {
  const template = rs.spec.template.metadata?.labels, minReady = rs.spec.minReadySeconds ?? 0;
  let labelled = 0, ready = 0, available = 0;
  for (const pod of pods) {
    if (matchesMap(template, pod.metadata.labels)) labelled++;
    if (isPodReady(pod)) {
      ready++;
      if (isPodAvailable(pod, minReady, now)) available++;
    }
  }
  const old = (rs.status?.conditions ?? []) as Condition[];
  let conditions = old;
  const failed = old.find((c) => c.type === 'ReplicaFailure');
  if (failure && !failed) conditions = [...old, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: rfc3339(now), reason: failure.reason, message: failure.error.message }];
  else if (!failure && failed) conditions = old.filter((c) => c !== failed);
  return {
    replicas: pods.length,
    ...(labelled ? { fullyLabeledReplicas: labelled } : {}), ...(ready ? { readyReplicas: ready } : {}), ...(available ? { availableReplicas: available } : {}),
    observedGeneration: rs.metadata.generation,
    ...(conditions.length ? { conditions } : {}),
  };
}
