/**
 * TLS 1.3 as facts: the handshake's messages have the sizes and the order of real ones and carry the certificates as
 * fields; records are not encrypted but marked opaque, so that a capture does not show what they say.
 */
import type { Micros } from '../../sim/clock.ts';
import { inPrefix, parseIpv4 } from './addresses.ts';
import type { ByteStream } from './byte-stream.ts';
import { toBytes, fromBytes } from './bytes.ts';
import type { NetErrno } from './errors.ts';
import type { TcpSocket } from './tcp-socket.ts';

/** What a certificate says. */
export interface Certificate {
  cn: string;
  organizations?: string[];
  /** DNS names and IP addresses. */
  sans?: string[];
  /** Name of the authority that signed it; its own cn when self-signed. */
  ca: string;
  notBefore?: Micros;
  notAfter?: Micros;
}

export interface TlsServerOptions extends Certificate {
  /** Asks the client for a certificate (a Kubernetes API server does). */
  requestCert?: boolean;
  /** Protocols it speaks, best first (default h2, http/1.1). */
  alpn?: string[];
  /** The certificate for the name that the client asks for (SNI), instead of the one above. */
  select?: (serverName: string | undefined) => Certificate | undefined;
}

export interface TlsClientOptions {
  /** SNI and the name that is checked. */
  serverName?: string;
  /** Authorities that are trusted, by name; undefined trusts none. */
  ca?: string[];
  /** -k: no check at all. */
  insecure?: boolean;
  /** Client certificate. */
  cert?: Certificate;
  alpn?: string[];
}

export interface TlsInfo {
  /** The other end's certificate. */
  peer: Certificate | undefined;
  serverName: string | undefined;
  alpn: string | undefined;
  /** Whether the server asked for a certificate. */
  certRequested: boolean;
}

export type TlsReason = 'unknown-authority' | 'name-mismatch' | 'expired' | 'not-yet-valid' | 'not-tls' | 'bad-certificate';

export class TlsError extends Error {
  readonly reason: TlsReason;
  readonly certificate: Certificate | undefined;
  /** Name that was to be verified. */
  readonly serverName: string;
  /** First bytes of what came instead of TLS. */
  readonly received: string;
  constructor(reason: TlsReason, { certificate, name = '', received = '' }: { certificate?: Certificate | undefined; name?: string; received?: string } = {}) {
    super(`tls: ${reason}`);
    this.reason = reason;
    this.certificate = certificate;
    this.serverName = name;
    this.received = received;
  }
}

const RECORD = 16384;
const HANDSHAKE = '\x16', DATA = '\x17', ALERT = '\x15';

/** Either end of a TLS connection. `onOpen` says that the handshake is over. */
export class TlsStream implements ByteStream {
  readonly socket: TcpSocket;
  tls: TlsInfo | undefined;
  onOpen: (() => void) | undefined;
  onBytes: ((bytes: string) => void) | undefined;
  onEnd: (() => void) | undefined;
  onError: ((error: NetErrno | TlsError) => void) | undefined;
  onClose: (() => void) | undefined;
  readonly #server: TlsServerOptions | undefined;
  readonly #client: TlsClientOptions | undefined;
  #buffer = '';
  #step = 0;
  #info: TlsInfo = { peer: undefined, serverName: undefined, alpn: undefined, certRequested: false };
  #failed = false;

