/** The tree is executed here: lists, && and ||, what `set -e` and traps make of a status. Simple commands are in simple.ts. */
import type { AndOr, CommandNode, PipelineNode, Statement } from 'unbash';
import { arithmeticFor, caseCommand, forLoop, ifCommand, select, subshell, testCommand, whileLoop } from './compound.ts';
import { BUILTIN } from './cost.ts';
import { Exit, ShellError } from './errors.ts';
import { expandArithmetic } from './expand.ts';
import type { FunctionNode } from './nodes.ts';
import { background, pipeline } from './pipeline.ts';
import { withRedirects } from './redirect.ts';
import { runScript, runTraps } from './script.ts';
import type { Shell } from './shell.ts';
import { simpleCommand } from './simple.ts';
import { ReadonlyError } from './variables.ts';

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

export async function node(shell: Shell, command: PipelineNode | AndOr, statement: Statement): Promise<number> {
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
export async function checked(shell: Shell, run: () => Promise<number>): Promise<number> {
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

export async function single(shell: Shell, command: CommandNode): Promise<number> {
  const status = await commandNode(shell, command);
  shell.pipeStatus = [status];
  shell.variables.setArray('PIPESTATUS', [{ value: String(status) }]);
  return status;
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
