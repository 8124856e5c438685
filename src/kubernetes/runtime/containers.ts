/** What a container runtime keeps, in the words of the CRI (cri-api's api.proto). */
import type { FileSystem, Mount } from '../../linux/files.ts';
import type { NetNamespace } from '../../linux/net/namespace.ts';
import type { PidNamespace, Process } from '../../linux/process.ts';
import type { Pipe } from '../../linux/streams.ts';
import type { Tty } from '../../linux/tty.ts';
import type { Micros } from '../../sim/clock.ts';
import type { Image } from './image.ts';
import type { ContainerLog } from './log.ts';

export interface SandboxConfig {
  name: string;
  namespace: string;
  uid: string;
  attempt: number;
  hostname: string;
  hostNetwork: boolean;
  hostPID?: boolean;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  resolvConf: string;
  portMappings?: { hostPort: number; containerPort: number; protocol: string; hostIP?: string }[];
}

export interface Sandbox {
  readonly id: string;
  readonly config: SandboxConfig;
  readonly createdAt: Micros;
  state: 'READY' | 'NOTREADY';
  ip: string | undefined;
  net: NetNamespace;
  uts: { hostname: string };
  /** Name in /run/netns; empty with the host's network. */
  netns: string;
  shim: Process;
  pause: Process | undefined;
}

export interface ContainerConfig {
  name: string;
  attempt: number;
  image: Image;
  /** As the Pod names it. */
  imageName: string;
  command?: string[] | undefined;
  args?: string[] | undefined;
  env: Record<string, string>;
  workdir?: string | undefined;
  uid?: number | undefined;
  gid?: number | undefined;
  privileged?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  mounts: Mount[];
  /** Files bound over the image's: /etc/hosts, /etc/resolv.conf … */
  files: Record<string, string>;
  tty: boolean;
  stdin: boolean;
  stdinOnce?: boolean;
  readOnlyRoot?: boolean;
  /** Bytes (limits.memory). */
  memoryLimit?: number;
  /** /var/log/pods/…/N.log */
  logPath: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Processes of another container to share (kubectl debug --target). */
  pidsOf?: Container | undefined;
}

export interface Container {
  readonly id: string;
  readonly config: ContainerConfig;
  readonly sandbox: Sandbox;
  readonly createdAt: Micros;
  readonly log: ContainerLog;
  fs: FileSystem;
  state: 'CREATED' | 'RUNNING' | 'EXITED';
  startedAt: Micros;
  finishedAt: Micros;
  exitCode: number;
  reason: string;
  message: string;
  process: Process | undefined;
  tty: Tty | undefined;
  stdin: Pipe | undefined;
  pids: PidNamespace;
  oomKilled: boolean;
}

/** A refusal of the runtime; the message is the gRPC description. */
export class CriError extends Error {}
