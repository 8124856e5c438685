import type { KubeObject } from '../api/types.ts';
import { ApiError } from '../client/client.ts';
import { rfc3339 } from '../client/time.ts';
import { type Taint, tolerates, type Toleration } from '../scheduler/affinity.ts';
import { type Micros, SECOND, type Timer } from '../../sim/clock.ts';
import { type ControllerContext, NODES, PODS } from './context.ts';

/** pkg/controller/nodelifecycle/scheduler, NoExecuteTaintManager: deletes pods that do not tolerate, or no longer, where they are. */
export function startTaintManager(context: ControllerContext): void {
  const nodes = context.informer(NODES), pods = context.resource('node-controller', PODS), recorder = context.recorder('taint-controller', 'node-controller');
  pods.informer.addIndex('node', (p) => (p.spec.nodeName ? [p.spec.nodeName] : []));
  const scheduled = new Map<string, { created: Micros; timer: Timer }>();
  const say = (pod: KubeObject, message: string) => recorder.event({ kind: 'Pod', apiVersion: 'v1', namespace: pod.metadata.namespace!, name: pod.metadata.name, uid: pod.metadata.uid! }, 'Normal', 'TaintManagerEviction', message);
  const keyOf = (pod: KubeObject) => `${pod.metadata.namespace}/${pod.metadata.name}`;
  context.onStop(() => {
    for (const { timer } of scheduled.values()) timer.cancel();
  });

  const queue = context.queue((key) => {
    const pod = pods.byKey(key);
    if (!pod || !pod.spec.nodeName) return forget(key);
    const node = nodes.get(undefined, pod.spec.nodeName);
    const taints = ((node?.spec?.taints ?? []) as Taint[]).filter((t) => t.effect === 'NoExecute');
    if (taints.length === 0) return cancel(pod);
    const used = taints.map((t) => ((pod.spec.tolerations ?? []) as Toleration[]).filter((x) => tolerates(x, t)));
    if (used.some((list) => list.length === 0)) {
      forget(key);
      return evict(pod);
    }
    const limits = used.flat().flatMap((t) => (t.tolerationSeconds === undefined ? [] : [Math.max(0, t.tolerationSeconds)]));
    if (limits.length === 0) return cancel(pod);
    const wait = Math.min(...limits) * SECOND, now = context.clock.now, before = scheduled.get(key);
    if (before) {
      if (before.created + wait < before.timer.at) forget(key);
      else return;
    }
    const created = before?.created ?? now;
    const timer = context.clock.after(created + wait - now, () => {
      scheduled.delete(key);
      const current = pods.byKey(key);
      if (current && current.metadata.uid === pod.metadata.uid) deletions.add(key);
    }, { background: true });
    scheduled.set(key, { created, timer });
  });
  const deletions = context.queue((key) => {
    const pod = pods.byKey(key);
    if (pod) evict(pod);
  });

  const evict = (pod: KubeObject) => {
    if (pod.metadata.deletionTimestamp) return;
    say(pod, `Marking for deletion Pod ${keyOf(pod)}`);
    try {
      pods.patch(pod, 'strategic', { status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint', lastProbeTime: null, lastTransitionTime: rfc3339(context.clock.now) }] } }, 'status');
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 404)) throw error;
    }
    pods.delete(pod);
  };
  const forget = (key: string) => {
    scheduled.get(key)?.timer.cancel();
    scheduled.delete(key);
  };
  const cancel = (pod: KubeObject) => {
    if (!scheduled.has(keyOf(pod))) return;
    forget(keyOf(pod));
    say(pod, `Cancelling deletion of Pod ${keyOf(pod)}`);
  };

  const isTainted = (name: string | undefined) => ((nodes.get(undefined, name ?? '')?.spec?.taints ?? []) as Taint[]).some((t) => t.effect === 'NoExecute');
  pods.informer.on({
    add: (p) => (p.spec.nodeName && isTainted(p.spec.nodeName) ? queue.add(keyOf(p)) : undefined),
    update: (p, old) => ((p.spec.nodeName !== old.spec.nodeName || p.spec.tolerations !== old.spec.tolerations) && (isTainted(p.spec.nodeName) || scheduled.has(keyOf(p))) ? queue.add(keyOf(p)) : undefined),
    delete: (p) => forget(keyOf(p)),
  });
  nodes.on({
    add: (n) => (isTainted(n.metadata.name) ? pods.informer.byIndex('node', n.metadata.name).forEach((p) => queue.add(keyOf(p))) : undefined),
    update: (n, old) => {
      const noExecute = (o: KubeObject) => ((o.spec?.taints ?? []) as Taint[]).filter((t) => t.effect === 'NoExecute').map((t) => `${t.key}=${t.value ?? ''}`).sort().join();
      if (noExecute(n) !== noExecute(old)) for (const p of pods.informer.byIndex('node', n.metadata.name)) queue.add(keyOf(p));
    },
  });
}
