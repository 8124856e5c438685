import { blank, blankOrEnd, type Reader } from './reader.ts';

/** `|` or `>`. `parent`: the indentation of the block it is in. */
export function blockScalar(r: Reader, literal: boolean, parent: number): string {
  const start = r.line;
  r.at++;
  let chomp = '', increment = 0;
  for (let c = r.text[r.at]; c !== undefined && /[-+1-9]/.test(c); c = r.text[++r.at]) {
    if (c === '-' || c === '+') chomp = c;
    else increment = Number(c);
  }
  if (r.text[r.at] === '0') throw r.error('found an indentation indicator equal to 0', start);
  let c = r.text[r.at];
  while (c === ' ' || c === '\t') c = r.text[++r.at];
  if (c === '#') while (c !== undefined && c !== '\n' && c !== '\r') c = r.text[++r.at];
  if (c !== undefined && c !== '\n' && c !== '\r') throw r.error('did not find expected comment or line break', start);
  if (c !== undefined) r.newLine();
  let indent = increment > 0 ? (parent >= 0 ? parent + increment : increment) : 0;
  let text = '', leading = '', trailing = '', wasBlank = false;
  const breaks = (): void => {
    let deepest = 0;
    for (;;) {
      while ((indent === 0 || r.column < indent) && r.text[r.at] === ' ') r.at++;
      deepest = Math.max(deepest, r.column);
      if ((indent === 0 || r.column < indent) && r.text[r.at] === '\t') throw r.error('found a tab character where an indentation space is expected', start);
      if (r.text[r.at] !== '\n' && r.text[r.at] !== '\r') break;
      trailing += '\n';
      r.newLine();
    }
    if (indent === 0) indent = Math.max(deepest, parent + 1, 1);
  };
  breaks();
  while (r.column === indent && r.text[r.at] !== undefined) {
    const isBlank = blank(r.text[r.at]);
    if (!literal && leading.startsWith('\n') && !wasBlank && !isBlank) {
      if (trailing === '') text += ' ';
    } else text += leading;
    text += trailing;
    leading = trailing = '';
    wasBlank = isBlank;
    const from = r.at;
    while (r.text[r.at] !== undefined && r.text[r.at] !== '\n' && r.text[r.at] !== '\r') r.at++;
    text += r.text.slice(from, r.at);
    if (r.text[r.at] === undefined) break;
    leading = '\n';
    r.newLine();
    breaks();
  }
  if (chomp !== '-') text += leading;
  if (chomp === '+') text += trailing;
  return text;
}

export function quoted(r: Reader, single: boolean): string {
  const start = r.line;
  r.at++;
  let text = '';
  for (;;) {
    if (r.column === 0 && /^(---|\.\.\.)(\s|$)/.test(r.text.slice(r.at, r.at + 4))) throw r.error('found unexpected document indicator', start);
    if (r.text[r.at] === undefined) throw r.error('found unexpected end of stream', start);
    let escapedBreak = false;
    for (let c = r.text[r.at]; !blankOrEnd(c); c = r.text[r.at]) {
      if (single && c === "'" && r.text[r.at + 1] === "'") {
        text += "'";
        r.at += 2;
      } else if (c === (single ? "'" : '"')) break;
      else if (!single && c === '\\') {
        const e = r.text[r.at + 1];
        if (e === '\n' || e === '\r') {
          r.at++;
          r.newLine();
          escapedBreak = true;
          break;
        }
        text += escape(r, e, start);
      } else {
        text += c;
        r.at++;
      }
    }
    if (r.text[r.at] === (single ? "'" : '"')) break;
    let spaces = '', first = '', more = '', broken = escapedBreak;
    for (let c = r.text[r.at]; c !== undefined && blankOrEnd(c); c = r.text[r.at]) {
      if (c === ' ' || c === '\t') {
        if (!broken) spaces += c;
        r.at++;
      } else {
        if (!broken) {
          spaces = '';
          first = '\n';
          broken = true;
        } else more += '\n';
        r.newLine();
      }
    }
    if (first === '\n') text += more === '' ? ' ' : more;
    else if (escapedBreak) text += more;
    else text += spaces;
  }
  r.at++;
  return text;
}

function escape(r: Reader, e: string | undefined, start: number): string {
  const digits = e === 'x' ? 2 : e === 'u' ? 4 : e === 'U' ? 8 : 0;
  if (digits === 0) {
    const to = e === undefined ? undefined : ESCAPES[e];
    if (to === undefined) throw r.error('found unknown escape character', start);
    r.at += 2;
    return to;
  }
  const hex = r.text.slice(r.at + 2, r.at + 2 + digits);
  if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) throw r.error('did not find expected hexdecimal number', start);
  r.at += 2 + digits;
  return String.fromCodePoint(parseInt(hex, 16));
}

/** Without quotes: over several lines as long as these are indented as far. `broken`: it ended with a line. */
export function plain(r: Reader, flow: number, indent: number): { text: string; broken: boolean } {
  const start = r.line;
  let text = '', spaces = '', more = '', leadingBlanks = false;
  for (;;) {
    if (r.column === 0 && /^(---|\.\.\.)(\s|$)/.test(r.text.slice(r.at, r.at + 4))) break;
    if (r.text[r.at] === '#') break;
    for (let c = r.text[r.at]; !blankOrEnd(c); c = r.text[r.at]) {
      const next = r.text[r.at + 1];
      if (c === ':' && (blankOrEnd(next) || (flow > 0 && ',[]{}'.includes(next!)))) break;
      if (flow > 0 && (',[]{}'.includes(c!) || (c === '?' && (next === ',' || blankOrEnd(next) || next === '[' || next === ']' || next === '{' || next === '}')))) break;
      if (leadingBlanks || spaces !== '') {
        if (leadingBlanks) {
          text += more === '' ? ' ' : more;
          more = '';
          leadingBlanks = false;
        } else text += spaces;
        spaces = '';
      }
      text += c;
      r.at++;
    }
    const c = r.text[r.at];
    if (!(c !== undefined && blankOrEnd(c))) break;
    for (let b = r.text[r.at]; b !== undefined && blankOrEnd(b); b = r.text[r.at]) {
      if (b === ' ' || b === '\t') {
        if (leadingBlanks && r.column < indent && b === '\t') throw r.error('found a tab character that violates indentation', start);
        if (!leadingBlanks) spaces += b;
        r.at++;
      } else {
        if (!leadingBlanks) {
          spaces = '';
          leadingBlanks = true;
        } else more += '\n';
        r.newLine();
      }
    }
    if (flow === 0 && r.column < indent) break;
  }
  return { text, broken: leadingBlanks };
}

const ESCAPES: Record<string, string> = { '0': '\0', a: '\x07', b: '\b', t: '\t', '\t': '\t', n: '\n', v: '\v', f: '\f', r: '\r', e: '\x1b', ' ': ' ', '"': '"', "'": "'", '\\': '\\', '/': '/', N: '\x85', _: '\xa0', L: '\u2028', P: '\u2029' };
