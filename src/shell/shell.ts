import type { FunctionNode } from './nodes.ts';
import type { Process, Signal } from '../linux/process.ts';
import type { ArithmeticScope } from './arithmetic.ts';
import { ShellError } from './errors.ts';
import { arithmetic } from './expand.ts';
import { Jobs } from './jobs.ts';
import { expandPrompt } from './prompt.ts';
import { commandSubstitution, processSubstitution } from './substitution.ts';
import { lineAt } from './syntax.ts';
import { Variables } from './variables.ts';

/** bash, dash (sh of Debian and Ubuntu) or busybox ash (sh of Alpine and busybox): they differ in their messages and in what they know. */
export type Personality = 'bash' | 'dash' | 'ash';

export interface Options {
  errexit: boolean;
  nounset: boolean;
  xtrace: boolean;
  verbose: boolean;
  noglob: boolean;
  noexec: boolean;
  noclobber: boolean;
  allexport: boolean;
  monitor: boolean;
  notify: boolean;
  pipefail: boolean;
  hashall: boolean;
  braceexpand: boolean;
  histexpand: boolean;
  history: boolean;
  ignoreeof: boolean;
  posix: boolean;
  emacs: boolean;
  vi: boolean;
  errtrace: boolean;
  functrace: boolean;
  keyword: boolean;
  physical: boolean;
  privileged: boolean;
  onecmd: boolean;
  nolog: boolean;
  'interactive-comments': boolean;
}

export interface Shopts {
  [name: string]: boolean;
  extglob: boolean;
  dotglob: boolean;
  globstar: boolean;
  nullglob: boolean;
  failglob: boolean;
  nocaseglob: boolean;
  nocasematch: boolean;
  expand_aliases: boolean;
  lastpipe: boolean;
  inherit_errexit: boolean;
  xpg_echo: boolean;
  autocd: boolean;
  cdspell: boolean;
  checkwinsize: boolean;
  cmdhist: boolean;
  histappend: boolean;
  huponexit: boolean;
  login_shell: boolean;
  progcomp: boolean;
  promptvars: boolean;
  sourcepath: boolean;
}

export interface FunctionDefinition {
  node: FunctionNode;
  /** The text the node's positions count in. */
  source: string;
}

/** Everything a running shell knows. A subshell is a copy of it in a forked process. */
export class Shell {
  readonly process: Process;
  readonly personality: Personality;
  variables = new Variables();
  readonly functions = new Map<string, FunctionDefinition>();
  readonly aliases = new Map<string, string>();
  readonly hash = new Map<string, { path: string; hits: number }>();
  readonly disabled = new Set<string>();
  traps = new Map<string, string>();
  options: Options;
  shopts: Shopts;
  jobs: Jobs;
  /** $0, $1 … */
  name: string;
  positional: string[] = [];
  /** $? */
  status = 0;
  pipeStatus: number[] = [0];
  lastBackground = '';
  lastArgument = '';
  interactive = false;
  login = false;
  /** What precedes messages when not interactive: "bash", "./script.sh", and after it "line N". */
  lines = true;
  source = '';
  position = 0;
  /** Added to line numbers: interactive shells count on. */
  firstLine = 0;
  functionStack: string[] = [];
  sourceDepth = 0;
  loopDepth = 0;
  /** > 0 where a failure does not end the shell under set -e. */
  guarded = 0;
  subshell = 0;
  dirs: string[] = [];
  /** Exit codes of waited-for children by pid: `wait` may ask again. */
  readonly ended = new Map<number, number>();
  /** getopts: place inside an argument, and the OPTIND that belongs to it. */
  optionAt = 1;
  optionIndex = 1;
  history: string[] = [];
  pendingTraps: Signal[] = [];
  inTrap = false;
  /** Interrupts what a builtin (wait) waits on when a trap is due. */
  onTrap: (() => void) | undefined;
  /** What an interactive shell does again about a signal when its trap is removed. */
  restoreInteractiveHandler: ((signal: Signal) => void) | undefined;
  /** Set while `bash -c` may replace itself by its last command instead of forking. */
  execLast = false;
  startedAt: number;
  /** Names whose alias is being expanded. */
  aliasing: ReadonlySet<string> | undefined;
  /** $? of the last command substitution of the command being expanded. */
  substitutionStatus: number | undefined;
  /** What is undone after the command: descriptors of process substitutions. */
  readonly temporary: (() => void)[] = [];

