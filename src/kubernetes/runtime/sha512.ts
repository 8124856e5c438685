const MASK = (1n << 64n) - 1n;

/** SHA-512 (FIPS 180-4) of the UTF-8 of a text, in hexadecimal: how the CNI plugins and netavark name their chains. */
export function sha512Hex(text: string): string {
  const data = new TextEncoder().encode(text);
  const padded = new Uint8Array((((data.length + 16) >> 7) + 1) << 7);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
  const h = roots(8, 2n);
  const w = new Array<bigint>(80);
  for (let block = 0; block < padded.length; block += 128) {
    for (let i = 0; i < 16; i++) w[i] = view.getBigUint64(block + 8 * i);
    for (let i = 16; i < 80; i++) {
      const x = w[i - 15]!, y = w[i - 2]!;
      w[i] = (w[i - 16]! + (rotate(x, 1n) ^ rotate(x, 8n) ^ (x >> 7n)) + w[i - 7]! + (rotate(y, 19n) ^ rotate(y, 61n) ^ (y >> 6n))) & MASK;
    }
    let [a, b, c, d, e, f, g, k] = h as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    for (let i = 0; i < 80; i++) {
      const t = k + (rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n)) + ((e & f) ^ (~e & MASK & g)) + K[i]! + w[i]!;
      const u = (rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
      k = g; g = f; f = e; e = (d + t) & MASK; d = c; c = b; b = a; a = (t + u) & MASK;
    }
    [a, b, c, d, e, f, g, k].forEach((v, i) => (h[i] = (h[i]! + v) & MASK));
  }
  return h.map((word) => word.toString(16).padStart(16, '0')).join('');
}

function rotate(x: bigint, n: bigint): bigint {
  return (x >> n) | ((x << (64n - n)) & MASK);
}

/** The first 64 bits of the fractional parts of the n-th roots of the first primes. */
function roots(count: number, n: bigint): bigint[] {
  const out: bigint[] = [];
  for (let p = 2; out.length < count; p++) {
    let prime = true;
    for (let d = 2; d * d <= p; d++) if (p % d === 0) prime = false;
    if (prime) out.push(root(BigInt(p) << (64n * n), n) & MASK);
  }
  return out;
}

/** The integer n-th root, by bisection. */
function root(value: bigint, n: bigint): bigint {
  let low = 0n, high = 1n << 70n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** n <= value) low = middle;
    else high = middle;
  }
  return low;
}

const K = roots(80, 3n);
