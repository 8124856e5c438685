/** The tree is executed here: lists, pipelines, compound commands. Simple commands are in simple.ts. */
import type { AndOr, ArithmeticFor, Case, CommandNode, CompoundList, For, If, PipelineNode, Select, Statement, TestCommand, While } from 'unbash';
import type { Process } from '../linux/process.ts';
import { NULL, Pipe } from '../linux/streams.ts';
import { executeTest } from './conditional.ts';
import { Exit, Interrupted, LoopControl, Return, ShellError } from './errors.ts';
import { expandArithmetic, expandPattern, expandString, expandWords } from './expand.ts';
import { exitCode, signalText, state, type Job } from './jobs.ts';
import { patternRegExp } from './pattern.ts';
import { withRedirects } from './redirect.ts';
import type { FunctionNode } from './nodes.ts';
import type { Shell } from './shell.ts';
import { simpleCommand } from './simple.ts';
import { parse } from './syntax.ts';
import { ReadonlyError } from './variables.ts';

/** Virtual time of fork and exec, and of a command that needs neither; microseconds. */
export const FORK_EXEC = 1000;
export const BUILTIN = 100;

/** Parses and runs a text in this shell: a script, `eval`, a trap. Returns $?. */
export async function runScript(shell: Shell, source: string, { name }: { name?: string } = {}): Promise<number> {
  const parsed = parse(source);
  const saved = { source: shell.source, position: shell.position };
  shell.source = source;
  try {
    const { problem } = parsed;
    if (!problem || problem.from === Infinity) {
      if (problem && shell.process.fds.has(2)) await shell.process.err(`${shell.messages}: line ${shell.firstLine + problem.line}: ${problem.message}\n`);
      await list(shell, parsed.script.commands);
    } else {
      await list(shell, parsed.script.commands.filter((s) => s.end <= problem.from && s.pos < problem.from));
      shell.status = await syntaxError(shell, source, problem.line, problem.message, problem.showLine, name);
    }
  } finally {
    Object.assign(shell, saved);
  }
  return shell.status;
}

async function syntaxError(shell: Shell, source: string, line: number, message: string, showLine: boolean, name?: string): Promise<number> {
  const { process } = shell;
  if (shell.personality !== 'bash') {
    const text = /unexpected EOF.*`(.)'/.exec(message)?.[1];
    const token = /token `(.*)'/.exec(message)?.[1];
    const said = shell.personality === 'dash'
      ? text ? (text === '"' || text === "'" ? 'Syntax error: Unterminated quoted string' : 'Syntax error: end of file unexpected') : token ? `Syntax error: ${token === 'newline' ? 'newline' : `"${token}"`} unexpected` : 'Syntax error: end of file unexpected'
      : text ? 'syntax error: unterminated quoted string' : token ? `syntax error: unexpected "${token}"` : 'syntax error: unexpected end of file';
    await process.err(`${shell.personality === 'dash' ? `${shell.messages}: ${shell.firstLine + line}: ` : `${shell.messages}: `}${said}\n`);
    throw new Exit(2);
  }
  const where = shell.interactive ? `${shell.messages}: ` : `${shell.messages}: ${name ?? (shell.fromArgument && shell.subshell === 0 ? '-c' : '')}${name || (shell.fromArgument && shell.subshell === 0) ? ': ' : ''}line ${shell.firstLine + line}: `;
  await process.err(`${where}${message}\n`);
  if (showLine && !shell.interactive) await process.err(`${where}\`${source.split('\n')[line - 1] ?? ''}'\n`);
  return 2;
}

/** What a forked process does that goes on as a subshell. Returns its exit code. */
export async function runSubshell(parent: Shell, process: Process, body: (shell: Shell) => Promise<number>, { cost = FORK_EXEC } = {}): Promise<number> {
  const shell = parent.fork(process);
  for (const [name, action] of shell.traps) if (action === '') process.ignore(name as 'INT');
  process.onSignal('CHLD', () => shell.jobs.notify());
  await process.sleep(cost);
  return finish(shell, () => body(shell));
}

