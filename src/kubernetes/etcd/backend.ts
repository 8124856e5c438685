import type { Clock } from '../../sim/clock.ts';
import { deepFreeze } from '../api/decode.ts';
import { type Buckets, decodeDatabase, encodeDatabase, type Item } from './bbolt.ts';
import { Bytes, compareBytes, Crc32c, fromUtf8, readVarint, utf8 } from './bytes.ts';
import { hex, type Member } from './membership.ts';
import { Etcd, type KeyValue, type Revision } from './store.ts';

/** What a member keeps in its database (member/snap/db), as etcd 3.4 lays it out (mvcc, lease, auth, membership). */
export interface Contents {
  members: readonly Member[];
  /** meta/consistent_index: the last entry of raft's log that is in it. */
  index: number;
  /** cluster/clusterVersion */
  version: string;
}

export const valueText = (kv: KeyValue): string => (typeof kv.value === 'string' ? kv.value : JSON.stringify(kv.value));

export function bucketsOf(store: Etcd, { members, index, version }: Contents): Buckets {
  const number = (n: number | bigint) => new Bytes().bigEndian(n, 8).done();
  const meta: Item[] = [{ key: utf8('consistent_index'), value: number(index) }];
  for (const key of ['finishedCompactRev', 'scheduledCompactRev']) if (store.compactedRevision > 0) meta.push({ key: utf8(key), value: revisionKey(store.compactedRevision, 0) });
  return new Map<string, Item[]>([
    ['alarm', []],
    ['auth', [{ key: utf8('authRevision'), value: number(1) }]],
    ['authRoles', []],
    ['authUsers', []],
    ['cluster', [{ key: utf8('clusterVersion'), value: utf8(version.replace(/\d+$/, '0')) }]],
    ['key', store.revisions().map((r) => ({ key: revisionKey(r.main, r.sub, r.kv === undefined), value: keyValue(r) }))],
    ['lease', store.leases().map(({ wire, ttl }) => ({ key: number(wire), value: new Bytes().varint(8).varint(wire).varint(16).varint(ttl).done() })).sort((a, b) => compareBytes(a.key, b.key))],
    ['members', [...members].sort((a, b) => (hex(a.id) < hex(b.id) ? -1 : 1)).map((m) => ({ key: utf8(hex(m.id)), value: utf8(memberJson(m)) }))],
    ['members_removed', []],
    ['meta', meta],
  ]);
}

export function database(store: Etcd, contents: Contents): Uint8Array {
  return encodeDatabase(bucketsOf(store, contents));
}

function memberJson({ id, name, peerURLs, clientURLs }: Member): string {
  const rest = JSON.stringify({ peerURLs, ...(name ? { name } : {}), ...(clientURLs.length > 0 ? { clientURLs } : {}) });
  return `{"id":${id},${rest.slice(1)}`;
}

/** mvcc.revToBytes; a tombstone has a `t` behind it. */
function revisionKey(main: number, sub: number, tombstone = false): Uint8Array {
  const bytes = new Bytes().bigEndian(main, 8).add(utf8('_')).bigEndian(sub, 8);
  return tombstone ? bytes.add(utf8('t')).done() : bytes.done();
}

/** mvccpb.KeyValue: key = 1, create_revision = 2, mod_revision = 3, version = 4, value = 5, lease = 6; of a tombstone the key alone. */
function keyValue({ key, kv, lease }: Revision): Uint8Array {
  const out = new Bytes(), bytes = (field: number, data: Uint8Array) => out.varint((field << 3) | 2).varint(data.length).add(data);
  bytes(1, utf8(key));
  if (!kv) return out.done();
  for (const [field, n] of [[2, kv.createRevision], [3, kv.modRevision], [4, kv.version]] as const) out.varint(field << 3).varint(n);
  const value = utf8(valueText(kv));
  if (value.length > 0) bytes(5, value);
  if (lease !== 0n) out.varint(6 << 3).varint(lease);
  return out.done();
}

