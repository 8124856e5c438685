import type { Clock, Micros } from '../../sim/clock.ts';

/** What the scheduler thought of every node for one pod, at one time. */
export interface Decision {
  at: Micros;
  namespace: string;
  pod: string;
  /** Undefined: none would do. */
  chosen: string | undefined;
  /** Nodes that a filter refused. */
  rejected: { node: string; plugin: string; reasons: string[] }[];
  /** Nodes that would do; scores by plugin, already weighted. A single one is taken without scoring. */
  feasible: { node: string; scores: Record<string, number>; total: number }[];
}

/** How many are kept. */
const KEPT = 40;
const DECISIONS = new WeakMap<Clock, Decision[]>();

/** The newest decisions of a world, in their order. */
export function decisionsOf(clock: Clock): Decision[] {
  let all = DECISIONS.get(clock);
  if (!all) DECISIONS.set(clock, (all = []));
  return all;
}

export function decided(clock: Clock, decision: Omit<Decision, 'at'>): void {
  const all = decisionsOf(clock);
  all.push({ at: clock.now, ...decision });
  if (all.length > KEPT) all.shift();
}

/** The lines of kube-scheduler's log about it (schedule_one.go), for the verbosity it runs with. */
export function decisionLog({ namespace, pod, chosen, rejected, feasible }: Decision, verbosity: number): { where: string; text: string }[] {
  const name = `pod="${namespace}/${pod}"`, lines: { where: string; text: string }[] = [];
  if (verbosity >= 3) lines.push({ where: 'schedule_one.go:80', text: `"Attempting to schedule pod" ${name}` });
  if (verbosity >= 10) {
    for (const { node, scores } of feasible) for (const [plugin, score] of Object.entries(scores)) lines.push({ where: 'schedule_one.go:757', text: `"Plugin scored node for pod" ${name} plugin="${plugin}" node="${node}" score=${score}` });
    for (const { node, scores, total } of feasible) if (Object.keys(scores).length > 0) lines.push({ where: 'schedule_one.go:808', text: `"Calculated node's final score for pod" ${name} node="${node}" score=${total}` });
  }
  if (verbosity >= 2 && chosen !== undefined) lines.push({ where: 'schedule_one.go:252', text: `"Successfully bound pod to node" ${name} node="${chosen}" evaluatedNodes=${rejected.length + feasible.length} feasibleNodes=${feasible.length}` });
  return lines;
}
