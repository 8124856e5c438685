import { database, databaseStatus, readDatabase } from '../../kubernetes/etcd/backend.ts';
import { InvalidDatabase } from '../../kubernetes/etcd/bbolt.ts';
import { Bytes } from '../../kubernetes/etcd/bytes.ts';
import { clusterId, hex, initialCluster } from '../../kubernetes/etcd/membership.ts';
import { encodeWal, FIRST_WAL } from '../../kubernetes/etcd/wal.ts';
import { sha256 } from '../../linux/digest.ts';
import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { BAD_ARGS, type Command, connect, Failure, IO, iso } from './client.ts';
import { databaseOf } from './endpoint.ts';
import { VERSION } from './help.ts';
import { print } from './print.ts';
import { humanBytes, table } from './table.ts';

/** A snapshot is the database with the SHA-256 of it behind (v3rpc/maintenance.go): its size then is no multiple of a disk's sector. */
const SECTOR = 512, DIGEST = 32;
const digestOf = (bytes: Uint8Array) => Uint8Array.from(sha256(bytes).match(/../g)!, (byte) => parseInt(byte, 16));

export const save: Command = async (c, args) => {
  const { p } = c, [path, ...more] = args, endpoint = c.endpoints[0]!;
  if (path === undefined || more.length > 0) throw new Failure('snapshot save expects one argument', BAD_ARGS);
  if (c.endpoints.length > 1) throw new Failure(`snapshot must be requested to one selected node, not multiple [${c.endpoints.join(' ')}]`, IO);
  const server = await connect(c, 'no'), line = liner(p), from = p.now, part = `${path}.part`;
  const data = databaseOf(server);
  write(p, part, new Uint8Array(0));
  line({ ts: secondsOf(p), caller: 'snapshot/v3_snapshot.go:119', msg: 'created temporary db file', path: part });
  line({ ts: iso(p), caller: 'clientv3/maintenance.go:200', msg: 'opened snapshot stream; downloading' });
  line({ ts: secondsOf(p), caller: 'snapshot/v3_snapshot.go:127', msg: 'fetching snapshot', endpoint });
  await p.sleep(Math.round(data.length / 80));
  write(p, part, new Bytes().add(data).add(digestOf(data)).done());
  line({ ts: iso(p), caller: 'clientv3/maintenance.go:208', msg: 'completed snapshot read; closing' });
  line({ ts: secondsOf(p), caller: 'snapshot/v3_snapshot.go:142', msg: 'fetched snapshot', endpoint, size: humanBytes(data.length), took: (p.now - from) / 1e6 });
  p.fs.rename(part, path, p.cwd);
  line({ ts: secondsOf(p), caller: 'snapshot/v3_snapshot.go:152', msg: 'saved', path });
  void p.out(`Snapshot saved at ${path}\n`);
  return 0;
};

function write(p: Process, path: string, data: Uint8Array): void {
  try {
    p.fs.writeFile(path, data, { cwd: p.cwd, mode: 0o600, uid: p.uid, gid: p.gid });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Failure(`could not open ${path} (open ${path}: ${error.message.toLowerCase()})`, IO);
  }
}

export const snapshotStatus: Command = (c, args) => {
  const [path, ...more] = args;
  if (path === undefined || more.length > 0) throw new Failure('snapshot status requires exactly one argument', BAD_ARGS);
  const s = whole(() => databaseStatus(read(c.p, path, 'stat')));
  const row = [s.hash.toString(16), String(s.revision), String(s.totalKey), humanBytes(s.totalSize)];
  print(c, {
    simple: () => `${row.join(', ')}\n`, table: () => table(['HASH', 'REVISION', 'TOTAL KEYS', 'TOTAL SIZE'], [row]), json: () => s,
    fields: () => `"Hash" : ${s.hash}\n"Revision" : ${s.revision}\n"Keys" : ${s.totalKey}\n"Size" : ${s.totalSize}\n`,
  });
  return 0;
};

