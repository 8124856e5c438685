/** GNU grep 3.8; egrep and fgrep with their warnings. */
import type { Inode } from '../../linux/files.ts';
import { patternRegExp } from '../../shell/pattern.ts';
import { compile } from './regex.ts';
import { multi, tool, Usage, type Tool } from './tool.ts';

const grep = (preset: '' | 'E' | 'F') => tool(async (t) => {
  t.parse({
    short: 'EFGPiyvwxclLqsnHhoe:f:rRA:B:C:m:abzUZTI', long: {
      'extended-regexp': 'E', 'fixed-strings': 'F', 'basic-regexp': 'G', 'perl-regexp': 'P', 'ignore-case': 'i', 'no-ignore-case': '', 'invert-match': 'v', 'word-regexp': 'w', 'line-regexp': 'x', count: 'c',
      'files-with-matches': 'l', 'files-without-match': 'L', quiet: 'q', silent: 'q', 'no-messages': 's', 'line-number': 'n', 'with-filename': 'H', 'no-filename': 'h', 'only-matching': 'o', regexp: 'e:', file: 'f:',
      recursive: 'r', 'dereference-recursive': 'R', 'after-context': 'A:', 'before-context': 'B:', context: 'C:', 'max-count': 'm:', color: '::', colour: 'color::', include: ':', exclude: ':', 'exclude-dir': ':', 'line-buffered': '', text: 'a', 'byte-offset': 'b', 'null-data': 'z',
    },
  }, t.process.args.flatMap((a) => (/^-\d+$/.test(a) ? ['-C', a.slice(1)] : [a])));
  if (preset) await t.process.err(`${t.name}: warning: ${t.name} is obsolescent; using grep -${preset}\n`);
  const patterns = t.all('e').flatMap((p) => p.split('\n'));
  for (const file of t.all('f')) {
    const stream = t.open(file, { code: 2 });
    if (!stream) return 2;
    const text = await t.slurp(stream);
    if (text !== '') patterns.push(...text.replace(/\n$/, '').split('\n'));
  }
  let args = t.args;
  if (!t.has('e') && !t.has('f')) {
    if (args.length === 0) {
      await t.process.err("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n");
      return 2;
    }
    patterns.push(...args[0]!.split('\n'));
    args = args.slice(1);
  }
  for (const o of ['A', 'B', 'C', 'm']) if (t.has(o) && !/^-?\d+$/.test(t.get(o)!)) throw new Usage(o === 'm' ? 'invalid max count' : `${t.get(o)}: invalid context length argument`, { hint: false });
  const job = new Job(t, matcher(t, patterns, preset));
  const recursive = t.has('r') || t.has('R');
  const files = args.length > 0 ? args : [recursive ? '.' : '-'];
  job.names = t.has('H') || (!t.has('h') && (files.length > 1 || recursive));
  for (const file of files) {
    if (job.stop) break;
    const inode = file === '-' ? undefined : t.find(file);
    if (inode?.kind === 'dir') {
      if (recursive) await walk(t, job, args.length === 0 ? '' : file, inode);
      else if (!t.has('s')) await t.process.err(`grep: ${file}: Is a directory\n`);
      continue;
    }
    await job.file(file);
  }
  return job.matched && (job.code !== 2 || t.has('q')) ? 0 : job.code === 2 ? 2 : job.matched ? 0 : 1;
}, 2);

function matcher(t: Tool, patterns: string[], preset: string): RegExp | undefined {
  if (patterns.length === 0) return undefined;
  const fixed = t.has('F') || preset === 'F', extended = t.has('E') || preset === 'E';
  const one = (p: string) => {
    if (t.has('P')) return new RegExp(p, 'u').source;
    try {
      return compile(p, { fixed, extended }).source;
    } catch {
      throw new Usage(/\[[^\]]*$/.test(p) ? "Unmatched [, [^, [:, [., or [=" : /\((?![^)]*\))/.test(p) ? 'Unmatched ( or \\(' : /\)/.test(p) ? 'Unmatched ) or \\)' : 'Invalid regular expression', { hint: false });
    }
  };
  let source = patterns.map(one).join('|');
  if (t.has('x')) source = `^(?:${source})$`;
  else if (t.has('w')) source = `(?<![\\w])(?:${source})(?![\\w])`;
  return new RegExp(source, t.has('i') || t.has('y') ? 'giu' : 'gu');
}

class Job {
  readonly #t: Tool;
  readonly #regex: RegExp | undefined;
  readonly #color: boolean;
  names = false;
  matched = false;
  stop = false;
  code = 0;
  #printedAny = false;