  constructor(process: Process, { name, personality }: { name: string; personality: Personality }) {
    this.process = process;
    this.#mainPid = process.nspid;
    this.name = name;
    this.personality = personality;
    this.startedAt = process.now;
    this.options = { ...DEFAULT_OPTIONS, braceexpand: personality === 'bash' };
    this.shopts = { ...DEFAULT_SHOPTS };
    this.jobs = new Jobs(this);
    this.#variables();
  }

  /** The same shell in a forked process. */
  fork(process: Process): Shell {
    const copy = new Shell(process, { name: this.name, personality: this.personality });
    copy.#mainPid = this.#mainPid;
    copy.variables = this.variables.clone();
    copy.#variables();
    for (const [k, v] of this.functions) copy.functions.set(k, v);
    for (const [k, v] of this.aliases) copy.aliases.set(k, v);
    for (const [k, v] of this.hash) copy.hash.set(k, { ...v });
    for (const [k, v] of this.traps) if (v === '') copy.traps.set(k, v);
    copy.inheritedTraps = this.traps;
    copy.options = { ...this.options, monitor: false };
    copy.shopts = { ...this.shopts };
    Object.assign(copy, {
      positional: this.positional, status: this.status, pipeStatus: this.pipeStatus, lastBackground: this.lastBackground, lastArgument: this.lastArgument,
      lines: this.lines, source: this.source, position: this.position, firstLine: this.firstLine, functionStack: [...this.functionStack], guarded: this.guarded,
      subshell: this.subshell + 1, dirs: [...this.dirs], history: this.history, startedAt: this.startedAt, sourceDepth: this.sourceDepth, messages: this.messages, wasInteractive: this.interactive || this.wasInteractive,
    });
    copy.jobs.inherit(this.jobs);
    return copy;
  }
  /** What `trap` lists in a subshell although it does not act there. */
  inheritedTraps: Map<string, string> | undefined;
  /** A subshell of an interactive shell words its messages as that one does. */
  wasInteractive = false;
  /** Name shown before messages: "bash", "sh", or a script's path. */
  messages = 'bash';

