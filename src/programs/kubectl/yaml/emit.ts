// YAML as sigs.k8s.io/yaml writes it: keys sorted as go-yaml sorts them, two spaces, lists not indented, its quoting rules.
import { resolve } from './parse.ts';

/** With a trailing newline. */
export function toYaml(value: unknown): string {
  if (value === null || value === undefined) return 'null\n';
  if (typeof value !== 'object') return `${scalar(value, 0, false)}\n`;
  const out: string[] = [];
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]\n';
    sequence(value, 0, out);
  } else {
    if (keys(value).length === 0) return '{}\n';
    mapping(value, 0, out, false);
  }
  return out.join('');
}

function mapping(value: object, indent: number, out: string[], inline: boolean): void {
  const pad = ' '.repeat(indent);
  for (const key of keys(value)) {
    const v = (value as Record<string, unknown>)[key];
    const name = scalar(key, indent + 2, true), complex = key.length > 128 || key.includes('\n');
    out.push(inline ? '' : pad, complex ? `? ${name}\n${pad}` : name, ':');
    inline = false;
    child(v, indent, out, false, indent + (complex ? 0 : name.length) + 2);
  }
}

function sequence(value: unknown[], indent: number, out: string[], inline = false): void {
  const pad = ' '.repeat(indent);
  for (const v of value) {
    out.push(inline ? '' : pad, '-');
    inline = false;
    child(v, indent, out, true, indent + 2);
  }
}

/** `column` is where a scalar begins. */
function child(v: unknown, indent: number, out: string[], inSequence: boolean, column: number): void {
  if (v === null || v === undefined) out.push(' null\n');
  else if (typeof v !== 'object') out.push(' ', scalar(v, indent + 2, false, column), '\n');
  else if (Array.isArray(v)) {
    if (v.length === 0) out.push(' []\n');
    else if (inSequence) {
      out.push(' ');
      sequence(v, indent + 2, out, true);
    } else {
      out.push('\n');
      sequence(v, indent, out);
    }
  } else if (keys(v).length === 0) out.push(' {}\n');
  else if (inSequence) {
    out.push(' ');
    mapping(v, indent + 2, out, true);
  } else {
    out.push('\n');
    mapping(v, indent + 2, out, false);
  }
}

function keys(value: object): string[] {
  const all = Object.keys(value);
  return (all.every((k) => (value as Record<string, unknown>)[k] !== undefined) ? all : all.filter((k) => (value as Record<string, unknown>)[k] !== undefined)).sort(natural);
}

/** go-yaml's keyList: letters before other characters, digits by their number. */
export function natural(a: string, b: string): number {
  if (PLAIN.test(a) && PLAIN.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  const x = [...a], y = [...b];
  let digits = false;
  for (let i = 0; i < x.length && i < y.length; i++) {
    if (x[i] === y[i]) {
      digits = isDigit(x[i]!);
      continue;
    }
    const al = isLetter(x[i]!), bl = isLetter(y[i]!);
    if (al && bl) return x[i]! < y[i]! ? -1 : 1;
    if (al || bl) return digits ? (al ? -1 : 1) : bl ? -1 : 1;
    let an = 0, bn = 0, ai = i, bi = i;
    if (x[i] === '0' || y[i] === '0') {
      for (let j = i - 1; j >= 0 && isDigit(x[j]!); j--) {
        if (x[j] !== '0') {
          an = bn = 1;
          break;
        }
      }
    }
    for (; ai < x.length && isDigit(x[ai]!); ai++) an = an * 10 + Number(x[ai]);
    for (; bi < y.length && isDigit(y[bi]!); bi++) bn = bn * 10 + Number(y[bi]);
    if (an !== bn) return an - bn;
    if (ai !== bi) return ai - bi;
    return x[i]! < y[i]! ? -1 : 1;
  }
  return x.length - y.length;
}
const PLAIN = /^[a-z]+[A-Za-z]*$/;
const isDigit = (c: string) => c >= '0' && c <= '9';
const isLetter = (c: string) => /\p{L}/u.test(c);

const SIMPLE = /^[A-Za-z/][\w./-]*$/;

function scalar(value: unknown, indent: number, key: boolean, column = 0): string {
  if (typeof value === 'number') return number(value);
  if (typeof value !== 'string') return String(value);
  if (SIMPLE.test(value) && value.length < 60 && typeof resolve(value) === 'string') return value;
  if (value.includes('\n') && !key && printable(value)) return literal(value, indent);
  if (typeof resolve(value) !== 'string' || isBase60(value) || isTimestamp(value)) return key ? double(value) : folded(double(value), column, indent, '"');
  if (!printable(value) || value.includes('\n')) return key ? double(value) : folded(double(value), column, indent, '"');
  const text = plainAllowed(value) ? value : single(value);
  return key ? text : folded(text, column, indent, text === value ? '' : "'");
}

/**
 * Long scalars go on in the next line: at the first single space after the 80th column (libyaml's best_width). `quote` says
 * how it is written; the quotes are part of the text.
 */
function folded(text: string, column: number, indent: number, quote: '' | "'" | '"'): string {
  if (column + text.length <= WIDTH || !text.includes(' ')) return text;
  const first = quote === '' ? 0 : 2, last = quote === '' ? text.length : text.length - 2;
  let out = '', spaces = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === ' ' && !spaces && column > WIDTH && i >= first && i < last && (quote === '"' || text[i + 1] !== ' ')) {
      out += `\n${' '.repeat(indent)}${quote === '"' && text[i + 1] === ' ' ? '\\' : ''}`;
      column = indent;
    } else {
      out += c;
      column++;
    }
    spaces = c === ' ';
  }
  return out;
}
const WIDTH = 80;

