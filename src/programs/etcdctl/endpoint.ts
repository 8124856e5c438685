import { database, hashKV } from '../../kubernetes/etcd/backend.ts';
import { PAGE } from '../../kubernetes/etcd/bbolt.ts';
import { hex } from '../../kubernetes/etcd/membership.ts';
import { EtcdError } from '../../kubernetes/etcd/error.ts';
import { goDuration } from '../../kubernetes/kubelet/duration.ts';
import { type Micros } from '../../sim/clock.ts';
import { type Command, type Context, dial, everyEndpoint, Failure, leaderInTime, request, type Server, untilDeadline, warn } from './client.ts';
import { header, headerFields, print, quoted, some } from './print.ts';
import { humanBytes, table } from './table.ts';

const DEADLINE = 'context deadline exceeded';

/** The bytes of the database of a member. */
export const databaseOf = ({ store, member: { group, version } }: Server): Uint8Array => database(store, { members: [...group.members.values()], index: group.index, version });

/** A proposal of a read that most members must confirm, to every endpoint at once. */
export const health: Command = async (c) => {
  const results: { endpoint: string; took: Micros; error: string }[] = [], failed: { endpoint: string; error: string }[] = [];
  const endpoints = await everyEndpoint(c), from = c.p.now;
  for (const endpoint of endpoints) {
    const server = await dial(c, endpoint);
    if (typeof server === 'string') failed.push({ endpoint, error: 'latest balancer error: all SubConns are in TransientFailure' });
    else if (server.store.unavailable !== undefined && !(await leaderInTime(c, server.member.group))) failed.push({ endpoint, error: DEADLINE });
    else {
      const took = Math.max(1, c.p.now - from);
      if (took > 0.9e6) warn(c, endpoint, 'code = Unavailable desc = etcdserver: leader changed');
      results.push({ endpoint, took, error: '' });
    }
  }
  if (failed.length > 0) await untilDeadline(c);
  for (const { endpoint, error } of failed) {
    warn(c, endpoint, `code = DeadlineExceeded desc = ${error}`);
    results.push({ endpoint, took: c.p.now - from, error: DEADLINE });
  }
  if (c.output === 'simple') for (const r of results) void c.p.err(`${r.endpoint} is ${r.error ? `unhealthy: failed to commit proposal: ${r.error}` : `healthy: successfully committed proposal: took = ${goDuration(r.took)}`}\n`);
  else print(c, {
    simple: () => '',
    json: () => results.map((r) => ({ endpoint: r.endpoint, health: !r.error, took: goDuration(r.took), error: some(r.error) })),
    fields: () => results.map((r) => `"Endpoint" : ${quoted(r.endpoint)}\n"Health" : ${!r.error}\n"Took" : ${goDuration(r.took)}\n"Error" : ${r.error}\n\n`).join(''),
    table: () => table(['ENDPOINT', 'HEALTH', 'TOOK', 'ERROR'], results.map((r) => [r.endpoint, String(!r.error), goDuration(r.took), r.error])),
  });
  if (failed.length > 0) throw new Failure('unhealthy cluster');
  return 0;
};

/** Asks every endpoint by itself; each has the command's time. `told`: of one that does not answer. */
async function each<T>(c: Context, ask: (server: Server, endpoint: string) => T, told: (endpoint: string, why: string) => string): Promise<{ found: T[]; last: string | undefined }> {
  const found: T[] = [], time = c.flags.duration('command-timeout');
  let last: string | undefined;
  for (const endpoint of await everyEndpoint(c)) {
    const one = { ...c, deadline: c.p.now + time }, server = await dial(one, endpoint);
    try {
      if (typeof server !== 'string') {
        found.push(request(c, endpoint, () => ask(server, endpoint), undefined, true));
        continue;
      }
      await untilDeadline(one);
      warn(c, endpoint, `code = DeadlineExceeded desc = latest balancer error: connection error: desc = "transport: Error while dialing ${server}"`, true);
      last = DEADLINE;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      last = error.message;
    }
    void c.p.err(`${told(endpoint, last)}\n`);
  }
  return { found, last };
}

