/** What the page and the simulator's worker say to each other (through comlink). Only data crosses. */
import type { JournalEntry } from '../labs/journal.ts';
import type { Check } from '../labs/lab.ts';
import type { TaskState } from '../labs/run.ts';

export type { Check, JournalEntry, TaskState };

export interface StartOptions {
  /** Name of a scenario, for a lesson… */
  scenario: string;
  /** … or of a lab, which brings its own scenario, files and tasks. */
  lab?: LabSource | undefined;
  /** What was saved of this session, to go on from there. */
  saved?: SavedSession | undefined;
}

/** A lab's folder, checked when the course was built. */
export interface LabSource {
  id: string;
  /** Texts by their path in the folder. */
  files: Record<string, string>;
}

export interface SavedSession {
  entries: JournalEntry[];
  /** Virtual time reached: a replay goes on to it. */
  until: number;
}

export interface WorldInfo {
  machines: string[];
  /** Terminals the replayed journal left open. */
  terminals: { id: number; machine: string }[];
  tasks: TaskState[];
}

export interface CheckResult {
  ok: boolean;
  /** What is wrong with the check itself. */
  error?: string | undefined;
}

/** Calls from the worker to the page. */
export interface Events {
  /** Resolves when the screen has drawn it: the worker waits, so that a flood cannot pile up. */
  output(terminal: number, text: string): Promise<void>;
  closed(terminal: number): void;
  journal(entries: JournalEntry[], until: number): void;
  tasks(tasks: TaskState[]): void;
  /** A packet walk has been recorded (a request has been made). */
  packet(walk: PacketWalk): void;
  /** An error of the simulator itself. */
  defect(message: string): void;
}

/** Calls from the page to the worker. */
export interface Simulator {
  start(options: StartOptions, events: Events): Promise<WorldInfo>;
  open(machine: string, cols: number, rows: number): Promise<number>;
  input(terminal: number, data: string): void;
  resize(terminal: number, cols: number, rows: number): void;
  close(terminal: number): void;
  /** The page is hidden or seen again: the clock stands still while nobody looks. */
  pause(paused: boolean): void;
  hint(task: string): void;
  answer(task: string, answer: string): void;
  /** Whether an expression holds in the world now; an error says what is wrong with it. */
  check(checks: Check[]): Promise<CheckResult>;
  /** What a command prints on that machine, run aside from every terminal. */
  ask(machine: string, command: string): Promise<string>;
  /** The session as the file `npm run grade` reads. */
  exportSession(): Promise<string>;
}

/** A packet's way, as the picture draws it. */
export interface PacketWalk {
  /** `curl http://localhost:30080/` */
  title: string;
  steps: PacketStep[];
}

export interface PacketStep {
  direction: 'out' | 'back';
  machine: string;
  /** Network namespace: '' is the machine's own, else the Pod's or container's name. */
  namespace: string;
  /** PREROUTING, route, FORWARD, link eth0 … */
  where: string;
  kind: 'socket' | 'hook' | 'route' | 'link' | 'conntrack' | 'encap' | 'decap' | 'deliver' | 'drop';
  text: string;
  /** The rules that decided, as iptables-save writes them: chain and rule. */
  rules: { chain: string; rule: string }[];
  from: string;
  to: string;
  /** What they were before this step, when it changed them. */
  oldFrom?: string | undefined;
  oldTo?: string | undefined;
  /** The outer envelope while encapsulated: from → to. */
  outer?: string | undefined;
}
