import { FileError } from '../linux/files.ts';
import type { Process, Program } from '../linux/process.ts';
import { Exit, Interrupted, Return, LoopControl } from './errors.ts';
import { finish, runScript } from './script.ts';
import { interactiveLoop } from './interactive.ts';
import { parse } from './syntax.ts';
import { Shell, type Options, type Personality } from './shell.ts';
import { openPath } from '../linux/open.ts';

/** bash(1) */
export const main: Program = (process) => run(process, 'bash');

/** Runs a shell in this process: -c, a script, standard input, or a conversation on a terminal. */
export async function run(process: Process, personality: Personality): Promise<number> {
  const argv0 = process.argv[0] ?? personality;
  const shell = new Shell(process, { name: argv0.replace(/^-/, ''), personality });
  shell.messages = personality === 'bash' ? argv0.replace(/^-/, '') : argv0.replace(/^-/, '').split('/').at(-1)!;
  if (personality === 'bash' && /^\/|^-/.test(argv0)) shell.messages = argv0;
  shell.login = argv0.startsWith('-');
  environment(shell);
  const parsed = await options(shell, process.args);
  if (typeof parsed === 'number') return parsed;
  const { command, rest, forceInteractive, noProfile, noRc, stdin } = parsed;
  process.onSignal('CHLD', () => shell.jobs.notify());

  if (command !== undefined) {
    shell.fromArgument = true;
    shell.wasInteractive = forceInteractive;
    if (forceInteractive) shell.messages = shell.messages.split('/').at(-1)!;
    if (rest[0] !== undefined) {
      shell.name = rest[0];
      shell.messages = personality === 'bash' ? rest[0] : rest[0].split('/').at(-1)!;
    }
    shell.positional = rest.slice(1);
    if (shell.login) await profile(shell, noProfile);
    shell.execLast = true;
    return finish(shell, () => runScript(shell, command));
  }
  if (rest.length > 0 && !stdin) return script(shell, rest);
  shell.positional = rest;
  if (forceInteractive || (process.stdin.isTTY && process.stderr.isTTY)) {
    shell.interactive = true;
    shell.messages = shell.messages.split('/').at(-1)!; // bash: base_pathname(shell_name)
    shell.fromStdin = !process.stdin.isTTY || personality === 'bash';
    return interactiveLoop(shell, async () => {
      if (shell.login) await profile(shell, noProfile);
      else if (!noRc && personality === 'bash') await sourceIfThere(shell, ['/etc/bash.bashrc', `${shell.variables.get('HOME') ?? ''}/.bashrc`]);
      const env = shell.variables.get('ENV');
      if (personality !== 'bash' && env) await sourceIfThere(shell, [env]);
    });
  }
  shell.fromStdin = true;
  return finish(shell, async () => {
    if (shell.login) await profile(shell, noProfile);
    return fromInput(shell);
  });
}

/** A script on standard input is read a command at a time: what commands read from it comes after them. */
async function fromInput(shell: Shell): Promise<number> {
  const { process } = shell;
  let pending = '';
  for (;;) {
    const piece = process.fds.has(0) ? await process.stdin.read(process) : null;
    if (piece === null) break;
    const at = piece.indexOf('\n');
    const line = at < 0 ? piece : piece.slice(0, at + 1);
    process.stdin.unread?.(piece.slice(line.length));
    pending += line;
    if (parse(pending).problem?.incomplete) continue;
    const lines = pending.split('\n').length - 1;
    await runScript(shell, pending);
    shell.firstLine += lines;
    pending = '';
  }
  if (pending !== '') await runScript(shell, pending);
  return shell.status;
}

async function script(shell: Shell, rest: string[]): Promise<number> {
  const { process } = shell;
  const [file, ...args] = rest;
  const path = file!.includes('/') || process.fs.exists(file!, process.cwd) ? file! : file!;
  const fail = async (message: string, code: number) => {
    await process.err(shell.personality === 'bash' ? `${shell.messages}: ${file}: ${message}\n` : shell.personality === 'dash' ? `${shell.messages}: 0: cannot open ${file}: No such file\n` : `${shell.messages}: can't open '${file}': ${message}\n`);
    return shell.personality === 'bash' ? code : 2;
  };
  let text: string;
  try {
    const stream = openPath(process, path, 'read');
    text = '';
    for (let piece; (piece = await stream.read(process)) !== null; ) text += piece;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return fail(error.message, error.errno === 'ENOENT' ? 127 : 126);
  }
  const inode = process.fs.find(path, process.cwd);
  if (inode?.kind === 'file' && inode.program !== undefined) {
    await process.err(`${path}: ${path}: cannot execute binary file\n`);
    return 126;
  }
  shell.name = shell.messages = file!;
  shell.positional = args;
  return finish(shell, () => runScript(shell, text));
}

interface Invocation {
  command: string | undefined;
  rest: string[];
  forceInteractive: boolean;
  noProfile: boolean;
  noRc: boolean;
  stdin: boolean;
}

const LETTERS: Record<string, keyof Options> = { e: 'errexit', u: 'nounset', x: 'xtrace', v: 'verbose', f: 'noglob', n: 'noexec', C: 'noclobber', a: 'allexport', m: 'monitor', h: 'hashall', B: 'braceexpand' };

