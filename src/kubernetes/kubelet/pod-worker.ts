import type { KubeObject } from '../api/types.ts';
import { deepEqual } from '../client/pods.ts';
import type { ObjectReference } from '../client/events.ts';
import { type Micros, MS, SECOND } from '../../sim/clock.ts';
import { type Container, CriError, type Sandbox } from '../runtime/containers.ts';
import { TIMES } from '../runtime/cri.ts';
import { sandboxConfig } from './container-config.ts';
import type { Kubelet } from './kubelet.ts';
import { runHook, type HookContext } from './lifecycle.ts';
import { Probe, type ProbeOwner, type ProbeType } from './probes.ts';
import { mayRestart, podStatus, type StartFailure } from './status.ts';
import { PodMounts } from './pod-mounts.ts';
import { startContainer } from './start-container.ts';
import { PodVolumes } from './volumes.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- v1.Container and its parts
type Any = any;

/**
 * What the kubelet does for one pod (pkg/kubelet/pod_workers.go and kubelet.go's syncPod): one sync at a time, the next one
 * not before the runtime was relisted, failures tried again after 10 to 15 s.
 */
export class PodWorker implements ProbeOwner {
  pod: KubeObject;
  readonly uid: string;
  readonly kubelet: Kubelet;
  /** As last sent to (or read from) the API server. */
  status: Any;
  readonly startTime: Micros;
  readonly volumes: PodVolumes;
  readonly failures = new Map<string, StartFailure>();
  sandbox: Sandbox | undefined;
  terminating = false;
  terminated = false;
  ending: { phase: 'Failed'; reason: string; message: string } | undefined;
  #working = false;
  #pending = false;
  #lastSync: Micros = 0;
  #grace: Micros = 0;
  #retry: { cancel(): void } | undefined;
  #attempt = 0;
  readonly #probes: Probe[] = [];
  readonly #mounts: PodMounts;

  constructor(kubelet: Kubelet, pod: KubeObject) {
    this.kubelet = kubelet;
    this.pod = pod;
    this.uid = pod.metadata.uid!;
    this.status = pod.status;
    this.startTime = pod.status?.startTime ? Date.parse(pod.status.startTime) * 1000 : kubelet.clock.now;
    this.volumes = new PodVolumes(kubelet.options, this.uid);
    this.#mounts = new PodMounts(kubelet, this.volumes);
    for (const c of pod.spec.containers) for (const type of ['startup', 'liveness', 'readiness'] as const) if (c[`${type}Probe`]) this.#probes.push(new Probe(type, c, kubelet.options, this));
  }

