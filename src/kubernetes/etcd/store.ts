import { type Clock, MS } from '../../sim/clock.ts';
import { EtcdError } from './error.ts';
import { type Lease, Leases } from './leases.ts';
import { type Bucket, bucketOf, lowerBound, prefixEnd, sorted } from './ordered-keys.ts';

/** A key's value at a revision (mvccpb.KeyValue). Values are frozen and shared: never change one. */
export interface KeyValue<V = unknown> {
  readonly key: string;
  readonly value: V;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: number;
}

export interface EtcdEvent<V = unknown> {
  readonly type: 'PUT' | 'DELETE';
  /** Of a DELETE: only key and modRevision mean something; the value is the last one. */
  readonly kv: KeyValue<V>;
  readonly prev: KeyValue<V> | undefined;
}

const COMPACTED = 'etcdserver: mvcc: required revision has been compacted';
const FUTURE = 'etcdserver: mvcc: required revision is a future revision';

/** An entry of etcd's bucket `key`: what a key was set to, or that it was deleted. */
export interface Revision {
  readonly main: number;
  readonly sub: number;
  readonly key: string;
  /** Undefined: deleted. */
  readonly kv: KeyValue | undefined;
  readonly lease: bigint;
}

interface Watcher {
  from: string;
  to: string;
  /** The next revision this watcher has not seen. */
  next: number;
  deliver: (events: EtcdEvent[]) => void;
  closed: boolean;
}

/** How long an event takes from the commit to a watcher. */
const WATCH_LATENCY = MS;

/**
 * The store of one etcd cluster: keys with all their revisions since the last compaction, watches and leases. Keys are kept
 * in order within their first two path segments (`/registry/pods`), where nearly every range and watch stays.
 */
