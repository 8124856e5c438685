import type { KubeObject } from '../api/types.ts';
import { gvr } from '../client/client.ts';
import { matchesSelector } from '../client/labels.ts';
import { deepEqual, isPodTerminal } from '../client/pods.ts';
import { SECOND } from '../../sim/clock.ts';
import { type ControllerContext, NODES, PODS } from './context.ts';

/** pkg/controller/podgc: pods of nodes that are no more, pods that never got one and are being deleted, and too many finished ones. */
export function startPodGarbageCollector(context: ControllerContext): void {
  const pods = context.resource('pod-garbage-collector', PODS), nodes = context.informer(NODES), missing = new Map<string, number>();
  context.every(20 * SECOND, () => {
    const all = pods.informer.list(), now = context.clock.now;
    for (const pod of all) {
      const { nodeName } = pod.spec;
      if (nodeName && !nodes.get(undefined, nodeName)) {
        if (!missing.has(nodeName)) missing.set(nodeName, now);
        if (now - missing.get(nodeName)! < 40 * SECOND) continue;
        if (!isPodTerminal(pod)) pods.patch(pod, 'strategic', { status: { phase: 'Failed', conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists', lastProbeTime: null, lastTransitionTime: new Date(Math.floor(now / 1e6) * 1000).toISOString().replace('.000Z', 'Z') }] } }, 'status');
        pods.delete(pod, { gracePeriodSeconds: 0 });
      } else if (!nodeName && pod.metadata.deletionTimestamp) pods.delete(pod, { gracePeriodSeconds: 0 });
    }
    for (const name of missing.keys()) if (nodes.get(undefined, name)) missing.delete(name);
    const finished = all.filter((p) => isPodTerminal(p)), surplus = finished.length - context.flags.terminatedPodGcThreshold;
    if (surplus > 0) for (const pod of finished.sort((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? -1 : 1)).slice(0, surplus)) pods.delete(pod, { gracePeriodSeconds: 0 });
  });
}

/** pkg/controller/ttl: the annotation by which kubelets know how long to cache Secrets. */
export function startTtlController(context: ControllerContext): void {
  const nodes = context.resource('ttl-controller', NODES), NAME = 'node.alpha.kubernetes.io/ttl';
  const queue = context.queue((name) => {
    const node = nodes.get(undefined, name), count = nodes.informer.list().length;
    const ttl = count <= 100 ? '0' : count <= 500 ? '15' : count <= 1000 ? '30' : '60';
    if (node && node.metadata.annotations?.[NAME] !== ttl) nodes.patch(node, 'strategic', { metadata: { annotations: { [NAME]: ttl } } });
  });
  nodes.informer.on({ add: (n) => queue.add(n.metadata.name) });
}

/** pkg/controller/clusterroleaggregation */
export function startClusterRoleAggregation(context: ControllerContext): void {
  const roles = context.resource('clusterrole-aggregation-controller', gvr('rbac.authorization.k8s.io', 'v1', 'clusterroles'));
  const queue = context.queue((name) => {
    const role = roles.get(undefined, name), selectors = role?.['aggregationRule']?.clusterRoleSelectors as KubeObject['spec'][] | undefined;
    if (!role || !selectors) return;
    const rules: unknown[] = [];
    for (const selector of selectors) {
      for (const other of roles.informer.list().filter((r) => r !== role && r.metadata.name !== name && matchesSelector(selector, r.metadata.labels)).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
        for (const rule of other['rules'] ?? []) if (!rules.some((r) => deepEqual(r, rule))) rules.push(rule);
      }
    }
    if (!deepEqual(rules, role['rules'] ?? [])) roles.update({ ...role, rules });
  });
  const all = () => {
    for (const r of roles.informer.list()) if (r['aggregationRule']) queue.add(r.metadata.name);
  };
  let listed = false;
  roles.informer.on({
    add: (r) => (listed && !r['aggregationRule'] ? all() : r['aggregationRule'] ? queue.add(r.metadata.name) : undefined),
    update: (r, old) => (deepEqual(r['rules'], old['rules']) && deepEqual(r.metadata.labels, old.metadata.labels) && deepEqual(r['aggregationRule'], old['aggregationRule']) ? undefined : all()),
    delete: all,
  });
  context.after(0, () => (listed = true));
}
