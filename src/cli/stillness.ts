import { wires } from '../kubernetes/runtime/images/wires.ts';
import type { World } from '../linux/world.ts';
import { MS, SECOND, type Micros } from '../sim/clock.ts';

/** How often the recorder looked, and how long nothing must have changed. */
const LOOK = 200 * MS, QUIET = SECOND;

/**
 * When a cluster is quiet as whoever recorded judged it (tests/transcripts/kubectl/README.md): no stored object but leases and
 * nodes has changed for a second, and no container is about to start or stop.
 */
export class Stillness {
  readonly #world: World;
  #changed: Micros = 0;

  constructor(world: World) {
    this.#world = world;
    for (const { store } of wires(world).etcd.values()) {
      store.watch('/registry/', store.revision + 1, (events) => {
        if (events.some(({ kv }) => !/^\/registry\/(?:leases|minions|masterleases)\//.test(kv.key))) this.#changed = world.clock.now;
      });
    }
  }

  /** Waits until it is, for `limit` at most. */
  async settle(limit: Micros): Promise<void> {
    const { clock } = this.#world, end = clock.now + limit;
    await this.#world.tasks.idle();
    while (clock.now < end && (clock.foreground > 0 || clock.now - this.#changed < QUIET || this.#stops(end))) await this.#world.advance(Math.min(end, clock.now + LOOK));
  }

  /** Whether a container sleeps, and not beyond that. */
  #stops(end: Micros): boolean {
    return [...this.#world.machines.values()].some((m) => m.pids.processes().some((p) => p.container !== undefined && p.comm === 'sleep' && p.startedAt + Number(p.args[0]) * SECOND <= end));
  }
}
