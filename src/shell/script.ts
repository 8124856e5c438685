/** Where a shell begins and ends: a text is parsed and run, a subshell forked, traps run, `exit` and fatal errors caught. */
import type { Process } from '../linux/process.ts';
import { FORK_EXEC } from './cost.ts';
import { Exit, LoopControl, Return, ShellError } from './errors.ts';
import { list } from './execute.ts';
import type { Shell } from './shell.ts';
import { parse } from './syntax.ts';
import { ReadonlyError } from './variables.ts';

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
