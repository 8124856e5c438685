/** HTTP/1.1 messages on the wire (RFC 9112), read piece by piece. */

export interface Head {
  /** Request line. */
  method: string;
  target: string;
  /** Status line. */
  status: number;
  reason: string;
  version: string;
  /** Names in lower case; repeated ones joined with ', '. */
  headers: Record<string, string>;
  /** As they came. */
  rawHeaders: [string, string][];
}

export interface ParserEvents {
  onHead(head: Head): void;
  /** A piece of the body: bytes. */
  onChunk(bytes: string): void;
  onMessage(): void;
  onBad(line: string): void;
}

/** Reads messages of one direction of a connection. */
export class HttpParser {
  readonly #kind: 'request' | 'response';
  readonly #on: ParserEvents;
  #buffer = '';
  #state: 'head' | 'length' | 'chunk-size' | 'chunk' | 'trailer' | 'until-close' | 'raw' | 'bad' = 'head';
  #left = 0;
  /** The next response has no body whatever its headers say (HEAD). */
  noBody = false;

  constructor(kind: 'request' | 'response', on: ParserEvents) {
    this.#kind = kind;
    this.#on = on;
  }

  get atStart(): boolean {
    return this.#state === 'head' && this.#buffer === '';
  }

  /** From now on nothing is read as HTTP; returns what came already. */
  takeOver(): string {
    this.#state = 'raw';
    const rest = this.#buffer;
    this.#buffer = '';
    return rest;
  }

  feed(bytes: string): void {
    if (this.#state === 'bad') return;
    this.#buffer = this.#buffer === '' ? bytes : this.#buffer + bytes;
    while (this.#step());
  }

  /** The connection has ended: that may be the end of the body. False when a message is cut off. */
  end(): boolean {
    if (this.#state === 'until-close') {
      this.#state = 'head';
      this.#on.onMessage();
      return true;
    }
    return this.atStart;
  }

  #step(): boolean {
    switch (this.#state) {
      case 'head': {
        const end = this.#buffer.indexOf('\r\n\r\n');
        const first = this.#buffer.indexOf('\n');
        if (first >= 0 || this.#buffer.length > 512) {
          const line = first >= 0 ? this.#buffer.slice(0, first).replace(/\r$/, '') : this.#buffer;
          if (!(this.#kind === 'request' ? /^[A-Z]+ \S+ HTTP\/1\.[01]$/ : /^HTTP\/1\.[01] \d{3}/).test(line)) {
            this.#state = 'bad';
            this.#on.onBad(line);
            return false;
          }
        }
        if (end < 0) return false;
        const head = parseHead(this.#buffer.slice(0, end), this.#kind);
        this.#buffer = this.#buffer.slice(end + 4);
        this.#begin(head);
        return true;
      }
      case 'length':
      case 'chunk': {
        if (this.#buffer === '') return false;
        const piece = this.#buffer.length <= this.#left ? this.#buffer : this.#buffer.slice(0, this.#left);
        this.#buffer = this.#buffer.length <= this.#left ? '' : this.#buffer.slice(this.#left);
        this.#left -= piece.length;
        if (this.#state === 'chunk') {
          if (this.#left === 0) this.#state = 'chunk-size';
          const text = this.#left === 0 ? piece.slice(0, -2) : this.#left === 1 ? piece.slice(0, -1) : piece;
          if (text !== '') this.#on.onChunk(text);
        } else {
          const done = this.#left === 0;
          this.#on.onChunk(piece);
          if (done) this.#done();
        }
        return true;
      }
      case 'chunk-size': {
        const end = this.#buffer.indexOf('\r\n');
        if (end < 0) return false;
        const size = parseInt(this.#buffer.slice(0, end), 16);
        this.#buffer = this.#buffer.slice(end + 2);
        this.#left = size + 2;
        this.#state = size === 0 ? 'trailer' : 'chunk';
        return true;
      }
      case 'trailer': {
        const end = this.#buffer.indexOf('\r\n');
        if (end < 0) return false;
        const line = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        if (line === '') this.#done();
        return true;
      }
      case 'until-close': {
        const piece = this.#buffer;
        this.#buffer = '';
        if (piece !== '') this.#on.onChunk(piece);
        return false;
      }
      default:
        return false;
    }
  }

  #begin(head: Head): void {
    const length = head.headers['content-length'];
    const empty = this.#kind === 'response' && (this.noBody || head.status === 204 || head.status === 304 || head.status === 101 || head.status === 100);
    if (empty) this.#state = 'head';
    else if (/chunked/i.test(head.headers['transfer-encoding'] ?? '')) this.#state = 'chunk-size';
    else if (length !== undefined) {
      this.#left = Number(length);
      this.#state = 'length';
    } else this.#state = this.#kind === 'request' ? 'head' : 'until-close';
    const none = empty || this.#state === 'head' || (this.#state === 'length' && this.#left === 0);
    this.#on.onHead(head);
    if (none && this.#state !== ('raw' as string)) this.#done();
  }

  #done(): void {
    this.#state = 'head';
    this.#on.onMessage();
  }
}

/** Headers by name, or as a list where a name may come more than once (Set-Cookie). */
export type Headers = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

export function headerList(headers: Headers): [string, string][] {
  return Array.isArray(headers) ? [...(headers as [string, string][])] : Object.entries(headers as Record<string, string>);
}

/** The first line and the headers, as bytes for the wire. */
export function formatHead(first: string, headers: Headers): string {
  let text = `${first}\r\n`;
  for (const [name, value] of headerList(headers)) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}

export const REASONS: Record<number, string> = {
  100: 'Continue', 101: 'Switching Protocols', 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 206: 'Partial Content', 301: 'Moved Permanently', 302: 'Found',
  303: 'See Other', 304: 'Not Modified', 307: 'Temporary Redirect', 308: 'Permanent Redirect', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found',
  405: 'Method Not Allowed', 406: 'Not Acceptable', 408: 'Request Timeout', 409: 'Conflict', 410: 'Gone', 411: 'Length Required', 413: 'Request Entity Too Large',
  415: 'Unsupported Media Type', 422: 'Unprocessable Entity', 426: 'Upgrade Required', 429: 'Too Many Requests', 500: 'Internal Server Error', 501: 'Not Implemented',
  502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout', 505: 'HTTP Version Not Supported',
};

function parseHead(text: string, kind: 'request' | 'response'): Head {
  const lines = text.split('\r\n');
  const head: Head = { method: '', target: '', status: 0, reason: '', version: '', headers: {}, rawHeaders: [] };
  const [a = '', b = '', ...rest] = lines[0]!.split(' ');
  if (kind === 'request') {
    head.method = a;
    head.target = b;
    head.version = rest.join(' ');
  } else {
    head.version = a;
    head.status = Number(b);
    head.reason = rest.join(' ');
  }
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon), value = line.slice(colon + 1).trim();
    const key = name.toLowerCase();
    head.headers[key] = head.headers[key] === undefined ? value : `${head.headers[key]}, ${value}`;
    head.rawHeaders.push([name, value]);
  }
  return head;
}
