import type { Process } from '../linux/process.ts';
import type { World } from '../linux/world.ts';
import { startEtcd } from '../scenarios/recorded-etcd.ts';
import { SECOND } from '../sim/clock.ts';

/** Who recorded let the members find each other again before going on. */
const FOUND_AGAIN = 4 * SECOND;

/**
 * What the recordings of etcd tell besides commands: a member, named by its machine in brackets, is killed; one of those is
 * started again, named by which of them it was (`the first one`, `the second member`).
 */
export class ToldEvents {
  readonly #world: World;
  readonly #killed: Process[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** Throws for an event that it does not know how to bring about. */
  async happen(event: string): Promise<void> {
    const [, name] = /\(([\w-]+)\) is killed/.exec(event) ?? [], [, which] = /^the (first|second)\b/.exec(event) ?? [];
    if (name !== undefined) {
      const process = this.#world.machine(name).pids.processes().find((p) => p.comm === 'etcd');
      if (!process) throw new Error(`${name} runs no etcd`);
      this.#killed.push(process);
      process.signal('KILL');
      return;
    }
    const process = this.#killed[which === 'second' ? 1 : 0];
    if (which === undefined || !process) throw new Error(`no such event: ${event}`);
    startEtcd(process.machine, process.args);
    await this.#world.advance(this.#world.clock.now + FOUND_AGAIN);
  }
}
