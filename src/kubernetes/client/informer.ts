import type { KubeObject } from '../api/types.ts';
import type { WatchEvent } from '../apiserver/http.ts';
import { type ApiClient, type Gvr, type ListOptions, ConnectionError, ApiError } from './client.ts';
import { type Clock, SECOND } from '../../sim/clock.ts';

export interface Handler {
  add?(object: KubeObject): void;
  update?(object: KubeObject, old: KubeObject): void;
  delete?(object: KubeObject): void;
}

/**
 * A component's local copy of a resource, kept by list and watch (client-go tools/cache). Loses the API server: lists again
 * every second until it answers.
 */
export class Informer {
  readonly #store = new Map<string, KubeObject>();
  readonly #handlers: Handler[] = [];
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #gvr: Gvr;
  readonly #options: ListOptions & { namespace?: string };
  readonly #indexes = new Map<string, { of: IndexFunc; keys: Map<string, Map<string, KubeObject>> }>();
  #stop: (() => void) | undefined;
  #stopped = false;
  #synced = false;

  constructor(client: ApiClient, clock: Clock, gvr: Gvr, options: ListOptions & { namespace?: string } = {}) {
    this.#client = client;
    this.#clock = clock;
    this.#gvr = gvr;
    this.#options = options;
  }

  /** Handlers added to an informer that has already listed are told of what it holds. */
  on(handler: Handler): this {
    this.#handlers.push(handler);
    for (const object of this.#store.values()) handler.add?.(object);
    return this;
  }

  /** Adds an index (client-go's Indexer): `of` gives the values an object is found under with `byIndex`. */
  addIndex(name: string, of: IndexFunc): this {
    if (this.#indexes.has(name)) return this;
    const index = { of, keys: new Map<string, Map<string, KubeObject>>() };
    this.#indexes.set(name, index);
    for (const [k, object] of this.#store) put(index.keys, of(object), k, object);
    return this;
  }

  byIndex(name: string, value: string): KubeObject[] {
    const found = this.#indexes.get(name)!.keys.get(value);
    return found ? [...found.values()] : [];
  }

  /** Whether it has listed at least once. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Takes in what a write of this process was answered, before the watch tells of it; an older version is ignored. */
  observe(object: KubeObject): void {
    if (!this.#stopped) this.#put(object, false);
  }

  /** Takes in that a delete of this process removed the object. */
  forget(object: KubeObject): void {
    const old = this.#store.get(key(object));
    if (!this.#stopped && old && old.metadata.uid === object.metadata.uid) this.#remove(old);
  }

  start(): this {
    if (this.#stopped || this.#stop) return this;
    try {
      const { items, resourceVersion } = this.#client.list(this.#gvr, this.#options.namespace, this.#options);
      this.#replace(items);
      this.#synced = true;
      this.#stop = this.#client.watch(this.#gvr, this.#options.namespace, { ...this.#options, resourceVersion }, (event) => this.#apply(event), () => this.#again());
    } catch (error) {
      if (!(error instanceof ConnectionError || error instanceof ApiError)) throw error;
      this.#again();
    }
    return this;
  }

  stop(): void {
    this.#stopped = true;
    this.#stop?.();
  }

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#store.get(namespace ? `${namespace}/${name}` : name);
  }

  list(): KubeObject[] {
    return [...this.#store.values()];
  }

  #again(): void {
    this.#stop = undefined;
    if (!this.#stopped) this.#clock.after(SECOND, () => this.start(), { background: true });
  }

  #replace(items: KubeObject[]): void {
    const seen = new Set<string>();
    for (const item of items) {
      seen.add(key(item));
      this.#put(item, true);
    }
    for (const [k, old] of this.#store) if (!seen.has(k)) this.#remove(old);
  }

  #apply({ type, object }: WatchEvent): void {
    if (this.#stopped) return;
    if (type === 'ADDED' || type === 'MODIFIED') this.#put(object, false);
    else if (type === 'DELETED') this.#remove(object);
    else if (type === 'ERROR') this.#stop?.();
  }

  /** `force`: a list is the truth even when its versions are older (etcd was restored). */
  #put(object: KubeObject, force: boolean): void {
    const k = key(object), old = this.#store.get(k);
    if (old && old.metadata.uid === object.metadata.uid) {
      if (old.metadata.resourceVersion === object.metadata.resourceVersion) return;
      if (!force && Number(old.metadata.resourceVersion) > Number(object.metadata.resourceVersion)) return;
    }
    this.#store.set(k, object);
    for (const { of, keys } of this.#indexes.values()) {
      if (old) drop(keys, of(old), k);
      put(keys, of(object), k, object);
    }
    for (const h of this.#handlers) {
      if (old) h.update?.(object, old);
      else h.add?.(object);
    }
  }

  #remove(object: KubeObject): void {
    const k = key(object), old = this.#store.get(k);
    if (!old) return;
    this.#store.delete(k);
    for (const { of, keys } of this.#indexes.values()) drop(keys, of(old), k);
    for (const h of this.#handlers) h.delete?.(object);
  }
}

export type IndexFunc = (object: KubeObject) => readonly string[];

function put(keys: Map<string, Map<string, KubeObject>>, values: readonly string[], k: string, object: KubeObject): void {
  for (const value of values) {
    const found = keys.get(value);
    if (found) found.set(k, object);
    else keys.set(value, new Map([[k, object]]));
  }
}

function drop(keys: Map<string, Map<string, KubeObject>>, values: readonly string[], k: string): void {
  for (const value of values) {
    const found = keys.get(value);
    if (found?.delete(k) && found.size === 0) keys.delete(value);
  }
}

/** NAMESPACE/NAME, or NAME of what has no namespace. */
export function key(object: KubeObject): string {
  return object.metadata.namespace ? `${object.metadata.namespace}/${object.metadata.name}` : object.metadata.name;
}
