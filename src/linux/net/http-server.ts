/** An HTTP/1.1 server over TCP or TLS, callback style. */
import type { Process } from '../process.ts';
import { Duplex, PlainStream, type ByteStream } from './byte-stream.ts';
import { fromBytes, toBytes } from './bytes.ts';
import { formatHead, type Head, headerList, type Headers, HttpParser, REASONS } from './http-message.ts';
import type { Endpoint } from './sockets.ts';
import { tcpListen, type TcpListener } from './tcp.ts';
import { TlsStream, type TlsError, type TlsInfo, type TlsServerOptions } from './tls.ts';

export interface HttpRequest {
  method: string;
  /** Path and query as they came. */
  target: string;
  path: string;
  /** Without the question mark; '' when there is none. */
  query: string;
  version: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  rawHeaders: [string, string][];
  body: string;
  /** Who asks. */
  remote: Endpoint;
  /** Where it was asked: the address and port of this end. */
  local: Endpoint;
  tls: TlsInfo | undefined;
}

/** What a handler answers with. */
export interface HttpResponder {
  /** Whole answer; Content-Length is added when it is missing. `reason`: where it is not the standard's. */
  send(status: number, headers: Headers, body?: string, reason?: string): void;
  /** Begins a streamed answer (chunked unless Content-Length is given). */
  start(status: number, headers?: Headers): void;
  write(chunk: string): void;
  end(): void;
  /** Answers 101 and hands over the connection. */
  upgrade(headers: Record<string, string>): Duplex;
  /** Breaks the connection off. */
  abort(): void;
  /** Set to be told when the client goes away before the end (or after it: only once). */
  onClose: (() => void) | undefined;
  readonly finished: boolean;
}

export interface HttpListenOptions {
  ip: string;
  port: number;
  tls?: TlsServerOptions;
  backlog?: number;
  /** Closes a connection after each answer. */
  close?: boolean;
  /** The answer to what is no HTTP; default as Go's net/http. */
  badRequest?: string;
  /** Called for every accepted connection. */
  onConnection?: (stream: ByteStream) => void;
  onTlsError?: (error: TlsError | string, remote: Endpoint) => void;
}

/** Processor time of a request, microseconds: a small page of a server in C or Go. */
const REQUEST_COST = 400;

export type HttpHandler = (req: HttpRequest, res: HttpResponder) => void;

