import type { KubeObject } from '../api/types.ts';
import { type Gvr, gvr } from '../client/client.ts';
import { matchesSelector } from '../client/labels.ts';
import { controllerOf } from '../client/owners.ts';
import { type Condition, deepEqual, isPodReady, isPodTerminal } from '../client/pods.ts';
import { parseTime, rfc3339 } from '../client/time.ts';
import { MINUTE } from '../../sim/clock.ts';
import { type ControllerContext, DEPLOYMENTS, PODS, REPLICASETS, STATEFULSETS } from './context.ts';
import { scaled } from './deployment-util.ts';

const PDBS = gvr('policy', 'v1', 'poddisruptionbudgets'), DELETION_TIMEOUT = 2 * MINUTE;

/** pkg/controller/disruption: how many pods of a PodDisruptionBudget may be evicted now. */
export function startDisruptionController(context: ControllerContext): void {
  const budgets = context.resource('disruption-controller', PDBS), pods = context.informer(PODS), recorder = context.recorder('controllermanager', 'disruption-controller');
  const sets = context.informer(REPLICASETS), scales: Record<string, ReturnType<ControllerContext['informer']>> = {};
  for (const [kind, r] of Object.entries({ ReplicaSet: REPLICASETS, Deployment: DEPLOYMENTS, StatefulSet: STATEFULSETS } satisfies Record<string, Gvr>)) scales[kind] = context.informer(r);

  const queue = context.queue((key) => {
    const budget = budgets.byKey(key);
    if (!budget) return;
    const mine = pods.byIndex('namespace', budget.metadata.namespace!).filter((p) => matchesSelector(budget.spec.selector, p.metadata.labels) && !isPodTerminal(p));
    if (mine.length === 0) recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const { expected, desired } = expect(budget, mine);
    // Pods evicted a moment ago, whose deletion this process has not seen yet, count as gone.
    const disrupted = Object.entries((budget.status?.disruptedPods ?? {}) as Record<string, string>).filter(([name, at]) => {
      const pod = pods.get(budget.metadata.namespace, name);
      return pod && !pod.metadata.deletionTimestamp && parseTime(at) + DELETION_TIMEOUT > context.clock.now;
    });
    const healthy = mine.filter((p) => !p.metadata.deletionTimestamp && isPodReady(p) && !disrupted.some(([name]) => name === p.metadata.name)).length;
    const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
    const old = (budget.status?.conditions ?? []) as Condition[], was = old.find((c) => c.type === 'DisruptionAllowed');
    const state = allowed > 0 ? { status: 'True', reason: 'SufficientPods' } : { status: 'False', reason: 'InsufficientPods' };
    const condition = {
      type: 'DisruptionAllowed', ...state, message: '', observedGeneration: budget.metadata.generation,
      lastTransitionTime: was?.status === state.status ? was.lastTransitionTime : rfc3339(context.clock.now),
    };
    const status = {
      currentHealthy: healthy, desiredHealthy: desired, expectedPods: expected, disruptionsAllowed: allowed, observedGeneration: budget.metadata.generation,
      ...(disrupted.length > 0 ? { disruptedPods: Object.fromEntries(disrupted) } : {}), conditions: [...old.filter((c) => c !== was), condition],
    };
    if (!deepEqual(status, budget.status ?? {})) budgets.updateStatus({ ...budget, status });
    if (disrupted.length > 0) queue.add(key, DELETION_TIMEOUT, true);
  });

  /** getExpectedPodCount */
  const expect = (budget: KubeObject, mine: KubeObject[]): { expected: number; desired: number } => {
    const { maxUnavailable, minAvailable } = budget.spec;
    if (maxUnavailable !== undefined) {
      const expected = expectedScale(mine);
      return { expected, desired: Math.max(0, expected - scaled(maxUnavailable, expected, true)) };
    }
    if (typeof minAvailable === 'number') return { expected: mine.length, desired: minAvailable };
    const expected = expectedScale(mine);
    return { expected, desired: minAvailable === undefined ? 1 : scaled(minAvailable, expected, true) };
  };
  const expectedScale = (mine: KubeObject[]): number => {
    const seen = new Map<string, number>();
    for (const pod of mine) {
      let owner = controllerOf(pod), scale = owner && scales[owner.kind]?.get(pod.metadata.namespace, owner.name);
      if (owner?.kind === 'ReplicaSet') {
        const rs = sets.get(pod.metadata.namespace, owner.name), above = rs && controllerOf(rs);
        if (above?.kind === 'Deployment') {
          owner = above;
          scale = scales['Deployment']!.get(pod.metadata.namespace, above.name);
        }
      }
      if (owner && scale) seen.set(owner.uid, scale.spec.replicas ?? 1);
    }
    return [...seen.values()].reduce((n, r) => n + r, 0);
  };

  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  budgets.informer.on({ add: (b) => queue.add(keyOf(b)), update: (b) => queue.add(keyOf(b)) });
  const changed = (pod: KubeObject) => {
    for (const b of budgets.inNamespace(pod.metadata.namespace!)) if (matchesSelector(b.spec.selector, pod.metadata.labels)) queue.add(keyOf(b));
  };
  pods.on({ add: changed, update: changed, delete: changed });
}
