/** What the page and the simulator's worker say to each other (through comlink). Only data crosses. */
import type { Backend } from '../kubernetes/runtime/backend.ts';
import type { JournalEntry } from '../labs/journal.ts';
import type { Check, Lab } from '../labs/lab.ts';
import type { TaskState } from '../labs/run.ts';
import type { CauseKind, Change, Line, Question, Result } from '../labs/why/index.ts';

export type { Backend, Check, JournalEntry, Lab, Question, TaskState };

export interface StartOptions {
  /** Name of a scenario, for a lesson… */
  scenario: string;
  /** Files of a lesson, by their path in the student's home. */
  files?: Record<string, string> | undefined;
  /** … or of a lab, which brings its own scenario, files and tasks. */
  lab?: Lab | undefined;
  /** What was saved of this session, to go on from there. */
  saved?: SavedSession | undefined;
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
  /** How much of the saved session has been repeated, 0 to 1. */
  progress(done: number): void;
  /** Whether the clock stands still because nothing has been asked of the world for long. */
  dozing(asleep: boolean): void;
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
  /** The student's code answers from now on in the place of a server's own; undefined: no longer. */
  serve(backend: Backend | undefined): void;
  /** What the views beside the terminal show now. */
  topology(): Promise<Topology | undefined>;
  events(): Promise<EventRow[] | undefined>;
  files(machine: string, path?: string): Promise<FilesView>;
  inside(): Promise<Inside>;
  /** Why a packet ends as it does; `told` hears of it before changes have been tried. */
  why(question: Question, told: (view: WhyView) => void): Promise<WhyView>;
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

/** What became of a packet that was sent in a copy of the world. */
export interface WhyView {
  result: Result;
  /** The result in words. */
  says: string;
  cause: { kind: CauseKind; direction: 'out' | 'back'; text: string; lines: Line[]; machine: string; namespace: string };
  walk: PacketWalk | undefined;
  /** Those that alter the result, each with what it then is; undefined while they are being tried. */
  changes: (Change & { result: Result; says: string })[] | undefined;
}

/** Nodes with their Pods, and Services with their endpoints. */
export interface Topology {
  /** Machines that are no nodes: the student's own. */
  machines: string[];
  nodes: { name: string; address: string | undefined; ready: boolean; cordoned: boolean; pods: TopologyPod[] }[];
  /** Pods that have no node yet. */
  pending: TopologyPod[];
  services: TopologyService[];
}

export interface TopologyPod {
  namespace: string;
  name: string;
  address: string | undefined;
  /** Phase, or what it waits for. */
  state: string;
  ready: boolean;
}

export interface TopologyService {
  namespace: string;
  name: string;
  type: string;
  address: string;
  ports: number[];
  nodePorts: number[];
  endpoints: { address: string; ready: boolean; pod: string | undefined }[];
}

export interface EventRow {
  id: string;
  /** Last seen, microseconds since the epoch, and seconds before now. */
  at: number;
  age: number;
  warning: boolean;
  reason: string;
  object: string;
  namespace: string;
  message: string;
  count: number;
}

/** A folder (entries), a file (content) or why it cannot be read. */
export interface FilesView {
  machine: string;
  path: string;
  entries?: { name: string; folder: boolean }[] | undefined;
  content?: string | undefined;
  cut?: boolean | undefined;
  error?: string | undefined;
}

/** What happens inside the cluster. Times in microseconds since the epoch. */
export interface Inside {
  now: number;
  /** The oldest first. */
  writes: InsideWrite[];
  /** The newest first. */
  decisions: InsideDecision[];
  chains: InsideChain[];
}

export interface InsideWrite {
  at: number;
  who: string;
  verb: string;
  resource: string;
  namespace: string;
  name: string;
}

export interface InsideDecision {
  at: number;
  namespace: string;
  pod: string;
  chosen: string | undefined;
  rejected: { node: string; plugin: string; reasons: string[] }[];
  feasible: { node: string; scores: Record<string, number>; total: number }[];
}

export interface InsideChain {
  namespace: string;
  name: string;
  address: string;
  endpoints: string[];
  nodes: { node: string; chain: string | undefined; targets: string[]; rejects: boolean }[];
}
