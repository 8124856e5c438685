import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ApiRequest, ApiResponse, ApiStream, StreamControl, UserInfo } from '../../kubernetes/apiserver/http.ts';
import { celEngine } from '../../kubernetes/apiserver/cel/engine.ts';
import type { ApiServer } from '../../kubernetes/apiserver/server.ts';
import { servers } from '../../kubernetes/runtime/connection.ts';
import { ANONYMOUS, userOf } from '../../kubernetes/runtime/kubeconfig.ts';
import type { World } from '../../linux/world.ts';
import { createAuthority, type Authority, type Issued } from './certificate.ts';
import { SpdyConnection } from './spdy.ts';
import { execOverSpdy, execOverWebSocket, forwardOverSpdy, overSocket } from './streams.ts';
import { acceptKey, WebSocketConnection } from './websocket.ts';

export interface ClusterServerOptions {
  world: World;
  /** Runs something when the world stands between two events (default: at once). */
  enter?: (act: () => void) => void;
  /** Told of each stream (watch, log, exec …) that begins or ends, for those who let time pass only meanwhile. */
  onStreams?: (open: number) => void;
}

/** The simulated API server for clients outside: HTTPS on loopback, users by client certificate or bearer token. */
export class ClusterServer {
  readonly #world: World;
  readonly #enter: (act: () => void) => void;
  readonly #onStreams: (open: number) => void;
  readonly #authority: Authority = createAuthority('kubernetes');
  readonly #server: Server;
  #open = 0;
  #port = 0;

  constructor({ world, enter = (act) => act(), onStreams = () => {} }: ClusterServerOptions) {
    this.#world = world;
    this.#enter = enter;
    this.#onStreams = onStreams;
    const serving = this.#authority.issue({ cn: 'kube-apiserver' }, { dns: ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost'], ip: ['127.0.0.1', '10.96.0.1', '172.18.0.2'] });
    this.#server = createServer({ cert: serving.certificate, key: serving.key, ca: this.#authority.certificate, requestCert: true, rejectUnauthorized: false, keepAliveTimeout: 60_000 });
    this.#server.on('request', (request, response) => this.#take(request, (body) => this.#answer(request, body, response)));
    this.#server.on('upgrade', (request, socket) => this.#take(request, () => this.#upgrade(request, socket)));
  }

  /** Port 0 takes any that is free. Resolves with the port. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => resolve((this.#port = (this.#server.address() as { port: number }).port)));
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** A client certificate, as `kubeadm init` gives one to kubernetes-admin. */
  client(cn: string, organization: string): Issued {
    return this.#authority.issue({ cn, organization });
  }

  /** The administrator's kubeconfig, with the names that the scenario's own has. */
  kubeconfig({ cluster = 'kind-podman', context = cluster, user = 'kubernetes-admin' }: { cluster?: string; context?: string; user?: string } = {}): string {
    const { certificate, key } = this.client('kubernetes-admin', 'system:masters');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    return `apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: ${base64(this.#authority.certificate)}\n    server: https://127.0.0.1:${this.#port}\n  name: ${cluster}\ncontexts:\n- context:\n    cluster: ${cluster}\n    user: ${user}\n  name: ${context}\ncurrent-context: ${context}\nkind: Config\npreferences: {}\nusers:\n- name: ${user}\n  user:\n    client-certificate-data: ${base64(certificate)}\n    client-key-data: ${base64(key)}\n`;
  }

