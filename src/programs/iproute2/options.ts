import { NetlinkError, ERROR_TEXT } from '../../linux/net/errors.ts';
import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';

/** Global options of ip(8) and bridge(8). */
export interface Options {
  family: 'any' | 'inet' | 'inet6' | 'link';
  oneline: boolean;
  brief: boolean;
  /** How many -s. */
  stats: number;
  details: boolean;
  json: boolean;
  pretty: boolean;
  /** -c: colours for a terminal. */
  color: boolean;
  /** -t, and -ts: what is monitored with the time. */
  timestamp?: 'long' | 'short';
  /** -all: in all namespaces. */
  all?: boolean;
}

/** Ends the command with a message on standard error and an exit code: 1 usage, 2 refused by the kernel, 255 syntax. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number, message = '') {
    super(message);
    this.code = code;
  }
}

export const invarg = (message: string, argument: string) => new Exit(255, `Error: argument "${argument}" is wrong: ${message}\n`);
export const duparg2 = (key: string, argument: string) => new Exit(255, `Error: either "${key}" is duplicate, or "${argument}" is a garbage.\n`);
export const missing = (key: string) => new Exit(255, `Not enough information: "${key}" argument is required.\n`);
export const noDevice = (name: string) => new Exit(1, `Cannot find device "${name}"\n`);

/** The words of a command, taken one after another (NEXT_ARG). */
export class Words {
  readonly #words: string[];
  #at = 0;
  constructor(words: string[]) {
    this.#words = words;
  }
  get done(): boolean {
    return this.#at >= this.#words.length;
  }
  peek(): string | undefined {
    return this.#words[this.#at];
  }
  next(): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new Exit(255, 'Command line is not complete. Try option "help"\n');
    return word;
  }
  rest(): string[] {
    return this.#words.slice(this.#at);
  }
}

/** Whether `word` abbreviates `full` (matches() of iproute2). */
export function abbreviates(word: string, full: string): boolean {
  return word !== '' && full.startsWith(word);
}

/** The first of `names` that `word` abbreviates. */
export function command<T extends string>(word: string, names: readonly T[]): T | undefined {
  return names.find((name) => abbreviates(word, name));
}

/** A change of the network's settings needs CAP_NET_ADMIN. */
export function admin(p: Process): void {
  if (!p.can('NET_ADMIN')) throw new NetlinkError('EPERM');
}

/** Runs a subcommand and turns what it throws into messages and exit codes as iproute2 does; `refused`: when the kernel says no. */
export async function finish(p: Process, run: () => Promise<number | void> | number | void, refused = 2): Promise<number> {
  try {
    return (await run()) ?? 0;
  } catch (error) {
    if (error instanceof Exit) {
      p.err(error.message);
      return error.code;
    }
    if (error instanceof NetlinkError) {
      p.err(error.text ? `Error: ${error.text}.\n` : `RTNETLINK answers: ${ERROR_TEXT[error.errno]}\n`);
      return refused;
    }
    if (error instanceof FileError) {
      p.err(`${error.message}\n`);
      return 1;
    }
    throw error;
  }
}
