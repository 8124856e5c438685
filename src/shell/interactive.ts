/** The conversation at a terminal: prompt, line, command, and again. */
import type { Signal } from '../linux/process.ts';
import { Exit, Interrupted, LoopControl, Return, ShellError } from './errors.ts';
import { finish, runScript, runTraps } from './script.ts';
import { expandString } from './expand.ts';
import { expandHistory } from './history.ts';
import { LineEditor } from './readline/editor.ts';
import type { Shell } from './shell.ts';
import { parse } from './syntax.ts';
import { ReadonlyError } from './variables.ts';

/** Runs until `exit`, the end of input or a hangup. `start` reads the startup files. */
export async function interactiveLoop(shell: Shell, start: () => Promise<void>): Promise<number> {
  const { process } = shell;
  const { tty } = process;
  shell.shopts.expand_aliases = true;
  Object.assign(shell.options, { monitor: true, histexpand: shell.personality === 'bash', history: true, emacs: true });
  shell.startJobControl();
  shell.restoreInteractiveHandler = (signal: Signal) => handlers(shell, signal);
  for (const signal of ['INT', 'TERM', 'QUIT', 'TSTP', 'TTIN', 'TTOU'] as const) handlers(shell, signal);
  const plain = PROMPT[shell.personality];
  shell.variables.set('PS1', shell.variables.get('PS1') ?? plain);
  shell.variables.set('PS2', shell.variables.get('PS2') ?? '> ');
  const history = shell.personality === 'bash' ? `${shell.variables.get('HOME') ?? ''}/.bash_history` : undefined;
  if (history) {
    shell.variables.set('HISTFILE', shell.variables.get('HISTFILE') ?? history);
    shell.variables.set('HISTSIZE', shell.variables.get('HISTSIZE') ?? '500');
    shell.variables.set('HISTFILESIZE', shell.variables.get('HISTFILESIZE') ?? '500');
    const file = process.fs.find(shell.variables.get('HISTFILE')!);
    if (file?.kind === 'file') shell.history = process.fs.readFile(shell.variables.get('HISTFILE')!).split('\n').filter((l) => l !== '');
  }
  const already = shell.history.length;
  const code = await finish(shell, async () => {
    await start();
    if (tty) tty.foreground = process.pgid;
    // Debian builds BusyBox with its greeting, Docker's image without.
    if (shell.personality === 'ash' && process.fs.exists('/etc/debian_version')) await process.out("\n\nBusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) built-in shell (ash)\nEnter 'help' for a list of built-in commands.\n\n");
    const editor = new LineEditor(shell);
    for (;;) {
      const again = await once(shell, editor);
      if (again !== undefined) return again;
    }
  });
  const file = shell.variables.get('HISTFILE');
  if (file && shell.history.length > already && process.fs.exists(file.replace(/\/[^/]*$/, '') || '/')) {
    process.fs.writeFile(file, shell.history.slice(already).map((h) => `${h}\n`).join(''), { append: true, mode: 0o600, uid: process.uid, gid: process.gid });
  }
  return code;
}

/** PS1 of a shell that nobody gave one. */
const PROMPT = { bash: '\\s-\\v\\$ ', dash: '\\$ ', ash: '\\w \\$ ' };

function handlers(shell: Shell, signal: Signal): void {
  const { process } = shell;
  if (signal === 'INT') process.onSignal('INT', () => process.interrupt(new Interrupted('signal')));
  else if (['TERM', 'QUIT', 'TSTP', 'TTIN', 'TTOU'].includes(signal)) process.onSignal(signal, () => {});
  else process.defaultAction(signal);
}

/** One command; the exit code when the shell ends. */
async function once(shell: Shell, editor: LineEditor): Promise<number | undefined> {
  const { process } = shell;
  try {
    const told = shell.jobs.report();
    if (told) await process.err(told);
    if (shell.pendingTraps.length > 0) await runTraps(shell);
    const command = shell.variables.get('PROMPT_COMMAND');
    if (command) {
      const { status } = shell;
      await runScript(shell, command);
      shell.status = status;
    }
    let text = '', prompt = await promptText(shell, 'PS1');
    for (;;) {
      const line = await editor.read(prompt);
      if (line === null) {
        if (text !== '') {
          await process.err(`${shell.messages}: ${parse(text).problem?.message ?? 'syntax error: unexpected end of file'}\n`);
          shell.status = 2;
          return undefined;
        }
        if (shell.jobs.list.some((j) => j.processes.some((p) => p.stopped)) && !shell.warnedAboutJobs) {
          await process.err(`${shell.login ? 'logout' : 'exit'}\nThere are stopped jobs.\n`);
          shell.warnedAboutJobs = true;
          return undefined;
        }
        await process.err(shell.personality !== 'bash' ? '\n' : shell.login ? 'logout\n' : 'exit\n');
        return shell.status;
      }
      text += (text === '' ? '' : '\n') + line;
      const problem = text.endsWith('\\') && oddBackslashes(text) ? { incomplete: true } : parse(text).problem;
      if (!problem?.incomplete) break;
      prompt = await promptText(shell, 'PS2');
    }
    if (text.trim() === '') return undefined;
    if (shell.options.histexpand) {
      const expanded = expandHistory(text, shell.history);
      if ('error' in expanded) {
        await process.err(`${shell.messages}: ${expanded.error}\n`);
        shell.status = 1;
        return undefined;
      }
      if (expanded.text !== text) await process.out(`${expanded.text}\n`);
      text = expanded.text;
    }
    remember(shell, text);
    shell.warnedAboutJobs = false;
    await runScript(shell, text);
    return undefined;
  } catch (error) {
    return afterError(shell, error);
  }
}

async function afterError(shell: Shell, error: unknown): Promise<undefined> {
  shell.loopDepth = 0;
  shell.guarded = 0;
  shell.functionStack = [];
  while (shell.variables.depth > 0) shell.variables.pop();
  if (error instanceof Interrupted) {
    if (error.message === 'signal') await shell.process.err('\n'); // after the ^C that the terminal has echoed
    shell.status = 130;
    return undefined;
  }
  if (error instanceof ShellError || error instanceof ReadonlyError) {
    await shell.complain(error.message);
    shell.status = 1;
    return undefined;
  }
  if (error instanceof Return || error instanceof LoopControl) return undefined;
  if (error instanceof Exit) throw error;
  throw error;
}

function remember(shell: Shell, text: string): void {
  const control = shell.variables.get('HISTCONTROL') ?? '';
  if (/ignorespace|ignoreboth/.test(control) && text.startsWith(' ')) return;
  if (/ignoredups|ignoreboth/.test(control) && shell.history.at(-1) === text) return;
  shell.history.push(text.includes('\n') && !text.includes('<<') ? text.replace(/\\\n/g, '').split('\n').map((l, i, all) => (i === all.length - 1 || /(\b(do|then|else|in)|[;{(&|])\s*$/.test(l) ? l : `${l};`)).join(' ') : text);
}

async function promptText(shell: Shell, name: string): Promise<string> {
  const text = shell.prompt(shell.variables.get(name) ?? '');
  const status = shell.status;
  try {
    return /[$`]/.test(text.replace(/\$ ?$/, '')) ? await expandString(shell, text.replace(/\$( ?)$/, '\\$$$1'), 'heredoc') : text;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    return text;
  } finally {
    shell.status = status;
  }
}

function oddBackslashes(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*\\$/.test(text);
}
