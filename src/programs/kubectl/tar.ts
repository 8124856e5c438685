/** Archives as tar(5) ustar keeps them; text is one character a byte beyond ASCII left as it is. */
export interface TarEntry {
  kind: 'file' | 'dir';
  name: string;
  mode: number;
  content: string;
}

const BLOCK = 512;

export function writeTar(entries: TarEntry[]): string {
  let out = '';
  for (const e of entries) {
    const size = e.content.length;
    const field = (text: string, length: number) => text.slice(0, length).padEnd(length, '\0');
    const octal = (n: number, length: number) => `${n.toString(8).padStart(length - 1, '0')}\0`;
    const head = field(e.name, 100) + octal(e.mode & 0o7777, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12);
    const tail = `${e.kind === 'dir' ? '5' : '0'}${'\0'.repeat(100)}ustar\0${'00'}${field('root', 32)}${field('root', 32)}${octal(0, 8)}${octal(0, 8)}${'\0'.repeat(167)}`;
    let sum = 8 * 32;
    for (const c of head + tail) sum += c.charCodeAt(0) & 0xff;
    out += `${head}${sum.toString(8).padStart(6, '0')}\0 ${tail}${e.content}${'\0'.repeat((BLOCK - (size % BLOCK)) % BLOCK)}`;
  }
  return out + '\0'.repeat(2 * BLOCK);
}

export function readTar(text: string): TarEntry[] {
  const out: TarEntry[] = [];
  for (let at = 0; at + BLOCK <= text.length && text[at] !== '\0'; ) {
    const field = (from: number, length: number) => text.slice(at + from, at + from + length).replace(/\0.*$/s, '');
    const size = parseInt(field(124, 12), 8) || 0, prefix = field(345, 155);
    out.push({ kind: text[at + 156] === '5' ? 'dir' : 'file', name: (prefix ? `${prefix}/` : '') + field(0, 100), mode: parseInt(field(100, 8), 8) || 0o644, content: text.slice(at + BLOCK, at + BLOCK + size) });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return out;
}
