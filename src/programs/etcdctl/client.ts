import { EtcdError } from '../../kubernetes/etcd/error.ts';
import { readCertificate } from '../../kubernetes/runtime/pki.ts';
import { type EtcdServer, wires } from '../../kubernetes/runtime/images/wires.ts';
import { FileError } from '../../linux/files.ts';
import { resolve } from '../../linux/net/dns.ts';
import { HttpError, httpRequest } from '../../linux/net/http.ts';
import type { Process } from '../../linux/process.ts';
import type { Micros } from '../../sim/clock.ts';
import type { FlagValues } from './flags.ts';

/** A command that is being run. */
export interface Context {
  p: Process;
  flags: FlagValues;
  output: string;
  endpoints: string[];
  /** When the command's time is up (--command-timeout). */
  deadline: Micros;
}
export type Command = (c: Context, args: string[]) => Promise<number> | number;

export const BAD_ARGS = 128, BAD_FEATURE = 4, INVALID_INPUT = 3, IO = 5;

/** What is told on standard error, and the exit code (etcdctl/ctlv3/command/error.go). */
export class Failure extends Error {
  readonly code: number;
  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

export type Server = Required<EtcdServer>;

/** gRPC's code for etcd's errors (etcdserver/api/v3rpc/rpctypes). */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/mvcc: required revision/, 'OutOfRange'], [/requested lease not found|member not found/, 'NotFound'], [/lease already exists|name already exists/, 'FailedPrecondition'], [/leader changed|no leader/, 'Unavailable'],
  [/is not provided|key not found|value is provided|lease is provided|duplicate key|user name is empty|role name is empty/, 'InvalidArgument'], [/bad leader|name not found|not granted|does not exist|not enabled/, 'FailedPrecondition'], [/can only promote a learner/, 'FailedPrecondition'],
];
const DEADLINE = 'context deadline exceeded';

/** The line of the client's retry interceptor. `dialled`: of a connection to one endpoint alone. */
export function warn({ p }: Context, endpoint: string, error: string, dialled = false): void {
  const id = p.world.rng.fork(`etcdctl/${p.pid}/${p.now}/${endpoint}`).hex(32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const target = dialled ? `passthrough:///${endpoint}` : `endpoint://client-${id}/${endpoint.replace(/^https?:\/\//, '')}`;
  void p.err(`${JSON.stringify({ level: 'warn', ts: iso(p), caller: 'clientv3/retry_interceptor.go:62', msg: 'retrying of unary invoker failed', target, attempt: 0, error: `rpc error: ${error}` })}\n`);
}

/** One request: what etcd refuses is warned of and told. */
export function request<T>(c: Context, endpoint: string, work: () => T, told = (message: string) => message, dialled = false): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    warn(c, endpoint, `code = ${CODES.find(([what]) => what.test(error.message))?.[1] ?? 'Unknown'} desc = ${error.message}`, dialled);
    throw new Failure(told(error.message));
  }
}

/** Until the command's time is up. */
export async function untilDeadline({ p, deadline }: Context): Promise<void> {
  await p.sleep(Math.max(0, deadline - p.now));
}

/** The first endpoint that answers. `agreed`: what is asked needs a leader and most members; without them the time runs out. */
export async function connect(c: Context, agreed: 'read' | 'write' | 'no' = 'read', told = (message: string) => message): Promise<Server & { endpoint: string }> {
  for (const endpoint of c.endpoints) {
    const server = await dial(c, endpoint);
    if (typeof server === 'string') continue;
    if (agreed !== 'no') await haveLeader(c, server, endpoint, agreed, told);
    const [user = '', password = c.flags.text('password')] = c.flags.text('user').split(/:(.*)/s);
    request(c, endpoint, () => server.member.group.auth.check(user, password), told);
    return { ...server, endpoint };
  }
  await untilDeadline(c);
  warn(c, c.endpoints[0]!, `code = DeadlineExceeded desc = latest balancer error: all SubConns are in TransientFailure`);
  throw new Failure(told(DEADLINE));
}

