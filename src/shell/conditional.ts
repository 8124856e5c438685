/** `test`, `[` and `[[ … ]]`. */
import type { TestExpression } from 'unbash';
import { FileError, type Inode } from '../linux/files.ts';
import { may } from '../linux/open.ts';
import type { Process } from '../linux/process.ts';
import { ShellError } from './errors.ts';
import { expandArithmetic, expandPattern, expandRegex, expandString } from './expand.ts';
import { patternRegExp } from './pattern.ts';
import type { Shell } from './shell.ts';
import { isSet } from './variables.ts';

/** 0 true, 1 false, 2 error. */
export async function executeTest(shell: Shell, expression: TestExpression): Promise<number> {
  try {
    return (await evaluate(shell, expression)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ShellError) || error.fatal) throw error;
    await shell.complain(error.message);
    return error.code;
  }
}

async function evaluate(shell: Shell, e: TestExpression): Promise<boolean> {
  switch (e.type) {
    case 'TestGroup':
      return evaluate(shell, e.expression);
    case 'TestNot':
      return (await evaluate(shell, e.operand)) !== (e.negations.length % 2 === 1);
    case 'TestLogical':
      for (const operand of e.operands) if ((await evaluate(shell, operand)) !== (e.operator === '&&')) return e.operator === '||';
      return e.operator === '&&';
    case 'TestUnary': {
      const operand = await expandString(shell, e.operand.text);
      return unary(shell.process, e.operator, operand, shell);
    }
    case 'TestBinary':
      return binaryWord(shell, e.operator, e.left.text, e.right.text);
  }
}

async function binaryWord(shell: Shell, operator: string, leftText: string, rightText: string): Promise<boolean> {
  const left = await expandString(shell, leftText);
  if (operator === '=~') {
    const regex = await expandRegex(shell, rightText);
    let matched: RegExpExecArray | null;
    try {
      matched = new RegExp(posixRegex(regex), shell.shopts.nocasematch ? 'iu' : 'u').exec(left);
    } catch {
      throw new ShellError('', { code: 2 });
    }
    shell.variables.setArray('BASH_REMATCH', (matched ?? []).map((value) => ({ value: value ?? '' })));
    return matched !== null;
  }
  if (operator === '==' || operator === '=' || operator === '!=') {
    const pattern = await expandPattern(shell, rightText);
    return patternRegExp(pattern, { extglob: true, nocase: shell.shopts.nocasematch }).test(left) === (operator !== '!=');
  }
  if (NUMERIC[operator]) return NUMERIC[operator](await expandArithmetic(shell, left || '0'), await expandArithmetic(shell, (await expandString(shell, rightText)) || '0'));
  return binary(shell.process, operator, left, await expandString(shell, rightText))!;
}

