import type { FileSystem } from './files.ts';
import type { Process } from './process.ts';

/** What a file descriptor refers to. Text travels as strings; `null` from read is the end of the file. */
export interface Stream {
  readonly isTTY: boolean;
  /** The next piece (at least one character), waiting for it if need be. */
  read(by: Process): Promise<string | null>;
  /** Await it in loops: it waits when the reader is behind. Throws Killed (SIGPIPE) when nobody reads any more. */
  write(text: string, by: Process): Promise<void> | void;
  /** Gives back what was read and not used: the next read gets it first (a shell's `read` takes one line only). */
  unread?(text: string): void;
  /** One more descriptor refers to it, in `mode`. */
  retain(mode: 'read' | 'write'): void;
  /** One descriptor less. */
  release(mode: 'read' | 'write'): void;
}

/** Bytes a pipe holds before its writer waits (pipe(7)). */
const CAPACITY = 65536;

/** A pipe, or one direction of a connection to a program. */
export class Pipe implements Stream {
  readonly isTTY = false;
  #buffer: string[] = [];
  #size = 0;
  #readers = 0;
  #writers = 0;
  #opened = false;
  #wakeReaders: (() => void)[] = [];
  #wakeWriters: (() => void)[] = [];

  async read(by: Process): Promise<string | null> {
    while (this.#size === 0) {
      if (this.#opened && this.#writers === 0) return null;
      await by.wait<void>((resume) => {
        this.#wakeReaders.push(resume);
        return () => (this.#wakeReaders = this.#wakeReaders.filter((r) => r !== resume));
      });
    }
    const all = this.#buffer.length === 1 ? this.#buffer[0]! : this.#buffer.join('');
    this.#buffer = [];
    this.#size = 0;
    wake(this.#wakeWriters);
    return all;
  }

  write(text: string, by: Process): Promise<void> | void {
    if (text === '') return;
    if (this.#readers === 0) by.signal('PIPE');
    else this.push(text);
    if (this.#size >= CAPACITY || this.#readers === 0) return this.#room(by);
  }

  unread(text: string): void {
    if (text === '') return;
    this.#buffer.unshift(text);
    this.#size += text.length;
  }

  /** Puts text in from outside (a connection): no process writes it, nobody waits. */
  push(text: string): void {
    if (text === '') return;
    this.#buffer.push(text);
    this.#size += text.length;
    wake(this.#wakeReaders);
  }

  retain(mode: 'read' | 'write'): void {
    if (mode === 'read') this.#readers++;
    else {
      this.#writers++;
      this.#opened = true;
    }
  }

  release(mode: 'read' | 'write'): void {
    if (mode === 'read') this.#readers--;
    else this.#writers--;
    if (mode === 'write' && this.#writers === 0) wake(this.#wakeReaders);
    if (mode === 'read' && this.#readers === 0) wake(this.#wakeWriters);
  }

  async #room(by: Process): Promise<void> {
    while (this.#size >= CAPACITY && this.#readers > 0) await by.wait<void>((resume) => {
      this.#wakeWriters.push(resume);
      return () => (this.#wakeWriters = this.#wakeWriters.filter((r) => r !== resume));
    });
    if (this.#readers === 0) {
      by.signal('PIPE');
      await by.wait<void>(() => {}); // a process that ignores SIGPIPE does not exist here: it is gone
    }
  }
}

/** Output that is handed to a function at once: a log, a capture of a test, a connection. */
export class Sink implements Stream {
  readonly isTTY = false;
  readonly #receive: (text: string) => void;
  readonly #closed: () => void;
  #writers = 0;

  constructor(receive: (text: string) => void, closed: () => void = () => {}) {
    this.#receive = receive;
    this.#closed = closed;
  }
  read(): Promise<null> {
    return Promise.resolve(null);
  }
  write(text: string): void {
    this.#receive(text);
  }
  retain(mode: 'read' | 'write'): void {
    if (mode === 'write') this.#writers++;
  }
  release(mode: 'read' | 'write'): void {
    if (mode === 'write' && --this.#writers === 0) this.#closed();
  }
}

/** /dev/null */
export const NULL: Stream = {
  isTTY: false,
  read: () => Promise.resolve(null),
  write: () => {},
  retain: () => {},
  release: () => {},
};

/** An open regular file (or text, for a here-document): reads on from where it was, writes at the end. */
export class OpenFile implements Stream {
  readonly isTTY = false;
  #rest: string | undefined;
  readonly #fs: FileSystem | undefined;
  readonly #path: string;

  /** `text` is what is left to read; a file to be written needs `fs` and its absolute path, already created or truncated. */
  constructor({ text, fs, path = '' }: { text?: string; fs?: FileSystem; path?: string }) {
    this.#rest = text;
    this.#fs = fs;
    this.#path = path;
  }
  read(): Promise<string | null> {
    const rest = this.#rest;
    this.#rest = undefined;
    return Promise.resolve(rest ? rest : null);
  }
  unread(text: string): void {
    this.#rest = text + (this.#rest ?? '');
  }
  write(text: string): void {
    this.#fs?.writeFile(this.#path, text, { append: true });
  }
  retain(): void {}
  release(): void {}
}

function wake(waiting: (() => void)[]): void {
  for (const resume of waiting.splice(0)) resume();
}
