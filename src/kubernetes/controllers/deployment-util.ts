import type { KubeObject } from '../api/types.ts';
import { type LabelSelector } from '../client/labels.ts';

/** pkg/controller/deployment/util: counts, annotations and fenceposts. */
export const REVISION = 'deployment.kubernetes.io/revision', REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED = 'deployment.kubernetes.io/desired-replicas', MAX = 'deployment.kubernetes.io/max-replicas';
const NOT_COPIED = new Set(['kubectl.kubernetes.io/last-applied-configuration', REVISION, REVISION_HISTORY, DESIRED, MAX, 'deprecated.deployment.rollback.to']);

export type ReplicaSet = KubeObject;
export type Deployment = KubeObject;

export const replicasOf = (o: KubeObject): number => o.spec.replicas ?? 1;
export const specReplicas = (sets: ReplicaSet[]): number => sets.reduce((n, rs) => n + replicasOf(rs), 0);
export const actualReplicas = (sets: ReplicaSet[]): number => sets.reduce((n, rs) => n + (rs.status?.replicas ?? 0), 0);
export const readyReplicas = (sets: ReplicaSet[]): number => sets.reduce((n, rs) => n + (rs.status?.readyReplicas ?? 0), 0);
export const availableReplicas = (sets: ReplicaSet[]): number => sets.reduce((n, rs) => n + (rs.status?.availableReplicas ?? 0), 0);
export const isRolling = (d: Deployment): boolean => (d.spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
export const revisionOf = (o: KubeObject): number => Number(o.metadata.annotations?.[REVISION] ?? 0);

export function byAge(a: KubeObject, b: KubeObject): number {
  const x = a.metadata.creationTimestamp ?? '', y = b.metadata.creationTimestamp ?? '';
  return x !== y ? (x < y ? -1 : 1) : a.metadata.name < b.metadata.name ? -1 : 1;
}

/** intstr.GetScaledValueFromIntOrPercent */
export function scaled(value: number | string | undefined, total: number, roundUp: boolean): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const percent = Number(/^(\d+)%$/.exec(value)?.[1] ?? 0);
  return roundUp ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100);
}

export function fenceposts(d: Deployment): { maxSurge: number; maxUnavailable: number } {
  if (!isRolling(d)) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = d.spec.strategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, replicasOf(d), true);
  let unavailable = scaled(maxUnavailable, replicasOf(d), false);
  if (surge === 0 && unavailable === 0) unavailable = 1;
  return { maxSurge: surge, maxUnavailable: replicasOf(d) === 0 ? 0 : Math.min(unavailable, replicasOf(d)) };
}

/** NewRSNewReplicas: how large the new ReplicaSet may be now. */
export function newReplicas(d: Deployment, all: ReplicaSet[], current: number): number {
  if (!isRolling(d)) return replicasOf(d);
  const room = replicasOf(d) + fenceposts(d).maxSurge - specReplicas(all);
  return room <= 0 ? current : current + Math.min(room, replicasOf(d) - current);
}

/** SetNewReplicaSetAnnotations: the annotations `rs` should have. */
export function newReplicaSetAnnotations(d: Deployment, rs: ReplicaSet, revision: number, exists: boolean): Record<string, string> {
  const out: Record<string, string> = { ...rs.metadata.annotations };
  for (const [k, v] of Object.entries(d.metadata.annotations ?? {})) if (!NOT_COPIED.has(k)) out[k] = v;
  const old = out[REVISION];
  if (Number(old ?? 0) < revision) {
    out[REVISION] = String(revision);
    if (old) {
      const history = out[REVISION_HISTORY];
      out[REVISION_HISTORY] = history ? `${history},${old}` : old;
    }
  }
  return exists ? out : { ...out, ...replicasAnnotations(d) };
}

export function replicasAnnotations(d: Deployment): Record<string, string> {
  return { [DESIRED]: String(replicasOf(d)), [MAX]: String(replicasOf(d) + fenceposts(d).maxSurge) };
}

/** GetProportion: the part of `toAdd` that falls to this ReplicaSet when a Deployment in mid-rollout is scaled. */
export function proportion(rs: ReplicaSet, d: Deployment, toAdd: number, added: number): number {
  if (replicasOf(rs) === 0 || toAdd === 0 || toAdd === added) return 0;
  const allowed = toAdd - added;
  let fraction: number;
  if (replicasOf(d) === 0) fraction = -replicasOf(rs);
  else {
    const max = Number(rs.metadata.annotations?.[MAX] ?? d.status?.replicas ?? 0) || replicasOf(d);
    fraction = Math.round((replicasOf(rs) * (replicasOf(d) + fenceposts(d).maxSurge)) / max) - replicasOf(rs);
  }
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}

export function selectorWithHash(selector: LabelSelector, hash: string): LabelSelector {
  return { ...selector, matchLabels: { ...selector.matchLabels, 'pod-template-hash': hash } };
}
