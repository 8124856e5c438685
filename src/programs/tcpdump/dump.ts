/** The bytes of a packet as -x, -X and -A show them (print-ascii.c). */

const PER_LINE = 16;
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');
const graphic = (byte: number) => byte > 32 && byte < 127;

/** -x: with an offset, two bytes a word; `ascii` (-X) adds them as text. Each line begins with a newline. */
export function hexDump(bytes: ArrayLike<number>, ascii: boolean): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    let words = '', text = '';
    for (let i = at; i < Math.min(at + PER_LINE, bytes.length); i++) {
      words += `${(i - at) % 2 === 0 ? ' ' : ''}${hex(bytes[i]!, 2)}`;
      text += graphic(bytes[i]!) ? String.fromCharCode(bytes[i]!) : '.';
    }
    out += `\n\t0x${hex(at, 4)}: ${ascii ? `${words.padEnd(PER_LINE * 2.5)}  ${text}` : words}`;
  }
  return out;
}

export function hex4(n: number): string {
  return `0x${hex(n, 4)}`;
}

/** -A: as text; a carriage return before a newline is left out. */
export function asciiDump(bytes: ArrayLike<number>): string {
  let out = '\n';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === 13 && bytes[i + 1] === 10) continue;
    out += graphic(byte) || byte === 9 || byte === 32 || byte === 10 ? String.fromCharCode(byte) : '.';
  }
  return out;
}
