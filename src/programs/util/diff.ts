/** diff of diffutils: normal and unified output, -q, -r, -i, -w, -b; and cmp. */
import { strftime } from '../../shell/strftime.ts';
import { linesOf, multi, tool, Usage, type Tool } from '../coreutils/tool.ts';

type Edit = { kind: ' ' | '-' | '+'; line: string };

/** The shortest edit script (longest common subsequence). */
export function edits(a: string[], b: string[], key: (l: string) => string = (l) => l): Edit[] {
  let start = 0, endA = a.length, endB = b.length;
  while (start < endA && start < endB && key(a[start]!) === key(b[start]!)) start++;
  while (endA > start && endB > start && key(a[endA - 1]!) === key(b[endB - 1]!)) {
    endA--;
    endB--;
  }
  const n = endA - start, m = endB - start;
  const table = Array.from({ length: n + 1 }, () => new Uint32Array(m + 1));
  for (let i = n - 1; i >= 0; i--) for (let k = m - 1; k >= 0; k--) table[i]![k] = key(a[start + i]!) === key(b[start + k]!) ? table[i + 1]![k + 1]! + 1 : Math.max(table[i + 1]![k]!, table[i]![k + 1]!);
  const out: Edit[] = a.slice(0, start).map((line) => ({ kind: ' ', line }));
  let i = 0, k = 0;
  while (i < n || k < m) {
    if (i < n && k < m && key(a[start + i]!) === key(b[start + k]!)) {
      out.push({ kind: ' ', line: a[start + i++]! });
      k++;
    } else if (i < n && (k >= m || table[i + 1]![k]! >= table[i]![k + 1]!)) out.push({ kind: '-', line: a[start + i++]! });
    else out.push({ kind: '+', line: b[start + k++]! });
  }
  return [...out, ...a.slice(endA).map((line): Edit => ({ kind: ' ', line }))];
}

const diff = tool(async (t) => {
  t.parse({ short: 'uU:qrNibwBays', long: { unified: 'U::', brief: 'q', recursive: 'r', 'new-file': 'N', 'ignore-case': 'i', 'ignore-all-space': 'w', 'ignore-space-change': 'b', color: '::', 'report-identical-files': 's', label: ':' } });
  if (t.args.length < 2) throw new Usage(t.args.length === 0 ? "missing operand after 'diff'" : `missing operand after '${t.args[0]}'`, { code: 2 });
  if (t.args.length > 2) throw new Usage(`extra operand '${t.args[2]}'`, { code: 2 });
  return compare(t, t.args[0]!, t.args[1]!, true);
}, 2);

async function compare(t: Tool, left: string, right: string, top: boolean): Promise<number> {
  const [x, y] = [t.find(left), t.find(right)];
  if (x?.kind === 'dir' && y?.kind === 'dir') {
    let code = 0;
    const names = [...new Set([...x.names(), ...y.names()])].sort();
    for (const name of names) {
      if (!x.get(name) || !y.get(name)) {
        await t.out(`Only in ${x.get(name) ? left : right}: ${name}\n`);
        code = 1;
        continue;
      }
      const [a, b] = [`${left}/${name}`, `${right}/${name}`];
      if (x.get(name)!.kind === 'dir' && !t.has('r')) await t.out(`Common subdirectories: ${a} and ${b}\n`);
      else code = Math.max(code, await compare(t, a, b, false));
    }
    return code;
  }
  const [l, r] = [x?.kind === 'dir' ? `${left}/${right.split('/').at(-1)}` : left, y?.kind === 'dir' ? `${right}/${left.split('/').at(-1)}` : right];
  const texts: string[] = [];
  for (const path of [l, r]) {
    const stream = t.open(path, { code: 2 });
    if (stream) texts.push(await t.slurp(stream));
  }
  if (texts.length < 2) return 2;
  const key = (line: string) => {
    let k = t.has('w') ? line.replace(/\s+/g, '') : t.has('b') ? line.replace(/\s+/g, ' ').trimEnd() : line;
    if (t.has('i')) k = k.toLowerCase();
    return k;
  };
  const list = edits(linesOf(texts[0]!), linesOf(texts[1]!), key);
  if (list.every((e) => e.kind === ' ')) {
    if (t.has('s')) await t.out(`Files ${l} and ${r} are identical\n`);
    return 0;
  }
  if (t.has('q')) await t.out(`Files ${l} and ${r} differ\n`);
  else {
    if (!top) await t.out(`diff ${t.process.args.filter((a) => a.startsWith('-')).join(' ')} ${l} ${r}\n`);
    if (t.has('u') || t.has('U')) {
      const time = (path: string) => strftime('%Y-%m-%d %H:%M:%S.%N +0000', t.find(path)?.mtime ?? t.process.now);
      const [a, b] = [t.all('label')[0], t.all('label')[1]];
      await t.out(`--- ${a ?? `${l}\t${time(l)}`}\n+++ ${b ?? `${r}\t${time(r)}`}\n${unified(list, Number(t.get('U') || 3))}`);
    } else await t.out(normal(list));
  }
  return 1;
}

