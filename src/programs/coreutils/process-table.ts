/** What procps reads of a process in /proc; shared by ps, top and pgrep. */
import type { Process } from '../../linux/process.ts';
import type { Tool } from './tool.ts';

/** The processes that /proc shows: those of the process's pid namespace. */
export function visible(t: Tool): Process[] {
  return t.process.pids.processes();
}

export const pidOf = (t: Tool, p: Process) => t.process.pids.pidOf(p) ?? p.pid;

export function commandLine(p: Process): string {
  return p.argv.join(' ');
}

export function stateOf(p: Process, t: Tool): string {
  return p.stopped ? 'T' : p === t.process ? 'R' : 'S';
}
/** CPU time used: the model does not measure it; a daemon uses about one percent of one processor. Seconds. */
export function cpuTime(p: Process): number {
  return p.hasProgram ? 0 : ((p.machine.world.clock.now - p.startedAt) / 1e6) * 0.01;
}
