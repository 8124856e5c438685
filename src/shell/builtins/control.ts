import { FileError } from '../../linux/files.ts';
import { openPath } from '../../linux/open.ts';
import { SIGNALS, type Signal } from '../../linux/process.ts';
import { Exit, LoopControl, Return, ShellError } from '../errors.ts';
import { FORK_EXEC } from '../cost.ts';
import { foreground } from '../pipeline.ts';
import { runScript } from '../script.ts';
import { singleQuote } from '../quote.ts';
import type { Shell } from '../shell.ts';
import { builtinFor, type Builtin } from './index.ts';
import { execute } from '../simple.ts';

function loop(kind: 'break' | 'continue'): Builtin {
  return async (shell, [n]) => {
    if (shell.loopDepth === 0) {
      await shell.complain(`${kind}: only meaningful in a \`for', \`while', or \`until' loop`);
      return 0;
    }
    if (n !== undefined && !/^\d+$/.test(n)) throw new ShellError(`${kind}: ${n}: numeric argument required`, { code: 128, fatal: true });
    if (n === '0') throw new ShellError(`${kind}: 0: loop count out of range`);
    throw new LoopControl(kind, Math.min(Number(n ?? 1), shell.loopDepth));
  };
}

async function exitCode(shell: Shell, name: string, arg: string | undefined): Promise<number> {
  if (arg === undefined) return shell.status;
  if (/^[-+]?\d+$/.test(arg)) return Number(BigInt.asUintN(8, BigInt(arg.replace('+', ''))));
  if (shell.personality === 'dash') {
    await shell.complain(`${name}: Illegal number: ${arg}`);
    return 2;
  }
  await shell.complain(`${name}: ${arg}: numeric argument required`);
  return 2;
}

async function source(shell: Shell, args: string[], name: string): Promise<number> {
  if (args.length === 0) throw new ShellError(`${name}: filename argument required\n${name}: usage: ${name} filename [arguments]`, { code: 2 });
  const [file, ...rest] = args;
  const { fs, cwd } = shell.process;
  const path = file!.includes('/') ? file! : (inPath(shell, file!) ?? file!);
  let text: string;
  try {
    openPath(shell.process, path, 'read');
    text = path.startsWith('/dev/fd/') ? await readFd(shell, path) : fs.readFile(path, cwd);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (shell.personality === 'dash') throw new ShellError(`${name}: cannot open ${file}: No such file`, { code: 2, fatal: true });
    await shell.complain(error.errno === 'EISDIR' ? `${name}: ${file}: is a directory` : `${file}: ${error.message}`);
    return 1;
  }
  const saved = { positional: shell.positional, messages: shell.messages, firstLine: shell.firstLine, interactiveSource: shell.interactive, loopDepth: shell.loopDepth };
  if (rest.length > 0) shell.positional = rest;
  const { interactive } = shell;
  shell.sourceDepth++;
  try {
    if (!interactive) shell.messages = file!;
    shell.firstLine = 0;
    return await runScript(shell, text, interactive ? { name: file! } : {});
  } catch (error) {
    if (error instanceof Return) return error.code;
    throw error;
  } finally {
    shell.sourceDepth--;
    if (rest.length > 0) shell.positional = saved.positional;
    shell.messages = saved.messages;
    shell.firstLine = saved.firstLine;
  }
}

async function readFd(shell: Shell, path: string): Promise<string> {
  const stream = openPath(shell.process, path, 'read');
  let text = '';
  for (let piece; (piece = await stream.read(shell.process)) !== null; ) text += piece;
  return text;
}

function inPath(shell: Shell, name: string): string | undefined {
  const { fs, cwd } = shell.process;
  for (const dir of (shell.variables.get('PATH') ?? '').split(':')) if (fs.find(`${dir || cwd}/${name}`)?.kind === 'file') return `${dir || cwd}/${name}`;
  return fs.find(name, cwd) ? name : undefined;
}

/** A signal as `trap` and `kill` accept it: INT, SIGINT, int, 2; also EXIT, ERR, DEBUG, RETURN. */
export function signalName(text: string): Signal | 'EXIT' | 'ERR' | 'DEBUG' | 'RETURN' | undefined {
  const upper = text.toUpperCase().replace(/^SIG/, '');
  if (upper === '0' || upper === 'EXIT') return 'EXIT';
  if (upper === 'ERR' || upper === 'DEBUG' || upper === 'RETURN') return upper;
  if (upper in SIGNALS) return upper as Signal;
  return (Object.keys(SIGNALS) as Signal[]).find((s) => String(SIGNALS[s]) === text);
}

