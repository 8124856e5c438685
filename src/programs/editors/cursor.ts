import type { Buffer } from './buffer.ts';
import { findChar, moveToMatch, moveWord } from './motion.ts';

/** Keys of a keyboard that are motions. */
export const MOVES: Record<string, string> = { '\x1b[A': 'k', '\x1b[B': 'j', '\x1b[C': 'l', '\x1b[D': 'h', '\x1bOA': 'k', '\x1bOB': 'j', '\x1bOC': 'l', '\x1bOD': 'h', '\x1b[H': '0', '\x1b[F': '$', '\x1b[5~': '\x02', '\x1b[6~': '\x06' };

/** vi's motions: where the cursor goes, the last search and the last f, F, t or T. */
export class Cursor {
  search: { regex: RegExp; forward: boolean } | undefined;
  /** The first row on the screen. */
  top = 0;
  /** The column that j and k come back to; -1: that of the cursor. */
  want = -1;
  readonly #b: Buffer;
  readonly #rows: () => number;
  readonly #say: (message: string) => void;
  #find: { c: string; how: string } | undefined;

  constructor(buffer: Buffer, rows: () => number, say: (message: string) => void) {
    this.#b = buffer;
    this.#rows = rows;
    this.#say = say;
  }

  /** Moves the cursor if `key` is a motion. */
  motion(key: string, count: number, given: boolean): boolean {
    const b = this.#b;
    const move = MOVES[key] ?? key;
    if ((move === 'G' || move === 'gg') && given) {
      b.row = Math.min(b.lines.length, count) - 1;
      b.col = /^\s*/.exec(b.line)![0].length;
      return true;
    }
    return this.move(move, count);
  }

  move(move: string, count: number): boolean {
    const b = this.#b, page = this.#rows() - 3;
    const vertical = (by: number) => {
      if (this.want < 0) this.want = b.col;
      b.row = Math.max(0, Math.min(b.lines.length - 1, b.row + by));
      b.col = Math.min(this.want, Math.max(0, b.line.length - 1));
      return true;
    };
    if (move === 'j' || move === '\r' || move === '+') return vertical(count);
    if (move === 'k' || move === '-') return vertical(-count);
    if (move === '\x06') return vertical(page);
    if (move === '\x02') return vertical(-page);
    if (move === '\x04') return vertical(Math.floor(page / 2));
    if (move === '\x15') return vertical(-Math.floor(page / 2));
    this.want = -1;
    switch (move) {
      case 'h':
      case '\x7f': b.col = Math.max(0, b.col - count); return true;
      case 'l':
      case ' ': b.col = Math.min(b.line.length, b.col + count); return true;
      case '0': b.col = 0; return true;
      case '^':
      case '_': b.col = /^\s*/.exec(b.line)![0].length; return true;
      case '$': b.row = Math.min(b.lines.length - 1, b.row + count - 1); b.col = b.line.length; this.want = 1e9; return true;
      case 'G': b.row = b.lines.length - 1; b.col = 0; return true;
      case 'gg': b.row = 0; b.col = 0; return true;
      case 'H': b.row = this.top; return true;
      case 'L': b.row = Math.min(b.lines.length - 1, this.top + this.#rows() - 2); return true;
      case 'M': b.row = Math.min(b.lines.length - 1, this.top + Math.floor((this.#rows() - 2) / 2)); return true;
      case 'w':
      case 'W':
      case 'b':
      case 'B':
      case 'e':
      case 'E': for (let i = 0; i < count; i++) moveWord(b, move); return true;
      case '{':
      case '}': {
        const step = move === '}' ? 1 : -1;
        for (let i = 0; i < count; i++) do b.row += step;
        while (b.row > 0 && b.row < b.lines.length - 1 && b.line !== '');
        b.row = Math.max(0, Math.min(b.lines.length - 1, b.row));
        b.col = 0;
        return true;
      }
      case 'n':
      case 'N':
        if (!this.search) this.#say('E35: No previous regular expression');
        else for (let i = 0; i < count; i++) this.next(this.search.forward === (move === 'n'));
        return true;
      case '*': {
        const word = /\w+/.exec(b.line.slice(/\w*$/.exec(b.line.slice(0, b.col))!.index))?.[0];
        if (word) {
          this.search = { regex: new RegExp(`\\b${word}\\b`, 'gu'), forward: true };
          this.next(true);
        }
        return true;
      }
      case '%': moveToMatch(b); return true;
      case ';':
      case ',': if (this.#find) findChar(b, this.#find.how, this.#find.c, count, move === ','); return true;
    }
    if (/^[fFtT][\s\S]/u.test(move)) {
      this.#find = { how: move[0]!, c: move.slice(1) };
      findChar(b, move[0]!, move.slice(1), count, false);
      return true;
    }
    return false;
  }

  /** To the next place that the last search finds. */
  next(forward: boolean): void {
    const b = this.#b, n = b.lines.length, { regex } = this.search!;
    for (let i = 0; i <= n; i++) {
      const r = (((b.row + (forward ? i : -i)) % n) + n) % n;
      const hits = [...b.lines[r]!.matchAll(regex)].map((m) => m.index);
      const hit = forward ? hits.find((c) => i > 0 || c > b.col) : hits.findLast((c) => i > 0 || c < b.col);
      if (hit === undefined) continue;
      if (forward ? r < b.row || (r === b.row && hit <= b.col) : r > b.row) this.#say(forward ? 'search hit BOTTOM, continuing at TOP' : 'search hit TOP, continuing at BOTTOM');
      [b.row, b.col] = [r, hit];
      return;
    }
    this.#say(`E486: Pattern not found: ${regex.source}`);
  }
}