function number(n: number): string {
  if (Number.isInteger(n) && Math.abs(n) < 1e21) return String(n);
  return String(n).replace(/e([-+])(\d)$/, 'e$10$2');
}

/** libyaml's analysis of whether a block plain scalar may stand. */
function plainAllowed(text: string): boolean {
  if (text === '' || text.startsWith('---') || text.startsWith('...')) return false;
  if (/^[ ]|[ ]$/.test(text)) return false;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return false;
  if (/^[?:-](\s|$)/.test(text)) return false;
  return !/:(\s|$)|\s#/.test(text) && !text.includes('\t');
}

function printable(text: string): boolean {
  for (const c of text) {
    const p = c.codePointAt(0)!;
    if (p === 10 || (p >= 0x20 && p <= 0x7e) || p === 0x85 || (p >= 0xa0 && p <= 0xd7ff) || (p >= 0xe000 && p <= 0xfffd && p !== 0xfeff) || (p >= 0x10000 && p <= 0x10ffff)) continue;
    return false;
  }
  return !text.includes('\u2028') && !text.includes('\u2029');
}

/** Old YAML's sexagesimal numbers, which go-yaml quotes. */
function isBase60(text: string): boolean {
  return /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text);
}
function isTimestamp(text: string): boolean {
  return /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\s*\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?\s*(Z|[-+]\d{1,2}(:?\d{2})?)?)?$/.test(text) && !Number.isNaN(Date.parse(text.replace(/[t ]+/, 'T')));
}

function single(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function double(text: string): string {
  let out = '"';
  for (const c of text) {
    const p = c.codePointAt(0)!;
    if (c === '"' || c === '\\') out += `\\${c}`;
    else if (DOUBLE[c]) out += DOUBLE[c];
    else if (printable(c)) out += c;
    else if (p <= 0xff) out += `\\x${p.toString(16).toUpperCase().padStart(2, '0')}`;
    else if (p <= 0xffff) out += `\\u${p.toString(16).toUpperCase().padStart(4, '0')}`;
    else out += `\\U${p.toString(16).toUpperCase().padStart(8, '0')}`;
  }
  return `${out}"`;
}
const DOUBLE: Record<string, string> = { '\0': '\\0', '\x07': '\\a', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\v': '\\v', '\f': '\\f', '\r': '\\r', '\x1b': '\\e', '\x85': '\\N', '\xa0': '\\_', '\u2028': '\\L', '\u2029': '\\P', '\ufeff': '\\uFEFF' };

function literal(text: string, indent: number): string {
  if (/ \n| $/.test(text)) return double(text);
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  return `|${hint}${chomp}\n${lines.map((l) => (l === '' ? '' : ' '.repeat(indent) + l)).join('\n')}`;
}
