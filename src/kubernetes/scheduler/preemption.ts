import type { KubeObject } from '../api/types.ts';
import { matchesSelector } from '../client/labels.ts';
import { compile, type Cycle, type Rejection } from './filters.ts';
import type { NodeInfo } from './snapshot.ts';

export interface Preemption {
  /** Where the pod may go, and whom it drives out. */
  node?: NodeInfo;
  victims: KubeObject[];
  /** What FailedScheduling tells of it; '' when there is nothing to tell. */
  message: string;
}
interface Candidate {
  node: NodeInfo;
  victims: KubeObject[];
  violations: number;
}

/** Plugin DefaultPreemption (pkg/scheduler/framework/preemption). `withNominated` filters with the pods in place that were promised the node. */
export function preempt(cycle: Cycle, rejections: ReadonlyMap<string, Rejection>, budgets: KubeObject[], withNominated: (info: NodeInfo, filter: () => Rejection | undefined) => Rejection | undefined): Preemption {
  const { pod } = cycle;
  if (pod.spec.preemptionPolicy === 'Never') return { victims: [], message: 'not eligible due to preemptionPolicy=Never.' };
  const nominated = cycle.nodes.find((n) => n.name === pod.status?.nominatedNodeName);
  if (nominated && !rejections.get(nominated.name)?.unresolvable) {
    for (const p of nominated.pods.values()) if (p.metadata.deletionTimestamp && priority(p) < priority(pod)) return { victims: [], message: 'not eligible due to a terminating pod on the nominated node.' };
  }
  const candidates: Candidate[] = [], reasons: string[] = [];
  for (const info of cycle.nodes) {
    if (rejections.get(info.name)?.unresolvable) {
      reasons.push('Preemption is not helpful for scheduling');
      continue;
    }
    const found = selectVictims(cycle, info, budgets, (filter) => withNominated(info, filter));
    if (Array.isArray(found)) reasons.push(...found);
    else candidates.push(found);
  }
  if (candidates.length === 0) return { victims: [], message: fitError(cycle.nodes.length, reasons) };
  const best = pick(candidates);
  return { node: best.node, victims: best.victims, message: '' };
}

/** FitError: `0/3 nodes are available: 1 …, 2 ….` */
export function fitError(nodes: number, reasons: string[]): string {
  const counts = new Map<string, number>();
  for (const r of reasons) counts.set(r, (counts.get(r) ?? 0) + 1);
  const list = [...counts].map(([reason, n]) => `${n} ${reason}`).sort().join(', ');
  return `0/${nodes} nodes are available:${list ? ` ${list}.` : ''}`;
}

/** Takes every pod of lower priority away, and gives back as many as fit; or says why that does not help. */
function selectVictims(cycle: Cycle, info: NodeInfo, budgets: KubeObject[], withNominated: (filter: () => Rejection | undefined) => Rejection | undefined): Candidate | string[] {
  const { pod } = cycle;
  const potential = [...info.pods.values()].filter((p) => priority(p) < priority(pod));
  if (potential.length === 0) return ['No preemption victims found for incoming pod'];
  const refusal = () => withNominated(() => compile(cycle)(info));
  for (const p of potential) info.remove(p);
  const victims: KubeObject[] = [];
  let violations = 0;
  const rejection = refusal();
  if (!rejection) {
    potential.sort(moreImportant);
    const { violating, others } = splitByBudgets(potential, budgets);
    const reprieve = (p: KubeObject): boolean => {
      info.add(p);
      if (!refusal()) return true;
      info.remove(p);
      victims.push(p);
      return false;
    };
    for (const p of violating) if (!reprieve(p)) violations++;
    for (const p of others) reprieve(p);
  }
  for (const p of rejection ? potential : victims) info.add(p);
  return rejection ? rejection.reasons : { node: info, victims, violations };
}

/** pickOneNodeForPreemption */
function pick(candidates: Candidate[]): Candidate {
  const highest = (c: Candidate) => Math.max(...c.victims.map(priority));
  const sum = (c: Candidate) => c.victims.reduce((n, p) => n + priority(p) + 2147483648, 0);
  const earliest = (c: Candidate) => c.victims.filter((p) => priority(p) === highest(c)).map(started).sort()[0] ?? '';
  return [...candidates].sort((a, b) => a.violations - b.violations || highest(a) - highest(b) || sum(a) - sum(b) || a.victims.length - b.victims.length || (earliest(a) > earliest(b) ? -1 : earliest(a) < earliest(b) ? 1 : 0))[0]!;
}

function splitByBudgets(pods: KubeObject[], budgets: KubeObject[]): { violating: KubeObject[]; others: KubeObject[] } {
  const left = new Map(budgets.map((b) => [b, (b.status?.disruptionsAllowed ?? 0) as number]));
  const violating: KubeObject[] = [], others: KubeObject[] = [];
  for (const p of pods) {
    let bad = false;
    for (const b of budgets) {
      if (b.metadata.namespace !== p.metadata.namespace || !matchesSelector(b.spec.selector, p.metadata.labels)) continue;
      left.set(b, left.get(b)! - 1);
      if (left.get(b)! < 0) bad = true;
    }
    (bad ? violating : others).push(p);
  }
  return { violating, others };
}

export function priority(pod: KubeObject): number {
  return (pod.spec.priority ?? 0) as number;
}

function moreImportant(a: KubeObject, b: KubeObject): number {
  return priority(b) - priority(a) || (started(a) < started(b) ? -1 : started(a) > started(b) ? 1 : 0);
}

function started(pod: KubeObject): string {
  return pod.status?.startTime ?? '9999';
}
