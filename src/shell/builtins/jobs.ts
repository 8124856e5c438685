import { SIGNALS, type Process, type Signal } from '../../linux/process.ts';
import { ShellError } from '../errors.ts';
import { foreground } from '../pipeline.ts';
import { runTraps } from '../script.ts';
import { exitCode, state, type Job } from '../jobs.ts';
import type { Shell } from '../shell.ts';
import { signalName } from './control.ts';
import type { Builtin } from './index.ts';

function jobOf(shell: Shell, spec: string | undefined, builtin: string): Job {
  const found = spec === undefined ? shell.jobs.current : shell.jobs.find(spec);
  if (found === 'ambiguous') throw new ShellError(`${builtin}: ${spec}: ambiguous job spec`);
  if (!found) throw new ShellError(`${builtin}: ${spec ?? 'current'}: no such job`);
  return found;
}

function resume(job: Job): void {
  for (const p of job.processes) p.signal('CONT');
  job.told = 'running';
}

async function jobs(shell: Shell, args: string[]): Promise<number> {
  const flags = args.filter((a) => a.startsWith('-')).join('');
  const specs = args.filter((a) => !a.startsWith('-'));
  const list = specs.length > 0 ? specs.map((s) => jobOf(shell, s, 'jobs')) : shell.jobs.list;
  for (const job of list) {
    if (flags.includes('r') && state(job) !== 'running') continue;
    if (flags.includes('s') && state(job) !== 'stopped') continue;
    await shell.process.out(flags.includes('p') ? `${job.processes[0]!.nspid}\n` : shell.jobs.line(job, { pids: flags.includes('l') }));
    job.told = state(job);
  }
  shell.jobs.forgetDone();
  return 0;
}

async function wait(shell: Shell, args: string[]): Promise<number> {
  const { process } = shell;
  const any = args.includes('-n');
  const specs = args.filter((a) => !a.startsWith('-'));
  const interrupted = new Error('trap');
  shell.onTrap = () => process.interrupt(interrupted);
  try {
    if (any) {
      const list = specs.length > 0 ? specs.map((s) => target(shell, s)).filter((j) => j !== undefined) : [...shell.jobs.list];
      if (list.length === 0) return 127;
      await shell.jobs.until(() => list.some((j) => state(j) === 'done'));
      const job = list.find((j) => state(j) === 'done')!;
      shell.jobs.remove(job);
      return exitCode(job.processes.at(-1)!);
    }
    if (specs.length === 0) {
      const list = [...shell.jobs.list];
      await shell.jobs.until(() => list.every((j) => state(j) !== 'running'));
      if (shell.interactive) await shell.process.err(shell.jobs.report());
      else shell.jobs.forgetDone();
      return 0;
    }
    let code = 0;
    for (const spec of specs) {
      const job = target(shell, spec);
      if (!job) {
        const known = /^\d+$/.test(spec) ? shell.ended.get(Number(spec)) : undefined;
        if (known === undefined) {
          await shell.complain(spec.startsWith('%') ? `wait: ${spec}: no such job` : /^\d+$/.test(spec) ? `wait: pid ${spec} is not a child of this shell` : `wait: \`${spec}': not a pid or valid job spec`);
          code = 127;
        } else code = known;
        continue;
      }
      const process = (/^\d+$/.test(spec) ? job.processes.find((p) => p.nspid === Number(spec)) : undefined) ?? job.processes.at(-1)!;
      await shell.jobs.until(() => process.status !== undefined);
      code = exitCode(process);
      if (state(job) === 'done') {
        shell.ended.set(process.nspid, code);
        if (!shell.interactive) shell.jobs.remove(job);
      }
    }
    return code;
  } catch (error) {
    if (error !== interrupted) throw error;
    const signal = shell.pendingTraps[0]!;
    await runTraps(shell);
    return 128 + SIGNALS[signal];
  } finally {
    shell.onTrap = undefined;
  }
}

function target(shell: Shell, spec: string): Job | undefined {
  if (spec.startsWith('%')) {
    const found = shell.jobs.find(spec);
    return found === 'ambiguous' ? undefined : found;
  }
  return shell.jobs.list.find((j) => j.processes.some((p) => String(p.nspid) === spec));
}

