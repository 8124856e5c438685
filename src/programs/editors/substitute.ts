import { posixRegex } from '../../shell/conditional.ts';
import { basicToExtended } from '../coreutils/regex.ts';
import type { Buffer } from './buffer.ts';

/** `:s` on the lines from `from` to `to`; what vi says about it. */
export function substitute(b: Buffer, from: number, to: number, spec: string, searched: RegExp | undefined): string | undefined {
  const delimiter = spec[0] ?? '/';
  const parts = spec.slice(1).split(new RegExp(`(?<!\\\\)\\${delimiter}`));
  const [pattern = '', by = '', flags = ''] = parts;
  let regex: RegExp;
  try {
    regex = pattern === '' && searched ? searched : vimRegex(pattern, flags.includes('i'));
  } catch {
    return `E486: Pattern not found: ${pattern}`;
  }
  const once = new RegExp(regex.source, regex.flags.replace('g', ''));
  b.save();
  let changes = 0, lines = 0;
  const replacement = (m: string, groups: string[]) => by.replace(/\\(\d|&|\/|n|r)|&/g, (x, c?: string) => (x === '&' || c === '0' ? m : c === 'n' || c === 'r' ? '\n' : /\d/.test(c!) ? (groups[Number(c) - 1] ?? '') : c!));
  for (let r = from; r <= to && r < b.lines.length; r++) {
    const before = b.lines[r]!;
    b.lines[r] = before.replace(flags.includes('g') ? regex : once, (m, ...rest) => {
      changes++;
      return replacement(m, rest.slice(0, rest.findIndex((x) => typeof x === 'number')) as string[]);
    });
    if (b.lines[r] !== before) {
      lines++;
      b.row = r;
    }
  }
  if (changes === 0) {
    b.undo();
    return `E486: Pattern not found: ${pattern}`;
  }
  return changes > 2 ? `${changes} substitutions on ${lines} line${lines === 1 ? '' : 's'}` : undefined;
}

export function vimRegex(text: string, ignoreCase = false): RegExp {
  return new RegExp(posixRegex(basicToExtended(text.replace(/\\\//g, '/').replace(/\\c/g, ''))), ignoreCase || text.includes('\\c') ? 'giu' : 'gu');
}
