import { FileError, resolve } from '../../linux/files.ts';
import { may, mayCreate } from '../../linux/open.ts';
import type { Process } from '../../linux/process.ts';
import { charWidth } from '../../shell/readline/width.ts';

/** The text being edited, the cursor in it, and what can be undone. Lines and columns count from 0; columns in characters. */
export class Buffer {
  lines: string[];
  row = 0;
  col = 0;
  modified = false;
  /** The file did not exist. */
  isNew: boolean;
  readOnly: boolean;
  readonly path: string | undefined;
  readonly #process: Process;
  #undo: { lines: string[]; row: number; col: number }[] = [];
  #redo: { lines: string[]; row: number; col: number }[] = [];

  /** Throws FileError when it cannot be read. */
  constructor(process: Process, path: string | undefined) {
    this.#process = process;
    this.path = path;
    const inode = path === undefined ? undefined : process.fs.find(path, process.cwd);
    if (inode?.kind === 'dir') throw new FileError('EISDIR', path!);
    if (inode && !may(process, inode, 4)) throw new FileError('EACCES', path!);
    const text = inode ? process.fs.readFile(path!, process.cwd) : '';
    this.lines = text === '' ? [''] : text.replace(/\n$/, '').split('\n');
    this.isNew = !inode;
    this.readOnly = inode !== undefined && !may(process, inode, 2);
  }

  get line(): string {
    return this.lines[this.row] ?? '';
  }

  /** Before a change: it can be undone. */
  save(): void {
    this.#undo.push({ lines: [...this.lines], row: this.row, col: this.col });
    if (this.#undo.length > 500) this.#undo.shift();
    this.#redo = [];
    this.modified = true;
  }

  undo(): boolean {
    return this.#swap(this.#undo, this.#redo);
  }
  redo(): boolean {
    return this.#swap(this.#redo, this.#undo);
  }
  #swap(from: { lines: string[]; row: number; col: number }[], to: { lines: string[]; row: number; col: number }[]): boolean {
    const old = from.pop();
    if (!old) return false;
    to.push({ lines: [...this.lines], row: this.row, col: this.col });
    Object.assign(this, { lines: old.lines, row: old.row, col: old.col });
    return true;
  }

  insert(text: string): void {
    const [first = '', ...more] = text.split('\n');
    const before = this.line.slice(0, this.col), after = this.line.slice(this.col);
    if (more.length === 0) {
      this.lines[this.row] = before + first + after;
      this.col += first.length;
    } else {
      const last = more.at(-1)!;
      this.lines.splice(this.row, 1, before + first, ...more.slice(0, -1), last + after);
      this.row += more.length;
      this.col = last.length;
    }
  }

  backspace(): void {
    if (this.col > 0) {
      this.lines[this.row] = this.line.slice(0, this.col - 1) + this.line.slice(this.col);
      this.col--;
    } else if (this.row > 0) {
      const before = this.lines[this.row - 1]!;
      this.lines.splice(this.row - 1, 2, before + this.line);
      this.row--;
      this.col = before.length;
    }
  }

  deleteForward(): void {
    if (this.col < this.line.length) this.lines[this.row] = this.line.slice(0, this.col) + this.line.slice(this.col + 1);
    else if (this.row < this.lines.length - 1) this.lines.splice(this.row, 2, this.line + this.lines[this.row + 1]!);
  }

  /** Writes the file; lines and bytes written. Throws FileError. */
  write(to = this.path): { lines: number; bytes: number } {
    const { fs, cwd, uid, gid, umask } = this.#process;
    if (to === undefined) throw new FileError('EINVAL', '');
    const inode = fs.find(to, cwd);
    if (inode ? !may(this.#process, inode, 2) : !mayCreate(this.#process, resolve(to, cwd))) throw new FileError('EACCES', to);
    const text = this.lines.length === 1 && this.lines[0] === '' ? '' : `${this.lines.join('\n')}\n`;
    fs.writeFile(to, text, { cwd, mode: 0o666 & ~umask, uid, gid });
    if (to === this.path) {
      this.modified = false;
      this.isNew = false;
    }
    return { lines: text === '' ? 0 : this.lines.length, bytes: new TextEncoder().encode(text).length };
  }
}

/** A line as it is shown, tabs to every eighth column, and the screen column of each of its characters. */
export function layout(line: string): { text: string; columns: number[] } {
  let text = '', at = 0;
  const columns: number[] = [];
  for (const c of line) {
    for (let i = 0; i < c.length; i++) columns.push(at);
    const w = c === '\t' ? 8 - (at % 8) : charWidth(c);
    text += c === '\t' ? ' '.repeat(w) : c < ' ' ? `^${String.fromCharCode(c.charCodeAt(0) + 64)}` : c;
    at += w;
  }
  return { text, columns: [...columns, at] };
}