/** Writes a data directory that an etcd can be started with: --data-dir, NAME.etcd without it (snapshot/v3_snapshot.go, Restore). */
export const restore: Command = ({ p, flags }, args) => {
  const [path, ...more] = args;
  if (path === undefined || more.length > 0) throw new Failure('snapshot restore requires exactly one argument', BAD_ARGS);
  const name = flags.text('name'), dir = flags.text('data-dir') || `${name}.etcd`, wal = flags.text('wal-dir') || `${dir}/member/wal`;
  if (p.fs.exists(dir, p.cwd)) throw new Failure(`data-dir ${JSON.stringify(dir)} exists`);
  const members = initialCluster(flags.text('initial-cluster'), flags.text('initial-cluster-token'));
  const local = members.find((m) => m.name === name);
  if (!local) throw new Failure(`couldn't find local name ${JSON.stringify(name)} in the initial cluster configuration`);
  const line = liner(p), where = { path, 'wal-dir': wal, 'data-dir': dir, 'snap-dir': `${dir}/member/snap` };
  line({ ts: secondsOf(p), caller: 'snapshot/v3_snapshot.go:296', msg: 'restoring snapshot', ...where });
  const { store } = whole(() => readDatabase(p.world.clock, checked(read(p, path, 'open'), path, flags.has('skip-hash-check'))));
  if (store.compactedRevision > 0) line({ ts: secondsOf(p), caller: 'mvcc/kvstore.go:388', msg: 'restored last compact revision', 'meta-bucket-name': 'meta', 'meta-bucket-name-key': 'finishedCompactRev', 'restored-compact-revision': store.compactedRevision });
  const cluster = clusterId(members.map(({ id }) => id));
  for (const { id, peerURLs } of members) line({ ts: secondsOf(p), caller: 'membership/cluster.go:392', msg: 'added member', 'cluster-id': hex(cluster), 'local-member-id': '0', 'added-peer-id': hex(id), 'added-peer-peer-urls': peerURLs });
  const at = (path: string) => (path.startsWith('/') ? path : `${p.cwd.replace(/\/$/, '')}/${path}`);
  for (const part of [`${dir}/member/snap`, wal]) p.fs.mkdir(at(part), { parents: true, mode: 0o700 });
  p.fs.writeFile(at(`${dir}/member/snap/db`), database(store, { members, index: members.length, version: VERSION }), { mode: 0o600 });
  p.fs.writeFile(at(`${wal}/${FIRST_WAL}`), encodeWal(local.id, cluster), { mode: 0o600 });
  line({ ts: secondsOf(p), caller: 'snapshot/v3_snapshot.go:309', msg: 'restored snapshot', ...where });
  return 0;
};

/** The database in a snapshot, when its digest is right. */
function checked(file: Uint8Array, path: string, skip: boolean): Uint8Array {
  if (file.length < DIGEST) throw new Failure(`seek ${path}: invalid argument`);
  const has = file.length % SECTOR === DIGEST;
  if (!has && !skip) throw new Failure('snapshot missing hash but --skip-hash-check=false');
  const data = has ? file.subarray(0, -DIGEST) : file;
  if (has && !skip) {
    const told = file.subarray(-DIGEST), got = digestOf(data);
    if (told.some((byte, i) => byte !== got[i])) throw new Failure(`expected sha256 [${told.join(' ')}], got [${got.join(' ')}]`);
  }
  return data;
}

function whole<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof InvalidDatabase) throw new Failure(error.message);
    throw error;
  }
}

function read(p: Process, path: string, call: string): Uint8Array {
  try {
    const content = p.fs.readContent(path, p.cwd);
    return typeof content === 'string' ? new TextEncoder().encode(content) : content;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Failure(`${call} ${path}: ${error.message.toLowerCase()}`);
  }
}

function secondsOf(p: Process): number {
  return Number((p.now / 1e6).toFixed(7));
}

function liner(p: Process): (fields: Record<string, unknown>) => void {
  return (fields) => void p.err(`${JSON.stringify({ level: 'info', ...fields })}\n`);
}