async function trap(shell: Shell, args: string[]): Promise<number> {
  const shown = shell.traps.size > 0 ? shell.traps : (shell.inheritedTraps ?? shell.traps);
  const order = (name: string) => (name === 'EXIT' ? 0 : (SIGNALS[name as Signal] ?? 100));
  if (args[0] === '--') args = args.slice(1);
  if (args.length === 0 || args[0] === '-p') {
    const wanted = args.slice(1).map(signalName);
    for (const [name, action] of [...shown].sort((a, b) => order(a[0]) - order(b[0]))) {
      if (wanted.length > 0 && !wanted.includes(name as Signal)) continue;
      await shell.process.out(`trap -- ${singleQuote(action)} ${name in SIGNALS ? 'SIG' : ''}${name}\n`);
    }
    return 0;
  }
  if (args[0] === '-l') return builtinFor(shell, 'kill')!(shell, ['-l'], 'kill', []);
  const reset = args.length === 1 || args[0] === '-' || /^\d+$/.test(args[0]!);
  const action = reset ? undefined : args[0]!;
  const names = args.length === 1 || /^\d+$/.test(args[0]!) ? args : args.slice(1);
  let code = 0;
  for (const text of names) {
    const name = signalName(text);
    if (!name) {
      await shell.complain(`trap: ${text}: invalid signal specification`);
      code = 1;
      continue;
    }
    if (action === undefined) shell.traps.delete(name);
    else shell.traps.set(name, action);
    if (!(name in SIGNALS) || name === 'KILL' || name === 'STOP') continue;
    const signal = name as Signal;
    if (action === undefined) {
      if (shell.interactive) shell.restoreInteractiveHandler?.(signal);
      else shell.process.defaultAction(signal);
    } else if (action === '') shell.process.ignore(signal);
    else shell.process.onSignal(signal, () => {
      shell.pendingTraps.push(signal);
      shell.jobs.notify();
      shell.onTrap?.();
    });
  }
  return code;
}

export const controlBuiltins: Record<string, Builtin> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  break: loop('break'),
  continue: loop('continue'),
  exit: async (shell, [arg, more], name) => {
    if (shell.interactive && shell.subshell === 0 && shell.personality === 'bash') await shell.process.err(shell.login ? 'logout\n' : 'exit\n');
    if (more !== undefined && /^[-+]?\d+$/.test(arg!)) {
      await shell.complain('exit: too many arguments');
      return 1;
    }
    throw new Exit(await exitCode(shell, name, arg));
  },
  logout: async (shell, [arg], name) => {
    if (!shell.login) throw new ShellError("logout: not login shell: use `exit'");
    throw new Exit(await exitCode(shell, name, arg));
  },
  return: async (shell, [arg], name) => {
    if (shell.functionStack.length === 0 && shell.sourceDepth === 0) {
      await shell.complain("return: can only `return' from a function or sourced script");
      return 2;
    }
    throw new Return(await exitCode(shell, name, arg));
  },
  eval: (shell, args) => runScript(shell, (args[0] === '--' ? args.slice(1) : args).join(' '), { name: 'eval' }),
  source,
  '.': source,
  trap,
  exec: () => 0,
  command: async (shell, args) => {
    let verbose: 'v' | 'V' | undefined;
    while (args[0]?.startsWith('-') && args[0] !== '-') {
      const option = args[0];
      args = args.slice(1);
      if (option === '--') break;
      if (option === '-v') verbose = 'v';
      else if (option === '-V') verbose = 'V';
      else if (option !== '-p') throw new ShellError(`command: ${option}: invalid option\ncommand: usage: command [-pVv] command [arg ...]`, { code: 2 });
    }
    if (args.length === 0) return 0;
    if (verbose) return builtinFor(shell, 'type')!(shell, [verbose === 'v' ? '--command-v' : '--command-V', ...args], 'command', []);
    const builtin = builtinFor(shell, args[0]!);
    if (builtin) return builtin(shell, args.slice(1), args[0]!, args.slice(1));
    return external(shell, args);
  },
  builtin: (shell, args) => {
    if (args.length === 0) return 0;
    const builtin = builtinFor(shell, args[0]!);
    if (!builtin) throw new ShellError(`builtin: ${args[0]}: not a shell builtin`);
    return builtin(shell, args.slice(1), args[0]!, args.slice(1));
  },
};

/** Runs a program in the foreground, whatever functions are called. */
async function external(shell: Shell, words: string[]): Promise<number> {
  const { process } = shell;
  const child = process.machine.fork(process, async (c) => {
    await c.sleep(FORK_EXEC);
    return execute(shell, c, words, shell.environment());
  }, { pgid: shell.options.monitor ? 'own' : process.pgid });
  return foreground(shell, [child], words.join(' '));
}

