/** The code in a real Node.js in the browser, with the real Express from npm: StackBlitz's WebContainer. Needs their servers. */
import type { WebContainer as Container, WebContainerProcess } from '@webcontainer/api';
import { DIED, LIMIT, NO_ANSWER, PORT, within, type NodePort, type NodeRequest, type NodeResponse } from './port.ts';

/** Longest waits, milliseconds. */
const BOOT = 12_000;
const INSTALL = 60_000;
const START = 10_000;
/** How long the client takes to begin. */
const SPAWN = 2000;

const PACKAGE = JSON.stringify({ name: 'login', private: true, dependencies: { express: '4.19.2' } });

/** Makes the request in .request.json to the program and prints what came: between marks, and in base64, for its output is a terminal's. */
const CLIENT = `const http = require('http');
const { method, target, headers, body } = JSON.parse(require('fs').readFileSync('.request.json', 'utf8'));
const tell = (response) => process.stdout.write('<<' + Buffer.from(JSON.stringify(response)).toString('base64') + '>>');
const kept = headers.filter(([name]) => !/^(connection|content-length|transfer-encoding)$/i.test(name)).flat();
const request = http.request({ host: 'localhost', port: ${PORT}, method, path: target, headers: [...kept, 'Connection', 'close', 'Content-Length', String(Buffer.byteLength(body))] }, (response) => {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk) => (text += chunk)).on('end', () => {
    const pairs = [];
    for (let i = 0; i < response.rawHeaders.length; i += 2) pairs.push([response.rawHeaders[i], response.rawHeaders[i + 1]]);
    tell({ status: response.statusCode, headers: pairs.filter(([name]) => !/^(date|connection|keep-alive|transfer-encoding)$/i.test(name)), body: text });
  });
});
request.on('error', () => tell({ status: -1, headers: [], body: '' }));
request.end(body);
`;
const ANSWER = /<<([A-Za-z0-9+/=\s]*)>>/;

/** Why it cannot boot in this page, before anything of it is fetched. */
export function webContainerObstacle(): string | undefined {
  if (!globalThis.crossOriginIsolated) return 'la página no está aislada (faltan las cabeceras COOP y COEP)';
  if (typeof SharedArrayBuffer === 'undefined') return 'este navegador no tiene SharedArrayBuffer';
  if (!navigator.onLine) return 'no hay conexión a Internet';
  return undefined;
}

export class WebContainer implements NodePort {
  readonly name = 'Node.js de verdad, en un WebContainer de StackBlitz';
  #container: Container | undefined;
  #server: WebContainerProcess | undefined;
  #files: Readonly<Record<string, string>> = {};
  #installed = '';
  #log = '';

  async boot(): Promise<void> {
    const obstacle = webContainerObstacle();
    if (obstacle) throw new Error(obstacle);
    const { WebContainer: Api } = await import('@webcontainer/api');
    const booting = Api.boot({ coep: 'require-corp' });
    try {
      this.#container = await within(booting, BOOT, `no ha arrancado en ${BOOT / 1000} segundos`);
    } catch (error) {
      // One that comes too late must not stay.
      void booting.then(
        (late) => late.teardown(),
        () => undefined,
      );
      throw error;
    }
  }

  async start(files: Readonly<Record<string, string>>): Promise<void> {
    this.stop();
    const container = this.#container;
    if (!container) throw new Error('boot comes first');
    this.#files = files;
    const all = { 'package.json': PACKAGE, ...files, '.client.cjs': CLIENT };
    await container.mount(Object.fromEntries(Object.entries(all).map(([name, contents]) => [name, { file: { contents } }])));
    if (this.#installed !== all['package.json']) {
      const install = await container.spawn('npm', ['install', '--no-audit', '--no-fund']);
      const code = await within(install.exit, INSTALL, `npm install no ha terminado en ${INSTALL / 1000} segundos`);
      if (code !== 0) throw new Error(`npm install ha terminado con el código ${code}`);
      this.#installed = all['package.json'];
    }
    let forget = () => {};
    const ready = new Promise<void>((resolve) => (forget = container.on('server-ready', (port) => port === PORT && resolve())));
    const server = await container.spawn('node', ['server.js']);
    this.#server = server;
    let said = '';
    void read(server, (text) => {
      said += text;
      this.#log += text;
    });
    const ended = server.exit.then(() => Promise.reject(new Error(said.trim() || 'el programa ha terminado')));
    try {
      await within(
        Promise.race([ready, ended]),
        START,
        `el programa no ha llegado a escuchar en el puerto ${PORT} (app.listen) en ${START / 1000} segundos`,
      );
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      forget();
    }
    ended.catch(() => this.#server === server && this.stop());
  }

  async request({ hostname: _, ...request }: NodeRequest): Promise<NodeResponse> {
    if (!this.#server) {
      try {
        await this.start(this.#files);
      } catch {
        return DIED;
      }
    }
    try {
      return await within(this.#ask(this.#container!, request), LIMIT + SPAWN, 'no answer');
    } catch {
      this.stop();
      return NO_ANSWER;
    }
  }

  async #ask(container: Container, request: Omit<NodeRequest, 'hostname'>): Promise<NodeResponse> {
    await container.fs.writeFile('.request.json', JSON.stringify(request));
    const client = await container.spawn('node', ['.client.cjs']);
    let said = '';
    await read(client, (text) => (said += text));
    const answer = ANSWER.exec(said)?.[1];
    if (answer === undefined) return DIED;
    const bytes = Uint8Array.from(atob(answer.replace(/\s/g, '')), (c) => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as NodeResponse;
  }

  stop(): void {
    this.#server?.kill();
    this.#server = undefined;
  }

  logs(): string {
    const log = this.#log;
    this.#log = '';
    return log;
  }
}

async function read(process: WebContainerProcess, take: (text: string) => void): Promise<void> {
  const reader = process.output.getReader();
  for (let piece; !(piece = await reader.read()).done;) take(piece.value);
}
