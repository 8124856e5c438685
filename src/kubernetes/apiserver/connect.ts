import type { KubeObject } from '../api/types.ts';
import type { ApiResponse, ApiStream } from './http.ts';
import type { ExecOptions, KubeletApi, PodLogOptions } from './kubelet-api.ts';
import * as errors from './errors.ts';
import { flag, param } from './request.ts';
import type { Target } from './resources.ts';

/** Subresources that are passed on to a node's kubelet or to what listens in a pod (pkg/registry/core/pod/rest). */

export function log(target: Target): ApiResponse | ApiStream {
  const { info, request } = target;
  const pod = target.get();
  const container = chooseContainer(pod, param(request, 'container'));
  const number = (name: string) => (param(request, name) === '' ? undefined : Number(param(request, name)));
  const options: PodLogOptions = { follow: flag(request, 'follow'), previous: flag(request, 'previous'), timestamps: flag(request, 'timestamps') };
  for (const name of ['sinceSeconds', 'tailLines', 'limitBytes'] as const) {
    const value = number(name);
    if (value === undefined) continue;
    if (value < (name === 'tailLines' ? 0 : 1)) throw errors.invalid({ group: '', kind: 'PodLogOptions' }, info.name, [{ type: 'FieldValueInvalid', field: name, message: `Invalid value: ${value}: must be greater than ${name === 'tailLines' ? 'or equal to 0' : '0'}` }]);
    options[name] = value;
  }
  if (param(request, 'sinceTime') !== '') options.sinceTime = param(request, 'sinceTime');
  if (!pod.spec.nodeName) return { status: 200, headers: { 'content-type': 'text/plain' }, body: '' };
  const { kubelet, address } = reach(target, pod.spec.nodeName);
  if (!kubelet) throw errors.apiError(500, '', `Get "https://${address}:10250/containerLogs/${info.namespace}/${info.name}/${container}${queryOf(options)}": dial tcp ${address}:10250: connect: connection refused`);
  const answer = kubelet.containerLogs(info.namespace, info.name, container, options);
  if ('start' in answer || answer.status < 400) return answer;
  const message = typeof answer.body === 'string' ? answer.body.trim() : JSON.stringify(answer.body);
  if (answer.status === 400) throw errors.badRequest(message);
  if (answer.status === 404) throw errors.apiError(404, 'NotFound', message, {});
  throw errors.internal(message);
}

function queryOf(options: PodLogOptions): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))) if (value !== undefined && value !== false) parts.push(`${key}=${value}`);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

export function exec(target: Target): ApiResponse | ApiStream {
  return stream(target, 'exec', (kubelet, container, options) => kubelet.exec(target.info.namespace, target.info.name, container, options));
}

export function attach(target: Target): ApiResponse | ApiStream {
  return stream(target, 'attach', (kubelet, container, options) => kubelet.attach(target.info.namespace, target.info.name, container, options));
}

function stream(target: Target, kind: 'exec' | 'attach', open: (kubelet: KubeletApi, container: string, options: ExecOptions) => ApiResponse | ApiStream): ApiResponse | ApiStream {
  const { request, info } = target;
  const pod = target.get();
  const container = chooseContainer(pod, param(request, 'container'));
  const options: ExecOptions = { command: request.query['command'] ?? [], stdin: flag(request, 'stdin'), stdout: flag(request, 'stdout'), stderr: flag(request, 'stderr'), tty: flag(request, 'tty') };
  if (kind === 'exec' && options.command.length === 0) throw errors.invalid({ group: '', kind: 'PodExecOptions' }, info.name, [{ type: 'FieldValueRequired', field: 'command', message: 'Required value' }]);
  if (!pod.spec.nodeName) throw errors.badRequest(`pod ${info.name} does not have a host assigned`);
  const { kubelet, address } = reach(target, pod.spec.nodeName);
  if (!kubelet) throw errors.apiError(500, '', `error dialing backend: dial tcp ${address}:10250: connect: connection refused`);
  return open(kubelet, container, options);
}

