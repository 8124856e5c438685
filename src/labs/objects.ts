/** What the API server would show an administrator, read without leaving a trace. */
import { builtinResources, splitApiVersion } from '../kubernetes/api/scheme.ts';
import type { KubeObject } from '../kubernetes/api/types.ts';
import { ApiClient, ApiError, ConnectionError, type Gvr } from '../kubernetes/client/client.ts';
import { servers } from '../kubernetes/runtime/connection.ts';
import { userOf } from '../kubernetes/runtime/kubeconfig.ts';
import type { World } from '../linux/world.ts';
import type { ObjectQuery } from './lab.ts';


/** The objects a query finds; undefined when no API server answers, or the kind is not served. */
export function queryObjects(world: World, query: ObjectQuery): KubeObject[] | undefined {
  const client = reader(world);
  const resource = client && resourceOf(client, query);
  if (!client || !resource) return undefined;
  const namespace = resource.namespaced && query.namespace !== '*' ? (query.namespace ?? 'default') : undefined;
  try {
    if (query.name !== undefined && (namespace !== undefined || !resource.namespaced)) {
      const found = client.find(resource, namespace, query.name);
      return found ? [found] : [];
    }
    const { items } = client.list(resource, namespace, query.selector === undefined ? {} : { labelSelector: query.selector });
    return query.name === undefined ? items : items.filter((o) => o.metadata.name === query.name);
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof ApiError) return undefined;
    throw error;
  }
}

/** Whether some version of the built-in API has this kind. */
export function isBuiltinKind(kind: string, apiVersion?: string): boolean {
  return find(kind, apiVersion) !== undefined;
}

/** The built-in kinds, for a helpful message. */
export function builtinKinds(): string[] {
  return [...new Set([...builtinResources()].map((r) => r.kind))];
}

function reader(world: World): ApiClient | undefined {
  for (const { process, transport } of servers(world).values()) {
    if (process.running && !process.stopped) return new ApiClient(transport, userOf('kubernetes-admin', ['system:masters']), 'labs');
  }
  return undefined;
}

interface Resource extends Gvr {
  namespaced: boolean;
}

function find(kind: string, apiVersion?: string): Resource | undefined {
  const wanted = apiVersion === undefined ? undefined : splitApiVersion(apiVersion);
  const all = [...builtinResources()].filter((r) => r.kind === kind && (!wanted || (r.group === wanted.group && r.version === wanted.version)));
  return all.find((r) => !r.version.includes('alpha') && !r.version.includes('beta')) ?? all[0];
}

const known = new Map<string, Resource | undefined>();

function resourceOf(client: ApiClient, { kind, apiVersion }: ObjectQuery): Resource | undefined {
  const key = `${apiVersion ?? ''} ${kind}`;
  if (!known.has(key)) known.set(key, find(kind, apiVersion));
  return known.get(key) ?? customResource(client, kind, apiVersion);
}

function customResource(client: ApiClient, kind: string, apiVersion: string | undefined): Resource | undefined {
  try {
    for (const crd of client.list({ group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' }).items) {
      const { group, names, scope, versions } = crd.spec as { group: string; names: { kind: string; plural: string }; scope: string; versions: { name: string; served: boolean }[] };
      const version = versions.find((v) => v.served && (apiVersion === undefined || apiVersion === `${group}/${v.name}`));
      if (names.kind === kind && version) return { group, version: version.name, resource: names.plural, namespaced: scope === 'Namespaced' };
    }
  } catch (error) {
    if (!(error instanceof ConnectionError || error instanceof ApiError)) throw error;
  }
  return undefined;
}
