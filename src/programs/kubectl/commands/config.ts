// kubectl config: reading and changing kubeconfig files (k8s.io/kubectl/pkg/cmd/config).
import { toBase64 } from '../../../kubernetes/api/base64.ts';
import type { Command } from '../cli.ts';
import { KubectlError, throwAll, usageError } from '../errors.ts';
import { helpOf } from '../help.ts';
import { configPaths, emptyConfig, loadConfig, loadFile, type KubeConfig } from '../kubeconfig.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';
import { align } from '../tabwriter.ts';
import { toYaml } from '../yaml/emit.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
type Kind = 'clusters' | 'contexts' | 'users';
type Sub = (k: Kubectl, command: Command) => Promise<void> | void;

const SUBCOMMANDS: Record<string, Sub> = {
  'current-context': (k) => {
    const { currentContext } = startingConfig(k);
    if (!currentContext) throw new KubectlError('current-context is not set');
    k.out(`${currentContext}\n`);
  },
  'delete-cluster': (k, c) => deleteEntry(k, c, 'clusters', 'cluster'),
  'delete-context': (k, c) => deleteEntry(k, c, 'contexts', 'context'),
  'delete-user': (k, c) => deleteEntry(k, c, 'users', 'user'),
  'get-clusters': (k) => k.out(`NAME\n${sortedNames(startingConfig(k).clusters).map((n) => `${n}\n`).join('')}`),
  'get-contexts': getContexts,
  'get-users': (k) => k.out(`NAME\n${sortedNames(startingConfig(k).users).map((n) => `${n}\n`).join('')}`),
  'rename-context': renameContext,
  set: setValue,
  'set-cluster': setCluster,
  'set-context': setContext,
  'set-credentials': setCredentials,
  unset: unsetValue,
  'use-context': useContext,
  view,
};

export async function run(k: Kubectl, command: Command): Promise<void> {
  const subcommand = SUBCOMMANDS[command.path.split(' ')[2] ?? ''];
  if (!subcommand) throw usageError(command.path, `unknown command ${JSON.stringify(command.args.join(' '))}`);
  await subcommand(k, command);
}

/** What there is; a file named by --kubeconfig may still have to be made. */
function startingConfig(k: Kubectl): KubeConfig {
  const { paths, explicit } = configPaths(k.process, k.flags);
  return explicit && !k.process.fs.exists(paths[0]!, k.process.cwd) ? emptyConfig() : loadConfig(k.process, k.flags);
}

function sortedNames(map: Map<string, any>): string[] {
  return [...map.keys()].sort();
}

/** Exactly so many; else the help comes first (helpErrorf). */
function needArgs(k: Kubectl, command: Command, n: number, text = 'Unexpected args'): string[] {
  if (command.args.length === n) return command.args;
  k.out(helpOf(command.path));
  throw new KubectlError(`${text}: [${command.args.join(' ')}]`);
}

/** Changes the file that holds the entry (or the first one that exists) and writes it back. */
function modify(k: Kubectl, entry: string | undefined, change: (config: KubeConfig) => void): void {
  const { paths, explicit } = configPaths(k.process, k.flags);
  const exists = (p: string) => k.process.fs.exists(p, k.process.cwd);
  const holder = entry && !explicit ? paths.find((p) => { const c = loadFile(k.process, p); const [kind, ...name] = entry.split('/') as [Kind | 'current', ...string[]]; return c && (kind === 'current' ? c.currentContext !== '' : c[kind].has(name.join('/'))); }) : undefined;
  const path = holder ?? (explicit ? paths[0]! : (paths.find(exists) ?? paths.at(-1)!));
  const config = loadFile(k.process, path) ?? emptyConfig();
  change(config);
  const dir = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  if (dir && !exists(dir)) k.process.fs.mkdir(dir, { cwd: k.process.cwd, parents: true });
  try {
    k.process.fs.writeFile(path, toYaml(asObject(config)), { cwd: k.process.cwd, mode: 0o600 });
  } catch (error) {
    throw new KubectlError(`open ${path}: ${(error as Error).message.toLowerCase()}`);
  }
}

function asObject(config: KubeConfig): any {
  const list = (map: Map<string, any>, field: string) => (map.size === 0 ? null : sortedNames(map).map((name) => ({ name, [field]: map.get(name) })));
  return { apiVersion: 'v1', kind: 'Config', preferences: config.preferences ?? {}, clusters: list(config.clusters, 'cluster'), contexts: list(config.contexts, 'context'), users: list(config.users, 'user'), 'current-context': config.currentContext };
}

