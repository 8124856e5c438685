import { expect, it } from 'vitest';
import { database, databaseStatus, hashKV, readDatabase } from '../../../src/kubernetes/etcd/backend.ts';
import { decodeDatabase, InvalidDatabase } from '../../../src/kubernetes/etcd/bbolt.ts';
import { clusterId, hex, memberId } from '../../../src/kubernetes/etcd/membership.ts';
import { Etcd } from '../../../src/kubernetes/etcd/store.ts';
import { encodeWal, walNode } from '../../../src/kubernetes/etcd/wal.ts';
import { Clock } from '../../../src/sim/clock.ts';

const clock = new Clock(0), id = memberId(['http://192.168.1.10:2380'], 'course');
const contents = { members: [{ id, name: 'etcd-1', peerURLs: ['http://192.168.1.10:2380'], clientURLs: ['http://192.168.1.10:2379'] }], index: 4, version: '3.4.23' };

it('gives members and clusters the ids that etcd gave them (etcd-01-single)', () => {
  expect(hex(id)).toBe('72c7cacf454e05a7');
  expect(clusterId([id])).toBe(15403757701619667534n);
});

it('hashes the history as etcd does (etcd-03-cluster-of-three)', () => {
  const store = new Etcd(clock);
  store.put('/k', '1');
  expect(hashKV(store, 2)).toBe(1438505470);
});

it('has five pages when nothing is in it', () => {
  expect(database(new Etcd(clock), contents).length).toBe(20480);
});

it('reads from its file what was written: history since the compaction, leases, members', () => {
  const store = new Etcd(clock);
  for (let i = 0; i < 500; i++) store.put(`/a/${i % 90}`, 'x'.repeat(i === 77 ? 9000 : i));
  store.delete('/a/3');
  const lease = store.grant(60);
  store.put('/b', 'eñe', lease.id);
  store.compact(200);
  const file = database(store, contents), { store: again, members } = readDatabase(clock, file);
  expect(databaseStatus(file)).toMatchObject({ revision: store.revision, totalKey: store.revisions().length + 7, totalSize: file.length });
  expect(hashKV(again, again.revision)).toBe(hashKV(store, store.revision));
  expect(again.get('/a/5', 300)?.value).toBe(store.get('/a/5', 300)?.value);
  expect(again.get('/a/3')).toBeUndefined();
  expect(() => again.get('/a/5', 199)).toThrow('compacted');
  again.revoke(again.leaseOf(lease.wire)!.id);
  expect(again.get('/b')).toBeUndefined();
  expect(members).toEqual(contents.members);
});

it('is no database when it is cut', () => {
  const file = database(new Etcd(clock), contents);
  expect(() => decodeDatabase(file.slice(0, 40))).toThrow(InvalidDatabase);
  expect(() => decodeDatabase(file.slice(0, 9000))).toThrow(InvalidDatabase);
});

it('tells from the log whose it is', () => {
  expect(walNode(encodeWal(id, clusterId([id])))).toBe(id);
});
