/** Compound commands: ( ), if, while, until, for, case, select, [[ ]]. */
import type { ArithmeticFor, Case, CompoundList, For, If, Select, TestCommand, While } from 'unbash';
import { executeTest } from './conditional.ts';
import { BUILTIN } from './cost.ts';
import { LoopControl } from './errors.ts';
import { list } from './execute.ts';
import { expandArithmetic, expandPattern, expandString, expandWords } from './expand.ts';
import { patternRegExp } from './pattern.ts';
import { foreground, textOf } from './pipeline.ts';
import { finish, runSubshell } from './script.ts';
import type { Shell } from './shell.ts';

export async function subshell(shell: Shell, body: CompoundList, { pos, end }: { pos: number; end: number }): Promise<number> {
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

export async function ifCommand(shell: Shell, command: If): Promise<number> {
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

export async function whileLoop(shell: Shell, command: While): Promise<number> {
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

export async function forLoop(shell: Shell, command: For): Promise<number> {
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

export async function arithmeticFor(shell: Shell, command: ArithmeticFor): Promise<number> {
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

export async function caseCommand(shell: Shell, command: Case): Promise<number> {
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

export async function select(shell: Shell, command: Select): Promise<number> {
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

export async function testCommand(shell: Shell, command: TestCommand): Promise<number> {
  await shell.process.sleep(BUILTIN);
  return executeTest(shell, command.expression);
}
