/** Where a page's world comes from. */
import { World } from '../linux/world.ts';
import { Machine } from '../linux/machine.ts';
import { openSession, startCommand } from '../shell/session.ts';
import { main as bash } from '../shell/bash.ts';
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

export async function boot(_options: StartOptions): Promise<Booted> {
  const world = temporaryWorld();
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
    check: () => ({ ok: false, error: 'src/labs' }),
    lab: undefined,
    exportSession: (session) => JSON.stringify(session),
  };
}

/** TEMPORARY, until src/scenarios/index.ts exists: one machine with bash. */
function temporaryWorld(): World {
  const world = new World({ seed: '1', start: 1_700_000_000_000_000, programs: new Map([['bash', { main: bash }]]) });
  const mac = new Machine(world, 'mac');
  mac.fs.mkdir('/bin', { parents: true });
  mac.fs.mkdir('/root', { parents: true });
  mac.fs.writeFile('/bin/bash', '', { mode: 0o755, program: 'bash' });
  world.machines.set('mac', mac);
  return world;
}
