import { createDeflate, createInflate, constants, type Deflate, type Inflate } from 'node:zlib';
import { DICTIONARY } from './spdy-dictionary.ts';

/**
 * The server's end of a SPDY/3.1 connection, as much as kubectl's streams need (client-go's k8s.io/apimachinery/pkg/util/httpstream/spdy
 * over moby/spdystream, which knows no flow control either).
 */
export interface SpdyStream {
  readonly id: number;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  onData: (data: Buffer) => void;
  /** The client has sent everything. */
  onEnd: () => void;
  write(data: Buffer): void;
  /** Half-closes from our side. */
  end(): void;
}

const FIN = 1;
const SYN_STREAM = 1, SYN_REPLY = 2, RST_STREAM = 3, PING = 6, GOAWAY = 7;

export class SpdyConnection {
  onStream: (stream: SpdyStream) => void = () => {};
  readonly #send: (frame: Buffer) => void;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #inflate: Inflate = createInflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH });
  readonly #deflate: Deflate = createDeflate({ dictionary: DICTIONARY, flush: constants.Z_SYNC_FLUSH });
  #pending = Buffer.alloc(0);
  /** Frames are handled one after another; decompression takes a turn of the event loop, replies another. */
  #reading: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();

  constructor(send: (frame: Buffer) => void) {
    this.#send = send;
  }

  receive(data: Buffer): void {
    this.#reading = this.#reading.then(() => this.#frames(data));
  }

  /** Resolves when everything written so far has been handed on. */
  drained(): Promise<void> {
    return this.#writing;
  }

  async #frames(data: Buffer): Promise<void> {
    this.#pending = Buffer.concat([this.#pending, data]);
    while (this.#pending.length >= 8) {
      const length = this.#pending.readUIntBE(5, 3);
      if (this.#pending.length < 8 + length) return;
      const head = this.#pending.subarray(0, 8), body = this.#pending.subarray(8, 8 + length);
      this.#pending = this.#pending.subarray(8 + length);
      if (head[0]! & 0x80) await this.#control(head.readUInt16BE(2), head[4]!, body);
      else this.#data(head.readUInt32BE(0), head[4]!, body);
    }
  }

  async #control(type: number, flags: number, body: Buffer): Promise<void> {
    switch (type) {
      case SYN_STREAM: {
        const id = body.readUInt32BE(0) & 0x7fffffff;
        const headers = readHeaders(await through(this.#inflate, body.subarray(10)));
        const stream: SpdyStream = { id, headers, onData: () => {}, onEnd: () => {}, write: (data) => this.#enqueue(() => dataFrames(id, data)), end: () => this.#enqueue(() => [dataFrame(id, FIN, Buffer.alloc(0))]) };
        this.#streams.set(id, stream);
        this.#reply(id);
        this.onStream(stream);
        if (flags & FIN) stream.onEnd();
        return;
      }
      case RST_STREAM:
        this.#end(body.readUInt32BE(0) & 0x7fffffff);
        return;
      case PING:
        this.#enqueue(() => [controlFrame(PING, 0, body)]);
        return;
      case GOAWAY:
        for (const id of [...this.#streams.keys()]) this.#end(id);
        return;
      default: // settings, headers and window updates ask for nothing here
    }
  }

  #data(id: number, flags: number, body: Buffer): void {
    const stream = this.#streams.get(id);
    if (body.length > 0) stream?.onData(body);
    if (flags & FIN) this.#end(id);
  }

  #end(id: number): void {
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.onEnd();
  }

  #reply(id: number): void {
    const stream = Buffer.alloc(4);
    stream.writeUInt32BE(id);
    this.#writing = this.#writing.then(async () => {
      const block = await through(this.#deflate, Buffer.alloc(4));
      this.#send(controlFrame(SYN_REPLY, 0, Buffer.concat([stream, block])));
    });
  }

  #enqueue(frames: () => Buffer[]): void {
    this.#writing = this.#writing.then(() => frames().forEach((frame) => this.#send(frame)));
  }
}

function through(stream: Inflate | Deflate, data: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const take = (part: Buffer) => void parts.push(part);
    stream.on('data', take).once('error', reject);
    stream.write(data, () => {
      stream.off('data', take).off('error', reject);
      resolve(Buffer.concat(parts));
    });
  });
}

function readHeaders(block: Buffer): Record<string, string> {
  let at = 0;
  const number = () => block.readUInt32BE((at += 4) - 4);
  const text = () => {
    const length = number();
    return block.toString('utf8', at, (at += length));
  };
  const headers: Record<string, string> = {};
  for (let left = number(); left > 0; left--) {
    const name = text();
    headers[name.toLowerCase()] = text();
  }
  return headers;
}

function dataFrames(id: number, data: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < data.length; at += 32768) frames.push(dataFrame(id, 0, data.subarray(at, at + 32768)));
  return frames;
}

function dataFrame(id: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(id);
  head[4] = flags;
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003);
  head.writeUInt16BE(type, 2);
  head[4] = flags;
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}