  constructor(socket: TcpSocket, side: { server: TlsServerOptions } | { client: TlsClientOptions }) {
    this.socket = socket;
    this.#server = 'server' in side ? side.server : undefined;
    this.#client = 'client' in side ? side.client : undefined;
    socket.onBytes = (bytes) => this.#feed(bytes);
    socket.onEnd = () => (this.tls ? this.onEnd?.() : this.#fail(new TlsError('not-tls', { received: this.#buffer }), false));
    socket.onError = (errno) => this.onError?.(errno);
    socket.onClose = () => this.onClose?.();
    if (this.#client) this.#handshake({ sni: this.#client.serverName, alpn: this.#client.alpn ?? ['h2', 'http/1.1'] }, 517);
  }

  writeBytes(bytes: string): void {
    for (let i = 0; i < bytes.length; i += RECORD) {
      const piece = i === 0 && bytes.length <= RECORD ? bytes : bytes.slice(i, i + RECORD);
      this.socket.writeBytes(record(DATA, piece, 17), true);
    }
  }
  end(): void {
    if (this.tls) this.socket.writeBytes(record(ALERT, '\x01\x00', 17), true);
    this.socket.end();
  }
  close(): void {
    if (this.tls) this.socket.writeBytes(record(ALERT, '\x01\x00', 17), true);
    this.socket.close();
  }
  abort(): void {
    this.socket.abort();
  }

  #feed(bytes: string): void {
    this.#buffer = this.#buffer === '' ? bytes : this.#buffer + bytes;
    if (this.#failed) return;
    if (!this.tls && this.#step === 0 && this.#buffer[0] !== HANDSHAKE && this.#buffer[0] !== ALERT) return this.#fail(new TlsError('not-tls', { received: this.#buffer, name: this.#client?.serverName ?? '' }), this.#server === undefined);
    const data: string[] = [];
    let at = 0;
    const all = this.#buffer;
    while (all.length - at >= 5) {
      const size = (all.charCodeAt(at + 3) << 8) | all.charCodeAt(at + 4);
      if (all.length - at < 5 + size) break;
      const type = all[at]!;
      const body = all.slice(at + 5, at + 5 + size);
      at += 5 + size;
      if (type === DATA && this.tls) data.push(body.slice(0, -17));
      else if (type === HANDSHAKE) {
        this.#buffer = '';
        this.#message(body);
        if (this.#failed) return;
      } else if (type === ALERT && !this.tls) return this.#fail(new TlsError('bad-certificate'), false);
    }
    this.#buffer = all.slice(at);
    if (data.length > 0) this.onBytes?.(data.length === 1 ? data[0]! : data.join(''));
  }

  /** The peer's next handshake message. */
  #message(body: string): void {
    this.#step++;
    const m = JSON.parse(fromBytes(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1))) as Hello;
    if (this.#server) {
      if (this.#step === 1) {
        const { requestCert = false, alpn: mine = ['h2', 'http/1.1'], select, ...own } = this.#server;
      const cert = select ? select(m.sni) : own;
      // No certificate for that name: the connection is closed without a word (Envoy's filter chains).
      if (!cert) return this.#fail(new TlsError('bad-certificate'), true);
        this.#info.serverName = m.sni;
        this.#info.alpn = mine.find((p) => m.alpn?.includes(p));
        this.#info.certRequested = requestCert;
        this.#handshake({ cert, request: requestCert, protocol: this.#info.alpn }, 1480 + 24 * (cert.sans?.length ?? 0));
      } else {
        this.#info.peer = m.cert;
        this.tls = this.#info;
        this.onOpen?.();
      }
      return;
    }
    const client = this.#client!;
    this.#info = { peer: m.cert, serverName: client.serverName, alpn: m.protocol, certRequested: m.request ?? false };
    const problem = client.insecure ? undefined : verify(m.cert!, client, this.socket.ns.world.clock.now);
    if (problem) {
      this.socket.writeBytes(record(ALERT, '\x02\x30', 0), true);
      return this.#fail(problem, true);
    }
    this.#handshake({ cert: m.request ? client.cert : undefined }, m.request ? (client.cert ? 1250 : 88) : 64);
    this.tls = this.#info;
    this.onOpen?.();
  }

  #handshake(message: Hello, size: number): void {
    const text = toBytes(JSON.stringify(message));
    this.socket.writeBytes(record(HANDSHAKE, text, Math.max(0, size - text.length - 5)), true);
  }

  #fail(error: TlsError, close: boolean): void {
    if (this.#failed) return;
    this.#failed = true;
    if (close) this.socket.close();
    this.onError?.(error);
  }
}

interface Hello {
  sni?: string | undefined;
  alpn?: string[];
  cert?: Certificate | undefined;
  request?: boolean;
  protocol?: string | undefined;
}

function record(type: string, body: string, extra: number): string {
  const size = body.length + extra;
  return `${type}\x03\x03${String.fromCharCode(size >> 8, size & 255)}${body}${'\x00'.repeat(extra)}`;
}

function verify(cert: Certificate, client: TlsClientOptions, now: Micros): TlsError | undefined {
  const name = client.serverName ?? '';
  const facts = { certificate: cert, name };
  if (cert.notAfter !== undefined && now > cert.notAfter) return new TlsError('expired', facts);
  if (cert.notBefore !== undefined && now < cert.notBefore) return new TlsError('not-yet-valid', facts);
  if (!(client.ca ?? []).includes(cert.ca)) return new TlsError('unknown-authority', facts);
  if (name !== '' && !(cert.sans ?? []).some((san) => matchesName(san, name))) return new TlsError('name-mismatch', facts);
  return undefined;
}

function matchesName(san: string, name: string): boolean {
  if (san === name) return true;
  const a = parseIpv4(san), b = parseIpv4(name);
  if (a !== undefined && b !== undefined) return inPrefix(a, b, 32);
  return san.startsWith('*.') && name.includes('.') && name.slice(name.indexOf('.')) === san.slice(1);
}
