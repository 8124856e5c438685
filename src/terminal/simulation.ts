/** The world of one page with its terminals and its journal, as the driver and the page want them. */
import type { Breathe, PlayerEvents } from '../labs/player.ts';
import { boot, type Booted } from './boot.ts';
import type {
  Backend,
  Check,
  CheckResult,
  EventRow,
  FilesView,
  Inside,
  JournalEntry,
  PacketWalk,
  SavedSession,
  StartOptions,
  TaskState,
  Question,
  Topology,
  WhyView,
} from './protocol.ts';
import type { Answer } from '../labs/why/index.ts';
import { nameSpaces, podIn, Recorder } from './recorder.ts';
import { lastWalk } from './walk.ts';
import * as views from './views.ts';

/** Longest piece of a paste handed over at once, characters. */
const PIECE = 2048;
/** What a terminal sends after a bracketed paste. */
const PASTED = '\x1b[201~';

/** An entry that waits for the world to be idle; its time is not known yet. */
type Waiting = JournalEntry extends infer E ? (E extends JournalEntry ? Omit<E, 'at'> : never) : never;

export class Simulation {
  /** What terminals have printed and nobody has taken yet. */
  readonly printed: { terminal: number; text: string }[] = [];
  /** Terminals whose shell has ended, not yet told. */
  readonly ended: number[] = [];
  #booted!: Booted;
  #recorder!: Recorder;
  /** Who waits for what a command prints, in the order of their asking. */
  readonly #askers: ((printed: string) => void)[] = [];
  #queue: Waiting[] = [];
  #told = 0;
  #last = 0;

  /** A fresh world; what was saved is repeated in it. Throws when that is not a session of this world. */
  static async start(options: StartOptions, breathe?: Breathe & { progress(done: number): void }): Promise<Simulation> {
    const simulation = new Simulation();
    simulation.#booted = await boot(options, simulation.#events);
    simulation.#recorder = new Recorder(simulation.#booted.world);
    if (options.saved) await simulation.#replay(options.saved, breathe);
    return simulation;
  }

  private constructor() {}

