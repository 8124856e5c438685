/** sort, uniq, cut, tr, paste, join, comm, column, expand: lines and their fields. */
import { linesOf, multi, tool, Usage, Fatal, type Tool } from './tool.ts';

interface Key {
  from: [field: number, char: number];
  to: [field: number, char: number] | undefined;
  flags: string;
}

const sort = tool(async (t) => {
  t.parse({
    short: 'bdfghik:MnRrVcCmso:t:uzS:T:', long: {
      'ignore-leading-blanks': 'b', 'dictionary-order': 'd', 'ignore-case': 'f', 'general-numeric-sort': 'g', 'human-numeric-sort': 'h', 'month-sort': 'M', 'numeric-sort': 'n', reverse: 'r',
      'version-sort': 'V', key: 'k:', 'field-separator': 't:', unique: 'u', stable: 's', output: 'o:', check: 'c', 'zero-terminated': 'z',
    },
  });
  const separator = t.get('t');
  if (separator !== undefined && separator !== '\\0' && separator.length > 1) throw new Fatal(`multi-character tab '${separator}'`, 2);
  const global = 'bdfghiMnRrV'.split('').filter((f) => t.has(f)).join('');
  const keys = t.all('k').map((k): Key => {
    const m = /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.(\d+))?([a-zA-Z]*))?$/.exec(k);
    if (!m) throw new Fatal(`invalid number at field start: invalid count at start of '${k}'`, 2);
    if (m[1] === '0') throw new Fatal(`-: invalid field specification '${k}'`, 2);
    return { from: [Number(m[1]), Number(m[2] ?? 1)], to: m[4] ? [Number(m[4]), Number(m[5] ?? 0)] : undefined, flags: (m[3] ?? '') + (m[6] ?? '') || global };
  });
  const lines: string[] = [];
  const end = t.has('z') ? '\0' : '\n';
  for (const file of t.args.length > 0 ? t.args : ['-']) {
    const stream = t.open(file, { code: 2, words: `cannot read: ${file}` });
    if (!stream) return 2;
    const text = await t.slurp(stream);
    lines.push(...(end === '\n' ? linesOf(text) : text.split('\0').filter((l, i, a) => i < a.length - 1 || l !== '')));
  }
  const rng = t.process.world.rng.fork(`sort -R/${t.process.pid}`);
  const ranks = new Map<string, number>();
  const shuffle = (s: string) => {
    if (!ranks.has(s)) ranks.set(s, rng.float());
    return ranks.get(s)!;
  };
  const used = keys.length > 0 ? keys : [{ from: [1, 1], to: undefined, flags: global } as Key];
  const whole = keys.length === 0;
  const compare = (a: string, b: string) => {
    for (const key of used) {
      const x = whole ? a : extract(a, key, separator), y = whole ? b : extract(b, key, separator);
      const c = compareBy(x, y, key.flags, shuffle);
      if (c !== 0) return key.flags.includes('r') ? -c : c;
    }
    return 0;
  };
  const last = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0) * (t.has('r') ? -1 : 1);
  if (t.has('c') || t.has('C')) {
    for (let i = 1; i < lines.length; i++) {
      const c = compare(lines[i - 1]!, lines[i]!) || (t.has('u') || t.has('s') ? 0 : last(lines[i - 1]!, lines[i]!));
      if (c > 0 || (c === 0 && t.has('u'))) {
        if (t.has('c')) await t.process.err(`sort: ${t.args[0] ?? '-'}:${i + 1}: disorder: ${lines[i]}\n`);
        return 1;
      }
    }
    return 0;
  }
  const sorted = lines.sort((a, b) => compare(a, b) || (t.has('u') || t.has('s') ? 0 : last(a, b)));
  const kept = t.has('u') ? sorted.filter((l, i) => i === 0 || compare(sorted[i - 1]!, l) !== 0) : sorted;
  const text = kept.map((l) => l + end).join('');
  if (t.get('o') !== undefined) t.attempt(`open failed: ${t.get('o')}`, () => t.fs.writeFile(t.get('o')!, text, { cwd: t.cwd }), 2);
  else await t.out(text);
  return t.code;
}, 2);