  /** Reads the body, then enters the world. */
  #take(request: IncomingMessage, act: (body: string) => void): void {
    if (request.headers.upgrade) return this.#enter(() => act(''));
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => void parts.push(part));
    request.on('end', () => this.#enter(() => act(Buffer.concat(parts).toString('utf8'))));
  }

  #answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const result = this.#handle(request, body, request.socket as TLSSocket);
    if (!result) return void request.socket.destroy();
    if (!('start' in result)) return plain(result, response, request.method === 'HEAD');
    response.writeHead(result.status, { 'Cache-Control': 'no-cache, private', 'Content-Type': 'application/json', ...result.headers });
    response.flushHeaders();
    const control = this.#counted(result, {
      data: (chunk) => void response.write(typeof chunk === 'string' ? chunk : `${JSON.stringify(chunk)}\n`),
      end: () => void response.end(),
    });
    response.on('close', () => this.#enter(() => control.close()));
  }

  #upgrade(request: IncomingMessage, socket: Duplex): void {
    const result = this.#handle(request, '', request.socket as TLSSocket);
    if (!result) return void socket.destroy();
    if (!('start' in result)) {
      const text = bodyText(result);
      socket.end(`HTTP/1.1 ${result.status} ${STATUS[result.status] ?? 'Error'}\r\nContent-Type: ${result.headers['content-type'] ?? 'application/json'}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`);
      return;
    }
    const forward = /\/portforward$/.test(new URL(request.url!, 'https://x').pathname);
    const open = (sink: Parameters<ApiStream['start']>[0]): StreamControl => {
      const control = this.#counted(result, sink);
      return { send: (message) => this.#enter(() => control.send(message)), close: () => this.#enter(() => control.close()) };
    };
    if (request.headers.upgrade?.toLowerCase() === 'websocket') this.#webSocket(request, socket, forward, open);
    else {
      const offered = [request.headers['x-stream-protocol-version'] ?? []].flat().flatMap((v) => v.split(/,\s*/));
      const protocol = forward ? 'portforward.k8s.io' : (offered.find((v) => v === 'v4.channel.k8s.io') ?? offered[0] ?? '');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n${protocol ? `X-Stream-Protocol-Version: ${protocol}\r\n` : ''}\r\n`);
      if (forward) forwardOverSpdy(overSocket(socket), (fn) => socket.on('close', fn), (port) => this.#forward(request, port));
      else execOverSpdy(socket, execStreams(request), open);
    }
  }

  #webSocket(request: IncomingMessage, socket: Duplex, forward: boolean, open: (sink: Parameters<ApiStream['start']>[0]) => StreamControl): void {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/,\s*/);
    const protocol = ['SPDY/3.1+portforward.k8s.io', 'v5.channel.k8s.io', 'v4.channel.k8s.io'].find((p) => offered.includes(p)) ?? offered[0] ?? '';
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptKey(request.headers['sec-websocket-key'] ?? '')}\r\n${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ''}\r\n`);
    const connection = new WebSocketConnection(socket);
    if (!forward) return execOverWebSocket(connection, open);
    // From 1.31 on, port-forward's SPDY frames travel in binary messages.
    const spdy = new SpdyConnection((frame) => connection.send(frame));
    connection.onMessage = (data) => spdy.receive(data);
    forwardOverSpdy(spdy, (fn) => socket.on('close', fn), (port) => this.#forward(request, port));
  }

  /** One connection to a port of a pod: a stream of its own. */
  #forward(request: IncomingMessage, port: number): ApiStream | undefined {
    const result = this.#handle(request, '', request.socket as TLSSocket, { ports: [String(port)] });
    if (!result || !('start' in result)) return undefined;
    return {
      ...result,
      start: (sink) => {
        const control = this.#counted(result, sink);
        return { send: (message) => this.#enter(() => control.send(message)), close: () => this.#enter(() => control.close()) };
      },
    };
  }

  /** The API server's answer; undefined when there is none to ask. */
  #handle(request: IncomingMessage, body: string, socket: TLSSocket, more: Record<string, string[]> = {}): ApiResponse | ApiStream | undefined {
    const listening = [...servers(this.#world).values()].find(({ process }) => process.running);
    if (!listening) return undefined;
    const server = listening.transport as ApiServer;
    server.cel ??= celEngine();
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = [value ?? ''].flat().join(', ');
    const url = new URL(request.url!, 'https://x');
    const query: Record<string, string[]> = { ...more };
    for (const [name, value] of url.searchParams) if (!(name in more)) (query[name] ??= []).push(value);
    const user = this.#user(server, socket, headers);
    if (!user) return refusal(401, 'Unauthorized', 'Unauthorized');
    if (/^application\/vnd\.kubernetes\.protobuf/.test(headers['content-type'] ?? '') && body !== '') return refusal(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml');
    return server.handle({ method: request.method as ApiRequest['method'], path: decodeURIComponent(url.pathname), query, headers, ...(body === '' ? {} : { body }), user });
  }

  #user(server: ApiServer, socket: TLSSocket, headers: Record<string, string>): UserInfo | undefined {
    const { subject } = socket.getPeerCertificate();
    if (subject && socket.authorized) return userOf(subject.CN as string, [subject.O ?? []].flat());
    const bearer = /^Bearer (.+)$/i.exec(headers['authorization'] ?? '')?.[1];
    if (bearer !== undefined) return server.tokens.authenticate(bearer);
    return subject ? undefined : ANONYMOUS;
  }

  #counted(stream: ApiStream, sink: Parameters<ApiStream['start']>[0]): StreamControl {
    let over = false;
    const done = () => {
      if (over) return;
      over = true;
      this.#onStreams(--this.#open);
    };
    this.#onStreams(++this.#open);
    const control = stream.start({
      data: (chunk) => sink.data(chunk),
      end: () => {
        sink.end();
        done();
      },
    });
    return {
      send: (message) => control.send(message),
      close: () => {
        control.close();
        done();
      },
    };
  }
}

const STATUS: Record<number, string> = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 409: 'Conflict', 422: 'Unprocessable Entity', 500: 'Internal Server Error', 503: 'Service Unavailable' };

function plain(result: ApiResponse, response: ServerResponse, head: boolean): void {
  const type = result.headers['content-type'] ?? 'application/json';
  const text = bodyText(result);
  // Protobuf is a string of bytes.
  const bytes = Buffer.from(text, /protobuf/.test(type) ? 'latin1' : 'utf8');
  response.writeHead(result.status, { 'Cache-Control': 'no-cache, private', 'Content-Type': type, ...result.headers, 'Content-Length': bytes.length });
  response.end(head ? undefined : bytes);
}

function bodyText({ body }: ApiResponse): string {
  return typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
}

function refusal(code: number, reason: string, message: string): ApiResponse {
  return { status: code, headers: { 'content-type': 'application/json' }, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code } as unknown as ApiResponse['body'] };
}

function execStreams(request: IncomingMessage): { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean } {
  const { searchParams } = new URL(request.url!, 'https://x');
  const flag = (name: string) => ['true', '1'].includes(searchParams.get(name) ?? '');
  return { stdin: flag('stdin'), stdout: flag('stdout'), stderr: flag('stderr'), tty: flag('tty') };
}
