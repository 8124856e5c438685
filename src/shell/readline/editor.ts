/** readline(3) in emacs mode, on a terminal that it sets to raw mode while a line is edited; for ash, BusyBox's own (libbb/lineedit.c). dash has none. */
import { completeLine } from '../completion.ts';
import { Interrupted } from '../errors.ts';
import type { Shell } from '../shell.ts';
import { columns } from './columns.ts';
import { charWidth, visible, width } from './width.ts';
import { spaceLeft, wordLeft, wordRight } from './words.ts';

const PASTE_ON = '\x1b[?2004h', PASTE_OFF = '\x1b[?2004l';
/** What BusyBox asks of the terminal after its prompt when no key waits: where the cursor is. The answer is a key it leaves out. */
const WHERE = '\x1b[6n';

export class LineEditor {
  readonly #shell: Shell;
  #prompt = '';
  /** Characters (code points) of the line and where the cursor is among them. */
  #text: string[] = [];
  #at = 0;
  #row = 0;
  #kill = '';
  #killing = false;
  #history = 0;
  #edited = new Map<number, string>();
  #pasting = false;
  #search: { query: string; found: number; saved: string[]; failed: boolean } | undefined;
  #undo: { text: string[]; at: number }[] = [];
  #tabs = 0;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  /** A line without its newline; null at the end of the input. Throws Interrupted on Ctrl-C. */
  async read(prompt: string): Promise<string | null> {
    const { process } = this.#shell;
    const { tty } = process;
    if (!tty || this.#shell.plainInput || this.#shell.personality === 'dash' || this.#shell.variables.get('TERM') === 'dumb') return this.#plain(prompt);
    this.#prompt = prompt;
    this.#text = [];
    this.#at = this.#row = 0;
    this.#history = this.#shell.history.length;
    this.#edited.clear();
    this.#search = undefined;
    this.#undo = [];
    const readline = this.#shell.personality === 'bash';
    tty.raw();
    tty.write(`${readline ? PASTE_ON : ''}${prompt.replace(/[\x01\x02]/g, '')}${readline || tty.pending ? '' : WHERE}`);
    const unwatch = process.onSignal('WINCH', () => this.#resized());
    try {
      for (;;) {
        const data = await tty.read(process);
        if (data === null) return null;
        const result = await this.#keys(data);
        if (result === undefined) continue;
        if (readline) tty.write(`${PASTE_OFF}${result === null ? '' : '\r'}`);
        return result;
      }
    } catch (error) {
      if (readline) tty.write(PASTE_OFF);
      throw error;
    } finally {
      unwatch();
      tty.cooked();
    }
  }

  async #plain(prompt: string): Promise<string | null> {
    const { process } = this.#shell;
    await process.err(visible(prompt));
    const text = await process.stdin.read(process);
    if (text === null) return null;
    const at = text.indexOf('\n');
    if (at >= 0) process.stdin.unread?.(text.slice(at + 1));
    return at < 0 ? text : text.slice(0, at);
  }

  /** Feeds keys; the line when it is complete, null for the end. What follows a complete line is given back. */
  async #keys(data: string): Promise<string | null | undefined> {
    let i = 0;
    while (i < data.length) {
      if (this.#pasting) {
        // All of it at once: key by key, a long paste would take time by its square.
        const end = data.indexOf(PASTED, i);
        this.#insert(data.slice(i, end < 0 ? data.length : end).replaceAll('\r', '\n'), false);
        if (end < 0) return undefined;
        i = end + PASTED.length;
        this.#pasting = false;
        this.#draw();
        continue;
      }
      const key = KEY.exec(data.slice(i))![0];
      i += key.length;
      const done = this.#search ? this.#searchKey(key) : await this.#key(key);
      if (done !== undefined) {
        this.#shell.process.tty!.unread(data.slice(i));
        return done;
      }
    }
    return undefined;
  }

