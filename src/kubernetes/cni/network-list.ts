import { btoa } from '../api/base64.ts';
import { FileError, type FileSystem } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { goJsonError } from '../api/go-json-error.ts';
import { execPlugin } from './exec.ts';
import { type CniCall, CniError, type CniResult, type PluginConfig, type PortMapping } from './types.ts';

/** The runtime's side of CNI: go-cni's loading of /etc/cni/net.d and libcni's AddNetworkList and DelNetworkList. */
export interface NetworkList {
  name: string;
  cniVersion: string;
  disableCheck?: boolean;
  plugins: PluginConfig[];
}

export interface Attachment {
  containerId: string;
  /** Name of the namespace in /var/run/netns. */
  netns: string;
  /** CNI_ARGS */
  args: Record<string, string>;
  portMappings?: PortMapping[];
}

/** go-cni's errors: the one that says what is wrong, and the one `Status` answers until a configuration is loaded. */
export class CniLoadError extends Error {}
export const NOT_INITIALIZED = 'cni plugin not initialized';

/** Where the runtime looks for configurations and plugins. */
export interface CniDirs {
  conf: string;
  bin: string;
}
export const CNI_DIRS: CniDirs = { conf: '/etc/cni/net.d', bin: '/opt/cni/bin' };
const CACHE_DIR = '/var/lib/cni/results';
const LOOPBACK: NetworkList = { cniVersion: '0.3.1', name: 'cni-loopback', plugins: [{ type: 'loopback' }] };

/** Asked for at every look at the network, and mostly the same on all nodes. */
const loaded = new Map<string, NetworkList | CniLoadError>();

/** The first file of the directory that may hold a configuration. Throws CniLoadError: then no network is loaded at all. */
export function loadNetwork(fs: FileSystem, { conf }: CniDirs = CNI_DIRS): NetworkList {
  const dir = fs.find(conf);
  if (dir?.kind !== 'dir') return remembered(conf, () => new CniLoadError(`failed to read config file: open ${conf}: no such file or directory: failed to read config file`));
  const file = dir.names().find((n) => /\.(conflist|conf|json)$/.test(n) && dir.get(n)?.kind === 'file');
  if (file === undefined) return remembered(`${conf}/`, () => new CniLoadError(`no network config found in ${conf}: ${NOT_INITIALIZED}`));
  const path = `${conf}/${file}`, text = fs.readFile(path);
  return remembered(`${path}\0${text}`, () => {
    try {
      return file.endsWith('.conflist') ? listOf(text) : listOfOne(text, path);
    } catch (error) {
      if (error instanceof CniLoadError) return error;
      if (!(error instanceof CniError)) throw error;
      return new CniLoadError(`failed to load CNI config ${file.endsWith('.conflist') ? 'list ' : ''}file ${path}: ${error.message}: invalid cni config`);
    }
  });
}

/** What was found the last time, or is found now; throws what is an error. */
function remembered(key: string, find: () => NetworkList | CniLoadError): NetworkList {
  let found = loaded.get(key);
  if (!found) {
    if (loaded.size > 100) loaded.clear();
    loaded.set(key, (found = find()));
  }
  if (found instanceof CniLoadError) throw found;
  return found;
}

/** ConfListFromBytes */
function listOf(text: string): NetworkList {
  const raw = parse(text, 'error parsing configuration list: ');
  const refuse = (why: string): never => {
    throw new CniError(`error parsing configuration list: ${why}`);
  };
  const { name, cniVersion = '', plugins } = raw;
  if (name === undefined) refuse('no name');
  if (typeof name !== 'string') refuse(`invalid name type ${goType(name)}`);
  if (typeof cniVersion !== 'string') refuse(`invalid cniVersion type ${goType(cniVersion)}`);
  if (plugins === undefined) refuse('no \'plugins\' key');
  if (!Array.isArray(plugins)) return refuse(`invalid 'plugins' type ${goType(plugins)}`);
  if (plugins.length === 0) refuse('no plugins in list');
  plugins.forEach((p: unknown, i) => {
    if (typeof (p as PluginConfig | null)?.type !== 'string' || (p as PluginConfig).type === '') throw new CniError(`failed to parse plugin config ${i}: error parsing configuration: missing 'type'`);
  });
  return { name: name as string, cniVersion: cniVersion as string, plugins: plugins as PluginConfig[] };
}

