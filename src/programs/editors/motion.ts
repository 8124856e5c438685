import type { Buffer } from './buffer.ts';

/** What an operator of vi works on. */
export interface Range {
  from: [number, number];
  to: [number, number];
  linewise: boolean;
}

/** f, F, t, T: to the count-th such character of the line, if there are so many. */
export function findChar(b: Buffer, how: string, c: string, count: number, backwards: boolean): void {
  const forward = (how === 'f' || how === 't') !== backwards;
  let at = b.col;
  for (let i = 0; i < count; i++) {
    const found = forward ? b.line.indexOf(c, at + 1) : b.line.lastIndexOf(c, at - 1);
    if (found < 0 || (!forward && at === 0)) return;
    at = found;
  }
  b.col = how.toLowerCase() === 't' ? at + (forward ? -1 : 1) : at;
}

/** w, b, e and their big ones. */
export function moveWord(b: Buffer, move: string): void {
  const big = move === move.toUpperCase();
  const kind = (c: string | undefined) => (c === undefined || /\s/.test(c) ? 0 : big || /[\p{L}\p{N}_]/u.test(c) ? 1 : 2);
  const at = () => kind(b.line[b.col]);
  const forward = () => {
    if (b.col < b.line.length - 1) b.col++;
    else if (b.row < b.lines.length - 1) {
      b.row++;
      b.col = 0;
    } else return false;
    return true;
  };
  const back = () => {
    if (b.col > 0) b.col--;
    else if (b.row > 0) {
      b.row--;
      b.col = Math.max(0, b.line.length - 1);
    } else return false;
    return true;
  };
  if (move.toLowerCase() === 'w') {
    const start = at(), row = b.row;
    while (at() === start && start !== 0 && b.row === row) if (!forward()) return void (b.col = b.line.length);
    while (at() === 0) {
      if (b.line === '' && b.row !== row) return;
      if (!forward()) return void (b.col = b.line.length);
    }
  } else if (move.toLowerCase() === 'e') {
    forward();
    while (at() === 0) if (!forward()) return;
    const k = at();
    while (b.col < b.line.length - 1 && kind(b.line[b.col + 1]) === k) b.col++;
  } else {
    back();
    while (at() === 0) if (!back()) return;
    const k = at();
    while (b.col > 0 && kind(b.line[b.col - 1]) === k) b.col--;
  }
}

/** %: to the bracket that belongs to the next one. */
export function moveToMatch(b: Buffer): void {
  const open = '([{', close = ')]}', at = b.line.slice(b.col).search(/[([{)\]}]/);
  if (at < 0) return;
  const c = b.line[b.col + at]!, forward = open.includes(c), other = forward ? close[open.indexOf(c)]! : open[close.indexOf(c)]!;
  let depth = 0;
  for (let r = b.row, k = b.col + at; r >= 0 && r < b.lines.length; r += forward ? 1 : -1, k = forward ? 0 : (b.lines[r]?.length ?? 1) - 1) {
    for (; k >= 0 && k < b.lines[r]!.length; k += forward ? 1 : -1) {
      if (b.lines[r]![k] === c) depth++;
      else if (b.lines[r]![k] === other && --depth === 0) {
        [b.row, b.col] = [r, k];
        return;
      }
    }
  }
}

/** iw, a", i( …; undefined when there is none around the cursor. */
export function textObject(b: Buffer, motion: string): Range | undefined {
  const inner = motion[0] === 'i', what = motion[1]!;
  if (what === 'w') {
    const kind = (c: string | undefined) => (c === undefined ? -1 : /\s/.test(c) ? 0 : /\w/.test(c) ? 1 : 2);
    let from = b.col, to = b.col;
    const k = kind(b.line[b.col]);
    while (from > 0 && kind(b.line[from - 1]) === k) from--;
    while (to < b.line.length && kind(b.line[to]) === k) to++;
    if (!inner) while (/\s/.test(b.line[to] ?? '')) to++;
    return { from: [b.row, from], to: [b.row, to], linewise: false };
  }
  const pairs: Record<string, [string, string]> = { '"': ['"', '"'], "'": ["'", "'"], '(': ['(', ')'], ')': ['(', ')'], b: ['(', ')'], '{': ['{', '}'], '}': ['{', '}'], '[': ['[', ']'], ']': ['[', ']'] };
  const pair = pairs[what];
  if (!pair) return undefined;
  let from = b.line.lastIndexOf(pair[0], b.col);
  if (from < 0) from = b.line.indexOf(pair[0], b.col);
  const to = b.line.indexOf(pair[1], Math.max(from + 1, b.col));
  if (from < 0 || to < 0) return undefined;
  return { from: [b.row, inner ? from + 1 : from], to: [b.row, inner ? to : to + 1], linewise: false };
}
