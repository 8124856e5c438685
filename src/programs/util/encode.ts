import { toBase64 } from '../../kubernetes/api/base64.ts';
/** base64, md5sum, sha256sum, sha1sum, od, xxd, hexdump, strings, file: bytes as text. */
import { Fatal, linesOf, multi, tool, Usage, type Tool } from '../coreutils/tool.ts';
import { md5, sha1, sha256 } from '../../linux/digest.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What is in a file that is named: its bytes as they are, where it is not text; else those of the text that was read. */
function content(t: Tool, path: string, text: string): Uint8Array {
  const { fs, cwd } = t.process;
  const found = path !== '-' && fs.exists(path, cwd) ? fs.readContent(path, cwd) : text;
  return typeof found === 'string' ? bytesOf(text) : found;
}

const B64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Undefined when it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  const clean = text.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(clean) || clean.length % 4 === 1) return undefined;
  const out: number[] = [];
  let n = 0, bits = 0;
  for (const c of clean.replace(/=+$/, '')) {
    n = ((n << 6) | B64.indexOf(c)) & 0xffffff;
    bits += 6;
    if (bits >= 8) out.push((n >> (bits -= 8)) & 255);
  }
  return new Uint8Array(out);
}

const base64 = tool(async (t) => {
  t.parse({ short: 'dw:i', long: { decode: 'd', wrap: 'w:', 'ignore-garbage': 'i' } });
  const stream = t.open(t.args[0] ?? '-');
  if (!stream) return 1;
  const text = await t.slurp(stream);
  if (t.has('d')) {
    const found = fromBase64(text);
    if (!found) {
      const good = /^[A-Za-z0-9+/]*/.exec(text.replace(/\s+/g, ''))![0];
      await t.out(new TextDecoder().decode(fromBase64(good.slice(0, good.length - (good.length % 4))) ?? new Uint8Array()));
      throw new Fatal('invalid input');
    }
    await t.out(new TextDecoder().decode(found));
    return 0;
  }
  const encoded = toBase64(content(t, t.args[0] ?? '-', text)), width = Number(t.get('w') ?? 76);
  if (width === 0) await t.out(encoded);
  else if (encoded !== '') await t.out(`${encoded.match(new RegExp(`.{1,${width}}`, 'g'))!.join('\n')}\n`);
  return 0;
});

const sum = (digest: (bytes: Uint8Array) => string, label: string) => tool(async (t) => {
  t.parse({ short: 'cbtz', long: { check: 'c', binary: 'b', text: 't', tag: '', quiet: '', status: '' } });
  if (t.has('c')) {
    for await (const { text } of t.inputs()) for (const line of linesOf(text)) {
      const m = /^([0-9a-f]+) [ *](.*)$/.exec(line);
      if (!m) continue;
      const stream = t.open(m[2]!);
      const ok = stream && digest(content(t, m[2]!, await t.slurp(stream))) === m[1];
      if (!ok) t.code = 1;
      await t.out(`${m[2]}: ${ok ? 'OK' : 'FAILED'}\n`);
    }
    if (t.code) await t.process.err(`${t.name}: WARNING: 1 computed checksum did NOT match\n`);
    return t.code;
  }
  for await (const { name, text } of t.inputs()) {
    const found = digest(content(t, name, text));
    await t.out(t.has('tag') ? `${label} (${name}) = ${found}\n` : `${found}  ${name}\n`);
  }
  return t.code;
});

const hex = (n: number, width: number) => n.toString(16).padStart(width, '0');
const printable = (b: number) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.');

const xxd = tool(async (t) => {
  t.parse({ short: 'pl:c:s:ru' });
  const stream = t.open(t.args[0] ?? '-', { code: 2 });
  if (!stream) return 2;
  let bytes = content(t, t.args[0] ?? '-', await t.slurp(stream));
  if (t.has('l')) bytes = bytes.slice(0, Number(t.get('l')));
  if (t.has('p')) return void (await t.out([...bytes].map((b) => hex(b, 2)).join('').replace(/.{60}(?=.)/g, '$&\n') + '\n'));
  const cols = Number(t.get('c') ?? 16);
  for (let i = 0; i < bytes.length; i += cols) {
    const row = [...bytes.slice(i, i + cols)];
    const pairs = row.map((b, k) => hex(b, 2) + (k % 2 === 1 ? ' ' : '')).join('');
    await t.out(`${hex(i, 8)}: ${pairs.padEnd(cols * 2 + cols / 2 + 1)}${row.map(printable).join('').replace(/^/, '')}\n`);
  }
  return 0;
});

