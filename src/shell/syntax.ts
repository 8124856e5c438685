/** Parsing: unbash gives the tree and its errors; what bash says about an error is made here. */
import { parse as parseBash, type ParseError, type ParsedScript } from 'unbash';

export type { ParsedScript };

export interface SyntaxProblem {
  /** Statements before this position were complete and run before the error is noticed. */
  from: number;
  /** Line of the error, counted from 1. */
  line: number;
  /** What bash says after "line N: ". */
  message: string;
  /** Bash shows the line after the message. */
  showLine: boolean;
  /** The text ends too early: an interactive shell asks for more with PS2. */
  incomplete: boolean;
}

export interface Parsed {
  source: string;
  script: ParsedScript;
  problem: SyntaxProblem | undefined;
}

const cache = new Map<string, Parsed>();

export function parse(source: string): Parsed {
  let found = cache.get(source);
  if (!found) {
    const script = parseBash(source);
    found = { source, script, problem: problemOf(source, script) };
    if (cache.size > 500) cache.clear();
    if (source.length < 10_000) cache.set(source, found);
  }
  return found;
}

/** Line of a position, from 1. */
export function lineAt(source: string, pos: number): number {
  let line = 1;
  for (let i = source.indexOf('\n'); i >= 0 && i < pos; i = source.indexOf('\n', i + 1)) line++;
  return line;
}

const UNTERMINATED: [RegExp, string][] = [
  [/double quote/, '"'], [/single quote|ANSI/i, "'"], [/backtick|backquote/, '`'], [/arithmetic|command substitution|process substitution|extended glob|array/, ')'], [/parameter expansion/, '}'],
];

function problemOf(source: string, script: ParsedScript): SyntaxProblem | undefined {
  const hereDoc = unterminatedHereDoc(source, script);
  const error = script.errors?.[0];
  if (!error) return hereDoc;
  const from = startOfLine(source, script, error);
  const lines = source.replace(/\n$/, '').split('\n').length;
  const end = source.trimEnd().length;
  if (/^unterminated/.test(error.message)) {
    const quote = UNTERMINATED.find(([pattern]) => pattern.test(error.message))?.[1];
    if (quote) return { from, line: lineAt(source, error.pos), message: `unexpected EOF while looking for matching \`${quote}'`, showLine: false, incomplete: true };
  }
  const rest = source.slice(error.pos).replace(/^(?:[ \t]|\\\n)+/, '');
  const atEnd = error.pos >= end || rest.trim() === '' || /^#[^\n]*$/.test(rest);
  const stuck = /redirect target/.test(error.message) || /\w\($/.test(source.trimEnd());
  if (atEnd && stuck) return { from, line: lineAt(source, error.pos), message: "syntax error near unexpected token `newline'", showLine: true, incomplete: false };
  if (atEnd) return { from, line: lines + 1, message: 'syntax error: unexpected end of file', showLine: false, incomplete: true };
  const token = /^(?:\n|;;&|;;|;&|&&|\|\||\|&|&>>|&>|>>|<<<|<<-|<<|>&|<&|>\||<>|[;&|()<>]|(?:\\.|"[^"]*"|'[^']*'|[^\s;&|()<>])+)/.exec(rest)?.[0] ?? rest[0]!;
  const shown = token === '\n' ? 'newline' : token;
  return { from, line: lineAt(source, source.length - rest.length), message: `syntax error near unexpected token \`${shown}'`, showLine: true, incomplete: false };
}

/** The start of the line on which the statement with the error began. */
function startOfLine(source: string, script: ParsedScript, error: ParseError): number {
  let start = source.lastIndexOf('\n', Math.max(0, error.pos - 1)) + 1;
  for (const statement of script.commands) {
    if (statement.pos < start && statement.end >= error.pos) start = source.lastIndexOf('\n', statement.pos) + 1;
  }
  const last = script.commands.at(-1);
  if (last && last.end >= error.pos - 1 && last.pos < start) start = source.lastIndexOf('\n', last.pos) + 1;
  return start;
}

/** An open here-document is no error, only a warning, at the end of a script; at a prompt more lines are awaited. */
function unterminatedHereDoc(source: string, _script: ParsedScript): SyntaxProblem | undefined {
  if (!source.includes('<<')) return undefined;
  const open: { word: string; tabs: boolean; at: number }[] = [];
  for (const [n, line] of source.split('\n').entries()) {
    if (open.length > 0) {
      if ((open[0]!.tabs ? line.replace(/^\t+/, '') : line) === open[0]!.word) open.shift();
      continue;
    }
    const bare = line.replace(/'[^']*'|"(?:\\.|[^"\\])*"/g, (q, at: number) => (/<<-?\s*$/.test(line.slice(0, at)) ? q : ' '.repeat(q.length)));
    for (const m of bare.matchAll(/(?<![<$(0-9])<<(-?)\s*(?:'([^']*)'|"([^"]*)"|\\?([\w.!%+@-]+))/g)) open.push({ word: m[2] ?? m[3] ?? m[4]!, tabs: m[1] === '-', at: n + 1 });
  }
  if (open.length === 0) return undefined;
  return { from: Infinity, line: lineAt(source, source.length), message: `warning: here-document at line ${open[0]!.at} delimited by end-of-file (wanted \`${open[0]!.word}')`, showLine: false, incomplete: true };
}