function extract(line: string, { from, to, flags }: Key, separator: string | undefined): string {
  const fields: [number, number][] = [];
  if (separator !== undefined) {
    let at = 0;
    for (const part of line.split(separator)) {
      fields.push([at, at + part.length]);
      at += part.length + separator.length;
    }
  } else for (const m of line.matchAll(/\s*\S+|\s+$/g)) fields.push([m.index, m.index + m[0].length]);
  const place = ([field, char]: [number, number], isEnd: boolean) => {
    const f = fields[field - 1];
    if (!f) return isEnd ? line.length : line.length;
    if (isEnd && char === 0) return f[1];
    const blanks = flags.includes('b') ? /^\s*/.exec(line.slice(f[0]))![0].length : 0;
    return Math.min(f[0] + blanks + char - (isEnd ? 0 : 1), isEnd ? line.length : line.length);
  };
  return line.slice(place(from, false), to ? place(to, true) : undefined);
}

function compareBy(a: string, b: string, flags: string, shuffle: (s: string) => number): number {
  if (flags.includes('b')) [a, b] = [a.trimStart(), b.trimStart()];
  if (flags.includes('n')) return numeric(a) - numeric(b);
  if (flags.includes('g')) return (parseFloat(a) || 0) - (parseFloat(b) || 0);
  if (flags.includes('h')) return human(a) - human(b);
  if (flags.includes('M')) return month(a) - month(b);
  if (flags.includes('V')) return version(a, b);
  if (flags.includes('R')) return shuffle(a) - shuffle(b);
  if (flags.includes('d')) [a, b] = [a.replace(/[^\p{L}\p{N}\s]/gu, ''), b.replace(/[^\p{L}\p{N}\s]/gu, '')];
  if (flags.includes('f')) [a, b] = [a.toUpperCase(), b.toUpperCase()];
  return a < b ? -1 : a > b ? 1 : 0;
}

function numeric(text: string): number {
  return Number(/^\s*(-?\d*\.?\d*)/.exec(text)?.[1] || 0) || 0;
}

function human(text: string): number {
  const m = /^\s*(-?\d*\.?\d+)([kKMGTPE]?)/.exec(text);
  return m ? Number(m[1]) * 1024 ** (m[2] === '' ? 0 : 'KMGTPE'.indexOf(m[2]!.toUpperCase()) + 1) : 0;
}

function month(text: string): number {
  return 'JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC'.indexOf(text.trim().slice(0, 3).toUpperCase() || '?');
}

/** The order of versions (filevercmp): runs of digits as numbers. */
export function version(a: string, b: string): number {
  const x = a.match(/\d+|\D+/g) ?? [], y = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    if (x[i] === undefined) return -1;
    if (y[i] === undefined) return 1;
    const numbers = /^\d/.test(x[i]!) && /^\d/.test(y[i]!);
    const c = numbers ? Number(x[i]) - Number(y[i]) : x[i]! < y[i]! ? -1 : x[i]! > y[i]! ? 1 : 0;
    if (c !== 0) return c;
  }
  return 0;
}

const uniq = tool(async (t) => {
  t.parse({ short: 'cdDuif:s:w:z', long: { count: 'c', repeated: 'd', unique: 'u', 'ignore-case': 'i', 'skip-fields': 'f:', 'skip-chars': 's:', 'check-chars': 'w:', 'all-repeated': 'D' } });
  const stream = t.open(t.args[0] ?? '-');
  if (!stream) return 1;
  const keyOf = (line: string) => {
    let k = line;
    for (let i = 0; i < Number(t.get('f') ?? 0); i++) k = k.replace(/^\s*\S*/, '');
    k = k.slice(Number(t.get('s') ?? 0));
    if (t.has('w')) k = k.slice(0, Number(t.get('w')));
    return t.has('i') ? k.toLowerCase() : k;
  };
  let group: string[] = [];
  const flush = async () => {
    if (group.length === 0) return;
    const n = group.length;
    if (t.has('D')) {
      if (n > 1) await t.out(group.map((l) => `${l}\n`).join(''));
    } else if (!(t.has('d') && n === 1) && !(t.has('u') && n > 1)) await t.out(`${t.has('c') ? `${String(n).padStart(7)} ` : ''}${group[0]}\n`);
  };
  for await (const { line } of t.lines(stream)) {
    if (group.length > 0 && keyOf(group[0]!) !== keyOf(line)) {
      await flush();
      group = [];
    }
    group.push(line);
  }
  await flush();
  return t.code;
});

