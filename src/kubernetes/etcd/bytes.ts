/** Bytes put together one after another. */
export class Bytes {
  #data = new Uint8Array(256);
  #length = 0;

  add(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#data.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** An unsigned number in `size` bytes, the highest first. */
  bigEndian(value: number | bigint, size: number): this {
    const out = new Uint8Array(size);
    for (let i = size - 1, v = BigInt(value); i >= 0; i--, v >>= 8n) out[i] = Number(v & 255n);
    return this.add(out);
  }

  /** The same, the lowest first. */
  littleEndian(value: number | bigint, size: number): this {
    const out = new Uint8Array(size);
    for (let i = 0, v = BigInt(value); i < size; i++, v >>= 8n) out[i] = Number(v & 255n);
    return this.add(out);
  }

  /** Protocol Buffers' variable length integer. */
  varint(value: number | bigint): this {
    const out: number[] = [];
    let v = BigInt(value);
    for (; v > 127n; v >>= 7n) out.push(Number(v & 127n) | 128);
    out.push(Number(v));
    return this.add(Uint8Array.from(out));
  }

  get length(): number {
    return this.#length;
  }

  done(): Uint8Array {
    return this.#data.slice(0, this.#length);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#data.length) return;
    const bigger = new Uint8Array(Math.max(this.#data.length * 2, this.#length + more));
    bigger.set(this.#data);
    this.#data = bigger;
  }
}

/** Protocol Buffers' variable length integer at `at`, and where the next thing begins. */
export function readVarint(bytes: Uint8Array, at: number): [value: bigint, next: number] {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[at++]!;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return [value, at];
  }
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const fromUtf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** memcmp(3) */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** CRC-32C (Castagnoli), over pieces one after another. */
export class Crc32c {
  #crc = -1;

  add(bytes: Uint8Array): this {
    let crc = this.#crc;
    for (const byte of bytes) crc = CASTAGNOLI[(crc ^ byte) & 255]! ^ (crc >>> 8);
    this.#crc = crc;
    return this;
  }

  get sum(): number {
    return ~this.#crc >>> 0;
  }
}
const CASTAGNOLI = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0x82f63b78 ^ (c >>> 1) : c >>> 1;
  return c;
});
