import type { Etcd } from '../../kubernetes/etcd/store.ts';
import { readCertificate } from '../../kubernetes/runtime/pki.ts';
import { wires } from '../../kubernetes/runtime/images/control-plane.ts';
import { FileError } from '../../linux/files.ts';
import { resolve } from '../../linux/net/dns.ts';
import { HttpError, httpRequest } from '../../linux/net/http.ts';
import type { Process } from '../../linux/process.ts';
import type { Micros } from '../../sim/clock.ts';
import { sha1 } from '../../linux/digest.ts';

/** Where a command goes and how it proves who it is: the global flags. */
export interface Access {
  endpoints: string[];
  cacert: string;
  cert: string;
  key: string;
  /** Of one command. */
  timeout: Micros;
}

/** One member of the cluster, as the others know it. */
export interface Member {
  id: string;
  name: string;
  peers: string[];
  clients: string[];
  process: Process;
  store: Etcd;
}

/** A wrong file among the flags: told and left with 128 (ExitBadArgs). */
export class BadFlag extends Error {}

/** Dials an endpoint over the wire, TLS included. Undefined when it cannot be had: gRPC then tries again until the time is up. */
export async function dial(p: Process, access: Access, endpoint: string): Promise<Member | undefined> {
  // Without a scheme the credentials decide (clientv3, CREDS_OPTIONAL).
  const [, scheme = access.cacert || access.cert ? 'https' : 'http', host = '', port = '2379'] = /^(?:(https?):\/\/)?([^:/]+)(?::(\d+))?/.exec(endpoint) ?? [];
  const read = (path: string) => {
    try {
      return p.fs.readFile(path, p.cwd);
    } catch (error) {
      if (error instanceof FileError) throw new BadFlag(`open ${path}: ${error.message.toLowerCase()}`);
      throw error;
    }
  };
  const ca = access.cacert ? readCertificate(read(access.cacert)) : undefined, cert = access.cert ? readCertificate(read(access.cert)) : undefined;
  if (access.key) read(access.key);
  const ip = /^[\d.]+$/.test(host) ? host : await address(p, host);
  if (!ip) return undefined;
  try {
    const tls = scheme === 'https' ? { tls: { serverName: host, ca: ca ? [ca.cn] : [], ...(cert ? { cert } : {}) } } : {};
    const { status } = await httpRequest(p, { ip, port: Number(port), path: '/health', ...tls, timeout: access.timeout });
    if (status !== 200 || (scheme === 'https' && !cert)) return undefined;
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
  const { etcd } = wires(p.world);
  const found = etcd.get(ip.startsWith('127.') ? `${p.machine.name}/${ip}:${port}` : `${ip}:${port}`);
  return found && memberOf(found.process, found.store);
}

function memberOf(process: Process, store: Etcd): Member {
  const flag = (name: string) => process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '';
  const peers = flag('initial-advertise-peer-urls').split(',');
  return { id: memberId(peers, flag('initial-cluster-token') || 'etcd-cluster'), name: flag('name') || 'default', peers, clients: flag('advertise-client-urls').split(','), process, store };
}

/** membership.computeMemberId */
export function memberId(peers: readonly string[], token: string): string {
  return sha1(new TextEncoder().encode(`${[...peers].sort().join('')}${token}`)).slice(0, 16).replace(/^0+/, '');
}

async function address(p: Process, host: string): Promise<string | undefined> {
  const found = await resolve(p, host);
  return typeof found === 'string' ? undefined : found.addresses[0];
}
