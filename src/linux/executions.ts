import type { Micros } from '../sim/clock.ts';
import type { Process } from './process.ts';

/** Longest text kept of one execution's standard output, and of its standard error, characters. */
const KEPT = 32_768;
/** Of an endless loop only the newest are kept. */
const MOST = 2_000, MOST_TEXT = 16_000_000;

/** One program that was run: from execve(2) to its end, or to the next execve in the same process. */
export interface Execution {
  /** The program itself (RegularFile.program), whatever the file or argv[0] is called. */
  readonly program: string;
  readonly argv: readonly string[];
  readonly machine: string;
  /** Id of its container, and the host name there (a Pod's name); undefined on the machine itself. */
  readonly container: string | undefined;
  readonly hostname: string;
  /** It sees the machine's own network: no container, or one with hostNetwork. */
  readonly hostNetwork: boolean;
  readonly uid: number;
  /** It has a terminal: somebody typed it (or what it belongs to). */
  readonly terminal: boolean;
  readonly startedAt: Micros;
  endedAt: Micros | undefined;
  /** Undefined while it runs, and when it became another program. */
  code: number | undefined;
  /** The beginning of what it wrote itself, wherever that went. */
  stdout: string;
  stderr: string;
}

/** What has been run in a world since somebody began to keep record (`world.executions = new Executions()`). */
export class Executions {
  readonly all: Execution[] = [];
  /** Rises with every start, output and end. */
  version = 0;
  readonly #running = new WeakMap<Process, Execution>();
  #text = 0;

  began(process: Process, program: string): void {
    const execution: Execution = {
      program, argv: [...process.argv], machine: process.machine.name, container: process.container, hostname: process.uts.hostname, hostNetwork: process.net === process.machine.net, uid: process.uid,
      terminal: process.tty !== undefined, startedAt: process.now, endedAt: undefined, code: undefined, stdout: '', stderr: '',
    };
    this.#end(process, undefined);
    this.#running.set(process, execution);
    this.all.push(execution);
    this.#forget();
    this.version++;
  }

  wrote(process: Process, to: 'stdout' | 'stderr', text: string): void {
    const execution = this.#running.get(process);
    if (!execution || execution[to].length >= KEPT) return;
    const kept = text.slice(0, KEPT - execution[to].length);
    execution[to] += kept;
    this.#text += kept.length;
    this.version++;
  }

  ended(process: Process, code: number): void {
    this.#end(process, code);
    this.#running.delete(process);
  }

  #forget(): void {
    while (this.all.length > MOST || this.#text > MOST_TEXT) {
      const { stdout, stderr } = this.all.shift()!;
      this.#text -= stdout.length + stderr.length;
    }
  }

  #end(process: Process, code: number | undefined): void {
    const execution = this.#running.get(process);
    if (!execution) return;
    execution.endedAt = process.now;
    execution.code = code;
    this.version++;
  }
}
