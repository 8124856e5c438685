/** What the networks of one world share: the tracer, the randomness of wires and ports, counters of identities. */
import type { Rng } from '../../sim/rng.ts';
import type { Micros } from '../../sim/clock.ts';
import type { Process } from '../process.ts';
import type { World } from '../world.ts';
import type { Inet6 } from './ipv6/index.ts';
import type { Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import { tracer, type Tracer } from './trace.ts';

export class NetShared {
  readonly tracer: Tracer;
  readonly ports: Rng;
  readonly macs: Rng;
  readonly numbers: Rng;
  /** What a socket chooses when it connects (sk_txhash). */
  readonly hashes: Rng;
  readonly #wire: Rng;
  /** How many devices deep a frame is being sent: tunnels in tunnels. */
  transmitting = 0;
  /** The kernel is sending ICMP of its own: what goes wrong with that is told to nobody (icmp_xmit_lock). */
  answering = false;
  /** IPv6, once something has needed it. */
  inet6: (new (ns: NetNamespace) => Inet6) | undefined;
  #inode = 20_000;
  readonly #world: World;
  readonly #fds = new WeakMap<Process, number>();
  readonly #logs = new Map<string, { at: Micros; line: string }[]>();

  constructor(world: World) {
    this.#world = world;
    this.tracer = tracer(world);
    const rng = world.rng.fork('net');
    this.ports = rng.fork('ports');
    this.macs = rng.fork('macs');
    this.numbers = rng.fork('numbers');
    this.hashes = rng.fork('hashes');
    this.#wire = rng.fork('wire');
  }

  /** Microseconds that a frame takes from one link to another: a wire between machines, or a crossing inside one. */
  delay(from: Link, to: Link): number {
    if (from === to) return 4 + this.#wire.int(5);
    return from.ns.machine === to.ns.machine ? 3 + this.#wire.int(5) : 20 + this.#wire.int(30);
  }

  /** The number of the process's next socket descriptor. */
  nextFd(process: Process): number {
    const fd = this.#fds.get(process) ?? 3;
    this.#fds.set(process, fd + 1);
    return fd;
  }

  /** Adds a line to the machine's kernel log (dmesg) as far as the network writes it; the newest 2,000 are kept. */
  kernelLog(machine: string, line: string): void {
    const log = this.#logs.get(machine) ?? [];
    log.push({ at: this.#world.clock.now, line });
    if (log.length > 2_000) log.shift();
    this.#logs.set(machine, log);
  }
  kernelLogOf(machine: string): readonly { at: Micros; line: string }[] {
    return this.#logs.get(machine) ?? [];
  }

  /** Inode numbers of sockets. */
  nextInode(): number {
    return (this.#inode += 1 + this.numbers.int(3));
  }
}

const all = new WeakMap<World, NetShared>();

/** IPv6 of a namespace: loaded for the world when it is first asked for, while virtual time stands still. For programs. */
export async function ipv6Of(ns: NetNamespace): Promise<Inet6> {
  ns.shared.inet6 ??= (await ns.world.tasks.outside(import('./ipv6/index.ts'))).Inet6;
  return ns.inet6!;
}

export function netShared(world: World): NetShared {
  let s = all.get(world);
  if (!s) all.set(world, (s = new NetShared(world)));
  return s;
}
