/** Text and bytes. On the wire a string holds bytes: one character is one byte. */

const WIDE = /[^\x00-\x7f]/;
const encoder = new TextEncoder();

/** UTF-8 of a text, as a string of bytes. */
export function toBytes(text: string): string {
  if (!WIDE.test(text)) return text;
  const bytes = encoder.encode(text);
  let out = '';
  for (let i = 0; i < bytes.length; i += 8192) out += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return out;
}

/** The text that a string of bytes is as UTF-8. */
export function fromBytes(bytes: string): string {
  if (!WIDE.test(bytes)) return bytes;
  return new TextDecoder('utf-8').decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
}

/** Turns bytes into text piece by piece: a character that is cut waits for its rest. */
export class Utf8 {
  #rest = '';

  decode(bytes: string): string {
    if (this.#rest === '' && !WIDE.test(bytes)) return bytes;
    const all = this.#rest + bytes;
    let end = all.length;
    for (let back = 1; back <= 3 && back <= all.length; back++) {
      const code = all.charCodeAt(all.length - back);
      if (code < 0x80) break;
      if (code >= 0xc0) {
        if (back < (code >= 0xf0 ? 4 : code >= 0xe0 ? 3 : 2)) end = all.length - back;
        break;
      }
    }
    this.#rest = all.slice(end);
    return fromBytes(all.slice(0, end));
  }
}