const hexdump = tool(async (t) => {
  t.parse({ short: 'Cn:v' });
  const stream = t.open(t.args[0] ?? '-');
  if (!stream) return 1;
  let bytes = content(t, t.args[0] ?? '-', await t.slurp(stream));
  if (t.has('n')) bytes = bytes.slice(0, Number(t.get('n')));
  const width = t.has('C') ? 8 : 7;
  for (let i = 0; i < bytes.length; i += 16) {
    const row = [...bytes.slice(i, i + 16)];
    if (t.has('C')) {
      const cells = Array.from({ length: 16 }, (_, k) => (k < row.length ? hex(row[k]!, 2) : '  '));
      await t.out(`${hex(i, width)}  ${cells.slice(0, 8).join(' ')}  ${cells.slice(8).join(' ')}  |${row.map(printable).join('')}|\n`);
    } else {
      const words = [];
      for (let k = 0; k < row.length; k += 2) words.push(hex(row[k]! | ((row[k + 1] ?? 0) << 8), 4));
      await t.out(`${hex(i, width)} ${words.join(' ')}\n`);
    }
  }
  if (bytes.length > 0) await t.out(`${hex(bytes.length, width)}\n`);
  return 0;
});

const od = tool(async (t) => {
  t.parse({ short: 'A:t:cxbN:v', long: { 'address-radix': 'A:', format: 't:' } });
  const stream = t.open(t.args[0] ?? '-');
  if (!stream) return 1;
  let bytes = content(t, t.args[0] ?? '-', await t.slurp(stream));
  if (t.has('N')) bytes = bytes.slice(0, Number(t.get('N')));
  const radix = t.get('A') ?? 'o', format = t.has('c') ? 'c' : (t.get('t') ?? (t.has('x') ? 'x2' : t.has('b') ? 'o1' : 'o2'));
  const address = (n: number) => (radix === 'n' ? '' : radix === 'x' ? hex(n, 6) : radix === 'd' ? String(n).padStart(7, '0') : n.toString(8).padStart(7, '0'));
  const named: Record<number, string> = { 0: '\\0', 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' };
  for (let i = 0; i < bytes.length; i += 16) {
    const row = [...bytes.slice(i, i + 16)];
    let text = '';
    if (format === 'c') text = row.map((b) => (named[b] ?? (b >= 32 && b < 127 ? String.fromCharCode(b) : b.toString(8).padStart(3, '0'))).padStart(4)).join('');
    else if (format === 'x1') text = row.map((b) => ` ${hex(b, 2)}`).join('');
    else if (format === 'o1') text = row.map((b) => ` ${b.toString(8).padStart(3, '0')}`).join('');
    else if (format === 'd1') text = row.map((b) => String((b << 24) >> 24).padStart(5)).join('');
    else if (format === 'u1') text = row.map((b) => String(b).padStart(4)).join('');
    else for (let k = 0; k < row.length; k += 2) {
      const word = row[k]! | ((row[k + 1] ?? 0) << 8);
      text += format.startsWith('x') ? ` ${hex(word, 4)}` : ` ${word.toString(8).padStart(6, '0')}`;
    }
    await t.out(`${address(i)}${text}\n`);
  }
  if (radix !== 'n') await t.out(`${address(bytes.length)}\n`);
  return 0;
});

const strings = tool(async (t) => {
  t.parse({ short: 'n:a', long: { bytes: 'n:' } });
  for await (const { text } of t.inputs()) await t.out((text.match(new RegExp(`[\\x20-\\x7e\\t]{${t.get('n') ?? 4},}`, 'g')) ?? []).map((s) => `${s}\n`).join(''));
});

const file = tool(async (t) => {
  t.parse({ short: 'bLi', long: { brief: 'b', mime: 'i' } });
  if (t.args.length === 0) throw new Usage('Usage: file [-bLi] file ...', { hint: false });
  for (const name of t.args) {
    const inode = t.has('L') ? t.find(name) : t.lstat(name);
    const text = inode?.kind === 'file' && !inode.program ? t.fs.readFile(name, t.cwd) : '';
    const kind = !inode ? `cannot open \`${name}' (No such file or directory)`
      : inode.kind === 'dir' ? (inode.mode & 0o1000 ? 'sticky, directory' : 'directory')
      : inode.kind === 'link' ? `symbolic link to ${inode.target}`
      : inode.kind === 'device' ? 'character special'
      : inode.program !== undefined ? 'ELF 64-bit LSB pie executable, x86-64, version 1 (SYSV), dynamically linked, interpreter /lib64/ld-linux-x86-64.so.2, for GNU/Linux 3.2.0, stripped'
      : text === '' ? 'empty'
      : /^#!\s*\S*\b(ba|da)?sh\b/.test(text) ? `${/bash/.test(text.split('\n')[0]!) ? 'Bourne-Again' : 'POSIX'} shell script, ASCII text executable`
      : /^\s*[[{]/.test(text) && isJson(text) ? 'JSON text data'
      : /^-----BEGIN CERTIFICATE/.test(text) ? 'PEM certificate'
      : /[^\x00-\x7f]/.test(text) ? 'Unicode text, UTF-8 text' : 'ASCII text';
    await t.out(t.has('b') ? `${kind}\n` : `${name}: ${kind}\n`);
  }
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export const main = multi({ base64, md5sum: sum(md5, 'MD5'), sha1sum: sum(sha1, 'SHA1'), sha256sum: sum(sha256, 'SHA256'), xxd, hexdump, hd: hexdump, od, strings, file });