/** Runs to the end of a shell: `exit`, errors that end it, the EXIT trap. */
export async function finish(shell: Shell, body: () => Promise<number>): Promise<number> {
  let code = await ending(shell, body);
  const trap = shell.traps.get('EXIT');
  if (trap) {
    shell.traps.delete('EXIT');
    shell.status = code;
    code = await ending(shell, async () => {
      await runScript(shell, trap);
      return code;
    });
  }
  return code;
}

async function ending(shell: Shell, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof Exit) return error.code;
    if (error instanceof Return || error instanceof LoopControl) return shell.status;
    if (error instanceof ShellError || error instanceof ReadonlyError) {
      await shell.complain(error.message);
      return error instanceof ShellError ? error.code : 1;
    }
    throw error;
  }
}

export async function list(shell: Shell, statements: readonly Statement[]): Promise<number> {
  const inPlace = shell.execLast;
  for (const statement of statements) {
    const { command } = statement;
    shell.execLast = inPlace && statement === statements.at(-1) && shell.traps.size === 0;
    shell.position = statement.pos;
    if (statement.background) await background(shell, command, statement);
    else await guardErrors(shell, () => node(shell, command, statement));
    if (shell.pendingTraps.length > 0) await runTraps(shell);
  }
  return shell.status;
}

/** An error in an expansion ends the command; it ends a script's shell when it is fatal. */
async function guardErrors(shell: Shell, run: () => Promise<number>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ReadonlyError || error instanceof ShellError) {
      await shell.complain(error.message);
      shell.status = error instanceof ShellError ? error.code : 1;
      if (!shell.interactive && (error instanceof ReadonlyError || error.fatal)) throw new Exit(shell.status);
      if (shell.options.errexit && shell.guarded === 0) throw new Exit(shell.status);
      if (!shell.interactive && shell.personality !== 'bash') throw new Exit(shell.status);
      return;
    }
    throw error;
  }
}

export async function runTraps(shell: Shell): Promise<void> {
  if (shell.inTrap) return;
  shell.inTrap = true;
  try {
    for (let signal; (signal = shell.pendingTraps.shift()); ) {
      const action = shell.traps.get(signal);
      const status = shell.status;
      if (action) await runScript(shell, action);
      shell.status = status;
    }
  } finally {
    shell.inTrap = false;
  }
}

async function node(shell: Shell, command: PipelineNode | AndOr, statement: Statement): Promise<number> {
  if (command.type === 'AndOr') return andOr(shell, command, statement);
  if (command.type === 'Pipeline') return pipeline(shell, command, statement);
  return checked(shell, () => single(shell, command));
}

async function andOr(shell: Shell, { commands, operators }: AndOr, statement: Statement): Promise<number> {
  shell.execLast = false;
  const run = async (command: PipelineNode, last: boolean) => {
    if (last) return node(shell, command, statement);
    shell.guarded++;
    try {
      return await node(shell, command, statement);
    } finally {
      shell.guarded--;
    }
  };
  let status = await run(commands[0]!, commands.length === 1);
  for (let i = 0; i < operators.length; i++) {
    if ((operators[i] === '&&') === (status === 0)) status = await run(commands[i + 1]!, i === operators.length - 1);
    else if (i === operators.length - 1) return status; // a skipped last command: set -e does not act
  }
  return status;
}

/** Runs a command and applies set -e and the ERR trap to its status. */
async function checked(shell: Shell, run: () => Promise<number>): Promise<number> {
  const status = (shell.status = await run());
  if (status !== 0 && shell.guarded === 0) {
    const trap = shell.traps.get('ERR');
    if (trap && !shell.inTrap) {
      shell.inTrap = true;
      try {
        await runScript(shell, trap);
      } finally {
        shell.inTrap = false;
      }
      shell.status = status;
    }
    if (shell.options.errexit) throw new Exit(status);
  }
  return status;
}

