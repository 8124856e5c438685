import type { Process } from '../../linux/process.ts';
import type { UserInfo } from '../apiserver/http.ts';
import type { ApiClient } from '../client/client.ts';
import { apiClient } from './connection.ts';
import { toBase64 } from '../api/base64.ts';
import { fromBase64, readCertificate } from './pki.ts';
import { parseOnce } from './yaml.ts';

/** Where a component's kubeconfig sends it, and as whom. */
export interface Access {
  /** IP:PORT */
  server: string;
  user: UserInfo;
}

/** Reads a kubeconfig with a client certificate or a service account's token. Throws FileError, or Error when it cannot be used. */
export function readKubeconfig(process: Process, path: string): Access {
  const config = parseOnce(process.fs.readFile(path)) as { clusters?: { cluster: { server: string } }[]; users?: { user: Record<string, string> }[] };
  const server = config.clusters?.[0]?.cluster.server.replace(/^https:\/\//, '');
  const user = config.users?.[0]?.user ?? {};
  if (!server) throw new Error('invalid configuration: no server found for cluster');
  const subject = user['token'] === undefined ? undefined : tokenSubject(user['token']);
  if (subject) return { server: server.includes(':') ? server : `${server}:443`, user: serviceAccount(subject) };
  const file = user['client-certificate'];
  const certificate = readCertificate(file ? process.fs.readFile(file) : fromBase64(user['client-certificate-data'] ?? ''));
  return { server: server.includes(':') ? server : `${server}:443`, user: certificate ? userOf(certificate.cn, certificate.organizations ?? []) : ANONYMOUS };
}

/** A kubeconfig with one cluster, one user, one context, as clientcmd writes it. `credentials`: the user's lines, indented by four. */
export function kubeconfigText({ server, caPem, cluster, user, context, credentials }: { server: string; caPem: string; cluster: string; user: string; context: string; credentials: string }): string {
  return `apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: ${toBase64(caPem)}\n    server: ${server}\n  name: ${cluster}\ncontexts:\n- context:\n    cluster: ${cluster}\n    user: ${user}\n  name: ${context}\ncurrent-context: ${context}\nkind: Config\npreferences: {}\nusers:\n- name: ${user}\n  user:\n${credentials}`;
}

/** The pod's service account, as the mounted token tells (rest.InClusterConfig). */
export function inCluster(process: Process): Access {
  const dir = '/var/run/secrets/kubernetes.io/serviceaccount';
  const subject = tokenSubject(process.fs.readFile(`${dir}/token`));
  const host = process.env['KUBERNETES_SERVICE_HOST'] ?? '10.96.0.1', port = process.env['KUBERNETES_SERVICE_PORT'] ?? '443';
  return { server: `${host}:${port}`, user: subject ? serviceAccount(subject) : ANONYMOUS };
}

export function clientFor(process: Process, access: Access, agent: string): ApiClient {
  return apiClient(process, access.server, access.user, agent);
}

/** A user's groups follow from its name: nodes and masters by their certificates, service accounts by their namespace. */
export function userOf(name: string, groups: readonly string[]): UserInfo {
  return { name, groups: [...groups, 'system:authenticated'] };
}

export function serviceAccount(name: string): UserInfo {
  const namespace = name.split(':')[2] ?? '';
  return { name, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'] };
}

/** `sub` of a JWT; undefined when it is none. */
export function tokenSubject(token: string): string | undefined {
  try {
    const { sub } = JSON.parse(fromBase64(token.split('.')[1] ?? '')) as { sub?: string };
    return sub;
  } catch {
    return undefined;
  }
}

export const ANONYMOUS: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
