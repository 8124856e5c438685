/** A laboratory as lab.yaml says it, already checked (parse.ts) and with its variant filled in (variants.ts). */
import type { CauseKind } from './why/cause.ts';
import type { Question as WhyQuestion, Result } from './why/question.ts';

export interface Lab {
  /** Its folder in labs/. */
  id: string;
  title: string;
  description: string;
  scenario: string;
  minutes: number;
  /** Files handed to the student: path below the home → content. */
  files: Record<string, string>;
  /** A bash script, run on the student's machine as root before the student arrives. */
  setup: string | undefined;
  /** One value of each is chosen by the seed and put where `{{ variant.NAME }}` stands. */
  variants: Record<string, string[]>;
  tasks: Task[];
}

export interface Task {
  id: string;
  title: string;
  /** Markdown. */
  text: string;
  points: number;
  /** Tasks that must be done for this one to count. */
  needs: string[];
  /** It must still hold at the end; else having held once is enough. */
  hold: boolean;
  hints: string[];
  /** All must hold at one time. */
  checks: Check[];
  question: Question | undefined;
  /** Markdown, shown once done. */
  explain: string | undefined;
}

export interface Question {
  choices: string[] | undefined;
  answer: string[] | ComputedAnswer;
}

/** An answer that only the world knows: `expr` (CEL) over `objects`, `object`, and `captured`. */
export interface ComputedAnswer {
  object?: ObjectQuery | undefined;
  /** `captured` is the first group of its `matches` in the last such execution. */
  ran?: RanCheck | undefined;
  /** `captured` is the first group of its `matches`. */
  iptables?: IptablesCheck | undefined;
  /** Without it the answer is `captured`. */
  expr?: string | undefined;
}

export type Check = { text?: string | undefined } & (
  | { object: ObjectQuery; expect?: string | undefined }
  | { reach: ReachCheck }
  | { why: WhyCheck }
  | { ran: RanCheck }
  | { file: FileCheck }
  | { iptables: IptablesCheck }
);

export interface ObjectQuery {
  kind: string;
  apiVersion?: string | undefined;
  name?: string | undefined;
  /** Default: default; `*` for all. */
  namespace?: string | undefined;
  /** Label selector. */
  selector?: string | undefined;
  absent?: boolean | undefined;
  count?: number | undefined;
}

export interface ReachCheck {
  /** A machine, or `pod:NAME` (or its beginning followed by `*`). */
  from: string;
  /** http://HOST[:PORT]/PATH */
  to: string;
  status?: number | undefined;
  contains?: string | undefined;
  refused?: boolean | undefined;
  timeout?: boolean | undefined;
  /** How often it is tried; each time must be as said (default 1). */
  times?: number | undefined;
}

/** What becomes of a packet sent in a copy of the session (labs/why). */
export interface WhyCheck extends WhyQuestion {
  /** How it ends. */
  result?: Result | undefined;
  /** What decided it. */
  cause?: CauseKind | undefined;
  /** The machine where that was. */
  at?: string | undefined;
}

export interface RanCheck {
  /** One of these. */
  program: string | string[];
  /** Machine; a Pod on its network (kubectl debug node/…) counts as the machine. */
  on?: string | undefined;
  /** Name of a Pod, or its beginning followed by `*`. */
  pod?: string | undefined;
  exit?: number | undefined;
  /** All must be among its arguments. */
  args?: string[] | undefined;
  /** Regular expression over the command line: program and arguments with blanks between. */
  command?: string | undefined;
  /** In what it printed (standard output and error). */
  contains?: string | undefined;
  /** Regular expression, over the same. */
  matches?: string | undefined;
}

export interface FileCheck {
  on: string;
  /** `~` is root's home. */
  path: string;
  contains?: string | undefined;
  matches?: string | undefined;
  equals?: string | undefined;
  absent?: boolean | undefined;
}

export interface IptablesCheck {
  on: string;
  table?: string | undefined;
  /** Regular expression over the lines of iptables-save. */
  matches: string;
  absent?: boolean | undefined;
}