async function single(shell: Shell, command: CommandNode): Promise<number> {
  const status = await commandNode(shell, command);
  shell.pipeStatus = [status];
  shell.variables.setArray('PIPESTATUS', [{ value: String(status) }]);
  return status;
}

async function pipeline(shell: Shell, p: Extract<PipelineNode, { type: 'Pipeline' }>, statement: Statement): Promise<number> {
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
async function stages(shell: Shell, p: Extract<PipelineNode, { type: 'Pipeline' }>, statement: Statement): Promise<number> {
  const lastHere = shell.shopts.lastpipe && !shell.options.monitor;
  const { processes, rest } = startStages(shell, p, { lastHere });
  if (lastHere) {
    const status = await rest!();
    await shell.jobs.until(() => processes.every((x) => x.status));
    return pipeResult(shell, [...processes.map(exitCode), status]);
  }
  return foreground(shell, processes, textOf(shell, statement));
}

function startStages(shell: Shell, p: Extract<PipelineNode, { type: 'Pipeline' }>, { lastHere = false, background = false } = {}): { processes: Process[]; rest?: () => Promise<number> } {
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
async function background(shell: Shell, command: PipelineNode | AndOr, statement: Statement): Promise<void> {
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

export async function commandNode(shell: Shell, command: CommandNode): Promise<number> {
  switch (command.type) {
    case 'Command':
      return simpleCommand(shell, command);
    case 'Redirected':
      try {
        return await withRedirects(shell, command.redirects, () => commandNode(shell, command.command));
      } catch (error) {
        if (!(error instanceof ShellError) || error.fatal) throw error;
        await shell.complain(error.message);
        return error.code;
      } finally {
        release(shell);
      }
    case 'Subshell':
      return subshell(shell, command.body, command);
    case 'BraceGroup':
      return list(shell, command.body.commands);
    case 'If':
      return ifCommand(shell, command);
    case 'While':
      return whileLoop(shell, command);
    case 'For':
      return forLoop(shell, command);
    case 'ArithmeticFor':
      return arithmeticFor(shell, command);
    case 'Case':
      return caseCommand(shell, command);
    case 'Select':
      return select(shell, command);
    case 'TestCommand':
      return testCommand(shell, command);
    case 'ArithmeticCommand':
      await shell.process.sleep(BUILTIN);
      try {
        return (await expandArithmetic(shell, command.body)) === 0n ? 1 : 0;
      } catch (error) {
        if (!(error instanceof ShellError) || error.fatal) throw error;
        await shell.complain(`((: ${error.message}`);
        return 1;
      }
    case 'Function':
      define(shell, command);
      return 0;
    default:
      throw new ShellError('coproc: not supported');
  }
}

export function release(shell: Shell): void {
  for (const undo of shell.temporary.splice(0)) undo();
}

function define(shell: Shell, command: FunctionNode): void {
  shell.functions.set(command.name.value, { node: command, source: shell.source });
}

async function subshell(shell: Shell, body: CompoundList, { pos, end }: { pos: number; end: number }): Promise<number> {
  const { process } = shell;
  if (shell.execLast) return finish(shell, () => list(shell, body.commands));
  const child = process.machine.fork(process, (c) => runSubshell(shell, c, (sub) => list(sub, body.commands)), { pgid: shell.options.monitor ? 'own' : process.pgid });
  return foreground(shell, [child], textOf(shell, { pos, end }));
}

async function condition(shell: Shell, clause: CompoundList): Promise<boolean> {
  shell.guarded++;
  try {
    return (await list(shell, clause.commands)) === 0;
  } finally {
    shell.guarded--;
  }
}

async function ifCommand(shell: Shell, command: If): Promise<number> {
  shell.execLast = false;
  if (await condition(shell, command.clause)) return list(shell, command.then.commands);
  for (const elif of command.elif) if (await condition(shell, elif.clause)) return list(shell, elif.then.commands);
  return command.else ? list(shell, command.else.commands) : 0;
}

/** Runs a loop's body; false when the loop is to be left. */
async function iteration(shell: Shell, body: CompoundList): Promise<boolean> {
  shell.loopDepth++;
  try {
    await list(shell, body.commands);
    return true;
  } catch (error) {
    if (!(error instanceof LoopControl)) throw error;
    if (--error.left > 0 && shell.loopDepth > 1) throw error;
    shell.status = 0;
    return error.kind === 'continue';
  } finally {
    shell.loopDepth--;
  }
}

async function whileLoop(shell: Shell, command: While): Promise<number> {
  shell.execLast = false;
  let status = 0;
  for (;;) {
    shell.loopDepth++;
    let holds: boolean;
    try {
      holds = (await condition(shell, command.clause)) === (command.kind === 'while');
    } catch (error) {
      if (!(error instanceof LoopControl)) throw error;
      if (--error.left > 0) throw error;
      if (error.kind === 'break') return 0;
      continue;
    } finally {
      shell.loopDepth--;
    }
    if (!holds) return status;
    if (!(await iteration(shell, command.body))) return shell.status;
    status = shell.status;
  }
}

async function forLoop(shell: Shell, command: For): Promise<number> {
  shell.execLast = false;
  const words = command.wordlist ? await expandWords(shell, command.wordlist.map((w) => w.text)) : shell.positional;
  shell.status = 0;
  for (const word of words) {
    shell.variables.set(command.name.value, word);
    await shell.process.sleep(BUILTIN);
    if (!(await iteration(shell, command.body))) break;
  }
  return shell.status;
}

async function arithmeticFor(shell: Shell, command: ArithmeticFor): Promise<number> {
  shell.execLast = false;
  const source = shell.source;
  const run = async (e: { pos: number; end: number } | undefined) => (e ? expandArithmetic(shell, source.slice(e.pos, e.end)) : 1n);
  shell.status = 0;
  await run(command.initialize);
  while ((await run(command.test)) !== 0n) {
    await shell.process.sleep(BUILTIN);
    if (!(await iteration(shell, command.body))) break;
    await run(command.update);
  }
  return shell.status;
}

async function caseCommand(shell: Shell, command: Case): Promise<number> {
  shell.execLast = false;
  const word = await expandString(shell, command.word.text);
  const options = { extglob: true, nocase: shell.shopts.nocasematch };
  let falls = false;
  shell.status = 0;
  for (const item of command.items) {
    let matches = falls;
    for (const pattern of item.pattern) matches ||= patternRegExp(await expandPattern(shell, pattern.text), options).test(word);
    if (!matches) continue;
    await list(shell, item.body.commands);
    if (item.terminator === ';&') falls = true;
    else if (item.terminator === ';;&') falls = false;
    else break;
  }
  return shell.status;
}

async function select(shell: Shell, command: Select): Promise<number> {
  shell.execLast = false;
  const words = command.wordlist ? await expandWords(shell, command.wordlist.map((w) => w.text)) : shell.positional;
  const { process } = shell;
  const menu = words.map((word, i) => `${String(i + 1).padStart(String(words.length).length)}) ${word}\n`).join('');
  await process.err(menu);
  for (;;) {
    await process.err(shell.variables.get('PS3') ?? '#? ');
    const line = await process.stdin.read(process);
    if (line === null) {
      await process.out('\n');
      return 1;
    }
    const answer = line.split('\n')[0]!;
    process.stdin.unread?.(line.slice(answer.length + 1));
    if (answer === '') {
      await process.err(menu);
      continue;
    }
    shell.variables.set('REPLY', answer);
    shell.variables.set(command.name.value, words[Number(answer) - 1] ?? '');
    if (!(await iteration(shell, command.body))) return shell.status;
  }
}

async function testCommand(shell: Shell, command: TestCommand): Promise<number> {
  await shell.process.sleep(BUILTIN);
  return executeTest(shell, command.expression);
}

