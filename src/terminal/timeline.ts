/** The session's time line: one mark a command, in the order they were typed; going back repeats the session up to before one. */
import type { JournalEntry, SavedSession } from './protocol.ts';

export interface Mark {
  /** How many entries of the journal come before it, and the virtual time of its first key. */
  entries: number;
  at: number;
  command: string;
}

/** The commands of a journal, as far as its keys tell them; it is read once, as it grows. */
export class Timeline {
  readonly marks: Mark[] = [];
  readonly #typing = new Map<number, Mark>();
  #read = 0;

  /** Reads what is new in the journal; whether there are new marks. */
  read(entries: readonly JournalEntry[]): boolean {
    const before = this.marks.length;
    for (; this.#read < entries.length; this.#read++) this.#take(entries[this.#read]!, this.#read);
    return this.marks.length > before;
  }

  #take(entry: JournalEntry, i: number): void {
    if (entry.kind !== 'input') return;
    for (const part of entry.data.split(/(?<=\r)/)) {
      const mark = this.#typing.get(entry.terminal) ?? { entries: i, at: entry.at, command: '' };
      mark.command = edited(mark.command, part.length > PASTE ? part.slice(0, 200) : part);
      if (!part.endsWith('\r')) this.#typing.set(entry.terminal, mark);
      else {
        this.#typing.delete(entry.terminal);
        if (mark.command.trim() !== '') this.marks.push({ ...mark, command: mark.command.trim() });
      }
    }
  }
}

/** Longer input is a paste: its beginning says what it is. */
const PASTE = 500;

/** What the session was before that command. */
export function before({ entries, at }: Mark, session: SavedSession): SavedSession {
  return { entries: session.entries.slice(0, entries), until: at };
}

/** The line after some keys; a command fetched from the history is told as such. */
function edited(line: string, keys: string): string {
  for (const [key] of keys.matchAll(KEY)) {
    if (HISTORY.has(key)) line = '(del historial) ';
    else if (key === '\x7f' || key === '\b') line = line.slice(0, -1);
    else if (key === '\x03' || key === '\x15') line = '';
    else if (key >= ' ') line += key;
  }
  return line.slice(0, 200);
}

/** A key of a terminal: an escape sequence or a character. */
const KEY = /\x1b(?:\[[0-9;?]*[@-~]|O.|.)?|[^]/g;
const HISTORY = new Set(['\x1b[A', '\x1bOA', '\x10', '\x12']);
