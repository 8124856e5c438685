import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { rfc1123, since } from '../duration.ts';
import { containers, seccomp, topologySpread } from './containers.ts';
import { volumes } from './volumes.ts';
import { annotations, controlledBy, events, labels, nameAndNamespace, type Events, type Writer } from './writer.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
export function pod(w: Writer, object: KubeObject, list: Events): void {
  const { metadata, spec, status = {} } = object;
  nameAndNamespace(w, object);
  if (spec.priority !== undefined) w.field('Priority', spec.priority);
  if (spec.priorityClassName) w.field('Priority Class Name', spec.priorityClassName);
  if (spec.runtimeClassName) w.field('Runtime Class Name', spec.runtimeClassName);
  if (spec.serviceAccountName) w.field('Service Account', spec.serviceAccountName);
  w.field('Node', spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ''}` : '<none>');
  if (status.startTime) w.field('Start Time', rfc1123(status.startTime));
  labels(w, 'Labels', metadata.labels);
  annotations(w, 'Annotations', metadata.annotations);
  if (metadata.deletionTimestamp) {
    w.field('Status', `Terminating (lasts ${since(metadata.deletionTimestamp, w.now)})`);
    w.field('Termination Grace Period', `${metadata.deletionGracePeriodSeconds}s`);
  } else w.field('Status', status.phase ?? '');
  if (status.reason) w.field('Reason', status.reason);
  if (status.message) w.field('Message', status.message);
  seccomp(w, spec.securityContext, 0);
  w.field('IP', status.podIP ?? '');
  if (!status.podIPs?.length) w.field('IPs', '<none>');
  else {
    w.w(0, 'IPs:\n');
    for (const { ip } of status.podIPs) w.field('IP', ip, 1);
  }
  controlledBy(w, object);
  if (status.nominatedNodeName) w.field('NominatedNodeName', status.nominatedNodeName);
  if (spec.initContainers?.length) containers(w, 'Init Containers', spec.initContainers, status.initContainerStatuses, object);
  containers(w, 'Containers', spec.containers ?? [], status.containerStatuses, object);
  if (spec.ephemeralContainers?.length) containers(w, 'Ephemeral Containers', spec.ephemeralContainers, status.ephemeralContainerStatuses, object);
  if (spec.readinessGates?.length) {
    w.w(0, 'Readiness Gates:\n  Type\tStatus\n');
    for (const g of spec.readinessGates) w.w(1, `${g.conditionType} \t${status.conditions?.find((c: any) => c.type === g.conditionType)?.status ?? '<none>'} \n`);
  }
  if (status.conditions?.length) {
    w.w(0, 'Conditions:\n  Type\tStatus\n');
    for (const c of status.conditions) w.w(1, `${c.type} \t${c.status} \n`);
  }
  volumes(w, spec.volumes);
  w.field('QoS Class', status.qosClass ?? 'BestEffort');
  labels(w, 'Node-Selectors', spec.nodeSelector);
  tolerations(w, spec.tolerations);
  topologySpread(w, spec.topologySpreadConstraints, '');
  events(w, list);
}

function tolerations(w: Writer, list: any[] | undefined): void {
  w.w(0, 'Tolerations:\t');
  if (!list?.length) return w.w(0, '<none>\n');
  [...list].sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : (a.key ?? '') > (b.key ?? '') ? 1 : 0)).forEach((t, i) => {
    let text = `${i === 0 ? '' : '\t'}${t.key ?? ''}${t.value ? `=${t.value}` : ''}${t.effect ? `:${t.effect}` : ''}`;
    if (t.operator === 'Exists' && !t.value) text += t.key || t.effect ? ' op=Exists' : 'op=Exists';
    if (t.tolerationSeconds !== undefined) text += ` for ${t.tolerationSeconds}s`;
    w.w(0, `${text}\n`);
  });
}
