import type { KubeObject } from '../api/types.ts';
import { ApiError, gvr } from '../client/client.ts';
import { controllerRef } from '../client/owners.ts';
import { deepEqual, isPodReady } from '../client/pods.ts';
import { md5 } from '../../linux/digest.ts';
import { MS } from '../../sim/clock.ts';
import { type ControllerContext, NODES, PODS, SERVICES } from './context.ts';
import { findPort, hostnameFor, isHeadless, lastChangeTrigger, onPodChange, podsOf, selects, shouldBeInEndpoints } from './endpoint-util.ts';

export const ENDPOINTSLICES = gvr('discovery.k8s.io', 'v1', 'endpointslices');
export const SERVICE_NAME = 'kubernetes.io/service-name', MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const CONTROLLER = 'endpointslice-controller.k8s.io', TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';
const HEADLESS = 'service.kubernetes.io/headless', MAX_ENDPOINTS = 100;

interface Endpoint {
  addresses: string[];
  conditions: { ready: boolean; serving: boolean; terminating: boolean };
  hostname?: string;
  nodeName?: string;
  targetRef: { uid: string };
  zone?: string;
}

/** pkg/controller/endpointslice and its reconciler in k8s.io/endpointslice. Topology hints are not given. */
export function startEndpointSliceController(context: ControllerContext): void {
  const services = context.resource('endpointslice-controller', SERVICES), slices = context.resource('endpointslice-controller', ENDPOINTSLICES);
  const pods = context.informer(PODS), nodes = context.informer(NODES), recorder = context.recorder('endpoint-slice-controller', 'endpointslice-controller');
  slices.informer.addIndex('service', (s) => (s.metadata.labels?.[MANAGED_BY] === CONTROLLER ? [`${s.metadata.namespace}/${s.metadata.labels[SERVICE_NAME]}`] : []));
  const queue = context.queue((key) => {
    const service = services.byKey(key);
    const existing = slices.informer.byIndex('service', key).filter((s) => !s.metadata.deletionTimestamp);
    if (!service || !selects(service) || service.metadata.deletionTimestamp) {
      if (!service) for (const slice of existing) slices.delete(slice);
      return;
    }
    const selected = podsOf(service, pods).filter((p) => shouldBeInEndpoints(p, true));
    try {
      for (const family of service.spec.ipFamilies ?? ['IPv4']) {
        reconcile(service, selected, existing.filter((s) => s['addressType'] === family), family);
      }
    } catch (error) {
      if (error instanceof ApiError && error.code !== 409 && !/being terminated/.test(error.message)) recorder.event(service, 'Warning', 'FailedToUpdateEndpointSlices', `Error updating Endpoint Slices for Service ${key}: ${error.message}`);
      throw error;
    }
  }, 10 * MS);

  const reconcile = (service: KubeObject, selected: KubeObject[], existing: KubeObject[], family: string) => {
    const groups = new Map<string, { ports: unknown[]; endpoints: Endpoint[] }>();
    for (const pod of selected) {
      const endpoint = endpointOf(service, pod, family, nodes.get(undefined, pod.spec.nodeName ?? ''));
      if (!endpoint) continue;
      const ports = portsOf(service, pod), id = JSON.stringify(ports);
      const group = groups.get(id) ?? { ports, endpoints: [] };
      group.endpoints.push(endpoint);
      groups.set(id, group);
    }
    const labels = labelsOf(service), annotations = { [TRIGGER_TIME]: lastChangeTrigger(service, selected) };
    const left = new Map<string, KubeObject[]>();
    for (const slice of existing) {
      const id = JSON.stringify(slice['ports'] ?? []);
      left.set(id, [...(left.get(id) ?? []), slice]);
    }
    const make = (ports: unknown[], endpoints: Endpoint[]): KubeObject => ({
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: family,
      metadata: { generateName: `${service.metadata.name}-`, namespace: service.metadata.namespace!, labels, annotations, ownerReferences: [{ ...controllerRef(service) }] } as unknown as KubeObject['metadata'],
      endpoints, ports,
    });
    if (groups.size === 0 && existing.length === 0) {
      slices.create({ ...make([], []), endpoints: [], ports: [] });
      return;
    }
    const spare = [...left.entries()].filter(([id]) => !groups.has(id)).flatMap(([, s]) => s);
    for (const [id, { ports, endpoints }] of groups) {
      const have = left.get(id) ?? [];
      const plan = distribute(have, endpoints);
      for (const { slice, endpoints: next } of plan.kept) {
        if (next.length === 0) {
          spare.push(slice);
          continue;
        }
        if (deepEqual(slice['endpoints'] ?? [], next) && deepEqual(slice.metadata.labels, labels)) continue;
        slices.update({ ...slice, metadata: { ...slice.metadata, labels, annotations: { ...slice.metadata.annotations, ...annotations } }, endpoints: next });
      }
      for (const chunk of plan.fresh) {
        const reuse = spare.shift();
        if (reuse) slices.update({ ...reuse, metadata: { ...reuse.metadata, labels, annotations: { ...reuse.metadata.annotations, ...annotations } }, endpoints: chunk, ports });
        else slices.create(make(ports, chunk));
      }
    }
    // The last slice stays as a placeholder without endpoints.
    if (groups.size === 0) {
      const [keep, ...others] = spare;
      if (keep && ((keep['endpoints'] ?? []).length > 0 || (keep['ports'] ?? []).length > 0 || !deepEqual(keep.metadata.labels, labels))) {
        slices.update({ ...keep, metadata: { ...keep.metadata, labels, annotations: { ...keep.metadata.annotations, ...annotations } }, endpoints: [], ports: [] });
      }
      for (const slice of others) slices.delete(slice);
    } else for (const slice of spare) slices.delete(slice);
  };

  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  services.informer.on({ add: (s) => queue.add(keyOf(s)), update: (s) => queue.add(keyOf(s)), delete: (s) => queue.add(keyOf(s)) });
  pods.on(onPodChange(services.informer, queue));
  const sliceChanged = (s: KubeObject) => {
    if (s.metadata.labels?.[MANAGED_BY] === CONTROLLER) queue.add(`${s.metadata.namespace}/${s.metadata.labels[SERVICE_NAME]}`);
  };
  slices.informer.on({ delete: sliceChanged, update: (s, old) => (s.metadata.generation !== old.metadata.generation ? sliceChanged(s) : undefined) });
}

