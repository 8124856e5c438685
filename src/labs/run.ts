/**
 * A laboratory while it is done, in a page or replayed by the grader: both hold the same run, fed with the same entries, so
 * they agree on every task. The world's own clock looks at the checks once a second. Requests that a check asks for are
 * never made in the student's world but in a shadow of it, which repeats the same entries behind it.
 */
import { Executions } from '../linux/executions.ts';
import type { World } from '../linux/world.ts';
import { bootScenario, loadScenario } from '../scenarios/index.ts';
import { runCommand } from '../shell/session.ts';
import { SECOND, type Micros } from '../sim/clock.ts';
import type * as Checks from './checks.ts';
import { describe } from './describe.ts';
import { handOut } from './hand-out.ts';
import { formatJournal, type JournalEntry } from './journal.ts';
import type { Check, Lab, Task } from './lab.ts';
import { Player, type Breathe, type PlayerEvents } from './player.ts';
import { PROBE_LIMIT } from './probe-limit.ts';
import { Shadow } from './shadow.ts';
import { withVariant } from './variants.ts';

/** How often checks are looked at. */
const LOOK: Micros = SECOND;
/** A task that only waits for a request gets one whenever something was run, and at least so often. */
const ASK_AGAIN: Micros = 10 * SECOND;

/** A task as a page shows it. */
export interface TaskState {
  id: string;
  title: string;
  /** With the variant of this world filled in (Markdown). */
  text: string;
  points: number;
  done: boolean;
  /** Tasks that it still waits for. */
  waitsFor: string[];
  /** Hints opened so far, and how many there are left. */
  hints: string[];
  hintsLeft: number;
  checks: { ok: boolean; text: string }[];
  question: { choices: string[] | undefined; given: string | undefined; right: boolean; attempts: number } | undefined;
  /** Only once done. */
  explain: string | undefined;
}

interface Progress {
  /** Whether each check held when last looked at; undefined: not yet told by a request. */
  seen: (boolean | undefined)[];
  /** All held at one time, or (hold) hold now. */
  met: boolean;
  doneAt: Micros | undefined;
  given: string | undefined;
  right: boolean;
  attempts: number;
  hints: number;
  asked: { at: Micros; version: number } | undefined;
  /** When something that needs no request was last seen not to hold. */
  failedAt: Micros;
}

export interface TaskResult {
  task: Task;
  done: boolean;
  hints: number;
  attempts: number;
  /** When its checks had held and its question was answered. */
  doneAt: Micros | undefined;
}

/** The lab's world as the student finds it. Same lab and seed: the same world. Throws when setup.sh fails. */
export async function openWorld(lab: Lab, seed: string): Promise<World> {
  const world = bootScenario(await loadScenario(lab.scenario), { seed });
  handOut(world, lab.files);
  if (lab.setup !== undefined) {
    const [student] = world.machines.values();
    const { code, output } = await runCommand(world, student!, lab.setup);
    if (code !== 0) throw new Error(`${lab.id}: el guion de preparación (setup) ha terminado con el código ${code}:\n${output}`);
    await world.settle();
  }
  return world;
}

/** Begins a lab. */
export async function startLab(lab: Lab, { seed, events = {} }: { seed: string; events?: Omit<PlayerEvents, 'answer' | 'hint'> }): Promise<LabRun> {
  const filled = withVariant(lab, seed);
  return new LabRun(filled, seed, await openWorld(filled, seed), events);
}

export class LabRun {
  readonly lab: Lab;
  readonly seed: string;
  readonly world: World;
  readonly player: Player;
  /** When the student arrived. */
  readonly start: Micros;
  readonly #progress: Progress[];
  readonly #shadow: Shadow;
  readonly #executions = new Executions();
  readonly #ran = new Map<Check, { version: number; ok: boolean }>();
  /** What looks at the world, with its expressions: loaded when the student does the first thing. */
  #checks: typeof Checks | undefined;

