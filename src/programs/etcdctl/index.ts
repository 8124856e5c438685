import type { KeyValue } from '../../kubernetes/etcd/store.ts';
import { toBase64 } from '../../kubernetes/runtime/pki.ts';
import type { Process, Program } from '../../linux/process.ts';
import { type Micros, SECOND } from '../../sim/clock.ts';
import { type Access, BadFlag, dial, type Member } from './member.ts';
import { dump, restore, save, snapshotStatus } from './snapshot.ts';
import { humanBytes, table } from './table.ts';

/**
 * etcdctl 3.4.23, as Debian 12 packages it, API v3: version, member list, endpoint health and status, get, put, del, watch,
 * snapshot save, status and restore. Values of the API server are printed as JSON (--storage-media-type=application/json), and a
 * snapshot file holds JSON, not a bbolt database.
 */
export const main: Program = async (p) => {
  const o = parse(p);
  if (typeof o === 'number') return o;
  const [command = '', sub = ''] = o.words;
  if (command === 'version') {
    p.out(`etcdctl version: ${VERSION}\nAPI version: 3.4\n`);
    return 0;
  }
  const two = `${command} ${sub}`;
  const run = COMMANDS[command] ?? COMMANDS[two];
  if (!run) {
    const unknown = `unknown command "${command}" for "etcdctl"`;
    p.err(`Error: ${unknown}\nRun 'etcdctl --help' for usage.\nError: ${unknown}\n`);
    return 1;
  }
  try {
    return await run(p, o, COMMANDS[command] ? o.words.slice(1) : o.words.slice(2));
  } catch (error) {
    if (error instanceof Failure) p.err(error.told);
    else if (error instanceof BadFlag) p.err(`Error: ${error.message}\n`);
    else throw error;
    return error instanceof Failure ? error.code : 128;
  }
};

const VERSION = '3.4.23';

export interface Options extends Access {
  words: string[];
  output: string;
  flags: Set<string>;
  limit: number;
  /** Of a flag that takes one; '' without it. */
  value(name: string): string;
}
export type Command = (p: Process, o: Options, args: string[]) => Promise<number>;

export class Failure extends Error {
  readonly told: string;
  readonly code: number;
  constructor(told: string, code = 1) {
    super(told);
    this.told = told;
    this.code = code;
  }
}

/** The first endpoint that answers, or the error after the command's time is up. */
export async function connect(p: Process, o: Options): Promise<Member> {
  const from = p.now;
  for (const endpoint of o.endpoints) {
    const member = await dial(p, o, endpoint);
    if (member && !member.store.unavailable) return member;
  }
  await p.sleep(Math.max(0, from + o.timeout - p.now));
  throw new Failure(`${retried(p, o.endpoints[0]!)}Error: context deadline exceeded\n`);
}

