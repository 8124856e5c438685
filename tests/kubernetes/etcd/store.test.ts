import { expect, test } from 'vitest';
import { Clock } from '../../../src/sim/clock.ts';
import { Etcd } from '../../../src/kubernetes/etcd/store.ts';

const settle = (clock: Clock, seconds = 1) => {
  const until = clock.now + seconds * 1e6;
  while (clock.step(until));
  clock.advanceTo(until);
};

test('revisions: of the store, of a key, and how it was before', () => {
  const etcd = new Etcd(new Clock(0));
  etcd.put('/a', 1);
  etcd.put('/b', 1);
  etcd.put('/a', 2);
  expect(etcd.get('/a')).toEqual({ key: '/a', value: 2, createRevision: 2, modRevision: 4, version: 2, lease: 0 });
  etcd.delete('/b');
  expect(etcd.revision).toBe(5);
  expect(etcd.range('/', { revision: 3 }).map((kv) => [kv.key, kv.value])).toEqual([['/a', 1], ['/b', 1]]);
  etcd.compact(4);
  expect(() => etcd.range('/', { revision: 3 })).toThrow('etcdserver: mvcc: required revision has been compacted');
  expect(() => etcd.range('/', { revision: 9 })).toThrow('etcdserver: mvcc: required revision is a future revision');
});

test('a watch begins at a revision and never calls back from inside a write', () => {
  const clock = new Clock(0), etcd = new Etcd(clock);
  etcd.put('/registry/pods/default/a', 1);
  etcd.put('/registry/pods/default/b', 1);
  const seen: string[] = [];
  const stop = etcd.watch('/registry/pods/', 3, (events) => seen.push(...events.map((e) => `${e.type} ${e.kv.key} ${e.kv.modRevision}`)));
  etcd.put('/registry/services/x', 1);
  etcd.delete('/registry/pods/default/a');
  expect(seen).toEqual([]);
  settle(clock);
  expect(seen).toEqual(['PUT /registry/pods/default/b 3', 'DELETE /registry/pods/default/a 5']);
  stop();
  etcd.put('/registry/pods/default/c', 1);
  settle(clock);
  expect(seen).toHaveLength(2);
});

test('keys of a lease go when it is not kept alive', () => {
  const clock = new Clock(0), etcd = new Etcd(clock);
  const lease = etcd.grant(10);
  etcd.put('/k', 'v', lease.id);
  settle(clock, 8);
  etcd.keepAlive(lease.id);
  settle(clock, 8);
  expect(etcd.get('/k')).toBeDefined();
  settle(clock, 3);
  expect(etcd.get('/k')).toBeUndefined();
});

test('gives all that a transaction writes one revision', () => {
  const etcd = new Etcd(new Clock(0)), before = etcd.revision;
  etcd.put('/b', '0');
  etcd.transaction(() => {
    expect(etcd.seenRevision).toBe(before + 1);
    etcd.put('/a', '1');
    expect(etcd.seenRevision).toBe(before + 2);
    etcd.delete('/b');
  });
  expect(etcd.revision).toBe(before + 2);
  expect(etcd.revisions().map(({ main, sub, kv }) => [main, sub, kv?.key])).toEqual([[before + 1, 0, '/b'], [before + 2, 0, '/a'], [before + 2, 1, undefined]]);
});
