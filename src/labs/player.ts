/** Puts a journal's entries into a world, in a page as they come and in a replay one after another: both do the same. */
import { setBackend, type Backend } from '../kubernetes/runtime/backend.ts';
import type { World } from '../linux/world.ts';
import type { Micros } from '../sim/clock.ts';
import { openSession, startCommand, type Session, type StartedCommand } from '../shell/session.ts';
import { JournalError, type JournalEntry } from './journal.ts';
import { Served } from './served.ts';

export interface PlayerEvents {
  /** A terminal has been opened: listen to what it prints. */
  opened?(terminal: number, machine: string, session: Session): void;
  asked?(entry: JournalEntry & { kind: 'ask' }, started: StartedCommand): void;
  answer?(task: string, answer: string): void;
  hint?(task: string): void;
}

export class Player {
  readonly world: World;
  readonly entries: JournalEntry[] = [];
  /** Open terminals. */
  readonly terminals = new Map<number, { machine: string; session: Session }>();
  /** The student's own code, where it runs. */
  backend: Backend | undefined;
  readonly #on: PlayerEvents;
  readonly #served = new Served();

  constructor(world: World, on: PlayerEvents = {}) {
    this.world = world;
    this.#on = on;
    setBackend(world, (request) => this.#served.answer(world.clock.now, request, this.backend, (entry) => this.entries.push(entry)));
  }

  /** The world must be idle and at the entry's time. Throws JournalError for what this world does not have. */
  apply(entry: JournalEntry): void {
    this.entries.push(entry);
    switch (entry.kind) {
      case 'open': {
        const { terminal, machine, cols, rows } = entry;
        if (!this.world.machines.has(machine)) throw new JournalError(`no hay ninguna máquina «${machine}» en este escenario`);
        const session = openSession(this.world, machine, { cols, rows, user: 'root' });
        this.terminals.set(terminal, { machine, session });
        this.#on.opened?.(terminal, machine, session);
        session.onExit(() => this.terminals.delete(terminal));
        break;
      }
      case 'input': this.terminals.get(entry.terminal)?.session.input(entry.data); break;
      case 'resize': this.terminals.get(entry.terminal)?.session.resize(entry.cols, entry.rows); break;
      case 'close': this.terminals.get(entry.terminal)?.session.close(); break;
      case 'hint': this.#on.hint?.(entry.task); break;
      case 'answer': this.#on.answer?.(entry.task, entry.answer); break;
      case 'ask': {
        if (!this.world.machines.has(entry.machine)) throw new JournalError(`no hay ninguna máquina «${entry.machine}» en este escenario`);
        this.#on.asked?.(entry, startCommand(this.world, entry.machine, entry.command));
        break;
      }
    }
  }

  /** Repeats entries at their times and goes on to `until`. */
  async play(entries: readonly JournalEntry[], until: Micros, breathe?: Breathe): Promise<void> {
    for (const entry of entries) if (entry.kind === 'served') this.#served.remember(entry);
    for (const entry of entries) {
      if (entry.at < this.world.clock.now) throw new JournalError(`una entrada es anterior al comienzo de la sesión, o las entradas no están en orden`);
      await this.#advance(entry.at, breathe);
      this.apply(entry);
    }
    await this.#advance(Math.max(until, this.world.clock.now), breathe);
  }

  async #advance(to: Micros, breathe: Breathe | undefined): Promise<void> {
    if (!breathe) return void (await this.world.advance(to));
    while (!(await this.world.advance(to, () => breathe.due()))) await breathe.pause();
  }
}

/** Lets a long replay give way: `due` is asked between events, and then `pause` awaited. */
export interface Breathe {
  due(): boolean;
  pause(): Promise<void>;
}
