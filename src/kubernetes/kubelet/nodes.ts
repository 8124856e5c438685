import type { Machine } from '../../linux/machine.ts';
import type { Process } from '../../linux/process.ts';
import type { World } from '../../linux/world.ts';
import type { Micros } from '../../sim/clock.ts';
import type { ContainerRuntime } from '../runtime/cri.ts';
import type { Kubelet } from './kubelet.ts';

/** A node of a world as those see it who stand outside the cluster: podman, systemctl, crictl, the graders. */
export interface ClusterNode {
  readonly name: string;
  readonly ip: string;
  readonly machine: Machine;
  readonly runtime: ContainerRuntime;
  kubelet: Kubelet;
  /** The machine whose containers the nodes are, the node's image, and what the host publishes of it. */
  readonly host: string;
  readonly image: string;
  readonly ports: readonly { hostIP: string; hostPort: number; containerPort: number }[];
  readonly controlPlane: boolean;
  startedAt: Micros;
  state: 'running' | 'exited' | 'paused';
  /** systemctl stop kubelet: systemd does not start it again by itself. */
  kubeletStopped: boolean;
  startKubelet(): void;
  stopKubelet(): void;
  /** podman start, stop, pause, unpause. */
  start(): void;
  stop(): void;
  pause(): void;
  unpause(): void;
}

const NODES = new WeakMap<World, Map<string, ClusterNode>>();

/** By name, in the order in which they were made. */
export function clusterNodes(world: World): ReadonlyMap<string, ClusterNode> {
  return NODES.get(world) ?? new Map();
}

export function registerNode(world: World, node: ClusterNode): void {
  let map = NODES.get(world);
  if (!map) NODES.set(world, (map = new Map()));
  map.set(node.name, node);
}

/** The node a machine is; undefined of other machines. */
export function nodeOf(machine: Machine): ClusterNode | undefined {
  const node = clusterNodes(machine.world).get(machine.name);
  return node?.machine === machine ? node : undefined;
}

export function unregisterNode(world: World, name: string): void {
  NODES.get(world)?.delete(name);
}

/** Who can make a node anew that somebody has deleted: what Docker and kubeadm do for minikube. */
export interface NodeProvider {
  /** Makes the node's container and starts what is in it; `ready` then goes on until the cluster's own objects are there. */
  create(): void;
  ready(): boolean;
  remove(): void;
  /** Writes the kubeconfig of whoever runs the process. */
  configure(process: Process): void;
}

const PROVIDERS = new WeakMap<World, Map<string, NodeProvider>>();

export function nodeProvider(world: World, name: string): NodeProvider | undefined {
  return PROVIDERS.get(world)?.get(name);
}

export function registerProvider(world: World, name: string, provider: NodeProvider): void {
  let map = PROVIDERS.get(world);
  if (!map) PROVIDERS.set(world, (map = new Map()));
  map.set(name, provider);
}
