import { rfc3339 } from '../../client/time.ts';
import type { Micros } from '../../../sim/clock.ts';

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  observedGeneration?: number;
  lastTransitionTime?: string;
}

/** Sets a condition in a list: one of each type, the last one said. */
export function setCondition(conditions: Condition[], type: string, status: Condition['status'], reason: string, message: string): void {
  const at = conditions.findIndex((c) => c.type === type), next = { type, status, reason, message };
  if (at < 0) conditions.push(next);
  else conditions[at] = next;
}

export const has = (conditions: readonly Condition[], type: string, status: Condition['status']): boolean => conditions.some((c) => c.type === type && c.status === status);

/** As they are written: with times, which stay where nothing has changed. */
export function merged(next: readonly Condition[], old: readonly Condition[] | undefined, generation: number, now: Micros): Condition[] {
  return next.map((c) => {
    const was = old?.find((o) => o.type === c.type);
    const same = was && was.status === c.status && was.reason === c.reason && was.message === c.message && was.observedGeneration === generation;
    return { lastTransitionTime: same && was.lastTransitionTime ? was.lastTransitionTime : rfc3339(now), message: c.message, observedGeneration: generation, reason: c.reason, status: c.status, type: c.type };
  });
}
