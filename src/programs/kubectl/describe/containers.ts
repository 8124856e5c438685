import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { rfc1123 } from '../duration.ts';
import { labels, annotations, labelSelectorText, type Writer } from './writer.ts';
import { volumes } from './volumes.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */

/** Containers with their states; `pod` resolves field references of a running one, `space` is the indent inside a template. */
export function containers(w: Writer, label: string, list: any[], statuses: any[] | undefined, pod: KubeObject | undefined, space = ''): void {
  w.w(0, `${space}${label}:${list.length === 0 ? ' <none>' : ''}\n`);
  for (const c of list) {
    const status = statuses?.find((s) => s.name === c.name);
    w.w(1, `${space ? ' ' : ''}${c.name}:\n`);
    if (status) w.field('Container ID', status.containerID ?? '', 2);
    w.field('Image', c.image ?? '', 2);
    if (status) w.field('Image ID', status.imageID ?? '', 2);
    const ports = (c.ports ?? []).map((p: any) => `${p.containerPort}/${p.protocol ?? 'TCP'}`).join(', ');
    w.field(ports.includes(',') ? 'Ports' : 'Port', ports || '<none>', 2);
    const hosts = (c.ports ?? []).map((p: any) => `${p.hostPort ?? 0}/${p.protocol ?? 'TCP'}`).join(', ');
    w.field(hosts.includes(',') ? 'Host Ports' : 'Host Port', hosts || '<none>', 2);
    seccomp(w, c.securityContext, 2);
    words(w, 'Command', c.command);
    words(w, 'Args', c.args);
    if (status) {
      state(w, 'State', status.state ?? {});
      if (status.lastState?.terminated) state(w, 'Last State', status.lastState);
      w.field('Ready', status.ready ? 'True' : 'False', 2);
      w.field('Restart Count', status.restartCount ?? 0, 2);
    }
    amounts(w, 'Limits', c.resources?.limits);
    amounts(w, 'Requests', c.resources?.requests);
    for (const [title, probe] of [['Liveness', c.livenessProbe], ['Readiness', c.readinessProbe], ['Startup', c.startupProbe]] as const) if (probe) w.field(title, probeText(probe), 2);
    envFrom(w, c.envFrom);
    env(w, c, pod);
    mounts(w, c);
  }
}

export function seccomp(w: Writer, context: any, level: number): void {
  const profile = context?.seccompProfile;
  if (!profile) return;
  w.field('SeccompProfile', profile.type, level);
  if (profile.type === 'Localhost') w.field('LocalhostProfile', profile.localhostProfile, level === 0 ? 0 : level + 1);
}

function words(w: Writer, title: string, list: string[] | undefined): void {
  if (!list?.length) return;
  w.w(2, `${title}:\n`);
  for (const word of list) for (const line of word.split('\n')) w.w(3, `${line}\n`);
}

function state(w: Writer, name: string, s: any): void {
  if (s.running) {
    w.field(name, 'Running', 2);
    w.field('Started', rfc1123(s.running.startedAt), 3);
  } else if (s.terminated) {
    const t = s.terminated;
    w.field(name, 'Terminated', 2);
    if (t.reason) w.field('Reason', t.reason, 3);
    if (t.message) w.field('Message', t.message, 3);
    w.field('Exit Code', t.exitCode ?? 0, 3);
    if (t.signal > 0) w.field('Signal', t.signal, 3);
    w.field('Started', rfc1123(t.startedAt), 3);
    w.field('Finished', rfc1123(t.finishedAt), 3);
  } else {
    w.field(name, 'Waiting', 2);
    if (s.waiting?.reason) w.field('Reason', s.waiting.reason, 3);
  }
}

function amounts(w: Writer, title: string, list: Record<string, unknown> | undefined): void {
  const names = Object.keys(list ?? {}).sort();
  if (names.length > 0) w.w(2, `${title}:\n`);
  for (const name of names) w.field(name, list![name], 3);
}

function probeText(p: any): string {
  const attrs = `delay=${p.initialDelaySeconds ?? 0}s timeout=${p.timeoutSeconds ?? 0}s period=${p.periodSeconds ?? 0}s #success=${p.successThreshold ?? 0} #failure=${p.failureThreshold ?? 0}`;
  if (p.exec) return `exec [${(p.exec.command ?? []).join(' ')}] ${attrs}`;
  if (p.httpGet) return `http-get ${(p.httpGet.scheme ?? 'HTTP').toLowerCase()}://${p.httpGet.host ?? ''}:${p.httpGet.port}${(p.httpGet.path ?? '').replace(/^(?=[^/])/, '/').replace(/[?%" <>^`{|}#]/g, (c: string) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)} ${attrs}`;
  if (p.tcpSocket) return `tcp-socket ${p.tcpSocket.host ?? ''}:${p.tcpSocket.port} ${attrs}`;
  if (p.grpc) return `grpc <pod>:${p.grpc.port} ${p.grpc.service ?? ''} ${attrs}`;
  return `unknown ${attrs}`;
}

