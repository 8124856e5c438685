/** awk's values: what is a number, what a string, how they compare and print. */
import { printf } from '../../shell/printf.ts';

/** A value: a number, a string, or text from input that looks like a number (strnum). */
export type Value = number | string | { text: string; n: number };

/** What a name without a value is: '' and 0. */
export const UNSET: Value = { text: '', n: 0 };

export function input(text: string): Value {
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(text) ? { text, n: Number(text) } : text;
}

export function num(v: Value): number {
  if (typeof v === 'number') return v;
  if (typeof v === 'object') return v.n;
  return Number(/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?/.exec(v)?.[0] ?? 0) || 0;
}

export function number(n: number, format = '%.6g'): string {
  return Number.isInteger(n) && Math.abs(n) < 1e16 ? String(n) : printf(format, [String(n)]).text;
}

export function str(v: Value): string {
  return typeof v === 'number' ? number(v) : typeof v === 'object' ? v.text : v;
}

export function truth(v: Value): boolean {
  return typeof v === 'number' ? v !== 0 : typeof v === 'object' ? v.text !== '' && v.n !== 0 : v !== '';
}

export function compare(op: string, a: Value, b: Value): boolean {
  const strings = typeof a === 'string' || typeof b === 'string';
  const [x, y] = strings ? [str(a), str(b)] : [num(a), num(b)];
  switch (op) {
    case '<': return x < y;
    case '<=': return x <= y;
    case '>': return x > y;
    case '>=': return x >= y;
    case '==': return x === y;
    default: return x !== y;
  }
}

export function arithmetic(op: string, a: number, b: number): number {
  switch (op) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    case '/': return a / b;
    case '%': return a % b;
    default: return a ** b;
  }
}

/** printf of awk: missing arguments are empty, numbers are cut to integers where one is wanted. */
export function formatted(format: string, args: string[]): string {
  let i = 0;
  const used = format.match(/%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[a-zA-Z]/g) ?? [];
  const values = used.flatMap((u) => {
    const stars = u.split('*').length - 1;
    const out = args.slice(i, i + stars);
    i += stars;
    const v = args[i++] ?? '';
    const kind = u.at(-1)!;
    return [...out, 'dioxXu'.includes(kind) ? String(Math.trunc(num(input(v) as Value) || num(v))) : kind === 'c' && /^\d+$/.test(v) ? String.fromCharCode(Number(v)) : 'feEgG'.includes(kind) ? String(num(v)) : v];
  });
  return printf(format.replace(/\\/g, '\\\\'), values).text;
}
