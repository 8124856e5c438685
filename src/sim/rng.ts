/** Alphabet of generated names (k8s.io/apimachinery/pkg/util/rand): no vowels, nothing easily confused. */
const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * Seeded randomness (sfc32). Streams forked by name are independent of each other, so that one component drawing a
 * number more does not change what another one draws.
 */
export class Rng {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: string) {
    this.#seed = seed;
    [this.#a, this.#b, this.#c] = hash(seed);
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** An independent stream that depends on this stream's seed and on `name` only. */
  fork(name: string): Rng {
    return new Rng(`${this.#seed}/${name}`);
  }

  /** 0 … 2³²-1 */
  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#c |= 0;
    return t >>> 0;
  }

  /** [0, 1) */
  float(): number {
    return this.uint32() / 4294967296;
  }

  /** An integer from 0 to n-1. */
  int(n: number): number {
    return Math.floor(this.float() * n);
  }

  /** An integer from low to high, both included. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }

  hex(digits: number): string {
    let out = '';
    while (out.length < digits) out += this.uint32().toString(16).padStart(8, '0');
    return out.slice(0, digits);
  }

  /** A suffix as Kubernetes generates them: `-x7k2p`. */
  suffix(length: number): string {
    let out = '';
    for (let i = 0; i < length; i++) out += SAFE[this.int(SAFE.length)];
    return out;
  }

  /** A random (version 4) UUID. */
  uuid(): string {
    const h = this.hex(32);
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-${'89ab'[this.int(4)]}${h.slice(17, 20)}-${h.slice(20)}`;
  }

  /** A locally administered unicast MAC address. */
  mac(): string {
    const bytes = Array.from({ length: 6 }, () => this.int(256));
    bytes[0] = (bytes[0]! & 0xfc) | 0x02;
    return bytes.map((b) => b.toString(16).padStart(2, '0')).join(':');
  }
}

/** Three 32-bit words from a string (cyrb128's mixing). */
function hash(text: string): [number, number, number] {
  let a = 1779033703, b = 3144134277, c = 1013904242;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ k, 597399067);
    b = c ^ Math.imul(b ^ k, 2869860233);
    c = a ^ Math.imul(c ^ k, 951274213);
  }
  return [Math.imul(c ^ (a >>> 18), 597399067) | 0, Math.imul(a ^ (b >>> 22), 2869860233) | 0, Math.imul(b ^ (c >>> 17), 951274213) | 0];
}
