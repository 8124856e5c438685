/** What the page and the simulator's worker say to each other (through comlink). Only data crosses. */

export interface StartOptions {
  /** Name of a scenario, for a lesson… */
  scenario: string;
  /** … or of a lab, which brings its own scenario, files and tasks. */
  lab?: string | undefined;
  /** What was saved of this session, to go on from there. */
  saved?: SavedSession | undefined;
}

/** One input of the student's at its virtual time (microseconds since the epoch): all that a session is. */
export type JournalEntry =
  | { at: number; kind: 'open'; terminal: number; machine: string; cols: number; rows: number }
  | { at: number; kind: 'input'; terminal: number; data: string }
  | { at: number; kind: 'resize'; terminal: number; cols: number; rows: number }
  | { at: number; kind: 'close'; terminal: number }
  | { at: number; kind: 'answer'; task: string; answer: string }
  | { at: number; kind: 'hint'; task: string }
  | { at: number; kind: 'ask'; machine: string; command: string };

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

export interface TaskState {
  id: string;
  title: string;
  done: boolean;
  /** Hints opened so far, and how many there are. */
  hints: string[];
  hintsLeft: number;
  /** What is still missing, one line a check: `ok` and what the check looks at. */
  checks: { ok: boolean; text: string }[];
  /** Only once done. */
  explain?: string | undefined;
}

/** A check as lab.yaml writes it. */
export type Check = Record<string, unknown>;

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