async function kill(shell: Shell, args: string[]): Promise<number> {
  const { process } = shell;
  let signal: Signal | undefined = 'TERM', zero = false, i = 0;
  if (args.length === 0) {
    await process.err('kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n');
    return 2;
  }
  if (args[0] === '-l' || args[0] === '-L') return listSignals(process, args.slice(1));
  if (/^-./.test(args[0]!) && args[0] !== '--') {
    let name = args[0]!.slice(1);
    i = 1;
    if (name === 's' || name === 'n') name = args[i++] ?? '';
    const found = name === '0' ? 'EXIT' : signalName(name);
    if (found === 'EXIT') zero = true;
    else if (!found || !(found in SIGNALS)) {
      await shell.complain(`kill: ${name}: invalid signal specification`);
      return 1;
    }
    signal = found as Signal;
  }
  if (args[i] === '--') i++;
  let code = 0;
  for (const spec of args.slice(i)) {
    let targets: Process[];
    if (spec.startsWith('%')) {
      const job = shell.jobs.find(spec);
      if (!job || job === 'ambiguous') {
        await shell.complain(`kill: ${spec}: no such job`);
        code = 1;
        continue;
      }
      targets = job.processes;
    } else if (/^-\d+$/.test(spec)) targets = process.pids.processes().filter((p) => p.pgid === Number(spec.slice(1)));
    else if (/^\d+$/.test(spec)) targets = spec === '0' ? process.pids.processes().filter((p) => p.pgid === process.pgid) : [process.pids.get(Number(spec))].filter((p) => p !== undefined);
    else {
      await shell.complain(`kill: ${spec}: arguments must be process or job IDs`);
      code = 1;
      continue;
    }
    if (targets.length === 0) {
      await shell.complain(`kill: (${spec}) - No such process`);
      code = 1;
    }
    for (const p of targets) {
      if (process.uid !== 0 && p.uid !== process.uid) {
        await shell.complain(`kill: (${spec}) - Operation not permitted`);
        code = 1;
      } else if (!zero) {
        p.signal(signal);
        if (p.stopped && (signal === 'TERM' || signal === 'HUP')) p.signal('CONT');
      }
    }
  }
  if (process.killedBy) await process.sleep(0); // it was itself
  return code;
}

const ALL_SIGNALS = 'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(' ');

async function listSignals(process: Process, args: string[]): Promise<number> {
  if (args.length > 0) {
    for (const a of args) await process.out(/^\d+$/.test(a) ? `${ALL_SIGNALS[(Number(a) > 128 ? Number(a) - 128 : Number(a)) - 1] ?? a}\n` : `${ALL_SIGNALS.indexOf(a.toUpperCase().replace(/^SIG/, '')) + 1}\n`);
    return 0;
  }
  const rt = [...Array.from({ length: 16 }, (_, n) => (n === 0 ? 'RTMIN' : `RTMIN+${n}`)), ...Array.from({ length: 15 }, (_, n) => (n === 14 ? 'RTMAX' : `RTMAX-${14 - n}`))];
  const names: [number, string][] = [...ALL_SIGNALS.map((s, n): [number, string] => [n + 1, s]), ...rt.map((s, n): [number, string] => [34 + n, s])];
  let out = '';
  names.forEach(([n, s], at) => (out += `${String(n).padStart(2)}) SIG${s}${(at + 1) % 5 === 0 || at === names.length - 1 ? '\n' : '\t'}`));
  await process.out(out);
  return 0;
}

export const jobBuiltins: Record<string, Builtin> = {
  jobs,
  wait,
  kill,
  fg: async (shell, [spec]) => {
    if (!shell.options.monitor) throw new ShellError('fg: no job control');
    const job = jobOf(shell, spec, 'fg');
    await shell.process.out(`${job.command}\n`);
    if (shell.process.tty) shell.process.tty.foreground = job.processes[0]!.pgid;
    resume(job);
    return foreground(shell, job.processes, job.command, job);
  },
  bg: async (shell, specs) => {
    if (!shell.options.monitor) throw new ShellError('bg: no job control');
    for (const spec of specs.length > 0 ? specs : [undefined]) {
      const job = jobOf(shell, spec, 'bg');
      if (state(job) === 'running') {
        await shell.complain(`bg: job ${job.id} already in background`);
        continue;
      }
      resume(job);
      await shell.process.err(`[${job.id}]${shell.jobs.mark(job)} ${job.command} &\n`);
    }
    return 0;
  },
  disown: async (shell, args) => {
    const specs = args.filter((a) => !a.startsWith('-'));
    if (args.includes('-a')) shell.jobs.list = [];
    else if (!args.includes('-h')) for (const spec of specs.length > 0 ? specs : [undefined]) shell.jobs.remove(jobOf(shell, spec, 'disown'));
    return 0;
  },
};
