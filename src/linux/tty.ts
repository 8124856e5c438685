import type { PidNamespace, Process, Signal } from './process.ts';
import type { Stream } from './streams.ts';

/**
 * A terminal's kernel side (n_tty): in canonical mode it edits and echoes a line, in raw mode it hands keys on; Ctrl-C and
 * its like become signals for the foreground process group. `onOutput` is the screen.
 */
export class Tty implements Stream {
  readonly isTTY = true;
  cols: number;
  rows: number;
  /** Line editing by the kernel (ICANON), echo (ECHO) and signals from keys (ISIG). */
  canonical = true;
  echo = true;
  signals = true;
  /** The process group that reads and that Ctrl-C goes to. */
  foreground = 0;
  /** As `tty` prints it. */
  readonly name: string;
  onOutput: (text: string) => void = () => {};
  readonly #pids: PidNamespace;
  #sized: boolean;
  #line = '';
  #ready: (string | null)[] = [];
  #readers: (() => void)[] = [];

  constructor(pids: PidNamespace, { cols, rows, name = '/dev/pts/0' }: { cols?: number; rows?: number; name?: string } = {}) {
    this.#pids = pids;
    this.#sized = cols !== undefined;
    this.cols = cols ?? 80;
    this.rows = rows ?? 24;
    this.name = name;
  }

  /** Keys from the student. */
  input(data: string): void {
    if (!this.canonical && !this.signals) return this.#deliver(data);
    let raw = '';
    for (const key of data) {
      const signal = this.signals ? KEYS[key] : undefined;
      if (signal) {
        if (this.echo) this.#echo(`^${String.fromCharCode(key.charCodeAt(0) + 64)}`);
        this.#line = '';
        this.signal(signal);
      } else if (!this.canonical) raw += key;
      else this.#edit(key);
    }
    if (raw) this.#deliver(raw);
  }

  /** To every process of the foreground group. */
  signal(signal: Signal): void {
    for (const p of this.#pids.processes()) if (p.pgid === this.foreground && p.tty === this) p.signal(signal);
  }

  /** For a program that edits lines or draws the screen itself: every key comes at once, none is echoed, none is a signal. */
  raw({ signals = false } = {}): void {
    Object.assign(this, { canonical: false, echo: false, signals });
    if (this.#line !== '') this.#deliver(this.#line);
    this.#line = '';
  }

  /** As a terminal begins: lines edited and echoed by the kernel, Ctrl-C a signal. */
  cooked(): void {
    Object.assign(this, { canonical: true, echo: true, signals: true });
  }

  /** Told to the foreground when it is another one (a terminal without a size has 0 × 0). */
  resize(cols: number, rows: number): void {
    if (this.#sized && cols === this.cols && rows === this.rows) return;
    this.#sized = true;
    this.cols = cols;
    this.rows = rows;
    this.signal('WINCH');
  }

  async read(by: Process): Promise<string | null> {
    while (by.tty === this && by.pgid !== this.foreground && this.foreground !== 0 && !by.ignores('TTIN')) {
      by.signal('TTIN');
      await by.sleep(1); // held until it is continued
    }
    while (this.#ready.length === 0) await by.wait<void>((resume) => {
      this.#readers.push(resume);
      return () => (this.#readers = this.#readers.filter((r) => r !== resume));
    });
    const first = this.#ready.shift()!;
    if (first === null || this.canonical) return first;
    let all = first;
    while (this.#ready.length > 0 && this.#ready[0] !== null) all += this.#ready.shift();
    return all;
  }

  /** Whether keys wait to be read. */
  get pending(): boolean {
    return this.#ready.length > 0;
  }

  unread(text: string): void {
    if (text !== '') this.#ready.unshift(text);
  }

  write(text: string): void {
    this.onOutput(text.replace(/\r?\n/g, '\r\n'));
  }

  retain(): void {}
  release(): void {}

  /** Ends the terminal: whoever reads sees the end of the file, the foreground group gets SIGHUP. */
  hangup(): void {
    this.#ready.push(null);
    this.#wake();
    for (const p of this.#pids.processes()) if (p.tty === this) p.signal('HUP');
  }

  #edit(key: string): void {
    if (key === '\r' || key === '\n') {
      if (this.echo) this.onOutput('\r\n');
      const line = `${this.#line}\n`;
      this.#line = '';
      this.#deliver(line);
    } else if (key === '\x04') {
      const line = this.#line;
      this.#line = '';
      this.#deliver(line === '' ? null : line);
    } else if (key === '\x7f' || key === '\b') {
      if (this.#line === '') return;
      this.#line = [...this.#line].slice(0, -1).join('');
      this.#echo('\b \b');
    } else if (key === '\x15') {
      this.#echo('\b \b'.repeat([...this.#line].length));
      this.#line = '';
    } else {
      this.#line += key;
      this.#echo(key < ' ' && key !== '\t' ? `^${String.fromCharCode(key.charCodeAt(0) + 64)}` : key);
    }
  }

  #echo(text: string): void {
    if (this.echo) this.onOutput(text);
  }

  #deliver(text: string | null): void {
    this.#ready.push(text);
    this.#wake();
  }

  #wake(): void {
    for (const resume of this.#readers.splice(0)) resume();
  }
}

const KEYS: Record<string, Signal> = { '\x03': 'INT', '\x1c': 'QUIT', '\x1a': 'TSTP' };
