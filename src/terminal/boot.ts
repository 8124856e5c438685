/** Where a page's world comes from. */
import { LESSON_SEED } from '../course.ts';
import type { World } from '../linux/world.ts';
import { bootScenario } from '../scenarios/index.ts';
import { openSession, startCommand } from '../shell/session.ts';
import type { Check, CheckResult, SavedSession, StartOptions, TaskState } from './protocol.ts';

export interface TerminalSession {
  input(data: string): void;
  resize(cols: number, rows: number): void;
  onOutput(print: (text: string) => void): void;
  onExit(ended: () => void): void;
  close(): void;
}

export interface Booted {
  world: World;
  /** Machines a terminal can be opened on, the student's own first. */
  machines: string[];
  open(machine: string, size: { cols: number; rows: number }): TerminalSession;
  /** Runs a command aside from every terminal; resolves with its standard output when it has ended. */
  ask(machine: string, command: string): Promise<string>;
  check(checks: Check[]): CheckResult;
  lab: { tasks(): TaskState[]; hint(task: string): void; answer(task: string, answer: string): void } | undefined;
  /** The file that the grader reads. */
  exportSession(session: SavedSession): string;
}

export async function boot({ scenario }: StartOptions): Promise<Booted> {
  const world = bootScenario(scenario, { seed: LESSON_SEED });
  return {
    world,
    machines: [...world.machines.keys()],
    open(machine, size) {
      const session = openSession(world, machine, size);
      return {
        input: (data) => session.input(data),
        resize: (cols, rows) => session.resize(cols, rows),
        onOutput: (print) => session.onOutput(print),
        onExit: (ended) => void session.process.onExit(ended),
        close: () => session.close(),
      };
    },
    ask(machine, command) {
      const started = startCommand(world, machine, command);
      return new Promise((resolve) => started.process.onExit(() => resolve(started.stdout())));
    },
    check: () => ({ ok: false, error: 'los laboratorios aún no existen' }),
    lab: undefined,
    exportSession: (session) => JSON.stringify(session),
  };
}
