import { FileError } from '../../linux/files.ts';
import { openPath } from '../../linux/open.ts';
import type { Process } from '../../linux/process.ts';
import { Pipe, type Stream } from '../../linux/streams.ts';
import { Fatal } from '../coreutils/tool.ts';

interface Output {
  stream: Stream;
  done: () => Promise<void> | void;
}

/** Where print writes with >, >> and |: each file or command is opened once, and closed at the end or by close(). */
export class Outputs {
  readonly #process: Process;
  readonly #open = new Map<string, Output>();

  constructor(process: Process) {
    this.#process = process;
  }

  /** Throws Fatal when the file cannot be opened. */
  async write(op: string, key: string, text: string): Promise<void> {
    let output = this.#open.get(key);
    if (!output) this.#open.set(key, (output = this.#start(op, key)));
    await output.stream.write(text, this.#process);
  }

  /** False when nothing of that name is open. */
  async close(key: string): Promise<boolean> {
    const output = this.#open.get(key);
    await output?.done();
    return this.#open.delete(key);
  }

  async closeAll(): Promise<void> {
    for (const { done } of this.#open.values()) await done();
  }

  #start(op: string, key: string): Output {
    const process = this.#process;
    if (op !== '|') {
      try {
        return { stream: openPath(process, key, op === '>' ? 'write' : 'append'), done: () => {} };
      } catch (error) {
        if (error instanceof FileError) throw new Fatal(`cannot open "${key}" for output: ${error.message}`, 2);
        throw error;
      }
    }
    const pipe = new Pipe();
    pipe.retain('write');
    const child = process.machine.spawn({ argv: ['sh', '-c', key], parent: process, pgid: process.pgid, stdin: pipe });
    return { stream: pipe, done: async () => {
      pipe.release('write');
      await process.waitFor(child);
    } };
  }
}
