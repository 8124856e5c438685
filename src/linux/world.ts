import { Clock, SECOND, type Micros } from '../sim/clock.ts';
import { Rng } from '../sim/rng.ts';
import { Tasks } from '../sim/tasks.ts';
import type { Executions } from './executions.ts';
import type { Machine } from './machine.ts';
import type { Process, Program } from './process.ts';

export interface WorldOptions {
  seed: string;
  /** When the world begins: microseconds since the epoch. */
  start: Micros;
  /** By name; loaders are marked with `lazy`. */
  programs: ReadonlyMap<string, ProgramEntry>;
}
export type ProgramEntry = { main: Program } | { load: () => Promise<{ main: Program }> };

/** Machines, the wires between them, one clock, one seed. */
export class World {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly seed: string;
  readonly tasks = new Tasks();
  readonly machines = new Map<string, Machine>();
  /** Errors of the simulator itself (never of what it simulates), newest last; the page and the tests show them. */
  readonly defects: { error: unknown; at: Micros; command: string }[] = [];
  /** The record of programs run, where somebody keeps one. */
  executions: Executions | undefined;
  /** What holds when every program waits: set by tools that want to be told. */
  onDefect: ((error: unknown, process: Process) => void) | undefined;
  readonly #programs: ReadonlyMap<string, ProgramEntry>;
  readonly #loaded = new Map<string, Program>();

  constructor({ seed, start, programs }: WorldOptions) {
    this.seed = seed;
    this.clock = new Clock(start);
    this.rng = new Rng(seed);
    this.#programs = programs;
  }

  /** The program of that name, loaded on first use; virtual time stands still while it loads. */
  async load(name: string, _by: Process): Promise<Program> {
    const known = this.#loaded.get(name);
    if (known) return known;
    const entry = this.#programs.get(name);
    if (!entry) throw new Error(`no program is called ${name}`);
    const main = 'main' in entry ? entry.main : (await this.tasks.outside(entry.load())).main;
    this.#loaded.set(name, main);
    return main;
  }

  /** Loads a part of what a process does and goes on with it while that lives; virtual time stands still while it loads. */
  bring<T>(load: () => Promise<T>, process: Process, then: (loaded: T) => void): void {
    this.tasks.start(async () => {
      const loaded = await this.tasks.outside(load());
      if (process.running) then(loaded);
    }, (error) => {
      process.exit(255);
      this.defect(error, process);
    });
  }

  hasProgram(name: string): boolean {
    return this.#programs.has(name);
  }

  /**
   * Lets everything happen that is due until `to`. With `pause`, stops between events when it says so (an endless loop in
   * a page) and tells whether `to` was reached.
   */
  async advance(to: Micros, pause?: () => boolean): Promise<boolean> {
    await this.tasks.idle();
    while (this.clock.step(to)) {
      if (!this.tasks.isIdle) await this.tasks.idle();
      if (pause?.()) return false;
    }
    this.clock.advanceTo(to);
    return true;
  }

  /** The same without programs (boot): throws if one waits for something outside. */
  advanceSync(to: Micros): void {
    while (this.clock.step(to)) if (!this.tasks.isIdle) throw new Error('a program runs: use advance');
    this.clock.advanceTo(to);
  }

  /** Lets time pass until `done` holds; false when it does not within `limit`. */
  async until(done: () => boolean, limit: Micros): Promise<boolean> {
    const end = this.clock.now + limit;
    await this.tasks.idle();
    while (!done()) {
      if (!this.clock.step(end)) return false;
      if (!this.tasks.isIdle) await this.tasks.idle();
    }
    return true;
  }

  /** Lets time pass until nothing but housekeeping is due within the next `quiet` (at most `limit`). */
  async settle({ quiet = SECOND, limit = 120 * SECOND }: { quiet?: Micros; limit?: Micros } = {}): Promise<void> {
    const end = this.clock.now + limit;
    await this.tasks.idle();
    let still = this.clock.now;
    while (this.clock.now < end) {
      const busy = this.clock.foreground > 0;
      if (!busy && this.clock.now - still >= quiet) return;
      if (busy) still = this.clock.now;
      if (!this.clock.step(Math.min(end, busy ? end : still + quiet))) {
        this.clock.advanceTo(Math.min(end, busy ? end : still + quiet));
      } else if (!this.tasks.isIdle) await this.tasks.idle();
    }
  }

  machine(name: string): Machine {
    const machine = this.machines.get(name);
    if (!machine) throw new Error(`there is no machine called ${name}`);
    return machine;
  }

  /** Called for an error that a simulated program must not throw: a defect of the simulator. */
  defect(error: unknown, process: Process): void {
    this.defects.push({ error, at: this.clock.now, command: process.argv.join(' ') });
    this.onDefect?.(error, process);
  }
}