/** `1,3-5,7-` as a test on positions counted from 1. */
function ranges(text: string, what: string): (n: number) => boolean {
  const list = text.split(/[,\s]/).map((part): [number, number] => {
    const m = /^(\d*)(-?)(\d*)$/.exec(part);
    if (!m || (m[1] === '' && m[3] === '')) throw new Usage(`invalid ${what} value '${part}'`);
    const from = m[1] === '' ? 1 : Number(m[1]), to = m[2] === '' ? from : m[3] === '' ? Infinity : Number(m[3]);
    if (from === 0) throw new Usage(`${what}s are numbered from 1`);
    if (to < from) throw new Usage('invalid decreasing range');
    return [from, to];
  });
  return (n) => list.some(([a, b]) => n >= a && n <= b);
}

const cut = tool(async (t) => {
  t.parse({ short: 'b:c:d:f:nsz', long: { bytes: 'b:', characters: 'c:', delimiter: 'd:', fields: 'f:', 'only-delimited': 's', complement: '', 'output-delimiter': ':' } });
  const chars = t.get('c') ?? t.get('b'), fields = t.get('f');
  if (chars === undefined && fields === undefined) throw new Usage('you must specify a list of bytes, characters, or fields');
  const delimiter = t.get('d') ?? '\t';
  if (delimiter.length > 1) throw new Usage('the delimiter must be a single character');
  const wanted = ranges((chars ?? fields)!, chars === undefined ? 'field' : 'byte/character position');
  const pick = (n: number) => wanted(n) !== t.has('complement');
  const glue = t.get('output-delimiter');
  for (const file of t.args.length > 0 ? t.args : ['-']) {
    const stream = t.open(file);
    if (!stream) continue;
    for await (const { line } of t.lines(stream)) {
      if (chars !== undefined) await t.out(`${[...line].filter((_, i) => pick(i + 1)).join(glue ?? '')}\n`);
      else if (!line.includes(delimiter)) {
        if (!t.has('s')) await t.out(`${line}\n`);
      } else await t.out(`${line.split(delimiter).filter((_, i) => pick(i + 1)).join(glue ?? delimiter)}\n`);
    }
  }
});

const tr = tool(async (t) => {
  t.parse({ short: 'cCdst', long: { complement: 'c', delete: 'd', 'squeeze-repeats': 's', 'truncate-set1': 't' }, stopAtOperand: true });
  const [a, b, extra] = t.args;
  if (a === undefined) throw new Usage('missing operand');
  if (b === undefined && !t.has('d') && !t.has('s')) throw new Usage(`missing operand after '${a}'\nTwo strings must be given when translating.`);
  if (extra !== undefined) throw new Usage(`extra operand '${extra}'`);
  const complement = t.has('c') || t.has('C');
  const from = characters(a), to = b === undefined ? [] : characters(b, from.length);
  const inFrom = new Set(from);
  const has = (c: string) => inFrom.has(c) !== complement;
  const map = new Map(from.map((c, i) => [c, to[Math.min(i, to.length - 1)] ?? c]));
  const squeezed = new Set(t.has('s') ? (b === undefined ? from : to) : []);
  const squeezes = (c: string) => t.has('s') && (b === undefined && complement ? has(c) : squeezed.has(c));
  let before = '';
  for (let piece; (piece = await t.process.stdin.read(t.process)) !== null; ) {
    let out = '';
    for (const c of piece) {
      if (t.has('d') && has(c)) continue;
      const translated = !t.has('d') && b !== undefined && has(c) ? (complement ? to.at(-1)! : map.get(c)!) : c;
      if (translated === before && squeezes(translated)) continue;
      out += translated;
      before = translated;
    }
    await t.out(out);
  }
});

