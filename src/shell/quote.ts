const NAMED: Record<string, string> = { a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"', '?': '?' };

/** What is inside $'…' with its escapes replaced. */
export function ansiC(text: string): string {
  return text.replace(/\\(?:([abeEfnrtv\\'"?])|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c([\s\S]))/g, (_all, named, x, u, U, octal, control) => {
    if (named) return NAMED[named]!;
    if (control) return String.fromCharCode(control.charCodeAt(0) & 0x1f);
    return String.fromCodePoint(octal ? parseInt(octal, 8) & 0xff : parseInt(x ?? u ?? U, 16));
  });
}

/** Quoted so that a shell reads it back, as `printf %q` and `set -x` write it. */
export function shellQuote(text: string): string {
  if (text === '') return "''";
  if (/[\x00-\x1f\x7f]/.test(text)) return ansiQuote(text);
  return text.replace(/[^\w@%+=:,./\-\u0080-\uffff]|^[~#]/g, '\\$&');
}

/** Quoted with single quotes when it needs quotes: `set -x`, `alias`, `declare`. */
export function singleQuote(text: string): string {
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(text)) return ansiQuote(text);
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The value in the output of `declare -p`. */
export function doubleQuote(text: string): string {
  if (/[\x00-\x1f\x7f]/.test(text)) return ansiQuote(text);
  return `"${text.replace(/[\\"$`]/g, '\\$&')}"`;
}

/** A word in the trace of `set -x`. */
export function traceQuote(text: string): string {
  if (text === '') return "''";
  if (/[\x00-\x1f\x7f]/.test(text)) return ansiQuote(text);
  return /[^\w@%+=:,./\-{}\u0080-\uffff]/.test(text) || text.startsWith('~') ? singleQuote(text) : text;
}

function ansiQuote(text: string): string {
  const short: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\x1b': '\\E', '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\v': '\\v', '\\': '\\\\', "'": "\\'" };
  return `$'${text.replace(/[\x00-\x1f\x7f\\']/g, (c) => short[c] ?? `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)}'`;
}