function endpointOf(service: KubeObject, pod: KubeObject, family: string, node: KubeObject | undefined): Endpoint | undefined {
  const ips: string[] = (pod.status.podIPs ?? [{ ip: pod.status.podIP }]).map((p: { ip: string }) => p.ip);
  const addresses = ips.filter((ip) => ip.includes(':') === (family === 'IPv6'));
  if (addresses.length === 0) return undefined;
  const serving = isPodReady(pod), terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameFor(pod, service), zone = node?.metadata.labels?.['topology.kubernetes.io/zone'];
  return {
    addresses, conditions: { ready, serving, terminating }, ...(hostname ? { hostname } : {}), ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid } as Endpoint['targetRef'],
    ...(zone ? { zone } : {}),
  };
}

interface Port {
  name: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

/** In the order of their hashes (portsInOrder of k8s.io/endpointslice/util). */
function portsOf(service: KubeObject, pod: KubeObject): Port[] {
  const out: Port[] = [];
  for (const p of service.spec.ports ?? []) {
    const port = findPort(pod, p);
    if (port !== undefined) out.push({ name: p.name ?? '', port, protocol: p.protocol ?? 'TCP', ...(p.appProtocol ? { appProtocol: p.appProtocol } : {}) });
  }
  if (out.length < 2) return out;
  const hashes = new Map(out.map((p) => [p, md5(new TextEncoder().encode(`(v1.EndpointPort){Name:(*string)${p.name} Protocol:(*v1.Protocol)${p.protocol} Port:(*int32)${p.port} AppProtocol:(*string)${p.appProtocol ?? '<nil>'}}`))]));
  return out.sort((a, b) => (hashes.get(a)! < hashes.get(b)! ? -1 : 1));
}

/** Endpoints stay in the slice they are in; new ones fill the emptiest room there is before a new slice is made. */
function distribute(have: KubeObject[], wanted: Endpoint[]): { kept: { slice: KubeObject; endpoints: Endpoint[] }[]; fresh: Endpoint[][] } {
  const byUid = new Map(wanted.map((e) => [e.targetRef.uid, e]));
  const kept = have.map((slice) => ({
    slice,
    endpoints: ((slice['endpoints'] ?? []) as Endpoint[]).flatMap((old) => {
      const next = byUid.get(old.targetRef?.uid);
      byUid.delete(old.targetRef?.uid);
      return next ? [next] : [];
    }),
  }));
  const left = [...byUid.values()];
  const fresh: Endpoint[][] = [];
  while (left.length >= MAX_ENDPOINTS) fresh.push(left.splice(0, MAX_ENDPOINTS));
  if (left.length > 0) {
    const room = kept.filter((k) => k.endpoints.length + left.length <= MAX_ENDPOINTS).sort((a, b) => b.endpoints.length - a.endpoints.length)[0];
    if (room) room.endpoints.push(...left);
    else fresh.push(left);
  }
  return { kept, fresh };
}

function labelsOf(service: KubeObject): Record<string, string> {
  const { [HEADLESS]: _headless, ...own } = service.metadata.labels ?? {};
  return { ...own, ...(isHeadless(service) ? { [HEADLESS]: '' } : {}), [SERVICE_NAME]: service.metadata.name, [MANAGED_BY]: CONTROLLER };
}