  readonly #events: PlayerEvents = {
    opened: (terminal, _, session) => {
      this.#last = Math.max(this.#last, terminal);
      session.onOutput((text) => this.printed.push({ terminal, text }));
      session.onExit(() => this.ended.push(terminal));
    },
    asked: (_, started) => {
      const asker = this.#askers.shift();
      started.process.onExit(() => asker?.(started.stdout()));
    },
  };

  /** Machines a terminal can be opened on, the student's own first. */
  get machines(): string[] {
    return [...this.#booted.world.machines.keys()];
  }

  /** Every input so far, with its virtual time. */
  get entries(): readonly JournalEntry[] {
    return this.#booted.player.entries;
  }

  /** Open terminals: number and machine. */
  get terminals(): { id: number; machine: string }[] {
    return [...this.#booted.player.terminals].map(([id, { machine }]) => ({ id, machine }));
  }

  now(): number {
    return this.#booted.world.clock.now;
  }

  advance(to: number, pause?: () => boolean): Promise<boolean> {
    return this.#booted.world.advance(to, pause);
  }

  async #replay({ entries, until }: SavedSession, breathe?: Breathe & { progress(done: number): void }): Promise<void> {
    const start = this.now();
    await this.#booted.player.play(
      entries,
      until,
      breathe && {
        due: () => breathe.due(),
        pause: () => {
          breathe.progress((this.now() - start) / Math.max(1, until - start));
          return breathe.pause();
        },
      },
    );
    this.#told = this.entries.length;
  }

  /** The number the terminal will have; it opens when the world is idle. */
  open(machine: string, cols: number, rows: number): number {
    if (!this.machines.includes(machine)) throw new Error(`there is no machine called ${machine}`);
    this.#queue.push({ kind: 'open', terminal: ++this.#last, machine, cols, rows });
    return this.#last;
  }

  input(terminal: number, data: string): void {
    if (data === '\x03') this.#forgetPaste(terminal);
    for (const piece of pieces(data)) this.#queue.push({ kind: 'input', terminal, data: piece });
  }

  /** Ctrl-C overtakes what is left of a long paste, as one expects of it; the end of a bracketed one still has to be told. */
  #forgetPaste(terminal: number): void {
    const isLeft = (waiting: Waiting) => waiting.kind === 'input' && waiting.terminal === terminal;
    const bracketed = this.#queue.some((waiting) => isLeft(waiting) && waiting.kind === 'input' && waiting.data.endsWith(PASTED));
    this.#queue = this.#queue.filter((waiting) => !isLeft(waiting));
    if (bracketed) this.#queue.push({ kind: 'input', terminal, data: PASTED });
  }

  resize(terminal: number, cols: number, rows: number): void {
    this.#queue.push({ kind: 'resize', terminal, cols, rows });
  }

  close(terminal: number): void {
    this.#queue.push({ kind: 'close', terminal });
  }

  hint(task: string): void {
    this.#queue.push({ kind: 'hint', task });
  }

  answer(task: string, answer: string): void {
    this.#queue.push({ kind: 'answer', task, answer });
  }

  /** What a command prints on that machine, run aside from every terminal. */
  ask(machine: string, command: string): Promise<string> {
    this.#queue.push({ kind: 'ask', machine, command });
    return new Promise((resolve) => this.#askers.push(resolve));
  }

  serve(backend: Backend | undefined): void {
    this.#booted.player.backend = backend;
  }

  /** Applies the next waiting input; false when there is none. The world must be idle. */
  takeInput(): boolean {
    const waiting = this.#queue.shift();
    if (waiting) this.#booted.player.apply({ at: this.now(), ...waiting } as JournalEntry);
    return waiting !== undefined;
  }

  /** Entries since the last call. */
  news(): JournalEntry[] {
    const fresh = this.entries.slice(this.#told);
    this.#told = this.entries.length;
    return fresh;
  }

  packet(): PacketWalk | undefined {
    return this.#recorder.news();
  }

  tasks(): TaskState[] {
    return this.#booted.lab?.tasks() ?? [];
  }

  check(checks: Check[]): Promise<CheckResult> {
    return this.#booted.check(checks);
  }

  /** Lets the requests that a lab's checks ask for be answered, beside the student's world. */
  async follow(breathe: Breathe): Promise<void> {
    if (this.#booted.lab?.behind) await this.#booted.lab.follow(breathe);
  }

  topology(): Topology | undefined {
    return views.topology(this.#booted.world);
  }

  /** Why a packet ends as it does, tried in copies of this world; `told` hears of it before changes have been tried. */
  async why(question: Question, told: (view: WhyView) => void, breathe: Breathe): Promise<WhyView> {
    const { why, RESULTS } = await import('../labs/why/index.ts');
    const { world } = this.#booted;
    const view = ({ result, cause, steps }: Omit<Answer, 'changes'>, changes?: Answer['changes']): WhyView => {
      const walk = lastWalk(steps);
      if (walk) nameSpaces(world, walk);
      const { machine, netns, direction, text, lines, kind } = cause;
      const where = { machine, namespace: netns === '' ? '' : podIn(world, machine, netns) };
      return {
        result,
        says: RESULTS[result],
        cause: { kind, direction, text, lines, ...where },
        walk,
        changes: changes?.map((change) => ({ ...change, says: RESULTS[change.result] })),
      };
    };
    const copy = async () => {
      await breathe.pause();
      return this.#booted.copy(breathe);
    };
    const answer = await why(question, copy, (soon) => told(view(soon)));
    return view(answer, answer.changes);
  }

  events(): EventRow[] | undefined {
    return views.events(this.#booted.world);
  }

  files(machine: string, path?: string): FilesView {
    return views.files(this.#booted.world, machine, path);
  }

  async inside(): Promise<Inside> {
    const { inside } = await import('./inside-views.ts');
    return inside(this.#booted.world);
  }

  /** Whether anything but housekeeping is due. */
  get busy(): boolean {
    return this.#booted.world.clock.foreground > 0;
  }

  exportSession(): string {
    return this.#booted.exportSession();
  }

  /** Errors of the simulator itself since the last call. */
  defects(): string[] {
    return this.#booted.world.defects
      .splice(0)
      .map(({ error, command }) => `${command}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}

/** Parts of a long input; none ends in the middle of a key's escape sequence. */
function pieces(data: string): string[] {
  const parts: string[] = [];
  for (let i = 0; i < data.length;) {
    let end = Math.min(i + PIECE, data.length);
    const escape = data.lastIndexOf('\x1b', end - 1);
    if (end < data.length && escape > i && escape > end - 8) end = escape;
    parts.push(data.slice(i, end));
    i = end;
  }
  return parts;
}