  constructor(lab: Lab, seed: string, world: World, events: Omit<PlayerEvents, 'answer' | 'hint'>) {
    this.lab = lab;
    this.seed = seed;
    this.world = world;
    this.start = world.clock.now;
    world.executions = this.#executions;
    this.#progress = lab.tasks.map(({ checks }) => ({ seen: checks.map(() => undefined), met: checks.length === 0, doneAt: undefined, given: undefined, right: false, attempts: 0, hints: 0, asked: undefined, failedAt: 0 }));
    this.player = new Player(world, { ...events, answer: (task, answer) => this.#answer(task, answer), hint: (task) => this.#hint(task) });
    this.#shadow = new Shadow(() => openWorld(lab, seed), () => this.player.entries);
    world.clock.every(LOOK, () => this.#begun && this.#withChecks(() => this.look()));
  }

  get machines(): string[] {
    return [...this.world.machines.keys()];
  }

  /** Puts an entry into the world, which must be idle. */
  apply(entry: JournalEntry): void {
    this.player.apply(entry);
  }

  /** Looks at every check that is still open; nothing yet when the student has done nothing. */
  look(ask = false): void {
    if (this.#checks) this.lab.tasks.forEach((task, i) => this.#look(task, this.#progress[i]!, ask));
  }

  /** Whether a task waits for what the shadow will see; then call `follow`. */
  get behind(): boolean {
    return this.#shadow.isBehind(this.world.clock.now);
  }

  /** Lets the shadow catch up with the world. */
  follow(breathe?: Breathe): Promise<void> {
    return this.#shadow.follow(this.world.clock.now, breathe);
  }

  /** The end: everything is looked at once more, and every request is answered. */
  async finish(breathe?: Breathe): Promise<TaskResult[]> {
    this.#checks ??= await import('./checks.ts');
    this.look(true);
    await this.#shadow.finish(this.world.clock.now, PROBE_LIMIT, breathe);
    return this.results();
  }

  results(): TaskResult[] {
    return this.lab.tasks.map((task, i) => {
      const { hints, attempts, doneAt } = this.#progress[i]!;
      const done = this.#isDone(task);
      return { task, done, hints, attempts, doneAt: done ? doneAt : undefined };
    });
  }

  /** What the page shows. Cheap: it tells what was seen when last looked. */
  tasks(): TaskState[] {
    return this.lab.tasks.map((task, i) => {
      const p = this.#progress[i]!;
      const done = this.#isDone(task);
      const { question } = task;
      return {
        id: task.id, title: task.title, text: task.text, points: task.points, done,
        waitsFor: task.needs.filter((id) => !this.#isDone(this.#task(id))),
        hints: task.hints.slice(0, p.hints), hintsLeft: task.hints.length - p.hints,
        checks: task.checks.map((check, k) => ({ ok: (p.met && !task.hold) || p.seen[k] === true, text: describe(check) })),
        question: question && { choices: question.choices, given: p.given, right: p.right, attempts: p.attempts },
        explain: done ? task.explain : undefined,
      };
    });
  }

  /** The answers to a task's question that are right in this world now. */
  rightAnswers(id: string): string[] {
    const { question } = this.#task(id);
    return question && this.#checks ? this.#checks.rightAnswers(this.world, question.answer) : [];
  }

  /** The session as the file that the grader reads. */
  journal(student?: string): string {
    return formatJournal({ lab: this.lab.id, scenario: this.lab.scenario, seed: this.seed, student, entries: this.player.entries, until: this.world.clock.now });
  }

  #look(task: Task, p: Progress, ask: boolean): void {
    if (task.checks.length === 0 || (p.met && !task.hold)) return;
    const now = task.checks.map((check) => this.#holds(check));
    now.forEach((ok, k) => {
      if (ok !== 'probe') p.seen[k] = ok;
    });
    const seeable = now.every((ok) => ok !== false);
    if (!now.includes('probe')) return this.#set(task, p, seeable);
    const at = this.world.clock.now;
    if (!seeable) {
      p.failedAt = at;
      if (task.hold) p.met = false;
      return;
    }
    const { version } = this.#executions;
    if (!ask && p.asked && p.asked.version === version && at - p.asked.at < ASK_AGAIN) return;
    p.asked = { at, version };
    this.#shadow.ask(at, task.checks.filter((check) => 'reach' in check || 'why' in check), (answers) => {
      // Answers come late and not in their order: what has been met once stays so.
      if (p.met && !task.hold) return;
      let n = 0;
      task.checks.forEach((check, k) => {
        if ('reach' in check || 'why' in check) p.seen[k] = answers[n++];
      });
      // The answer is of some time ago: what has been seen since is newer.
      if (task.hold && p.failedAt > at) return;
      this.#set(task, p, answers.every(Boolean), at);
    });
  }

  #set(task: Task, p: Progress, met: boolean, at = this.world.clock.now): void {
    p.met = met;
    if (met && (!task.question || p.right)) p.doneAt ??= at;
  }

  /** What was run changes seldom: looked through only when it has. */
  #holds(check: Check): boolean | 'probe' {
    const { holds } = this.#checks!;
    if (!('ran' in check)) return holds(this.world, check);
    const { version } = this.#executions;
    const known = this.#ran.get(check);
    if (known && (known.ok || known.version === version)) return known.ok;
    const ok = holds(this.world, check) === true;
    this.#ran.set(check, { version, ok });
    return ok;
  }

  #isDone(task: Task): boolean {
    const p = this.#progress[this.lab.tasks.indexOf(task)]!;
    return p.met && (!task.question || p.right) && task.needs.every((id) => this.#isDone(this.#task(id)));
  }

  #answer(id: string, given: string): void {
    const task = this.lab.tasks.find((t) => t.id === id);
    const p = task && this.#progress[this.lab.tasks.indexOf(task)]!;
    if (!task?.question || !p || p.right) return;
    const { answer } = task.question;
    p.given = given;
    p.attempts++;
    this.#withChecks(({ rightAnswers }) => {
      p.right = rightAnswers(this.world, answer).some((right) => sameAnswer(right, given));
      if (p.right && p.met) p.doneAt ??= this.world.clock.now;
    });
  }

  /** Whether the student has done more than look at the terminal. */
  get #begun(): boolean {
    return this.player.entries.some(({ kind }) => kind !== 'open' && kind !== 'resize');
  }

  /** At once, or when they are loaded; virtual time stands still meanwhile. */
  #withChecks(then: (checks: typeof Checks) => void): void {
    if (this.#checks) return then(this.#checks);
    const { tasks } = this.world;
    tasks.start(async () => then((this.#checks = await tasks.outside(import('./checks.ts')))), (error) => this.world.defect(error, [...this.world.machines.values()][0]!.pids.get(1)!));
  }

  #hint(id: string): void {
    const i = this.lab.tasks.findIndex((t) => t.id === id);
    const task = this.lab.tasks[i];
    if (task) this.#progress[i]!.hints = Math.min(task.hints.length, this.#progress[i]!.hints + 1);
  }

  #task(id: string): Task {
    const task = this.lab.tasks.find((t) => t.id === id);
    if (!task) throw new Error(`${this.lab.id} has no task ${id}`);
    return task;
  }
}

/** Answers are compared without regard to blanks; capitals count, as they do in names of Kubernetes'. */
export function sameAnswer(a: string, b: string): boolean {
  const plain = (text: string) => text.trim().replace(/\s+/g, ' ');
  return plain(a) === plain(b);
}
