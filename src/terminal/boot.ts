/** Where a page's world comes from. TEMPORARY inside: echoing machines, until src/scenarios, src/shell and src/labs exist. */
import { World } from '../linux/world.ts';
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
  const world = new World({ seed: '1', start: 1_700_000_000_000_000, programs: new Map() });
  return {
    world,
    machines: ['mac', 'control-plane', 'worker-1', 'worker-2'],
    open: (machine) => echo(world, machine),
    ask: () => Promise.resolve(''),
    check: () => ({ ok: false }),
    lab: undefined,
    exportSession: (session) => JSON.stringify(session),
  };
}

function echo(world: World, machine: string): TerminalSession {
  let print = (_: string) => {};
  let ended = () => {};
  let line = '';
  const prompt = () => print(`\x1b[?2004hestudiante@${machine}:~$ `);
  world.clock.after(1000, prompt);
  return {
    input(data) {
      for (const key of data) {
        if (key === '\x03') (print('^C\r\n'), (line = ''), prompt());
        else if (key === '\r') (print(`\r\nbash: ${line}: command not found\r\n`), (line = ''), prompt());
        else ((line += key), print(key));
      }
    },
    resize() {},
    onOutput: (fn) => (print = fn),
    onExit: (fn) => (ended = fn),
    close: () => ended(),
  };
}
