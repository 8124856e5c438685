// The streams of exec and attach: the process's descriptors joined to a container's through the API server.
import type { ChannelMessage } from '../../kubernetes/apiserver/http.ts';
import { Killed, type Process } from '../../linux/process.ts';
import type { Stream } from '../../linux/streams.ts';
import { Exit, KubectlError } from './errors.ts';
import type { Kubectl } from './kubectl.ts';
import type { WireChannel } from './rest.ts';

export interface SessionOptions {
  path: string;
  query: Record<string, string | string[] | undefined>;
  stdin: boolean;
  tty: boolean;
  /** attach: sizes the terminal one larger and back, so that what runs there draws its screen again. */
  redraw?: boolean;
}

/** Runs until the other end is done. Throws Exit with the command's code when that is not 0. */
export async function session(k: Kubectl, { path, query, stdin, tty, redraw = false }: SessionOptions): Promise<void> {
  const { process } = k;
  let ended = false, wake: (() => void) | undefined, status: { status?: string; message?: string; reason?: string; details?: { causes?: { reason?: string; message?: string }[] } } | undefined;
  const end = () => {
    ended = true;
    wake?.();
  };
  const terminal = tty ? process.tty : undefined;
  const before = terminal && { canonical: terminal.canonical, echo: terminal.echo, signals: terminal.signals };
  const reader = new Reader(process);
  let channel: WireChannel | undefined;
  const restore: (() => void)[] = [];
  try {
    channel = await k.rest.upgrade(path, { query: { ...query, stdin: stdin ? 'true' : undefined, stdout: 'true', stderr: tty ? undefined : 'true', tty: tty ? 'true' : undefined } }, (message) => {
      if (message.channel === 1) k.out(message.data);
      else if (message.channel === 2) k.err(message.data);
      else if (message.channel === 3 && message.data) status = JSON.parse(message.data) as typeof status;
    }, end);
    const open = channel;
    if (terminal) {
      Object.assign(terminal, { canonical: false, echo: false, signals: false });
      const resize = (more = 0) => open.send({ channel: 4, data: JSON.stringify({ Width: terminal.cols + more, Height: terminal.rows + more }) });
      if (redraw) resize(1);
      resize();
      restore.push(process.onSignal('WINCH', () => resize()));
    }
    if (stdin) process.world.tasks.start(() => pump(reader, process.stdin, open), () => {});
    while (!ended) {
      await process.wait<void>((resume) => {
        wake = resume;
        if (ended) resume();
      });
      await k.flush();
    }
  } finally {
    reader.cancel();
    for (const undo of restore) undo();
    if (terminal && before) Object.assign(terminal, before);
    channel?.close();
  }
  await k.flush();
  if (!status || status.status === 'Success') return;
  const code = status.details?.causes?.find((c) => c.reason === 'ExitCode')?.message;
  if (status.reason === 'NonZeroExitCode' && code) throw new Exit(Number(code), `command terminated with exit code ${code}\n`);
  throw new KubectlError(status.message ?? 'unknown error');
}

async function pump(reader: Reader, from: Stream, to: WireChannel): Promise<void> {
  try {
    for (;;) {
      const text = await from.read(reader as unknown as Process);
      if (text === null) break;
      const message: ChannelMessage = { channel: 0, data: text };
      to.send(message);
    }
    to.send({ channel: 0, data: '', close: true });
  } catch (error) {
    if (!(error instanceof Cancelled) && !(error instanceof Killed)) throw error;
  }
}

class Cancelled extends Error {}

/** Who reads standard input: the process, but the reading can be given up when the session is over. */
export class Reader {
  readonly #process: Process;
  #give: (() => void) | undefined;
  #over = false;
  constructor(process: Process) {
    this.#process = process;
  }
  wait<T>(start: (resume: (value: T) => void, fail: (error: unknown) => void) => (() => void) | void): Promise<T> {
    return this.#process.wait<T>((resume, fail) => {
      if (this.#over) return void fail(new Cancelled());
      const cancel = start(resume, fail);
      this.#give = () => {
        cancel?.();
        fail(new Cancelled());
      };
      return cancel;
    });
  }
  cancel(): void {
    this.#over = true;
    this.#give?.();
  }
}
