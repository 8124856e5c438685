import type { Process, Program } from '../../linux/process.ts';
import type { ProgramEntry } from '../../linux/world.ts';

/**
 * A server whose work is done by callbacks while its process lives (nginx, kube-proxy …): started at once, without a program
 * that waits, so that a world full of them boots in one go. It ends itself with process.exit.
 */
export type Daemon = (process: Process) => void;

/** One that is there, or one that is loaded when it first runs. */
export type DaemonEntry = Daemon | { load: () => Promise<Daemon> };
/** A server that may share its process with others (k3s): its flags are not always those of the process. */
export type Component = (process: Process, flags?: Flags) => void;
export interface Flags {
  readonly args: readonly string[];
}

/** The version that is built into a process's executable. */
export function builtVersion(process: Process, otherwise: string): string {
  const file = process.fs.find(process.exe);
  return (file?.kind === 'file' && String(file.content)) || otherwise;
}


const DAEMONS = new Map<string, DaemonEntry>();

export function registerDaemons(daemons: Readonly<Record<string, DaemonEntry>>): void {
  for (const [name, daemon] of Object.entries(daemons)) if (typeof DAEMONS.get(name) !== 'function') DAEMONS.set(name, daemon);
}

export function isDaemon(program: string | undefined): program is string {
  return program !== undefined && DAEMONS.has(program);
}

/** Begins to act as the daemon of that name; virtual time stands still while it is loaded. */
export function startDaemon(name: string, process: Process): void {
  const entry = DAEMONS.get(name)!;
  if (typeof entry === 'function') return entry(process);
  process.world.bring(entry.load, process, (daemon) => {
    DAEMONS.set(name, daemon);
    daemon(process);
  });
}

/** The daemons as programs, for World.programs: what happens when somebody types their name. */
export function daemonPrograms(): [string, ProgramEntry][] {
  return [...DAEMONS.keys()].map((name) => [name, { main: asProgram(name) }]);
}

function asProgram(name: string): Program {
  return async (process) => {
    startDaemon(name, process);
    await process.wait<void>(() => {});
    return 0;
  };
}

/** Ends with `code` on these signals, as servers do that close their sockets and go. */
export function endsOn(process: Process, signals: readonly ('TERM' | 'INT' | 'QUIT' | 'HUP')[], code = 0, before: () => void = () => {}): void {
  for (const signal of signals) process.onSignal(signal, () => {
    before();
    process.exit(code);
  });
}
