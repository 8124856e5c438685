import type { KubeObject } from '../api/types.ts';
import { ApiError, ConnectionError, core } from '../client/client.ts';
import { EVICTION_PERIOD, evictOverLimit } from './eviction.ts';
import { EventRecorder } from '../client/events.ts';
import { Informer } from '../client/informer.ts';
import { deepEqual } from '../client/pods.ts';
import { type Clock, type Micros, MS, SECOND } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';
import { type Container, CriError, type Sandbox } from '../runtime/containers.ts';
import { TIMES } from '../runtime/cri.ts';
import { klogLine, type Severity } from '../runtime/klog.ts';
import { Backoff } from './backoff.ts';
import type { KubeletOptions } from './config.ts';
import { ImageManager } from './images.ts';
import { NodeStatus } from './node-status.ts';
import { PodWorker } from './pod-worker.ts';
import { removeDeadLinks } from './log-links.ts';
import { StaticPods } from './static-pods.ts';

const PODS = core('pods');
const MIRROR = 'kubernetes.io/config.mirror', SOURCE = 'kubernetes.io/config.source';

/** The kubelet of one node: pods of the API server and of its manifests become sandboxes and containers. */
export class Kubelet {
  readonly options: KubeletOptions;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly recorder: EventRecorder;
  readonly images: ImageManager;
  readonly backoff: Backoff;
  readonly workers = new Map<string, PodWorker>();
  readonly node: NodeStatus;
  readonly #pods: Informer;
  readonly #services: Informer;
  readonly #static: StaticPods;
  readonly #timers: { cancel(): void }[] = [];
  /** Phase of the relist within its second: no two nodes tick together. */
  readonly #phase: Micros;
  readonly #dirty = new Map<string, number>();
  #relisting = false;
  #networkReady = false;
  /** What the runtime showed at the last relist, by container id. */
  readonly #seen = new Map<string, string>();
  readonly #byPod = new Map<string, Map<string, Container[]>>();

  constructor(options: KubeletOptions) {
    this.options = options;
    const { world } = options.machine;
    this.clock = world.clock;
    this.rng = world.rng.fork(`kubelet/${options.nodeName}`);
    this.recorder = new EventRecorder(options.client, this.clock, this.rng.fork('events'), { component: 'kubelet', host: options.nodeName });
    this.backoff = new Backoff(this.clock);
    this.images = new ImageManager(options.runtime, this.clock, this.rng.fork('images'), this.recorder, new Backoff(this.clock), options.version);
    this.node = new NodeStatus(options, this.recorder, (...line) => this.log(...line));
    this.#phase = this.rng.int(SECOND);
    this.#pods = new Informer(options.client, this.clock, PODS, { fieldSelector: `spec.nodeName=${options.nodeName}` });
    this.#services = new Informer(options.client, this.clock, core('services'));
    this.#static = new StaticPods(options.machine, options.staticPodPath, { name: options.nodeName, version: options.version, log: (...line) => this.log(...line), bring: (load, then) => options.machine.world.bring(load, options.process, then) });
  }

  /** Whether its process lives and is not frozen. */
  get acting(): boolean {
    const { process } = this.options;
    return process.running && !process.stopped;
  }

  /** A line of its log, which is the journal's. `where` is the source file that says it. */
  log(severity: Severity, where: string, text: string): void {
    const { process } = this.options;
    void process.err(klogLine(process, severity, where, text));
  }