export class Etcd {
  #revision = 1;
  #compacted = 0;
  /** The event of revision r is at `#log[r - #logStart]`. */
  #log: EtcdEvent[][] = [];
  #logStart = 2;
  readonly #buckets = new Map<string, Bucket>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #leases: Leases;
  readonly #clock: Clock;
  /** The events of the transaction that is open. */
  #open: EtcdEvent[] | undefined;
  /** What was proposed to raft so far, each an entry of its log. */
  proposals = 0;
  /** Gives leases the ids that clients see (the member's idutil.Generator). */
  leaseIds: (() => bigint) | undefined;
  #flushing = new Set<Watcher>();
  #flushTimer = false;
  /** Set while the members cannot agree (no quorum): every write and linearizable read throws it. */
  unavailable: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#leases = new Leases(clock, (lease) => this.revoke(lease.id));
  }

  /** Takes what a snapshot holds; for a store that nobody has used. Entries in the order of their revisions. */
  load(entries: readonly Revision[], compacted: number, leases: readonly { id: bigint; ttl: number }[] = []): void {
    this.#compacted = compacted;
    this.#logStart = compacted + 1;
    this.#revision = Math.max(1, compacted);
    if (compacted === 0) this.#logStart = 2;
    const ids = new Map(leases.map(({ id, ttl }) => [id, this.#leases.add(ttl, id).id]));
    for (const { main, key, kv, lease } of entries) {
      const bucket = this.#bucket(key), prev = bucket.map.get(key);
      const stored = kv && { ...kv, lease: ids.get(lease) ?? 0 };
      if (stored) {
        if (!prev) bucket.fresh.push(key);
        bucket.map.set(key, stored);
        this.#leases.get(stored.lease)?.keys.add(key);
      } else if (prev) {
        bucket.map.delete(key);
        const keys = sorted(bucket);
        keys.splice(lowerBound(keys, key), 1);
        this.#leases.get(prev.lease)?.keys.delete(key);
      }
      bucket.touched = Math.max(bucket.touched, main);
      this.#revision = Math.max(this.#revision, main);
      if (main >= this.#logStart) (this.#log[main - this.#logStart] ??= []).push(stored ? { type: 'PUT', kv: stored, prev } : { type: 'DELETE', kv: { key, value: prev?.value, createRevision: 0, modRevision: main, version: 0, lease: 0 }, prev });
    }
  }

  /** Everything since the last compaction, and what it left, in the order of revisions: etcd's bucket `key`. */
  revisions(): Revision[] {
    const out: Revision[] = [], wire = (kv: KeyValue) => this.#leases.get(kv.lease)?.wire ?? 0n;
    const kept = this.#at(Math.max(this.#compacted, 1), '', prefixEnd('')).sort((a, b) => a.modRevision - b.modRevision);
    let last = 0, sub = 0;
    for (const kv of kept) {
      sub = kv.modRevision === last ? sub + 1 : 0;
      last = kv.modRevision;
      out.push({ main: last, sub, key: kv.key, kv, lease: wire(kv) });
    }
    this.#log.forEach((events, i) => events.forEach(({ type, kv }, sub) => out.push({ main: this.#logStart + i, sub, key: kv.key, kv: type === 'PUT' ? kv : undefined, lease: wire(kv) })));
    return out;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The revision as the open transaction sees it: its own once it has written. */
  get seenRevision(): number {
    return this.#revision + (this.#open && this.#open.length > 0 ? 1 : 0);
  }

  get compactedRevision(): number {
    return this.#compacted;
  }

  get(key: string, revision?: number): KeyValue | undefined {
    this.#available();
    if (revision !== undefined && revision !== this.#revision) return this.#at(revision, key, key + '\0').find((kv) => kv.key === key);
    return this.#buckets.get(bucketOf(key))?.map.get(key);
  }

  /** All keys that begin with `prefix`, in order of their bytes. `revision`: as it was then; throws when compacted or not yet. */
  range(prefix: string, options: { revision?: number; limit?: number; from?: string; to?: string; serializable?: boolean } = {}): KeyValue[] {
    if (!options.serializable) this.#available();
    const from = options.from ?? prefix, to = options.to ?? prefixEnd(prefix);
    if (options.revision !== undefined && options.revision !== this.#revision) {
      const all = this.#at(options.revision, from, to);
      return options.limit ? all.slice(0, options.limit) : all;
    }
    const out: KeyValue[] = [];
    for (const bucket of this.#bucketsFor(prefix)) {
      const keys = sorted(bucket), { map } = bucket;
      for (let i = lowerBound(keys, from); i < keys.length && keys[i]! < to; i++) {
        if (options.limit && out.length >= options.limit) return out;
        out.push(map.get(keys[i]!)!);
      }
    }
    return out;
  }

  count(prefix: string): number {
    let n = 0;
    for (const bucket of this.#bucketsFor(prefix)) n += lowerBound(sorted(bucket), prefixEnd(prefix)) - lowerBound(bucket.keys, prefix);
    return n;
  }

  /** Writes and returns what was written. The value is built from the revision it will have when it is a function. */
  put(key: string, value: unknown, lease = 0): KeyValue {
    this.#available();
    if (lease !== 0) this.#leases.known(lease);
    const bucket = this.#bucket(key);
    const prev = bucket.map.get(key), revision = this.#revision + 1;
    const stored: KeyValue = {
      key, value: typeof value === 'function' ? (value as (revision: number) => unknown)(revision) : value,
      createRevision: prev?.createRevision ?? revision, modRevision: revision, version: (prev?.version ?? 0) + 1, lease,
    };
    if (!prev) bucket.fresh.push(key);
    bucket.map.set(key, stored);
    bucket.touched = revision;
    if (prev && prev.lease !== lease) this.#leases.get(prev.lease)?.keys.delete(key);
    if (lease !== 0) this.#leases.get(lease)!.keys.add(key);
    this.#commit([{ type: 'PUT', kv: stored, prev }]);
    return stored;
  }

  /** Deletes a key; returns what it held, or undefined. */
  delete(key: string): KeyValue | undefined {
    return this.#deleteKeys([key])[0];
  }

  deletePrefix(prefix: string): KeyValue[] {
    return this.#deleteKeys(this.range(prefix).map((kv) => kv.key));
  }

  /** Deletes the keys from `from` up to but without `to`, in one revision. */
  deleteRange(from: string, to: string): KeyValue[] {
    return this.#deleteKeys(this.range('', { from, to }).map((kv) => kv.key));
  }

  /** What `work` writes has one revision. */
  transaction<T>(work: () => T): T {
    this.#available();
    const { proposals } = this, events: EtcdEvent[] = (this.#open = []);
    try {
      return work();
    } finally {
      this.#open = undefined;
      this.proposals = proposals + 1;
      if (events.length > 0) this.#append(events);
    }
  }

  /**
   * Calls `deliver` with the events of keys under `prefix` (or of `prefix` alone when `exact`) from `fromRevision` on, in order, always
   * from the clock. Throws EtcdError when that revision has been compacted. Returns a function that ends the watch.
   */
  watch(prefix: string, fromRevision: number, deliver: (events: EtcdEvent[]) => void, exact = false): () => void {
    const id = bucketOf(prefix), wide = !exact && prefix.split('/').length <= 3 && !prefix.endsWith('/');
    return this.#watch(wide || prefix.split('/').length < 3 ? '' : id, prefix, exact ? prefix + '\0' : prefixEnd(prefix), fromRevision, deliver);
  }

  /** The same of the keys from `from` up to but without `to`. */
  watchRange(from: string, to: string, fromRevision: number, deliver: (events: EtcdEvent[]) => void): () => void {
    return this.#watch('', from, to, fromRevision, deliver);
  }

  #watch(where: string, from: string, to: string, fromRevision: number, deliver: (events: EtcdEvent[]) => void): () => void {
    if (fromRevision <= this.#compacted) throw new EtcdError(COMPACTED);
    const watcher: Watcher = { from, to, next: fromRevision, deliver, closed: false };
    let set = this.#watchers.get(where);
    if (!set) this.#watchers.set(where, (set = new Set()));
    set.add(watcher);
    if (fromRevision <= this.#revision) this.#wake(watcher);
    return () => {
      watcher.closed = true;
      set.delete(watcher);
    };
  }

  /** The newest revision that touched one of these buckets (`/registry/pods`). */
  touched(buckets: readonly string[]): number {
    let newest = 0;
    for (const id of buckets) newest = Math.max(newest, this.#buckets.get(id)?.touched ?? 0);
    return newest;
  }

  /** The events of keys under `prefix` from revision `from` to `to`, both included. Throws EtcdError when `from` has been compacted. */
  history(prefix: string, from: number, to: number): EtcdEvent[] {
    if (from <= this.#compacted) throw new EtcdError(COMPACTED);
    const out: EtcdEvent[] = [];
    for (let r = Math.max(from, this.#logStart); r <= Math.min(to, this.#revision); r++) {
      for (const event of this.#log[r - this.#logStart]!) if (event.kv.key.startsWith(prefix)) out.push(event);
    }
    return out;
  }

  /** Forgets every revision before `revision` that is not the newest of its key. */
  compact(revision: number): void {
    this.#available();
    this.proposals++;
    if (revision <= this.#compacted) throw new EtcdError(COMPACTED);
    if (revision > this.#revision) throw new EtcdError(FUTURE);
    const drop = revision - this.#logStart + 1;
    if (drop > 0) {
      this.#log.splice(0, drop);
      this.#logStart += drop;
    }
    this.#compacted = revision;
  }

  grant(ttlSeconds: number): Lease {
    this.#available();
    this.proposals++;
    return this.#leases.add(ttlSeconds, this.leaseIds?.());
  }

  keepAlive(id: number): Lease {
    return this.#leases.keepAlive(id);
  }

  revoke(id: number): void {
    this.#deleteKeys([...this.#leases.take(id).keys]);
  }

  /** The lease that clients know by this id. */
  leaseOf(wire: bigint): Lease | undefined {
    return this.leases().find((lease) => lease.wire === wire);
  }

  lease(id: number): Lease | undefined {
    return this.#leases.get(id);
  }

  leases(): Lease[] {
    return this.#leases.all();
  }

  #deleteKeys(keys: string[]): KeyValue[] {
    this.#available();
    const gone: KeyValue[] = [], events: EtcdEvent[] = [];
    const revision = this.#revision + 1;
    for (const key of keys) {
      const bucket = this.#buckets.get(bucketOf(key)), prev = bucket?.map.get(key);
      if (!bucket || !prev) continue;
      bucket.map.delete(key);
      bucket.touched = revision;
      const keys = sorted(bucket);
      keys.splice(lowerBound(keys, key), 1);
      this.#leases.get(prev.lease)?.keys.delete(key);
      gone.push(prev);
      events.push({ type: 'DELETE', kv: { key, value: prev.value, createRevision: 0, modRevision: revision, version: 0, lease: 0 }, prev });
    }
    this.#commit(events);
    return gone;
  }

  #commit(events: EtcdEvent[]): void {
    this.proposals++;
    if (this.#open) this.#open.push(...events);
    else if (events.length > 0) this.#append(events);
  }

  #append(events: EtcdEvent[]): void {
    this.#revision++;
    this.#log.push(events);
    for (const { kv } of events) {
      for (const watcher of this.#watchers.get(bucketOf(kv.key)) ?? []) if (kv.key >= watcher.from && kv.key < watcher.to) this.#wake(watcher);
      for (const watcher of this.#watchers.get('') ?? []) if (kv.key >= watcher.from && kv.key < watcher.to) this.#wake(watcher);
    }
  }

  #wake(watcher: Watcher): void {
    this.#flushing.add(watcher);
    if (this.#flushTimer) return;
    this.#flushTimer = true;
    this.#clock.after(WATCH_LATENCY, () => {
      this.#flushTimer = false;
      const woken = this.#flushing;
      this.#flushing = new Set();
      for (const w of woken) this.#deliver(w);
    });
  }

  #deliver(watcher: Watcher): void {
    if (watcher.closed) return;
    const events: EtcdEvent[] = [];
    for (let r = Math.max(watcher.next, this.#logStart); r <= this.#revision; r++) {
      for (const event of this.#log[r - this.#logStart]!) if (event.kv.key >= watcher.from && event.kv.key < watcher.to) events.push(event);
    }
    watcher.next = this.#revision + 1;
    if (events.length > 0) watcher.deliver(events);
  }

  /** Undoes the log from the newest revision back to `revision`. */
  #at(revision: number, from: string, to: string): KeyValue[] {
    if (revision > this.#revision) throw new EtcdError(FUTURE);
    if (revision < this.#compacted) throw new EtcdError(COMPACTED);
    const then = new Map<string, KeyValue>();
    for (const bucket of this.#buckets.values()) {
      const keys = sorted(bucket);
      for (let i = lowerBound(keys, from); i < keys.length && keys[i]! < to; i++) then.set(keys[i]!, bucket.map.get(keys[i]!)!);
    }
    for (let r = this.#revision; r > revision; r--) {
      for (const { kv, prev } of this.#log[r - this.#logStart] ?? []) {
        if (kv.key < from || kv.key >= to) continue;
        if (prev) then.set(kv.key, prev);
        else then.delete(kv.key);
      }
    }
    return [...then.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #bucket(key: string): Bucket {
    const id = bucketOf(key);
    let bucket = this.#buckets.get(id);
    if (!bucket) this.#buckets.set(id, (bucket = { touched: 0, keys: [], fresh: [], map: new Map() }));
    return bucket;
  }

  #bucketsFor(prefix: string): Bucket[] {
    const parts = prefix.split('/');
    if (parts.length > 3) {
      const bucket = this.#buckets.get(bucketOf(prefix));
      return bucket ? [bucket] : [];
    }
    return [...this.#buckets.keys()].sort().map((id) => this.#buckets.get(id)!);
  }

  #available(): void {
    if (this.unavailable !== undefined) throw new EtcdError(this.unavailable);
  }
}
