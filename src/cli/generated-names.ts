import type { KubeObject } from '../kubernetes/api/types.ts';
import { ApiClient, core } from '../kubernetes/client/client.ts';
import { servers } from '../kubernetes/runtime/connection.ts';
import { userOf } from '../kubernetes/runtime/kubeconfig.ts';
import type { World } from '../linux/world.ts';

/**
 * Whoever recorded a session typed names that the cluster had generated and printed (`pi-nkzdb`); a replay has others
 * (`pi-h5ltd`). A name of that form that no Pod has is taken for the oldest Pod of the same beginning not yet called so.
 */
export class GeneratedNames {
  readonly #world: World;
  readonly #given = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  translate(command: string): string {
    return command.replace(GENERATED, (name) => this.#given.get(name) ?? this.#find(name) ?? name);
  }

  #find(name: string): string | undefined {
    const pods = this.#pods();
    if (pods.some((p) => p.metadata.name === name)) return undefined;
    const taken = new Set(this.#given.values());
    const prefix = name.slice(0, -5), free = pods.filter((p) => !taken.has(p.metadata.name));
    const set = new RegExp(`^${prefix.replace(/[0-9a-z]{5,10}-$/, '')}[0-9a-z]{5,10}-[0-9a-z]{5}$`);
    const found = free.find((p) => p.metadata.name.startsWith(prefix) && p.metadata.name.length === name.length) ?? free.find((p) => p.metadata.ownerReferences?.[0]?.kind === 'ReplicaSet' && set.test(p.metadata.name));
    if (found) this.#given.set(name, found.metadata.name);
    return found?.metadata.name;
  }

  /** Oldest first. */
  #pods(): KubeObject[] {
    const listening = [...servers(this.#world).values()][0];
    if (!listening?.process.running) return [];
    const client = new ApiClient(listening.transport, userOf('kubernetes-admin', ['system:masters']), 'replay');
    return [...client.list(core('pods')).items].sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''));
  }
}

/** PREFIX- and five of the characters that generated names are made of. */
const GENERATED = /\b[a-z0-9](?:[-a-z0-9]*[a-z0-9])?-[bcdfghjklmnpqrstvwxz2456789]{5}(?![-\w])/g;
