import type { KubeletApi } from '../../apiserver/kubelet-api.ts';
import type { Identity } from '../../apiserver/registry.ts';
import type { RaftGroup } from '../../etcd/raft.ts';
import type { Etcd } from '../../etcd/store.ts';
import type { Directory } from '../../../linux/files.ts';
import type { Process } from '../../../linux/process.ts';
import type { World } from '../../../linux/world.ts';

/** An etcd that serves clients. k3s's kine stands for one: it has no members. */
export interface EtcdServer {
  process: Process;
  store: Etcd;
  member?: { id: bigint; group: RaftGroup; version: string };
}

/** A world's etcd members and kubelets, by address: what the components find at the other end of their connections. */
interface Wires {
  etcd: Map<string, EtcdServer>;
  /** What an etcd's data directory holds, and the member it belongs to. */
  data: WeakMap<Directory, { store: Etcd; group: RaftGroup | undefined; id?: bigint }>;
  /** The clusters of several members, by what their members were told of each other. */
  groups: Map<string, RaftGroup>;
  kubelets: Map<string, { process: Process; api: KubeletApi }>;
  /** What the API server is to call objects by: ApiServerOptions.identity. */
  identity?: Identity;
  /** What the API servers end generated names with, where a scenario wants certain ones (ApiServerOptions.nameEndings). */
  nameEndings: Map<string, string[]>;
}
const WIRES = new WeakMap<World, Wires>();
export function wires(world: World): Wires {
  let w = WIRES.get(world);
  if (!w) WIRES.set(world, (w = { etcd: new Map(), data: new WeakMap(), groups: new Map(), kubelets: new Map(), nameEndings: new Map() }));
  return w;
}
