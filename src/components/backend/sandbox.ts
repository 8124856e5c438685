/**
 * The code in a worker of a frame of nobody's origin, without network: a part of Node and Express, written for it, and
 * nothing from outside. An endless loop only holds up the worker, which goes away with its frame.
 */
import shim from './node-shim.mjs?raw';
import { DIED, LIMIT, NO_ANSWER, PORT, within, type NodePort, type NodeRequest, type NodeResponse } from './port.ts';

/** Longest wait for the program to listen, milliseconds. */
const START = 3000;

/** Only its own scripts, from memory; no connection, picture, frame or form. */
const FRAME = `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; worker-src blob:">
<script>addEventListener('message', ({ data, ports: [port] }) => {
  const worker = new Worker(URL.createObjectURL(new Blob([data], { type: 'text/javascript' })));
  worker.postMessage('', [port]);
}, { once: true });</script>`;

type Message =
  | { type: 'log'; text: string }
  | { type: 'ready' }
  | { type: 'ended'; message: string }
  | { type: 'answer'; id: number; response: NodeResponse };

interface Running {
  frame: HTMLIFrameElement;
  port: MessagePort;
  ended: Promise<string>;
}

export class Sandbox implements NodePort {
  readonly name = 'una caja sin red de esta página, con una parte de Node.js y de Express';
  #files: Readonly<Record<string, string>> = {};
  #running: Running | undefined;
  #log = '';
  #ids = 0;
  readonly #waiting = new Map<number, (response: NodeResponse) => void>();

  boot(): Promise<void> {
    return typeof Worker === 'undefined' ? Promise.reject(new Error('este navegador no tiene workers')) : Promise.resolve();
  }

  async start(files: Readonly<Record<string, string>>): Promise<void> {
    this.stop();
    this.#files = files;
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.hidden = true;
    frame.title = 'Programa del alumno';
    frame.srcdoc = FRAME;
    const { port1: port, port2: theirs } = new MessageChannel();
    let ready!: () => void;
    let end!: (message: string) => void;
    const listening = new Promise<void>((resolve) => (ready = resolve));
    const ended = new Promise<string>((resolve) => (end = resolve));
    port.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.type === 'log') this.#log += data.text;
      else if (data.type === 'ready') ready();
      else if (data.type === 'ended') end(data.message);
      else this.#waiting.get(data.id)?.(data.response);
    };
    this.#running = { frame, port, ended };
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
    document.body.append(frame);
    try {
      await within(loaded, START, 'la caja no se ha abierto');
      frame.contentWindow!.postMessage(shim, '*', [theirs]);
      port.postMessage({ type: 'start', files, port: PORT });
      const first = Promise.race([listening, ended.then((message) => Promise.reject(new Error(message)))]);
      await within(first, START, `el programa no ha llegado a escuchar en el puerto ${PORT} (app.listen) en ${START / 1000} segundos`);
    } catch (error) {
      this.stop();
      throw error;
    }
    void ended.then(() => this.#running?.frame === frame && this.stop());
  }

  async request(request: NodeRequest): Promise<NodeResponse> {
    if (!this.#running) {
      try {
        await this.start(this.#files);
      } catch {
        return DIED;
      }
    }
    const { port, ended } = this.#running!;
    const id = ++this.#ids;
    const answered = new Promise<NodeResponse>((resolve) => this.#waiting.set(id, resolve));
    port.postMessage({ type: 'request', id, request });
    try {
      return await within(Promise.race([answered, ended.then(() => DIED)]), LIMIT, 'no answer');
    } catch {
      this.stop();
      return NO_ANSWER;
    } finally {
      this.#waiting.delete(id);
    }
  }

  stop(): void {
    this.#running?.port.close();
    this.#running?.frame.remove();
    this.#running = undefined;
  }

  logs(): string {
    const log = this.#log;
    this.#log = '';
    return log;
  }
}