async function haveLeader(c: Context, { member, store }: Server, endpoint: string, what: 'read' | 'write', told: (message: string) => string): Promise<void> {
  if (store.unavailable === undefined) return;
  if (await leaderInTime(c, member.group)) {
    if (what === 'read') warn(c, endpoint, 'code = Unavailable desc = etcdserver: leader changed');
    return;
  }
  const rpc = `code = Unknown desc = ${DEADLINE}`;
  warn(c, endpoint, rpc);
  throw new Failure(told(`rpc error: ${rpc}`));
}

/** Waits for the members to find a leader; false when the command's time is up. */
export function leaderInTime({ p, deadline }: Context, group: Server['member']['group']): Promise<boolean> {
  return p.wait<boolean>((resume) => {
    const forget = group.onLeader(() => resume(true)), timer = p.world.clock.after(Math.max(0, deadline - p.now), () => resume(false));
    return () => {
      forget();
      timer.cancel();
    };
  });
}

/** Dials an endpoint over the wire, TLS included; or why it cannot be had: gRPC then tries again until the time is up. */
export async function dial({ p, flags, deadline }: Context, endpoint: string): Promise<Server | string> {
  const [cacert, certFile, key] = ['cacert', 'cert', 'key'].map((name) => flags.text(name)) as [string, string, string];
  // Without a scheme the credentials decide (clientv3, CREDS_OPTIONAL).
  const [, scheme = cacert || certFile ? 'https' : 'http', host = '', port = '2379'] = /^(?:(https?):\/\/)?([^:/]+)(?::(\d+))?/.exec(endpoint) ?? [];
  const read = (path: string) => {
    try {
      return p.fs.readFile(path, p.cwd);
    } catch (error) {
      if (error instanceof FileError) throw new Failure(`open ${path}: ${error.message.toLowerCase()}`, BAD_ARGS);
      throw error;
    }
  };
  if ((certFile === '') !== (key === '')) throw new Failure(`KeyFile and CertFile must both be present[key: ${key}, cert: ${certFile}]`, BAD_ARGS);
  const cert = certFile ? readCertificate(read(certFile)) : undefined, ca = cacert ? readCertificate(read(cacert)) : undefined;
  if (key) read(key);
  const ip = /^[\d.]+$/.test(host) ? host : await address(p, host);
  if (!ip) return `dial tcp: lookup ${host}: no such host`;
  try {
    const tls = scheme === 'https' ? { tls: { serverName: host, ca: ca ? [ca.cn] : [], ...(cert ? { cert } : {}) } } : {};
    const { status } = await httpRequest(p, { ip, port: Number(port), path: '/health', ...tls, timeout: Math.max(1, deadline - p.now) });
    if (status !== 200 && status !== 503) return 'EOF'; // no gRPC there
    if (scheme === 'https' && !cert) return 'remote error: tls: bad certificate';
  } catch (error) {
    if (error instanceof HttpError) return `dial tcp ${ip}:${port}: ${error.code === 'ECONNREFUSED' ? 'connect: connection refused' : error.code === 'EHOSTUNREACH' ? 'connect: no route to host' : 'i/o timeout'}`;
    throw error;
  }
  const { etcd } = wires(p.world);
  const found = etcd.get(ip.startsWith('127.') ? `${p.machine.name}/${ip}:${port}` : `${ip}:${port}`);
  return found?.member && found.process.running ? { ...found, member: found.member } : 'EOF';
}

async function address(p: Process, host: string): Promise<string | undefined> {
  const found = await resolve(p, host);
  return typeof found === 'string' ? undefined : found.addresses[0];
}

/** The endpoints that a command goes to one by one: those given, or with --cluster the client URLs of all members. */
export async function everyEndpoint(c: Context): Promise<string[]> {
  if (!c.flags.has('cluster')) return c.endpoints;
  const { member } = await connect(c, 'no');
  return byId(member.group.members.values()).flatMap((m) => m.clientURLs);
}

/** Members in the order they are listed in. */
export function byId<T extends { id: bigint }>(members: Iterable<T>): T[] {
  return [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export const iso = (p: Process): string => new Date(p.now / 1000).toISOString();
