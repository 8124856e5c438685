import { type ApiResource, apiVersionOf, type GroupVersion } from '../api/scheme.ts';
import type { ApiServer } from './server.ts';

/** Discovery of the built-in groups, then of custom resources and aggregated servers. */

interface Group { name: string; versions: { groupVersion: string; version: string }[]; preferredVersion: { groupVersion: string; version: string } }

function groups(server: ApiServer): Group[] {
  const out: Group[] = server.discovery.groups.map((g) => ({ ...g, versions: [...g.versions] }));
  for (const { group, version } of extra(server)) {
    const gv = { groupVersion: `${group}/${version}`, version };
    const known = out.find((g) => g.name === group);
    if (!known) out.push({ name: group, versions: [gv], preferredVersion: gv });
    else if (!known.versions.some((v) => v.version === version)) {
      known.versions.push(gv);
      known.versions.sort((a, b) => compareVersions(a.version, b.version));
      known.preferredVersion = known.versions[0]!;
    }
  }
  return out;
}

function extra(server: ApiServer): GroupVersion[] {
  return [...server.customResources.groupVersions(), ...server.aggregator.groupVersions()];
}

function allVersions(server: ApiServer): GroupVersion[] {
  return [...server.discovery.groupVersions, ...extra(server)];
}

export function groupList(server: ApiServer): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(server) };
}

/** /api/v1, /apis/GROUP and /apis/GROUP/VERSION. */
export function serveGroup(server: ApiServer, path: string): object | undefined {
  const [, root, first, second, more] = path.split('/');
  if (more !== undefined || first === undefined) return undefined;
  if (root === 'api') return first === 'v1' ? resourceList(server.discovery.groupVersions.find((g) => g.group === '')!) : undefined;
  if (root !== 'apis') return undefined;
  if (second === undefined) {
    const group = groups(server).find((g) => g.name === first);
    return group && { kind: 'APIGroup', apiVersion: 'v1', ...group };
  }
  const found = allVersions(server).find((g) => g.group === first && g.version === second);
  return found && resourceList(found);
}

function resourceList({ group, version, resources }: GroupVersion): object {
  return { kind: 'APIResourceList', ...(group === '' ? {} : { apiVersion: 'v1' }), groupVersion: apiVersionOf(group, version), resources };
}

/** apidiscovery.k8s.io/v2beta1: everything in one answer, as kubectl 1.28 prefers. */
export function aggregatedDiscovery(server: ApiServer, core: boolean): object {
  const versions = allVersions(server);
  const list = core ? [{ name: '', versions: [{ version: 'v1' }] }] : groups(server);
  return {
    kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2beta1', metadata: {},
    items: list.map((group) => ({
      metadata: { ...(group.name ? { name: group.name } : {}), creationTimestamp: null },
      versions: group.versions.map(({ version }) => ({ version, resources: discoveryOf(versions.find((v) => v.group === group.name && v.version === version)!), freshness: 'Current' })),
    })),
  };
}

function discoveryOf({ group, version, resources }: GroupVersion): object[] {
  const kind = (r: ApiResource) => ({ group: r.group ?? group, version: r.version ?? version, kind: r.kind });
  return resources.filter((r) => !r.name.includes('/')).map((r) => {
    const subresources = resources.filter((s) => s.name.startsWith(`${r.name}/`)).map((s) => ({ subresource: s.name.slice(r.name.length + 1), responseKind: kind(s), verbs: s.verbs }));
    return {
      resource: r.name, responseKind: kind(r), scope: r.namespaced ? 'Namespaced' : 'Cluster', singularResource: r.singularName, verbs: r.verbs,
      ...(r.shortNames ? { shortNames: r.shortNames } : {}), ...(r.categories ? { categories: r.categories } : {}), ...(subresources.length > 0 ? { subresources } : {}),
    };
  });
}

export function discoveryPaths(server: ApiServer): string[] {
  return ['/api', '/api/v1', '/apis', '/apis/', ...groups(server).flatMap((g) => [`/apis/${g.name}`, ...g.versions.map((v) => `/apis/${v.groupVersion}`)])];
}

/** version.CompareKubeAwareVersionStrings, the more stable and newer first: v2, v1, v1beta2, v1beta1, v1alpha1, others. */
export function compareVersions(a: string, b: string): number {
  const parse = (v: string) => {
    const m = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(v);
    return m ? [m[2] === undefined ? 2 : m[2] === 'beta' ? 1 : 0, Number(m[1]), Number(m[3] ?? 0)] : undefined;
  };
  const x = parse(a), y = parse(b);
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : a > b ? 1 : 0;
  for (let i = 0; i < 3; i++) if (x[i] !== y[i]) return y[i]! - x[i]!;
  return 0;
}
