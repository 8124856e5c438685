import { basename, type Content } from '../../../linux/files.ts';
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { toBase64 } from '../../../kubernetes/api/base64.ts';
import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';
import { meta } from './create-generators.ts';

type Data = Map<string, Content>;

/** --from-file, --from-literal and --from-env-file as keys and contents. */
function collect(k: Kubectl, kind: 'ConfigMap' | 'Secret', name: string): Data {
  const { flags } = k;
  const files = flags.list('from-file'), literals = flags.list('from-literal'), envs = flags.list('from-env-file');
  if (envs.length > 0 && (files.length > 0 || literals.length > 0)) throw new KubectlError('from-env-file cannot be combined with from-file or from-literal');
  const data: Data = new Map();
  const add = (key: string, content: Content) => {
    if (!/^[-._a-zA-Z0-9]+$/.test(key) || key === '.' || key === '..' || key.length > 253) {
      const why = `a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`;
      throw new KubectlError(kind === 'ConfigMap' ? `"${key}" is not a valid key name for a ConfigMap: ${why}` : `"${key}" is not valid key name for a Secret ${why}`);
    }
    if (data.has(key)) throw new KubectlError(kind === 'ConfigMap' ? `cannot add key "${key}", another key by that name already exists in Data for ConfigMap "${name}"` : `cannot add key ${key}, another key by that name already exists`);
    data.set(key, content);
  };
  for (const literal of literals) {
    const cut = literal.indexOf('=');
    if (cut < 0) throw new KubectlError(`invalid literal source ${literal}, expected key=value`);
    if (cut === 0) throw new KubectlError(`invalid literal source ${literal}, expected key=value`);
    const value = literal.slice(cut + 1);
    add(literal.slice(0, cut), /^(["']).*\1$/s.test(value) && value.length >= 2 ? value.slice(1, -1) : value);
  }
  for (const source of files) fromFile(k, source, add);
  for (const path of envs) fromEnvFile(k, path, add);
  return data;
}

function fromFile(k: Kubectl, source: string, add: (key: string, content: Content) => void): void {
  const parts = source.split('=');
  if (parts.length > 2) throw new KubectlError('key names or file paths cannot contain \'=\'');
  const path = parts.at(-1)!, key = parts.length === 2 ? parts[0]! : '';
  if (parts.length === 2 && key === '') throw new KubectlError(`key name for file path ${path} missing`);
  if (parts.length === 2 && path === '') throw new KubectlError(`file path for key name ${key} missing`);
  const found = k.process.fs.find(path, k.process.cwd);
  if (!found) throw new KubectlError(`error reading ${path}: no such file or directory`);
  if (found.kind !== 'dir') return add(key || basename(path), k.process.fs.readContent(path, k.process.cwd));
  if (key) throw new KubectlError('cannot give a key name for a directory path');
  for (const name of k.process.fs.readdir(path, k.process.cwd)) {
    const file = `${path.replace(/\/$/, '')}/${name}`;
    if (k.process.fs.find(file, k.process.cwd)?.kind === 'file') add(name, k.process.fs.readContent(file, k.process.cwd));
  }
}

function fromEnvFile(k: Kubectl, path: string, add: (key: string, content: Content) => void): void {
  const found = k.process.fs.find(path, k.process.cwd);
  if (!found) throw new KubectlError(`error reading ${path}: no such file or directory`);
  if (found.kind === 'dir') throw new KubectlError('env config file cannot be a directory');
  k.process.fs.readFile(path, k.process.cwd).split('\n').forEach((raw, i) => {
    const line = raw.trimStart().replace(/\r$/, '');
    if (line === '' || line.startsWith('#')) return;
    const cut = line.indexOf('=');
    const key = cut < 0 ? line : line.slice(0, cut);
    if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key)) throw new KubectlError(`"${key}" is not a valid key name: a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')`.replace(/^/, `line ${i + 1}: `).replace(/^line \d+: /, ''));
    if (cut >= 0) add(key, line.slice(cut + 1));
    else add(key, k.process.env[key] ?? '');
  });
}

const sorted = (data: Map<string, string>) => Object.fromEntries([...data].sort(([a], [b]) => (a < b ? -1 : 1)));

export function configMap(k: Kubectl, _c: Command, name: string): KubeObject {
  const text = new Map<string, string>(), binary = new Map<string, string>();
  for (const [key, content] of collect(k, 'ConfigMap', name)) {
    const decoded = asText(content);
    if (decoded !== undefined) text.set(key, decoded);
    else binary.set(key, toBase64(content));
  }
  return { kind: 'ConfigMap', apiVersion: 'v1', metadata: meta(name), ...(text.size > 0 ? { data: sorted(text) } : {}), ...(binary.size > 0 ? { binaryData: sorted(binary) } : {}) };
}

export function genericSecret(k: Kubectl, _c: Command, name: string): KubeObject {
  const type = k.flags.string('type');
  return secret(name, type, new Map([...collect(k, 'Secret', name)].map(([key, content]) => [key, toBase64(content)])));
}

export function dockerSecret(k: Kubectl, _c: Command, name: string): KubeObject {
  const { flags } = k;
  const server = flags.string('docker-server'), username = flags.string('docker-username'), password = flags.string('docker-password'), email = flags.string('docker-email');
  const type = 'kubernetes.io/dockerconfigjson';
  if (flags.list('from-file').length > 0) {
    const data: Data = new Map();
    fromFile(k, flags.list('from-file')[0]!, (key, content) => void data.set(key, content));
    return secret(name, type, new Map([...data].map(([key, content]) => [key, toBase64(content)])));
  }
  if (!username || !password || !server) throw new KubectlError('either --from-file or the combination of --docker-username, --docker-password and --docker-server is required');
  const config = JSON.stringify({ auths: { [server]: { username, password, ...(email ? { email } : {}), auth: toBase64(`${username}:${password}`) } } });
  return secret(name, type, new Map([['.dockerconfigjson', toBase64(config)]]));
}

export function tlsSecret(k: Kubectl, _c: Command, name: string): KubeObject {
  const read = (path: string): Content => {
    try {
      return k.process.fs.readContent(path, k.process.cwd);
    } catch (error) {
      throw new KubectlError(`Cannot read file ${path}, open ${path}: ${(error as Error).message.toLowerCase()}`);
    }
  };
  const cert = k.flags.string('cert'), key = k.flags.string('key');
  if (!cert || !key) throw new KubectlError('key and cert must be specified');
  const pem = { cert: read(cert), key: read(key) };
  if (!/-----BEGIN CERTIFICATE-----/.test(String(pem.cert))) throw new KubectlError('tls: failed to find any PEM data in certificate input');
  if (!/-----BEGIN ([A-Z ]+ )?PRIVATE KEY-----/.test(String(pem.key))) throw new KubectlError('tls: failed to find any PEM data in key input');
  return secret(name, 'kubernetes.io/tls', new Map([['tls.crt', toBase64(pem.cert)], ['tls.key', toBase64(pem.key)]]));
}

function secret(name: string, type: string, data: Map<string, string>): KubeObject {
  return { kind: 'Secret', apiVersion: 'v1', metadata: meta(name), ...(data.size > 0 ? { data: sorted(data) } : {}), ...(type ? { type } : {}) };
}

function asText(content: Content): string | undefined {
  if (typeof content === 'string') return content;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
