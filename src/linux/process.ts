import type { Micros } from '../sim/clock.ts';
import type { FileSystem } from './files.ts';
import type { Machine } from './machine.ts';
import type { NetNamespace } from './net/namespace.ts';
import type { Stream } from './streams.ts';
import type { Tty } from './tty.ts';

export type Signal = 'HUP' | 'INT' | 'QUIT' | 'ABRT' | 'KILL' | 'TERM' | 'PIPE' | 'USR1' | 'USR2' | 'WINCH' | 'CHLD' | 'STOP' | 'TSTP' | 'TTIN' | 'TTOU' | 'CONT' | 'ALRM' | 'SEGV';
export const SIGNALS: Record<Signal, number> = { HUP: 1, INT: 2, QUIT: 3, ABRT: 6, KILL: 9, USR1: 10, SEGV: 11, USR2: 12, PIPE: 13, ALRM: 14, TERM: 15, CHLD: 17, CONT: 18, STOP: 19, TSTP: 20, TTIN: 21, TTOU: 22, WINCH: 28 };
const STOPS: ReadonlySet<Signal> = new Set(['STOP', 'TSTP', 'TTIN', 'TTOU']);
const IGNORE = () => {};
const IGNORED: ReadonlySet<Signal> = new Set(['CHLD', 'WINCH', 'CONT']);

/** What one process may take on a machine without limits. */
const MOST_MEMORY = 256 * 1024 * 1024;

/** A program: what an executable does. Its argv[0] is `process.argv[0]`; it returns the exit code. */
export type Program = (process: Process) => Promise<number> | number;

/** Thrown out of whatever a program waits on when a signal ends it. `finally` blocks run; nothing else should catch it. */
export class Killed extends Error {
  readonly signal: Signal;
  constructor(signal: Signal) {
    super(`killed by SIG${signal}`);
    this.signal = signal;
  }
}

/** A write that nobody awaits may end with the process (SIGPIPE): what the program waits on tells it. */
function handled(write: Promise<void> | void): Promise<void> | void {
  write?.catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });
  return write;
}

