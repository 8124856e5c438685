import type { KubeObject } from '../types.ts';
import type { Cell } from '../kind.ts';
import type { Micros } from '../../../sim/clock.ts';
import { parseTime } from '../../client/time.ts';
import { age, humanDuration } from '../duration.ts';
import { columns, formatLabels, formatLabelSelector, layoutContainers } from './column.ts';

/** Tables of the workload kinds (pkg/printers/internalversion/printers.go). */

export const pod = columns('Name Ready Status Restarts Age +IP +Node +Nominated_Node +Readiness_Gates', podRow);

export const deployment = columns('Name Ready Up-to-date Available Age +Containers +Images +Selector', (o, now) => [
  o.metadata.name, `${o.status?.readyReplicas ?? 0}/${o.spec.replicas}`, o.status?.updatedReplicas ?? 0, o.status?.availableReplicas ?? 0, age(o.metadata.creationTimestamp, now),
  ...layoutContainers(o.spec.template), formatLabelSelector(o.spec.selector),
]);

export const replicaSet = columns('Name Desired:integer Current:integer Ready:integer Age +Containers +Images +Selector', (o, now) => [
  o.metadata.name, o.spec.replicas, o.status?.replicas ?? 0, o.status?.readyReplicas ?? 0, age(o.metadata.creationTimestamp, now), ...layoutContainers(o.spec.template), formatLabelSelector(o.spec.selector),
]);

export const replicationController = columns('Name Desired:integer Current:integer Ready:integer Age +Containers +Images +Selector', (o, now) => [
  o.metadata.name, o.spec.replicas, o.status?.replicas ?? 0, o.status?.readyReplicas ?? 0, age(o.metadata.creationTimestamp, now), ...layoutContainers(o.spec.template), formatLabels(o.spec.selector),
]);

export const daemonSet = columns('Name Desired:integer Current:integer Ready:integer Up-to-date:integer Available:integer Node_Selector Age +Containers +Images +Selector', ({ metadata, spec, status = {} }, now) => [
  metadata.name, status.desiredNumberScheduled ?? 0, status.currentNumberScheduled ?? 0, status.numberReady ?? 0, status.updatedNumberScheduled ?? 0, status.numberAvailable ?? 0,
  formatLabels(spec.template.spec.nodeSelector), age(metadata.creationTimestamp, now), ...layoutContainers(spec.template), formatLabelSelector(spec.selector),
]);

export const statefulSet = columns('Name Ready Age +Containers +Images', (o, now) => [
  o.metadata.name, `${o.status?.readyReplicas ?? 0}/${o.spec.replicas}`, age(o.metadata.creationTimestamp, now), ...layoutContainers(o.spec.template),
]);

export const controllerRevision = columns('Name Controller Revision:integer Age', (o, now) => {
  const owner = o.metadata.ownerReferences?.find((r) => r.controller);
  const group = owner?.apiVersion.includes('/') ? owner.apiVersion.split('/')[0]! : '';
  return [o.metadata.name, owner ? `${owner.kind.toLowerCase()}${group ? `.${group}` : ''}/${owner.name}` : '<none>', o['revision'] as number, age(o.metadata.creationTimestamp, now)];
});

export const job = columns('Name Completions Duration Age +Containers +Images +Selector', (o, now) => {
  const { spec, status = {} } = o;
  let completions = `${status.succeeded ?? 0}/${spec.completions ?? (spec.parallelism > 1 ? `1 of ${spec.parallelism}` : 1)}`;
  if (spec.completions !== undefined) completions = `${status.succeeded ?? 0}/${spec.completions}`;
  const duration = status.startTime === undefined ? '' : humanDuration((status.completionTime === undefined ? now : parseTime(status.completionTime)) - parseTime(status.startTime));
  return [o.metadata.name, completions, duration, age(o.metadata.creationTimestamp, now), ...layoutContainers(spec.template), formatLabelSelector(spec.selector)];
});

