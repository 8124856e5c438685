/** Names that controllers make from what they hash: pod-template-hash, controller-revision-hash, names of Jobs. */

/** hash/fnv New32a over UTF-8 text. */
export function fnv32a(text: string, seed = 0x811c9dc5): number {
  let h = seed;
  for (const byte of utf8(text)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

/** hash/fnv New32 (multiply, then xor). */
export function fnv32(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of utf8(text)) h = Math.imul(h, 0x01000193) ^ byte;
  return h >>> 0;
}

const SAFE = 'bcdfghjklmnpqrstvwxz2456789';

/** rand.SafeEncodeString(fmt.Sprint(hash)) */
export function safeEncode(hash: number): string {
  return [...String(hash)].map((digit) => SAFE[digit.charCodeAt(0) % SAFE.length]).join('');
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** encoding/json of a map: keys in order, and `<`, `>`, `&` escaped. */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const o = value as Record<string, unknown>;
    return `{${Object.keys(o).filter((k) => o[k] !== undefined).sort().map((k) => `${goJson(k)}:${goJson(o[k])}`).join(',')}}`;
  }
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
