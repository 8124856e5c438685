import type { KubeObject } from '../api/types.ts';
import { type Clock, MINUTE, MS } from '../../sim/clock.ts';
import { EtcdError } from '../etcd/error.ts';
import type { Etcd, EtcdEvent } from '../etcd/store.ts';
import type { ApiStream, StreamSink, WatchEvent } from './http.ts';

export interface WatchOptions {
  /** '' and '0': everything there is comes first, as ADDED. */
  resourceVersion: string;
  bookmarks: boolean;
  timeoutSeconds: number | undefined;
  matches(object: KubeObject): boolean;
  /** Under which entry of the index the watcher stands: `nodeName=x`, `name=x`, `ns=x`, or '' for all. */
  index: string;
  /** From what is stored to what is sent: another version, a Table … */
  convert(event: WatchEvent): WatchEvent;
  bookmark(resourceVersion: string): KubeObject;
}

interface Watcher extends WatchOptions {
  sink: StreamSink;
  after: number;
  /** What waits to be sent first; undefined once it has been. */
  starting: WatchEvent[] | undefined;
  closed: boolean;
}

/**
 * All watches of one resource (k8s.io/apiserver/pkg/storage/cacher): one watch of etcd, fanned out. Watchers stand in an index,
 * so that a pod's event goes to the kubelet of its node and not past those of all others.
 */
export class WatchHub {
  readonly #etcd: Etcd;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #index = new Map<string, Set<Watcher>>();
  #seen: number;
  #count = 0;
  #stop: (() => void) | undefined;
  #bookmarks: { cancel(): void } | undefined;

  constructor(etcd: Etcd, clock: Clock, prefix: string) {
    this.#etcd = etcd;
    this.#clock = clock;
    this.#prefix = prefix;
    this.#seen = etcd.revision;
  }

  get count(): number {
    return this.#count;
  }

  open(options: WatchOptions): ApiStream {
    return {
      status: 200, headers: { 'content-type': 'application/json' },
      start: (sink) => {
        const watcher = this.#add(options, sink);
        return { send: () => {}, close: () => this.#remove(watcher) };
      },
    };
  }

  /** Ends every watch, as when the API server stops. */
  closeAll(): void {
    for (const set of [...this.#index.values()]) {
      for (const watcher of [...set]) {
        this.#remove(watcher);
        watcher.sink.end();
      }
    }
  }

  #add(options: WatchOptions, sink: StreamSink): Watcher {
    if (this.#count++ === 0) {
      this.#seen = this.#etcd.revision;
      this.#stop = this.#etcd.watch(`${this.#prefix}/`, this.#seen + 1, (events) => this.#fan(events));
      this.#bookmarks = this.#clock.every(MINUTE, () => this.#bookmark());
    }
    const fresh = options.resourceVersion === '' || options.resourceVersion === '0';
    const after = fresh ? this.#etcd.revision : Number(options.resourceVersion);
    const watcher: Watcher = { ...options, sink, after, starting: [], closed: false };
    if (fresh) {
      for (const { value } of this.#etcd.range(`${this.#prefix}/`)) if (options.matches(value as KubeObject)) watcher.starting!.push({ type: 'ADDED', object: value as KubeObject });
    } else if (after < this.#etcd.revision) this.#replay(watcher);
    let set = this.#index.get(options.index);
    if (!set) this.#index.set(options.index, (set = new Set()));
    set.add(watcher);
    if (watcher.starting!.length > 0) this.#clock.after(MS, () => this.#begin(watcher));
    else watcher.starting = undefined;
    if (options.timeoutSeconds) {
      this.#clock.after(options.timeoutSeconds * 1_000_000, () => {
        if (watcher.closed) return;
        this.#remove(watcher);
        sink.end();
      }, { background: true });
    }
    return watcher;
  }

  /** Puts what happened between the watcher's resourceVersion and what the hub has already fanned out before the rest. */
  #replay(watcher: Watcher): void {
    try {
      for (const event of this.#etcd.history(`${this.#prefix}/`, watcher.after + 1, this.#seen)) {
        const sent = seenBy(watcher, event);
        if (sent) watcher.starting!.push(sent);
      }
      watcher.after = Math.max(watcher.after, this.#seen);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      const oldest = this.#etcd.compactedRevision;
      watcher.starting!.push({ type: 'ERROR', object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `too old resource version: ${watcher.resourceVersion} (${oldest})`, reason: 'Expired', code: 410 } as unknown as KubeObject });
    }
  }

  #begin(watcher: Watcher): void {
    for (let i = 0; watcher.starting && i < watcher.starting.length && !watcher.closed; i++) {
      const event = watcher.starting[i]!;
      watcher.sink.data(event.type === 'ERROR' ? event : watcher.convert(event));
      if (event.type === 'ERROR') {
        this.#remove(watcher);
        watcher.sink.end();
      }
    }
    watcher.starting = undefined;
  }

  #fan(events: EtcdEvent[]): void {
    for (const event of events) {
      this.#seen = event.kv.modRevision;
      const keys = indexKeys(event);
      for (const key of keys) for (const watcher of this.#index.get(key) ?? []) this.#offer(watcher, event);
    }
  }

  #offer(watcher: Watcher, event: EtcdEvent): void {
    if (watcher.closed || event.kv.modRevision <= watcher.after) return;
    const sent = seenBy(watcher, event);
    if (!sent) return;
    if (watcher.starting) watcher.starting.push(sent);
    else watcher.sink.data(watcher.convert(sent));
  }

  #bookmark(): void {
    for (const set of this.#index.values()) {
      for (const watcher of set) if (watcher.bookmarks && !watcher.starting) watcher.sink.data(watcher.convert({ type: 'BOOKMARK', object: watcher.bookmark(String(Math.max(this.#seen, watcher.after))) }));
    }
  }

  #remove(watcher: Watcher): void {
    if (watcher.closed) return;
    watcher.closed = true;
    const set = this.#index.get(watcher.index);
    set?.delete(watcher);
    if (set?.size === 0) this.#index.delete(watcher.index);
    if (--this.#count > 0) return;
    this.#stop?.();
    this.#bookmarks?.cancel();
  }
}

/** The index entries whose watchers may care about an event. */
function indexKeys({ kv, prev }: EtcdEvent): Set<string> {
  const keys = new Set(['']);
  for (const object of [kv.value, prev?.value] as (KubeObject | undefined)[]) {
    if (!object) continue;
    const { name, namespace } = object.metadata;
    keys.add(`name=${name}`);
    if (namespace !== undefined) keys.add(`ns=${namespace}`);
    const node = object.kind === 'Pod' ? object.spec?.nodeName : undefined;
    if (node !== undefined) keys.add(`nodeName=${node}`);
  }
  return keys;
}

/** An event of the store as a watcher with a selector sees it, or undefined when it does not. */
function seenBy(watcher: Watcher, { type, kv, prev }: EtcdEvent): WatchEvent | undefined {
  const was = prev !== undefined && watcher.matches(prev.value as KubeObject);
  const is = type === 'PUT' && watcher.matches(kv.value as KubeObject);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: kv.value as KubeObject };
  if (!was) return undefined;
  const last = prev!.value as KubeObject;
  return { type: 'DELETED', object: { ...last, metadata: { ...last.metadata, resourceVersion: String(kv.modRevision) } } };
}