export const cronJob = columns('Name Schedule Suspend:boolean Active:integer Last_Schedule Age +Containers +Images +Selector', (o, now) => [
  o.metadata.name, o.spec.schedule, o.spec.suspend ? 'True' : 'False', o.status?.active?.length ?? 0, o.status?.lastScheduleTime === undefined ? '<none>' : age(o.status.lastScheduleTime, now),
  age(o.metadata.creationTimestamp, now), ...layoutContainers(o.spec.jobTemplate.spec.template), formatLabelSelector(o.spec.jobTemplate.spec.selector),
]);

export const podTemplate = columns('Name Containers Images Pod_Labels', (o) => [o.metadata.name, ...layoutContainers(o['template']), formatLabels(o['template']?.metadata?.labels)]);

interface ContainerStatus {
  name: string;
  ready: boolean;
  restartCount: number;
  started?: boolean;
  state?: { waiting?: { reason?: string }; running?: object; terminated?: { reason?: string; exitCode: number; signal?: number } };
  lastState?: { terminated?: { finishedAt?: string } };
}

/** printPod: the words of the STATUS column come from here. */
function podRow(pod: KubeObject, now: Micros): Cell[] {
  const { spec, metadata } = pod;
  const status = pod.status ?? {};
  let restarts = 0, ready = 0, lastRestart = NaN;
  const total = spec.containers.length;
  let reason: string = status.reason || status.phase || 'Unknown';
  for (const c of status.conditions ?? []) if (c.type === 'PodScheduled' && c.reason === 'SchedulingGated') reason = c.reason;
  const note = (c: ContainerStatus) => {
    const finished = parseTime(c.lastState?.terminated?.finishedAt);
    if (!Number.isNaN(finished) && !(finished <= lastRestart)) lastRestart = finished;
  };
  let initializing = false;
  const inits = (status.initContainerStatuses ?? []) as ContainerStatus[];
  for (let i = 0; i < inits.length; i++) {
    const c = inits[i]!, terminated = c.state?.terminated;
    restarts += c.restartCount;
    note(c);
    if (terminated?.exitCode === 0) continue;
    if (spec.initContainers?.find((x: { name: string }) => x.name === c.name)?.restartPolicy === 'Always' && c.started) continue;
    if (terminated) reason = `Init:${terminated.reason || (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`)}`;
    else if (c.state?.waiting?.reason && c.state.waiting.reason !== 'PodInitializing') reason = `Init:${c.state.waiting.reason}`;
    else reason = `Init:${i}/${spec.initContainers?.length ?? 0}`;
    initializing = true;
    break;
  }
  if (!initializing || (status.conditions ?? []).some((c: { type: string; status: string }) => c.type === 'Initialized' && c.status === 'True')) {
    restarts = 0;
    lastRestart = NaN;
    let running = false;
    const statuses = (status.containerStatuses ?? []) as ContainerStatus[];
    for (let i = statuses.length - 1; i >= 0; i--) {
      const c = statuses[i]!, { waiting, terminated } = c.state ?? {};
      restarts += c.restartCount;
      note(c);
      if (waiting?.reason) reason = waiting.reason;
      else if (terminated) reason = terminated.reason || (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`);
      else if (c.ready && c.state?.running) {
        running = true;
        ready++;
      }
    }
    if (reason === 'Completed' && running) reason = (status.conditions ?? []).some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True') ? 'Running' : 'NotReady';
  }
  if (metadata.deletionTimestamp !== undefined && status.reason === 'NodeLost') reason = 'Unknown';
  else if (metadata.deletionTimestamp !== undefined) reason = 'Terminating';
  const restartText = restarts > 0 && !Number.isNaN(lastRestart) ? `${restarts} (${humanDuration(now - lastRestart)} ago)` : String(restarts);
  const gates = (spec.readinessGates ?? []) as { conditionType: string }[];
  const passed = gates.filter((g) => (status.conditions ?? []).some((c: { type: string; status: string }) => c.type === g.conditionType && c.status === 'True')).length;
  return [
    metadata.name, `${ready}/${total}`, reason, restartText, age(metadata.creationTimestamp, now),
    status.podIPs?.[0]?.ip ?? status.podIP ?? '<none>', spec.nodeName || '<none>', status.nominatedNodeName || '<none>', gates.length > 0 ? `${passed}/${gates.length}` : '<none>',
  ];
}
