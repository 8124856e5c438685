import type { FileSystem } from '../../linux/files.ts';
import type { Machine } from '../../linux/machine.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';
import type { Process } from '../../linux/process.ts';

/** The CNI specification's types (containernetworking/cni, SPEC.md, version 1.0.0), as far as plugins here speak it. */
export interface PluginConfig {
  type: string;
  name?: string;
  cniVersion?: string;
  capabilities?: Record<string, boolean>;
  ipam?: IpamConfig;
  runtimeConfig?: { portMappings?: PortMapping[] };
  prevResult?: CniResult;
  [key: string]: unknown;
}

export interface IpamConfig {
  type?: string;
  [key: string]: unknown;
}

export interface PortMapping {
  hostPort: number;
  containerPort: number;
  protocol: string;
  hostIP?: string;
}

export interface CniResult {
  cniVersion: string;
  interfaces?: { name: string; mac?: string; mtu?: number; sandbox?: string }[];
  ips?: { interface?: number; address: string; gateway?: string }[];
  routes?: { dst: string; gw?: string }[];
  dns?: Record<string, unknown>;
}

export type CniCommand = 'ADD' | 'DEL' | 'CHECK';

/** One run of a plugin's executable: its environment and its standard input. */
export interface CniCall {
  /** Who runs it: the runtime, or somebody at a terminal. */
  process: Process;
  machine: Machine;
  /** Where it runs: the machine's own network and files, unless somebody types it elsewhere. */
  host: NetNamespace;
  fs: FileSystem;
  command: CniCommand;
  /** CNI_CONTAINERID */
  containerId: string;
  /** CNI_NETNS, a path, and the namespace behind it; undefined when that is gone. */
  netns: string;
  net: NetNamespace | undefined;
  /** CNI_IFNAME */
  ifName: string;
  /** CNI_ARGS */
  args: Readonly<Record<string, string>>;
  /** CNI_PATH */
  path: readonly string[];
  config: PluginConfig;
}

/** What an executable does; without a result for DEL and CHECK. Throws CniError. */
export type CniPlugin = (call: CniCall) => CniResult | undefined;

/** A plugin's refusal; the message is its `msg`, with `; details` when there are any. */
export class CniError extends Error {
  /** Codes of the specification; 999 is the library's own for any error. */
  readonly code: number;
  constructor(message: string, code = 999) {
    super(message);
    this.code = code;
  }
}

/** What the container's own namespace is for an ADD. Throws as the plugins do when it is gone. */
export function sandboxOf(call: CniCall): NetNamespace {
  if (call.net) return call.net;
  throw new CniError(`failed to open netns "${call.netns}": failed to Statfs "${call.netns}": no such file or directory`);
}