  /** Something happened that concerns the pod: sync it when its turn comes. */
  update(): void {
    if (this.terminated) return;
    if (this.#working) {
      this.#pending = true;
      return;
    }
    this.#working = true;
    this.#retry?.cancel();
    const { clock } = this.kubelet;
    const at = this.#lastSync === 0 ? clock.now : this.kubelet.relistAfter(this.#lastSync);
    clock.after(at - clock.now, () => this.#sync());
  }

  /** Ends it: TERM, and KILL after `grace`. */
  terminate(grace: Micros, ending?: PodWorker['ending']): void {
    if (this.terminating) {
      if (grace < this.#grace) this.#grace = grace;
      return;
    }
    this.terminating = true;
    this.#grace = grace;
    this.ending = ending;
    this.update();
  }

  /** The kubelet's process has ended. */
  stop(): void {
    this.#retry?.cancel();
    for (const p of this.#probes) p.stop();
    this.terminated = true;
  }

  // ProbeOwner

  running(name: string): Container | undefined {
    const current = this.kubelet.containersOf(this.uid).get(name)?.[0];
    return current?.state === 'RUNNING' ? current : undefined;
  }
  podIP(): string | undefined {
    return this.pod.spec.hostNetwork ? this.kubelet.options.nodeIP : this.sandbox?.ip;
  }
  started(container: Container): boolean {
    const probe = this.#probe('startup', container.config.name);
    return !probe || (probe.resultOf(container) === 'success' && container.state === 'RUNNING');
  }
  ready(container: Container): boolean {
    const probe = this.#probe('readiness', container.config.name);
    return !probe || probe.resultOf(container) === 'success';
  }
  changed(type: ProbeType, _container: Container, result: 'success' | 'failure'): void {
    if (type === 'readiness') this.#report();
    if (type !== 'liveness' || result === 'failure') this.update();
  }
  unhealthy(container: Container, message: string): void {
    this.kubelet.recorder.event(this.about(container.config.name), 'Warning', 'Unhealthy', message);
  }
  #probe(type: ProbeType, name: string): Probe | undefined {
    return this.#probes.find((p) => p.type === type && p.name === name);
  }

  /** What events about a container refer to. */
  about(container?: string): ObjectReference {
    const { metadata, apiVersion } = this.pod;
    const init = container !== undefined && this.pod.spec.initContainers?.some((c: Any) => c.name === container);
    const ephemeral = container !== undefined && this.pod.spec.ephemeralContainers?.some((c: Any) => c.name === container);
    return {
      apiVersion, kind: 'Pod', name: metadata.name, namespace: metadata.namespace!, uid: metadata.uid!, ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
      ...(container === undefined ? {} : { fieldPath: `spec.${init ? 'initContainers' : ephemeral ? 'ephemeralContainers' : 'containers'}{${container}}` }),
    };
  }

  // Syncs

  #sync(): void {
    if (this.terminated) return;
    if (!this.kubelet.acting) return this.#finish();
    if (this.terminating) return this.#terminate();
    const status = this.#report();
    if (status.phase === 'Succeeded' || status.phase === 'Failed') return this.#over();
    const deadline = this.pod.spec.activeDeadlineSeconds;
    if (deadline !== undefined && this.kubelet.clock.now - this.startTime >= deadline * SECOND) {
      this.kubelet.recorder.event(this.about(), 'Normal', 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline');
      this.terminate(this.#graceOf(), { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' });
      return this.#finish();
    }
    if (!this.kubelet.options.runtime.networkReady && !this.pod.spec.hostNetwork) {
      this.kubelet.recorder.event(this.about(), 'Warning', 'NetworkNotReady', 'network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized');
      return this.#finish(SECOND);
    }
    this.kubelet.mirror(this);
    this.#mount(() => this.#sandboxes());
  }

  /** Sends the status if it changed. */
  #report(): Any {
    const status = podStatus({
      pod: this.pod, containers: this.kubelet.containersOf(this.uid), failures: this.failures, ready: (c) => this.ready(c), started: (c) => this.started(c),
      runtime: this.kubelet.options.runtime, podIP: this.podIP() ?? this.status?.podIP, hostIP: this.kubelet.options.nodeIP, startTime: this.startTime, now: this.kubelet.clock.now,
      previous: this.status, ending: this.terminating && !this.terminated ? undefined : this.ending, terminated: this.terminated,
    });
    for (const p of this.#probes) if (p.type === 'readiness' && this.running(p.name) && p.resultOf(this.running(p.name)!) !== 'success') this.kubelet.clock.after(MS, () => p.probe(), { background: true });
    if (!deepEqual(status, this.status)) {
      this.status = status;
      this.kubelet.patchStatus(this);
    }
    return status;
  }

  /** Ends the sync: the next one follows if something happened meanwhile, or after `retry` when it failed. */
  #finish(retry?: Micros): void {
    this.#working = false;
    this.#lastSync = this.kubelet.clock.now;
    if (this.#pending) {
      this.#pending = false;
      return this.update();
    }
    if (retry === undefined || this.terminated) return;
    this.#retry = this.kubelet.clock.after(retry, () => this.update(), { background: true });
  }

  /** wait.Jitter(10 s, 0.5) and up to a second until the queue is looked at: the middle of that. */
  #failed(): void {
    this.#finish(12.8 * SECOND);
  }

  #mount(then: () => void): void {
    const { clock } = this.kubelet;
    const first = this.sandbox === undefined && (this.pod.spec.volumes?.length ?? 0) > 0;
    this.#mounts.mount(this.pod, this.about(), {
      mounted: () => (first ? void clock.after(300 * MS, then) : then()),
      failed: () => this.#failed(),
      again: () => (this.terminated || this.terminating || !this.kubelet.acting ? this.#finish(0) : this.#mount(then)),
    });
  }

  #sandboxes(): void {
    const { kubelet } = this, { clock, recorder } = kubelet, { runtime } = kubelet.options;
    if (this.sandbox?.state === 'READY') return this.#containers();
    if (this.sandbox) {
      const live = this.pod.spec.containers.some((c: Any) => this.#needsStart(c, false));
      if (!live) return this.#finish();
      recorder.event(this.about(), 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
      this.#attempt = this.sandbox.config.attempt + 1;
    }
    clock.after(TIMES.sandbox + kubelet.rng.int(60 * MS), () => {
      if (this.terminated || this.terminating || !kubelet.acting) return this.#finish(0);
      try {
        this.sandbox = runtime.runPodSandbox(sandboxConfig(this, this.#attempt));
      } catch (error) {
        if (!(error instanceof CriError)) throw error;
        kubelet.log('E', 'remote_runtime.go:193', `"RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = ${error.message.replaceAll('"', '\\"')}"`);
        recorder.event(this.about(), 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: rpc error: code = Unknown desc = ${error.message}`);
        return this.#failed();
      }
      this.#containers();
    });
  }

  /** Starts what is to run: init containers one by one, then the others, and ends what failed its liveness. */
  #containers(): void {
    const { spec } = this.pod;
    const byName = this.kubelet.containersOf(this.uid);
    const inits: Any[] = spec.initContainers ?? [];
    const anyStarted = spec.containers.some((c: Any) => byName.has(c.name));
    const next = anyStarted ? undefined : inits.find((c) => !(byName.get(c.name)?.[0]?.state === 'EXITED' && byName.get(c.name)![0]!.exitCode === 0));
    const todo: Any[] = [];
    for (const c of spec.ephemeralContainers ?? []) if (!byName.has(c.name)) todo.push(c);
    if (next) {
      if (this.#needsStart(next, true)) todo.push(next);
    } else for (const c of spec.containers) if (this.#needsStart(c, false) || this.#toKill(c)) todo.push(c);
    let failed = false;
    // Back-off looks at what had ended when the sync began: a container that this sync kills does not count yet.
    const ended = new Map([...byName].map(([name, list]) => [name, list.find((x) => x.state === 'EXITED')]));
    const step = () => {
      const c = todo.shift();
      if (!c) return failed ? this.#failed() : this.#finish();
      if (this.terminating || this.terminated || !this.kubelet.acting) return this.#finish(0);
      const kill = this.#toKill(c);
      const start = () => this.#start(c, ended.get(c.name), (ok) => {
        if (!ok) failed = true;
        step();
      });
      if (!kill) return start();
      this.kubelet.recorder.event(this.about(c.name), 'Normal', 'Killing', `Container ${c.name} ${kill.why}, will be restarted`);
      this.#kill(this.running(c.name)!, (kill.grace ?? spec.terminationGracePeriodSeconds ?? 30) * SECOND, start);
    };
    step();
  }

  /** A container that runs and must not: its image was changed (the one field that may), or a probe failed. Seconds of grace of its own. */
  #toKill(c: Any): { why: string; grace?: number } | undefined {
    const container = this.running(c.name);
    if (!container) return undefined;
    if (container.config.imageName !== c.image) return { why: 'definition changed' };
    const kind = this.#failedProbe(c);
    return kind && { why: `failed ${kind} probe`, grace: c[`${kind}Probe`].terminationGracePeriodSeconds };
  }

  #failedProbe(c: Any): 'liveness' | 'startup' | undefined {
    const container = this.running(c.name);
    return container && (['liveness', 'startup'] as const).find((t) => this.#probe(t, c.name)?.resultOf(container) === 'failure');
  }

  #needsStart(c: Any, init: boolean): boolean {
    const [current] = this.kubelet.containersOf(this.uid).get(c.name) ?? [];
    if (!current || current.state === 'CREATED') return true;
    return current.state === 'EXITED' && mayRestart(this.pod, current, init);
  }

  #start(c: Any, ended: Container | undefined, done: (ok: boolean) => void): void {
    startContainer(this, c, ended, { done, hookContext: (container) => this.#hookContext(container, c), kill: (container, grace, then) => this.#kill(container, grace, then) });
  }

  /** MaxPerPodContainerCount is 1: of the dead ones the newest stays. */
  pruneDead(): void {
    if (!this.terminating) for (const name of this.kubelet.containersOf(this.uid).keys()) this.#prune(name);
  }

  #prune(name: string): void {
    const all = this.kubelet.containersOf(this.uid).get(name) ?? [];
    const dead = all.filter((c) => c.state === 'EXITED');
    for (const c of dead.slice(1)) this.kubelet.options.runtime.removeContainer(c);
  }

  // The end

  #graceOf(): Micros {
    return (this.pod.metadata.deletionGracePeriodSeconds ?? this.pod.spec.terminationGracePeriodSeconds ?? 30) * SECOND;
  }

  #kill(container: Container, grace: Micros, done: () => void): void {
    const c = this.pod.spec.containers.find((s: Any) => s.name === container.config.name);
    const stop = (left: Micros) => this.kubelet.options.runtime.stopContainer(container, Math.max(left, this.#grace === 0 && this.terminating ? 0 : 2 * SECOND), done);
    const hook: Any = c?.lifecycle?.preStop;
    if (!hook || grace <= 0) return stop(grace <= 0 ? 0 : grace);
    const from = this.kubelet.clock.now;
    runHook(this.#hookContext(container, c), hook, (ok) => {
      if (!ok) this.kubelet.recorder.event(this.about(c.name), 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
      stop(grace - (this.kubelet.clock.now - from));
    }, grace);
  }

  #hookContext(container: Container, spec: Any): HookContext {
    return { options: this.kubelet.options, container, spec, podIP: this.podIP() ?? '' };
  }

  #terminate(): void {
    this.#report();
    for (const p of this.#probes) if (p.type !== 'readiness') p.stop();
    const running = [...this.kubelet.containersOf(this.uid).values()].map((l) => l[0]!).filter((c) => c.state === 'RUNNING');
    let left = running.length;
    const ended = () => {
      if (--left > 0) return;
      this.#down();
    };
    if (running.length === 0) return this.#down();
    for (const c of running) {
      this.kubelet.recorder.event(this.about(c.config.name), 'Normal', 'Killing', `Stopping container ${c.config.name}`);
      this.#kill(c, this.#grace, ended);
    }
  }

  /** Everything has ended: take the sandbox down, report, and once the runtime has shown it let the API object go. */
  #down(): void {
    const { clock } = this.kubelet;
    if (!this.#stopSandbox(() => this.#down())) return;
    this.terminated = true;
    this.#report();
    for (const p of this.#probes) p.stop();
    clock.after(this.kubelet.relistAfter(clock.now) - clock.now + 150 * MS, () => {
      this.volumes.unmountAll();
      // Of an evicted pod the kubelet keeps no container, dead or not.
      if (this.ending?.reason === 'Evicted') for (const c of [...this.kubelet.options.runtime.podContainers(this.uid)]) this.kubelet.options.runtime.removeContainer(c);
      this.kubelet.finished(this);
    });
  }

  /** It ended by itself (a Job's pod): its sandbox goes, its containers stay for their logs. */
  #over(): void {
    this.terminated = true;
    this.#working = false;
    for (const p of this.#probes) p.stop();
    this.#release();
  }

  #release(): void {
    if (!this.#stopSandbox(() => this.#release())) return;
    this.volumes.unmountAll();
    this.kubelet.finished(this);
  }

  /** False when its network cannot be taken down: the pod stays, and it is tried again. */
  #stopSandbox(again: () => void): boolean {
    const { kubelet, sandbox } = this;
    if (!sandbox) return true;
    try {
      kubelet.options.runtime.stopPodSandbox(sandbox);
      return true;
    } catch (error) {
      if (!(error instanceof CriError)) throw error;
      const why = `failed to "KillPodSandbox" for "${this.uid}" with KillPodSandboxError: ${JSON.stringify(`rpc error: code = Unknown desc = ${error.message}`)}`;
      kubelet.log('E', 'remote_runtime.go:205', `"StopPodSandbox from runtime service failed" err=${JSON.stringify(`rpc error: code = Unknown desc = ${error.message}`)} podSandboxID="${sandbox.id}"`);
      kubelet.recorder.event(this.about(), 'Warning', 'FailedKillPod', `error killing pod: ${why}`);
      kubelet.clock.after(11.8 * SECOND + Math.round(kubelet.rng.float() * 1.4 * SECOND), () => {
        if (kubelet.acting) again();
      }, { background: true });
      return false;
    }
  }
}
