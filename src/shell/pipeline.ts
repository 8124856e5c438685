/** Pipelines and jobs: each stage a process, the terminal handed over, `command &`. */
import type { AndOr, Pipeline, PipelineNode, Statement } from 'unbash';
import type { Process } from '../linux/process.ts';
import { NULL, Pipe } from '../linux/streams.ts';
import { Interrupted } from './errors.ts';
import { checked, commandNode, node, single } from './execute.ts';
import { exitCode, signalText, state, type Job } from './jobs.ts';
import { runSubshell } from './script.ts';
import type { Shell } from './shell.ts';

export async function pipeline(shell: Shell, p: Pipeline, statement: Statement): Promise<number> {
  const negated = p.prefixes.filter((x) => x.type === 'Negation').length % 2 === 1;
  const time = p.prefixes.find((x) => x.type === 'Time');
  const begun = shell.process.now;
  const run = async () => {
    if (p.commands.length === 0) return 0;
    if (p.commands.length === 1) return single(shell, p.commands[0]!);
    return stages(shell, p, statement);
  };
  let status: number;
  if (negated) {
    shell.guarded++;
    try {
      status = await run();
    } finally {
      shell.guarded--;
    }
    status = shell.status = status === 0 ? 1 : 0;
  } else status = await checked(shell, run);
  if (time) {
    const seconds = (shell.process.now - begun) / 1e6;
    const format = (s: number) => `${Math.floor(s / 60)}m${(s % 60).toFixed(3)}s`;
    const cpu = Math.min(seconds, 0.002);
    await shell.process.err(time.type === 'Time' && time.posix ? `real ${seconds.toFixed(2)}\nuser ${cpu.toFixed(2)}\nsys 0.00\n` : `\nreal\t${format(seconds)}\nuser\t${format(cpu)}\nsys\t${format(0)}\n`);
  }
  return status;
}

/** Each stage is a process; with `lastpipe` the last one is the shell itself. */
async function stages(shell: Shell, p: Pipeline, statement: Statement): Promise<number> {
  const lastHere = shell.shopts.lastpipe && !shell.options.monitor;
  const { processes, rest } = startStages(shell, p, { lastHere });
  if (lastHere) {
    const status = await rest!();
    await shell.jobs.until(() => processes.every((x) => x.status));
    return pipeResult(shell, [...processes.map(exitCode), status]);
  }
  return foreground(shell, processes, textOf(shell, statement));
}

function startStages(shell: Shell, p: Pipeline, { lastHere = false, background = false } = {}): { processes: Process[]; rest?: () => Promise<number> } {
  const { process } = shell;
  const processes: Process[] = [];
  let input: Pipe | undefined, pgid: number | 'own' = shell.options.monitor ? 'own' : process.pgid;
  for (let i = 0; i < p.commands.length; i++) {
    const command = p.commands[i]!;
    const from = input, last = i === p.commands.length - 1;
    const to = last ? undefined : new Pipe();
    if (last && lastHere) {
      process.fds.get(0)?.stream.retain(process.fds.get(0)!.mode);
      const old = process.fds.get(0);
      from!.retain('read');
      return { processes, rest: async () => {
        process.close(0);
        process.fds.set(0, { stream: from!, mode: 'read' });
        try {
          return await commandNode(shell, command);
        } finally {
          process.close(0);
          if (old) process.fds.set(0, old);
        }
      } };
    }
    const child = process.machine.fork(process, (c) => runSubshell(shell, c, (sub) => {
      sub.execLast = true;
      return commandNode(sub, command);
    }), {
      pgid,
      prepare: (c) => {
        if (from) c.open(0, from, 'read');
        else if (background && !shell.options.monitor) c.open(0, NULL, 'read');
        if (to) c.open(1, to, 'write');
        if (to && p.operators[i] === '|&') c.open(2, to, 'write');
      },
    });
    pgid = child.pgid;
    processes.push(child);
    input = to;
  }
  return { processes };
}

/** Waits for a pipeline started in the foreground; in an interactive shell it may be stopped or interrupted. */
export async function foreground(shell: Shell, processes: Process[], text: string, known?: Job): Promise<number> {
  const { process } = shell;
  const leader = processes[0]!;
  const control = shell.options.monitor && process.tty !== undefined;
  if (control) process.tty!.foreground = leader.pgid;
  const job: Job = known ?? { id: 0, processes, command: text, background: false, told: 'running' };
  job.background = false;
  try {
    await shell.jobs.until(() => state(job) === 'done' || (shell.options.monitor && state(job) === 'stopped'));
  } finally {
    if (control) process.tty!.foreground = process.pgid;
  }
  if (state(job) === 'stopped') {
    const added = known ?? shell.jobs.add(processes, text, false);
    shell.jobs.touch(added);
    added.told = 'stopped';
    added.background = true;
    await process.err(`\n${shell.jobs.line(added)}`);
    return 148;
  }
  if (known) shell.jobs.remove(known);
  const result = pipeResult(shell, processes.map(exitCode));
  await tellSignal(shell, processes.at(-1)!, text);
  return result;
}

async function tellSignal(shell: Shell, last: Process, text: string): Promise<void> {
  const signal = last.status?.signal;
  if (!signal) return;
  const { process } = shell;
  if (signal === 'INT') {
    if (shell.interactive) {
      await process.err('\n');
      throw new Interrupted();
    }
    if (!shell.traps.has('INT')) {
      process.signal('INT'); // the script was interrupted too
      await process.sleep(0);
    }
  } else if (signal !== 'PIPE' && process.fds.has(2)) {
    if (shell.interactive || signal === 'TERM') await process.err(`${signalText(signal)}\n`);
    else if (shell.personality === 'bash') await process.err(`${shell.prefix()}${String(last.nspid).padStart(5)} ${signalText(signal).padEnd(23)} ${text}\n`);
    else await process.err(`${signalText(signal)}\n`);
  }
}

function pipeResult(shell: Shell, codes: number[]): number {
  shell.pipeStatus = codes;
  shell.variables.setArray('PIPESTATUS', codes.map((c) => ({ value: String(c) })));
  return shell.options.pipefail ? (codes.findLast((c) => c !== 0) ?? 0) : codes.at(-1)!;
}

/** `command &` */
export async function background(shell: Shell, command: PipelineNode | AndOr, statement: Statement): Promise<void> {
  const { process } = shell;
  const text = textOf(shell, statement);
  let processes: Process[];
  if (command.type === 'Pipeline' && command.commands.length > 1 && command.prefixes.length === 0) ({ processes } = startStages(shell, command, { background: true }));
  else {
    processes = [process.machine.fork(process, (c) => {
      if (!shell.options.monitor) {
        c.ignore('INT');
        c.ignore('QUIT');
      }
      return runSubshell(shell, c, (sub) => {
        sub.execLast = true;
        return node(sub, command, statement);
      });
    }, { pgid: shell.options.monitor ? 'own' : process.pgid, prepare: (c) => void (shell.options.monitor || c.open(0, NULL, 'read')) })];
  }
  const job = shell.jobs.add(processes, text, true);
  shell.lastBackground = String(processes.at(-1)!.nspid);
  if (shell.interactive) await process.err(`[${job.id}] ${shell.lastBackground}\n`);
  shell.status = 0;
}

/** The statement as it was typed, for `jobs`. */
export function textOf(shell: Shell, { pos, end }: { pos: number; end: number }): string {
  return shell.source.slice(pos, end).replace(/\s*&\s*$/, '').replace(/;\s*$/, '').trim();
}
