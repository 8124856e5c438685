import type { KubeObject } from '../api/types.ts';
import type { Micros } from '../../sim/clock.ts';
import { parseTime } from './time.ts';

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
  [field: string]: unknown;
}

/** A condition of any object's status. */
export function condition(object: KubeObject, type: string): Condition | undefined {
  return (object.status?.conditions as Condition[] | undefined)?.find((c) => c.type === type);
}

export function isPodReady(pod: KubeObject): boolean {
  return condition(pod, 'Ready')?.status === 'True';
}

/** Ready for at least `minReadySeconds` (podutil.IsPodAvailable). */
export function isPodAvailable(pod: KubeObject, minReadySeconds: number, now: Micros): boolean {
  const ready = condition(pod, 'Ready');
  if (ready?.status !== 'True') return false;
  return minReadySeconds === 0 || parseTime(ready.lastTransitionTime) + minReadySeconds * 1_000_000 <= now;
}

export function isPodTerminal(pod: KubeObject): boolean {
  return pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
}

/** Neither finished nor being deleted. */
export function isPodActive(pod: KubeObject): boolean {
  return !isPodTerminal(pod) && !pod.metadata.deletionTimestamp;
}

/** metav1 status conditions: replaces the condition of the same type, keeping lastTransitionTime when the status is the same. */
export function withCondition(conditions: Condition[] | undefined, next: Condition): Condition[] {
  const list = conditions ?? [];
  const at = list.findIndex((c) => c.type === next.type);
  if (at < 0) return [...list, next];
  const old = list[at]!;
  const merged = old.status === next.status && old.lastTransitionTime ? { ...next, lastTransitionTime: old.lastTransitionTime } : next;
  return list.map((c, i) => (i === at ? merged : c));
}

/** Whether two plain values are the same, whatever the order of keys; absent and undefined are the same. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a)) return a.length === (b as unknown[]).length && a.every((v, i) => deepEqual(v, (b as unknown[])[i]));
  const x = a as Record<string, unknown>, y = b as Record<string, unknown>;
  for (const k in x) if (!deepEqual(x[k], y[k])) return false;
  for (const k in y) if (y[k] !== undefined && x[k] === undefined) return false;
  return true;
}
