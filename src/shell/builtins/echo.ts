import { ansiC } from '../quote.ts';
import type { Shell } from '../shell.ts';
import type { Builtin } from './index.ts';

/** The text of `echo` with these arguments; -n and -e as bash has them. */
export function echoText(args: string[], { escapes = false, options = true } = {}): string {
  let newline = true, i = 0;
  if (options) {
    for (; i < args.length && /^-[neE]+$/.test(args[i]!); i++) {
      for (const c of args[i]!.slice(1)) {
        if (c === 'n') newline = false;
        else escapes = c === 'e';
      }
    }
  } else if (args[0] === '-n') {
    newline = false;
    i = 1;
  }
  let text = args.slice(i).join(' ');
  if (escapes) {
    const stop = /^(?:[^\\]|\\[^c])*?\\c/s.exec(text);
    text = (stop ? stop[0].slice(0, -2) : text).replace(/\\0([0-7]{0,3})|\\(?:[abeEfnrtv\\]|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8})/g, (m, octal?: string) => (octal !== undefined ? String.fromCharCode(parseInt(octal || '0', 8)) : ansiC(m)));
    if (stop) return text;
  }
  return newline ? `${text}\n` : text;
}

/** Writes for the builtin of that name; gives its code. */
export async function write(shell: Shell, text: string, name: string): Promise<number> {
  if (!shell.process.fds.has(1)) {
    await shell.complain(`${name}: write error: Bad file descriptor`);
    return 1;
  }
  await shell.process.out(text);
  return 0;
}

export const echo: Builtin = (shell, args) => write(shell, echoText(args, shell.personality === 'dash' ? { escapes: true, options: false } : { escapes: shell.shopts.xpg_echo }), 'echo');
