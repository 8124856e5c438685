import { readDatabase } from '../../etcd/backend.ts';
import { initialCluster, type Member, memberId } from '../../etcd/membership.ts';
import { RaftGroup } from '../../etcd/raft.ts';
import { FIRST_WAL, walNode } from '../../etcd/wal.ts';
import { Etcd } from '../../etcd/store.ts';
import { httpListen } from '../../../linux/net/http.ts';
import type { Process } from '../../../linux/process.ts';
import { builtVersion, type Component, endsOn, type Flags } from '../daemons.ts';
import { flag } from '../klog.ts';
import { idle } from './idle.ts';
import { wires } from './wires.ts';

/** As Debian 12 packages it; images have their own. */
const VERSION = '3.4.23';

/** The data that a directory holds: it outlives the process. */
export function openStore(process: Process, dir: string): Etcd {
  return open(process, dir).store;
}

/** `restored`: by etcdctl, from a snapshot. */
function open(process: Process, dir: string): { store: Etcd; group: RaftGroup | undefined; id?: bigint; restored?: Member[] } {
  process.fs.mkdir(dir, { parents: true });
  const { data } = wires(process.world), key = process.fs.directory(dir);
  const known = data.get(key);
  if (known) return known;
  const [db, wal] = [`${dir}/member/snap/db`, `${dir}/member/wal/${FIRST_WAL}`].map((path) => (process.fs.exists(path) ? process.fs.readContent(path) : undefined));
  const restored = db instanceof Uint8Array ? readDatabase(process.world.clock, db) : undefined;
  const held = { store: restored?.store ?? new Etcd(process.world.clock), group: undefined };
  data.set(key, held);
  return restored ? { ...held, restored: restored.members, ...(wal instanceof Uint8Array ? { id: walNode(wal) } : {}) } : held;
}

/** The member that this process is and its cluster: of the data directory if it has been one before, else as --initial-cluster says. */
function join(process: Process, flags: Flags, dir: string): { id: bigint; group: RaftGroup; store: Etcd } {
  const { world } = process, { data, groups } = wires(world), urls = (name: string) => (flag(flags, name) ?? '').split(',').filter(Boolean);
  const name = flag(flags, 'name') ?? 'default', peerURLs = urls('initial-advertise-peer-urls'), token = flag(flags, 'initial-cluster-token') ?? 'etcd-cluster';
  const told = flag(flags, 'initial-cluster') ?? peerURLs.map((url) => `${name}=${url}`).join(',');
  const found = open(process, dir);
  let { group, store } = found;
  if (!group) {
    const members = found.restored ?? initialCluster(told, token), shared = `${told} ${token}`;
    group = found.restored ? undefined : groups.get(shared);
    group ??= new RaftGroup(members, store, world.clock, world.rng.fork(`raft/${process.machine.name}/${process.startedAt}`));
    store = group.store;
    if (members.length > 1) groups.set(shared, group);
    data.set(process.fs.directory(dir), { store, group, id: found.id ?? members.find((m) => m.name === name)?.id ?? memberId(peerURLs, token) });
  }
  const id = data.get(process.fs.directory(dir))!.id!;
  group.join({ id, name, peerURLs: group.members.get(id)?.peerURLs ?? peerURLs, clientURLs: urls('advertise-client-urls') }, process);
  // idutil.NewGenerator: the member, when it started, and how many it gave out.
  const start = ((id & 0xffffn) << 48n) | ((BigInt(Math.floor(process.startedAt / 1000)) & 0xffffffffffn) << 8n);
  store.leaseIds ??= () => (start + BigInt(store.proposals)) & 0x7fffffffffffffffn;
  return { id, group, store };
}

export const etcd: Component = (process, flags = process) => {
  const dir = flag(flags, 'data-dir') ?? 'default.etcd';
  const { id, group, store } = join(process, flags, dir);
  for (const part of ['snap', 'wal']) process.fs.mkdir(`${dir}/member/${part}`, { parents: true });
  const { etcd: servers } = wires(process.world), version = flag(flags, 'emulated-version') ?? builtVersion(process, VERSION);
  const log = (message: string, fields: Record<string, unknown> = {}) => void process.err(`${JSON.stringify({ level: 'info', ts: new Date(process.now / 1000).toISOString().replace(/\.(\d{3})Z$/, '.$1Z'), caller: 'embed/etcd.go:124', msg: message, ...fields })}\n`);
  const name = flag(flags, 'name') ?? 'default';
  const urls = (flagName: string) => (flag(flags, flagName) ?? '').split(',').filter(Boolean).map((u) => /^(https?):\/\/([^:]+):(\d+)/.exec(u)).filter((m): m is RegExpExecArray => m !== null).map(([, scheme, ip, port]) => ({ scheme: scheme!, ip: ip!, port: Number(port) }));
  log('configuring client listeners', { 'listen-client-urls': flag(flags, 'listen-client-urls')?.split(',') });
  const health = (request: { path: string }, res: { send(status: number, headers: Record<string, string>, body?: string): void }) => {
    if (request.path === '/health') return store.unavailable === undefined ? res.send(200, { 'Content-Type': 'text/plain; charset=utf-8' }, '{"health":"true","reason":""}') : res.send(503, { 'Content-Type': 'text/plain; charset=utf-8' }, '{"health":"false","reason":"RAFT NO LEADER"}');
    if (request.path === '/version') return res.send(200, { 'Content-Type': 'application/json' }, `{"etcdserver":"${version}","etcdcluster":"${version.replace(/\d+$/, '0')}"}`);
    res.send(404, { 'Content-Type': 'text/plain; charset=utf-8' }, '404 page not found\n');
  };
  const tls = (scheme: string, sans: string[]) => (scheme === 'https' ? { tls: { cn: name, ca: 'etcd-ca', sans, requestCert: true } } : {});
  try {
    for (const u of urls('listen-client-urls')) {
      httpListen(process, { ip: u.ip, port: u.port, ...tls(u.scheme, [name, 'localhost', u.ip, '127.0.0.1']) }, health);
      const server = { process, store, member: { id, group, version } };
      servers.set(`${process.machine.name}/${u.ip}:${u.port}`, server);
      if (u.ip !== '127.0.0.1') servers.set(`${u.ip}:${u.port}`, server);
    }
    for (const u of urls('listen-peer-urls')) httpListen(process, { ip: u.ip, port: u.port, ...tls(u.scheme, [name, u.ip]) }, health);
    for (const u of urls('listen-metrics-urls')) httpListen(process, { ip: u.ip, port: u.port }, health);
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error)) throw error;
    log(`listen tcp: bind: ${error.message}`, { level: 'fatal' });
    return process.exit(1);
  }
  for (const u of urls('listen-client-urls')) idle(process, `https://${u.ip}:${u.port}`); // its own gateway
  log('ready to serve client requests', { 'local-member-name': name });
  endsOn(process, ['TERM', 'INT']);
};