export function portForward(target: Target): ApiResponse | ApiStream {
  const { info, request } = target;
  const pod = target.get();
  if (!pod.spec.nodeName) throw errors.badRequest(`pod ${info.name} does not have a host assigned`);
  const { kubelet, address } = reach(target, pod.spec.nodeName);
  if (!kubelet) throw errors.apiError(500, '', `error dialing backend: dial tcp ${address}:10250: connect: connection refused`);
  return kubelet.portForward(info.namespace, info.name, (request.query['ports'] ?? []).flatMap((p) => p.split(',')).map(Number));
}

export function nodeProxy(target: Target): ApiResponse {
  const { info, request } = target;
  const name = info.name.split(':')[0]!;
  if (!target.server.registry.find(target.resource, '', name)) throw errors.notFound(target.resource, name);
  const { kubelet, address } = reach(target, name);
  if (!kubelet) throw errors.serviceUnavailable(`error trying to reach service: dial tcp ${address}:10250: connect: connection refused`);
  return kubelet.http(request.method, `/${info.rest}`, request.query);
}

export function podProxy(target: Target): ApiResponse {
  const { info, request, server } = target;
  const { name, port } = nameAndPort(info.name);
  const pod = server.registry.get(target.resource, info.namespace, name);
  const to = port === '' ? pod.spec.containers[0]?.ports?.[0]?.containerPort ?? 80 : Number(port);
  return dial(target, pod.status?.podIP ?? '', to, request.method);
}

export function serviceProxy(target: Target): ApiResponse {
  const { info, request, server } = target;
  const { name, port } = nameAndPort(info.name);
  const service = server.registry.get(target.resource, info.namespace, name);
  const wanted = (service.spec.ports ?? []).find((p: { name?: string; port: number }) => port === '' || p.name === port || String(p.port) === port);
  if (!wanted) throw errors.serviceUnavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`);
  const endpoints = server.registry.find(server.resource('', 'v1', 'endpoints')!, info.namespace, name);
  const subset = ((endpoints?.['subsets'] ?? []) as { addresses?: { ip: string }[]; ports?: { name?: string; port: number }[] }[]).find((s) => s.addresses?.length);
  const at = subset?.ports?.find((p) => (p.name ?? '') === (wanted.name ?? ''));
  if (!subset || !at) throw errors.serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return dial(target, server.rng.pick(subset.addresses!).ip, at.port, request.method);
}

function dial(target: Target, host: string, port: number, method: string): ApiResponse {
  const { server, info } = target;
  if (!server.dial || host === '') throw errors.serviceUnavailable(`error trying to reach service: dial tcp ${host}:${port}: connect: connection refused`);
  return server.dial(host, port, method, `/${info.rest}`);
}

function nameAndPort(text: string): { name: string; port: string } {
  const parts = text.split(':');
  if (parts.length === 3) return { name: parts[1]!, port: parts[2]! };
  return { name: parts[0]!, port: parts[1] ?? '' };
}

/** The container asked for, or the only one. */
function chooseContainer(pod: KubeObject, asked: string): string {
  const names = (list: { name: string }[] | undefined) => (list ?? []).map((c) => c.name);
  const containers = names(pod.spec.containers), inits = names(pod.spec.initContainers), debug = names(pod.spec.ephemeralContainers);
  if (asked !== '') {
    if ([...containers, ...inits, ...debug].includes(asked)) return asked;
    throw errors.badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  if (containers.length === 1) return containers[0]!;
  let message = `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${containers.join(' ')}]`;
  if (inits.length > 0) message += ` or one of the init containers: [${inits.join(' ')}]`;
  throw errors.badRequest(message);
}

function reach({ server }: Target, node: string): { kubelet: KubeletApi | undefined; address: string } {
  const found = server.registry.find(server.resource('', 'v1', 'nodes')!, '', node);
  const address = (found?.status?.addresses ?? []).find((a: { type: string }) => a.type === 'InternalIP')?.address ?? node;
  return { kubelet: server.nodeConnection?.(node), address };
}
