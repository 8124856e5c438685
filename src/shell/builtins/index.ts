import type { Shell } from '../shell.ts';
import type { Argument } from '../simple.ts';
import { controlBuiltins } from './control.ts';
import { directoryBuiltins } from './directories.ts';
import { echo } from './echo.ts';

/** A builtin: the words after its name; `all` has arrays and assignments as they were written (declare). Returns $?. */
export type Builtin = (shell: Shell, args: string[], name: string, all: Argument[]) => Promise<number> | number;

/** Those that are loaded when they are first run, by the file they are in. */
const DEFERRED: readonly [string, () => Promise<Record<string, Builtin>>][] = [
  ['printf read mapfile readarray test [', () => import('./io.ts').then((m) => m.ioBuiltins)],
  ['type alias unalias hash history umask ulimit times enable help caller', () => import('./info.ts').then((m) => m.infoBuiltins)],
  ['jobs wait kill fg bg disown suspend', () => import('./jobs.ts').then((m) => m.jobBuiltins)],
  ['declare typeset local export readonly set shopt getopts unset shift let', () => import('./variables.ts').then((m) => m.variableBuiltins)],
];

const table = new Map<string, Builtin>(Object.entries({ ...controlBuiltins, ...directoryBuiltins, echo }));
for (const [names, load] of DEFERRED) for (const name of names.split(' ')) table.set(name, deferred(name, load));
export const BUILTINS: ReadonlyMap<string, Builtin> = table;

function deferred(name: string, load: () => Promise<Record<string, Builtin>>): Builtin {
  return async (shell, args, as, all) => {
    const loaded = await shell.process.world.tasks.outside(load());
    for (const [each, builtin] of Object.entries(loaded)) table.set(each, builtin);
    return loaded[name]!(shell, args, as, all);
  };
}

/** What POSIX calls special. */
export const SPECIAL: ReadonlySet<string> = new Set(['break', ':', '.', 'source', 'continue', 'eval', 'exec', 'exit', 'export', 'readonly', 'return', 'set', 'shift', 'times', 'trap', 'unset']);

const ONLY_BASH: ReadonlySet<string> = new Set(['declare', 'typeset', 'shopt', 'mapfile', 'readarray', 'pushd', 'popd', 'dirs', 'enable', 'help', 'history', 'disown', 'suspend', 'let', 'compgen', 'complete', 'compopt', 'caller', 'logout', 'bind', 'builtin']);

export function builtinFor(shell: Shell, name: string): Builtin | undefined {
  if (shell.disabled.has(name)) return undefined;
  if (shell.personality !== 'bash' && ONLY_BASH.has(name)) return undefined;
  if (shell.personality === 'dash' && name === 'source') return undefined;
  return BUILTINS.get(name);
}
