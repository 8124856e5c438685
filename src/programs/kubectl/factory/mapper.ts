// From what people type (pods, po, deploy.apps, Deployment) and what files say (apiVersion, kind) to resources of the server.
import { KubectlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import type { ApiResource, Discovery } from './discovery.ts';

export interface Mapping {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
}

export class RestMapper {
  readonly #discovery: Discovery;
  constructor(_k: Kubectl, discovery: Discovery) {
    this.#discovery = discovery;
  }

  /** Throws "the server doesn't have a resource type …". */
  async forResource(typed: string): Promise<Mapping> {
    const found = await this.find(typed);
    if (!found) throw new KubectlError(`the server doesn't have a resource type "${typed.split('.')[0]}"`);
    return found;
  }

  async find(typed: string): Promise<Mapping | undefined> {
    return this.#retry(async () => {
      const [name, ...rest] = typed.split('.') as [string, ...string[]];
      if (rest.length >= 2 && /^v\d/.test(rest[0]!)) {
        const exact = await this.#lookup(name, rest.slice(1).join('.'), rest[0]);
        if (exact) return exact;
      }
      return this.#lookup(name, rest.length > 0 ? rest.join('.') : undefined, undefined);
    });
  }

  /** The resource for an object's apiVersion and kind; throws as client-go for one that does not exist. */
  async forKind(apiVersion: string, kind: string): Promise<Mapping> {
    const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
    const found = await this.#retry(async () => {
      const groups = await this.#discovery.groups();
      if (!groups.some((g) => g.name === group && g.versions.includes(version))) return undefined;
      const resources = await this.#discovery.resources(apiVersion);
      return resources.find((r) => (r.kind === kind || r.kind.toLowerCase() === kind) && !r.name.includes('/'));
    });
    if (!found) throw new NoKindMatch(apiVersion, kind);
    return mapping(found);
  }

  /** Whether the word is a category (`all`), and the types it stands for. */
  async category(word: string): Promise<string[] | undefined> {
    const seen = new Set<string>();
    for (const r of await this.#discovery.all()) if (r.categories.includes(word) && !r.name.includes('/')) seen.add(r.group ? `${r.name}.${r.group}` : r.name);
    return seen.size > 0 ? [...seen] : undefined;
  }

  async #lookup(name: string, group: string | undefined, version: string | undefined): Promise<Mapping | undefined> {
    const lower = name.toLowerCase();
    let byShort: ApiResource | undefined, byKind: ApiResource | undefined, byPrefix: ApiResource | undefined;
    for (const g of await this.#discovery.groups()) {
      const exact = group === undefined || g.name === group;
      if (!exact && !(group && g.name.startsWith(group))) continue;
      for (const v of g.versions) {
        if (version && v !== version) continue;
        for (const r of await this.#tolerant(g.name ? `${g.name}/${v}` : v)) {
          if (r.name.includes('/')) continue;
          if (r.name === lower || r.singular === lower) {
            if (exact) return mapping(r);
            byPrefix ??= r;
          } else if (r.shortNames.includes(lower)) byShort ??= r;
          else if (r.kind === name) byKind ??= r;
        }
      }
    }
    const found = byShort ?? byPrefix ?? byKind;
    return found && mapping(found);
  }

  async #tolerant(groupVersion: string): Promise<ApiResource[]> {
    try {
      return await this.#discovery.resources(groupVersion);
    } catch (error) {
      if (error instanceof Error && 'status' in error) return [];
      throw error;
    }
  }

  /** What is not found in a cached discovery is looked for in a fresh one. */
  async #retry<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    return (await look()) ?? (this.#discovery.invalidate() ? look() : undefined);
  }
}

/** No resource of the server has that kind. */
export class NoKindMatch extends KubectlError {
  constructor(apiVersion: string, kind: string) {
    super(`no matches for kind "${kind}" in version "${apiVersion}"`);
  }
}

/** deployments.apps, or pods. */
export function fullName(m: { group: string; resource: string }): string {
  return m.group ? `${m.resource}.${m.group}` : m.resource;
}

export function apiVersionOf(m: { group: string; version: string }): string {
  return m.group ? `${m.group}/${m.version}` : m.version;
}

/** The URL path of a collection or an object. */
export function pathOf(m: Mapping, namespace?: string, name?: string, subresource?: string): string {
  const base = m.group === '' ? `/api/${m.version}` : `/apis/${m.group}/${m.version}`;
  return `${base}${m.namespaced && namespace ? `/namespaces/${namespace}` : ''}/${m.resource}${name ? `/${encodeURIComponent(name)}` : ''}${subresource ? `/${subresource}` : ''}`;
}

const made = new WeakMap<ApiResource, Mapping>();
function mapping(r: ApiResource): Mapping {
  let m = made.get(r);
  if (!m) made.set(r, (m = { group: r.group, version: r.version, resource: r.name, kind: r.kind, namespaced: r.namespaced }));
  return m;
}
