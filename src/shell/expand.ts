/**
 * Word expansion in bash's order: braces, tilde, parameters, commands, arithmetic and process substitution from left to
 * right, then field splitting, pathnames, quote removal. It works on the raw text of a word.
 */
import { ArithmeticError, evaluate } from './arithmetic.ts';
import { ShellError } from './errors.ts';
import { expandParameter } from './parameter.ts';
import { glob, isPattern } from './pattern.ts';
import { ansiC } from './quote.ts';
import { closing, expandBraces } from './scan.ts';
import type { Shell } from './shell.ts';

/** A stretch of an expanded word. `split` text came from an unquoted expansion; `cut` ends a field ("$@"). */
export interface Piece {
  text: string;
  quoted: boolean;
  split?: boolean;
  cut?: boolean;
}

export type Mode = 'word' | 'double' | 'heredoc' | 'assign';

const PLAIN = /^[\w/.,:=+@%^-]*$/;

/** Words as the arguments of a command: braces, splitting and pathnames included. */
export async function expandWords(shell: Shell, words: readonly string[]): Promise<string[]> {
  const out: string[] = [];
  for (const raw of words) {
    if (PLAIN.test(raw)) {
      out.push(raw);
      continue;
    }
    for (const word of shell.options.braceexpand ? expandBraces(raw) : [raw]) {
      const fields = split(await pieces(shell, word, 'word'), shell.variables.get('IFS') ?? ' \t\n');
      for (const field of fields) out.push(...pathnames(shell, field));
    }
  }
  return out;
}

/** A word that stays one: assignments, redirections' texts, here-strings, `case`. */
export async function expandString(shell: Shell, word: string, mode: Mode = 'assign'): Promise<string> {
  if (PLAIN.test(word)) return word;
  return join(await pieces(shell, word, mode), shell);
}

/** A word as a pattern: what was quoted in it matches itself. */
export async function expandPattern(shell: Shell, word: string, mode: Mode = 'assign'): Promise<string> {
  if (PLAIN.test(word)) return word;
  return (await pieces(shell, word, mode)).map((p) => (p.cut ? ' ' : p.quoted ? escapeGlob(p.text) : p.text)).join('');
}

/** The right side of `=~`: what was quoted is matched literally. */
export async function expandRegex(shell: Shell, word: string): Promise<string> {
  return (await pieces(shell, word, 'assign')).map((p) => (p.quoted ? p.text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : p.text)).join('');
}