async function view(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  if (command.args.length > 0) throw usageError(command.path, `unexpected arguments: [${command.args.join(' ')}]`);
  const config = startingConfig(k);
  if (flags.bool('minify')) minify(config, flags.string('context'));
  if (!flags.bool('raw') && !flags.bool('flatten')) redact(config);
  if (flags.bool('flatten')) flatten(k, config);
  k.out((await printer(k, '', undefined, flags.string('output') || 'yaml'))(inTypeOrder(asObject(config)), { typed: true }));
}

/** As clientcmd's Go type has its fields. */
function inTypeOrder({ kind, apiVersion, preferences, clusters, users, contexts, ...rest }: any): any {
  return { kind, apiVersion, preferences, clusters: clusters?.map(({ name, cluster: { server, ...c } }: any) => ({ name, cluster: { server, ...c } })) ?? null, users, contexts: contexts?.map(({ name, context: { cluster, user, ...c } }: any) => ({ name, context: { cluster, user, ...c } })) ?? null, ...rest };
}

function minify(config: KubeConfig, wanted: string): void {
  const name = wanted || config.currentContext;
  if (!name) throw new KubectlError('current-context must exist in order to minify');
  const context = config.contexts.get(name);
  if (!context) throw new KubectlError(`cannot locate context ${name}`);
  for (const kind of ['contexts', 'clusters', 'users'] as const) {
    const keep = kind === 'contexts' ? name : kind === 'clusters' ? context.cluster : context.user;
    config.currentContext = name;
    for (const other of [...config[kind].keys()]) if (other !== keep) config[kind].delete(other);
  }
}

function redact(config: KubeConfig): void {
  for (const [name, c] of config.clusters) if (c['certificate-authority-data']) config.clusters.set(name, { ...c, 'certificate-authority-data': 'DATA+OMITTED' });
  for (const [name, u] of config.users) {
    const copy = { ...u };
    for (const field of ['client-certificate-data', 'client-key-data']) if (copy[field]) copy[field] = 'DATA+OMITTED';
    for (const field of ['token', 'password']) if (copy[field]) copy[field] = 'REDACTED';
    config.users.set(name, copy);
  }
}

function flatten(k: Kubectl, config: KubeConfig): void {
  const inline = (map: Map<string, any>, fields: string[]) => {
    for (const [name, entry] of map) for (const field of fields) {
      if (!entry[field]) continue;
      const { [field]: path, ...rest } = entry;
      map.set(name, { ...rest, [`${field}-data`]: toBase64(k.process.fs.readContent(path, k.process.cwd)) });
    }
  };
  inline(config.clusters, ['certificate-authority']);
  inline(config.users, ['client-certificate', 'client-key']);
}

function getContexts(k: Kubectl, { args, flags }: Command): void {
  const config = startingConfig(k), output = flags.string('output');
  if (output && output !== 'name') throw new KubectlError(`output must be one of '' or 'name': ${output}`.replace(/: .*$/, ''));
  const unknown: string[] = [];
  const wanted = args.length > 0 ? args.filter((a) => config.contexts.has(a) || (unknown.push(a), false)) : sortedNames(config.contexts);
  let text = output === 'name' || flags.bool('no-headers') ? '' : 'CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n';
  for (const name of wanted) {
    const c = config.contexts.get(name);
    text += output === 'name' ? `${name}\n` : `${name === config.currentContext ? '*' : ''}\t${name}\t${c.cluster ?? ''}\t${c.user ?? ''}\t${c.namespace ?? ''}\n`;
  }
  k.out(align(text, { min: 6, padding: 3 }));
  throwAll(unknown.map((u) => new KubectlError(`context ${u} not found`)));
}

function useContext(k: Kubectl, command: Command): void {
  const [name] = needArgs(k, command, 1);
  if (!startingConfig(k).contexts.has(name!)) throw new KubectlError(`no context exists with the name: "${name}"`);
  modify(k, 'current/', (c) => void (c.currentContext = name!));
  k.out(`Switched to context "${name}".\n`);
}

