/** The Service whose address a packet was sent to, and the YAML of it that decides. */
import type { KubeObject } from '../../kubernetes/api/types.ts';
import type { TraceStep } from '../../linux/net/trace.ts';
import type { World } from '../../linux/world.ts';
import { queryObjects } from '../objects.ts';
import type { Line } from './cause.ts';

export interface ServiceAt {
  /** namespace/name */
  name: string;
  address: string;
  object: KubeObject;
  spec: { selector?: Record<string, string>; ports?: ServicePort[]; clusterIP?: string; externalTrafficPolicy?: string; internalTrafficPolicy?: string };
  /** Which of its ports. */
  port: number;
}

interface ServicePort {
  name?: string;
  port: number;
  targetPort?: number | string;
  nodePort?: number;
  protocol?: string;
}

/** By ClusterIP and port, or by the node port of a machine of the cluster. */
export function serviceAt(world: World, requests: readonly TraceStep[], address: string, port: number | undefined): ServiceAt | undefined {
  const dports = [port, ...requests.map(({ packet }) => packet.dport)];
  for (const object of queryObjects(world, { kind: 'Service', namespace: '*' }) ?? []) {
    const spec = (object as unknown as { spec: ServiceAt['spec'] }).spec;
    const i = (spec.ports ?? []).findIndex((p) => (spec.clusterIP === address && dports.includes(p.port)) || (p.nodePort !== undefined && dports.includes(p.nodePort)));
    if (i >= 0) return { name: `${object.metadata.namespace ?? 'default'}/${object.metadata.name}`, address, object, spec, port: i };
  }
  return undefined;
}

/** Pods of the Service's namespace. */
export function podsOf(world: World, service: ServiceAt): KubeObject[] {
  return queryObjects(world, { kind: 'Pod', namespace: service.object.metadata.namespace ?? 'default' }) ?? [];
}

/** Whether the selector finds those labels. */
export function behind(service: ServiceAt, labels: Record<string, string> | undefined): boolean {
  const selector = Object.entries(service.spec.selector ?? {});
  return selector.length > 0 && selector.every(([k, v]) => labels?.[k] === v);
}

export function selectorYaml(world: World, service: ServiceAt | undefined): Line[] {
  if (!service) return [];
  const { selector = {} } = service.spec;
  const found = podsOf(world, service).filter(({ metadata }) => behind(service, metadata.labels));
  const text = ['spec:', '  selector:', ...Object.entries(selector).map(([k, v]) => `    ${k}: ${v}`)].join('\n');
  const pods = found.length === 0 ? 'ningún Pod tiene esas etiquetas' : `${found.map(({ metadata }) => metadata.name).join(', ')}: no están listos`;
  return [{ source: yamlOf(service), text: `${text}\n# ${pods}` }];
}

export function portYaml(service: ServiceAt): Line[] {
  const port = service.spec.ports![service.port]!;
  return [{ source: yamlOf(service), text: `spec:\n  ports:\n  - port: ${port.port}\n    targetPort: ${String(port.targetPort ?? port.port)}` }];
}

export function yamlOf({ object: { metadata } }: ServiceAt): string {
  return `kubectl get service ${metadata.name} -n ${metadata.namespace ?? 'default'} -o yaml`;
}
