import type { KubeObject } from '../api/types.ts';
import type { Condition } from '../client/pods.ts';
import { rfc3339 } from '../client/time.ts';
import type { Micros } from '../../sim/clock.ts';
import type { Container } from '../runtime/containers.ts';
import type { ContainerRuntime } from '../runtime/cri.ts';

/** Why a container could not be started: shown as Waiting from the next sync on (pkg/kubelet/reason_cache.go). */
export interface StartFailure {
  reason: string;
  message: string;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- v1.ContainerStatus, v1.PodStatus
type Any = any;

export interface StatusInput {
  pod: KubeObject;
  /** Of each container name, newest first. */
  containers: ReadonlyMap<string, Container[]>;
  failures: ReadonlyMap<string, StartFailure>;
  ready: (container: Container) => boolean;
  started: (container: Container) => boolean;
  runtime: ContainerRuntime;
  podIP: string | undefined;
  hostIP: string;
  startTime: Micros;
  now: Micros;
  /** Status on the API server: conditions of others and transition times come from it. */
  previous: Any;
  /** The kubelet decided to end it (eviction, deadline). */
  ending?: { phase: 'Failed'; reason: string; message: string } | undefined;
  /** All containers were stopped for good: what has not ended yet has. */
  terminated: boolean;
}

/** generateAPIPodStatus of pkg/kubelet/kubelet_pods.go. */
export function podStatus(o: StatusInput): Any {
  const { pod, previous, now } = o;
  const spec = pod.spec;
  const inits = spec.initContainers ?? [];
  const hasInit = inits.length > 0;
  const initContainerStatuses = inits.map((c: Any) => containerStatus(o, c, true, hasInit));
  const containerStatuses = spec.containers.map((c: Any) => containerStatus(o, c, false, hasInit));
  const ephemeralContainerStatuses = (spec.ephemeralContainers ?? []).map((c: Any) => containerStatus(o, c, false, false));
  const phase = o.ending?.phase ?? phaseOf(spec, initContainerStatuses, containerStatuses, o.terminated, previous?.phase);
  const at = rfc3339(now);
  const conditions: Condition[] = [];
  const set = (type: string, status: boolean, reason?: string, message?: string) => {
    const old = (previous?.conditions as Condition[] | undefined)?.find((c) => c.type === type);
    const value = status ? 'True' : 'False';
    conditions.push({ lastProbeTime: null, lastTransitionTime: old?.status === value && old.lastTransitionTime ? old.lastTransitionTime : at, ...(message ? { message } : {}), ...(reason ? { reason } : {}), status: value, type });
  };
  const incomplete = initContainerStatuses.filter((s: Any) => !s.ready).map((s: Any) => s.name);
  const unready = containerStatuses.filter((s: Any) => !s.ready).map((s: Any) => s.name);
  const initialized = incomplete.length === 0;
  set('Initialized', initialized || phase === 'Succeeded', phase === 'Succeeded' ? 'PodCompleted' : initialized ? undefined : 'ContainersNotInitialized', initialized || phase === 'Succeeded' ? undefined : `containers with incomplete status: [${incomplete.join(' ')}]`);
  const readiness = (type: string) => {
    if (phase === 'Succeeded') return set(type, false, 'PodCompleted');
    if (phase === 'Failed') return set(type, false, 'PodFailed');
    if (unready.length > 0) return set(type, false, 'ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`);
    const gates = (spec.readinessGates ?? []).map((g: Any) => g.conditionType as string).filter((t: string) => (previous?.conditions as Condition[] | undefined)?.find((c) => c.type === t)?.status !== 'True');
    if (type === 'Ready' && gates.length > 0) return set(type, false, 'ReadinessGatesNotReady', gates.map((g: string) => `corresponding condition of pod readiness gate "${g}" does not exist.`).join(', '));
    set(type, true);
  };
  readiness('Ready');
  readiness('ContainersReady');
  set('PodScheduled', true);
  for (const c of (previous?.conditions ?? []) as Condition[]) if (!conditions.some((n) => n.type === c.type)) conditions.push(c);
  return {
    conditions, containerStatuses, hostIP: o.hostIP, phase,
    ...(hasInit ? { initContainerStatuses } : {}), ...(ephemeralContainerStatuses.length ? { ephemeralContainerStatuses } : {}),
    ...(o.podIP ? { podIP: o.podIP, podIPs: [{ ip: o.podIP }] } : {}), ...(previous?.nominatedNodeName ? { nominatedNodeName: previous.nominatedNodeName } : {}), qosClass: previous?.qosClass ?? 'BestEffort', startTime: rfc3339(o.startTime),
    ...(o.ending ? { reason: o.ending.reason, message: o.ending.message } : {}),
  };
}

function containerStatus(o: StatusInput, spec: Any, init: boolean, hasInit: boolean): Any {
  const [current, last] = o.containers.get(spec.name) ?? [];
  const failure = o.failures.get(spec.name);
  const base = { name: spec.name };
  if (!current) {
    const waiting = failure ? { message: failure.message, reason: failure.reason } : { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' };
    const state = o.terminated ? { terminated: { exitCode: 137, finishedAt: null, message: 'The container could not be located when the pod was terminated', reason: 'ContainerStatusUnknown', startedAt: null } } : { waiting: clean(waiting) };
    return { image: spec.image, imageID: '', lastState: {}, ...base, ready: false, restartCount: 0, ...(init ? {} : { started: false }), state };
  }
  const { name: image, ref } = o.runtime.describe(current.config.image);
  let state: Any = current.state === 'RUNNING' ? { running: { startedAt: rfc3339(current.startedAt) } } : current.state === 'EXITED' ? { terminated: terminated(current) } : { waiting: { reason: hasInit && !init ? 'PodInitializing' : 'ContainerCreating' } };
  // The one before may have been removed already: what was said of it stays true.
  const before = [...(o.previous?.containerStatuses ?? []), ...(o.previous?.initContainerStatuses ?? [])].find((s: Any) => s.name === spec.name);
  let lastState: Any = last?.state === 'EXITED' ? { terminated: terminated(last) } : current.config.attempt > 0 ? lastOf(before, current.id) : {};
  if (failure && current.state !== 'RUNNING' && mayRestart(o.pod, current, init)) {
    if (state.terminated) lastState = { terminated: state.terminated };
    state = { waiting: clean({ message: failure.message, reason: failure.reason }) };
  }
  const running = current.state === 'RUNNING';
  const started = running && o.started(current);
  return {
    containerID: `containerd://${current.id}`, image, imageID: ref, lastState, ...base,
    ready: init ? current.state === 'EXITED' && current.exitCode === 0 : started && o.ready(current),
    restartCount: current.config.attempt, ...(init ? {} : { started }), state,
  };
}

/** How the container before `id` ended, as the status of a moment ago has it. */
function lastOf(before: Any, id: string): Any {
  const ended = before?.state?.terminated;
  if (ended && ended.containerID !== `containerd://${id}`) return { terminated: ended };
  const last = before?.lastState?.terminated;
  return last && last.containerID !== `containerd://${id}` ? { terminated: last } : {};
}

/** Whether the restart policy lets an ended container start again. */
export function mayRestart(pod: KubeObject, container: Container, init: boolean): boolean {
  const policy: string = pod.spec.restartPolicy ?? 'Always';
  if (policy === 'Never') return false;
  if (init || policy === 'OnFailure') return container.exitCode !== 0;
  return true;
}

function terminated(c: Container): Any {
  return {
    containerID: `containerd://${c.id}`, exitCode: c.exitCode, finishedAt: rfc3339(c.finishedAt), ...(c.message ? { message: c.message } : {}),
    reason: c.reason, startedAt: rfc3339(c.startedAt),
  };
}

/** getPhase */
function phaseOf(spec: Any, inits: Any[], statuses: Any[], podEnded: boolean, previous: string | undefined): string {
  if (previous === 'Failed' || previous === 'Succeeded') return previous;
  let pendingInit = 0, failedInit = 0;
  for (const s of inits) {
    if (s.state.running) pendingInit++;
    else if (s.state.terminated) failedInit += s.state.terminated.exitCode !== 0 ? 1 : 0;
    else if (s.state.waiting) {
      if (s.lastState.terminated) failedInit += s.lastState.terminated.exitCode !== 0 ? 1 : 0;
      else pendingInit++;
    }
  }
  let running = 0, waiting = 0, stopped = 0, succeeded = 0;
  for (const s of statuses) {
    if (s.state.running) running++;
    else if (s.state.terminated) {
      stopped++;
      if (s.state.terminated.exitCode === 0) succeeded++;
    } else if (s.lastState.terminated) stopped++;
    else waiting++;
  }
  const policy: string = spec.restartPolicy ?? 'Always';
  if (podEnded && running === 0) return stopped > 0 && succeeded === stopped && waiting === 0 ? 'Succeeded' : 'Failed';
  if (failedInit > 0 && policy === 'Never') return 'Failed';
  if (pendingInit > 0 || failedInit > 0) return 'Pending';
  if (waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (stopped > 0) {
    if (policy === 'Always') return 'Running';
    if (stopped === succeeded) return 'Succeeded';
    return policy === 'Never' ? 'Failed' : 'Running';
  }
  return 'Pending';
}

function clean<T extends Record<string, unknown>>(o: T): T {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== '' && v !== undefined)) as T;
}