function envFrom(w: Writer, list: any[] | undefined): void {
  if (!list?.length) return;
  w.w(2, 'Environment Variables from:\n');
  for (const e of list) {
    const [from, ref] = e.configMapRef ? ['ConfigMap', e.configMapRef] : ['Secret', e.secretRef ?? {}];
    w.w(3, `${ref.name}\t${from}${e.prefix ? ` with prefix '${e.prefix}'` : ''}\tOptional: ${ref.optional === true}\n`);
  }
}

function env(w: Writer, c: any, pod: KubeObject | undefined): void {
  w.w(2, `Environment:${c.env?.length ? '' : '\t<none>'}\n`);
  for (const e of c.env ?? []) {
    const from = e.valueFrom;
    if (!from) {
      (e.value ?? '').split('\n').forEach((line: string, i: number) => w.w(3, i === 0 ? `${e.name}:\t${line}\n` : `\t${line}\n`));
    } else if (from.fieldRef) w.w(3, `${e.name}:\t${pod ? fieldValue(pod, from.fieldRef.fieldPath) : ''} (${from.fieldRef.apiVersion ?? 'v1'}:${from.fieldRef.fieldPath})\n`);
    else if (from.resourceFieldRef) w.w(3, `${e.name}:\t${resourceValue(c, from.resourceFieldRef)} (${from.resourceFieldRef.resource})\n`);
    else if (from.secretKeyRef) w.w(3, `${e.name}:\t<set to the key '${from.secretKeyRef.key}' in secret '${from.secretKeyRef.name}'>\tOptional: ${from.secretKeyRef.optional === true}\n`);
    else if (from.configMapKeyRef) w.w(3, `${e.name}:\t<set to the key '${from.configMapKeyRef.key}' of config map '${from.configMapKeyRef.name}'>\tOptional: ${from.configMapKeyRef.optional === true}\n`);
  }
}

/** fieldpath.ExtractFieldPathAsString; status fields are not resolved by kubectl. */
function fieldValue(pod: KubeObject, path: string): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript) return pod.metadata[subscript[1] as 'labels']?.[subscript[2]!] ?? '';
  switch (path) {
    case 'metadata.name': return pod.metadata.name;
    case 'metadata.namespace': return pod.metadata.namespace ?? '';
    case 'metadata.uid': return pod.metadata.uid ?? '';
  }
  return '';
}

function resourceValue(c: any, { resource, divisor }: { resource: string; divisor?: string }): string {
  const [kind, name] = resource.split('.') as ['limits' | 'requests', string];
  const value = c.resources?.[kind]?.[name];
  if (value === undefined) return kind === 'limits' ? 'node allocatable' : '0';
  const n = parseQuantity(String(value)) ?? 0, by = divisor && divisor !== '0' ? (parseQuantity(divisor) ?? 1) : 1;
  return String(Math.ceil(n / by));
}

function mounts(w: Writer, c: any): void {
  const list = [...(c.volumeMounts ?? [])].sort((a: any, b: any) => (a.mountPath < b.mountPath ? -1 : 1));
  w.w(2, `Mounts:${list.length === 0 ? '\t<none>' : ''}\n`);
  for (const m of list) w.w(3, `${m.mountPath} from ${m.name} (${m.readOnly ? 'ro' : 'rw'}${m.subPath ? `,path=${JSON.stringify(m.subPath)}` : ''})\n`);
  if (!c.volumeDevices?.length) return;
  w.w(2, 'Devices:\n');
  for (const d of [...c.volumeDevices].sort((a: any, b: any) => (a.devicePath < b.devicePath ? -1 : 1))) w.w(3, `${d.devicePath} from ${d.name}\n`);
}

export function podTemplate(w: Writer, template: any): void {
  w.w(0, 'Pod Template:\n');
  if (!template) return w.w(1, '<unset>');
  const { spec } = template;
  labels(w, '  Labels', template.metadata?.labels);
  if (Object.keys(template.metadata?.annotations ?? {}).length > 0) annotations(w, '  Annotations', template.metadata.annotations);
  if (spec.serviceAccountName) w.field('Service Account', spec.serviceAccountName, 1);
  if (spec.initContainers?.length) containers(w, 'Init Containers', spec.initContainers, undefined, undefined, '  ');
  containers(w, 'Containers', spec.containers ?? [], undefined, undefined, '  ');
  volumes(w, spec.volumes, '  ');
  topologySpread(w, spec.topologySpreadConstraints, '  ');
  if (spec.priorityClassName) w.field('Priority Class Name', spec.priorityClassName, 1);
}

export function topologySpread(w: Writer, list: any[] | undefined, space: string): void {
  if (!list?.length) return;
  w.w(0, `${space}Topology Spread Constraints:\t`);
  [...list].sort((a, b) => (a.topologyKey < b.topologyKey ? -1 : 1)).forEach((t, i) => {
    w.w(0, `${i === 0 ? '' : `${space}\t`}${t.topologyKey}:${t.whenUnsatisfiable} when max skew ${t.maxSkew} is exceeded${t.labelSelector ? ` for selector ${labelSelectorText(t.labelSelector)}` : ''}\n`);
  });
}
import { parseQuantity } from '../quantity.ts';
