/** cat, tac, head, tail, wc, nl, rev, tee, seq, yes and their like: text by lines. */
import { FileError, byteLength } from '../../linux/files.ts';
import { OpenFile } from '../../linux/streams.ts';
import { openPath } from '../../linux/open.ts';
import { printf } from '../../shell/printf.ts';
import { SECOND } from '../../sim/clock.ts';
import { Fatal, linesOf, multi, tool, Usage } from './tool.ts';

const cat = tool(async (t) => {
  t.parse({ short: 'AbEensTtuv', long: { 'show-all': 'A', number: 'n', 'number-nonblank': 'b', 'show-ends': 'E', 'squeeze-blank': 's', 'show-tabs': 'T' } });
  const plain = t.options.size === 0;
  let number = 0, blank = false;
  for (const file of t.args.length > 0 ? t.args : ['-']) {
    const stream = t.open(file);
    if (!stream) continue;
    if (plain) {
      for (let piece; (piece = await stream.read(t.process)) !== null; ) await t.out(piece);
      continue;
    }
    for await (const { line, ended } of t.lines(stream)) {
      if (t.has('s') && line === '' && blank) continue;
      blank = line === '';
      let text = line;
      if (t.has('A') || t.has('T')) text = text.replaceAll('\t', '^I');
      if (t.has('A') || t.has('v')) text = text.replace(/[\x00-\x08\x0b-\x1f]/g, (c) => `^${String.fromCharCode(c.charCodeAt(0) + 64)}`);
      if ((t.has('A') || t.has('E') || t.has('e')) && ended) text += '$';
      if (t.has('b') ? line !== '' : t.has('n')) text = `${String(++number).padStart(6)}\t${text}`;
      await t.out(ended ? `${text}\n` : text);
    }
  }
});

const tac = tool(async (t) => {
  t.parse({});
  for await (const { text } of t.inputs()) await t.out(linesOf(text).reverse().map((l) => `${l}\n`).join(''));
});

const rev = tool(async (t) => {
  t.parse({});
  for await (const { text } of t.inputs()) await t.out(linesOf(text).map((l) => `${[...l].reverse().join('')}\n`).join(''));
});

/** `-5`, `-n 5`, `-n +5`: old syntax becomes new. */
function oldCount(argv: string[]): string[] {
  return argv.map((a) => (/^-\d+$/.test(a) ? `-n${a.slice(1)}` : a));
}

function count(text: string, what: string): number {
  const m = /^[-+]?(\d+)([bkKMG]?)B?$/.exec(text);
  if (!m) throw new Fatal(`invalid number of ${what}: '${text}'`);
  return Number(m[1]) * ({ b: 512, k: 1024, K: 1024, M: 1 << 20, G: 1 << 30 }[m[2]!] ?? 1);
}