async function options(shell: Shell, args: string[]): Promise<Invocation | number> {
  const out: Invocation = { command: undefined, rest: [], forceInteractive: false, noProfile: false, noRc: false, stdin: false };
  let i = 0, wantsCommand = false;
  for (; i < args.length && /^[-+]./.test(args[i]!); i++) {
    const arg = args[i]!;
    if (arg === '--') {
      i++;
      break;
    }
    if (arg.startsWith('--')) {
      if (arg === '--login') shell.login = true;
      else if (arg === '--noprofile') out.noProfile = true;
      else if (arg === '--norc') out.noRc = true;
      else if (arg === '--posix') shell.options.posix = true;
      else if (arg === '--noediting') shell.plainInput = true;
      else if (arg === '--version' && shell.personality === 'bash') {
        await shell.process.out('GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\nCopyright (C) 2022 Free Software Foundation, Inc.\nLicense GPLv3+: GNU GPL version 3 or later <http://gnu.org/licenses/gpl.html>\n\nThis is free software; you are free to change and redistribute it.\nThere is NO WARRANTY, to the extent permitted by law.\n');
        return 0;
      } else {
        await shell.process.err(`${shell.messages}: ${arg}: invalid option\n`);
        return 2;
      }
      continue;
    }
    const on = arg[0] === '-';
    for (const c of arg.slice(1)) {
      if (c === 'c') wantsCommand = true;
      else if (c === 'i') out.forceInteractive = true;
      else if (c === 'l') shell.login = true;
      else if (c === 's') out.stdin = true;
      else if (c === 'o' || c === 'O') {
        const name = args[++i];
        const table = (c === 'o' ? shell.options : shell.shopts) as Record<string, boolean>;
        if (name === undefined) {
          await shell.process.out(Object.entries(table).sort().map(([k, v]) => `${k.padEnd(15)}\t${v ? 'on' : 'off'}\n`).join(''));
          continue;
        }
        if (!(name in table)) {
          await shell.process.err(`${shell.messages}: ${name}: invalid option name\n`);
          return 2;
        }
        table[name] = on;
      } else if (LETTERS[c]) shell.options[LETTERS[c]] = on;
      else {
        await shell.process.err(`${shell.messages}: -${c}: invalid option\n`);
        return 2;
      }
    }
  }
  out.rest = args.slice(i);
  if (wantsCommand) {
    if (out.rest.length === 0) {
      await shell.process.err(`${shell.messages}: -c: option requires an argument\n`);
      return 2;
    }
    out.command = out.rest.shift();
  }
  return out;
}

function environment(shell: Shell): void {
  const { process, variables } = shell;
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^[A-Za-z_]\w*$/.test(name) || name === '_') continue;
    variables.set(name, value);
    variables.make(name).exported = true;
  }
  const preset = (name: string, value: string, flags: { exported?: boolean; readonly?: boolean; integer?: boolean } = {}) => {
    if (variables.get(name) === undefined) variables.set(name, value);
    Object.assign(variables.make(name), flags);
  };
  variables.set('PWD', process.cwd);
  variables.make('PWD').exported = true;
  preset('IFS', ' \t\n');
  preset('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  preset('PS4', '+ ');
  preset('OPTIND', '1');
  preset('PPID', String(process.parent?.nspid ?? 0));
  const level = Number(variables.get('SHLVL') ?? 0) + 1;
  if (shell.personality === 'bash') {
    variables.set('SHLVL', String(level));
    variables.make('SHLVL').exported = true;
    preset('HOSTNAME', process.uts.hostname);
    preset('HOSTTYPE', 'x86_64');
    preset('MACHTYPE', 'x86_64-pc-linux-gnu');
    preset('OSTYPE', 'linux-gnu');
    preset('BASH', process.exe);
    preset('BASH_VERSION', '5.2.15(1)-release');
    variables.setArray('BASH_VERSINFO', ['5', '2', '15', '1', 'release', 'x86_64-pc-linux-gnu'].map((value) => ({ value })));
    preset('UID', String(process.uid), { readonly: true, integer: true });
    preset('EUID', String(process.uid), { readonly: true, integer: true });
  }
}

async function profile(shell: Shell, skip: boolean): Promise<void> {
  shell.shopts.login_shell = true;
  if (skip) return;
  await sourceIfThere(shell, ['/etc/profile']);
  const home = shell.variables.get('HOME') ?? '';
  const candidates = shell.personality === 'bash' ? ['.bash_profile', '.bash_login', '.profile'] : ['.profile'];
  const first = candidates.map((name) => `${home}/${name}`).find((path) => shell.process.fs.find(path)?.kind === 'file');
  if (first) await sourceIfThere(shell, [first]);
}

async function sourceIfThere(shell: Shell, paths: string[]): Promise<void> {
  for (const path of paths) {
    if (shell.process.fs.find(path)?.kind !== 'file') continue;
    try {
      shell.sourceDepth++;
      await runScript(shell, shell.process.fs.readFile(path), { name: path });
    } catch (error) {
      if (!(error instanceof Return || error instanceof LoopControl || error instanceof Interrupted)) throw error;
      if (error instanceof Exit) throw error;
    } finally {
      shell.sourceDepth--;
      shell.status = 0;
    }
  }
}