/** A set of tr: ranges, classes, escapes, [c*n]. */
function characters(text: string, fill = 0): string[] {
  const code = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i));
  const classes: Record<string, string[]> = {
    digit: code(48, 57), lower: code(97, 122), upper: code(65, 90), alpha: [...code(65, 90), ...code(97, 122)], alnum: [...code(48, 57), ...code(65, 90), ...code(97, 122)],
    space: ['\t', '\n', '\v', '\f', '\r', ' '], blank: ['\t', ' '], punct: [...code(33, 47), ...code(58, 64), ...code(91, 96), ...code(123, 126)], xdigit: [...code(48, 57), ...code(65, 70), ...code(97, 102)], cntrl: [...code(0, 31), '\x7f'], print: code(32, 126), graph: code(33, 126),
  };
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\' };
  const tokens: string[][] = [];
  const chars = [...text];
  for (let i = 0; i < chars.length; i++) {
    const rest = chars.slice(i).join('');
    const named = /^\[:(\w+):\]/.exec(rest), repeat = /^\[(.)\*(\d*)\]/s.exec(rest), octal = /^\\([0-7]{1,3})/.exec(rest);
    if (named) {
      const found = classes[named[1]!];
      if (!found) throw new Fatal(`invalid character class '${named[1]}'`);
      tokens.push(found);
      i += named[0].length - 1;
    } else if (repeat) {
      tokens.push(Array(repeat[2] ? Number(repeat[2]) : Math.max(0, fill - tokens.flat().length)).fill(repeat[1]!) as string[]);
      i += repeat[0].length - 1;
    } else if (octal) {
      tokens.push([String.fromCharCode(parseInt(octal[1]!, 8))]);
      i += octal[0].length - 1;
    } else if (chars[i] === '\\' && i + 1 < chars.length) tokens.push([escapes[chars[++i]!] ?? chars[i]!]);
    else if (chars[i] === '-' && tokens.length > 0 && i + 1 < chars.length) {
      const start = tokens.pop()!.at(-1)!.codePointAt(0)!, end = chars[++i]!.codePointAt(0)!;
      if (end < start) throw new Fatal(`range-endpoints of '${String.fromCodePoint(start)}-${chars[i]}' are in reverse collating sequence order`);
      tokens.push(Array.from({ length: end - start + 1 }, (_, k) => String.fromCodePoint(start + k)));
    } else tokens.push([chars[i]!]);
  }
  return tokens.flat();
}

const paste = tool(async (t) => {
  t.parse({ short: 'd:sz', long: { delimiters: 'd:', serial: 's' } });
  const delimiters = [...(t.get('d') ?? '\t').replace(/\\n/g, '\n').replace(/\\t/g, '\t').replace(/\\0/g, '\u0000')];
  const glue = (parts: string[]) => parts.reduce((all, p, i) => (i === 0 ? p : all + (delimiters[(i - 1) % delimiters.length] ?? '').replace('\0', '') + p), '');
  const files: string[][] = [];
  for await (const { text } of t.inputs()) files.push(linesOf(text));
  if (t.has('s')) await t.out(files.map((lines) => `${glue(lines)}\n`).join(''));
  else for (let i = 0; i < Math.max(0, ...files.map((f) => f.length)); i++) await t.out(`${glue(files.map((f) => f[i] ?? ''))}\n`);
});

async function pair(t: Tool): Promise<[string[], string[]]> {
  if (t.args.length < 2) throw t.args.length === 0 ? new Usage('missing operand') : new Usage(`missing operand after '${t.args[0]}'`);
  if (t.args.length > 2) throw new Usage(`extra operand '${t.args[2]}'`);
  const out: string[][] = [];
  for (const file of t.args) {
    const stream = t.open(file);
    if (!stream) throw new Fatal('');
    out.push(linesOf(await t.slurp(stream)));
  }
  return out as [string[], string[]];
}

