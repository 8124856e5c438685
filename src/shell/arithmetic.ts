/** Arithmetic evaluation (bash's expr.c): 64-bit integers, C operators, variables by name. */

export interface ArithmeticScope {
  get(name: string, index?: string): string | undefined;
  set(name: string, value: string, index?: string): void;
}

/** `text` is what bash prints after the expression: "syntax error: operand expected (error token is …)". */
export class ArithmeticError extends Error {}

export function evaluate(text: string, scope: ArithmeticScope, depth = 0): bigint {
  if (depth > 100) throw new ArithmeticError(`${text}: expression recursion level exceeded (error token is "${text}")`);
  return new Evaluator(text, scope, depth).all();
}

const BINARY: string[][] = [['||'], ['&&'], ['|'], ['^'], ['&'], ['==', '!='], ['<=', '>=', '<', '>'], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];
const ASSIGN = /^(?:<<|>>|[-+*/%&|^])?=(?!=)/;

class Evaluator {
  readonly #text: string;
  readonly #scope: ArithmeticScope;
  readonly #depth: number;
  #i = 0;
  #skip = 0;
  constructor(text: string, scope: ArithmeticScope, depth: number) {
    this.#text = text;
    this.#scope = scope;
    this.#depth = depth;
  }

  all(): bigint {
    this.#space();
    if (this.#i >= this.#text.length) return 0n;
    const value = this.#comma();
    this.#space();
    if (this.#i < this.#text.length) this.#fail('syntax error in expression');
    return BigInt.asIntN(64, value);
  }

  #fail(why: string, from = this.#i): never {
    throw new ArithmeticError(`${this.#text.trim()}: ${why} (error token is "${this.#text.slice(from).replace(/^\s+/, '')}")`);
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#i] ?? '')) this.#i++;
  }

  #take(token: string): boolean {
    this.#space();
    if (!this.#text.startsWith(token, this.#i)) return false;
    this.#i += token.length;
    return true;
  }

  #comma(): bigint {
    let value = this.#assignment();
    while (this.#take(',')) value = this.#assignment();
    return value;
  }

  #assignment(): bigint {
    this.#space();
    const start = this.#i;
    const target = this.#variable();
    if (target) {
      this.#space();
      const operator = ASSIGN.exec(this.#text.slice(this.#i))?.[0];
      if (operator) {
        this.#i += operator.length;
        const right = this.#assignment();
        const value = operator === '=' ? right : this.#apply(operator.slice(0, -1), this.#read(target), right, this.#i);
        this.#write(target, value);
        return value;
      }
    }
    this.#i = start;
    return this.#ternary();
  }

  #ternary(): bigint {
    const test = this.#binary(0);
    if (!this.#take('?')) return test;
    const yes = this.#guarded(test === 0n, () => this.#comma());
    if (!this.#take(':')) this.#fail("`:' expected for conditional expression");
    const no = this.#guarded(test !== 0n, () => this.#assignment());
    return test !== 0n ? yes : no;
  }

  #guarded(skip: boolean, run: () => bigint): bigint {
    if (skip) this.#skip++;
    try {
      return run();
    } finally {
      if (skip) this.#skip--;
    }
  }

  #binary(level: number): bigint {
    if (level === BINARY.length) return this.#power();
    let left = this.#binary(level + 1);
    for (;;) {
      this.#space();
      const at = this.#text.slice(this.#i);
      const operator = BINARY[level]!.find((o) => at.startsWith(o));
      if (!operator) return left;
      const after = at.slice(operator.length);
      if (after.startsWith('=') && !['<=', '>=', '==', '!=', '||', '&&'].includes(operator)) return left;
      if (operator.length === 1 && '&|<>'.includes(operator) && after.startsWith(operator)) return left;
      if (operator === '*' && after.startsWith('*')) return left;
      this.#i += operator.length;
      const from = this.#i;
      if (operator === '&&') {
        const right = this.#guarded(left === 0n, () => this.#binary(level + 1));
        left = left !== 0n && right !== 0n ? 1n : 0n;
      } else if (operator === '||') {
        const right = this.#guarded(left !== 0n, () => this.#binary(level + 1));
        left = left !== 0n || right !== 0n ? 1n : 0n;
      } else left = this.#apply(operator, left, this.#binary(level + 1), from);
    }
  }

