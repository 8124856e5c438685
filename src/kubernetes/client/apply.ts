import type { KubeObject } from '../api/types.ts';
import { type ApiClient, type Gvr, gvr } from './client.ts';

/** Creates objects as `kubectl create` would; an object's namespace is `default` where it says none. */
export function createObjects(client: ApiClient, objects: readonly KubeObject[]): void {
  for (const o of objects) client.create(resourceOf(o), placed(o));
}

/** Creates what is not there, and merges what is (`kubectl apply`, without its memory of what was applied before). */
export function applyObjects(client: ApiClient, objects: readonly KubeObject[]): void {
  for (const object of objects) {
    const o = placed(object), resource = resourceOf(o), { namespace, name } = o.metadata;
    if (client.find(resource, namespace, name)) client.patch(resource, namespace, name, 'merge', o);
    else client.create(resource, o);
  }
}

export function resourceOf({ apiVersion, kind }: KubeObject): Gvr {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  return gvr(group, version, plural(kind));
}

function placed(o: KubeObject): KubeObject {
  return o.metadata.namespace || CLUSTER_SCOPED.has(o.kind) ? o : { ...o, metadata: { ...o.metadata, namespace: 'default' } };
}

function plural(kind: string): string {
  const lower = kind.toLowerCase();
  return lower.endsWith('s') ? `${lower}es` : /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

const CLUSTER_SCOPED: ReadonlySet<string> = new Set(['Namespace', 'Node', 'PersistentVolume', 'StorageClass', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'PriorityClass', 'IngressClass', 'GatewayClass', 'APIService', 'ValidatingWebhookConfiguration']);
