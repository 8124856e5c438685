/** Tab completion: commands, files, variables, and what a program knows about its own arguments. */
import { BUILTINS } from './builtins/index.ts';
import { expandString } from './expand.ts';
import { shellQuote, singleQuote } from './quote.ts';
import type { Shell } from './shell.ts';
import { commandSubstitution } from './substitution.ts';

/** Programs that say themselves what may follow, by cobra's protocol (`kubectl completion bash` asks the same way). */
const COBRA = new Set(['kubectl']);
const NO_FILES = 4;

export interface Completion {
  /** Where in the line what is replaced begins. */
  start: number;
  /** What the text from `start` on becomes; undefined when nothing can be added. */
  replacement: string | undefined;
  /** Everything it could be, as it is listed on the second Tab. */
  candidates: string[];
}

export async function completeLine(shell: Shell, line: string): Promise<Completion> {
  const { words, start, quote } = split(line);
  const word = words.at(-1)!;
  const raw = line.slice(start);
  if (/^\$\{?\w*$/.test(raw) || /[^\\]\$\{?\w*$/.test(raw)) return variable(shell, line, start);
  if (words.length === 1 && !word.includes('/')) return finish(commands(shell, word), word, start, quote, { file: false });
  if (words.length > 1 && COBRA.has(words[0]!.split('/').at(-1)!)) {
    const found = await askProgram(shell, words);
    if (found) return finish(found, word, start, quote, { file: false });
  }
  const onlyDirs = words[0] === 'cd' || words[0] === 'pushd' || words[0] === 'rmdir';
  return finish(await files(shell, word, { onlyDirs, executable: words.length === 1 }), word, start, quote, { file: true });
}

/** What the program itself offers; undefined: files. */
async function askProgram(shell: Shell, [program, ...words]: string[]): Promise<string[] | undefined> {
  const { status, substitutionStatus } = shell;
  const lines = (await commandSubstitution(shell, `${shellQuote(program!)} __completeNoDesc ${words.map(singleQuote).join(' ')} 2>/dev/null`)).split('\n');
  Object.assign(shell, { status, substitutionStatus });
  const directive = Number(/^:(\d+)$/.exec(lines.pop() ?? '')?.[1] ?? 0);
  const found = lines.filter((line) => line !== '' && line.startsWith(words.at(-1)!));
  return found.length > 0 || (directive & NO_FILES) !== 0 ? [...new Set(found)].sort() : undefined;
}

function finish(found: string[], word: string, start: number, quote: string, { file }: { file: boolean }): Completion {
  const candidates = file ? found.map((f) => f.replace(/\/$/, '').split('/').at(-1)! + (f.endsWith('/') ? '/' : '')) : found;
  if (found.length === 0) return { start, replacement: undefined, candidates };
  const common = found.reduce((a, b) => {
    let i = 0;
    while (i < a.length && a[i] === b[i]) i++;
    return a.slice(0, i);
  });
  if (common.length < word.length) return { start, replacement: undefined, candidates };
  const text = quote === '' ? common.replace(/[\s"'\\$`&|;<>()*?[\]{}!#]/g, '\\$&') : quote + common;
  const end = found.length === 1 ? (/[/=]$/.test(common) ? '' : `${quote} `) : '';
  return { start, replacement: text + end, candidates };
}

function variable(shell: Shell, line: string, start: number): Completion {
  const at = Math.max(start, line.lastIndexOf('$'));
  const brace = line[at + 1] === '{';
  const prefix = line.slice(at + (brace ? 2 : 1));
  const names = shell.variables.names().filter((n) => n.startsWith(prefix));
  const shown = names.map((n) => `$${brace ? '{' : ''}${n}${brace ? '}' : ''}`);
  if (names.length === 0) return { start: at, replacement: undefined, candidates: [] };
  const common = names.reduce((a, b) => {
    let i = 0;
    while (i < a.length && a[i] === b[i]) i++;
    return a.slice(0, i);
  });
  return { start: at, replacement: `$${brace ? '{' : ''}${common}${names.length === 1 ? (brace ? '}' : ' ') : ''}`, candidates: shown };
}

function commands(shell: Shell, prefix: string): string[] {
  const names = new Set<string>([...BUILTINS.keys(), ...shell.functions.keys(), ...shell.aliases.keys(), ...'if then else elif fi case esac for select while until do done function time'.split(' ')]);
  const { fs } = shell.process;
  for (const dir of (shell.variables.get('PATH') ?? '').split(':')) {
    const inode = fs.find(dir || '.', shell.process.cwd);
    if (inode?.kind === 'dir') for (const name of fs.readdir(dir, shell.process.cwd)) {
      if (!name.startsWith(prefix)) continue;
      const file = fs.find(`${dir}/${name}`);
      if (file?.kind === 'file' && (file.mode & 0o111) !== 0) names.add(name);
    }
  }
  return [...names].filter((n) => n.startsWith(prefix)).sort();
}

async function files(shell: Shell, word: string, { onlyDirs, executable }: { onlyDirs: boolean; executable: boolean }): Promise<string[]> {
  const { fs, cwd } = shell.process;
  const cut = word.lastIndexOf('/') + 1;
  const typed = word.slice(0, cut), prefix = word.slice(cut);
  const dir = typed === '' ? cwd : typed.startsWith('~') ? await expandString(shell, typed) : typed;
  if (fs.find(dir, cwd)?.kind !== 'dir') return [];
  const out: string[] = [];
  for (const name of fs.readdir(dir, cwd)) {
    if (!name.startsWith(prefix) || (name.startsWith('.') && !prefix.startsWith('.'))) continue;
    const inode = fs.find(`${dir}/${name}`, cwd);
    if (inode?.kind === 'dir') out.push(`${typed}${name}/`);
    else if (!onlyDirs && (!executable || ((inode?.mode ?? 0) & 0o111) !== 0)) out.push(`${typed}${name}`);
  }
  return out;
}

/** The words of the last simple command of the line, and where the last one begins. */
function split(line: string): { words: string[]; start: number; quote: string } {
  let words: string[] = [], word = '', start = 0, inWord = false, quote = '';
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote) {
      if (c === quote) quote = '';
      else if (c === '\\' && quote === '"' && i + 1 < line.length) word += line[++i];
      else word += c;
      continue;
    }
    if (!inWord && c !== ' ' && c !== '\t') {
      inWord = true;
      start = i;
    }
    if (c === '"' || c === "'") quote = c;
    else if (c === '\\' && i + 1 < line.length) word += line[++i];
    else if (/[|;&(]/.test(c) || (c === '`') || (c === '$' && line[i + 1] === '(')) {
      words = [];
      word = '';
      inWord = false;
      if (c === '$') i++;
    } else if (c === ' ' || c === '\t' || c === '<' || c === '>') {
      if (inWord && word !== '' && !(words.length === 0 && /^\w+=/.test(word))) words.push(word);
      word = '';
      inWord = false;
    } else word += c;
  }
  if (words.length > 0 && ['sudo', 'time', 'watch', 'nohup', 'exec', 'command', 'then', 'do', 'else', '!'].includes(words[0]!)) words = words.slice(1);
  return { words: [...words, word], start: inWord ? start : line.length, quote };
}

