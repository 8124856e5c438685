/** Where quoted and nested pieces of a word end; and brace expansion, which works on the raw text of a word. */

/** Index of the last character of the construct that begins at `i` ($(…), ${…}, `…`, '…', "…", $'…', <(…)); -1 when it does not end. */
export function closing(text: string, i: number, inDouble = false): number {
  switch (text[i]) {
    case '\\':
      return i + 1 < text.length ? i + 1 : -1;
    case "'":
      return inDouble ? i : text.indexOf("'", i + 1);
    case '"':
      return until(text, i + 1, '"', true);
    case '`': {
      for (let k = i + 1; k < text.length; k++) {
        if (text[k] === '\\') k++;
        else if (text[k] === '`') return k;
      }
      return -1;
    }
    case '<':
    case '>':
      return text[i + 1] === '(' ? parens(text, i + 1) : i;
    case '$':
      if (text[i + 1] === '{') return until(text, i + 2, '}', inDouble);
      if (text[i + 1] === '(') return parens(text, i + 1);
      if (text[i + 1] === "'" && !inDouble) {
        for (let k = i + 2; k < text.length; k++) {
          if (text[k] === '\\') k++;
          else if (text[k] === "'") return k;
        }
        return -1;
      }
      if (text[i + 1] === '"' && !inDouble) return until(text, i + 2, '"', true);
      return i;
    default:
      return i;
  }
}

function until(text: string, from: number, stop: string, inDouble: boolean): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === stop) return i;
    const end = text[i] === '"' && stop === '}' ? until(text, i + 1, '"', true) : closing(text, i, inDouble);
    if (end < 0) return -1;
    i = end;
  }
  return -1;
}

/** The `)` for the `(` at `open`, over nested commands, quotes, comments, here-documents being left aside, and `case` patterns. */
function parens(text: string, open: number): number {
  let depth = 0, cases = 0, wordStart = true;
  for (let i = open; i < text.length; i++) {
    const c = text[i]!;
    if (wordStart && /^(?:case|esac)(?![\w])/.test(text.slice(i, i + 5))) {
      if (text.startsWith('case', i)) cases++;
      else if (cases > 0) cases--;
      i += 3;
      wordStart = false;
      continue;
    }
    if (c === '#' && wordStart && i > open + 1) {
      const end = text.indexOf('\n', i);
      if (end < 0) return -1;
      i = end;
      wordStart = true;
      continue;
    }
    wordStart = /[\s;&|()]/.test(c);
    if (c === '(') depth++;
    else if (c === ')') {
      if (cases > 0 && depth === 1) continue; // ends a pattern
      if (--depth === 0) return i;
    } else if (c === '\\' || c === "'" || c === '"' || c === '`' || c === '$') {
      const end = closing(text, i);
      if (end < 0) return -1;
      i = end;
    }
  }
  return -1;
}

/** {a,b} and {1..5..2}: the words one raw word stands for. */
export function expandBraces(word: string): string[] {
  if (!word.includes('{')) return [word];
  for (let i = 0; i < word.length; i++) {
    const c = word[i]!;
    if (c === '\\' || c === "'" || c === '"' || c === '`' || c === '$') {
      const end = closing(word, i);
      if (end < 0) return [word];
      i = end;
      continue;
    }
    if (c !== '{') continue;
    const found = alternatives(word, i);
    if (!found) continue;
    const before = word.slice(0, i);
    const tails = expandBraces(word.slice(found.end + 1));
    return found.items.flatMap((item) => tails.map((tail) => before + item + tail));
  }
  return [word];
}

function alternatives(word: string, open: number): { items: string[]; end: number } | undefined {
  let depth = 0, from = open + 1;
  const parts: string[] = [];
  for (let i = open; i < word.length; i++) {
    const c = word[i]!;
    if (c === '\\' || c === "'" || c === '"' || c === '`' || c === '$') {
      const end = closing(word, i);
      if (end < 0) return undefined;
      i = end;
    } else if (c === '{') depth++;
    else if (c === ',' && depth === 1) {
      parts.push(word.slice(from, i));
      from = i + 1;
    } else if (c === '}' && --depth === 0) {
      const rest = word.slice(from, i);
      if (parts.length > 0) return { items: [...parts, rest].flatMap(expandBraces), end: i };
      const items = sequence(rest);
      return items && { items, end: i };
    }
  }
  return undefined;
}

function sequence(text: string): string[] | undefined {
  const m = /^(?:(-?\d+)\.\.(-?\d+)|([A-Za-z])\.\.([A-Za-z]))(?:\.\.(-?\d+))?$/.exec(text);
  if (!m) return undefined;
  const letters = m[3] !== undefined;
  const from = letters ? m[3]!.charCodeAt(0) : Number(m[1]), to = letters ? m[4]!.charCodeAt(0) : Number(m[2]);
  const step = Math.abs(Number(m[5] ?? 1)) || 1;
  const width = !letters && (/^-?0\d/.test(m[1]!) || /^-?0\d/.test(m[2]!)) ? Math.max(m[1]!.length, m[2]!.length) : 0;
  const out: string[] = [];
  for (let n = from; from <= to ? n <= to : n >= to; n += from <= to ? step : -step) {
    if (letters) out.push(String.fromCharCode(n));
    else out.push(n < 0 ? `-${String(-n).padStart(width - 1, '0')}` : String(n).padStart(width, '0'));
    if (out.length > 1_000_000) break;
  }
  return out;
}