function deleteEntry(k: Kubectl, command: Command, kind: Kind, one: string): void {
  const [name] = command.args;
  if (name === undefined && kind === 'users') throw usageError(command.path, 'user to delete is required');
  if (name === undefined || (kind !== 'users' && command.args.length > 1)) return k.out(helpOf(command.path));
  const config = startingConfig(k);
  const { paths } = configPaths(k.process, k.flags);
  const file = paths[0]!;
  if (!config[kind].has(name!)) throw new KubectlError(`cannot delete ${one} ${name}, not in ${file}`);
  if (kind === 'contexts' && config.currentContext === name) k.err(`warning: this removed your active context, use "kubectl config use-context" to select a different one\n`);
  modify(k, `${kind}/${name}`, (c) => void c[kind].delete(name!));
  k.out(`deleted ${one} ${name} from ${file}\n`);
}

function renameContext(k: Kubectl, command: Command): void {
  const [from, to] = needArgs(k, command, 2);
  const config = startingConfig(k);
  if (!config.contexts.has(from!)) throw new KubectlError(`cannot rename the context "${from}", it's not in ${configPaths(k.process, k.flags).paths[0]}`);
  if (config.contexts.has(to!)) throw new KubectlError(`cannot rename the context "${from}", the context "${to}" already exists in ${configPaths(k.process, k.flags).paths[0]}`);
  modify(k, `contexts/${from}`, (c) => {
    c.contexts.set(to!, c.contexts.get(from!));
    c.contexts.delete(from!);
    if (c.currentContext === from) c.currentContext = to!;
  });
  k.out(`Context "${from}" renamed to "${to}".\n`);
}

function put(entry: any, field: string, value: string | boolean | undefined): void {
  if (value === '' || value === undefined || value === false) delete entry[field];
  else entry[field] = value;
}

function setContext(k: Kubectl, command: Command): void {
  const { flags } = command;
  if (command.args.length > 1 || (command.args.length === 0 && !flags.bool('current')) || (command.args.length === 1 && flags.bool('current'))) {
    if (command.args.length > 1) needArgs(k, command, 1);
    throw new KubectlError(command.args.length === 1 ? 'you cannot specify both a context name and --current' : 'you must specify a non-empty context name or --current');
  }
  const config = startingConfig(k);
  const name = flags.bool('current') ? config.currentContext : command.args[0]!;
  if (!name) throw new KubectlError('no current context is set');
  const existed = config.contexts.has(name);
  modify(k, `contexts/${name}`, (c) => {
    const entry = { ...(c.contexts.get(name) ?? { cluster: '', user: '' }) };
    for (const field of ['cluster', 'user', 'namespace']) if (flags.changed(field)) entry[field] = flags.string(field);
    if (entry.namespace === '') delete entry.namespace;
    c.contexts.set(name, entry);
  });
  k.out(`Context "${name}" ${existed ? 'modified' : 'created'}.\n`);
}

function setCluster(k: Kubectl, command: Command): void {
  const { flags } = command;
  const [name] = needArgs(k, command, 1);
  const ca = flags.string('certificate-authority');
  if (flags.bool('embed-certs') && flags.changed('embed-certs') && ca === '') throw new KubectlError(`you must specify a --certificate-authority to embed`);
  if (flags.bool('insecure-skip-tls-verify') && ca) throw new KubectlError('you cannot specify a certificate authority and insecure mode at the same time');
  modify(k, `clusters/${name}`, (c) => {
    const entry = { ...(c.clusters.get(name!) ?? { server: '' }) };
    if (flags.changed('server')) entry.server = flags.string('server').replace(/\/$/, '');
    if (flags.changed('tls-server-name')) put(entry, 'tls-server-name', flags.string('tls-server-name'));
    if (flags.changed('proxy-url')) put(entry, 'proxy-url', flags.string('proxy-url'));
    if (flags.changed('insecure-skip-tls-verify')) {
      put(entry, 'insecure-skip-tls-verify', flags.bool('insecure-skip-tls-verify'));
      if (flags.bool('insecure-skip-tls-verify')) for (const f of ['certificate-authority', 'certificate-authority-data']) delete entry[f];
    }
    if (ca) embed(k, entry, 'certificate-authority', ca, flags.bool('embed-certs'));
    c.clusters.set(name!, entry);
  });
  k.out(`Cluster "${name}" set.\n`);
}

function embed(k: Kubectl, entry: any, field: string, path: string, inline: boolean): void {
  delete entry[field];
  delete entry[`${field}-data`];
  if (!inline) {
    entry[field] = path.startsWith('/') ? path : `${k.process.cwd}/${path}`;
    return;
  }
  try {
    entry[`${field}-data`] = toBase64(k.process.fs.readContent(path, k.process.cwd));
  } catch (error) {
    throw new KubectlError(`could not stat ${field} file ${path}: stat ${path}: ${(error as Error).message.toLowerCase()}`);
  }
}

