/** HTTP/1.1 requests over TCP or TLS: callback style for daemons, promises for programs, a client that keeps connections. */
import { MS, type Micros, type Timer } from '../../sim/clock.ts';
import type { Process } from '../process.ts';
import { parseIpv4 } from './addresses.ts';
import { Duplex, PlainStream, type ByteStream } from './byte-stream.ts';
import { fromBytes, toBytes, Utf8 } from './bytes.ts';
import { lookupHost } from './dns.ts';
import type { NetErrno } from './errors.ts';
import { formatHead, type Head, headerList, type Headers, HttpParser } from './http-message.ts';
import type { Endpoint } from './sockets.ts';
import { tcpConnect } from './tcp.ts';
import { TlsError, TlsStream, type TlsClientOptions, type TlsInfo } from './tls.ts';

export interface HttpResponse {
  status: number;
  reason: string;
  version: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  rawHeaders: [string, string][];
  /** Empty when onChunk took it. */
  body: string;
  remote: Endpoint;
  local: Endpoint;
  tls: TlsInfo | undefined;
}

export interface RequestOptions {
  method?: string;
  /** http://host:port/path, or the parts below. */
  url?: string;
  ip?: string;
  port?: number;
  path?: string;
  /** Value of the Host header (default: from the url, or ip:port). */
  host?: string;
  headers?: Headers;
  body?: string;
  tls?: TlsClientOptions | boolean;
  /** Microseconds for all of it, and for connecting only. */
  timeout?: Micros;
  connectTimeout?: Micros;
  /** Each piece of the body as it comes. */
  onChunk?: (text: string) => void;
  onHead?: (response: HttpResponse) => void;
  /** For a request that asks for an upgrade: gets the connection after 101. */
  onUpgrade?: (duplex: Duplex, response: HttpResponse) => void;
  /** How far it is, for verbose clients. */
  onConnected?: (stream: ByteStream) => void;
  signal?: HttpSignal;
  background?: boolean;
  /** Local address. */
  bind?: { ip?: string; port?: number };
}

/** Lets somebody take a request back. */
export class HttpSignal {
  aborted = false;
  onAbort: (() => void) | undefined;
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.onAbort?.();
  }
}

export type HttpPhase = 'resolve' | 'connect' | 'tls' | 'response' | 'body';
/** EMPTY: closed without an answer. BAD: no HTTP. TIMEOUT: of the request's own. ENOTFOUND, EAI_AGAIN: names. ABORTED: taken back. */
export type HttpErrorCode = NetErrno | 'EMPTY' | 'BAD' | 'TIMEOUT' | 'ENOTFOUND' | 'EAI_AGAIN' | 'TLS' | 'ABORTED' | 'TRUNCATED';

export class HttpError extends Error {
  readonly code: HttpErrorCode;
  readonly phase: HttpPhase;
  /** Microseconds since the request began. */
  readonly elapsed: Micros;
  readonly tls: TlsError | undefined;
  readonly remote: Endpoint;
  /** Its own end of the connection, where there was one. */
  readonly local: Endpoint | undefined;
  constructor(code: HttpErrorCode, phase: HttpPhase, elapsed: Micros, remote: Endpoint, tls?: TlsError, local?: Endpoint) {
    super(`${phase}: ${code}`);
    this.code = code;
    this.phase = phase;
    this.elapsed = elapsed;
    this.remote = remote;
    this.local = local;
    this.tls = tls;
  }
}

export type HttpCallback = (error: HttpError | undefined, response: HttpResponse | undefined) => void;

/** One request on a connection of its own. The callback is called once; the result takes the request back. */
export function httpFetch(process: Process, options: RequestOptions, callback: HttpCallback): { abort(): void } {
  return new Exchange(process, options, undefined, callback);
}

/** The same as a promise, for programs. Throws HttpError. */
export function httpRequest(process: Process, options: RequestOptions): Promise<HttpResponse> {
  return process.wait((resume, fail) => {
    const exchange = new Exchange(process, options, undefined, (error, response) => (error ? fail(error) : resume(response!)));
    return () => exchange.abort();
  });
}

/** Keeps connections to the servers it talked to and uses them again (http.Transport). */
export class HttpClient {
  readonly process: Process;
  readonly defaults: RequestOptions;
  /** Idle connections by host:port and scheme. */
  readonly #idle = new Map<string, ByteStream[]>();
  #closed = false;

  constructor(process: Process, defaults: RequestOptions = {}) {
    this.process = process;
    this.defaults = defaults;
  }

