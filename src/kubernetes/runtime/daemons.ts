import type { Process, Program } from '../../linux/process.ts';
import type { ProgramEntry } from '../../linux/world.ts';

/**
 * A server whose work is done by callbacks while its process lives (nginx, kube-proxy …): started at once, without a program
 * that waits, so that a world full of them boots in one go. It ends itself with process.exit.
 */
export type Daemon = (process: Process) => void;

const DAEMONS = new Map<string, Daemon>();

export function registerDaemons(daemons: Readonly<Record<string, Daemon>>): void {
  for (const [name, daemon] of Object.entries(daemons)) DAEMONS.set(name, daemon);
}

export function daemonOf(program: string | undefined): Daemon | undefined {
  return program === undefined ? undefined : DAEMONS.get(program);
}

/** The daemons as programs, for World.programs: what happens when somebody types their name. */
export function daemonPrograms(): [string, ProgramEntry][] {
  return [...DAEMONS].map(([name, daemon]) => [name, { main: asProgram(daemon) }]);
}

/** A program that starts the daemon and lives until it ends itself. */
export function asProgram(daemon: Daemon): Program {
  return async (process) => {
    daemon(process);
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
