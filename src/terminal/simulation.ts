/** The world of one page with its terminals and its journal, as the driver and the page want them. */
import type { JournalEntry, SavedSession, StartOptions, TaskState } from './protocol.ts';
import { bootTemporary, type TemporarySession, type TemporaryWorld } from './temporary.ts';

/** Longest piece of a paste handed over at once, characters. */
const PIECE = 2048;

export class Simulation {
  readonly world: TemporaryWorld;
  readonly machines: string[];
  readonly terminals = new Map<number, { machine: string; session: TemporarySession }>();
  /** Not yet given to the page. */
  fresh: JournalEntry[] = [];
  readonly entries: JournalEntry[] = [];
  readonly printed: { terminal: number; text: string }[] = [];
  readonly closed: number[] = [];
  #queue: (Omit<JournalEntry, 'at'> & { opened?: (id: number) => void })[] = [];
  #last = 0;

  static async start({ scenario }: StartOptions): Promise<Simulation> {
    return new Simulation(bootTemporary(scenario));
  }

  private constructor(world: TemporaryWorld) {
    this.world = world;
    this.machines = [...world.machines.keys()];
  }

  now(): number {
    return this.world.clock.now;
  }

  advance(to: number, pause?: () => boolean): Promise<boolean> {
    return this.world.advance(to, pause);
  }

  /** Repeats what a saved session did. Throws when it is not a session of this world. */
  async replay({ entries, until }: SavedSession): Promise<void> {
    for (const entry of entries) {
      await this.advance(entry.at);
      this.#apply(entry);
    }
    await this.advance(until);
  }

  open(machine: string, cols: number, rows: number): Promise<number> {
    return new Promise((resolve) => this.#queue.push({ kind: 'open', terminal: ++this.#last, machine, cols, rows, opened: resolve } as never));
  }

  input(terminal: number, data: string): void {
    // Ctrl-C overtakes what is left of a long paste, as one expects of it.
    if (data === '\x03') this.#queue = this.#queue.filter((e) => e.kind !== 'input' || (e as { terminal?: number }).terminal !== terminal);
    for (let i = 0; i < data.length; i += PIECE) this.#queue.push({ kind: 'input', terminal, data: data.slice(i, i + PIECE) } as never);
  }

  resize(terminal: number, cols: number, rows: number): void {
    this.#queue.push({ kind: 'resize', terminal, cols, rows } as never);
  }

  close(terminal: number): void {
    this.#queue.push({ kind: 'close', terminal } as never);
  }

  /** Applies the next queued input. The world must be idle. */
  takeInput(): boolean {
    const next = this.#queue.shift();
    if (!next) return false;
    const { opened, ...rest } = next;
    const entry = { at: this.now(), ...rest } as JournalEntry;
    this.#apply(entry);
    this.fresh.push(entry);
    if (entry.kind === 'open') opened?.(entry.terminal);
    return true;
  }

  get waiting(): boolean {
    return this.#queue.length > 0;
  }

  tasks(): TaskState[] {
    return [];
  }

  #apply(entry: JournalEntry): void {
    this.entries.push(entry);
    if (entry.kind === 'open') {
      const session = this.world.openSession(entry.machine, { cols: entry.cols, rows: entry.rows });
      this.#last = Math.max(this.#last, entry.terminal);
      this.terminals.set(entry.terminal, { machine: entry.machine, session });
      session.onOutput((text) => this.printed.push({ terminal: entry.terminal, text }));
    } else if (entry.kind === 'input') this.terminals.get(entry.terminal)?.session.input(entry.data);
    else if (entry.kind === 'resize') this.terminals.get(entry.terminal)?.session.resize(entry.cols, entry.rows);
    else if (entry.kind === 'close') {
      this.terminals.get(entry.terminal)?.session.close();
      this.terminals.delete(entry.terminal);
    }
  }
}