  fetch(options: RequestOptions, callback: HttpCallback): { abort(): void } {
    return new Exchange(this.process, this.#merged(options), this, callback);
  }

  request(options: RequestOptions): Promise<HttpResponse> {
    return this.process.wait((resume, fail) => {
      const exchange = this.fetch(options, (error, response) => (error ? fail(error) : resume(response!)));
      return () => exchange.abort();
    });
  }

  take(key: string): ByteStream | undefined {
    const list = this.#idle.get(key);
    const stream = list?.pop();
    if (stream) stream.onBytes = stream.onEnd = stream.onError = stream.onClose = undefined;
    return stream;
  }

  keep(key: string, stream: ByteStream): void {
    if (this.#closed || stream.socket.state !== 'ESTABLISHED') return stream.close();
    const list = this.#idle.get(key) ?? [];
    list.push(stream);
    this.#idle.set(key, list);
    const gone = () => {
      this.#idle.set(key, (this.#idle.get(key) ?? []).filter((s) => s !== stream));
      stream.close();
    };
    stream.onBytes = gone;
    stream.onEnd = gone;
    stream.onError = gone;
    stream.onClose = gone;
  }

  /** Closes what is idle. */
  close(): void {
    this.#closed = true;
    for (const list of [...this.#idle.values()]) for (const s of [...list]) s.close();
    this.#idle.clear();
  }

  #merged(o: RequestOptions): RequestOptions {
    const { headers: mine } = this.defaults;
    return { ...this.defaults, ...o, headers: !mine ? (o.headers ?? {}) : [...headerList(mine).filter(([k]) => !headerList(o.headers ?? {}).some(([n]) => n === k)), ...headerList(o.headers ?? {})] };
  }
}

class Exchange {
  readonly #process: Process;
  readonly #o: RequestOptions;
  readonly #client: HttpClient | undefined;
  readonly #callback: HttpCallback;
  readonly #began: Micros;
  readonly #target: Target;
  #key: string;
  #phase: HttpPhase = 'resolve';
  #stream: ByteStream | undefined;
  #timers: Timer[] = [];
  #response: HttpResponse | undefined;
  #parts: string[] = [];
  #utf8: Utf8 | undefined;
  #done = false;
  #reused = false;
  #parser: HttpParser | undefined;
  #upgraded = false;

  constructor(process: Process, options: RequestOptions, client: HttpClient | undefined, callback: HttpCallback) {
    this.#process = process;
    this.#o = options;
    this.#client = client;
    this.#callback = callback;
    this.#began = process.now;
    this.#target = targetOf(options);
    const t = this.#target;
    this.#key = `${t.tls ? 'https' : 'http'}://${t.name}:${t.port}`;
    if (options.signal) options.signal.onAbort = () => this.#fail('ABORTED');
    if (options.timeout !== undefined) this.#timer(options.timeout, () => this.#fail('TIMEOUT'));
    const idle = client?.take(this.#key);
    if (idle) {
      this.#reused = true;
      this.#attach(idle);
      this.#write();
    } else this.#resolve();
  }

  abort(): void {
    this.#fail('ABORTED', true);
  }

  #resolve(): void {
    const { name } = this.#target;
    if (this.#o.ip !== undefined) return this.#connect(this.#o.ip);
    if (parseIpv4(name) !== undefined) return this.#connect(name);
    lookupHost(this.#process, name, (result) => {
      if (this.#done) return;
      if (typeof result === 'string') this.#fail(result === 'EAI_ADDRFAMILY' ? 'ENOTFOUND' : result);
      else this.#connect(result[0]!);
    });
  }

  #connect(ip: string): void {
    this.#phase = 'connect';
    const o = this.#o;
    const socket = tcpConnect(this.#process, { ip, port: this.#target.port }, { ...(o.bind ? { bind: o.bind } : {}), background: o.background ?? false });
    const timer = o.connectTimeout === undefined ? undefined : this.#timer(o.connectTimeout, () => this.#fail('TIMEOUT'));
    const early = new PlainStream(socket);
    this.#stream = early;
    early.onError = (error) => this.#broken(error);
    socket.onOpen = () => {
      timer?.cancel();
      if (!this.#target.tls) {
        this.#attach(early);
        o.onConnected?.(early);
        return this.#write();
      }
      this.#phase = 'tls';
      const stream = new TlsStream(socket, { client: { serverName: this.#target.name, ...this.#target.tls } });
      this.#attach(stream);
      stream.onOpen = () => {
        o.onConnected?.(stream);
        this.#write();
      };
    };
  }

  #attach(stream: ByteStream): void {
    this.#stream = stream;
    this.#parser = new HttpParser('response', {
      onHead: (head) => this.#head(head),
      onChunk: (bytes) => this.#chunk(bytes),
      onMessage: () => this.#message(),
      onBad: () => this.#fail('BAD'),
    });
    this.#parser.noBody = this.#o.method === 'HEAD';
    stream.onBytes = (bytes) => this.#parser!.feed(bytes);
    stream.onEnd = () => {
      if (this.#upgraded || this.#done) return;
      if (this.#response && this.#parser!.end()) return;
      this.#fail(this.#response ? 'TRUNCATED' : 'EMPTY');
    };
    stream.onError = (error) => this.#broken(error);
    stream.onClose = undefined;
  }

  #write(): void {
    this.#phase = 'response';
    const o = this.#o;
    const t = this.#target;
    const body = o.body === undefined ? '' : toBytes(o.body);
    const headers: [string, string][] = [];
    const given = headerList(o.headers ?? {});
    if (!given.some(([k]) => k.toLowerCase() === 'host')) headers.push(['Host', o.host ?? t.host]);
    headers.push(...given);
    if (o.body !== undefined && !given.some(([k]) => k.toLowerCase() === 'content-length')) headers.push(['Content-Length', String(body.length)]);
    this.#stream!.writeBytes(formatHead(`${o.method ?? 'GET'} ${t.path} HTTP/1.1`, headers) + body);
  }

  #head(head: Head): void {
    if (head.status === 100) return;
    this.#phase = 'body';
    const { socket, tls } = this.#stream!;
    this.#response = { status: head.status, reason: head.reason, version: head.version, headers: head.headers, rawHeaders: head.rawHeaders, body: '', remote: socket.remote, local: socket.local, tls };
    this.#o.onHead?.(this.#response);
    if (head.status === 101 && this.#o.onUpgrade) {
      this.#upgraded = true;
      const duplex = new Duplex(this.#stream!, this.#parser!.takeOver());
      this.#finish();
      this.#o.onUpgrade(duplex, this.#response);
      this.#callback(undefined, this.#response);
      duplex.start();
    }
  }

  #chunk(bytes: string): void {
    if (!this.#o.onChunk) return void this.#parts.push(bytes);
    const text = (this.#utf8 ??= new Utf8()).decode(bytes);
    if (text !== '') this.#o.onChunk(text);
  }

  #message(): void {
    const response = this.#response;
    if (this.#done || !response || this.#upgraded) return;
    response.body = this.#parts.length === 0 ? '' : fromBytes(this.#parts.join(''));
    this.#finish();
    const close = /close/i.test(response.headers['connection'] ?? '') || response.version === 'HTTP/1.0';
    const stream = this.#stream!;
    if (this.#client && !close) this.#client.keep(this.#key, stream);
    else if (close && stream.socket.state === 'ESTABLISHED') {
      // The server says that it closes: its FIN is right behind the answer.
      const done = () => {
        timer.cancel();
        stream.onEnd = stream.onError = undefined;
        stream.close();
        this.#callback(undefined, response);
      };
      const timer = this.#process.world.clock.after(MS, done, { background: this.#o.background ?? false });
      stream.onEnd = stream.onError = done;
      return;
    } else stream.close();
    this.#callback(undefined, response);
  }

  #broken(error: NetErrno | TlsError): void {
    if (this.#done) return;
    if (error instanceof TlsError) this.#fail('TLS', false, error);
    else this.#fail(error);
  }

  #fail(code: HttpErrorCode, quiet = false, tls?: TlsError): void {
    if (this.#done) return;
    // A kept connection that was closed meanwhile: the request has not been seen, so it is sent again on a new one.
    if (this.#reused && this.#phase === 'response' && (code === 'EMPTY' || code === 'ECONNRESET' || code === 'EPIPE')) {
      this.#reused = false;
      this.#stream!.close();
      return this.#resolve();
    }
    const remote = this.#stream?.socket.remote ?? { ip: this.#target.name, port: this.#target.port };
    const error = new HttpError(code, this.#phase, this.#process.now - this.#began, remote, tls, this.#stream?.socket.local);
    this.#finish();
    if (this.#stream) {
      this.#stream.onBytes = this.#stream.onEnd = this.#stream.onError = undefined;
      if (this.#phase === 'connect') this.#stream.socket.vanish();
      else this.#stream.close();
    }
    if (!quiet) this.#callback(error, this.#response);
  }

  #finish(): void {
    this.#done = true;
    for (const t of this.#timers) t.cancel();
  }

  #timer(after: Micros, run: () => void): Timer {
    const timer = this.#process.world.clock.after(after, run, { background: true });
    this.#timers.push(timer);
    return timer;
  }
}

interface Target {
  name: string;
  port: number;
  path: string;
  host: string;
  tls: TlsClientOptions | undefined;
}

function targetOf(o: RequestOptions): Target {
  const m = o.url === undefined ? undefined : /^(https?):\/\/(\[[^\]]*\]|[^/:?#]*)(?::(\d+))?([^#]*)/.exec(o.url);
  const secure = m ? m[1] === 'https' : Boolean(o.tls);
  const standard = secure ? 443 : 80;
  const name = m ? m[2]! : (o.ip ?? '127.0.0.1');
  const port = o.port ?? (m?.[3] ? Number(m[3]) : standard);
  let path = o.path ?? (m?.[4] || '/');
  if (!path.startsWith('/')) path = `/${path}`;
  const tls = secure ? (typeof o.tls === 'object' ? o.tls : {}) : undefined;
  return { name, port, path, host: port === standard ? name : `${name}:${port}`, tls };
}