export const status: Command = async (c) => {
  const { found, last } = await each(c, (server, endpoint) => {
    const { id, group, version } = server.member, dbSize = databaseOf(server).length;
    return { server, endpoint, id, version, dbSize, leader: group.leader, index: group.index, term: group.appliedTerm, errors: group.leader === undefined ? ['etcdserver: no leader'] : [] };
  }, (endpoint, why) => `Failed to get the status of endpoint ${endpoint} (${why})`);
  const rows = () => found.map((s) => [s.endpoint, hex(s.id), s.version, humanBytes(s.dbSize), String(s.leader === s.id), 'false', String(s.term), String(s.index), String(s.index), s.errors.join(', ')]);
  print(c, {
    simple: () => rows().map((row) => `${row.join(', ')}\n`).join(''),
    table: () => table(['ENDPOINT', 'ID', 'VERSION', 'DB SIZE', 'IS LEADER', 'IS LEARNER', 'RAFT TERM', 'RAFT INDEX', 'RAFT APPLIED INDEX', 'ERRORS'], rows()),
    json: () => found.map((s) => ({ Endpoint: s.endpoint, Status: { header: header(s.server), version: s.version, dbSize: s.dbSize, leader: s.leader, raftIndex: s.index, raftTerm: s.term, raftAppliedIndex: s.index, errors: some(s.errors), dbSizeInUse: s.dbSize - PAGE } })),
    fields: () => found.map((s) => `${headerFields(s.server)}"Version" : ${quoted(s.version)}\n"DBSize" : ${s.dbSize}\n"Leader" : ${s.leader ?? 0n}\n"IsLearner" : false\n"RaftIndex" : ${s.index}\n"RaftTerm" : ${s.term}\n"RaftAppliedIndex" : ${s.index}\n"Errors" : [${s.errors.map(quoted).join(' ')}]\n"Endpoint" : ${quoted(s.endpoint)}\n\n`).join(''),
  });
  return last === undefined ? 0 : 1;
};

export const hashkv: Command = async (c) => {
  const rev = c.flags.number('rev');
  const { found, last } = await each(c, (server, endpoint) => {
    const { store } = server;
    if (rev > store.revision) throw new EtcdError('etcdserver: mvcc: required revision is a future revision');
    if (rev > 0 && rev <= store.compactedRevision) throw new EtcdError('etcdserver: mvcc: required revision has been compacted');
    return { server, endpoint, hash: hashKV(store, rev || store.revision) };
  }, (endpoint, why) => `Failed to get the hash of endpoint ${endpoint} (${why})`);
  print(c, {
    simple: () => found.map(({ endpoint, hash }) => `${endpoint}, ${hash}\n`).join(''),
    table: () => table(['ENDPOINT', 'HASH'], found.map(({ endpoint, hash }) => [endpoint, String(hash)])),
    json: () => found.map(({ server, endpoint, hash }) => ({ Endpoint: endpoint, HashKV: { header: header(server), hash, compact_revision: some(server.store.compactedRevision) } })),
    fields: () => found.map(({ server, endpoint, hash }) => `${headerFields(server)}"Endpoint" : ${quoted(endpoint)}\n"Hash" : ${hash}\n\n`).join(''),
  });
  if (last !== undefined) throw new Failure(last);
  return 0;
};

export const defrag: Command = async (c) => {
  const { found, last } = await each(c, (_, endpoint) => {
    void c.p.out(`Finished defragmenting etcd member[${endpoint}]\n`);
    return endpoint;
  }, (endpoint, why) => `Failed to defragment etcd member[${endpoint}] (${why})`);
  return last === undefined && found.length > 0 ? 0 : 1;
};
