/** Jobs: the pipelines a shell has started and not yet reported. */
import type { Process, Signal } from '../linux/process.ts';
import { SIGNALS } from '../linux/process.ts';
import type { Shell } from './shell.ts';

export interface Job {
  id: number;
  processes: Process[];
  command: string;
  background: boolean;
  /** What was told about it last, so that each change is told once. */
  told: 'running' | 'stopped' | 'done' | undefined;
}

export class Jobs {
  readonly #shell: Shell;
  list: Job[] = [];
  #order: Job[] = [];
  #changed: (() => void)[] = [];

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  inherit(from: Jobs): void {
    this.list = [...from.list];
    this.#order = [...from.#order];
  }

  add(processes: Process[], command: string, background: boolean): Job {
    const job: Job = { id: Math.max(0, ...this.list.map((j) => j.id)) + 1, processes, command, background, told: 'running' };
    this.list.push(job);
    this.#order.push(job);
    return job;
  }

  remove(job: Job): void {
    this.list = this.list.filter((j) => j !== job);
    this.#order = this.#order.filter((j) => j !== job);
  }

  /** It becomes the current job (%+). */
  touch(job: Job): void {
    this.#order = [...this.#order.filter((j) => j !== job), job];
  }

  get current(): Job | undefined {
    return this.#ranked()[0];
  }
  get previous(): Job | undefined {
    return this.#ranked()[1];
  }
  #ranked(): Job[] {
    const newest = [...this.#order].reverse();
    return [...newest.filter((j) => state(j) === 'stopped'), ...newest.filter((j) => state(j) !== 'stopped')];
  }

  mark(job: Job): string {
    return job === this.current ? '+' : job === this.previous ? '-' : ' ';
  }

  /** The job that `%1`, `%+`, `%-`, `%name`, `%?text` or a number names. */
  find(spec: string): Job | undefined | 'ambiguous' {
    const name = spec.replace(/^%/, '');
    if (name === '' || name === '+' || name === '%') return this.current;
    if (name === '-') return this.previous;
    if (/^\d+$/.test(name)) return this.list.find((j) => j.id === Number(name));
    const found = this.list.filter((j) => (name.startsWith('?') ? j.command.includes(name.slice(1)) : j.command.startsWith(name)));
    return found.length > 1 ? 'ambiguous' : found[0];
  }

  /** A child has ended or stopped. */
  notify(): void {
    for (const wake of this.#changed.splice(0)) wake();
  }

  /** Waits until `done` holds, looking again whenever a child changes. */
  async until(done: () => boolean): Promise<void> {
    const { process } = this.#shell;
    while (!done()) {
      await process.wait<void>((resume) => {
        this.#changed.push(resume);
        return () => (this.#changed = this.#changed.filter((r) => r !== resume));
      });
    }
  }

  /** A line of `jobs`. */
  line(job: Job, { pids = false } = {}): string {
    const running = state(job) === 'running';
    const words = describe(job).padEnd(24);
    return `[${job.id}]${this.mark(job)}  ${pids ? `${job.processes[0]!.nspid} ` : ''}${words}${job.command}${running ? ' &' : ''}\n`;
  }

  /** What an interactive shell tells before a prompt about jobs that have changed; they are forgotten when done. */
  report(): string {
    let out = '';
    for (const job of [...this.list]) {
      const now = state(job);
      if (now === job.told) continue;
      job.told = now;
      if (now === 'running') continue;
      out += this.line(job);
    }
    this.forgetDone();
    return out;
  }

  forgetDone(): void {
    for (const job of this.list.filter((j) => state(j) === 'done')) this.remove(job);
  }
}

export function state(job: Job): 'running' | 'stopped' | 'done' {
  if (job.processes.every((p) => p.status)) return 'done';
  return job.processes.some((p) => p.stopped) ? 'stopped' : 'running';
}

/** $? of the job when it has ended. */
export function exitCode(process: Process): number {
  return process.status!.signal ? 128 + SIGNALS[process.status!.signal] : process.status!.code;
}

function describe(job: Job): string {
  const now = state(job);
  if (now === 'running') return 'Running';
  if (now === 'stopped') return 'Stopped';
  const { signal, code } = job.processes.at(-1)!.status!;
  if (signal) return signalText(signal);
  return code === 0 ? 'Done' : `Exit ${code}`;
}

/** strsignal(3) */
export function signalText(signal: Signal): string {
  const words: Partial<Record<Signal, string>> = {
    HUP: 'Hangup', INT: 'Interrupt', QUIT: 'Quit', KILL: 'Killed', TERM: 'Terminated', PIPE: 'Broken pipe', USR1: 'User defined signal 1', USR2: 'User defined signal 2', ALRM: 'Alarm clock', SEGV: 'Segmentation fault', ABRT: 'Aborted',
  };
  return words[signal] ?? signal;
}
