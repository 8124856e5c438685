import type { KubeObject } from '../api/types.ts';
import { type Condition, condition, deepEqual } from '../client/pods.ts';
import { rfc3339 } from '../client/time.ts';
import { type Micros, SECOND } from '../../sim/clock.ts';
import { type ControllerContext, LEASES, NODES, PODS } from './context.ts';
import { startTaintManager } from './taint-manager.ts';
import type { Taint } from '../scheduler/affinity.ts';

const NOT_READY = 'node.kubernetes.io/not-ready', UNREACHABLE = 'node.kubernetes.io/unreachable', UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
/** Condition → status → the NoSchedule taint it calls for. */
const CONDITION_TAINTS: Record<string, Record<string, string>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const MANAGED = new Set([UNSCHEDULABLE, ...Object.values(CONDITION_TAINTS).flatMap((m) => Object.values(m))]);
const EVICTION_PERIOD = 10 * SECOND, UNHEALTHY_THRESHOLD = 0.55, LARGE_CLUSTER = 50;

interface Health {
  /** When the node last gave a sign of life, by this process's clock. */
  probe: Micros;
  heartbeat: string;
  renewed: string;
}

/** pkg/controller/nodelifecycle: who stops answering is marked, tainted and, by way of the taints, emptied. */
export function startNodeLifecycleController(context: ControllerContext): void {
  const nodes = context.resource('node-controller', NODES), pods = context.resource('node-controller', PODS), leases = context.informer(LEASES);
  const recorder = context.recorder('node-controller');
  pods.informer.addIndex('node', (p) => (p.spec.nodeName ? [p.spec.nodeName] : []));
  startTaintManager(context);
  const health = new Map<string, Health>(), known = new Map<string, KubeObject>();
  const say = (node: KubeObject, reason: string, message: string) => recorder.event({ kind: 'Node', name: node.metadata.name, uid: node.metadata.uid! }, 'Normal', reason, message);

  const monitor = () => {
    const now = context.clock.now, { nodeMonitorGracePeriod } = context.flags, all = nodes.informer.list();
    for (const node of all) {
      if (known.has(node.metadata.name)) continue;
      say(node, 'RegisteredNode', `Node ${node.metadata.name} event: Registered Node ${node.metadata.name} in Controller`);
      known.set(node.metadata.name, node);
    }
    for (const [name, node] of known) {
      if (nodes.get(undefined, name)) continue;
      say(node, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
      known.delete(name);
      health.delete(name);
    }
    const readiness = new Map<string, boolean>();
    for (const node of all) {
      const { name } = node.metadata, ready = condition(node, 'Ready'), heartbeat = String(ready?.['lastHeartbeatTime'] ?? ''), renewed = String(leases.get('kube-node-lease', name)?.spec.renewTime ?? '');
      let h = health.get(name);
      if (!h) health.set(name, h = { probe: now, heartbeat, renewed });
      if (h.heartbeat !== heartbeat || h.renewed !== renewed) {
        h.heartbeat = heartbeat;
        h.renewed = renewed;
        h.probe = now;
      }
      const silent = now > h.probe + nodeMonitorGracePeriod;
      const current = silent ? markUnknown(node) : node, status = condition(current, 'Ready')?.status;
      readiness.set(name, status === 'True');
      if (ready?.status === 'True' && status !== 'True') say(node, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
      if (ready && status !== 'True' && ready.status === 'True') markPodsNotReady(name);
    }
    tainting(readiness);
  };

  const markUnknown = (node: KubeObject): KubeObject => {
    const at = rfc3339(context.clock.now);
    let conditions = (node.status?.conditions ?? []) as Condition[];
    for (const type of ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']) {
      const old = conditions.find((c) => c.type === type);
      if (!old) conditions = [...conditions, { type, status: 'Unknown', lastHeartbeatTime: node.metadata.creationTimestamp, lastTransitionTime: at, reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' }];
      else if (old.status !== 'Unknown') conditions = conditions.map((c) => (c === old ? { ...c, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: at } : c));
    }
    return deepEqual(conditions, node.status?.conditions) ? node : nodes.updateStatus({ ...node, status: { ...node.status, conditions } });
  };

  /** controllerutil.MarkPodsNotReady */
  const markPodsNotReady = (name: string) => {
    for (const pod of pods.informer.byIndex('node', name)) {
      const ready = condition(pod, 'Ready');
      if (ready?.status !== 'True') continue;
      const conditions = (pod.status.conditions as Condition[]).map((c) => (c === ready ? { ...c, status: 'False', lastTransitionTime: rfc3339(context.clock.now) } : c));
      pods.updateStatus({ ...pod, status: { ...pod.status, conditions } });
      recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    }
  };

  /** NoExecute taints: one node in ten seconds; none when most of a small cluster, or all of it, is gone. */
  let lastTainted = -Infinity;
  const tainting = (readiness: Map<string, boolean>) => {
    const bad = [...readiness.values()].filter((r) => !r).length, total = readiness.size;
    const stopped = bad === total || (bad > 2 && bad / total >= UNHEALTHY_THRESHOLD && total <= LARGE_CLUSTER);
    for (const node of nodes.informer.list()) {
      const status = condition(node, 'Ready')?.status, wanted = status === 'False' ? NOT_READY : status === 'Unknown' ? UNREACHABLE : undefined;
      const has = ((node.spec?.taints ?? []) as Taint[]).filter((t) => t.effect === 'NoExecute' && (t.key === NOT_READY || t.key === UNREACHABLE)).map((t) => t.key);
      if (!status) continue;
      if (!wanted || (stopped && bad === total)) {
        if (has.length > 0) setTaints(node, (t) => !(t.effect === 'NoExecute' && (t.key === NOT_READY || t.key === UNREACHABLE)), []);
      } else if (!has.includes(wanted) || has.length > 1) {
        if (has.length === 0 && (stopped || context.clock.now - lastTainted < EVICTION_PERIOD)) continue;
        lastTainted = context.clock.now;
        setTaints(node, (t) => !(t.effect === 'NoExecute' && (t.key === NOT_READY || t.key === UNREACHABLE)), [{ key: wanted, effect: 'NoExecute', timeAdded: rfc3339(context.clock.now) } as Taint]);
      }
    }
  };

  /** The NoSchedule taints of a node's conditions, as soon as they change (doNoScheduleTaintingPass). */
  const queue = context.queue((name) => {
    const node = nodes.get(undefined, name);
    if (!node) return;
    const wanted = new Set<string>();
    for (const [type, byStatus] of Object.entries(CONDITION_TAINTS)) {
      const taint = byStatus[condition(node, type)?.status ?? ''];
      if (taint) wanted.add(taint);
    }
    if (node.spec?.unschedulable) wanted.add(UNSCHEDULABLE);
    const has = new Set(((node.spec?.taints ?? []) as Taint[]).filter((t) => t.effect === 'NoSchedule' && MANAGED.has(t.key)).map((t) => t.key));
    if (has.size === wanted.size && [...wanted].every((k) => has.has(k))) return;
    const add = [...wanted].filter((k) => !has.has(k)).map((key) => ({ key, effect: 'NoSchedule', timeAdded: rfc3339(context.clock.now) }));
    setTaints(node, (t) => t.effect !== 'NoSchedule' || !MANAGED.has(t.key) || wanted.has(t.key), add);
  });

  const setTaints = (node: KubeObject, keep: (t: Taint) => boolean, add: Taint[]) => {
    const taints = [...add, ...((node.spec?.taints ?? []) as Taint[]).filter(keep)];
    nodes.patch(node, 'merge', { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } });
  };

  const looked = (n: KubeObject, old?: KubeObject) => {
    if (!old || n.spec !== old.spec || !deepEqual(n.status?.conditions, old.status?.conditions)) queue.add(n.metadata.name);
    // A node that comes back is cleared at the next round of the monitor; nothing else is due before it.
  };
  nodes.informer.on({ add: (n) => looked(n), update: looked });
  context.every(context.flags.nodeMonitorPeriod, monitor, SECOND / 10);
}