const join = tool(async (t) => {
  t.parse({ short: 't:1:2:j:a:o:e:i', long: { 'ignore-case': 'i' } });
  const [left, right] = await pair(t);
  const separator = t.get('t');
  const parts = (l: string) => (separator === undefined ? l.trim().split(/\s+/) : l.split(separator));
  const [f1, f2] = [Number(t.get('1') ?? t.get('j') ?? 1) - 1, Number(t.get('2') ?? t.get('j') ?? 1) - 1];
  const glue = separator ?? ' ';
  const unpaired = t.all('a');
  const matchedRight = new Set<number>();
  for (const l of left) {
    const a = parts(l);
    let found = false;
    right.forEach((r, n) => {
      const b = parts(r);
      if (b[f2] !== a[f1]) return;
      found = true;
      matchedRight.add(n);
      void t.out(`${[a[f1], ...a.filter((_, i) => i !== f1), ...b.filter((_, i) => i !== f2)].join(glue)}\n`);
    });
    if (!found && unpaired.includes('1')) await t.out(`${[a[f1], ...a.filter((_, i) => i !== f1)].join(glue)}\n`);
  }
  if (unpaired.includes('2')) for (const [n, r] of right.entries()) if (!matchedRight.has(n)) await t.out(`${parts(r).join(glue)}\n`);
});

const comm = tool(async (t) => {
  t.parse({ short: '123', long: { 'output-delimiter': ':' } });
  const [a, b] = await pair(t);
  const shown = [1, 2, 3].filter((n) => !t.has(String(n)));
  const put = (column: number, line: string) => (shown.includes(column) ? t.out(`${'\t'.repeat(shown.filter((c) => c < column).length)}${line}\n`) : undefined);
  let i = 0, k = 0;
  while (i < a.length || k < b.length) {
    if (k >= b.length || (i < a.length && a[i]! < b[k]!)) await put(1, a[i++]!);
    else if (i >= a.length || b[k]! < a[i]!) await put(2, b[k++]!);
    else {
      await put(3, a[i++]!);
      k++;
    }
  }
});

const column = tool(async (t) => {
  t.parse({ short: 'ts:o:c:N:x', long: { table: 't', separator: 's:', 'output-separator': 'o:', 'output-width': 'c:', 'table-columns': 'N:' } });
  const lines: string[] = [];
  for await (const { text } of t.inputs()) lines.push(...linesOf(text).filter((l) => l.trim() !== ''));
  if (!t.has('t')) {
    const width = Math.max(0, ...lines.map((l) => l.length)) + 1;
    const tab = Math.ceil(width / 8) * 8;
    const across = Math.max(1, Math.floor(Number(t.get('c') ?? t.process.tty?.cols ?? 80) / tab)), rows = Math.ceil(lines.length / across);
    for (let r = 0; r < rows; r++) await t.out(`${Array.from({ length: across }, (_, c) => lines[c * rows + r]).filter((x) => x !== undefined).map((x, i, all) => (i === all.length - 1 ? x : x + '\t'.repeat(Math.ceil((tab - x.length) / 8)))).join('')}\n`);
    return;
  }
  const separators = t.get('s');
  const table = [...(t.has('N') ? [t.get('N')!.split(',')] : []), ...lines.map((l) => (separators === undefined ? l.trim().split(/\s+/) : l.split(new RegExp(`[${separators.replace(/[\\\]^-]/g, '\\$&')}]`))))];
  const widths: number[] = [];
  for (const row of table) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, [...cell].length)));
  const glue = t.get('o') ?? '  ';
  for (const row of table) await t.out(`${row.map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat(widths[i]! - [...cell].length))).join(glue)}\n`);
});

const expand = tool(async (t) => {
  t.parse({ short: 't:i', long: { tabs: 't:' } });
  const stop = Number(t.get('t') ?? 8);
  for await (const { text } of t.inputs()) for (const line of linesOf(text)) {
    let out = '';
    for (const c of line) out += c === '\t' ? ' '.repeat(stop - (out.length % stop)) : c;
    await t.out(`${out}\n`);
  }
});

export const main = multi({ sort, uniq, cut, tr, paste, join, comm, column, expand });
