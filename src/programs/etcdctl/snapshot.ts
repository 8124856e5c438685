import { dumpStore, readDump, type Dump } from '../../kubernetes/etcd/snapshot.ts';
import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { sha1 } from '../../linux/digest.ts';
import { Failure, connect, iso, type Command } from './index.ts';
import { memberId, type Member } from './member.ts';
import { humanBytes, table } from './table.ts';

export function dump({ store }: Member): string {
  return dumpStore(store);
}

export const save: Command = async (p, o, [path, ...more]) => {
  if (path === undefined || more.length > 0) throw new Failure('Error: snapshot save expects one argument\n', 128);
  const endpoint = o.endpoints[0]!;
  if (o.endpoints.length > 1) throw new Failure(`Error: snapshot must be requested to one selected node, not multiple ${JSON.stringify(o.endpoints).replaceAll('"', '').replaceAll(',', ' ')}\n`, 128);
  const m = await connect(p, o);
  const seconds = () => secondsOf(p), line = liner(p);
  const data = dump(m), from = p.now;
  line({ ts: seconds(), caller: 'snapshot/v3_snapshot.go:119', msg: 'created temporary db file', path: `${path}.part` });
  line({ ts: iso(p), caller: 'clientv3/maintenance.go:200', msg: 'opened snapshot stream; downloading' });
  line({ ts: seconds(), caller: 'snapshot/v3_snapshot.go:127', msg: 'fetching snapshot', endpoint });
  await p.sleep(Math.round(data.length / 80));
  try {
    p.fs.writeFile(path, data, { cwd: p.cwd, mode: 0o600, uid: p.uid, gid: p.gid });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Failure(`Error: could not open ${path}.part (open ${path}.part: ${error.message.toLowerCase()})\n`);
  }
  line({ ts: iso(p), caller: 'clientv3/maintenance.go:208', msg: 'completed snapshot read; closing' });
  line({ ts: seconds(), caller: 'snapshot/v3_snapshot.go:142', msg: 'fetched snapshot', endpoint, size: humanBytes(data.length), took: (p.now - from) / 1e6 });
  line({ ts: seconds(), caller: 'snapshot/v3_snapshot.go:152', msg: 'saved', path });
  p.out(`Snapshot saved at ${path}\n`);
  return 0;
};

export const snapshotStatus: Command = async (p, o, [path, ...more]) => {
  if (path === undefined || more.length > 0) throw new Failure('Error: snapshot status requires exactly one argument\n', 128);
  const data = read(p, path, (why) => `Error: stat ${path}: ${why}\n`), found = readDump(data);
  if (!found) throw new Failure('Error: invalid database\n');
  let hash = 0;
  for (let i = 0; i < data.length; i++) hash = (Math.imul(hash, 31) + data.charCodeAt(i)) >>> 0;
  const row = [hash.toString(16), String(found.revision), String(found.kvs.length), humanBytes(data.length)];
  p.out(o.output === 'table' ? table(['HASH', 'REVISION', 'TOTAL KEYS', 'TOTAL SIZE'], [row]) : o.output === 'json' ? `${JSON.stringify({ hash, revision: found.revision, totalKey: found.kvs.length, totalSize: data.length })}\n` : `${row.join(', ')}\n`);
  return 0;
};

/** Writes a data directory that an etcd can be started with: --data-dir, default.etcd without it (etcdctl/ctlv3/command/snapshot_command.go). */
export const restore: Command = async (p, o, [path, ...more]) => {
  if (path === undefined || more.length > 0) throw new Failure('Error: snapshot restore requires exactly one argument\n', 128);
  const name = o.value('name') || 'default', dir = o.value('data-dir') || `${name}.etcd`, peers = o.value('initial-advertise-peer-urls') || 'http://localhost:2380';
  const cluster = o.value('initial-cluster') || `${name}=${peers}`, token = o.value('initial-cluster-token') || 'etcd-cluster';
  if (p.fs.exists(dir, p.cwd)) throw new Failure(`Error: data-dir ${JSON.stringify(dir)} exists\n`);
  const line = liner(p), where = { path, 'wal-dir': `${dir}/member/wal`, 'data-dir': dir, 'snap-dir': `${dir}/member/snap` };
  line({ ts: secondsOf(p), caller: 'snapshot/v3_snapshot.go:296', msg: 'restoring snapshot', ...where });
  const data = read(p, path, (why) => `Error: open ${path}: ${why}\n`), found: Dump | undefined = readDump(data);
  if (!found) throw new Failure('Error: snapshot missing hash but --skip-hash-check=false\n');
  if (found.compacted > 0) line({ ts: secondsOf(p), caller: 'mvcc/kvstore.go:388', msg: 'restored last compact revision', 'meta-bucket-name': 'meta', 'meta-bucket-name-key': 'finishedCompactRev', 'restored-compact-revision': found.compacted });
  const members = cluster.split(',').map((m) => m.slice(m.indexOf('=') + 1)).map((url) => ({ url, id: memberId([url], token) }));
  for (const { url, id } of members) line({ ts: secondsOf(p), caller: 'membership/cluster.go:392', msg: 'added member', 'cluster-id': clusterId(members.map((m) => m.id)), 'local-member-id': '0', 'added-peer-id': id, 'added-peer-peer-urls': [url] });
  const at = dir.startsWith('/') ? dir : `${p.cwd.replace(/\/$/, '')}/${dir}`;
  for (const part of ['snap', 'wal']) p.fs.mkdir(`${at}/member/${part}`, { parents: true, mode: 0o700 });
  p.fs.writeFile(`${at}/member/snap/db`, data, { mode: 0o600 });
  line({ ts: secondsOf(p), caller: 'snapshot/v3_snapshot.go:309', msg: 'restored snapshot', ...where });
  return 0;
};

/** membership.genID: the members' ids, in order, as eight bytes each. */
function clusterId(ids: readonly string[]): string {
  const bytes = [...ids].map((id) => id.padStart(16, '0')).sort().flatMap((id) => id.match(/../g)!.map((byte) => parseInt(byte, 16)));
  return sha1(new Uint8Array(bytes)).slice(0, 16).replace(/^0+/, '');
}

function read(p: Process, path: string, told: (why: string) => string): string {
  try {
    return p.fs.readFile(path, p.cwd);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Failure(told(error.message.toLowerCase()));
  }
}

function secondsOf(p: Process): number {
  return Number((p.now / 1e6).toFixed(7));
}

function liner(p: Process): (fields: Record<string, unknown>) => void {
  return (fields) => void p.err(`${JSON.stringify({ level: 'info', ...fields })}\n`);
}
