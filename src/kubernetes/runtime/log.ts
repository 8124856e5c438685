import type { FileSystem } from '../../linux/files.ts';
import type { Clock, Micros } from '../../sim/clock.ts';

/** A line (or, `partial`, a piece of one) that a container wrote. */
export interface LogEntry {
  at: Micros;
  stream: 'stdout' | 'stderr';
  /** With its newline, unless partial. */
  text: string;
}

/** A container's log as the CRI keeps it: /var/log/pods/NS_NAME_UID/CONTAINER/ATTEMPT.log */
export class ContainerLog {
  readonly entries: LogEntry[] = [];
  readonly #clock: Clock;
  readonly #followers = new Set<(entry: LogEntry) => void>();
  readonly #ended = new Set<() => void>();
  #size = 0;
  closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(stream: 'stdout' | 'stderr', text: string): void {
    for (let from = 0; from < text.length; ) {
      const end = text.indexOf('\n', from);
      const piece = end < 0 ? text.slice(from) : text.slice(from, end + 1);
      from += piece.length;
      const entry = { at: this.#clock.now, stream, text: piece };
      this.entries.push(entry);
      this.#size += piece.length;
      for (const follow of [...this.#followers]) follow(entry);
    }
    // containerLogMaxSize: rotated at 10 MiB; what is older is gone from what `kubectl logs` can show.
    while (this.#size > 10_485_760 && this.entries.length > 1) this.#size -= this.entries.shift()!.text.length;
  }

  close(): void {
    this.closed = true;
    for (const end of [...this.#ended]) end();
    this.#followers.clear();
    this.#ended.clear();
  }

  /** Calls back for what is written from now on; `ended` when the container is gone. Returns a function that stops it. */
  follow(entry: (entry: LogEntry) => void, ended: () => void): () => void {
    this.#followers.add(entry);
    this.#ended.add(ended);
    return () => {
      this.#followers.delete(entry);
      this.#ended.delete(ended);
    };
  }

  /** Makes it readable at `path`. */
  mount(fs: FileSystem, path: string, now: Micros): void {
    fs.writeFile(path, '', { mode: 0o640 });
    const inode = fs.stat(path);
    if (inode.kind === 'file') Object.assign(inode, { read: () => this.entries.map(criLine).join(''), mtime: now });
  }
}

/** 2016-10-06T00:17:09.669794202Z stdout F text */
function criLine({ at, stream, text }: LogEntry): string {
  const full = text.endsWith('\n');
  return `${rfc3339Nano(at)} ${stream} ${full ? 'F' : 'P'} ${full ? text : `${text}\n`}`;
}

/** With nine decimals, the last three zero (the world's clock counts microseconds). */
export function rfc3339Nano(at: Micros): string {
  const seconds = Math.floor(at / 1_000_000);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(at - seconds * 1_000_000).padStart(6, '0')}000Z`;
}
