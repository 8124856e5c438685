import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';

/** The server's end of a WebSocket (RFC 6455): binary messages both ways. */
export class WebSocketConnection {
  onMessage: (data: Buffer) => void = () => {};
  onClose: () => void = () => {};
  readonly #socket: Duplex;
  #pending = Buffer.alloc(0);
  #fragments: Buffer[] = [];
  #closed = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('data', (data: Buffer) => this.#frames(data));
    socket.on('close', () => this.#gone());
    socket.on('error', () => this.#gone());
  }

  send(data: Buffer): void {
    this.#frame(2, data);
  }

  /** Says goodbye with status 1000 and ends the connection. */
  close(): void {
    if (this.#closed) return;
    this.#frame(8, Buffer.from([0x03, 0xe8]));
    this.#socket.end();
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onClose();
  }

  #frames(data: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, data]);
    for (;;) {
      const frame = parseFrame(this.#pending);
      if (!frame) return;
      this.#pending = this.#pending.subarray(frame.size);
      this.#take(frame);
    }
  }

  #take({ opcode, fin, payload }: Frame): void {
    if (opcode === 8) return this.close();
    if (opcode === 9) return this.#frame(10, payload);
    if (opcode === 10) return;
    this.#fragments.push(payload);
    if (!fin) return;
    const message = Buffer.concat(this.#fragments);
    this.#fragments = [];
    this.onMessage(message);
  }

  #frame(opcode: number, payload: Buffer): void {
    if (this.#closed || this.#socket.destroyed) return;
    const n = payload.length;
    const head = Buffer.alloc(n < 126 ? 2 : n < 65536 ? 4 : 10);
    head[0] = 0x80 | opcode;
    head[1] = n < 126 ? n : n < 65536 ? 126 : 127;
    if (n >= 65536) head.writeBigUInt64BE(BigInt(n), 2);
    else if (n >= 126) head.writeUInt16BE(n, 2);
    this.#socket.write(Buffer.concat([head, payload]));
  }
}

/** The value of Sec-WebSocket-Accept that answers a Sec-WebSocket-Key. */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

interface Frame {
  opcode: number;
  fin: boolean;
  payload: Buffer;
  size: number;
}

function parseFrame(data: Buffer): Frame | undefined {
  if (data.length < 2) return undefined;
  let n = data[1]! & 0x7f, at = 2;
  if (n === 126) {
    if (data.length < 4) return undefined;
    n = data.readUInt16BE(2);
    at = 4;
  } else if (n === 127) {
    if (data.length < 10) return undefined;
    n = Number(data.readBigUInt64BE(2));
    at = 10;
  }
  const masked = (data[1]! & 0x80) !== 0;
  const size = at + (masked ? 4 : 0) + n;
  if (data.length < size) return undefined;
  const payload = Buffer.from(data.subarray(size - n, size));
  if (masked) for (let i = 0; i < n; i++) payload[i]! ^= data[at + (i & 3)]!;
  return { opcode: data[0]! & 0x0f, fin: (data[0]! & 0x80) !== 0, payload, size };
}