function setCredentials(k: Kubectl, command: Command): void {
  const { flags } = command;
  const [name] = needArgs(k, command, 1, 'unexpected args');
  if (flags.string('token') && (flags.string('username') || flags.string('password'))) throw new KubectlError('you cannot specify more than one authentication method at the same time: --token, --username/--password');
  modify(k, `users/${name}`, (c) => {
    const entry = { ...(c.users.get(name!) ?? {}) };
    for (const field of ['client-certificate', 'client-key']) if (flags.string(field)) embed(k, entry, field, flags.string(field), flags.bool('embed-certs'));
    for (const field of ['token', 'username', 'password']) if (flags.changed(field)) put(entry, field, flags.string(field));
    if (flags.string('token')) for (const field of ['username', 'password']) delete entry[field];
    if (flags.changed('exec-command')) {
      const env = flags.list('exec-env').map((e) => ({ name: e.split('=')[0], value: e.slice(e.indexOf('=') + 1) }));
      entry.exec = { apiVersion: flags.string('exec-api-version'), command: flags.string('exec-command'), args: flags.list('exec-arg').length > 0 ? flags.list('exec-arg') : null, env: env.length > 0 ? env : null, provideClusterInfo: false, interactiveMode: 'IfAvailable' };
    }
    c.users.set(name!, entry);
  });
  k.out(`User "${name}" set.\n`);
}

/** users.NAME.token, clusters.NAME.server, current-context … */
function steps(config: KubeConfig, property: string): { holder: any; field: string; map?: Map<string, any>; name?: string } {
  if (property === 'current-context') return { holder: config, field: 'currentContext' };
  const [kind, ...rest] = property.split('.');
  if (kind !== 'clusters' && kind !== 'contexts' && kind !== 'users') throw new KubectlError(`unable to parse ${property} after [] at api.Config`);
  const map = config[kind];
  const name = [...map.keys()].filter((n) => property.startsWith(`${kind}.${n}`)).sort((a, b) => b.length - a.length)[0] ?? rest.slice(0, -1).join('.') ;
  const field = property.slice(`${kind}.${name}.`.length);
  return { holder: map.get(name), field, map, name: name || rest.join('.') };
}

/** What an entry may have (clientcmd/api/v1): anything else is taken for a part of its name, and so for the map of all. */
const FIELDS: Record<Kind, string> = {
  clusters: 'server tls-server-name insecure-skip-tls-verify certificate-authority certificate-authority-data proxy-url disable-compression', contexts: 'cluster user namespace',
  users: 'client-certificate client-certificate-data client-key client-key-data token tokenFile act-as act-as-uid act-as-groups username password',
};

function noField(k: Kubectl, kind: Kind, map: Map<string, any>): KubectlError {
  const pointer = (name: string) => `0xc000${k.process.world.rng.fork(`${kind}/${name}`).hex(6)}`;
  return new KubectlError(`can't set a map to a value: map[${sortedNames(map).map((name) => `${name}:${pointer(name)}`).join(' ')}]`);
}

function setValue(k: Kubectl, command: Command): void {
  const [property, value] = needArgs(k, command, 2) as [string, string];
  modify(k, undefined, (c) => {
    const { holder, field, map, name } = steps(c, property);
    if (!map) {
      holder[field] = value;
      return;
    }
    const kind = property.split('.')[0] as Kind;
    if (!/^(exec|auth-provider)\b/.test(field) && !FIELDS[kind].split(' ').includes(field)) throw noField(k, kind, map);
    map.set(name!, { ...holder, [field]: /^(true|false)$/.test(value) ? value === 'true' : k.flags.bool('set-raw-bytes') ? toBase64(value) : value });
  });
  k.out(`Property "${property}" set.\n`);
}

function unsetValue(k: Kubectl, command: Command): void {
  const [property] = needArgs(k, command, 1) as [string];
  modify(k, undefined, (c) => {
    const { holder, field, map, name } = steps(c, property);
    if (!map) holder[field] = '';
    else if (field === '' || !property.slice(property.indexOf('.') + 1).includes('.')) map.delete(name!);
    else if (!holder) throw new KubectlError(`current map key \`${property.split('.')[1]}\` is invalid`);
    else {
      const { [field]: _, ...rest } = holder;
      map.set(name!, rest);
    }
  });
  k.out(`Property "${property}" unset.\n`);
}
