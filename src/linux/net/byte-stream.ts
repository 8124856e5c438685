import { fromBytes, toBytes } from './bytes.ts';
import type { NetErrno } from './errors.ts';
import type { TcpSocket } from './tcp-socket.ts';
import type { TlsError, TlsInfo } from './tls.ts';

/** A connection as the protocols above see it: bytes both ways, over TCP or over TLS. */
export interface ByteStream {
  readonly socket: TcpSocket;
  /** What TLS agreed on; undefined on a plain connection. */
  readonly tls: TlsInfo | undefined;
  onBytes: ((bytes: string) => void) | undefined;
  onEnd: (() => void) | undefined;
  onError: ((error: NetErrno | TlsError) => void) | undefined;
  onClose: (() => void) | undefined;
  writeBytes(bytes: string): void;
  end(): void;
  close(): void;
  abort(): void;
}

/** A plain TCP connection. */
export class PlainStream implements ByteStream {
  readonly socket: TcpSocket;
  readonly tls = undefined;
  onBytes: ((bytes: string) => void) | undefined;
  onEnd: (() => void) | undefined;
  onError: ((error: NetErrno | TlsError) => void) | undefined;
  onClose: (() => void) | undefined;

  constructor(socket: TcpSocket) {
    this.socket = socket;
    socket.onBytes = (bytes) => this.onBytes?.(bytes);
    socket.onEnd = () => this.onEnd?.();
    socket.onError = (errno) => this.onError?.(errno);
    socket.onClose = () => this.onClose?.();
  }
  writeBytes(bytes: string): void {
    this.socket.writeBytes(bytes);
  }
  end(): void {
    this.socket.end();
  }
  close(): void {
    this.socket.close();
  }
  abort(): void {
    this.socket.abort();
  }
}

/** Messages over a connection that was upgraded: each arrives as it was sent. */
export class Duplex {
  readonly stream: ByteStream;
  onMessage: ((text: string) => void) | undefined;
  /** The other end has closed, or the connection broke. */
  onClose: (() => void) | undefined;
  #rest: string;
  #closed = false;
  #waiting: string[] = [];

  constructor(stream: ByteStream, rest: string) {
    this.stream = stream;
    this.#rest = rest;
    stream.onBytes = (bytes) => this.#feed(bytes);
    stream.onEnd = () => this.#end();
    stream.onError = () => this.#end();
    stream.onClose = () => this.#end();
  }

  send(text: string): void {
    const bytes = toBytes(text);
    this.stream.writeBytes(`M${bytes.length.toString(16).padStart(7, '0')}${bytes}`);
  }

  /** Messages that came before there was an onMessage are handed over now. */
  start(): void {
    if (this.#rest !== '') this.#feed('');
    for (const m of this.#waiting.splice(0)) this.onMessage?.(m);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.stream.end();
  }

  #feed(bytes: string): void {
    let all = this.#rest + bytes;
    while (all.length >= 8) {
      const size = parseInt(all.slice(1, 8), 16);
      if (all.length < 8 + size) break;
      const message = fromBytes(all.slice(8, 8 + size));
      all = all.slice(8 + size);
      this.#rest = all;
      if (this.onMessage) this.onMessage(message);
      else this.#waiting.push(message);
      all = this.#rest;
    }
    this.#rest = all;
  }

  #end(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.stream.end();
    }
    const told = this.onClose;
    this.onClose = undefined;
    told?.();
  }
}