  constructor(t: Tool, regex: RegExp | undefined) {
    this.#t = t;
    this.#regex = regex;
    const when = t.get('color');
    this.#color = when === 'always' || ((when === 'auto' || when === '') && t.process.stdout.isTTY);
  }

  async file(file: string): Promise<void> {
    const t = this.#t;
    const stream = file === '-' ? t.process.stdin : t.has('s') ? (t.find(file) ? t.open(file, { code: 2 }) : undefined) : t.open(file, { code: 2 });
    if (!stream) {
      this.code = 2;
      return;
    }
    const name = file === '-' ? '(standard input)' : file;
    const after = Number(t.get('A') ?? t.get('C') ?? 0), before = Number(t.get('B') ?? t.get('C') ?? 0);
    const quiet = t.has('q') || t.has('l') || t.has('L') || t.has('c');
    const max = t.has('m') ? Number(t.get('m')) : Infinity;
    const held: { line: string; n: number }[] = [];
    let n = 0, found = 0, follow = 0, lastShown = 0;
    for await (const { line } of t.lines(stream, t.has('z') ? '\0' : '\n')) {
      n++;
      const hit = this.#test(line) !== t.has('v');
      if (hit && found < max) {
        found++;
        this.matched = true;
        if (t.has('q')) {
          this.stop = true;
          return;
        }
        if (t.has('l') || t.has('L')) break;
        if (!quiet) {
          if ((after > 0 || before > 0) && this.#printedAny && n - held.length > lastShown + 1) await t.out(`${this.#paint('--', '36')}\n`);
          for (const h of held) await this.#print(name, h.line, h.n, '-');
          held.length = 0;
          await this.#print(name, line, n, ':');
          lastShown = n;
          follow = after;
        }
        if (found >= max && follow === 0) break;
      } else if (follow > 0) {
        await this.#print(name, line, n, '-');
        lastShown = n;
        if (--follow === 0 && found >= max) break;
      } else if (found >= max) break;
      else if (before > 0) {
        held.push({ line, n });
        if (held.length > before) held.shift();
      }
    }
    if (t.has('c')) await t.out(`${this.names ? `${this.#paint(name, '35')}${this.#paint(':', '36')}` : ''}${found}\n`);
    else if (t.has('l') && found > 0) await t.out(`${this.#paint(name, '35')}\n`);
    else if (t.has('L') && found === 0) await t.out(`${this.#paint(name, '35')}\n`);
  }

  #test(line: string): boolean {
    if (!this.#regex) return false;
    this.#regex.lastIndex = 0;
    return this.#regex.test(line);
  }

  async #print(name: string, line: string, n: number, mark: string): Promise<void> {
    const t = this.#t;
    this.#printedAny = true;
    const separator = this.#paint(mark, '36');
    const prefix = `${this.names ? this.#paint(name, '35') + separator : ''}${t.has('n') ? this.#paint(String(n), '32') + separator : ''}`;
    if (t.has('o')) {
      this.#regex!.lastIndex = 0; // matchAll begins where the last test ended
      if (mark === ':' && !t.has('v')) for (const m of line.matchAll(this.#regex!)) if (m[0] !== '') await t.out(`${prefix}${this.#paint(m[0], '01;31')}\n`);
      return;
    }
    const text = this.#color && mark === ':' && !t.has('v') ? line.replace(this.#regex!, (m) => (m === '' ? '' : this.#paint(m, '01;31'))) : line;
    await t.out(`${prefix}${text}\n`);
  }

  #paint(text: string, color: string): string {
    return this.#color ? `\x1b[${color}m\x1b[K${text}\x1b[m\x1b[K` : text;
  }
}

async function walk(t: Tool, job: Job, path: string, dir: Inode): Promise<void> {
  if (dir.kind !== 'dir') return;
  for (const name of dir.names()) {
    const full = path === '' ? name : `${path.replace(/\/$/, '')}/${name}`;
    const inode = t.has('R') ? t.find(full) : t.lstat(full);
    if (inode?.kind === 'dir') {
      if (!t.all('exclude-dir').some((g) => patternRegExp(g).test(name))) await walk(t, job, full, inode);
    } else if (inode?.kind === 'file' && inode.program === undefined) {
      const include = t.all('include');
      if (include.length > 0 && !include.some((g) => patternRegExp(g).test(name))) continue;
      if (t.all('exclude').some((g) => patternRegExp(g).test(name))) continue;
      await job.file(full);
      if (job.stop) return;
    }
  }
}

export const main = multi({ grep: grep(''), egrep: grep('E'), fgrep: grep('F') });