/** Serves HTTP in the process's namespace. Throws SocketError EADDRINUSE, EACCES, EADDRNOTAVAIL. */
export function httpListen(process: Process, o: HttpListenOptions, handler: HttpHandler): TcpListener {
  return tcpListen(process, { ip: o.ip, port: o.port, ...(o.backlog === undefined ? {} : { backlog: o.backlog }) }, (socket) => {
    const { tls } = o;
    const stream: ByteStream = tls ? new TlsStream(socket, { server: tls }) : new PlainStream(socket);
    if (stream instanceof TlsStream) {
      stream.onError = (error) => {
        const notTls = typeof error === 'object' && error.reason === 'not-tls' && /^(GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH)/.test(error.received);
        if (notTls) socket.writeBytes('HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
        o.onTlsError?.(error, socket.remote);
        socket.close();
      };
    }
    o.onConnection?.(stream);
    new ServerConnection(stream, o, (req, res) => {
      process.charged += REQUEST_COST;
      handler(req, res);
    });
  });
}

class ServerConnection {
  readonly #stream: ByteStream;
  readonly #parser: HttpParser;
  readonly #options: HttpListenOptions;
  readonly #handler: HttpHandler;
  #head: Head | undefined;
  #body: string[] = [];
  #current: Responder | undefined;
  #waiting: HttpRequest[] = [];
  #ended = false;

  constructor(stream: ByteStream, options: HttpListenOptions, handler: HttpHandler) {
    this.#stream = stream;
    this.#options = options;
    this.#handler = handler;
    this.#parser = new HttpParser('request', {
      onHead: (head) => {
        this.#head = head;
        this.#body = [];
        if (/100-continue/i.test(head.headers['expect'] ?? '')) stream.writeBytes('HTTP/1.1 100 Continue\r\n\r\n');
      },
      onChunk: (bytes) => void this.#body.push(bytes),
      onMessage: () => this.#request(),
      onBad: () => {
        stream.writeBytes(this.#options.badRequest ?? 'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request');
        stream.close();
      },
    });
    stream.onBytes = (bytes) => this.#parser.feed(bytes);
    stream.onEnd = () => {
      this.#ended = true;
      this.#gone();
      if (!this.#current) stream.close();
    };
    const tlsError = stream.onError;
    stream.onError = (error) => {
      tlsError?.(error);
      this.#gone();
    };
    stream.onClose = () => this.#gone();
  }

  #request(): void {
    const head = this.#head!;
    const question = head.target.indexOf('?');
    const req: HttpRequest = {
      method: head.method, target: head.target, path: question < 0 ? head.target : head.target.slice(0, question), query: question < 0 ? '' : head.target.slice(question + 1),
      version: head.version, headers: head.headers, rawHeaders: head.rawHeaders, body: this.#body.length === 0 ? '' : fromBytes(this.#body.join('')),
      remote: this.#stream.socket.remote, local: this.#stream.socket.local, tls: this.#stream.tls,
    };
    if (this.#current) this.#waiting.push(req);
    else this.#handle(req);
  }

  #handle(req: HttpRequest): void {
    const close = this.#options.close === true || /close/i.test(req.headers['connection'] ?? '') || (req.version === 'HTTP/1.0' && !/keep-alive/i.test(req.headers['connection'] ?? ''));
    const res = new Responder(this.#stream, req.method === 'HEAD', close, (upgraded, closeNow) => {
      this.#current = undefined;
      if (upgraded) return;
      if (closeNow || this.#ended) return this.#stream.close();
      const next = this.#waiting.shift();
      if (next) this.#handle(next);
    }, () => this.#parser.takeOver());
    this.#current = res;
    this.#handler(req, res);
  }

  #gone(): void {
    const told = this.#current?.onClose;
    if (this.#current) this.#current.onClose = undefined;
    told?.();
  }
}

class Responder implements HttpResponder {
  onClose: (() => void) | undefined;
  finished = false;
  readonly #stream: ByteStream;
  readonly #headOnly: boolean;
  #close: boolean;
  readonly #done: (upgraded: boolean, close: boolean) => void;
  readonly #takeOver: () => string;
  #chunked = false;
  #started = false;

  constructor(stream: ByteStream, headOnly: boolean, close: boolean, done: (upgraded: boolean, close: boolean) => void, takeOver: () => string) {
    this.#stream = stream;
    this.#headOnly = headOnly;
    this.#close = close;
    this.#done = done;
    this.#takeOver = takeOver;
  }

  send(status: number, headers: Headers, body = '', reason?: string): void {
    if (this.finished || this.#started) return;
    const bytes = toBytes(body);
    const all = headerList(headers);
    if (value(all, 'content-length') === undefined && value(all, 'transfer-encoding') === undefined && status !== 204 && status !== 304) all.push(['Content-Length', String(bytes.length)]);
    this.#connection(all);
    const chunked = /chunked/i.test(value(all, 'transfer-encoding') ?? '');
    const framed = !chunked ? bytes : `${bytes === '' ? '' : `${bytes.length.toString(16)}\r\n${bytes}\r\n`}0\r\n\r\n`;
    this.#stream.writeBytes(formatHead(statusLine(status, reason), all) + (this.#headOnly ? '' : framed));
    this.#finish();
  }

  start(status: number, headers: Headers = {}): void {
    if (this.finished || this.#started) return;
    this.#started = true;
    const all = headerList(headers);
    this.#chunked = value(all, 'content-length') === undefined && !this.#headOnly;
    if (this.#chunked) all.push(['Transfer-Encoding', 'chunked']);
    this.#connection(all);
    this.#stream.writeBytes(formatHead(statusLine(status), all));
  }

  /** Says that the connection closes where it does, and closes it where the answer says so. */
  #connection(all: [string, string][]): void {
    const at = all.findIndex(([name]) => name.toLowerCase() === 'connection');
    if (/close/i.test(all[at]?.[1] ?? '')) this.#close = true;
    else if (this.#close) {
      all[at < 0 ? all.length : at] = ['Connection', 'close'];
      const kept = all.findIndex(([name]) => name.toLowerCase() === 'keep-alive');
      if (kept >= 0) all.splice(kept, 1);
    }
  }

  write(chunk: string): void {
    if (this.finished || chunk === '' || this.#headOnly) return;
    const bytes = toBytes(chunk);
    this.#stream.writeBytes(this.#chunked ? `${bytes.length.toString(16)}\r\n${bytes}\r\n` : bytes);
  }

  end(): void {
    if (this.finished) return;
    if (this.#chunked) this.#stream.writeBytes('0\r\n\r\n');
    this.#finish();
  }

  upgrade(headers: Record<string, string>): Duplex {
    this.finished = true;
    this.#stream.writeBytes(formatHead(statusLine(101), headers));
    const duplex = new Duplex(this.#stream, this.#takeOver());
    this.#done(true, false);
    return duplex;
  }

  abort(): void {
    this.finished = true;
    this.onClose = undefined;
    this.#stream.abort();
  }

  #finish(): void {
    this.finished = true;
    this.onClose = undefined;
    this.#done(false, this.#close);
  }
}

function statusLine(status: number, reason = REASONS[status] ?? ''): string {
  return `HTTP/1.1 ${status} ${reason}`;
}

function value(headers: readonly (readonly [string, string])[], name: string): string | undefined {
  return headers.find(([k]) => k.toLowerCase() === name)?.[1];
}
