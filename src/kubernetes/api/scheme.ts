import discovery from './schema/discovery.json' with { type: 'json' };
import { DEFINITIONS, type Type, typeOf } from './schema.ts';

/** A resource or subresource as discovery lists it (metav1.APIResource). */
export interface ApiResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  kind: string;
  group?: string;
  version?: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
  storageVersionHash?: string;
}

/** A kind that can be stored or posted, with its place in the API. */
export interface ResourceInfo {
  group: string;
  version: string;
  resource: string;
  kind: string;
  listKind: string;
  namespaced: boolean;
  verbs: ReadonlySet<string>;
  subresources: ReadonlyMap<string, ApiResource>;
  type: Type;
  /** Where it is kept in etcd: `/registry/pods`. */
  prefix: string;
  /** The resource's entry of discovery. */
  api: ApiResource;
  /** Set for custom resources: the name of their CustomResourceDefinition. */
  crd?: string;
}

export interface GroupVersion {
  group: string;
  version: string;
  resources: ApiResource[];
}

interface ResourceList { groupVersion: string; resources: ApiResource[] }
interface Group { name: string; versions: { groupVersion: string; version: string }[]; preferredVersion: { groupVersion: string; version: string } }

/** What 1.28 serves and the recorded 1.26 did not, and the other way round (CHANGELOG-1.27, -1.28). */
const ADDED: Record<string, ApiResource[]> = {
  '/apis/authentication.k8s.io/v1': [{ name: 'selfsubjectreviews', singularName: 'selfsubjectreview', namespaced: false, kind: 'SelfSubjectReview', verbs: ['create'] }],
};
const REMOVED = new Set(['autoscaling/v2beta2', 'flowcontrol.apiserver.k8s.io/v1beta1', 'storage.k8s.io/v1beta1']);
/** Of these only some were gone from a 1.26 server. */
const REMOVED_LATER = new Set(['autoscaling/v2beta2', 'flowcontrol.apiserver.k8s.io/v1beta1']);
const REMOVED_RESOURCES = new Set(['networkpolicies/status']);

const documents = discovery as unknown as Record<string, unknown>;

/** The minor version of Kubernetes 1.x, of v1.26.15. */
export function minorOf(gitVersion: string): number {
  return Number(/^v1\.(\d+)/.exec(gitVersion)?.[1] ?? 28);
}

/** The built-in groups in the order /apis lists them, each with its versions, preferred first, as 1.28 has them. */
export const GROUPS: Group[] = groupsOf(REMOVED);
export const GROUP_VERSIONS: GroupVersion[] = groupVersionsOf(REMOVED, withSingular, ADDED);

/** What a server of that minor version lists. Older than 1.27 is 1.26; what they have in common is served alike. */
export function discoveryFor(minor: number): { groups: Group[]; groupVersions: GroupVersion[] } {
  return minor >= 27 ? { groups: GROUPS, groupVersions: GROUP_VERSIONS } : { groups: groupsOf(REMOVED_LATER), groupVersions: groupVersionsOf(REMOVED_LATER, (r) => r, {}) };
}

function groupsOf(removed: ReadonlySet<string>): Group[] {
  return (documents['/apis'] as { groups: Group[] }).groups
    .map((group) => ({ ...group, versions: group.versions.filter((v) => !removed.has(v.groupVersion)) }))
    .filter((group) => group.versions.length > 0);
}

function groupVersionsOf(removed: ReadonlySet<string>, finish: (r: ApiResource) => ApiResource, added: Record<string, ApiResource[]>): GroupVersion[] {
  return Object.entries(documents)
    .filter(([path]) => path !== '/api' && path !== '/apis' && !removed.has(path.replace(/^\/apis?\//, '')))
    .map(([path, list]) => {
      const { groupVersion, resources } = list as ResourceList;
      const slash = groupVersion.indexOf('/');
      const all = [...resources, ...(added[path] ?? [])].filter((r) => !REMOVED_RESOURCES.has(r.name)).map(finish);
      return { group: slash < 0 ? '' : groupVersion.slice(0, slash), version: groupVersion.slice(slash + 1), resources: all };
    });
}

/** 1.27 began to fill singularName for built-in resources. */
function withSingular(resource: ApiResource): ApiResource {
  return { ...resource, singularName: resource.name.includes('/') || resource.singularName !== '' ? resource.singularName : resource.kind.toLowerCase() };
}

const definitionOf = new Map<string, string>();
for (const [name, definition] of Object.entries(DEFINITIONS)) {
  for (const gvk of definition['x-kubernetes-group-version-kind'] ?? []) {
    const key = `${gvk.group}/${gvk.version}/${gvk.kind}`;
    if (!definitionOf.has(key)) definitionOf.set(key, name);
  }
}

/** The type of a kind of a group and version, if there is one. */
export function typeOfKind(group: string, version: string, kind: string): Type | undefined {
  const name = definitionOf.get(`${group}/${version}/${kind}`);
  return name === undefined ? undefined : typeOf(name);
}

/** Resources that are kept under another name than their own (pkg/registry, pkg/kubeapiserver/default_storage_factory_builder.go). */
const PREFIXES: Record<string, string> = {
  replicationcontrollers: 'controllers', endpoints: 'services/endpoints', services: 'services/specs', nodes: 'minions',
  ingresses: 'ingress', podtemplates: 'podtemplates',
};
const GROUPED_PREFIX = new Set(['apiregistration.k8s.io', 'apiextensions.k8s.io']);

const builtin = new Map<string, ResourceInfo>();

for (const { group, version, resources } of GROUP_VERSIONS) {
  for (const api of resources) {
    if (api.name.includes('/')) continue;
    const type = typeOfKind(group, version, api.kind);
    if (!type) throw new Error(`no type for ${group}/${version} ${api.kind}`);
    const subresources = new Map(resources.filter((r) => r.name.startsWith(`${api.name}/`)).map((r) => [r.name.slice(api.name.length + 1), r]));
    const info: ResourceInfo = {
      group, version, resource: api.name, kind: api.kind, listKind: `${api.kind}List`, namespaced: api.namespaced,
      verbs: new Set(api.verbs), subresources, type, prefix: prefixOf(group, api.name), api,
    };
    builtin.set(`${group}/${version}/${api.name}`, info);
  }
}

export function builtinResource(group: string, version: string, resource: string): ResourceInfo | undefined {
  return builtin.get(`${group}/${version}/${resource}`);
}

export function builtinResources(): Iterable<ResourceInfo> {
  return builtin.values();
}

/** `deployments.apps`, `pods`: how errors name a resource. */
export function groupResource(info: { group: string; resource: string }): string {
  return info.group === '' ? info.resource : `${info.resource}.${info.group}`;
}

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

function prefixOf(group: string, resource: string): string {
  if (group === 'events.k8s.io') return '/registry/events';
  return `/registry/${GROUPED_PREFIX.has(group) ? `${group}/` : ''}${PREFIXES[resource] ?? resource}`;
}
