import type { Shell } from '../shell.ts';
import type { Argument } from '../simple.ts';
import { controlBuiltins } from './control.ts';
import { directoryBuiltins } from './directories.ts';
import { infoBuiltins } from './info.ts';
import { ioBuiltins } from './io.ts';
import { jobBuiltins } from './jobs.ts';
import { variableBuiltins } from './variables.ts';

/** A builtin: the words after its name; `all` has arrays and assignments as they were written (declare). Returns $?. */
export type Builtin = (shell: Shell, args: string[], name: string, all: Argument[]) => Promise<number> | number;

export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(Object.entries({ ...controlBuiltins, ...directoryBuiltins, ...infoBuiltins, ...ioBuiltins, ...jobBuiltins, ...variableBuiltins }));

/** What POSIX calls special. */
export const SPECIAL: ReadonlySet<string> = new Set(['break', ':', '.', 'source', 'continue', 'eval', 'exec', 'exit', 'export', 'readonly', 'return', 'set', 'shift', 'times', 'trap', 'unset']);

const ONLY_BASH: ReadonlySet<string> = new Set(['declare', 'typeset', 'shopt', 'mapfile', 'readarray', 'pushd', 'popd', 'dirs', 'enable', 'help', 'history', 'disown', 'suspend', 'let', 'compgen', 'complete', 'compopt', 'caller', 'logout', 'bind', 'builtin']);

export function builtinFor(shell: Shell, name: string): Builtin | undefined {
  if (shell.disabled.has(name)) return undefined;
  if (shell.personality !== 'bash' && ONLY_BASH.has(name)) return undefined;
  if (shell.personality === 'dash' && name === 'source') return undefined;
  return BUILTINS.get(name);
}
