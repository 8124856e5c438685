/** printf(1) as the builtin and the program do it. */
import { ansiC, shellQuote } from './quote.ts';
import { strftime } from './strftime.ts';

export interface Printed {
  text: string;
  /** Messages without the "bash: printf: " before them. */
  errors: string[];
  /** -v's variable is set all the same; the code is 1 when there were errors. */
  code: number;
}

/** `now`: microseconds, for %(…)T. */
export function printf(format: string, args: string[], now = 0): Printed {
  const out: Printed = { text: '', errors: [], code: 0 };
  let i = 0;
  do {
    const before = i;
    const stop = once();
    if (stop || i === before) break;
  } while (i < args.length);
  return out;

  function fail(message: string): void {
    out.errors.push(message);
    out.code = 1;
  }

  function number(text: string | undefined): bigint {
    if (text === undefined || text === '') return 0n;
    if (/^["']/.test(text)) return BigInt(text.codePointAt(1) ?? 0);
    const m = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|\d+)(.*)$/s.exec(text);
    if (!m) {
      fail(`${text}: invalid number`);
      return 0n;
    }
    if (m[3] !== '') fail(`${text}: invalid number`);
    const digits = m[2]!;
    const value = /^0\d/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
    return m[1] === '-' ? -value : value;
  }

  function once(): boolean {
    const re = /%%|%([-+ #0]*)(\*|\d+)?(?:\.(\*|-?\d+)?)?(?:hh|h|ll|l|L|q|j|z|t)?([a-zA-Z])|%([-+ #0]*)(\d+)?(?:\.\d+)?\(([^)]*)\)T|%([\s\S]?)|\\(?:x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|[\s\S])|[^%\\]+|[\s\S]/g;
    for (let m; (m = re.exec(format)); ) {
      const piece = m[0];
      if (piece === '%%') out.text += '%';
      else if (m[7] !== undefined) {
        const when = args[i++];
        const seconds = when === undefined || when === '-1' || when === '-2' ? Math.floor(now / 1e6) : Number(when);
        out.text += pad(strftime(m[7] || '%X', seconds * 1e6), m[5] ?? '', Number(m[6] ?? 0));
      } else if (m[4]) {
        let flags = m[1] ?? '';
        let width = m[2] === '*' ? Number(number(args[i++])) : Number(m[2] ?? 0);
        if (width < 0) {
          flags += '-';
          width = -width;
        }
        const dot = /\.(?:\*|-?\d+)?/.exec(piece.slice(1 + flags.length + (m[2]?.length ?? 0)));
        const precision = m[3] === '*' ? Number(number(args[i++])) : dot ? Number(m[3] ?? 0) : undefined;
        const done = convert(m[4], flags, width, precision, piece);
        if (done) return true;
      } else if (piece.startsWith('%')) {
        fail(m[8] ? `\`${m[8]}': invalid format character` : "`%': missing format character");
        return true;
      } else if (piece.startsWith('\\')) {
        if (piece === '\\c') return true;
        out.text += ansiC(piece);
      } else out.text += piece;
    }
    return false;
  }

  function convert(kind: string, flags: string, width: number, precision: number | undefined, whole: string): boolean {
    switch (kind) {
      case 's': {
        const text = args[i++] ?? '';
        out.text += pad(precision === undefined || precision < 0 ? text : [...text].slice(0, precision).join(''), flags.replace('0', ''), width);
        return false;
      }
      case 'b': {
        const text = args[i++] ?? '';
        const stop = /^(?:[^\\]|\\[^c])*?\\c/s.exec(text);
        const shown = (stop ? stop[0].slice(0, -2) : text).replace(/\\0([0-7]{0,3})/g, (_a, o: string) => String.fromCharCode(parseInt(o || '0', 8)));
        out.text += pad(ansiC(shown), flags, width);
        return stop !== null;
      }
      case 'q':
      case 'Q':
        out.text += pad(shellQuote(args[i++] ?? ''), flags, width);
        return false;
      case 'c':
        out.text += pad([...(args[i++] ?? '')][0] ?? '', flags, width);
        return false;
      case 'd':
      case 'i': {
        const value = BigInt.asIntN(64, number(args[i++]));
        out.text += integer(value < 0n ? -value : value, value < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '', 10, flags, width, precision);
        return false;
      }
      case 'u':
        out.text += integer(BigInt.asUintN(64, number(args[i++])), '', 10, flags, width, precision);
        return false;
      case 'o':
        out.text += integer(BigInt.asUintN(64, number(args[i++])), flags.includes('#') ? '0' : '', 8, flags, width, precision);
        return false;
      case 'x':
      case 'X': {
        const value = BigInt.asUintN(64, number(args[i++]));
        const text = integer(value, flags.includes('#') && value !== 0n ? '0x' : '', 16, flags, width, precision);
        out.text += kind === 'X' ? text.toUpperCase() : text;
        return false;
      }
      case 'f':
      case 'F':
      case 'e':
      case 'E':
      case 'g':
      case 'G': {
        const text = args[i++] ?? '0';
        let value = /^["']/.test(text) ? (text.codePointAt(1) ?? 0) : Number(text === '' ? 0 : text);
        if (Number.isNaN(value)) {
          fail(`${text}: invalid number`);
          value = parseFloat(text) || 0;
        }
        const shown = float(Math.abs(value), kind, precision ?? 6, flags);
        const sign = value < 0 || Object.is(value, -0) ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
        out.text += flags.includes('0') && !flags.includes('-') ? sign + shown.padStart(width - sign.length, '0') : pad(sign + shown, flags, width);
        return false;
      }
      default:
        fail(`\`${kind}': invalid format character`);
        void whole;
        return true;
    }
  }
}

/** A number as %f %e %g print it, without its sign. */
export function float(value: number, kind: string, precision: number, flags = ''): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
  const lower = kind.toLowerCase();
  let text: string;
  if (lower === 'f') text = value.toFixed(Math.min(precision, 100));
  else if (lower === 'e') text = exponent(value.toExponential(Math.min(precision, 100)));
  else {
    const p = precision === 0 ? 1 : precision;
    const e = value === 0 ? 0 : Number(value.toExponential(p - 1).split('e')[1]);
    text = e < -4 || e >= p ? exponent(value.toExponential(p - 1)) : value.toFixed(Math.max(0, p - 1 - e));
    if (!flags.includes('#') && text.includes('.')) text = text.replace(/\.?0+(?=e|$)/, '');
  }
  return kind === kind.toUpperCase() ? text.toUpperCase() : text;
}

function exponent(text: string): string {
  return text.replace(/e([-+])(\d)$/, 'e$10$2');
}

function integer(value: bigint, prefix: string, base: number, flags: string, width: number, precision: number | undefined): string {
  let digits = value.toString(base);
  if (precision !== undefined) digits = precision === 0 && value === 0n ? '' : digits.padStart(precision, '0');
  if (flags.includes('0') && !flags.includes('-') && precision === undefined) digits = digits.padStart(width - prefix.length, '0');
  return pad(prefix + digits, flags, width);
}

function pad(text: string, flags: string, width: number): string {
  const length = [...text].length;
  if (length >= width) return text;
  return flags.includes('-') ? text + ' '.repeat(width - length) : ' '.repeat(width - length) + text;
}
