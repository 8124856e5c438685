import type { FileSystem } from '../linux/files.ts';

export interface GlobOptions {
  extglob?: boolean;
  nocase?: boolean;
  /** `*` and `?` do not match a slash (pathnames). */
  path?: boolean;
}

const cache = new Map<string, RegExp>();

/** A shell pattern as an anchored regular expression. A backslash quotes the next character. */
export function patternRegExp(pattern: string, options: GlobOptions = {}): RegExp {
  const key = `${options.extglob ? 1 : 0}${options.nocase ? 1 : 0}${options.path ? 1 : 0}${pattern}`;
  let found = cache.get(key);
  if (!found) {
    if (cache.size > 2000) cache.clear();
    cache.set(key, (found = new RegExp(`^(?:${patternSource(pattern, options)})$`, options.nocase ? 'isu' : 'su')));
  }
  return found;
}

export function patternSource(pattern: string, options: GlobOptions = {}): string {
  const any = options.path ? '[^/]' : '.';
  let out = '';
  for (let i = 0; i < pattern.length; ) {
    const c = pattern[i]!;
    if (options.extglob && '?*+@!'.includes(c) && pattern[i + 1] === '(') {
      const end = closingParen(pattern, i + 1);
      if (end > 0) {
        const alternatives = split(pattern.slice(i + 2, end)).map((p) => patternSource(p, options)).join('|');
        if (c === '!') out += `(?:(?!(?:${alternatives})${patternSource(pattern.slice(end + 1), options)}$)${any}*)`;
        else out += `(?:${alternatives})${c === '@' ? '' : c}`;
        i = end + 1;
        continue;
      }
    }
    if (c === '*') {
      while (pattern[i + 1] === '*') i++;
      out += `${any}*`;
    } else if (c === '?') out += any;
    else if (c === '[') {
      const [source, next] = bracket(pattern, i);
      out += source;
      i = next;
      continue;
    } else if (c === '\\' && i + 1 < pattern.length) out += quote(pattern[++i]!);
    else out += quote(c);
    i++;
  }
  return out;
}

/** Whether it has characters that make it a pattern at all. */
export function isPattern(pattern: string, extglob = false): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '\\') i++;
    else if (c === '*' || c === '?') return true;
    else if (c === '[' && pattern.indexOf(']', i + 2) > 0) return true;
    else if (extglob && '+@!'.includes(c!) && pattern[i + 1] === '(') return true;
  }
  return false;
}

/** The pattern with its backslashes removed. */
function unescapePattern(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, '$1');
}

/** Pathname expansion, sorted; nothing when nothing matches. */
export function glob(fs: FileSystem, cwd: string, pattern: string, { dotglob = false, globstar = false, extglob = false, nocase = false } = {}): string[] {
  const absolute = pattern.startsWith('/');
  const parts = pattern.split(/\/+/).filter((p, i, all) => p !== '' || (i === all.length - 1 && i > 0));
  let found = [absolute ? '/' : ''];
  parts.forEach((part, index) => {
    const last = index === parts.length - 1;
    const next: string[] = [];
    for (const base of found) {
      const at = base === '' ? cwd : base;
      const join = (name: string) => (base === '' || base.endsWith('/') ? base + name : `${base}/${name}`);
      if (part === '') {
        if (isDir(fs, cwd, base)) next.push(`${base}/`);
      } else if (globstar && part === '**') {
        if (!last) next.push(base);
        for (const path of descend(fs, cwd, base, dotglob)) if (last || isDir(fs, cwd, path)) next.push(path);
      } else if (!isPattern(part, extglob)) {
        const path = join(unescapePattern(part));
        if (exists(fs, cwd, path)) next.push(path);
      } else if (isDir(fs, cwd, at)) {
        const matches = patternRegExp(part, { extglob, nocase, path: true });
        const hidden = dotglob || part.startsWith('.') || part.startsWith('\\.');
        for (const name of safeReaddir(fs, cwd, at)) {
          if (name.startsWith('.') ? hidden && matches.test(name) : matches.test(name)) {
            if (last || isDir(fs, cwd, join(name))) next.push(join(name));
          }
        }
      }
    }
    found = next;
  });
  return absolute && parts.length === 0 ? [] : found.sort(compare);
}

/** Order of names in the C.UTF-8 and en_US locales is close enough to code points for what a course types. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function* descend(fs: FileSystem, cwd: string, base: string, dotglob: boolean): Generator<string> {
  for (const name of safeReaddir(fs, cwd, base === '' ? cwd : base)) {
    if (name.startsWith('.') && !dotglob) continue;
    const path = base === '' ? name : base.endsWith('/') ? base + name : `${base}/${name}`;
    yield path;
    if (isDir(fs, cwd, path)) yield* descend(fs, cwd, path, dotglob);
  }
}

function safeReaddir(fs: FileSystem, cwd: string, path: string): string[] {
  return isDir(fs, cwd, path) ? fs.readdir(path, cwd) : [];
}

function isDir(fs: FileSystem, cwd: string, path: string): boolean {
  return fs.find(path === '' ? cwd : path, cwd)?.kind === 'dir';
}

function exists(fs: FileSystem, cwd: string, path: string): boolean {
  try {
    fs.lstat(path, cwd);
    return true;
  } catch {
    return false;
  }
}

function quote(c: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c;
}

const CLASSES: Record<string, string> = {
  alpha: '\\p{L}', digit: '0-9', alnum: '\\p{L}\\p{N}', upper: '\\p{Lu}', lower: '\\p{Ll}', space: '\\s', blank: ' \\t', punct: '!-\\/:-@\\[-`{-~', xdigit: '0-9A-Fa-f', word: '\\w', cntrl: '\\x00-\\x1f\\x7f', print: '\\x20-\\x7e', graph: '\\x21-\\x7e',
};

function bracket(pattern: string, start: number): [string, number] {
  let i = start + 1;
  let negated = false;
  if (pattern[i] === '!' || pattern[i] === '^') {
    negated = true;
    i++;
  }
  let set = '';
  for (let first = true; ; first = false) {
    if (i >= pattern.length) return ['\\[', start + 1];
    const c = pattern[i]!;
    if (c === ']' && !first) break;
    const named = /^\[:(\w+):\]/.exec(pattern.slice(i));
    if (named) {
      set += CLASSES[named[1]!] ?? '';
      i += named[0].length;
    } else if (c === '\\' && i + 1 < pattern.length) {
      set += inSet(pattern[i + 1]!);
      i += 2;
    } else {
      const range = c === '-' && set !== '' && pattern[i + 1] !== ']';
      set += range ? '-' : inSet(c);
      i++;
    }
  }
  return [set === '' ? (negated ? '.' : '(?!)') : `[${negated ? '^' : ''}${set}]`, i + 1];
}

function inSet(c: string): string {
  return /[\\\]^[-]/.test(c) ? `\\${c}` : c;
}

function closingParen(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return i;
  }
  return -1;
}

function split(text: string): string[] {
  const out: string[] = [];
  let depth = 0, from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (text[i] === '|' && depth === 0) {
      out.push(text.slice(from, i));
      from = i + 1;
    }
  }
  return [...out, text.slice(from)];
}
