import type { KubeObject } from '../api/types.ts';
import { ApiError, core } from '../client/client.ts';
import { deepEqual, isPodReady } from '../client/pods.ts';
import { MS } from '../../sim/clock.ts';
import { type ControllerContext, PODS, SERVICES } from './context.ts';
import { findPort, hostnameFor, isHeadless, lastChangeTrigger, onPodChange, podsOf, selects, shouldBeInEndpoints } from './endpoint-util.ts';

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time', OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const HEADLESS = 'service.kubernetes.io/headless', MAX_ADDRESSES = 1000;

interface Subset {
  addresses?: Address[];
  notReadyAddresses?: Address[];
  ports?: Port[];
}
interface Address {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef: unknown;
}
interface Port {
  name?: string;
  port: number;
  protocol: string;
}

/** pkg/controller/endpoint */
export function startEndpointsController(context: ControllerContext): void {
  const services = context.resource('endpoint-controller', SERVICES), endpoints = context.resource('endpoint-controller', core('endpoints'));
  const pods = context.informer(PODS), recorder = context.recorder('endpoint-controller');
  const queue = context.queue((key) => {
    const [namespace, name] = key.split('/') as [string, string];
    const service = services.byKey(key), current = endpoints.byKey(key);
    if (!service) {
      if (current && 'control-plane.alpha.kubernetes.io/leader' in (current.metadata.annotations ?? {})) return;
      if (current) endpoints.delete(current);
      return;
    }
    if (!selects(service)) return;
    const selected = podsOf(service, pods);
    const subsets = repack(buildSubsets(service, selected));
    const total = truncate(subsets);
    const labels: Record<string, string> = { ...service.metadata.labels };
    if (isHeadless(service)) labels[HEADLESS] = '';
    else delete labels[HEADLESS];
    const old = current ?? { apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace, labels: service.metadata.labels }, subsets: [] };
    const { [OVER_CAPACITY]: overCapacity, ...others } = old.metadata.annotations ?? {};
    if (current && deepEqual(old['subsets'] ?? [], subsets) && deepEqual(current.metadata.labels ?? {}, labels) && overCapacity === (total > MAX_ADDRESSES ? 'truncated' : undefined)) return;
    const annotations: Record<string, string> = { ...others, [TRIGGER_TIME]: lastChangeTrigger(service, selected), ...(total > MAX_ADDRESSES ? { [OVER_CAPACITY]: 'truncated' } : {}) };
    const next: KubeObject = { ...old, metadata: { ...old.metadata, labels, annotations }, subsets };
    try {
      if (current) endpoints.update(next);
      else endpoints.create(next);
    } catch (error) {
      if (error instanceof ApiError && error.code !== 409 && !/being terminated/.test(error.message)) {
        recorder.event(next, 'Warning', current ? 'FailedToUpdateEndpoint' : 'FailedToCreateEndpoint', `Failed to ${current ? 'update' : 'create'} endpoint ${key}: ${error.message}`);
      }
      throw error;
    }
  }, 10 * MS);
  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  services.informer.on({ add: (s) => queue.add(keyOf(s)), update: (s) => queue.add(keyOf(s)), delete: (s) => queue.add(keyOf(s)) });
  pods.on(onPodChange(services.informer, queue));
  endpoints.informer.on({ delete: (e) => queue.add(keyOf(e)) });
}

function buildSubsets(service: KubeObject, pods: KubeObject[]): Subset[] {
  const out: Subset[] = [];
  for (const pod of pods) {
    if (!shouldBeInEndpoints(pod, service.spec.publishNotReadyAddresses === true)) continue;
    const hostname = hostnameFor(pod, service);
    const address: Address = {
      ...(hostname ? { hostname } : {}), ip: pod.status.podIP, ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
      targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
    };
    const ready = service.spec.publishNotReadyAddresses === true || isPodReady(pod);
    const add = (ports: Port[] | undefined) => out.push({ [ready ? 'addresses' : 'notReadyAddresses']: [address], ...(ports ? { ports } : {}) });
    if (!service.spec.ports?.length) {
      if (isHeadless(service)) add(undefined);
      continue;
    }
    for (const p of service.spec.ports) {
      const port = findPort(pod, p);
      if (port !== undefined) add([{ ...(p.name ? { name: p.name } : {}), port, protocol: p.protocol ?? 'TCP', ...(p.appProtocol ? { appProtocol: p.appProtocol } : {}) }]);
    }
  }
  return out;
}

/** endpoints.RepackSubsets: addresses that have the same ports share a subset, sorted by IP. */
function repack(subsets: Subset[]): Subset[] {
  const perAddress = new Map<string, { address: Address; ready: boolean; ports: Map<string, Port> }>();
  for (const { addresses, notReadyAddresses, ports } of subsets) {
    for (const [list, ready] of [[addresses, true], [notReadyAddresses, false]] as const) {
      for (const address of list ?? []) {
        const id = `${address.ip}/${(address.targetRef as { uid: string }).uid}`;
        const entry = perAddress.get(id) ?? { address, ready, ports: new Map<string, Port>() };
        for (const p of ports ?? []) entry.ports.set(JSON.stringify(p), p);
        perAddress.set(id, entry);
      }
    }
  }
  const perPorts = new Map<string, Subset>();
  for (const { address, ready, ports } of perAddress.values()) {
    const id = [...ports.keys()].sort().join();
    const subset = perPorts.get(id) ?? { ...(ports.size ? { ports: [...ports.values()] } : {}) };
    (subset[ready ? 'addresses' : 'notReadyAddresses'] ??= []).push(address);
    perPorts.set(id, subset);
  }
  return [...perPorts.values()].map(({ addresses, notReadyAddresses, ports }) => ({
    ...(addresses ? { addresses: addresses.sort(byIp) } : {}), ...(notReadyAddresses ? { notReadyAddresses: notReadyAddresses.sort(byIp) } : {}), ...(ports ? { ports } : {}),
  }));
}

function byIp(a: Address, b: Address): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0;
}

/** At most 1,000 addresses fit: ready ones first. Gives how many there were. */
function truncate(subsets: Subset[]): number {
  const total = subsets.reduce((n, s) => n + (s.addresses?.length ?? 0) + (s.notReadyAddresses?.length ?? 0), 0);
  if (total <= MAX_ADDRESSES) return total;
  let left = MAX_ADDRESSES;
  for (const field of ['addresses', 'notReadyAddresses'] as const) {
    for (const subset of subsets) {
      const kept = (subset[field] ?? []).slice(0, left);
      left -= kept.length;
      if (kept.length) subset[field] = kept;
      else delete subset[field];
    }
  }
  return total;
}