/** A single plugin's configuration (*.conf), as a list of one. */
function listOfOne(text: string, path: string): NetworkList {
  const raw = parse(text, 'error parsing configuration: ');
  if (typeof raw['type'] !== 'string' || raw['type'] === '') throw new CniLoadError(`network type not found in ${path}: invalid cni config`);
  const { name, cniVersion, ...plugin } = raw as PluginConfig;
  return { name: name ?? '', cniVersion: cniVersion ?? '', plugins: [plugin as PluginConfig] };
}

function parse(text: string, before: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new CniError(`${before}json: cannot unmarshal ${goKind(value)} into Go value of type map[string]interface {}`);
    return value as Record<string, unknown>;
  } catch (error) {
    if (error instanceof CniError) throw error;
    throw new CniError(before + goJsonError(text).message.replace('unexpected EOF', 'unexpected end of JSON input'));
  }
}

const goKind = (v: unknown): string => (Array.isArray(v) ? 'array' : typeof v === 'boolean' ? 'bool' : typeof v);
const goType = (v: unknown): string => (v === null ? '<nil>' : Array.isArray(v) ? '[]interface {}' : { number: 'float64', boolean: 'bool', object: 'map[string]interface {}', string: 'string' }[typeof v as string] ?? '');

/** Plugs a sandbox in, loopback first. Throws CniError with what containerd adds to its own message. */
export function addNetworks(process: Process, attachment: Attachment, dirs = CNI_DIRS): CniResult {
  const { machine } = process;
  const list = initialized(machine.fs, dirs);
  run(process, LOOPBACK, 'ADD', 'lo', attachment, dirs);
  const result = run(process, list, 'ADD', 'eth0', attachment, dirs)!;
  const { fs } = machine;
  if (!fs.exists(CACHE_DIR)) fs.mkdir(CACHE_DIR, { parents: true });
  fs.writeFile(cacheFile(list.name, attachment), JSON.stringify({ kind: 'cniCacheV1', containerId: attachment.containerId, config: btoa(JSON.stringify(list)), ifName: 'eth0', networkName: list.name, cniArgs: Object.entries(attachment.args), result }), { mode: 0o600 });
  return result;
}

/** Unplugs it. Throws CniError; then what is left stays as it is. */
export function delNetworks(process: Process, attachment: Attachment, dirs = CNI_DIRS): void {
  const { machine } = process;
  const list = initialized(machine.fs, dirs);
  const path = cacheFile(list.name, attachment), { fs } = machine;
  const cached = fs.exists(path) ? (JSON.parse(fs.readFile(path)) as { result: CniResult }).result : undefined;
  run(process, list, 'DEL', 'eth0', attachment, dirs, cached);
  if (fs.exists(path)) fs.remove(path);
}

/** The configuration in force. Throws CniError as a runtime that has loaded none says it. */
function initialized(fs: Parameters<typeof loadNetwork>[0], dirs: CniDirs): NetworkList {
  try {
    return loadNetwork(fs, dirs);
  } catch (error) {
    if (!(error instanceof CniLoadError)) throw error;
    throw new CniError(NOT_INITIALIZED);
  }
}

const cacheFile = (name: string, { containerId }: Attachment): string => `${CACHE_DIR}/${name}-${containerId}-eth0`;

/** One command through the plugins of a list: for DEL from the last to the first. */
function run(process: Process, list: NetworkList, command: 'ADD' | 'DEL', ifName: string, o: Attachment, { bin }: CniDirs, before?: CniResult): CniResult | undefined {
  const { machine } = process;
  const base: Omit<CniCall, 'config'> = {
    process, machine, host: machine.net, fs: machine.fs, command, containerId: o.containerId, netns: o.netns === '' ? '' : `/var/run/netns/${o.netns}`, net: machine.netns.get(o.netns), ifName, args: o.args, path: [bin],
  };
  let result = before;
  for (const plugin of command === 'ADD' ? list.plugins : [...list.plugins].reverse()) {
    const config: PluginConfig = { ...plugin, name: list.name, cniVersion: list.cniVersion };
    if (result) config.prevResult = result;
    if (plugin.capabilities?.['portMappings'] && o.portMappings) config.runtimeConfig = { portMappings: o.portMappings };
    try {
      const out = execPlugin({ ...base, config });
      if (command === 'ADD') result = out;
    } catch (error) {
      if (error instanceof FileError) error.message = `open ${error.path}: ${error.message.toLowerCase()}`;
      else if (!(error instanceof CniError)) throw error;
      throw new CniError(`plugin type="${plugin.type}"${typeof plugin.name === 'string' ? ` name="${plugin.name}"` : ''} failed (${command === 'ADD' ? 'add' : 'delete'}): ${error.message}`);
    }
  }
  return result;
}
