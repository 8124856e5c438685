// What the server offers: groups, versions, resources; cached in files for six hours as client-go's disk cache.
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { StatusError, UrlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';

export interface ApiResource {
  group: string;
  version: string;
  name: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  shortNames: string[];
  categories: string[];
}

export interface ApiGroup {
  name: string;
  /** Most preferred first. */
  versions: string[];
  preferred: string;
}

const TTL = 6 * 3600 * 1e6;
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
/* eslint-disable @typescript-eslint/no-explicit-any */
const memo = new Map<string, any>();

export class Discovery {
  readonly #k: Kubectl;
  #groups: ApiGroup[] | undefined;
  #fresh = false;
  readonly #resources = new Map<string, ApiResource[]>();

  constructor(k: Kubectl) {
    this.#k = k;
  }

  /** Core first, then in the server's order. */
  async groups(): Promise<ApiGroup[]> {
    if (this.#groups) return this.#groups;
    const cached = this.#read('servergroups.json');
    if (cached) return (this.#groups = groupsOf(cached));
    await this.#fetch();
    return this.#groups!;
  }

  /** The resources of a group version (subresources too, as `pods/log`). */
  async resources(groupVersion: string): Promise<ApiResource[]> {
    const known = this.#resources.get(groupVersion);
    if (known) return known;
    let list = this.#read(`${groupVersion}/serverresources.json`);
    if (!list) {
      list = await this.#k.rest.get(groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`, { timeout: '32s' });
      this.#write(`${groupVersion}/serverresources.json`, list);
    }
    const resources = memoized(list, () => resourcesOf(list));
    this.#resources.set(groupVersion, resources);
    return resources;
  }

  /** Every resource of every version, groups in order, preferred versions first. Versions that fail are left out. */
  async all(): Promise<ApiResource[]> {
    const out: ApiResource[] = [];
    for (const group of await this.groups()) {
      for (const version of group.versions) {
        try {
          out.push(...(await this.resources(group.name ? `${group.name}/${version}` : version)));
        } catch (error) {
          if (error instanceof UrlError) throw error;
          if (!(error instanceof Error) || !('status' in error)) throw error;
          this.failed.set(group.name ? `${group.name}/${version}` : version, error);
        }
      }
    }
    return out;
  }
  /** Group versions whose resources could not be read. */
  readonly failed = new Map<string, Error>();

  /** Forgets what came from the cache; false when everything is fresh already. */
  invalidate(): boolean {
    if (this.#fresh) return false;
    this.#groups = undefined;
    this.#resources.clear();
    this.#fresh = true;
    return true;
  }

  async #fetch(): Promise<void> {
    this.#fresh = true;
    const options = { headers: { accept: AGGREGATED }, query: { timeout: '32s' } };
    const core = await this.#attempts(() => this.#k.rest.json('GET', '/api', options));
    const rest = await this.#attempts(() => this.#k.rest.json('GET', '/apis', options));
    if (core.kind === 'APIGroupDiscoveryList' && rest.kind === 'APIGroupDiscoveryList') this.#aggregated([...core['items'], ...rest['items']]);
    else {
      const legacy = { name: '', versions: core['versions'].map((version: string) => ({ groupVersion: version, version })), preferredVersion: { version: core['versions'][0] } };
      this.#setGroups([legacy, ...rest['groups']]);
    }
  }

  /** kubectl comes back to discovery several times before it gives up, and client-go logs each failure. */
  async #attempts(ask: () => Promise<KubeObject>): Promise<KubeObject> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        if (error instanceof UrlError || (error instanceof StatusError && error.reason !== 'Forbidden')) this.#k.klog('E', 'memcache.go:265', `couldn't get current server API group list: ${error.message}`);
        if (attempt >= 5 || !(error instanceof UrlError || error instanceof StatusError)) throw error;
      }
    }
  }

  #aggregated(items: any[]): void {
    const groups: any[] = [];
    for (const item of items) {
      const name: string = item.metadata?.name ?? '';
      const versions = item.versions.map((v: any) => ({ groupVersion: name ? `${name}/${v.version}` : v.version, version: v.version }));
      groups.push({ name, versions, preferredVersion: versions[0] });
      for (const v of item.versions) {
        const groupVersion = name ? `${name}/${v.version}` : v.version;
        const resources = v.resources.flatMap((r: any) => [
          { name: r.resource, singularName: r.singularResource, namespaced: r.scope === 'Namespaced', kind: r.responseKind?.kind ?? '', verbs: r.verbs, shortNames: r.shortNames, categories: r.categories },
          ...(r.subresources ?? []).map((s: any) => ({ name: `${r.resource}/${s.subresource}`, singularName: '', namespaced: r.scope === 'Namespaced', kind: s.responseKind?.kind ?? '', group: s.responseKind?.group, version: s.responseKind?.version, verbs: s.verbs })),
        ]);
        const list = { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
        this.#write(`${groupVersion}/serverresources.json`, list);
        this.#resources.set(groupVersion, resourcesOf(list));
      }
    }
    this.#setGroups(groups);
  }

  #setGroups(groups: any[]): void {
    const list = { kind: 'APIGroupList', apiVersion: 'v1', groups };
    this.#write('servergroups.json', list);
    this.#groups = groupsOf(list);
  }

  get #dir(): string {
    const base = this.#k.flags.string('cache-dir') || `${this.#k.process.env['HOME'] ?? ''}/.kube/cache`;
    return `${base}/discovery/${this.#k.access.server.replace(/^https?:\/\//, '').replace(/[^\w/.]/g, '_')}`;
  }

  #read(name: string): any {
    if (this.#fresh) return undefined;
    const { fs } = this.#k.process;
    const path = `${this.#dir}/${name}`;
    const file = fs.find(path);
    if (file?.kind !== 'file' || this.#k.now - file.mtime > TTL) return undefined;
    const text = String(file.content);
    let value = memo.get(text);
    if (value === undefined) {
      try {
        value = JSON.parse(text);
      } catch {
        return undefined; // a damaged cache is fetched again
      }
      if (memo.size > 200) memo.clear();
      memo.set(text, value);
    }
    return value;
  }

  #write(name: string, value: unknown): void {
    const { fs } = this.#k.process;
    const path = `${this.#dir}/${name}`;
    try {
      fs.mkdir(path.slice(0, path.lastIndexOf('/')), { parents: true, mode: 0o750 });
      fs.writeFile(path, JSON.stringify(value), { mode: 0o660 });
    } catch {
      // as client-go: without a cache directory kubectl goes on
    }
  }
}

const derived = new WeakMap<object, any>();
function memoized<T>(key: object, make: () => T): T {
  let value = derived.get(key);
  if (value === undefined) derived.set(key, (value = make()));
  return value;
}

function groupsOf(list: any): ApiGroup[] {
  return memoized(list, () => list.groups.map((g: any) => ({
    name: g.name, preferred: g.preferredVersion?.version ?? g.versions[0].version,
    versions: [...g.versions].map((v: any) => v.version).sort((a: string, b: string) => Number(b === g.preferredVersion?.version) - Number(a === g.preferredVersion?.version)),
  })));
}

function resourcesOf(list: any): ApiResource[] {
  const [group, version] = list.groupVersion.includes('/') ? list.groupVersion.split('/') : ['', list.groupVersion];
  return list.resources.map((r: any) => ({
    group, version, name: r.name, singular: r.singularName || r.kind.toLowerCase(), kind: r.kind, namespaced: r.namespaced,
    verbs: r.verbs ?? [], shortNames: r.shortNames ?? [], categories: r.categories ?? [],
  }));
}
