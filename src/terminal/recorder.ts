/** Keeps what the network told of the last requests that somebody made: connections opened and pings, not the cluster's own talk. */
import type { World } from '../linux/world.ts';
import { tracer, type TraceStep } from '../linux/net/trace.ts';
import type { PacketWalk } from './protocol.ts';
import { lastWalk } from './walk.ts';

/** Ports the control plane talks on (API server, etcd, kubelet, its managers). */
const CONTROL = new Set([6443, 2379, 2380, 2381, 10249, 10250, 10256, 10257, 10259]);
/** Steps kept; a request through vxlan and back is about a hundred. */
const KEPT = 1500;

export class Recorder {
  readonly #steps: TraceStep[];
  readonly #world: World;
  #told = 0;

  constructor(world: World) {
    this.#world = world;
    this.#steps = tracer(world).start(isRequest).steps;
  }

  /** The last request's walk when something has happened to it since it was asked for, else undefined. */
  news(): PacketWalk | undefined {
    if (this.#steps.length === this.#told) return undefined;
    if (this.#steps.length > 2 * KEPT) this.#steps.splice(0, this.#steps.length - KEPT);
    this.#told = this.#steps.length;
    const walk = lastWalk(this.#steps);
    if (walk) nameSpaces(this.#world, walk);
    return walk;
  }
}

/** A Pod's namespace is called as its sandbox's hostname, which is the Pod's name. */
export function nameSpaces(world: World, walk: PacketWalk): void {
  for (const step of walk.steps) if (step.namespace !== '') step.namespace = podIn(world, step.machine, step.namespace);
}

export function podIn(world: World, machine: string, namespace: string): string {
  const on = world.machines.get(machine);
  const inside = on?.pids.processes().find((process) => process.net.name === namespace && process.uts !== on.uts);
  return inside?.uts.hostname ?? namespace;
}

function isRequest({ packet, background, kind }: TraceStep): boolean {
  if (background || kind === 'arp') return false;
  if (packet.proto === 'icmp') return packet.flags === 'echo-request' || packet.flags === 'echo-reply';
  if (packet.proto !== 'tcp' || CONTROL.has(packet.dport ?? 0) || CONTROL.has(packet.sport ?? 0)) return false;
  return packet.flags === 'S' || packet.flags === 'S.' || /R/.test(packet.flags ?? '');
}