/** The kernel's bookkeeping of a namespace of pids: a container counts from 1. */
export class PidNamespace {
  readonly #byPid = new Map<number, Process>();
  #last: number;
  constructor(last = 0) {
    this.#last = last;
  }
  /** Gives the process the next pid of this namespace. */
  add(process: Process): number {
    this.#byPid.set(++this.#last, process);
    return this.#last;
  }
  remove(pid: number): void {
    this.#byPid.delete(pid);
  }
  get(pid: number): Process | undefined {
    return this.#byPid.get(pid);
  }
  /** In the order of their pids. */
  processes(): Process[] {
    return [...this.#byPid.values()];
  }
  pidOf(process: Process): number | undefined {
    return process.pids === this ? process.nspid : [...this.#byPid].find(([, p]) => p === process)?.[0];
  }
}

export interface ProcessOptions {
  machine: Machine;
  parent: Process | undefined;
  argv: string[];
  /** Absolute path of the executable. */
  exe: string;
  uid: number;
  gid: number;
  cwd: string;
  env: Record<string, string>;
  fs: FileSystem;
  net: NetNamespace;
  uts: { hostname: string };
  pids: PidNamespace;
  /** Linux capabilities without the CAP_ prefix, or 'all' of an unconfined root. */
  capabilities: ReadonlySet<string> | 'all';
  tty: Tty | undefined;
  pgid: number | undefined;
  container: string | undefined;
}

/** A process: pid, namespaces, descriptors, environment. Programs get it as their only argument. */
export class Process {
  readonly machine: Machine;
  /** Whoever started it; pid 1 of its namespace once that has ended. */
  parent: Process | undefined;
  argv: string[];
  exe: string;
  /** Name in `ps` and `netstat -p`: 15 characters at most (TASK_COMM_LEN). */
  comm: string;
  uid: number;
  gid: number;
  cwd: string;
  env: Record<string, string>;
  readonly fs: FileSystem;
  readonly net: NetNamespace;
  readonly uts: { hostname: string };
  readonly pids: PidNamespace;
  capabilities: ReadonlySet<string> | 'all';
  tty: Tty | undefined;
  /** Process group: what Ctrl-C is sent to. */
  pgid: number;
  /** The id of the container it runs in. */
  readonly container: string | undefined;
  /** Pid on the machine. */
  readonly pid: number;
  /** Pid inside its own pid namespace. */
  readonly nspid: number;
  readonly startedAt: Micros;
  readonly fds = new Map<number, { stream: Stream; mode: 'read' | 'write' }>();
  readonly children = new Set<Process>();
  /** Set when it has ended: the exit code, or the signal that ended it. */
  status: { code: number; signal?: Signal } | undefined;
  stopped = false;
  umask = 0o022;
  readonly #handlers = new Map<Signal, () => void>();
  readonly #waits = new Set<(error: Error) => void>();
  readonly #atExit = new Set<() => void>();
  #held: (() => void)[] = [];
  #killed: Killed | undefined;
  #allocated = 0;

  constructor(options: ProcessOptions) {
    Object.assign(this, options);
    this.machine = options.machine;
    this.parent = options.parent;
    this.argv = options.argv;
    this.exe = options.exe;
    this.comm = (options.exe.split('/').at(-1) ?? '').slice(0, 15);
    this.uid = options.uid;
    this.gid = options.gid;
    this.cwd = options.cwd;
    this.env = options.env;
    this.fs = options.fs;
    this.net = options.net;
    this.uts = options.uts;
    this.pids = options.pids;
    this.capabilities = options.capabilities;
    this.tty = options.tty;
    this.container = options.container;
    this.startedAt = this.machine.world.clock.now;
    this.pid = this.machine.pids.add(this);
    this.nspid = this.pids === this.machine.pids ? this.pid : this.pids.add(this);
    this.pgid = options.pgid ?? this.pid;
    this.parent?.children.add(this);
  }

  get world() {
    return this.machine.world;
  }
  get args(): string[] {
    return this.argv.slice(1);
  }
  get stdin(): Stream {
    return this.stream(0);
  }
  get stdout(): Stream {
    return this.stream(1);
  }
  get stderr(): Stream {
    return this.stream(2);
  }
  get now(): Micros {
    return this.machine.world.clock.now;
  }
  get running(): boolean {
    return this.status === undefined;
  }

  stream(fd: number): Stream {
    const open = this.fds.get(fd);
    if (!open) throw new Error(`${this.comm}: descriptor ${fd} is closed`);
    return open.stream;
  }

  /** Makes descriptor `fd` refer to `stream`, closing what it was. */
  open(fd: number, stream: Stream, mode: 'read' | 'write'): void {
    stream.retain(mode);
    this.close(fd);
    this.fds.set(fd, { stream, mode });
  }

  close(fd: number): void {
    const old = this.fds.get(fd);
    this.fds.delete(fd);
    old?.stream.release(old.mode);
  }

  /** Writes to standard output; await it in loops. */
  out(text: string): Promise<void> | void {
    this.world.executions?.wrote(this, 'stdout', text);
    return handled(this.stdout.write(text, this));
  }
  /** Writes to standard error. */
  err(text: string): Promise<void> | void {
    this.world.executions?.wrote(this, 'stderr', text);
    return handled(this.stderr.write(text, this));
  }

  /** All of standard input. */
  async readAll(): Promise<string> {
    let all = '';
    for (let piece; (piece = await this.stdin.read(this)) !== null; ) all += piece;
    return all;
  }

  can(capability: string): boolean {
    return this.capabilities === 'all' ? this.uid === 0 : this.capabilities.has(capability);
  }

  /**
   * Waits for something in the world: `start` gets the function to call when it has happened. The only way for a program to
   * wait. A deadly signal throws Killed out of it; `cancel`, if `start` returns one, then takes the request back.
   */
  wait<T>(start: (resume: (value: T) => void, fail: (error: unknown) => void) => (() => void) | void): Promise<T> {
    return this.world.tasks.wait<T>((resolve, reject) => {
      if (this.#killed) return reject(this.#killed);
      let cancel: (() => void) | void = undefined;
      const kill = (error: Error) => {
        this.#waits.delete(kill);
        cancel?.();
        reject(error);
      };
      const end = (act: () => void) => {
        if (this.stopped) this.#held.push(() => end(act));
        else {
          this.#waits.delete(kill);
          act();
        }
      };
      this.#waits.add(kill);
      cancel = start((value) => end(() => resolve(value)), (error) => end(() => reject(error)));
    });
  }

  /** Makes whatever it waits on fail with `error` (EINTR): a shell that goes back to its prompt. */
  get allocated(): number {
    return this.#allocated;
  }

  interrupt(error: Error): void {
    for (const fail of [...this.#waits]) fail(error);
  }

  /** The deadly signal it has got and has not died of yet, because it did not wait since. */
  get killedBy(): Signal | undefined {
    return this.#killed?.signal;
  }

  /** Processor time that its work has taken beside what it takes by being there, microseconds. */
  charged = 0;

  /** Takes memory until it ends. Where its container (or, far below its real size, the machine) has no more, the kernel kills it. */
  allocate(bytes: number): void {
    this.#allocated += bytes;
    const group = this.container === undefined ? undefined : this.machine.memoryLimits.get(this.container);
    if (group) {
      group.used += bytes;
      if (this.#allocated === bytes) this.onExit(() => (group.used -= this.#allocated));
    }
    if (group ? group.used <= group.limit : this.#allocated <= MOST_MEMORY) return;
    group?.onOom();
    this.net.shared.kernelLog(this.machine.name, `${group ? 'Memory cgroup out of memory' : 'Out of memory'}: Killed process ${this.pid} (${this.comm}) total-vm:${Math.ceil(this.#allocated / 1024)}kB, anon-rss:${Math.ceil(this.#allocated / 1024)}kB, file-rss:0kB, shmem-rss:0kB, UID:${this.uid} pgtables:${Math.ceil(this.#allocated / 4096 / 512) * 4 + 40}kB oom_score_adj:${group ? 1000 : 0}`);
    this.signal('KILL');
  }

  /** Waits for virtual time to pass. A sleeping program does not keep the world from being settled. */
  sleep(duration: Micros): Promise<void> {
    return this.wait<void>((resume) => {
      const timer = this.world.clock.after(duration, resume, { background: true });
      return () => timer.cancel();
    });
  }

  /** Waits until a child has ended. */
  async waitFor(child: Process): Promise<{ code: number; signal?: Signal }> {
    if (!child.status) await this.wait<void>((resume) => child.onExit(resume));
    return child.status!;
  }

  /** Handles a signal instead of dying of it (not KILL and STOP). Returns a function that restores the default. */
  onSignal(signal: Signal, handler: () => void): () => void {
    this.#handlers.set(signal, handler);
    return () => {
      if (this.#handlers.get(signal) === handler) this.#handlers.delete(signal);
    };
  }

  ignore(signal: Signal): () => void {
    return this.onSignal(signal, IGNORE);
  }

  defaultAction(signal: Signal): void {
    this.#handlers.delete(signal);
  }

  /** What execve(2) does to signals, and fork's child inherits: handlers are gone, ignored ones stay ignored. */
  resetHandlers(from: Process = this): void {
    const ignored = [...from.#handlers].filter(([, handler]) => handler === IGNORE);
    this.#handlers.clear();
    for (const [signal] of ignored) this.#handlers.set(signal, IGNORE);
  }

  ignores(signal: Signal): boolean {
    return this.#handlers.get(signal) === IGNORE;
  }

  /** Becomes another program (execve(2)): same pid and descriptors. */
  become(exe: string, argv: string[], env: Record<string, string>): void {
    this.exe = exe;
    this.argv = argv;
    this.env = env;
    this.comm = (exe.split('/').at(-1) ?? '').slice(0, 15);
    this.resetHandlers();
  }

  /** Calls `run` once when the process has ended (at once if it has). */
  onExit(run: () => void): () => void {
    if (this.status) run();
    else this.#atExit.add(run);
    return () => this.#atExit.delete(run);
  }

  /** Sends a signal (kill(2)). Pid 1 of a namespace of its own ignores what it does not handle, as in the kernel. */
  signal(signal: Signal): void {
    if (this.status) return;
    if (STOPS.has(signal) && (signal === 'STOP' || !this.#handlers.has(signal))) {
      this.stopped = true;
      this.parent?.signal('CHLD');
      return;
    }
    if (signal === 'CONT') {
      this.stopped = false;
      for (const resume of this.#held.splice(0)) resume();
    }
    const handler = this.#handlers.get(signal);
    if (handler && signal !== 'KILL') return handler();
    if (IGNORED.has(signal) || (this.nspid === 1 && this.pids !== this.machine.pids && signal !== 'KILL')) return;
    this.#die(signal);
  }

  /** Ends the process: the machine calls it when its program returns; a daemon without a program ends itself with it. */
  exit(code: number, signal?: Signal): void {
    if (this.status) return;
    this.status = signal ? { code, signal } : { code };
    this.world.executions?.ended(this, code);
    for (const fd of [...this.fds.keys()]) this.close(fd);
    this.machine.pids.remove(this.pid);
    if (this.pids !== this.machine.pids) this.pids.remove(this.nspid);
    this.parent?.children.delete(this);
    const init = this.pids.get(1);
    for (const child of this.children) {
      child.parent = init === this ? undefined : init;
      child.parent?.children.add(child);
    }
    this.children.clear();
    const atExit = [...this.#atExit];
    this.#atExit.clear();
    for (const run of atExit) run();
    if (this.nspid === 1 && this.pids !== this.machine.pids) for (const p of this.pids.processes()) p.signal('KILL');
    this.parent?.signal('CHLD');
  }

  /** Whether a program runs in it (else it is a daemon whose work is done by callbacks). */
  hasProgram = false;

  #die(signal: Signal): void {
    this.stopped = false;
    this.#killed = new Killed(signal);
    const waits = [...this.#waits];
    if (!this.hasProgram) return this.exit(128 + SIGNALS[signal], signal);
    for (const kill of waits) kill(this.#killed);
  }
}
