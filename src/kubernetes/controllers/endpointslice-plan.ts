import type { KubeObject } from '../api/types.ts';
import type { Informer } from '../client/informer.ts';
import { controllerRef } from '../client/owners.ts';
import { deepEqual, isPodReady } from '../client/pods.ts';
import { md5 } from '../../linux/digest.ts';
import { findPort, hostnameFor, isHeadless } from './endpoint-util.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name', MANAGED_BY = 'endpointslice.kubernetes.io/managed-by', CONTROLLER = 'endpointslice-controller.k8s.io';
const HEADLESS = 'service.kubernetes.io/headless', MAX_ENDPOINTS = 100;

export interface Endpoint {
  addresses: string[];
  conditions: { ready: boolean; serving: boolean; terminating: boolean };
  hints?: { forZones: { name: string }[] };
  hostname?: string;
  nodeName?: string;
  targetRef: { uid: string };
  zone?: string;
}

/** What is to be done with the slices of a Service of one address family. None of the objects is shared with an informer but those of `unchanged` and `remove`. */
export interface SlicePlan {
  create: KubeObject[];
  update: KubeObject[];
  remove: KubeObject[];
  unchanged: KubeObject[];
}

export const endpointsOf = (slice: KubeObject): Endpoint[] => (slice['endpoints'] ?? []) as Endpoint[];

/** The slices that tell of these pods, made of those that are there with as few changes as can be (k8s.io/endpointslice/reconciler.go, reconcileByAddressType and finalize). */
export function planSlices(service: KubeObject, pods: KubeObject[], nodes: Informer, existing: KubeObject[], family: string): SlicePlan {
  const labels = labelsOf(service), groups = new Map<string, { ports: Port[]; wanted: Map<string, Endpoint> }>();
  for (const pod of pods) {
    const endpoint = endpointOf(service, pod, family, nodes.get(undefined, pod.spec.nodeName ?? ''));
    if (!endpoint) continue;
    const ports = portsOf(service, pod), id = JSON.stringify(ports), group = groups.get(id) ?? { ports, wanted: new Map<string, Endpoint>() };
    group.wanted.set(endpoint.targetRef.uid, endpoint);
    groups.set(id, group);
  }
  const make = (ports: Port[], endpoints: Endpoint[]): KubeObject => ({
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: family,
    metadata: { generateName: `${service.metadata.name}-`, namespace: service.metadata.namespace!, labels, ownerReferences: [{ ...controllerRef(service) }] } as unknown as KubeObject['metadata'],
    endpoints, ports,
  });
  const byPorts = new Map<string, KubeObject[]>();
  for (const slice of existing) {
    const id = JSON.stringify(slice['ports'] ?? []);
    byPorts.set(id, [...(byPorts.get(id) ?? []), slice]);
  }
  const plan: SlicePlan = { create: [], update: [], remove: [], unchanged: [] };
  for (const [id, { ports, wanted }] of groups) {
    distribute(byPorts.get(id) ?? [], wanted, labels, plan, (endpoints) => make(ports, endpoints));
    byPorts.delete(id);
  }
  for (const left of byPorts.values()) plan.remove.push(...left);
  // Where no slice would be left, one without endpoints holds the place.
  if (plan.remove.length === existing.length && plan.create.length === 0) {
    const [only, ...more] = plan.remove;
    if (only && more.length === 0 && endpointsOf(only).length === 0 && (only['ports'] ?? []).length === 0 && deepEqual(only.metadata.labels, labels)) plan.unchanged.push(plan.remove.pop()!);
    else plan.create.push(make([], []));
  }
  // What would be deleted is written anew rather than another made beside it.
  while (plan.create.length > 0 && plan.remove.length > 0) {
    const next = plan.create.pop()!, { metadata } = plan.remove.shift()!;
    plan.update.push({ ...next, metadata: { ...metadata, labels } });
  }
  return plan;
}

/** Endpoints stay in the slice they are in; new ones fill slices that change anyway, then the one they fill best, then new slices (reconcileByPortMapping). */
function distribute(have: readonly KubeObject[], wanted: Map<string, Endpoint>, labels: Record<string, string>, plan: SlicePlan, make: (endpoints: Endpoint[]) => KubeObject): void {
  const changed: KubeObject[] = [], same = new Set<KubeObject>();
  const copy = (slice: KubeObject, endpoints: Endpoint[]) => ({ ...slice, metadata: { ...slice.metadata, labels }, endpoints });
  for (const slice of have) {
    const old = endpointsOf(slice), kept: Endpoint[] = [];
    let differs = !deepEqual(slice.metadata.labels, labels);
    for (const endpoint of old) {
      const next = wanted.get(endpoint.targetRef?.uid);
      wanted.delete(endpoint.targetRef?.uid);
      if (!next) continue;
      kept.push(next);
      const { hints: _hints, ...beyond } = endpoint;
      differs ||= !deepEqual(beyond, next);
    }
    if (!differs && kept.length === old.length) same.add(slice);
    else if (kept.length === 0) plan.remove.push(slice);
    else changed.push(copy(slice, kept));
  }
  const left = [...wanted.values()], room = (slice: KubeObject) => MAX_ENDPOINTS - endpointsOf(slice).length;
  for (const slice of [...changed].sort((a, b) => room(a) - room(b))) endpointsOf(slice).push(...left.splice(0, room(slice)));
  while (left.length > 0) {
    const fitting = left.length < MAX_ENDPOINTS ? [...same].filter((s) => room(s) >= left.length).sort((a, b) => room(a) - room(b))[0] : undefined;
    const chunk = left.splice(0, MAX_ENDPOINTS);
    if (!fitting) plan.create.push(make(chunk));
    else {
      same.delete(fitting);
      changed.push(copy(fitting, [...endpointsOf(fitting).map((e) => ({ ...e })), ...chunk]));
    }
  }
  plan.update.push(...changed);
  plan.unchanged.push(...same);
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

function labelsOf(service: KubeObject): Record<string, string> {
  const { [HEADLESS]: _headless, ...own } = service.metadata.labels ?? {};
  return { ...own, ...(isHeadless(service) ? { [HEADLESS]: '' } : {}), [SERVICE_NAME]: service.metadata.name, [MANAGED_BY]: CONTROLLER };
}