const head = tool(async (t) => {
  t.parse({ short: 'n:c:qvz', long: { lines: 'n:', bytes: 'c:', quiet: 'q', silent: 'q', verbose: 'v' } }, oldCount(t.process.args));
  const bytes = t.get('c'), spec = bytes ?? t.get('n') ?? '10';
  const n = count(spec, bytes === undefined ? 'lines' : 'bytes'), butLast = spec.startsWith('-');
  const files = t.args.length > 0 ? t.args : ['-'];
  let first = true;
  for (const file of files) {
    const stream = t.open(file, { words: `cannot open '${file}' for reading`, directories: true });
    if (!stream) continue;
    if (t.has('v') || (files.length > 1 && !t.has('q'))) await t.out(`${first ? '' : '\n'}==> ${file === '-' ? 'standard input' : file} <==\n`);
    first = false;
    try {
      if (bytes !== undefined && !butLast) {
        for (let left = n; left > 0; ) {
          const piece = await stream.read(t.process);
          if (piece === null) break;
          await t.out(piece.slice(0, left));
          if (piece.length > left) stream.unread?.(piece.slice(left));
          left -= piece.length;
        }
        continue;
      }
      if (butLast) {
        const text = await t.slurp(stream);
        const lines = linesOf(text).map((l) => `${l}\n`);
        await t.out(bytes === undefined ? lines.slice(0, Math.max(0, lines.length - n)).join('') : text.slice(0, Math.max(0, text.length - n)));
        continue;
      }
      let left = n, rest = '';
      while (left > 0) {
        const piece = await stream.read(t.process);
        if (piece === null) break;
        rest = piece;
        let at = 0;
        while (left > 0) {
          const end = rest.indexOf('\n', at);
          if (end < 0) break;
          at = end + 1;
          left--;
        }
        if (left > 0) at = rest.length;
        await t.out(rest.slice(0, at));
        if (at < rest.length) stream.unread?.(rest.slice(at));
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      t.fail(`error reading '${file}': ${error.message}`);
    }
  }
});

const tail = tool(async (t) => {
  t.parse({ short: 'n:c:fFqvs:', long: { lines: 'n:', bytes: 'c:', follow: 'f::', quiet: 'q', verbose: 'v', 'sleep-interval': 's:', retry: '' } }, oldCount(t.process.args));
  const bytes = t.get('c'), spec = bytes ?? t.get('n') ?? '10';
  const n = count(spec, bytes === undefined ? 'lines' : 'bytes'), from = spec.startsWith('+');
  const files = t.args.length > 0 ? t.args : ['-'];
  const follow = t.has('f') || t.has('F');
  const headers = t.has('v') || (files.length > 1 && !t.has('q'));
  let last = '';
  const header = async (file: string) => {
    if (headers && last !== file) await t.out(`${last === '' ? '' : '\n'}==> ${file === '-' ? 'standard input' : file} <==\n`);
    last = file;
  };
  const seen = new Map<string, number>();
  for (const file of files) {
    const stream = t.open(file, { words: `cannot open '${file}' for reading`, directories: true });
    if (!stream) {
      if (t.has('F')) seen.set(file, 0);
      continue;
    }
    await header(file);
    if (file === '-' && from && bytes === undefined) {
      let skip = Math.max(0, n - 1);
      for await (const { line, ended } of t.lines(stream)) if (skip-- <= 0) await t.out(ended ? `${line}\n` : line);
      continue;
    }
    let text: string;
    try {
      text = await t.slurp(stream);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      t.fail(`error reading '${file}': ${error.message}`);
      continue;
    }
    seen.set(file, text.length);
    if (bytes !== undefined) await t.out(from ? text.slice(n - 1) : text.slice(Math.max(0, text.length - n)));
    else {
      const lines = text.split(/(?<=\n)/);
      if (lines.at(-1) === '') lines.pop();
      await t.out((from ? lines.slice(Math.max(0, n - 1)) : n === 0 ? [] : lines.slice(-n)).join(''));
    }
  }
  if (follow && files.some((f) => f !== '-')) {
    if (seen.size === 0) {
      t.fail('no files remaining');
      return 1;
    }
    for (;;) {
      await t.process.sleep(Number(t.get('s') ?? 1) * SECOND);
      for (const [file, length] of seen) {
        const inode = t.find(file);
        if (inode?.kind !== 'file') continue;
        const text = t.fs.readFile(file, t.cwd);
        if (text.length < length) {
          await t.process.err(`tail: ${file}: file truncated\n`);
          await t.out(text);
        } else if (text.length > length) {
          await header(file);
          await t.out(text.slice(length));
        }
        seen.set(file, text.length);
      }
    }
  }
  return t.code;
});

const wc = tool(async (t) => {
  t.parse({ short: 'lwcmL', long: { lines: 'l', words: 'w', bytes: 'c', chars: 'm', 'max-line-length': 'L' } });
  const wanted = t.options.size === 0 ? ['l', 'w', 'c'] : ['l', 'w', 'm', 'c', 'L'].filter((o) => t.has(o));
  const rows: { counts: number[]; name: string }[] = [];
  const files = t.args.length > 0 ? t.args : ['-'];
  for (const name of files) {
    const stream = t.open(name, { directories: true });
    if (!stream) continue;
    let text = '';
    try {
      text = await t.slurp(stream);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      t.fail(`${name}: ${error.message}`);
    }
    const counts = wanted.map((o) => (o === 'l' ? text.split('\n').length - 1 : o === 'w' ? (text.match(/\S+/g)?.length ?? 0) : o === 'c' ? byteLength(text) : o === 'm' ? [...text].length : Math.max(0, ...linesOf(text).map((l) => l.length))));
    rows.push({ counts, name: t.args.length > 0 ? name : '' });
  }
  if (files.length > 1) rows.push({ counts: wanted.map((_, i) => rows.reduce((sum, r) => sum + r.counts[i]!, 0)), name: 'total' });
  const one = rows.length === 1 && wanted.length === 1;
  const fromPipe = (t.args.length === 0 || t.args.includes('-')) && !(t.process.stdin instanceof OpenFile);
  const redirected = t.args.length === 0 && !fromPipe;
  const width = one ? 0 : fromPipe ? 7 : redirected ? String(rows[0]?.counts.at(-1) ?? 0).length : String(Math.max(0, ...files.map((f) => { const i = t.find(f); return i?.kind === 'file' ? byteLength(i.read?.() ?? i.content) : 0; })) + (files.length > 1 ? 0 : 0)).length;
  const total = files.length > 1 && !fromPipe ? String(files.reduce((sum, f) => { const i = t.find(f); return sum + (i?.kind === 'file' ? byteLength(i.read?.() ?? i.content) : 0); }, 0)).length : width;
  await t.out(rows.map((r) => `${r.counts.map((c) => String(c).padStart(Math.max(width, total))).join(' ')}${r.name ? ` ${r.name}` : ''}\n`).join(''));
});

const nl = tool(async (t) => {
  t.parse({ short: 'b:w:s:v:n:', long: { 'body-numbering': 'b:', 'number-width': 'w:', 'number-separator': 's:', 'starting-line-number': 'v:', 'number-format': 'n:' } });
  let n = Number(t.get('v') ?? 1);
  const width = Number(t.get('w') ?? 6);
  for await (const { text } of t.inputs()) for (const line of linesOf(text)) {
    if ((t.get('b') ?? 't') === 'a' || ((t.get('b') ?? 't') === 't' && line !== '')) {
      const number = String(n++);
      await t.out(`${t.get('n') === 'ln' ? number.padEnd(width) : number.padStart(width, t.get('n') === 'rz' ? '0' : ' ')}${t.get('s') ?? '\t'}${line}\n`);
    } else await t.out(`${' '.repeat(width + (t.get('s') ?? '\t').length)}${line}\n`);
  }
});

const tee = tool(async (t) => {
  t.parse({ short: 'aip', long: { append: 'a', 'ignore-interrupts': 'i' } });
  const outs = [];
  for (const file of t.args) {
    try {
      outs.push(openPath(t.process, file, t.has('a') ? 'append' : 'write'));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      t.fail(`${file}: ${error.message}`);
    }
  }
  for (const stream of outs) stream.retain('write');
  for (let piece; (piece = await t.process.stdin.read(t.process)) !== null; ) {
    for (const stream of outs) await stream.write(piece, t.process);
    await t.out(piece);
  }
  for (const stream of outs) stream.release('write');
});

const seq = tool(async (t) => {
  const args = [...t.process.args];
  let separator = '\n', equal = false, format: string | undefined;
  while (/^-[sfw]|^--(separator|equal-width|format)/.test(args[0] ?? '')) {
    const a = args.shift()!;
    if (a === '-w' || a === '--equal-width') equal = true;
    else if (a.startsWith('-s')) separator = a.slice(2) || args.shift()!;
    else if (a.startsWith('-f')) format = a.slice(2) || args.shift()!;
    else if (a.startsWith('--separator=')) separator = a.slice(12);
  }
  if (args.length === 0) throw new Usage('missing operand');
  if (args.length > 3) throw new Usage(`extra operand '${args[3]}'`);
  for (const a of args) if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(a)) throw new Usage(`invalid floating point argument: '${a}'`);
  const [first, step, last] = args.length === 1 ? ['1', '1', args[0]!] : args.length === 2 ? [args[0]!, '1', args[1]!] : (args as [string, string, string]);
  const places = Math.max(...[first, step].map((x) => x.split('.')[1]?.length ?? 0));
  const [a, by, b] = [Number(first), Number(step), Number(last)];
  if (by === 0) throw new Usage(`invalid Zero increment value: '${step}'`);
  const out: string[] = [];
  for (let i = 0; ; i++) {
    const n = a + i * by;
    if (by > 0 ? n > b + 1e-9 : n < b - 1e-9) break;
    out.push(n.toFixed(places));
    if (out.length > 2_000_000) break;
  }
  const width = equal ? Math.max(...out.map((o) => o.length)) : 0;
  const shown = out.map((o) => (format ? printf(format, [o]).text : o.startsWith('-') ? `-${o.slice(1).padStart(width - 1, '0')}` : o.padStart(width, '0')));
  if (shown.length > 0) await t.out(`${shown.join(separator)}\n`);
});

const yes = tool(async (t) => {
  const line = `${t.process.args.length > 0 ? t.process.args.join(' ') : 'y'}\n`.repeat(64);
  for (;;) {
    await t.out(line);
    await t.process.sleep(100);
  }
});

const fold = tool(async (t) => {
  t.parse({ short: 'w:sb', long: { width: 'w:', spaces: 's' } });
  const width = Number(t.get('w') ?? 80);
  for await (const { text } of t.inputs()) {
    for (const line of linesOf(text)) {
      let rest = line;
      while (rest.length > width) {
        const space = t.has('s') ? rest.lastIndexOf(' ', width - 1) + 1 : 0;
        const cut = space > 0 ? space : width;
        await t.out(`${rest.slice(0, cut)}\n`);
        rest = rest.slice(cut);
      }
      await t.out(`${rest}\n`);
    }
  }
});

export const main = multi({ cat, tac, rev, head, tail, wc, nl, tee, seq, yes, fold });