function unified(list: Edit[], context = 3): string {
  let out = '';
  for (const [from, to] of hunks(list, context)) {
    let a = 1, b = 1;
    for (const e of list.slice(0, from)) {
      if (e.kind !== '+') a++;
      if (e.kind !== '-') b++;
    }
    const part = list.slice(from, to), n = part.filter((e) => e.kind !== '+').length, m = part.filter((e) => e.kind !== '-').length;
    const range = (start: number, count: number) => (count === 1 ? String(start) : `${count === 0 ? start - 1 : start},${count}`);
    out += `@@ -${range(a, n)} +${range(b, m)} @@\n${part.map((e) => `${e.kind}${e.line}\n`).join('')}`;
  }
  return out;
}

function hunks(list: Edit[], context: number): [number, number][] {
  const out: [number, number][] = [];
  list.forEach((e, i) => {
    if (e.kind === ' ') return;
    const [from, to] = [Math.max(0, i - context), Math.min(list.length, i + context + 1)];
    if (out.length > 0 && from <= out.at(-1)![1]) out.at(-1)![1] = to;
    else out.push([from, to]);
  });
  return out;
}

function normal(list: Edit[]): string {
  let out = '', a = 0, b = 0;
  for (let i = 0; i < list.length; ) {
    if (list[i]!.kind === ' ') {
      a++;
      b++;
      i++;
      continue;
    }
    const gone: string[] = [], come: string[] = [];
    for (; i < list.length && list[i]!.kind !== ' '; i++) (list[i]!.kind === '-' ? gone : come).push(list[i]!.line);
    const range = (start: number, n: number) => (n <= 1 ? String(n === 0 ? start : start + 1) : `${start + 1},${start + n}`);
    out += `${range(a, gone.length)}${gone.length === 0 ? 'a' : come.length === 0 ? 'd' : 'c'}${range(b, come.length)}\n${gone.map((l) => `< ${l}\n`).join('')}${gone.length > 0 && come.length > 0 ? '---\n' : ''}${come.map((l) => `> ${l}\n`).join('')}`;
    a += gone.length;
    b += come.length;
  }
  return out;
}

const cmp = tool(async (t) => {
  t.parse({ short: 'sl', long: { silent: 's', quiet: 's' } });
  const texts: string[] = [];
  for (const path of t.args.slice(0, 2)) {
    const stream = t.open(path, { code: 2 });
    if (!stream) return 2;
    texts.push(await t.slurp(stream));
  }
  const [a = '', b = ''] = texts;
  if (a === b) return 0;
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  if (!t.has('s')) {
    if (i === a.length || i === b.length) await t.process.err(`cmp: EOF on ${t.args[i === a.length ? 0 : 1]} after byte ${i}, line ${a.slice(0, i).split('\n').length - 1}\n`);
    else await t.out(`${t.args[0]} ${t.args[1]} differ: byte ${i + 1}, line ${a.slice(0, i).split('\n').length}\n`);
  }
  return 1;
}, 2);

export const main = multi({ diff, cmp });
