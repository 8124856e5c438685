/** vi (vim.tiny): normal, insert, visual-line, replace and command-line modes; operators d c y > < with motions, counts, search, :s. */
import { FileError } from '../../linux/files.ts';
import type { Program } from '../../linux/process.ts';
import type { Tty } from '../../linux/tty.ts';
import { fullScreen } from '../coreutils/full-screen.ts';
import { Buffer, layout } from './buffer.ts';
import { Cursor, MOVES } from './cursor.ts';
import { type Ex, runEx } from './ex.ts';
import { textObject, type Range } from './motion.ts';
import { vimRegex } from './substitute.ts';

export const main: Program = async (process) => {
  const files = process.args.filter((a) => !/^[-+]/.test(a));
  const at = process.args.find((a) => a.startsWith('+'))?.slice(1);
  const { tty } = process;
  if (!tty || !process.stdout.isTTY) {
    await process.err('Vim: Warning: Output is not to a terminal\n');
    if (!tty) return 1;
  }
  let buffer: Buffer, message = '';
  try {
    buffer = new Buffer(process, files[0]);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    buffer = new Buffer(process, undefined);
    message = error.errno === 'EISDIR' ? `"${files[0]}" is a directory` : `"${files[0]}" [Permission Denied]`;
  }
  const vi = new Vi(buffer, tty);
  const bytes = new TextEncoder().encode(buffer.lines.join('\n')).length + 1;
  vi.message = message || (files[0] === undefined ? '' : buffer.isNew ? `"${files[0]}" [New]` : `"${files[0]}" ${buffer.readOnly ? '[readonly] ' : ''}${buffer.lines.length}L, ${bytes}B`);
  if (at !== undefined) buffer.row = at === '' ? buffer.lines.length - 1 : Math.min(buffer.lines.length, Number(at) || 1) - 1;
  await fullScreen(process, async () => {
    while (vi.exit === undefined) {
      vi.draw();
      const data = await tty.read(process);
      if (data === null) return;
      for (const key of data.match(/\x1b\[[0-9;]*[~A-Za-z]|\x1bO[A-Z]|[\s\S]/gu) ?? []) {
        if (vi.exit !== undefined) break;
        vi.key(key);
      }
    }
  });
  return vi.exit ?? 0;
};

class Vi implements Ex {
  message = '';
  exit: number | undefined;
  anchor = 0;
  number = false;
  readonly buffer: Buffer;
  readonly #cursor: Cursor;
  readonly #tty: Tty;
  #mode: 'normal' | 'insert' | 'replace' | 'command' | 'visual' = 'normal';
  #pending = '';
  #command = '';
  #register: { text: string; linewise: boolean } = { text: '', linewise: true };
  #repeat: string[] = [];
  #record: string[] = [];
  #replaying = false;

  constructor(buffer: Buffer, tty: Tty) {
    this.buffer = buffer;
    this.#tty = tty;
    this.#cursor = new Cursor(buffer, () => tty.rows, (message) => (this.message = message));
  }

  get search(): { regex: RegExp } | undefined {
    return this.#cursor.search;
  }


  draw(): void {
    const b = this.buffer, { rows, cols } = this.#tty, height = rows - 1, gutter = this.number ? 4 : 0;
    if (b.row < this.#cursor.top) this.#cursor.top = b.row;
    const tall = (r: number) => Math.max(1, Math.ceil(layout(b.lines[r] ?? '').columns.at(-1)! / (cols - gutter)));
    for (let used = 0, r = b.row; r >= this.#cursor.top; r--) {
      used += tall(r);
      if (used > height) {
        this.#cursor.top = r + 1;
        break;
      }
    }
    const screen: string[] = [];
    let cursor: [number, number] = [0, 0];
    for (let r = this.#cursor.top; screen.length < height; r++) {
      if (r >= b.lines.length) {
        screen.push('~');
        continue;
      }
      const { text, columns } = layout(b.lines[r]!), w = cols - gutter;
      if (r === b.row) {
        const c = columns[Math.min(b.col, columns.length - 1)]!;
        cursor = [screen.length + Math.floor(c / w), (c % w) + gutter];
      }
      const selected = this.#mode === 'visual' && r >= Math.min(this.anchor, b.row) && r <= Math.max(this.anchor, b.row);
      const pieces = text === '' ? [''] : (text.match(new RegExp(`.{1,${w}}`, 'gsu')) ?? ['']);
      for (const [i, piece] of pieces.entries()) if (screen.length < height) screen.push(`${gutter ? (i === 0 ? `${String(r + 1).padStart(3)} ` : '    ') : ''}${selected ? `\x1b[7m${piece || ' '}\x1b[27m` : piece}`);
    }
    const status = this.#mode === 'command' ? this.#command : this.#mode === 'insert' ? '\x1b[1m-- INSERT --\x1b[22m' : this.#mode === 'replace' ? '\x1b[1m-- REPLACE --\x1b[22m' : this.#mode === 'visual' ? '\x1b[1m-- VISUAL LINE --\x1b[22m' : this.message;
    const place = `${b.row + 1},${b.line === '' ? '0-1' : b.col + 1}`;
    const ruler = this.#mode === 'command' || cols < 40 ? '' : `\x1b[${rows};${cols - 17}H${place.padEnd(14)}${b.lines.length <= height ? 'All' : this.#cursor.top === 0 ? 'Top' : this.#cursor.top + height >= b.lines.length ? 'Bot' : `${Math.floor((this.#cursor.top / (b.lines.length - height)) * 100)}%`}`;
    this.#tty.write(`\x1b[?25l\x1b[H${screen.map((l) => `${l}\x1b[K`).join('\r\n')}\x1b[${rows};1H\x1b[K${status}${ruler}${this.#mode === 'command' ? `\x1b[${rows};${this.#command.length + 1}H` : `\x1b[${cursor[0] + 1};${cursor[1] + 1}H`}\x1b[?25h`);
  }

  key(key: string): void {
    if (!this.#replaying) this.#record.push(key);
    if (this.#mode === 'command') return this.#commandKey(key);
    if (this.#mode === 'insert' || this.#mode === 'replace') return this.#insertKey(key);
    this.message = '';
    this.#normal(key);
    if (this.#mode === 'normal' || this.#mode === 'visual') this.#clamp();
  }

  #clamp(): void {
    const b = this.buffer;
    b.row = Math.max(0, Math.min(b.lines.length - 1, b.row));
    b.col = Math.max(0, Math.min(Math.max(0, b.line.length - 1), b.col));
  }

  #insertKey(key: string): void {
    const b = this.buffer;
    if (key === '\x1b' || key === '\x03') {
      this.#mode = 'normal';
      b.col = Math.max(0, b.col - 1);
      if (!this.#replaying) this.#repeat = [...this.#record];
      return this.#clamp();
    }
    const move = MOVES[key];
    if (move) {
      this.#cursor.move(move, 1);
      b.col = Math.min(b.line.length, b.col);
    } else if (key === '\x7f' || key === '\b') b.backspace();
    else if (key === '\x1b[3~') b.deleteForward();
    else if (key === '\r' || key === '\n') {
      const indent = /^\s*/.exec(b.line)![0];
      b.insert(`\n${indent.slice(0, b.col)}`.replace(/[^\n\s]/g, '').slice(0, 1));
    } else if (key === '\x17') {
      const before = b.line.slice(0, b.col).replace(/(\w+|[^\w\s]+)?\s*$/, '');
      b.lines[b.row] = before + b.line.slice(b.col);
      b.col = before.length;
    } else if (key === '\x15') {
      b.lines[b.row] = b.line.slice(b.col);
      b.col = 0;
    } else if (key >= ' ' || key === '\t') {
      if (key.startsWith('\x1b')) return;
      if (this.#mode === 'replace' && b.col < b.line.length) b.deleteForward();
      b.insert(key);
    }
  }

  #insert(mode: 'insert' | 'replace' = 'insert'): void {
    this.#mode = mode;
  }

  #normal(key: string): void {
    const b = this.buffer;
    if (key === '\x1b') {
      this.#pending = '';
      this.#mode = 'normal';
      return;
    }
    this.#pending += key;
    const m = /^(\d*)([dcy<>]?)(\d*)([\s\S]*)$/.exec(/^0/.test(this.#pending) ? ` ${this.#pending}`.trim() : this.#pending)!;
    const count = (m[1] && m[1] !== '0' ? Number(m[1]) : 1) * (m[3] && m[3] !== '0' ? Number(m[3]) : 1), given = Boolean((m[1] && m[1] !== '0') || (m[3] && m[3] !== '0'));
    let rest = m[4]!;
    const operator = m[2]!;
    if (m[1] === '0' && !operator && rest === '') rest = '0';
    if (m[3] === '0' && operator && rest === '') rest = '0';
    if (rest === '' ) {
      if (this.#mode === 'visual' && operator) return this.#visual(operator);
      return;
    }
    const done = () => {
      this.#pending = '';
    };
    if (this.#mode === 'visual' && /^[xXYVv~J:]/.test(rest)) {
      done();
      return rest === ':' ? this.#startCommand(":'<,'>") : this.#visual(rest);
    }
    if (/^[fFtTr]$|^g$|^Z$|^[ia]$/.test(rest) && (rest !== 'i' && rest !== 'a' || operator)) return; // wants one more key
    const startChange = () => {
      if (!this.#replaying) this.#record = [...this.#pending];
      b.save();
    };
    if (operator) {
      const range = this.#range(operator, rest, count, given);
      if (range === 'wait') return;
      if (!range) return done();
      if (operator !== 'y') startChange();
      this.operate(operator, range);
      if (operator !== 'y' && operator !== 'c' && !this.#replaying) this.#repeat = [...this.#record];
      return done();
    }
    if (this.#cursor.motion(rest, count, given)) return done();
    switch (rest) {
      case 'i': startChange(); this.#insert(); break;
      case 'I': startChange(); b.col = /^\s*/.exec(b.line)![0].length; this.#insert(); break;
      case 'a': startChange(); b.col = Math.min(b.line.length, b.col + 1); this.#insert(); break;
      case 'A': startChange(); b.col = b.line.length; this.#insert(); break;
      case 'o':
      case 'O': {
        startChange();
        const indent = /^\s*/.exec(b.line)![0];
        b.lines.splice(rest === 'o' ? ++b.row : b.row, 0, indent.slice(0, 0));
        b.col = 0;
        this.#insert();
        break;
      }
      case 'R': startChange(); this.#insert('replace'); break;
      case 'x':
      case 'X':
      case '\x1b[3~':
        startChange();
        if (rest === 'X') {
          const from = Math.max(0, b.col - count);
          this.operate('d', { from: [b.row, from], to: [b.row, b.col], linewise: false });
        } else this.operate('d', { from: [b.row, b.col], to: [b.row, b.col + count], linewise: false });
        this.#repeat = [...this.#record];
        break;
      case 's': startChange(); this.operate('c', { from: [b.row, b.col], to: [b.row, b.col + count], linewise: false }); break;
      case 'S': startChange(); this.operate('c', { from: [b.row, 0], to: [b.row + count - 1, 0], linewise: true }); break;
      case 'D': startChange(); this.operate('d', { from: [b.row, b.col], to: [b.row, b.line.length], linewise: false }); this.#repeat = [...this.#record]; break;
      case 'C': startChange(); this.operate('c', { from: [b.row, b.col], to: [b.row, b.line.length], linewise: false }); break;
      case 'Y': this.operate('y', { from: [b.row, 0], to: [b.row + count - 1, 0], linewise: true }); break;
      case 'J':
        startChange();
        for (let i = 0; i < Math.max(1, count - 1) && b.row < b.lines.length - 1; i++) {
          b.col = b.line.trimEnd().length;
          b.lines.splice(b.row, 2, `${b.line.trimEnd()} ${b.lines[b.row + 1]!.trimStart()}`);
        }
        this.#repeat = [...this.#record];
        break;
      case '~': {
        startChange();
        const c = b.line[b.col] ?? '';
        b.lines[b.row] = b.line.slice(0, b.col) + (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase()) + b.line.slice(b.col + 1);
        b.col++;
        this.#repeat = [...this.#record];
        break;
      }
      case 'p':
      case 'P': startChange(); this.#paste(rest === 'p', count); this.#repeat = [...this.#record]; break;
      case 'u': this.message = b.undo() ? '1 change; before #1' : 'Already at oldest change'; break;
      case '\x12': this.message = b.redo() ? '1 change; after #1' : 'Already at newest change'; break;
      case '.': {
        const keys = this.#repeat;
        done();
        this.#replaying = true;
        for (const k of keys) this.key(k);
        this.#replaying = false;
        return;
      }
      case 'V':
      case 'v': this.#mode = 'visual'; this.anchor = b.row; break;
      case ':': done(); return this.#startCommand(':');
      case '/':
      case '?': done(); return this.#startCommand(rest);
      case 'ZZ': runEx(this, 'x'); break;
      case 'ZQ': this.exit = 0; break;
      case '\x0c': break;
      case '\x07': this.message = `"${b.path ?? '[No Name]'}" ${b.modified ? '[Modified] ' : ''}${b.lines.length} lines --${Math.floor(((b.row + 1) / b.lines.length) * 100)}%--`; break;
      default:
        if (rest[0] === 'r' && rest.length > 1) {
          startChange();
          b.lines[b.row] = b.line.slice(0, b.col) + rest.slice(1) + b.line.slice(b.col + 1);
          this.#repeat = [...this.#record];
        } else if (rest === '\x03') this.message = 'Type  :qa!  and press <Enter> to abandon all changes and exit Vim';
    }
    done();
  }

  #range(operator: string, motion: string, count: number, given: boolean): Range | 'wait' | undefined {
    const b = this.buffer, start: [number, number] = [b.row, b.col];
    if (motion === operator) return { from: [b.row, 0], to: [Math.min(b.lines.length - 1, b.row + count - 1), 0], linewise: true };
    if (/^[ia]$/.test(motion)) return 'wait';
    if (/^[ia]./.test(motion)) return textObject(b, motion);
    if (/^[fFtTg]$/.test(motion)) return 'wait';
    if (operator === 'c' && (motion === 'w' || motion === 'W') && count === 1 && !/\s/.test(b.line[b.col] ?? ' ')) {
      const rest = b.line.slice(b.col), end = (motion === 'W' ? /^\S+/ : /^(?:[\p{L}\p{N}_]+|[^\p{L}\p{N}_\s]+)/u).exec(rest)![0].length;
      return { from: start, to: [b.row, b.col + end], linewise: false };
    }
    const used = operator === 'c' && (motion === 'w' || motion === 'W') && !/\s/.test(b.line[b.col] ?? ' ') ? (motion === 'w' ? 'e' : 'E') : motion;
    if (!this.#cursor.motion(used, count, given)) return undefined;
    const end: [number, number] = [b.row, b.col];
    [b.row, b.col] = start;
    const linewise = /^(j|k|G|gg|\{|\}|\r|\+|-|H|L|M)$/.test(MOVES[motion] ?? motion);
    let [from, to] = end[0] < start[0] || (end[0] === start[0] && end[1] < start[1]) ? [end, start] : [start, end];
    if (!linewise && /^([eEfFtT%;,]|[ft].)/.test(used) && to === end) to = [to[0], to[1] + 1];
    if (!linewise && (used === 'w' || used === 'W') && to[0] > from[0]) to = [from[0], b.lines[from[0]]!.length];
    return { from, to, linewise };
  }

  operate(operator: string, { from, to, linewise }: Range): void {
    const b = this.buffer;
    const last = Math.min(b.lines.length - 1, to[0]);
    if (operator === '>' || operator === '<') {
      for (let r = from[0]; r <= last; r++) b.lines[r] = operator === '>' ? (b.lines[r] === '' ? '' : `\t${b.lines[r]}`) : b.lines[r]!.replace(/^(\t| {1,8})/, '');
      b.row = from[0];
      b.col = /^\s*/.exec(b.line)![0].length;
      return;
    }
    if (linewise) {
      const lines = b.lines.slice(from[0], last + 1);
      this.#register = { text: lines.join('\n'), linewise: true };
      if (operator === 'y') {
        if (lines.length > 2) this.message = `${lines.length} lines yanked`;
        b.row = from[0];
        return;
      }
      if (operator === 'c') {
        b.lines.splice(from[0], lines.length, '');
        Object.assign(b, { row: from[0], col: 0 });
        return this.#insert();
      }
      b.lines.splice(from[0], lines.length);
      if (b.lines.length === 0) b.lines.push('');
      if (lines.length > 2) this.message = `${lines.length} fewer lines`;
      b.row = Math.min(b.lines.length - 1, from[0]);
      b.col = /^\s*/.exec(b.line)![0].length;
      return;
    }
    const text = from[0] === to[0] ? b.lines[from[0]]!.slice(from[1], to[1]) : [b.lines[from[0]]!.slice(from[1]), ...b.lines.slice(from[0] + 1, to[0]), b.lines[to[0]]!.slice(0, to[1])].join('\n');
    this.#register = { text, linewise: false };
    [b.row, b.col] = from;
    if (operator === 'y') return;
    b.lines.splice(from[0], to[0] - from[0] + 1, b.lines[from[0]]!.slice(0, from[1]) + b.lines[to[0]]!.slice(to[1]));
    if (operator === 'c') this.#insert();
  }

  #visual(operator: string): void {
    const b = this.buffer, from = Math.min(this.anchor, b.row), to = Math.max(this.anchor, b.row);
    this.#pending = '';
    this.#mode = 'normal';
    const op = { x: 'd', X: 'd', Y: 'y', V: '', v: '', J: '', '~': '' }[operator] ?? operator;
    if (op === '') return;
    if (op !== 'y') b.save();
    this.operate(op, { from: [from, 0], to: [to, 0], linewise: true });
  }

  #paste(after: boolean, count: number): void {
    const b = this.buffer, { text, linewise } = this.#register;
    if (linewise) {
      const lines = Array.from({ length: count }, () => text.split('\n')).flat();
      b.lines.splice(after ? b.row + 1 : b.row, 0, ...lines);
      if (after) b.row++;
      b.col = /^\s*/.exec(b.line)![0].length;
    } else {
      b.col = Math.min(b.line.length, b.col + (after ? 1 : 0));
      b.insert(text.repeat(count));
      b.col--;
    }
  }

  #startCommand(start: string): void {
    this.#pending = '';
    this.#mode = 'command';
    this.#command = start;
  }

  #commandKey(key: string): void {
    if (key === '\x1b' || key === '\x03') this.#mode = 'normal';
    else if (key === '\x7f' || key === '\b') {
      this.#command = [...this.#command].slice(0, -1).join('');
      if (this.#command === '') this.#mode = 'normal';
    } else if (key === '\r' || key === '\n') {
      this.#mode = 'normal';
      const text = this.#command.slice(1);
      this.message = '';
      if (this.#command[0] === ':') runEx(this, text);
      else {
        if (text !== '') this.#cursor.search = { regex: vimRegex(text), forward: this.#command[0] === '/' };
        if (this.#cursor.search) this.#cursor.next(this.#cursor.search.forward);
      }
    } else if (key >= ' ' && !key.startsWith('\x1b')) this.#command += key;
  }
}
