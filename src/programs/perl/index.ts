import type { Program } from '../../linux/process.ts';
import { pi } from './pi.ts';

/**
 * perl as far as a Job computes something with one line: -e CODE with -w, -l, -n refused, -M modules that need no import, and of the
 * language `print` of numbers, strings, arithmetic, `.`, `x` and bignum's bpi. The rest is a syntax error, as unknown words are.
 */
export const main: Program = async (p) => {
  let code: string | undefined, newline = '';
  const modules = new Set<string>();
  for (let i = 0; i < p.args.length; i++) {
    const arg = p.args[i]!;
    if (arg === '-v' || arg === '--version') {
      await p.out('\nThis is perl 5, version 34, subversion 0 (v5.34.0) built for x86_64-linux-gnu\n\nCopyright 1987-2021, Larry Wall\n');
      return 0;
    }
    if (!arg.startsWith('-')) {
      await p.err(p.fs.exists(arg) ? `syntax error at ${arg} line 1, near "${p.fs.readFile(arg).split('\n')[0]}"\nExecution of ${arg} aborted due to compilation errors.\n` : `Can't open perl script "${arg}": No such file or directory\n`);
      return 2;
    }
    for (let k = 1; k < arg.length; k++) {
      const letter = arg[k]!;
      if (letter === 'M' || letter === 'm') {
        modules.add(arg.slice(k + 1).split('=')[0]!);
        break;
      }
      if (letter === 'e' || letter === 'E') {
        code = `${code === undefined ? '' : `${code}\n`}${arg.slice(k + 1) || (p.args[++i] ?? '')}`;
        break;
      }
      if (letter === 'l') newline = '\n';
      else if (letter !== 'w' && letter !== 'W') {
        await p.err(`Unrecognized switch: -${arg.slice(k)}  (-h will show valid options).\n`);
        return 29;
      }
    }
  }
  if (code === undefined) return 0;
  for (const module of modules) if (!['bignum', 'bigint', 'bigrat', 'strict', 'warnings'].includes(module)) {
    await p.err(`Can't locate ${module.replaceAll('::', '/')}.pm in @INC (you may need to install the ${module} module) (@INC contains: /etc/perl /usr/local/lib/x86_64-linux-gnu/perl/5.34.0 /usr/local/share/perl/5.34.0).\nBEGIN failed--compilation aborted.\n`);
    return 2;
  }
  try {
    for (const text of new Parser(code, modules.has('bignum')).program()) await p.out(text + newline);
    return 0;
  } catch (error) {
    if (!(error instanceof PerlError)) throw error;
    await p.err(error.message);
    return 255;
  }
};

class PerlError extends Error {}

type Value = string | number;

class Parser {
  readonly #tokens: string[];
  readonly #big: boolean;
  #at = 0;

  constructor(code: string, big: boolean) {
    this.#tokens = code.match(/\s*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\d+(?:\.\d+)?|[A-Za-z_]\w*|\*\*|.)/gs)?.map((t) => t.trim()).filter((t) => t !== '') ?? [];
    this.#big = big;
  }

  program(): string[] {
    const out: string[] = [];
    while (this.#at < this.#tokens.length) {
      if (this.#take(';')) continue;
      if (!this.#take('print') && !this.#take('say')) this.#fail();
      let text = String(this.#expression(0));
      while (this.#take(',')) text += String(this.#expression(0));
      out.push(text);
      if (this.#at < this.#tokens.length && !this.#take(';')) this.#fail();
    }
    return out;
  }

  #expression(level: number): Value {
    if (level === LEVELS.length) return this.#primary();
    let left = this.#expression(level + 1);
    for (let op = this.#tokens[this.#at]; op !== undefined && LEVELS[level]!.includes(op); op = this.#tokens[this.#at]) {
      this.#at++;
      left = apply(op, left, this.#expression(op === '**' ? level : level + 1));
    }
    return left;
  }

  #primary(): Value {
    const token = this.#tokens[this.#at++];
    if (token === undefined) return this.#fail();
    if (/^\d/.test(token)) return Number(token);
    if (/^['"]./s.test(token)) return token[0] === "'" ? token.slice(1, -1).replace(/\\([\\'])/g, '$1') : token.slice(1, -1).replace(/\\(.)/gs, (_, c: string) => ({ n: '\n', t: '\t' })[c] ?? c);
    if (token === '-') return -Number(this.#primary());
    if (token === '(') {
      const value = this.#expression(0);
      return this.#take(')') ? value : this.#fail();
    }
    if ((token === 'bpi' || token === 'PI') && this.#big) {
      let digits = 40;
      if (token === 'bpi' && this.#take('(')) {
        digits = Number(this.#expression(0));
        if (!this.#take(')')) this.#fail();
      }
      if (!(digits >= 1 && digits <= 20_000)) throw new PerlError('Out of memory!\n');
      return pi(Math.trunc(digits));
    }
    this.#at--;
    return this.#fail();
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #fail(): never {
    const rest = this.#tokens.slice(this.#at).join(' ');
    throw new PerlError(rest === '' ? 'syntax error at -e line 1, at EOF\nExecution of -e aborted due to compilation errors.\n' : `syntax error at -e line 1, near "${rest}"\nExecution of -e aborted due to compilation errors.\n`);
  }
}

const LEVELS = [['+', '-', '.'], ['*', '/', '%', 'x'], ['**']];

function apply(op: string, a: Value, b: Value): Value {
  switch (op) {
    case '.': return `${a}${b}`;
    case 'x': return String(a).repeat(Math.max(0, Math.min(100_000, Math.trunc(Number(b)))));
    case '+': return Number(a) + Number(b);
    case '-': return Number(a) - Number(b);
    case '*': return Number(a) * Number(b);
    case '**': return Number(a) ** Number(b);
    default:
      if (Number(b) === 0) throw new PerlError(`Illegal ${op === '/' ? 'division by zero' : 'modulus zero'} at -e line 1.\n`);
      return op === '/' ? Number(a) / Number(b) : ((Number(a) % Number(b)) + Number(b)) % Number(b);
  }
}
