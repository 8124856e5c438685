import { FileError, resolve } from '../../linux/files.ts';
import { may } from '../../linux/open.ts';
import { ShellError } from '../errors.ts';
import type { Shell } from '../shell.ts';
import type { Builtin } from './index.ts';

/** Goes to a directory and sets PWD and OLDPWD. `said` is how messages name it. */
function go(shell: Shell, target: string, builtin: string, { physical = false } = {}): void {
  const { process } = shell;
  const { fs } = process;
  const path = resolve(target, process.cwd);
  const can = shell.personality === 'dash' ? `${builtin}: can't cd to ${target}` : undefined;
  try {
    const inode = fs.stat(path);
    if (inode.kind !== 'dir') throw new FileError('ENOTDIR', target);
    if (!may(process, inode, 1)) throw new FileError('EACCES', target);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new ShellError(can ?? (shell.personality === 'ash' ? `${builtin}: can't cd to ${target}: ${error.message}` : `${builtin}: ${target}: ${error.message}`), { code: can ? 2 : 1 });
  }
  const old = process.cwd;
  process.cwd = physical ? fs.realpath(path) : path;
  setExported(shell, 'OLDPWD', old);
  setExported(shell, 'PWD', process.cwd);
}

function setExported(shell: Shell, name: string, value: string): void {
  shell.variables.set(name, value);
  shell.variables.make(name).exported = true;
}

function shown(shell: Shell, path: string): string {
  const home = shell.variables.get('HOME') ?? '';
  return home !== '' && (path === home || path.startsWith(`${home}/`)) ? `~${path.slice(home.length)}` : path;
}

async function printStack(shell: Shell, { long = false, each = false, numbered = false } = {}): Promise<void> {
  const all = [shell.process.cwd, ...shell.dirs].map((d) => (long ? d : shown(shell, d)));
  await shell.process.out(numbered ? all.map((d, i) => ` ${i}  ${d}\n`).join('') : each ? `${all.join('\n')}\n` : `${all.join(' ')}\n`);
}

/** The index into the stack (the current directory is 0) that +N or -N names. */
function stackIndex(shell: Shell, arg: string): number | undefined {
  const m = /^([-+])(\d+)$/.exec(arg);
  if (!m) return undefined;
  const size = shell.dirs.length + 1;
  return m[1] === '+' ? Number(m[2]) : size - 1 - Number(m[2]);
}

export const directoryBuiltins: Record<string, Builtin> = {
  cd: async (shell, args) => {
    let physical = shell.options.physical;
    while (/^-[LPe@]+$/.test(args[0] ?? '')) {
      physical = args[0]!.includes('P');
      args = args.slice(1);
    }
    if (args[0] === '--') args = args.slice(1);
    else if (/^-./.test(args[0] ?? '')) throw new ShellError(`cd: ${args[0]!.slice(0, 2)}: invalid option\ncd: usage: cd [-L|[-P [-e]] [-@]] [dir]`, { code: 2 });
    if (args.length > 1 && shell.personality === 'bash') throw new ShellError('cd: too many arguments');
    let target = args[0] ?? shell.variables.get('HOME');
    if (target === undefined) throw new ShellError('cd: HOME not set');
    let say = false;
    if (target === '-') {
      const old = shell.variables.get('OLDPWD');
      if (old === undefined) throw new ShellError('cd: OLDPWD not set');
      target = old;
      say = true;
    } else if (target !== '' && !/^\.{0,2}(\/|$)/.test(target)) {
      for (const dir of (shell.variables.get('CDPATH') ?? '').split(':').filter(Boolean)) {
        if (shell.process.fs.find(`${dir}/${target}`, shell.process.cwd)?.kind === 'dir') {
          target = `${dir}/${target}`;
          say = true;
          break;
        }
      }
    }
    go(shell, target === '' ? '.' : target, 'cd', { physical });
    if (say) await shell.process.out(`${shell.process.cwd}\n`);
    return 0;
  },
  pwd: async (shell, args) => {
    for (const a of args) if (/^-./.test(a) && !/^-[LP]+$/.test(a)) throw new ShellError(`pwd: ${a.slice(0, 2)}: invalid option\npwd: usage: pwd [-LP]`, { code: 2 });
    await shell.process.out(`${args.includes('-P') ? shell.process.fs.realpath(shell.process.cwd) : shell.process.cwd}\n`);
    return 0;
  },
  pushd: async (shell, args) => {
    const [arg] = args.filter((a) => a !== '-n');
    const here = shell.process.cwd;
    if (arg === undefined) {
      if (shell.dirs.length === 0) throw new ShellError('pushd: no other directory');
      go(shell, shell.dirs[0]!, 'pushd');
      shell.dirs[0] = here;
    } else {
      const index = stackIndex(shell, arg);
      if (index === undefined) {
        go(shell, arg, 'pushd');
        shell.dirs.unshift(here);
      } else {
        const all = [here, ...shell.dirs];
        if (index < 0 || index >= all.length) throw new ShellError(`pushd: ${arg}: directory stack index out of range`);
        const turned = [...all.slice(index), ...all.slice(0, index)];
        go(shell, turned[0]!, 'pushd');
        shell.dirs = turned.slice(1);
      }
    }
    await printStack(shell);
    return 0;
  },
  popd: async (shell, [arg]) => {
    if (shell.dirs.length === 0) throw new ShellError('popd: directory stack empty');
    const index = arg === undefined ? 0 : stackIndex(shell, arg);
    if (index === undefined || index < 0 || index > shell.dirs.length) throw new ShellError(`popd: ${arg}: directory stack index out of range`);
    if (index === 0) go(shell, shell.dirs.shift()!, 'popd');
    else shell.dirs.splice(index - 1, 1);
    await printStack(shell);
    return 0;
  },
  dirs: async (shell, args) => {
    const flags = args.join('');
    if (flags.includes('c')) {
      shell.dirs = [];
      return 0;
    }
    await printStack(shell, { long: flags.includes('l'), each: flags.includes('p'), numbered: flags.includes('v') });
    return 0;
  },
};