  /** $1, $?, $name … ; undefined when unset. */
  parameter(name: string): string | undefined {
    if (/^[A-Za-z_]/.test(name) && name !== '_') return this.variables.get(name);
    if (/^\d/.test(name)) return name === '0' ? this.name : this.positional[Number(name) - 1];
    switch (name) {
      case '?': return String(this.status);
      case '$': return String(this.#mainPid);
      case '!': return this.lastBackground === '' ? undefined : this.lastBackground;
      case '#': return String(this.positional.length);
      case '-': return this.flags();
      case '_': return this.lastArgument;
      case '@':
      case '*': return this.positional.length > 0 ? this.positional.join(' ') : undefined;
      default: return undefined;
    }
  }

  get arithmeticScope(): ArithmeticScope {
    const { variables } = this;
    return {
      get: (name, index) => {
        const v = index === undefined ? variables.get(name) : variables.element(name, index);
        if (v === undefined && this.options.nounset) throw new ShellError(`${name}: unbound variable`, { fatal: true });
        return v;
      },
      set: (name, value, index) => variables.set(name, value, { index }),
    };
  }

  /** $- */
  flags(): string {
    const o = this.options;
    const all: [boolean, string][] = [[o.allexport, 'a'], [o.notify, 'b'], [o.errexit, 'e'], [o.noglob, 'f'], [o.hashall, 'h'], [this.interactive || this.wasInteractive, 'i'], [o.monitor, 'm'], [o.nounset, 'u'], [o.verbose, 'v'], [o.xtrace, 'x'], [o.braceexpand && this.personality === 'bash', 'B'], [o.noclobber, 'C'], [o.histexpand, 'H']];
    return all.filter(([on]) => on).map(([, c]) => c).join('') + (this.fromArgument ? (this.personality === 'bash' ? 'c' : '') : this.fromStdin ? 's' : '');
  }
  fromArgument = false;
  fromStdin = false;
  /** --noediting: the terminal edits lines, not the shell. */
  plainInput = false;
  warnedAboutJobs = false;

  /** A shell with job control leads a process group of its own, and the terminal is its. */
  startJobControl(): void {
    const { process } = this;
    process.pgid = process.pid;
    if (process.tty) process.tty.foreground = process.pgid;
  }

  get line(): number {
    return this.firstLine + lineAt(this.source, this.position);
  }

  /** What stands before an error message. */
  prefix(): string {
    if (this.personality === 'ash') return `${this.messages}: ${this.lines && !this.fromArgument && !this.interactive && !this.wasInteractive && !this.fromStdin ? `line ${this.line}: ` : ''}`;
    if (this.personality === 'dash') return `${this.messages}: ${this.line}: `;
    return this.interactive || this.wasInteractive ? `${this.messages}: ` : `${this.messages}: line ${this.line}: `;
  }

  complain(message: string): Promise<void> | void {
    if (this.process.fds.has(2)) return this.process.err(`${this.prefix()}${message}\n`);
  }

  prompt(text: string): string {
    return expandPrompt(this, text);
  }

  substitute(source: string): Promise<string> {
    return commandSubstitution(this, source);
  }

  processSubstitution(source: string, operator: string): Promise<string> {
    return processSubstitution(this, source, operator);
  }

  environment(): Record<string, string> {
    return this.variables.environment();
  }

  #mainPid: number;

  #variables(): void {
    const { variables, process } = this;
    variables.evaluate = (text) => (/^-?\d+$/.test(text) && !/^-?0\d/.test(text) ? BigInt(text) : this.evaluate(text));
    const rng = process.world.rng.fork(`shell/${process.machine.name}/${process.pid}`);
    let random = rng;
    variables.dynamic.set('RANDOM', { get: () => String(random.int(32768)), set: (seed) => (random = process.world.rng.fork(`RANDOM=${seed}`)) });
    variables.dynamic.set('SRANDOM', { get: () => String(random.uint32()) });
    variables.dynamic.set('SECONDS', { get: () => String(Math.floor((process.now - this.startedAt) / 1e6)), set: (v) => (this.startedAt = process.now - Number(v) * 1e6) });
    variables.dynamic.set('LINENO', { get: () => String(this.line) });
    variables.dynamic.set('EPOCHSECONDS', { get: () => String(Math.floor(process.now / 1e6)) });
    variables.dynamic.set('EPOCHREALTIME', { get: () => (process.now / 1e6).toFixed(6) });
    variables.dynamic.set('BASHPID', { get: () => String(process.nspid) });
    variables.dynamic.set('BASH_SUBSHELL', { get: () => String(this.subshell) });
    variables.dynamic.set('HISTCMD', { get: () => String(this.history.length + 1) });
    if (process.tty) {
      variables.dynamic.set('COLUMNS', { get: () => String(process.tty?.cols ?? 80) });
      variables.dynamic.set('LINES', { get: () => String(process.tty?.rows ?? 24) });
    }
  }

  evaluate: (text: string) => bigint = (text) => arithmetic(this, text);
}

const DEFAULT_OPTIONS: Options = {
  errexit: false, nounset: false, xtrace: false, verbose: false, noglob: false, noexec: false, noclobber: false, allexport: false, monitor: false, notify: false, pipefail: false, hashall: true,
  braceexpand: true, histexpand: false, history: false, ignoreeof: false, posix: false, emacs: false, vi: false, errtrace: false, functrace: false, keyword: false, physical: false, privileged: false,
  onecmd: false, nolog: false, 'interactive-comments': true,
};

const DEFAULT_SHOPTS: Shopts = {
  autocd: false, cdspell: false, checkwinsize: true, cmdhist: true, dotglob: false, expand_aliases: false, extglob: false, failglob: false, globstar: false, histappend: false, huponexit: false,
  inherit_errexit: false, lastpipe: false, login_shell: false, nocaseglob: false, nocasematch: false, nullglob: false, progcomp: true, promptvars: true, sourcepath: true, xpg_echo: false,
};