  start(): void {
    const { process, runtime, version, staticPodPath } = this.options;
    this.log('I', 'server.go:467', `"Kubelet version" kubeletVersion="${version}"`);
    this.log('I', 'kubelet.go:303', `"Adding static pod path" path="${staticPodPath}"`);
    this.log('I', 'server.go:1186', '"Started kubelet"');
    this.log('I', 'kubelet.go:2303', '"Starting kubelet main sync loop"');
    runtime.onChange = (uid) => this.#changed(uid);
    this.node.start();
    this.#timers.push(this.#static.watch(this.clock, (added, removed) => this.#staticChanged(added, removed)));
    this.#services.start();
    this.#pods.on({ add: (p) => this.#added(p), update: (p, old) => this.#updated(p, old), delete: (p) => this.#removed(p) });
    this.#pods.start();
    this.#timers.push(this.clock.every(60 * SECOND, () => this.#resync(), { first: Math.round(60 * SECOND + this.rng.float() * 20 * SECOND) }));
    this.#timers.push(this.clock.every(SECOND, () => this.#watchNetwork(), { first: this.#phase }));
    this.#timers.push(this.clock.every(EVICTION_PERIOD, () => {
      if (this.acting) for (const w of this.workers.values()) evictOverLimit(w);
    }, { first: this.#phase }));
    process.onExit(() => this.stop());
    process.onSignal('CONT', () => {
      // Whatever fell due while it was frozen is done at once.
      this.node.heartbeat();
      for (const w of this.workers.values()) {
        // What the API server was told about its Pods meanwhile is set right (status manager, needsReconcile).
        if (w.status) this.patchStatus(w);
        w.update();
      }
    });
  }

  stop(): void {
    for (const t of this.#timers) t.cancel();
    this.node.stop();
    this.recorder.stop();
    this.#pods.stop();
    this.#services.stop();
    for (const w of this.workers.values()) w.stop();
    this.workers.clear();
  }

  // What the workers need

  services(): KubeObject[] {
    return this.#services.list();
  }

  allocatable(): Record<string, string> {
    const { capacity } = this.options;
    return { cpu: capacity.cpu, memory: capacity.memory, 'ephemeral-storage': capacity.ephemeralStorage };
  }

  /** Containers of a pod by name, newest first. */
  containersOf(uid: string): Map<string, Container[]> {
    const known = this.#byPod.get(uid);
    if (known) return known;
    const map = new Map<string, Container[]>();
    for (const c of this.options.runtime.podContainers(uid)) {
      const list = map.get(c.config.name);
      if (list) list.unshift(c);
      else map.set(c.config.name, [c]);
    }
    return map;
  }

  /** When the runtime is looked at again after `time`: now, if that has been since. */
  relistAfter(time: Micros): Micros {
    const { now } = this.clock;
    const last = Math.floor((now - this.#phase) / TIMES.relist) * TIMES.relist + this.#phase;
    return last > time ? now : last + TIMES.relist;
  }

  patchStatus(worker: PodWorker): void {
    const pod = this.#apiPod(worker);
    if (!pod) return;
    try {
      this.options.client.patch(PODS, pod.metadata.namespace, pod.metadata.name, 'merge', { metadata: { uid: pod.metadata.uid }, status: statusDiff(pod.status ?? {}, worker.status) }, 'status');
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      if (error instanceof ConnectionError || error.code >= 500) this.clock.after(10 * SECOND, () => {
        if (this.acting && this.workers.get(worker.uid) === worker) this.patchStatus(worker);
      }, { background: true });
    }
  }

  /** A static pod's shadow on the API server: created, and again when somebody deletes it. */
  mirror(worker: PodWorker): void {
    if (!isStatic(worker.pod) || this.#apiPod(worker)) return;
    const { metadata, spec } = worker.pod;
    const hash = metadata.annotations!['kubernetes.io/config.hash']!;
    try {
      const node = this.options.client.find(core('nodes'), undefined, this.options.nodeName);
      if (!node) return;
      const created = this.options.client.create(PODS, {
        apiVersion: 'v1', kind: 'Pod',
        metadata: {
          name: metadata.name, namespace: metadata.namespace!, ...(metadata.labels ? { labels: metadata.labels } : {}), annotations: { ...metadata.annotations, [MIRROR]: hash },
          ownerReferences: [{ apiVersion: 'v1', controller: true, kind: 'Node', name: this.options.nodeName, uid: node.metadata.uid! }],
        },
        spec,
      });
      this.#pods.observe(created);
      this.patchStatus(worker);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
    }
  }

  /** A pod has ended for good: if it is being deleted, the API server may forget it. */
  finished(worker: PodWorker): void {
    const pod = this.#apiPod(worker);
    if (isStatic(worker.pod)) {
      this.#forget(worker);
      if (pod) this.#delete(pod);
      const again = this.#waiting.get(worker.pod.metadata.name);
      if (again) {
        this.#waiting.delete(worker.pod.metadata.name);
        this.#begin(again);
      }
      return;
    }
    if (pod?.metadata.deletionTimestamp) {
      this.#delete(pod);
    } else if (!pod) this.#forget(worker);
  }
  readonly #waiting = new Map<string, KubeObject>();

  #delete(pod: KubeObject): void {
    try {
      this.options.client.delete(PODS, pod.metadata.namespace, pod.metadata.name, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid! } });
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      // A mirror whose manifest has come back meanwhile is an orphan no more.
      if (error instanceof ConnectionError) this.clock.after(10 * SECOND, () => {
        if (this.acting && !(pod.metadata.annotations?.[MIRROR] && this.#staticWorker(pod))) this.#delete(pod);
      }, { background: true });
    }
  }

  #apiPod(worker: PodWorker): KubeObject | undefined {
    const found = this.#pods.get(worker.pod.metadata.namespace, worker.pod.metadata.name);
    if (!found) return undefined;
    return isStatic(worker.pod) || found.metadata.uid === worker.uid ? found : undefined;
  }

  // Sources

  #staticChanged(added: KubeObject[], removed: KubeObject[]): void {
    if (!this.acting) return;
    for (const pod of removed) this.workers.get(pod.metadata.uid!)?.terminate((pod.spec.terminationGracePeriodSeconds ?? 30) * SECOND);
    for (const pod of added) {
      const old = [...this.workers.values()].find((w) => isStatic(w.pod) && w.pod.metadata.name === pod.metadata.name);
      if (old) this.#waiting.set(pod.metadata.name, pod);
      else this.#begin(pod);
    }
  }

  #added(pod: KubeObject): void {
    if (pod.metadata.annotations?.[MIRROR]) {
      const worker = this.#staticWorker(pod);
      if (!worker) this.#orphanMirror(pod);
      return;
    }
    if (!this.workers.has(pod.metadata.uid!)) this.#begin(pod);
    if (pod.metadata.deletionTimestamp) this.#deleting(pod);
  }

