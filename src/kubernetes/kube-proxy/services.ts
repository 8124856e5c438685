import { inPrefix, parseCidr, parseIpv4 } from '../../linux/net/addresses.ts';
import type { KubeObject } from '../api/types.ts';
import { servicePortName } from './names.ts';

export interface ServicePort {
  name: string;
  namespace: string;
  service: string;
  clusterIP: string;
  port: number;
  protocol: 'tcp' | 'udp' | 'sctp';
  nodePort: number;
  externalIPs: string[];
  loadBalancerIPs: string[];
  loadBalancerSourceRanges: string[];
  internalLocal: boolean;
  externalLocal: boolean;
  healthCheckNodePort: number;
  /** Seconds of sessionAffinity ClientIP; 0 without it. */
  affinity: number;
  /** Whether an annotation asks to heed the endpoints' topology hints. */
  topologyAware: boolean;
}

export interface Endpoint {
  /** IP:PORT */
  address: string;
  ip: string;
  local: boolean;
  ready: boolean;
  serving: boolean;
  terminating: boolean;
  /** Zones whose nodes are to use it. */
  zones: readonly string[];
  /** By those hints it is for nodes of other zones. */
  elsewhere: boolean;
}

/** What kube-proxy does not serve: headless Services, ExternalName, those another proxy is named for. */
export function servicePorts(service: KubeObject): ServicePort[] {
  const { metadata, spec, status } = service;
  const clusterIP: string = spec.clusterIP ?? '';
  if (clusterIP === '' || clusterIP === 'None' || spec.type === 'ExternalName' || metadata.labels?.['service.kubernetes.io/service-proxy-name']) return [];
  const lb: string[] = ((status?.loadBalancer?.ingress ?? []) as { ip?: string }[]).map((i) => i.ip).filter((ip): ip is string => Boolean(ip));
  return ((spec.ports ?? []) as { name?: string; port: number; protocol?: string; nodePort?: number }[]).map((p) => ({
    name: servicePortName(metadata.namespace!, metadata.name, p.name ?? ''), namespace: metadata.namespace!, service: metadata.name, clusterIP, port: p.port,
    protocol: (p.protocol ?? 'TCP').toLowerCase() as ServicePort['protocol'], nodePort: p.nodePort ?? 0, externalIPs: spec.externalIPs ?? [], loadBalancerIPs: lb,
    loadBalancerSourceRanges: spec.loadBalancerSourceRanges ?? [], internalLocal: spec.internalTrafficPolicy === 'Local', externalLocal: spec.externalTrafficPolicy === 'Local',
    healthCheckNodePort: spec.healthCheckNodePort ?? 0, affinity: spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : 0,
    topologyAware: topologyAware(metadata.annotations ?? {}),
  }));
}

/** Endpoints by service port name, of a Service's slices; one endpoint counts once. */
export function endpointsOf(slices: readonly KubeObject[], node: string): Map<string, Endpoint[]> {
  const out = new Map<string, Map<string, Endpoint>>();
  for (const slice of slices) {
    const service = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (!service || slice['addressType'] !== 'IPv4') continue;
    for (const port of (slice['ports'] ?? []) as { name?: string; port?: number }[]) {
      if (port.port === undefined) continue;
      const name = servicePortName(slice.metadata.namespace!, service, port.name ?? '');
      let map = out.get(name);
      if (!map) out.set(name, (map = new Map()));
      for (const e of (slice['endpoints'] ?? []) as { addresses: string[]; conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean }; nodeName?: string; hints?: { forZones?: { name: string }[] } }[]) {
        const ip = e.addresses[0]!, address = `${ip}:${port.port}`;
        const ready = e.conditions?.ready ?? true;
        map.set(address, { address, ip, local: e.nodeName === node, ready, serving: e.conditions?.serving ?? ready, terminating: e.conditions?.terminating ?? false, zones: e.hints?.forZones?.map((z) => z.name) ?? [], elsewhere: false });
      }
    }
  }
  return new Map([...out].map(([name, map]) => [name, [...map.values()].sort((a, b) => (a.address < b.address ? -1 : 1))]));
}

/** Any value of the annotation but `disabled` will do. */
function topologyAware(annotations: Record<string, string>): boolean {
  const mode = annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode'] ?? '';
  return mode !== '' && mode !== 'disabled' && mode !== 'Disabled';
}

/** pkg/proxy/topology.go canUseTopology: where every ready endpoint has hints and one is for this node's zone, the others are left alone. */
export function heedHints(ports: readonly ServicePort[], endpoints: ReadonlyMap<string, Endpoint[]>, zone: string | undefined): void {
  if (!zone) return;
  for (const s of ports) {
    const all = endpoints.get(s.name), ready = s.topologyAware ? all?.filter((e) => e.ready) : undefined;
    if (!ready?.some((e) => e.zones.includes(zone)) || ready.some((e) => e.zones.length === 0)) continue;
    for (const e of all!) e.elsewhere = e.ready && !e.zones.includes(zone);
  }
}

export const externallyAccessible = (s: ServicePort): boolean => s.nodePort !== 0 || s.loadBalancerIPs.length > 0 || s.externalIPs.length > 0;

/** pkg/proxy/topology.go CategorizeEndpoints: which endpoints serve the Cluster policy, which the Local one. */
export function categorize(all: readonly Endpoint[], s: ServicePort): { cluster: Endpoint[]; local: Endpoint[]; reachable: Endpoint[]; any: boolean } {
  const usesCluster = !s.internalLocal || externallyAccessible(s), usesLocal = s.internalLocal || (s.externalLocal && externallyAccessible(s));
  const usable = (list: readonly Endpoint[]) => {
    const ready = list.filter((e) => e.ready);
    return ready.length > 0 ? ready : list.filter((e) => e.serving && e.terminating);
  };
  const cluster = usesCluster ? usable(all.filter((e) => !e.elsewhere)) : [];
  const local = usesLocal ? usable(all.filter((e) => e.local)) : [];
  const reachable = [...new Set([...cluster, ...local])].sort((a, b) => (a.address < b.address ? -1 : 1));
  return { cluster, local, reachable, any: usable(all).length > 0 };
}

/** Whether the source ranges of a load balancer have the node's own address among them. */
export function admitsNode(s: ServicePort, nodeIP: string | undefined): boolean {
  const node = nodeIP === undefined ? undefined : parseIpv4(nodeIP);
  return node !== undefined && s.loadBalancerSourceRanges.some((range) => {
    const within = parseCidr(range);
    return within !== undefined && inPrefix(node, within.address, within.bits);
  });
}
