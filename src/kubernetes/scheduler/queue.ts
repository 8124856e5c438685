import type { KubeObject } from '../api/types.ts';
import { deepEqual } from '../client/pods.ts';
import { type Clock, type Micros, MINUTE, SECOND } from '../../sim/clock.ts';
import { podKey } from './snapshot.ts';

export interface QueuedPod {
  pod: KubeObject;
  added: Micros;
  attempts: number;
  /** When it was last found unschedulable. */
  failedAt: Micros;
  /** Plugins that refused it then. */
  plugins: Set<string>;
}

/** What happened in the cluster, in the words of framework.ClusterEvent. */
export type ClusterEvent =
  | 'NodeAdd' | 'NodeDelete' | 'NodeAllocatable' | 'NodeLabel' | 'NodeTaint' | 'NodeCondition' | 'PodAdd' | 'PodUpdate' | 'PodDelete'
  | 'PvcAdd' | 'PvcUpdate' | 'PvAdd' | 'PvUpdate' | 'StorageClassAdd';

/** Which events may make a pod schedulable that a plugin refused (EventsToRegister). */
const WAKES: Record<string, readonly ClusterEvent[]> = {
  NodeUnschedulable: ['NodeAdd', 'NodeTaint'],
  NodeName: ['NodeAdd'],
  TaintToleration: ['NodeAdd', 'NodeTaint'],
  NodeAffinity: ['NodeAdd', 'NodeLabel'],
  NodePorts: ['PodDelete', 'NodeAdd'],
  NodeResourcesFit: ['PodDelete', 'NodeAdd', 'NodeAllocatable'],
  VolumeBinding: ['StorageClassAdd', 'PvcAdd', 'PvcUpdate', 'PvAdd', 'PvUpdate', 'NodeAdd', 'NodeLabel'],
  PodTopologySpread: ['PodAdd', 'PodUpdate', 'PodDelete', 'NodeAdd', 'NodeDelete', 'NodeLabel'],
  InterPodAffinity: ['PodAdd', 'PodUpdate', 'PodDelete', 'NodeAdd', 'NodeLabel'],
};
const INITIAL_BACKOFF = SECOND, MAX_BACKOFF = 10 * SECOND, FLUSH_PERIOD = 30 * SECOND, MAX_IN_UNSCHEDULABLE = 5 * MINUTE;

/** internal/queue PriorityQueue: pods to schedule now, pods that wait out a backoff, and pods that wait for the cluster to change. */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #active = new Map<string, QueuedPod>();
  readonly #backoff = new Map<string, QueuedPod>();
  readonly #unschedulable = new Map<string, QueuedPod>();
  readonly #flush: { cancel(): void };
  #stopped = false;
  /** Counts events, so that one that comes while a pod is tried is not lost on it. */
  cycle = 0;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
    this.#flush = clock.every(FLUSH_PERIOD, () => {
      for (const [k, q] of this.#unschedulable) if (clock.now - q.failedAt > MAX_IN_UNSCHEDULABLE) this.#move(k, q);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#flush.cancel();
  }

  get size(): number {
    return this.#active.size;
  }

  add(pod: KubeObject): void {
    const k = podKey(pod);
    this.#backoff.delete(k);
    this.#unschedulable.delete(k);
    this.#activate(k, { pod, added: this.#clock.now, attempts: 0, failedAt: 0, plugins: new Set() });
  }

  /** `changed`: whether more than status was changed, which may make it schedulable. */
  update(pod: KubeObject, changed: boolean): void {
    const k = podKey(pod);
    for (const place of [this.#active, this.#backoff, this.#unschedulable]) {
      const q = place.get(k);
      if (!q) continue;
      q.pod = pod;
      if (changed && place === this.#unschedulable) this.#move(k, q);
      return;
    }
  }

  delete(pod: KubeObject): void {
    const k = podKey(pod);
    for (const place of [this.#active, this.#backoff, this.#unschedulable]) place.delete(k);
  }

  has(pod: KubeObject): boolean {
    const k = podKey(pod);
    return this.#active.has(k) || this.#backoff.has(k) || this.#unschedulable.has(k);
  }

  /** The highest priority first, then who waits longest. */
  pop(): QueuedPod | undefined {
    let best: QueuedPod | undefined;
    for (const q of this.#active.values()) {
      const a = (q.pod.spec.priority ?? 0) as number, b = (best?.pod.spec.priority ?? 0) as number;
      if (!best || a > b || (a === b && q.added < best.added)) best = q;
    }
    if (best) this.#active.delete(podKey(best.pod));
    return best;
  }

  /** A pod was found unschedulable; `error`: not by the plugins, so it is tried again after its backoff. */
  addUnschedulable(q: QueuedPod, startedIn: number, error: boolean): void {
    q.failedAt = q.added = this.#clock.now;
    const k = podKey(q.pod);
    if (error || this.cycle !== startedIn) this.#toBackoff(k, q);
    else this.#unschedulable.set(k, q);
  }

  /** MoveAllToActiveOrBackoffQueue */
  moveOn(event: ClusterEvent, only: (pod: KubeObject) => boolean = () => true): void {
    this.cycle++;
    for (const [k, q] of this.#unschedulable) {
      if (q.plugins.size > 0 && ![...q.plugins].some((p) => WAKES[p]?.includes(event) ?? true)) continue;
      if (only(q.pod)) this.#move(k, q);
    }
  }

  #move(k: string, q: QueuedPod): void {
    this.#unschedulable.delete(k);
    if (this.#clock.now < this.#backoffEnd(q)) this.#toBackoff(k, q);
    else this.#activate(k, q);
  }

  #toBackoff(k: string, q: QueuedPod): void {
    this.#backoff.set(k, q);
    this.#clock.after(this.#backoffEnd(q) - this.#clock.now, () => {
      if (this.#stopped || this.#backoff.get(k) !== q) return;
      this.#backoff.delete(k);
      this.#activate(k, q);
    }, { background: q.attempts > 10 });
  }

  #backoffEnd(q: QueuedPod): Micros {
    return q.failedAt + Math.min(MAX_BACKOFF, INITIAL_BACKOFF * 2 ** Math.max(0, q.attempts - 1));
  }

  #activate(k: string, q: QueuedPod): void {
    this.#active.set(k, q);
    this.#wake();
  }
}

/** What of a node's change may let a pod in that was refused. */
export function nodeChanges(n: KubeObject, old: KubeObject): ClusterEvent[] {
  const out: ClusterEvent[] = [];
  if (!deepEqual(n.status?.allocatable, old.status?.allocatable)) out.push('NodeAllocatable');
  if (!deepEqual(n.metadata.labels, old.metadata.labels)) out.push('NodeLabel');
  if (!deepEqual(n.spec?.taints, old.spec?.taints) || n.spec?.unschedulable !== old.spec?.unschedulable) out.push('NodeTaint');
  const statuses = (o: KubeObject) => ((o.status?.conditions ?? []) as { type: string; status: string }[]).map((c) => `${c.type}=${c.status}`).join();
  if (statuses(n) !== statuses(old)) out.push('NodeCondition');
  return out;
}