  #updated(pod: KubeObject, old: KubeObject): void {
    if (pod.metadata.uid !== old.metadata.uid) {
      this.#removed(old);
      return this.#added(pod);
    }
    if (pod.metadata.annotations?.[MIRROR]) {
      if (pod.metadata.deletionTimestamp) this.#delete(pod);
      return;
    }
    const worker = this.workers.get(pod.metadata.uid!);
    if (!worker) return this.#added(pod);
    worker.pod = pod;
    if (pod.metadata.deletionTimestamp) return this.#deleting(pod);
    const changed = pod.spec !== old.spec && !deepEqual(pod.spec, old.spec) || !deepEqual(pod.metadata.labels, old.metadata.labels) || !deepEqual(pod.metadata.annotations, old.metadata.annotations);
    if (changed) worker.update();
    else if (pod.status?.phase === 'Failed' && worker.status?.phase !== 'Failed') worker.terminate((pod.spec.terminationGracePeriodSeconds ?? 30) * SECOND, { phase: 'Failed', reason: pod.status.reason, message: pod.status.message });
  }

  #removed(pod: KubeObject): void {
    if (pod.metadata.annotations?.[MIRROR]) {
      const worker = this.#staticWorker(pod);
      if (worker && !worker.terminating) {
        worker.status = undefined;
        this.clock.after(200 * MS, () => {
          if (this.acting && this.workers.has(worker.uid)) worker.update();
        }, { background: true });
      }
      return;
    }
    const worker = this.workers.get(pod.metadata.uid!);
    if (!worker) return;
    if (worker.terminated) this.#forget(worker);
    else worker.terminate(Math.min(pod.metadata.deletionGracePeriodSeconds ?? 30, 30) * SECOND);
  }

  #deleting(pod: KubeObject): void {
    const worker = this.workers.get(pod.metadata.uid!);
    if (!worker) return;
    if (worker.terminated) this.finished(worker);
    else worker.terminate((pod.metadata.deletionGracePeriodSeconds ?? 30) * SECOND);
  }

  #begin(pod: KubeObject): void {
    this.log('I', 'topology_manager.go:215', `"Topology Admit Handler" podUID="${pod.metadata.uid}" podNamespace="${pod.metadata.namespace}" podName="${pod.metadata.name}"`);
    const worker = new PodWorker(this, pod);
    this.workers.set(worker.uid, worker);
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    for (const s of this.options.runtime.sandboxes.values()) if (s.config.uid === worker.uid) worker.sandbox = s;
    if (ended && !worker.sandbox) worker.terminated = true;
    else this.clock.after(20 * MS, () => worker.update());
  }

  /** A sandbox whose network the plugins will not take down is tried again by the garbage collection, every minute. */
  #removeSandbox(sandbox: Sandbox): void {
    try {
      this.options.runtime.removePodSandbox(sandbox);
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
      this.log('E', 'kuberuntime_gc.go:178', `"Failed to stop sandbox before removing" err=${JSON.stringify(`rpc error: code = Unknown desc = ${error.message}`)} sandboxID="${sandbox.id}"`);
      this.clock.after(60 * SECOND, () => {
        if (this.acting && this.options.runtime.sandboxes.has(sandbox.id)) this.#removeSandbox(sandbox);
      }, { background: true });
    }
  }

  #forget(worker: PodWorker): void {
    this.workers.delete(worker.uid);
    worker.stop();
    this.backoff.forget(`${worker.uid}/`);
    const { runtime } = this.options;
    for (const s of [...runtime.sandboxes.values()]) if (s.config.uid === worker.uid) this.#removeSandbox(s);
    worker.volumes.unmountAll();
    this.#byPod.delete(worker.uid);
  }

  #staticWorker(mirror: KubeObject): PodWorker | undefined {
    for (const w of this.workers.values()) if (isStatic(w.pod) && w.pod.metadata.name === mirror.metadata.name && w.pod.metadata.namespace === mirror.metadata.namespace) return w;
    return undefined;
  }

  /** A mirror whose manifest is gone. */
  #orphanMirror(pod: KubeObject): void {
    this.clock.after(2 * SECOND, () => {
      if (this.acting && !this.#staticWorker(pod)) this.#delete(pod);
    }, { background: true });
  }

  // PLEG

  #changed(uid: string): void {
    if (!this.#dirty.has(uid)) this.#dirty.set(uid, 0);
    this.#byPod.delete(uid);
    if (this.#relisting) return;
    this.#relisting = true;
    this.clock.after(this.relistAfter(this.clock.now) - this.clock.now, () => this.#relist());
  }

  /** Each change of state since the last relist is an event, and each event asks for a sync. */
  #relist(): void {
    this.#relisting = false;
    if (!this.acting) {
      this.#relisting = true;
      this.clock.after(SECOND, () => this.#relist(), { background: true });
      return;
    }
    const { runtime } = this.options;
    const uids = [...this.#dirty.keys()];
    this.#dirty.clear();
    for (const uid of uids) {
      let events = 0;
      const look = (id: string, state: string) => {
        if (this.#seen.get(id) !== state && state !== 'CREATED') events++;
        this.#seen.set(id, state);
      };
      for (const s of runtime.podSandboxes(uid)) look(s.id, s.state);
      for (const c of runtime.podContainers(uid)) look(c.id, c.state);
      const worker = this.workers.get(uid);
      if (!worker) continue;
      if (events > 0) worker.pruneDead();
      for (let i = 0; i < events; i++) worker.update();
    }
  }

  #watchNetwork(): void {
    if (!this.acting) return;
    const ready = this.options.runtime.networkReady;
    if (ready === this.#networkReady) return;
    this.#networkReady = ready;
    this.node.now();
  }

  #resync(): void {
    if (!this.acting) return;
    removeDeadLinks(this.options.machine);
    for (const w of this.workers.values()) {
      if (w.terminated || w.terminating) continue;
      try {
        w.volumes.refresh(w.pod);
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      }
      if (w.pod.spec.activeDeadlineSeconds !== undefined) w.update();
    }
  }
}

function isStatic(pod: KubeObject): boolean {
  return pod.metadata.annotations?.[SOURCE] === 'file';
}

/** What a merge patch must say to make one status into the other. */
function statusDiff(from: Record<string, unknown>, to: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const k in to) if (!deepEqual(from[k], to[k])) out[k] = to[k];
  for (const k in from) if (!(k in to)) out[k] = null;
  return out;
}
