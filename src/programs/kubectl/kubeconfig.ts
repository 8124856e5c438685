// kubeconfig files: which ones, merged how, and what a command line makes of them (client-go/tools/clientcmd).
import { toBase64 } from '../../kubernetes/api/base64.ts';
import { FileError, dirname, resolve } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { ConfigurationError, KubectlError } from './errors.ts';
import type { Flags } from './flags.ts';
import { fromBase64 } from './base64.ts';
import { parseYaml, YamlError } from './yaml/parse.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- a kubeconfig keeps what it does not know */
export interface KubeConfig {
  clusters: Map<string, any>;
  contexts: Map<string, any>;
  users: Map<string, any>;
  currentContext: string;
  preferences: any;
  /** Which file each entry came from, as `clusters/NAME`. */
  origin: Map<string, string>;
}

/** Everything needed to reach and talk to an API server. */
export interface ClusterAccess {
  server: string;
  insecure: boolean;
  /** PEM. */
  ca?: string | undefined;
  clientCertificate?: string | undefined;
  clientKey?: string | undefined;
  tlsServerName?: string | undefined;
  /** Authorization and impersonation headers. */
  headers: Record<string, string>;
  /** --request-timeout in seconds, when given. */
  timeout: number;
  namespace: string;
  /** The namespace was given by the user, not only a default. */
  namespaceGiven: boolean;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The files kubectl reads, in their order of precedence. */
export function configPaths(process: Process, flags: Flags): { paths: string[]; explicit: boolean } {
  const given = flags.string('kubeconfig');
  if (given) return { paths: [given], explicit: true };
  const list = (process.env['KUBECONFIG'] ?? '').split(':').filter(Boolean);
  return { paths: list.length > 0 ? [...new Set(list)] : [`${process.env['HOME'] ?? ''}/.kube/config`], explicit: false };
}

export function emptyConfig(): KubeConfig {
  return { clusters: new Map(), contexts: new Map(), users: new Map(), currentContext: '', preferences: {}, origin: new Map() };
}

/** All files merged: the first one to say something wins. */
export function loadConfig(process: Process, flags: Flags): KubeConfig {
  const { paths, explicit } = configPaths(process, flags);
  const merged = emptyConfig();
  for (const path of paths) {
    const one = loadFile(process, path, explicit);
    if (!one) continue;
    for (const kind of ['clusters', 'contexts', 'users'] as const) {
      for (const [name, value] of one[kind]) {
        if (merged[kind].has(name)) continue;
        merged[kind].set(name, value);
        merged.origin.set(`${kind}/${name}`, path);
      }
    }
    merged.currentContext ||= one.currentContext;
    if (Object.keys(merged.preferences).length === 0) merged.preferences = one.preferences;
  }
  return merged;
}

/** One file, or undefined when there is none. */
export function loadFile(process: Process, path: string, mustExist = false): KubeConfig | undefined {
  let text: string;
  try {
    text = process.fs.readFile(path, process.cwd);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (error.errno === 'ENOENT' && !mustExist) return undefined;
    if (error.errno === 'ENOENT') throw new KubectlError(`stat ${path}: no such file or directory`);
    throw new KubectlError(`error loading config file "${path}": open ${path}: ${error.message.toLowerCase()}`);
  }
  return parseConfig(text, path);
}

const memo = new Map<string, any>();

function parseConfig(text: string, path: string): KubeConfig {
  let raw: any = memo.get(text);
  if (raw === undefined) {
    try {
      raw = parseYaml(text) ?? {};
    } catch (error) {
      if (error instanceof YamlError) throw new KubectlError(`error loading config file "${path}": ${error.message}`);
      throw error;
    }
    if (memo.size > 20) memo.clear();
    memo.set(text, raw);
  }
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    throw new KubectlError(`error loading config file "${path}": couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(raw) ? 'array' : typeof raw} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
  }
  const table = (list: any, field: string) => new Map<string, any>((Array.isArray(list) ? list : []).map((e: any) => [String(e.name), e[field] ?? {}]));
  return {
    clusters: table(raw.clusters, 'cluster'), contexts: table(raw.contexts, 'context'), users: table(raw.users, 'user'),
    currentContext: raw['current-context'] ?? '', preferences: raw.preferences ?? {}, origin: new Map(),
  };
}

/** What the flags and the configuration say about how to reach the API server. */
export function clusterAccess(process: Process, flags: Flags, config: KubeConfig): ClusterAccess {
  const contextName = flags.string('context') || config.currentContext;
  const context = config.contexts.get(contextName);
  if (flags.string('context') && !context) throw new ConfigurationError([`context was not found for specified context: ${contextName}`]);
  const clusterName = flags.string('cluster') || context?.cluster || '';
  const userName = flags.string('user') || context?.user || '';
  if (flags.string('cluster') && !config.clusters.has(clusterName)) throw new KubectlError(`no server found for cluster "${clusterName}"`);
  if (flags.string('user') && !config.users.has(userName)) throw new KubectlError(`auth info "${userName}" does not exist`);
  if (config.currentContext && !context && !flags.string('context') && !flags.string('cluster') && !flags.string('server')) {
    throw new ConfigurationError([`context was not found for specified context: ${contextName}`]);
  }
  const cluster = { ...config.clusters.get(clusterName) };
  const user = { ...config.users.get(userName) };
  const inPod = clusterName === '' && !flags.string('server') ? inCluster(process, flags) : undefined;
  if (inPod) return inPod;
  if (clusterName !== '' && !config.clusters.has(clusterName) && !flags.string('server')) throw new ConfigurationError([`no server found for cluster "${clusterName}"`]);
  return access(process, flags, { cluster, user, context, clusterName, userName, base: (kind, name) => dirname(resolve(config.origin.get(`${kind}/${name}`) ?? '', process.cwd)) });
}

interface Parts {
  cluster: any;
  user: any;
  context: any;
  clusterName: string;
  userName: string;
  base: (kind: string, name: string) => string;
}

function access(process: Process, flags: Flags, { cluster, user, context, clusterName, userName, base }: Parts): ClusterAccess {
  const problems: string[] = [];
  const server = normalizeServer(flags.string('server') || cluster.server || '');
  if (flags.changed('insecure-skip-tls-verify') && !flags.string('certificate-authority')) for (const f of ['certificate-authority', 'certificate-authority-data']) delete cluster[f];
  if (flags.changed('certificate-authority')) delete cluster['certificate-authority-data'];
  if (flags.changed('client-certificate')) delete user['client-certificate-data'];
  if (flags.changed('client-key')) delete user['client-key-data'];
  const pem = (data: unknown, file: string | undefined, flag: string, kind: string, name: string, what: string): string | undefined => {
    if (data) {
      const text = fromBase64(String(data));
      return typeof text === 'string' ? text : undefined;
    }
    const path = flags.string(flag) || (file && !file.startsWith('/') ? `${base(kind, name)}/${file}` : file);
    if (!path) return undefined;
    try {
      return process.fs.readFile(path, process.cwd);
    } catch (error) {
      problems.push(`unable to read ${what} ${path} for ${name} due to open ${path}: ${(error as Error).message.toLowerCase()}`);
      return undefined;
    }
  };
  const insecure = flags.bool('insecure-skip-tls-verify') || (!flags.changed('insecure-skip-tls-verify') && cluster['insecure-skip-tls-verify'] === true);
  const ca = pem(cluster['certificate-authority-data'], cluster['certificate-authority'], 'certificate-authority', 'clusters', clusterName, 'certificate-authority');
  const clientCertificate = pem(user['client-certificate-data'], user['client-certificate'], 'client-certificate', 'users', userName, 'client-cert');
  const clientKey = pem(user['client-key-data'], user['client-key'], 'client-key', 'users', userName, 'client-key');
  if (problems.length > 0) throw new ConfigurationError(problems);
  if (insecure && ca) throw new KubectlError('specifying a root certificates file with the insecure flag is not allowed');
  const token = flags.string('token') || user.token || (user.tokenFile ? readTrimmed(process, user.tokenFile) : '');
  const username = flags.string('username') || user.username, password = flags.string('password') || user.password;
  const headers: Record<string, string> = {};
  if (token) headers['authorization'] = `Bearer ${token}`;
  else if (username && password) headers['authorization'] = `Basic ${toBase64(`${username}:${password}`)}`;
  impersonation(flags, user, userName, headers);
  return {
    server, insecure, ca, clientCertificate, clientKey, tlsServerName: flags.string('tls-server-name') || cluster['tls-server-name'], headers,
    timeout: requestTimeout(flags), namespace: flags.string('namespace') || context?.namespace || 'default', namespaceGiven: flags.string('namespace') !== '' || flags.string('context') !== '' && !!context?.namespace,
  };
}

function impersonation(flags: Flags, user: any, userName: string, headers: Record<string, string>): void {
  const as = flags.string('as') || user.as;
  const groups: string[] = flags.list('as-group').length > 0 ? flags.list('as-group') : (user['as-groups'] ?? []);
  if (as) headers['impersonate-user'] = as;
  if (groups.length > 0) headers['impersonate-group'] = groups.join(',');
  const uid = flags.string('as-uid') || user['as-uid'];
  if (uid) headers['impersonate-uid'] = uid;
  if (!as && (groups.length > 0 || uid)) throw new KubectlError('requesting uid, groups or user-extra for ' + userName + ' without impersonating a user');
}

/** The pod's own service account (rest.InClusterConfig), when this runs in a pod and nothing was configured. */
function inCluster(process: Process, flags: Flags): ClusterAccess | undefined {
  const host = process.env['KUBERNETES_SERVICE_HOST'], port = process.env['KUBERNETES_SERVICE_PORT'];
  if (!host || !port || !process.fs.exists(`${SERVICE_ACCOUNT}/token`)) return undefined;
  const token = flags.string('token') || readTrimmed(process, `${SERVICE_ACCOUNT}/token`);
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  impersonation(flags, {}, '', headers);
  const own = process.fs.exists(`${SERVICE_ACCOUNT}/namespace`) ? readTrimmed(process, `${SERVICE_ACCOUNT}/namespace`) : 'default';
  return {
    server: `https://${host}:${port}`, insecure: flags.bool('insecure-skip-tls-verify'), ca: process.fs.exists(`${SERVICE_ACCOUNT}/ca.crt`) ? process.fs.readFile(`${SERVICE_ACCOUNT}/ca.crt`) : undefined,
    headers, timeout: requestTimeout(flags), namespace: flags.string('namespace') || own, namespaceGiven: flags.string('namespace') !== '',
  };
}

function normalizeServer(server: string): string {
  if (server === '') return 'http://localhost:8080';
  return /^\w+:\/\//.test(server) ? server : `http://${server}`;
}

function requestTimeout(flags: Flags): number {
  const text = flags.string('request-timeout') || '0';
  if (/^\d+$/.test(text)) return Number(text);
  const [, n, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (!n) throw new KubectlError(`Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)`);
  return Number(n) * { ms: 0.001, s: 1, m: 60, h: 3600 }[unit as 's']!;
}

function readTrimmed(process: Process, path: string): string {
  return process.fs.readFile(path, process.cwd).trim();
}