/** What the hash, the revision and the number of keys of a database are (snapshot/v3_snapshot.go, Status). Throws InvalidDatabase. */
export function databaseStatus(file: Uint8Array): { hash: number; revision: number; totalKey: number; totalSize: number } {
  const { buckets, size } = decodeDatabase(file), crc = new Crc32c();
  let revision = 0, totalKey = 0;
  for (const [name, items] of buckets) {
    crc.add(utf8(name));
    for (const { key, value } of items) {
      crc.add(key).add(value);
      totalKey++;
      if (name === 'key') revision = Number(number64(key, 0));
    }
  }
  return { hash: crc.sum, revision, totalKey, totalSize: size };
}

/** mvcc.hashByRev: the history since the last compaction, up to a revision. */
export function hashKV(store: Etcd, revision: number): number {
  const crc = new Crc32c().add(utf8('key'));
  for (const r of store.revisions()) if (r.main <= revision) crc.add(revisionKey(r.main, r.sub, r.kv === undefined)).add(keyValue(r));
  return crc.sum;
}

const number64 = (bytes: Uint8Array, at: number) => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at);

/** The store that an etcd finds in its database, and the cluster's members. Throws InvalidDatabase. */
export function readDatabase(clock: Clock, file: Uint8Array): { store: Etcd; members: Member[] } {
  const { buckets } = decodeDatabase(file), store = new Etcd(clock);
  const finished = buckets.get('meta')?.find(({ key }) => fromUtf8(key) === 'finishedCompactRev');
  const leases = (buckets.get('lease') ?? []).map(({ value }) => ({ id: field(value, 1) as bigint, ttl: Number(field(value, 2)) }));
  store.load((buckets.get('key') ?? []).map(readRevision), finished ? Number(number64(finished.value, 0)) : 0, leases);
  return { store, members: (buckets.get('members') ?? []).map(({ key, value }) => readMember(fromUtf8(key), fromUtf8(value))) };
}

export function readMember(id: string, json: string): Member {
  const m = JSON.parse(json) as Partial<Member>;
  return { id: BigInt(`0x${id}`), name: m.name ?? '', peerURLs: m.peerURLs ?? [], clientURLs: m.clientURLs ?? [] };
}

function readRevision({ key, value }: Item): Revision {
  const main = Number(number64(key, 0)), sub = Number(number64(key, 9)), name = fromUtf8(field(value, 1) as Uint8Array), n = (id: number) => Number(field(value, id) ?? 0);
  if (key.length > 17) return { main, sub, key: name, kv: undefined, lease: 0n };
  const kv: KeyValue = { key: name, value: storedValue(name, fromUtf8((field(value, 5) as Uint8Array | undefined) ?? new Uint8Array(0))), createRevision: n(2), modRevision: n(3), version: n(4), lease: 0 };
  return { main, sub, key: name, kv, lease: (field(value, 6) as bigint | undefined) ?? 0n };
}

/** The API server's objects are kept decoded. */
function storedValue(key: string, text: string): unknown {
  if (!key.startsWith('/registry/') || !text.startsWith('{')) return text;
  try {
    return deepFreeze(JSON.parse(text) as object);
  } catch (error) {
    if (error instanceof SyntaxError) return text; // somebody put there what no API server writes
    throw error;
  }
}

/** The value of a field of a protobuf message: a number, or bytes. */
function field(message: Uint8Array, wanted: number): bigint | Uint8Array | undefined {
  let at = 0;
  const varint = () => {
    const [value, next] = readVarint(message, at);
    at = next;
    return value;
  };
  while (at < message.length) {
    const tag = Number(varint()), value = (tag & 7) === 2 ? undefined : varint();
    let bytes: Uint8Array | undefined;
    if (value === undefined) {
      const length = Number(varint());
      bytes = message.subarray(at, at + length);
      at += length;
    }
    if (tag >> 3 === wanted) return value ?? bytes;
  }
  return undefined;
}
