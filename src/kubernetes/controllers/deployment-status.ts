import type { KubeObject } from '../api/types.ts';
import { type Condition, condition } from '../client/pods.ts';
import { parseTime, rfc3339 } from '../client/time.ts';
import { type Micros, SECOND } from '../../sim/clock.ts';
import { actualReplicas, availableReplicas, type Deployment, fenceposts, readyReplicas, type ReplicaSet, replicasOf, specReplicas } from './deployment-util.ts';

/** pkg/controller/deployment/progress.go and sync.go's calculateStatus. */
export function calculateStatus(d: Deployment, all: ReplicaSet[], newRS: ReplicaSet | undefined, now: Micros): KubeObject['status'] {
  const available = availableReplicas(all), unavailable = Math.max(0, specReplicas(all) - available);
  const minimum = available >= replicasOf(d) - fenceposts(d).maxUnavailable;
  const conditions = setCondition((d.status?.conditions ?? []) as Condition[], minimum
    ? newCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : newCondition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', now));
  return {
    ...nonZero({
      observedGeneration: d.metadata.generation ?? 0, replicas: actualReplicas(all), updatedReplicas: newRS ? actualReplicas([newRS]) : 0,
      readyReplicas: readyReplicas(all), availableReplicas: available, unavailableReplicas: unavailable,
    }),
    conditions,
    ...(d.status?.collisionCount !== undefined ? { collisionCount: d.status.collisionCount } : {}),
  };
}

/** syncRolloutStatus: calculateStatus and the Progressing and ReplicaFailure conditions. */
export function rolloutStatus(d: Deployment, all: ReplicaSet[], newRS: ReplicaSet | undefined, now: Micros): KubeObject['status'] {
  const status = calculateStatus(d, all, newRS, now);
  let conditions = status.conditions as Condition[];
  if (!hasDeadline(d)) conditions = conditions.filter((c) => c.type !== 'Progressing');
  const current = condition(d, 'Progressing');
  const done = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
  if (hasDeadline(d) && !done) {
    const subject = newRS ? `ReplicaSet "${newRS.metadata.name}"` : `Deployment "${d.metadata.name}"`;
    if (deploymentComplete(d, status)) {
      conditions = setCondition(conditions, newCondition('Progressing', 'True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`, now));
    } else if (progressing(d, status)) {
      const next = newCondition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, now);
      if (current?.status === 'True') next.lastTransitionTime = current.lastTransitionTime;
      conditions = [...conditions.filter((c) => c.type !== 'Progressing'), next];
    } else if (timedOut(d, status, now)) {
      conditions = setCondition(conditions, newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`, now));
    }
  }
  const failure = (newRS && condition(newRS, 'ReplicaFailure')) ?? all.map((rs) => condition(rs, 'ReplicaFailure')).find((c) => c);
  conditions = failure
    ? setCondition(conditions, { ...newCondition('ReplicaFailure', failure.status, failure.reason!, failure.message!, now), lastTransitionTime: failure.lastTransitionTime, lastUpdateTime: failure.lastTransitionTime })
    : conditions.filter((c) => c.type !== 'ReplicaFailure');
  return { ...status, conditions };
}

export function deploymentComplete(d: Deployment, status: KubeObject['status']): boolean {
  const wanted = replicasOf(d);
  return (status?.updatedReplicas ?? 0) === wanted && (status?.replicas ?? 0) === wanted && (status?.availableReplicas ?? 0) === wanted && (status?.observedGeneration ?? 0) >= (d.metadata.generation ?? 0);
}

export function hasDeadline(d: Deployment): boolean {
  return d.spec.progressDeadlineSeconds !== undefined && d.spec.progressDeadlineSeconds !== 2147483647;
}

export function newCondition(type: string, status: string, reason: string, message: string, now: Micros): Condition {
  return { type, status, lastUpdateTime: rfc3339(now), lastTransitionTime: rfc3339(now), reason, message };
}

/** SetDeploymentCondition: nothing changes while status and reason stay; a changed one moves to the end. */
export function setCondition(conditions: Condition[], next: Condition): Condition[] {
  const current = conditions.find((c) => c.type === next.type);
  if (current && current.status === next.status && current.reason === next.reason) return conditions;
  return [...conditions.filter((c) => c !== current), current?.status === next.status ? { ...next, lastTransitionTime: current.lastTransitionTime } : next];
}

function progressing(d: Deployment, next: KubeObject['status']): boolean {
  const n = (s: KubeObject['status'], f: string) => (s?.[f] as number) ?? 0;
  const old = (s: KubeObject['status']) => n(s, 'replicas') - n(s, 'updatedReplicas');
  return n(next, 'updatedReplicas') > n(d.status, 'updatedReplicas') || old(next) < old(d.status) || n(next, 'readyReplicas') > n(d.status, 'readyReplicas') || n(next, 'availableReplicas') > n(d.status, 'availableReplicas');
}

function timedOut(d: Deployment, status: KubeObject['status'], now: Micros): boolean {
  const current = (status.conditions as Condition[]).find((c) => c.type === 'Progressing');
  if (!current || current.reason === 'NewReplicaSetAvailable') return false;
  if (current.reason === 'ProgressDeadlineExceeded') return true;
  return parseTime(current['lastUpdateTime'] as string) + d.spec.progressDeadlineSeconds * SECOND < now;
}

function nonZero(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, n]) => n !== 0));
}