/** Arithmetic with the expansions of a double-quoted string. */
export async function expandArithmetic(shell: Shell, text: string): Promise<bigint> {
  const plain = /[$`"\\']/.test(text) ? join(await pieces(shell, text, 'double'), shell).replaceAll('"', '') : text;
  return arithmetic(shell, plain);
}

export function arithmetic(shell: Shell, text: string): bigint {
  try {
    return evaluate(text, shell.arithmeticScope);
  } catch (error) {
    if (error instanceof ArithmeticError) throw new ShellError(error.message);
    throw error;
  }
}

export async function pieces(shell: Shell, text: string, mode: Mode): Promise<Piece[]> {
  const out: Piece[] = [];
  const inDouble = mode === 'double' || mode === 'heredoc';
  const literal = (t: string, quoted = inDouble) => {
    const last = out.at(-1);
    if (last && last.quoted === quoted && !last.split && !last.cut) last.text += t;
    else out.push({ text: t, quoted });
  };
  let i = 0;
  if (!inDouble && text[0] === '~') i = tilde(shell, text, 0, literal);
  while (i < text.length) {
    const c = text[i]!;
    if (c === '\\') {
      const next = text[i + 1];
      if (next === '\n') i += 2;
      else if (next === undefined) {
        literal('\\');
        i++;
      } else if (!inDouble) {
        literal(next, true);
        i += 2;
      } else if (next === '$' || next === '`' || next === '\\' || (next === '"' && mode === 'double')) {
        literal(next, true);
        i += 2;
      } else {
        literal(`\\${next}`, true);
        i += 2;
      }
    } else if (c === "'" && !inDouble) {
      const end = text.indexOf("'", i + 1);
      literal(text.slice(i + 1, end < 0 ? undefined : end), true);
      i = end < 0 ? text.length : end + 1;
    } else if (c === '"' && mode !== 'heredoc') {
      if (mode === 'double') {
        i++; // quotes inside "${x:-"a"}": they only toggle
        continue;
      }
      const end = closing(text, i);
      const inner = await pieces(shell, text.slice(i + 1, end < 0 ? undefined : end), 'double');
      if (inner.length === 0 && !/^"\$[@{]/.test(text.slice(i))) literal('', true);
      else if (inner.length === 0 && !text.slice(i, end).includes('@')) literal('', true);
      out.push(...inner);
      i = end < 0 ? text.length : end + 1;
    } else if (c === '`') {
      const end = closing(text, i);
      const source = text.slice(i + 1, end < 0 ? undefined : end).replace(inDouble ? /\\([$`\\"])/g : /\\([$`\\])/g, '$1');
      result(out, await shell.substitute(source), inDouble);
      i = end < 0 ? text.length : end + 1;
    } else if (c === '$') i = await dollar(shell, text, i, inDouble, out, literal);
    else if ((c === '<' || c === '>') && text[i + 1] === '(' && !inDouble) {
      const end = closing(text, i);
      literal(await shell.processSubstitution(text.slice(i + 2, end), c), true);
      i = end + 1;
    } else if (c === '~' && mode === 'assign' && i > 0 && (text[i - 1] === ':' || text[i - 1] === '=')) i = tilde(shell, text, i, literal);
    else {
      let k = i + 1;
      while (k < text.length && !/[\\'"`$<>~]/.test(text[k]!)) k++;
      literal(text.slice(i, k));
      i = k;
    }
  }
  return out;
}

async function dollar(shell: Shell, text: string, i: number, inDouble: boolean, out: Piece[], literal: (t: string, quoted?: boolean) => void): Promise<number> {
  const next = text[i + 1];
  if (next === '(') {
    const end = closing(text, i);
    if (end < 0) throw new ShellError("unexpected EOF while looking for matching `)'");
    if (text[i + 2] === '(' && text[end - 1] === ')' && balanced(text.slice(i + 3, end - 1))) {
      result(out, String(await expandArithmetic(shell, text.slice(i + 3, end - 1))), inDouble);
    } else result(out, await shell.substitute(text.slice(i + 2, end)), inDouble);
    return end + 1;
  }
  if (next === '{') {
    const end = closing(text, i, inDouble);
    if (end < 0) throw new ShellError(`${text.slice(i)}: bad substitution`);
    out.push(...(await expandParameter(shell, text.slice(i + 2, end), inDouble)));
    return end + 1;
  }
  if (next === "'" && !inDouble) {
    const end = closing(text, i);
    literal(ansiC(text.slice(i + 2, end)), true);
    return end + 1;
  }
  if (next === '"' && !inDouble) return i + 1;
  if (next === '[') {
    const end = text.indexOf(']', i);
    if (end > 0) {
      result(out, String(await expandArithmetic(shell, text.slice(i + 2, end))), inDouble);
      return end + 1;
    }
  }
  const name = /^(?:[A-Za-z_]\w*|[0-9@*#?$!_-])/.exec(text.slice(i + 1, i + 80))?.[0];
  if (name === undefined) {
    literal('$');
    return i + 1;
  }
  const long = name.length > 60 ? /^\w+/.exec(text.slice(i + 1))![0] : name;
  out.push(...(await expandParameter(shell, long, inDouble)));
  return i + 1 + long.length;
}

function result(out: Piece[], text: string, quoted: boolean): void {
  if (text !== '' || quoted) out.push({ text, quoted, ...(quoted ? {} : { split: true }) });
}

function balanced(text: string): boolean {
  let depth = 0;
  for (const c of text) {
    if (c === '(') depth++;
    else if (c === ')' && --depth < 0) return false;
  }
  return depth === 0;
}

function tilde(shell: Shell, text: string, i: number, literal: (t: string, quoted?: boolean) => void): number {
  const name = /^~([\w.+-]*)(?=[/:]|$)/.exec(text.slice(i))?.[1];
  const home = name === undefined ? undefined
    : name === '' ? (shell.variables.get('HOME') ?? '/')
    : name === '+' ? shell.process.cwd
    : name === '-' ? shell.variables.get('OLDPWD')
    : shell.process.machine.users.get(name)?.home;
  if (home === undefined) {
    literal('~');
    return i + 1;
  }
  literal(home, true);
  return i + 1 + name!.length;
}

interface Field {
  pieces: { text: string; quoted: boolean }[];
}

/** Field splitting by IFS; a field that was quoted exists even when it is empty. */
function split(all: Piece[], ifs: string): Field[] {
  const fields: Field[] = [];
  let current: Field | undefined;
  const add = (text: string, quoted: boolean) => (current ??= { pieces: [] }).pieces.push({ text, quoted });
  const end = () => {
    if (current) fields.push(current);
    current = undefined;
  };
  for (const piece of all) {
    if (piece.cut) end();
    else if (!piece.split) {
      if (piece.text !== '' || piece.quoted) add(piece.text, piece.quoted);
    } else {
      let from = 0;
      const { text } = piece;
      for (let i = 0; i < text.length; i++) {
        if (!ifs.includes(text[i]!)) continue;
        if (i > from) add(text.slice(from, i), false);
        // a run of IFS white space with at most one other IFS character in it ends one field
        let hard = 0, k = i;
        for (; k < text.length && ifs.includes(text[k]!); k++) {
          if (!/[ \t\n]/.test(text[k]!) && hard++ > 0) break;
        }
        if (hard > 0 && !current) current = { pieces: [] };
        end();
        i = k - 1;
        from = k;
      }
      if (from < text.length) add(text.slice(from), false);
    }
  }
  end();
  return fields;
}

function pathnames(shell: Shell, field: Field): string[] {
  const text = field.pieces.map((p) => p.text).join('');
  if (shell.options.noglob || !field.pieces.some((p) => !p.quoted && /[*?[(]/.test(p.text))) return [text];
  const pattern = field.pieces.map((p) => (p.quoted ? escapeGlob(p.text) : p.text)).join('');
  const { extglob, dotglob, globstar, nullglob, failglob, nocaseglob } = shell.shopts;
  if (!isPattern(pattern, extglob)) return [text];
  const found = glob(shell.process.fs, shell.process.cwd, pattern, { extglob, dotglob, globstar, nocase: nocaseglob });
  if (found.length > 0) return found;
  if (failglob) throw new ShellError(`no match: ${text}`);
  return nullglob ? [] : [text];
}

function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\](){}|+@!^-]/g, '\\$&');
}

function join(all: Piece[], _shell: Shell): string {
  return all.map((p) => (p.cut ? ' ' : p.text)).join('');
}