function retried(p: Process, endpoint: string): string {
  const id = p.world.rng.fork(`etcdctl/${p.pid}`).hex(32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return `${JSON.stringify({ level: 'warn', ts: iso(p), caller: 'clientv3/retry_interceptor.go:62', msg: 'retrying of unary invoker failed', target: `endpoint://client-${id}/${endpoint.replace(/^https?:\/\//, '')}`, attempt: 0, error: 'rpc error: code = DeadlineExceeded desc = latest balancer error: all SubConns are in TransientFailure' })}\n`;
}

const memberList: Command = async (p, o) => {
  const m = await connect(p, o);
  const row = [m.id, 'started', m.name, m.peers.join(','), m.clients.join(','), 'false'];
  p.out(o.output === 'table' ? table(['ID', 'STATUS', 'NAME', 'PEER ADDRS', 'CLIENT ADDRS', 'IS LEARNER'], [row]) : o.output === 'json' ? `${JSON.stringify({ header: header(m), members: [{ ID: big(m.id), name: m.name, peerURLs: m.peers, clientURLs: m.clients }] }).replace(/"(\d{16,})"/g, '$1')}\n` : `${row.join(', ')}\n`);
  return 0;
};

const health: Command = async (p, o) => {
  let bad = false;
  for (const endpoint of o.endpoints) {
    const from = p.now, member = await dial(p, o, endpoint);
    if (member && !member.store.unavailable) {
      p.err(`${endpoint} is healthy: successfully committed proposal: took = ${duration(Math.max(1, p.now - from))}\n`);
      continue;
    }
    bad = true;
    await p.sleep(Math.max(0, from + o.timeout - p.now));
    p.err(`${retried(p, endpoint)}${endpoint} is unhealthy: failed to commit proposal: context deadline exceeded\n`);
  }
  if (bad) p.err('Error: unhealthy cluster\n');
  return bad ? 1 : 0;
};

const status: Command = async (p, o) => {
  const rows: string[][] = [];
  let bad = false;
  for (const endpoint of o.endpoints) {
    const from = p.now, m = await dial(p, o, endpoint);
    if (!m) {
      bad = true;
      await p.sleep(Math.max(0, from + o.timeout - p.now));
      p.err(`${retried(p, endpoint)}Failed to get the status of endpoint ${endpoint} (context deadline exceeded)\n`);
      continue;
    }
    const index = String(m.store.revision + 4);
    rows.push([endpoint, m.id, VERSION, humanBytes(dump(m).length), 'true', 'false', '2', index, index, '']);
  }
  p.out(o.output === 'table' ? table(['ENDPOINT', 'ID', 'VERSION', 'DB SIZE', 'IS LEADER', 'IS LEARNER', 'RAFT TERM', 'RAFT INDEX', 'RAFT APPLIED INDEX', 'ERRORS'], rows) : rows.map((r) => `${r.join(', ')}\n`).join(''));
  return bad ? 1 : 0;
};

const get: Command = async (p, o, args) => {
  if (args.length < 1 || args.length > 2) throw new Failure('Error: get command needs one argument as key and an optional argument as range_end\n', 128);
  const m = await connect(p, o);
  const [key = '', end] = args;
  const found: KeyValue[] = o.flags.has('prefix') ? m.store.range(key) : o.flags.has('from-key') ? m.store.range('', { from: key }) : end !== undefined ? m.store.range('', { from: key }).filter((kv) => kv.key < end) : [m.store.get(key)].filter((kv) => kv !== undefined);
  const shown = o.limit > 0 ? found.slice(0, o.limit) : found;
  if (o.output === 'json') {
    const kvs = shown.map((kv) => ({ key: toBase64(kv.key), create_revision: kv.createRevision, mod_revision: kv.modRevision, version: kv.version, ...(o.flags.has('keys-only') ? {} : { value: toBase64(text(kv)) }) }));
    p.out(`${JSON.stringify({ header: header(m), ...(kvs.length ? { kvs } : {}), ...(shown.length < found.length ? { more: true } : {}), ...(found.length ? { count: found.length } : {}) }).replace(/"(\d{16,})"/g, '$1')}\n`);
    return 0;
  }
  for (const kv of shown) await p.out(o.flags.has('print-value-only') ? `${text(kv)}\n` : `${kv.key}\n${o.flags.has('keys-only') ? '' : text(kv)}\n`);
  return 0;
};

const put: Command = async (p, o, args) => {
  if (args.length !== 2) throw new Failure('Error: put command needs 1 argument and input from stdin or 2 arguments\n', 128);
  (await connect(p, o)).store.put(args[0]!, args[1]!);
  p.out('OK\n');
  return 0;
};

const del: Command = async (p, o, args) => {
  if (args.length < 1 || args.length > 2) throw new Failure('Error: del command needs one argument as key and an optional argument as range_end\n', 128);
  const { store } = await connect(p, o);
  const [key = '', end] = args;
  const before = o.flags.has('prefix') ? store.range(key) : end !== undefined ? store.range('', { from: key }).filter((kv) => kv.key < end) : [store.get(key)].filter((kv) => kv !== undefined);
  for (const kv of before) store.delete(kv.key);
  p.out(`${before.length}\n${o.flags.has('prev-kv') ? before.map((kv) => `${kv.key}\n${text(kv)}\n`).join('') : ''}`);
  return 0;
};

const watch: Command = async (p, o, args) => {
  const [key, ...more] = args;
  if (key === undefined || more.length > 0) throw new Failure('Error: bad number of arguments\n', 128);
  const { store } = await connect(p, o);
  const stop = store.watch(key, store.revision + 1, (events) => {
    for (const { type, kv } of events) void p.out(`${type}\n${kv.key}\n${type === 'PUT' ? text(kv) : ''}\n`);
  }, !o.flags.has('prefix'));
  try {
    await p.wait<void>(() => stop);
  } finally {
    stop();
  }
  return 0;
};

const COMMANDS: Readonly<Record<string, Command>> = { 'member list': memberList, 'endpoint health': health, 'endpoint status': status, get, put, del, watch, 'snapshot save': save, 'snapshot status': snapshotStatus, 'snapshot restore': restore };

function parse(p: Process): Options | number {
  const env = (name: string, value: string) => p.env[`ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`] ?? value;
  const values = new Map(VALUES.map((name) => [name, env(name, DEFAULTS[name] ?? '')]));
  const words: string[] = [], flags = new Set<string>();
  for (let i = 0; i < p.args.length; i++) {
    const arg = p.args[i]!;
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    const [, given = '', , attached] = /^--?([^=]+)(=(.*))?$/s.exec(arg) ?? [];
    const name = arg.startsWith('--') ? given : given.startsWith('w') ? 'write-out' : given;
    if (values.has(name)) values.set(name, attached ?? (!arg.startsWith('--') && given.length > 1 ? given.slice(1) : (p.args[++i] ?? '')));
    else if (FLAGS.has(name)) {
      if (attached !== 'false') flags.add(name);
    } else {
      p.err(`Error: unknown flag: ${arg}\n\nError: unknown flag: ${arg}\n`);
      return 1;
    }
  }
  const seconds = (text: string) => Math.round((/^([\d.]+)(ms|s|m)$/.exec(text)?.slice(1) ?? ['5', 's']).reduce<number>((n, part, i) => (i === 0 ? Number(part) : n * { ms: 0.001, s: 1, m: 60 }[part as 'ms' | 's' | 'm']), 0) * SECOND) as Micros;
  return { words, flags, endpoints: values.get('endpoints')!.split(','), cacert: values.get('cacert')!, cert: values.get('cert')!, key: values.get('key')!, output: values.get('write-out')!, limit: Number(values.get('limit') || 0), value: (name) => values.get(name) ?? '', timeout: seconds(values.get('command-timeout')!) };
}
const VALUES = ['endpoints', 'cacert', 'cert', 'key', 'write-out', 'dial-timeout', 'command-timeout', 'limit', 'consistency', 'order', 'sort-by', 'rev', 'data-dir', 'name', 'initial-cluster', 'initial-cluster-token', 'initial-advertise-peer-urls', 'wal-dir'];
const DEFAULTS: Readonly<Record<string, string>> = { endpoints: '127.0.0.1:2379', 'write-out': 'simple', 'command-timeout': '5s', 'dial-timeout': '2s' };
const FLAGS: ReadonlySet<string> = new Set(['prefix', 'keys-only', 'print-value-only', 'from-key', 'prev-kv', 'skip-hash-check', 'debug', 'insecure-transport', 'insecure-skip-tls-verify', 'cluster', 'hex']);

export const text = (kv: KeyValue) => (typeof kv.value === 'string' ? kv.value : JSON.stringify(kv.value));
export const big = (id: string) => BigInt(`0x${id}`).toString();
const header = (m: Member) => ({ cluster_id: big(m.id), member_id: big(m.id), revision: m.store.revision, raft_term: 2 });
export const iso = (p: Process) => new Date(p.now / 1000).toISOString();
const duration = (us: Micros) => (us < 1000 ? `${us}µs` : us < 1e6 ? `${us / 1000}ms` : `${us / 1e6}s`);
