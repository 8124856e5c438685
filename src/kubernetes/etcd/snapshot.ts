import type { Clock } from '../../sim/clock.ts';
import { deepFreeze } from '../api/decode.ts';
import { Etcd, type KeyValue } from './store.ts';

/** What a snapshot file holds: the newest value of every key (the real one is a bbolt database with all since the last compaction). */
export interface Dump {
  revision: number;
  compacted: number;
  kvs: KeyValue[];
}

const HEAD = /^etcd snapshot: revision (\d+), (\d+) keys, compacted (\d+)\n/;

export function dumpStore(store: Etcd): string {
  const all = store.range('');
  return `etcd snapshot: revision ${store.revision}, ${all.length} keys, compacted ${store.compactedRevision}\n${all.map((kv) => `${JSON.stringify(kv)}\n`).join('')}end\n`;
}

/** Undefined for a file that is none, or not whole. */
export function readDump(data: string): Dump | undefined {
  const [head, revision, keys, compacted] = HEAD.exec(data) ?? [];
  if (!head || !data.endsWith('\nend\n')) return undefined;
  const lines = data.slice(head.length).split('\n').slice(0, -2);
  return lines.length === Number(keys) ? { revision: Number(revision), compacted: Number(compacted), kvs: lines.map((line) => deepFreeze(JSON.parse(line) as KeyValue)) } : undefined;
}

/** The store of an etcd that starts with a restored data directory. */
export function restoreStore(clock: Clock, dump: Dump): Etcd {
  const store = new Etcd(clock);
  store.load(dump.kvs, dump.revision);
  return store;
}