  async #key(key: string): Promise<string | null | undefined> {
    const wasKilling = this.#killing;
    this.#killing = false;
    if (key !== '\t') this.#tabs = 0;
    const { tty } = this.#shell.process;
    switch (key) {
      case '\r':
      case '\n':
        this.#leave('\n');
        return this.#text.join('');
      case '\x03':
        this.#leave('^C\n');
        if (this.#shell.traps.get('INT')) this.#shell.pendingTraps.push('INT');
        throw new Interrupted();
      case '\x04':
        if (this.#text.length === 0) return null;
        this.#delete(this.#at, this.#at + 1);
        return;
      case '\x01':
      case '\x1b[H':
      case '\x1bOH':
      case '\x1b[1~': return void this.#move(0);
      case '\x05':
      case '\x1b[F':
      case '\x1bOF':
      case '\x1b[4~': return void this.#move(this.#text.length);
      case '\x02':
      case '\x1b[D':
      case '\x1bOD': return void this.#move(this.#at - 1);
      case '\x06':
      case '\x1b[C':
      case '\x1bOC': return void this.#move(this.#at + 1);
      case '\x1bb':
      case '\x1b[1;5D':
      case '\x1b[1;3D': return void this.#move(wordLeft(this.#text, this.#at));
      case '\x1bf':
      case '\x1b[1;5C':
      case '\x1b[1;3C': return void this.#move(wordRight(this.#text, this.#at));
      case '\x7f':
      case '\b': return void (this.#at > 0 && this.#delete(this.#at - 1, this.#at));
      case '\x1b[3~': return void this.#delete(this.#at, this.#at + 1);
      case '\x0b': return void this.#cut(this.#at, this.#text.length, wasKilling, 'after');
      case '\x15': return void this.#cut(0, this.#at, wasKilling, 'before');
      case '\x17': return void this.#cut(spaceLeft(this.#text, this.#at), this.#at, wasKilling, 'before');
      case '\x1b\x7f':
      case '\x1b\b': return void this.#cut(wordLeft(this.#text, this.#at), this.#at, wasKilling, 'before');
      case '\x1bd': return void this.#cut(this.#at, wordRight(this.#text, this.#at), wasKilling, 'after');
      case '\x19': return void this.#insert(this.#kill);
      case '\x14': return void this.#transpose();
      case '\x0c':
        tty!.write('\x1b[H\x1b[2J');
        this.#row = 0;
        return void this.#draw();
      case '\x10':
      case '\x1b[A':
      case '\x1bOA': return void this.#recall(this.#history - 1);
      case '\x0e':
      case '\x1b[B':
      case '\x1bOB': return void this.#recall(this.#history + 1);
      case '\x1b<': return void this.#recall(0);
      case '\x1b>': return void this.#recall(this.#shell.history.length);
      case '\x1b.': return void this.#insert(this.#shell.history.at(-1)?.split(/\s+/).at(-1) ?? '');
      case '\x12':
        this.#search = { query: '', found: this.#shell.history.length, saved: this.#text, failed: false };
        return void this.#drawSearch();
      case '\x1f': {
        const last = this.#undo.pop();
        if (last) [this.#text, this.#at] = [last.text, last.at];
        return void this.#draw();
      }
      case '\x1bu': return void this.#change((w) => w.toUpperCase());
      case '\x1bl': return void this.#change((w) => w.toLowerCase());
      case '\x1bc': return void this.#change((w) => w.slice(0, 1).toUpperCase() + w.slice(1).toLowerCase());
      case '\x1b#':
        this.#text.unshift('#');
        this.#draw();
        this.#leave('\n');
        return this.#text.join('');
      case '\x1b[200~':
        this.#pasting = true;
        return;
      case '\t': return void (await this.#complete());
      default:
        if (key.startsWith('\x1b') || (key < ' ' && key !== '\t')) return;
        return void this.#insert(key);
    }
  }

  #searchKey(key: string): string | null | undefined {
    const s = this.#search!;
    const find = (from: number) => {
      for (let i = Math.min(from, this.#shell.history.length - 1); i >= 0; i--) {
        if (!this.#shell.history[i]!.includes(s.query)) continue;
        s.found = i;
        s.failed = false;
        this.#text = [...this.#shell.history[i]!];
        this.#at = Math.max(0, [...this.#shell.history[i]!.slice(0, this.#shell.history[i]!.indexOf(s.query))].length);
        return;
      }
      s.failed = true;
    };
    if (key === '\x12') find(s.found - 1);
    else if (key === '\x7f' || key === '\b') {
      s.query = s.query.slice(0, -1);
      find(this.#shell.history.length - 1);
    } else if (key === '\x07') {
      this.#text = s.saved;
      this.#at = this.#text.length;
      this.#search = undefined;
      return void this.#draw();
    } else if (key >= ' ' && !key.startsWith('\x1b') && key !== '\x7f') {
      s.query += key;
      find(s.found);
    } else {
      this.#search = undefined;
      this.#history = s.found;
      this.#draw();
      if (key === '\x03' || key === '\r' || key === '\n') {
        this.#leave(key === '\x03' ? '^C\n' : '\n');
        if (key === '\x03') throw new Interrupted();
        return this.#text.join('');
      }
      return undefined;
    }
    return void this.#drawSearch();
  }

  #drawSearch(): void {
    const s = this.#search!;
    const prompt = this.#prompt;
    this.#prompt = `(${s.failed ? 'failed ' : ''}reverse-i-search)\`${s.query}': `;
    this.#draw();
    this.#prompt = prompt;
  }

  async #complete(): Promise<void> {
    const { tty } = this.#shell.process;
    const before = this.#text.slice(0, this.#at).join('');
    const { start, replacement, candidates } = await completeLine(this.#shell, before);
    const current = before.slice(start);
    if (replacement !== undefined && replacement !== current) {
      this.#save();
      const from = [...before.slice(0, start)].length;
      const inserted = [...replacement];
      this.#text.splice(from, this.#at - from, ...inserted);
      this.#at = from + inserted.length;
      this.#tabs = 0;
      return this.#draw();
    }
    if (candidates.length < 2) {
      if (candidates.length === 0) tty!.write('\x07');
      return;
    }
    if (this.#tabs++ === 0) return tty!.write('\x07');
    const end = this.#at;
    this.#move(this.#text.length);
    if (candidates.length > 100) {
      tty!.write(`\nDisplay all ${candidates.length} possibilities? (y or n)`);
      const answer = await tty!.read(this.#shell.process);
      if (answer === null || !/^[yY ]/.test(answer)) {
        tty!.write('\n');
        this.#row = 0;
        this.#at = end;
        return this.#draw();
      }
    }
    tty!.write(`\n${columns(candidates, tty!.cols)}`);
    this.#row = 0;
    this.#at = end;
    this.#draw();
  }

  #insert(text: string, draw = true): void {
    if (text === '') return;
    this.#save();
    const atEnd = this.#at === this.#text.length;
    const chars = [...text];
    this.#text.splice(this.#at, 0, ...chars);
    this.#at += chars.length;
    if (!draw) return;
    // the usual case, a key at the end of a line that does not wrap, is written as it is
    const place = this.#place(this.#at);
    if (atEnd && place.row === this.#row && place.col > 0 && chars.every((c) => c >= ' ')) this.#shell.process.tty!.write(text);
    else this.#draw();
  }

  #delete(from: number, to: number): void {
    if (from >= this.#text.length) return;
    this.#save();
    this.#text.splice(from, to - from);
    this.#at = from;
    this.#draw();
  }

  #cut(from: number, to: number, more: boolean, side: 'before' | 'after'): void {
    const text = this.#text.slice(from, to).join('');
    if (text !== '') this.#kill = more ? (side === 'before' ? text + this.#kill : this.#kill + text) : text;
    this.#killing = true;
    this.#delete(from, to);
  }

  #transpose(): void {
    if (this.#text.length < 2 || this.#at === 0) return;
    const at = Math.min(this.#at, this.#text.length - 1);
    [this.#text[at - 1], this.#text[at]] = [this.#text[at]!, this.#text[at - 1]!];
    this.#at = at + 1;
    this.#draw();
  }

  #change(how: (word: string) => string): void {
    this.#save();
    const to = wordRight(this.#text, this.#at);
    const word = this.#text.slice(this.#at, to).join('');
    const lead = /^\W*/u.exec(word)![0];
    this.#text.splice(this.#at, to - this.#at, ...lead, ...how(word.slice(lead.length)));
    this.#at = to;
    this.#draw();
  }

  #recall(to: number): void {
    const { history } = this.#shell;
    if (to < 0 || to > history.length || to === this.#history) return this.#shell.process.tty!.write('\x07');
    this.#edited.set(this.#history, this.#text.join(''));
    this.#history = to;
    this.#text = [...(this.#edited.get(to) ?? history[to] ?? '')];
    this.#at = this.#text.length;
    this.#draw();
  }

  #save(): void {
    this.#undo.push({ text: [...this.#text], at: this.#at });
    if (this.#undo.length > 200) this.#undo.shift();
  }

  #move(to: number): void {
    this.#at = Math.max(0, Math.min(this.#text.length, to));
    const { row, col } = this.#place(this.#at);
    const up = this.#row - row;
    this.#shell.process.tty!.write(`${up > 0 ? `\x1b[${up}A` : up < 0 ? `\x1b[${-up}B` : ''}\r${col > 0 ? `\x1b[${col}C` : ''}`);
    this.#row = row;
  }

  /** The line is done: the cursor goes below its last row. */
  #leave(last: string): void {
    const down = this.#place(this.#text.length).row - this.#row;
    this.#shell.process.tty!.write(`${down > 0 ? `\x1b[${down}B` : ''}${last}`);
  }

  /** The terminal has another size: the line is drawn anew. */
  #resized(): void {
    const bash = this.#shell.personality === 'bash';
    if (bash) this.#shell.process.tty!.write('\r\x1b[K');
    this.#draw(bash ? '' : '\x1b[J');
  }

  /** Draws the prompt's last line and the text anew and puts the cursor where it is. */
  #draw(clear = '\x1b[J'): void {
    const tty = this.#shell.process.tty!;
    const prompt = this.#prompt.slice(this.#prompt.lastIndexOf('\n') + 1);
    const end = this.#place(this.#text.length);
    const shown = this.#text.map((c) => (c < ' ' && c !== '\n' ? `^${String.fromCharCode(c.charCodeAt(0) + 64)}` : c)).join('');
    const wrapped = end.col === 0 && end.row > 0 && this.#text.at(-1) !== '\n';
    tty.write(`${this.#row > 0 ? `\x1b[${this.#row}A` : ''}\r${prompt.replace(/[\x01\x02]/g, '')}${shown}${wrapped ? ' \r' : ''}${clear}`);
    this.#row = end.row;
    if (this.#at < this.#text.length) this.#move(this.#at);
  }

  /** Row and column, counted from the beginning of the prompt's last line, of the character at `index`. */
  #place(index: number): { row: number; col: number } {
    const { cols } = this.#shell.process.tty!;
    const start = width(visible(this.#prompt.slice(this.#prompt.lastIndexOf('\n') + 1)));
    let row = Math.floor(start / cols), col = start % cols;
    for (let i = 0; i < index; i++) {
      const c = this.#text[i]!;
      if (c === '\n') {
        row++;
        col = 0;
        continue;
      }
      const w = charWidth(c);
      if (col + w > cols) {
        row++;
        col = 0;
      }
      col += w;
      if (col === cols) {
        row++;
        col = 0;
      }
    }
    return { row, col };
  }
}

/** What a terminal sends after a bracketed paste. */
const PASTED = '\x1b[201~';
const KEY = /^(?:\x1b\[[0-9;]*[~A-Za-z]|\x1bO[A-Z]|\x1b[\s\S]|[\s\S])/u;