  #apply(operator: string, a: bigint, b: bigint, from: number): bigint {
    const bool = (x: boolean) => (x ? 1n : 0n);
    switch (operator) {
      case '+': return BigInt.asIntN(64, a + b);
      case '-': return BigInt.asIntN(64, a - b);
      case '*': return BigInt.asIntN(64, a * b);
      case '/':
      case '%':
        if (b === 0n) {
          if (this.#skip) return 0n;
          this.#fail('division by 0', from);
        }
        return operator === '/' ? a / b : a % b;
      case '<<': return BigInt.asIntN(64, a << (b & 63n));
      case '>>': return a >> (b & 63n);
      case '<': return bool(a < b);
      case '>': return bool(a > b);
      case '<=': return bool(a <= b);
      case '>=': return bool(a >= b);
      case '==': return bool(a === b);
      case '!=': return bool(a !== b);
      case '&': return a & b;
      case '|': return a | b;
      case '^': return a ^ b;
      default: return this.#fail('syntax error in expression');
    }
  }

  #power(): bigint {
    const base = this.#unary();
    if (!this.#take('**')) return base;
    const from = this.#i;
    const exponent = this.#power();
    if (exponent < 0n) this.#fail('exponent less than 0', from);
    return BigInt.asIntN(64, base ** exponent);
  }

  #unary(): bigint {
    this.#space();
    const at = this.#text.slice(this.#i);
    if (at.startsWith('++') || at.startsWith('--')) {
      const start = this.#i;
      this.#i += 2;
      this.#space();
      const target = this.#variable();
      if (target) {
        const value = this.#read(target) + (at[0] === '+' ? 1n : -1n);
        this.#write(target, value);
        return value;
      }
      this.#i = start;
    }
    const c = at[0];
    if (c === '!' || c === '~' || c === '-' || c === '+') {
      this.#i++;
      const value = this.#unary();
      return c === '!' ? (value === 0n ? 1n : 0n) : c === '~' ? ~value : c === '-' ? BigInt.asIntN(64, -value) : value;
    }
    return this.#primary();
  }

  #primary(): bigint {
    this.#space();
    if (this.#take('(')) {
      const value = this.#comma();
      if (!this.#take(')')) this.#fail("missing `)'");
      return value;
    }
    const number = /^(?:0[xX][0-9a-fA-F]+|\d+#[0-9a-zA-Z@_]+|\d[0-9a-zA-Z_]*)/.exec(this.#text.slice(this.#i))?.[0];
    if (number) {
      const start = this.#i;
      this.#i += number.length;
      return this.#number(number, start);
    }
    const start = this.#i;
    const target = this.#variable();
    if (!target) this.#fail('syntax error: operand expected', start);
    const value = this.#read(target);
    this.#space();
    const post = this.#text.slice(this.#i, this.#i + 2);
    if (post === '++' || post === '--') {
      this.#i += 2;
      this.#write(target, value + (post === '++' ? 1n : -1n));
    }
    return value;
  }

  #number(text: string, start: number): bigint {
    if (/^0[xX]/.test(text)) return BigInt.asIntN(64, BigInt(text));
    const based = /^(\d+)#(.+)$/.exec(text);
    const base = based ? Number(based[1]) : text.length > 1 && text.startsWith('0') ? 8 : 10;
    if (base < 2 || base > 64) this.#fail('invalid arithmetic base', start);
    let value = 0n;
    for (const c of based ? based[2]! : text) {
      const digit = base <= 36 ? '0123456789abcdefghijklmnopqrstuvwxyz'.indexOf(c.toLowerCase()) : '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_'.indexOf(c);
      if (digit < 0 || digit >= base) this.#fail('value too great for base', start);
      value = value * BigInt(base) + BigInt(digit);
    }
    return BigInt.asIntN(64, value);
  }

  #variable(): { name: string; index: string | undefined } | undefined {
    const name = /^[A-Za-z_]\w*/.exec(this.#text.slice(this.#i))?.[0];
    if (!name) return undefined;
    this.#i += name.length;
    if (this.#text[this.#i] !== '[') return { name, index: undefined };
    let depth = 0, k = this.#i;
    for (; k < this.#text.length; k++) {
      if (this.#text[k] === '[') depth++;
      else if (this.#text[k] === ']' && --depth === 0) break;
    }
    const index = this.#text.slice(this.#i + 1, k);
    this.#i = k + 1;
    return { name, index };
  }

  #read({ name, index }: { name: string; index: string | undefined }): bigint {
    if (this.#skip) return 0n;
    const text = this.#scope.get(name, index);
    if (text === undefined || text.trim() === '') return 0n;
    if (/^-?\d{1,15}$/.test(text) && !/^-?0\d/.test(text)) return BigInt(text);
    return evaluate(text, this.#scope, this.#depth + 1);
  }

  #write({ name, index }: { name: string; index: string | undefined }, value: bigint): void {
    if (!this.#skip) this.#scope.set(name, String(BigInt.asIntN(64, value)), index);
  }
}
