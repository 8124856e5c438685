import { posixRegex } from '../../shell/conditional.ts';

/** A POSIX basic regular expression (grep, sed without -E) as an extended one: backslashes change sides. */
export function basicToExtended(source: string): string {
  let out = '';
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!;
    if (c === '[') {
      let k = i + 1;
      if (source[k] === '^') k++;
      if (source[k] === ']') k++;
      while (k < source.length && source[k] !== ']') {
        if (source[k] === '[' && /[:.=]/.test(source[k + 1] ?? '')) k = source.indexOf(`${source[k + 1]}]`, k + 2) + 1;
        k++;
      }
      out += source.slice(i, k + 1);
      i = k;
    } else if (c === '\\') {
      const next = source[++i] ?? '';
      out += /[(){}|+?]/.test(next) ? next : `\\${next}`;
    } else if (/[(){}|+?]/.test(c)) out += `\\${c}`;
    else if (c === '*' && (out === '' || out.endsWith('(') || out.endsWith('|') || out === '^')) out += '\\*';
    else if (c === '^' && out !== '' && !/(?:[(|]|\\n)$/.test(out)) out += '\\^';
    else if (c === '$' && i < source.length - 1 && !/^\\[)|n]/.test(source.slice(i + 1))) out += '\\$';
    else out += c;
  }
  return out;
}

/** Throws SyntaxError for a pattern that is none. */
export function compile(source: string, { extended = false, fixed = false, flags = '' }: { extended?: boolean; fixed?: boolean; flags?: string } = {}): RegExp {
  if (fixed) return new RegExp(source.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), flags.includes('u') ? flags : `${flags}u`);
  const ere = extended ? source.replace(/^\*/, '\\*') : basicToExtended(source);
  return new RegExp(posixRegex(ere), flags.includes('u') ? flags : `${flags}u`);
}