/** POSIX classes as JavaScript has them. */
export function posixRegex(source: string): string {
  const classes: Record<string, string> = { alpha: 'A-Za-z', digit: '0-9', alnum: 'A-Za-z0-9', upper: 'A-Z', lower: 'a-z', space: '\\s', blank: ' \\t', punct: '!-\\/:-@\\[-`\\{-~', xdigit: '0-9A-Fa-f', word: '\\w', cntrl: '\\x00-\\x1f', print: ' -~', graph: '!-~' };
  let out = '', inSet = false;
  for (let i = 0; i < source.length; i++) {
    const c = source[i]!;
    if (inSet) {
      const named = /^\[:(\w+):\]/.exec(source.slice(i));
      if (named) {
        out += classes[named[1]!] ?? '';
        i += named[0].length - 1;
      } else if (c === ']') {
        inSet = false;
        out += c;
      } else out += c === '[' || c === '\\' ? `\\${c}` : c;
    } else if (c === '[') {
      inSet = true;
      out += c;
      if (source[i + 1] === '^') out += source[++i];
      if (source[i + 1] === ']') out += `\\${source[++i]}`;
    } else if (c === '\\' && i + 1 < source.length) {
      const next = source[++i]!;
      out += /[\w<>]/.test(next) ? (next === '<' || next === '>' ? '\\b' : /[bBwWsSdDnt0-9]/.test(next) ? `\\${next}` : next) : /[\\^$.*+?()[\]{}|/]/.test(next) ? `\\${next}` : next;
    } else if (c === '{' && !/^\{\d+(,\d*)?\}/.test(source.slice(i))) out += '\\{';
    else if (c === '}' && !/\{\d+(,\d*)?$/.test(source.slice(0, i))) out += '\\}';
    else if (c === ']') out += '\\]';
    else out += c;
  }
  return out;
}

const NUMERIC: Record<string, (a: bigint, b: bigint) => boolean> = {
  '-eq': (a, b) => a === b, '-ne': (a, b) => a !== b, '-lt': (a, b) => a < b, '-le': (a, b) => a <= b, '-gt': (a, b) => a > b, '-ge': (a, b) => a >= b,
};
const UNARY = /^-[abcdefghknoprstuvwxzGLNORS]$/;

/** The builtin and the program `test`: throws ShellError for what it cannot read. */
export function test(process: Process, args: string[], shell?: Shell): boolean {
  const not = (v: boolean) => !v;
  switch (args.length) {
    case 0: return false;
    case 1: return args[0] !== '';
    case 2:
      if (args[0] === '!') return args[1] === '';
      if (UNARY.test(args[0]!)) return unary(process, args[0]!, args[1]!, shell);
      throw new ShellError(`${args[0]}: unary operator expected`, { code: 2 });
    case 3: {
      const value = compare(process, args[1]!, args[0]!, args[2]!);
      if (value !== undefined) return value;
      if (args[1] === '-a') return args[0] !== '' && args[2] !== '';
      if (args[1] === '-o') return args[0] !== '' || args[2] !== '';
      if (args[0] === '!') return not(test(process, args.slice(1), shell));
      if (args[0] === '(' && args[2] === ')') return args[1] !== '';
      throw new ShellError(`${args[1]}: binary operator expected`, { code: 2 });
    }
    case 4:
      if (args[0] === '!') return not(test(process, args.slice(1), shell));
      if (args[0] === '(' && args[3] === ')') return test(process, args.slice(1, 3), shell);
  }
  const parser = new TestParser(process, args, shell);
  return parser.all();
}

class TestParser {
  #i = 0;
  readonly #args: string[];
  readonly #process: Process;
  readonly #shell: Shell | undefined;
  constructor(process: Process, args: string[], shell?: Shell) {
    this.#process = process;
    this.#args = args;
    this.#shell = shell;
  }
  all(): boolean {
    const value = this.#or();
    if (this.#i < this.#args.length) throw new ShellError('too many arguments', { code: 2 });
    return value;
  }
  #or(): boolean {
    let value = this.#and();
    while (this.#args[this.#i] === '-o') {
      this.#i++;
      const right = this.#and();
      value ||= right;
    }
    return value;
  }
  #and(): boolean {
    let value = this.#term();
    while (this.#args[this.#i] === '-a') {
      this.#i++;
      const right = this.#term();
      value &&= right;
    }
    return value;
  }
  #term(): boolean {
    const [a, b, c] = this.#args.slice(this.#i, this.#i + 3);
    if (a === undefined) throw new ShellError('argument expected', { code: 2 });
    if (a === '!') {
      this.#i++;
      return !this.#term();
    }
    if (a === '(') {
      this.#i++;
      const value = this.#or();
      if (this.#args[this.#i++] !== ')') throw new ShellError("`)' expected", { code: 2 });
      return value;
    }
    if (b !== undefined && c !== undefined) {
      const value = compare(this.#process, b, a, c);
      if (value !== undefined) {
        this.#i += 3;
        return value;
      }
    }
    if (UNARY.test(a) && b !== undefined) {
      this.#i += 2;
      return unary(this.#process, a, b, this.#shell);
    }
    this.#i++;
    return a !== '';
  }
}

function compare(process: Process, operator: string, a: string, b: string): boolean | undefined {
  if (NUMERIC[operator]) return NUMERIC[operator](integer(a), integer(b));
  return binary(process, operator, a, b);
}

function integer(text: string): bigint {
  if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new ShellError(`${text}: integer expression expected`, { code: 2 });
  return BigInt(text.trim().replace(/^\+/, ''));
}

function binary(process: Process, operator: string, a: string, b: string): boolean | undefined {
  const { fs, cwd } = process;
  switch (operator) {
    case '=':
    case '==': return a === b;
    case '!=': return a !== b;
    case '<': return a < b;
    case '>': return a > b;
    case '-nt': return (fs.find(a, cwd)?.mtime ?? -1) > (fs.find(b, cwd)?.mtime ?? -1);
    case '-ot': return (fs.find(a, cwd)?.mtime ?? -1) < (fs.find(b, cwd)?.mtime ?? -1);
    case '-ef': return fs.exists(a, cwd) && fs.find(a, cwd) === fs.find(b, cwd);
    default: return undefined;
  }
}

function unary(process: Process, operator: string, text: string, shell?: Shell): boolean {
  const inode = operator === '-h' || operator === '-L' ? lstat(process, text) : text === '' ? undefined : process.fs.find(text, process.cwd);
  switch (operator) {
    case '-n': return text !== '';
    case '-z': return text === '';
    case '-a':
    case '-e': return inode !== undefined || /^\/dev\/(fd\/\d+|std(in|out|err))$/.test(text);
    case '-f': return inode?.kind === 'file';
    case '-d': return inode?.kind === 'dir';
    case '-h':
    case '-L': return inode?.kind === 'link';
    case '-c': return inode?.kind === 'device';
    case '-b':
    case '-p':
    case '-S':
    case '-g':
    case '-u':
    case '-k': return ((inode?.mode ?? 0) & (operator === '-g' ? 0o2000 : operator === '-u' ? 0o4000 : operator === '-k' ? 0o1000 : 0)) !== 0;
    case '-s': return inode !== undefined && (inode.kind === 'dir' || (inode.kind === 'file' && (inode.read?.() ?? inode.content).length > 0));
    case '-r': return inode !== undefined && may(process, inode, 4);
    case '-w': return inode !== undefined && may(process, inode, 2);
    case '-x': return inode !== undefined && may(process, inode, 1);
    case '-O': return inode?.uid === process.uid;
    case '-G': return inode?.gid === process.gid;
    case '-N': return false;
    case '-t': return process.fds.get(Number(text))?.stream.isTTY ?? false;
    case '-v': {
      const element = /^(\w+)\[(.*)\]$/.exec(text);
      if (!shell) return false;
      if (element) return element[2] === '@' || element[2] === '*' ? shell.variables.elements(element[1]!).length > 0 : shell.variables.element(element[1]!, element[2]!) !== undefined;
      return shell.parameter(text) !== undefined || isSet(shell.variables.find(text));
    }
    case '-o': return shell?.options[text as keyof Shell['options']] ?? false;
    case '-R': return shell?.variables.own(text)?.nameref ?? false;
    default: throw new ShellError(`${operator}: unary operator expected`, { code: 2 });
  }
}

function lstat(process: Process, path: string): Inode | undefined {
  try {
    return process.fs.lstat(path, process.cwd);
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}
