import type { KubeObject } from '../api/types.ts';
import { type ApiClient, core } from '../client/client.ts';

/** What a container's environment is made from (pkg/kubelet/kubelet_pods.go makeEnvironmentVariables). A refusal is thrown as ConfigError. */
export class ConfigError extends Error {}

export interface EnvironmentSources {
  client: ApiClient;
  services: () => KubeObject[];
  /** status.podIP, status.hostIP as the kubelet knows them now. */
  podIP: string;
  hostIP: string;
  nodeAllocatable: Record<string, string>;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- parts of a Pod's spec
type Spec = any;

export function environment(pod: KubeObject, container: Spec, sources: EnvironmentSources): Record<string, string> {
  const result: Record<string, string> = {};
  const namespace = pod.metadata.namespace!;
  const services = serviceVariables(sources.services(), namespace, pod.spec.enableServiceLinks !== false);
  for (const from of container.envFrom ?? []) {
    const kind = from.configMapRef ? 'configmap' : 'secret';
    const ref = from.configMapRef ?? from.secretRef;
    const source = sources.client.find(core(`${kind}s`), namespace, ref.name);
    if (!source) {
      if (ref.optional) continue;
      throw new ConfigError(`${kind} "${ref.name}" not found`);
    }
    for (const [k, v] of Object.entries(dataOf(source))) result[`${from.prefix ?? ''}${k}`] = v;
  }
  const known: Record<string, string> = {};
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom ? fromSource(variable.valueFrom, pod, container, sources) : expand(variable.value ?? '', known, services);
    if (value === undefined) continue;
    known[variable.name] = value;
    result[variable.name] = value;
  }
  for (const [k, v] of Object.entries(services)) if (!(k in result)) result[k] = v;
  return result;
}

/** $(NAME) in commands and values; $$ is a dollar. */
export function expand(text: string, ...scopes: Record<string, string>[]): string {
  if (!text.includes('$')) return text;
  return text.replace(/\$(\$|\(([^)]*)\))/g, (all, _which, name: string | undefined) => {
    if (name === undefined) return '$';
    for (const scope of scopes) if (name in scope) return scope[name]!;
    return all;
  });
}

/** The downward API: metadata.name, metadata.labels['app'], status.podIP … undefined when there is no such field. */
export function fieldRef(pod: KubeObject, path: string, { podIP, hostIP }: { podIP: string; hostIP: string }): string | undefined {
  const [, map, key] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? [];
  if (map) return pod.metadata[map as 'labels' | 'annotations']?.[key!] ?? '';
  switch (path) {
    case 'metadata.name': return pod.metadata.name;
    case 'metadata.namespace': return pod.metadata.namespace;
    case 'metadata.uid': return pod.metadata.uid;
    case 'metadata.labels': return format(pod.metadata.labels);
    case 'metadata.annotations': return format(pod.metadata.annotations);
    case 'spec.nodeName': return pod.spec.nodeName;
    case 'spec.serviceAccountName': return pod.spec.serviceAccountName;
    case 'status.podIP': case 'status.podIPs': return podIP;
    case 'status.hostIP': return hostIP;
    default: return undefined;
  }
}

export function resourceRef(container: Spec, ref: { resource: string; divisor?: string }, allocatable: Record<string, string>): string {
  const [kind, name] = ref.resource.split('.') as ['limits' | 'requests', string];
  const quantity = container.resources?.[kind]?.[name] ?? (kind === 'limits' ? allocatable[name] : container.resources?.limits?.[name]) ?? '0';
  const divisor = !ref.divisor || ref.divisor === '0' ? 1 : amount(ref.divisor);
  return String(Math.ceil(amount(quantity) / divisor));
}

/** A resource.Quantity as a number. */
export function amount(quantity: string | number): number {
  const [, n, unit] = /^([+-]?[\d.]+(?:e[+-]?\d+)?)(m|[kMGTPE]i?)?$/i.exec(String(quantity)) ?? [];
  if (n === undefined) return NaN;
  const power = unit === undefined ? 1 : unit === 'm' ? 1e-3 : (unit.endsWith('i') ? 1024 : 1000) ** ('kMGTPE'.indexOf(unit[0]!.replace('K', 'k')) + 1);
  return Number(n) * power;
}

/** Data of a ConfigMap or a Secret as text. */
export function dataOf(object: KubeObject): Record<string, string> {
  const data = (object['data'] ?? {}) as Record<string, string>;
  if (object.kind !== 'Secret') return data;
  return Object.fromEntries(Object.entries(data).map(([k, v]) => [k, decodeBase64(v)]));
}

function fromSource(from: Spec, pod: KubeObject, container: Spec, sources: EnvironmentSources): string | undefined {
  if (from.fieldRef) return fieldRef(pod, from.fieldRef.fieldPath, sources);
  if (from.resourceFieldRef) return resourceRef(container, from.resourceFieldRef, sources.nodeAllocatable);
  const kind = from.configMapKeyRef ? 'configmap' : 'secret';
  const ref = from.configMapKeyRef ?? from.secretKeyRef;
  const source = sources.client.find(core(`${kind}s`), pod.metadata.namespace, ref.name);
  if (!source) {
    if (ref.optional) return undefined;
    throw new ConfigError(`${kind} "${ref.name}" not found`);
  }
  const value = dataOf(source)[ref.key];
  if (value === undefined && !ref.optional) throw new ConfigError(`couldn't find key ${ref.key} in ${kind === 'configmap' ? 'ConfigMap' : 'Secret'} ${pod.metadata.namespace}/${ref.name}`);
  return value;
}

/** Docker-links-like variables of the namespace's Services, and of default/kubernetes everywhere. */
function serviceVariables(services: KubeObject[], namespace: string, links: boolean): Record<string, string> {
  const out: Record<string, string> = {};
  const chosen = services.filter((s) => s.spec.clusterIP && s.spec.clusterIP !== 'None' && ((links && s.metadata.namespace === namespace) || (s.metadata.namespace === 'default' && s.metadata.name === 'kubernetes')));
  for (const service of chosen.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    const name = service.metadata.name.toUpperCase().replaceAll('-', '_');
    const { clusterIP, ports = [] } = service.spec as { clusterIP: string; ports?: { port: number; name?: string; protocol?: string }[] };
    if (ports.length === 0) continue;
    out[`${name}_SERVICE_HOST`] = clusterIP;
    out[`${name}_SERVICE_PORT`] = String(ports[0]!.port);
    for (const p of ports) if (p.name) out[`${name}_SERVICE_PORT_${p.name.toUpperCase().replaceAll('-', '_')}`] = String(p.port);
    ports.forEach((p, i) => {
      const protocol = p.protocol ?? 'TCP', url = `${protocol.toLowerCase()}://${clusterIP}:${p.port}`, prefix = `${name}_PORT_${p.port}_${protocol}`;
      if (i === 0) out[`${name}_PORT`] = url;
      out[prefix] = url;
      out[`${prefix}_PROTO`] = protocol.toLowerCase();
      out[`${prefix}_PORT`] = String(p.port);
      out[`${prefix}_ADDR`] = clusterIP;
    });
  }
  return out;
}

function format(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `${k}=${JSON.stringify(v)}\n`).join('');
}

function decodeBase64(text: string): string {
  const bytes: number[] = [];
  let value = 0, bits = 0;
  for (const c of text) {
    const digit = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(c);
    if (digit < 0) continue;
    value = ((value << 6) | digit) & 0xffffff;
    bits += 6;
    if (bits >= 8) bytes.push((value >> (bits -= 8)) & 255);
  }
  return new TextDecoder('utf-8').decode(new Uint8Array(bytes));
}
