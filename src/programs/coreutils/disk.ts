/** du and df. */
import type { Directory, Inode } from '../../linux/files.ts';
import { blocks, size } from './ls.ts';
import { humanSize, multi, tool } from './tool.ts';

const du = tool(async (t) => {
  t.parse({ short: 'shakmbcd:xL', long: { summarize: 's', 'human-readable': 'h', all: 'a', bytes: 'b', total: 'c', 'max-depth': 'd:', 'apparent-size': '' } });
  const show = (kb: number, path: string) => t.out(`${t.has('b') ? kb : t.has('h') ? humanSize(kb * 1024) : t.has('m') ? Math.ceil(kb / 1024) : kb}\t${path}\n`);
  const max = t.has('s') ? 0 : Number(t.get('d') ?? Infinity);
  const visit = async (path: string, inode: Inode, depth: number): Promise<number> => {
    const own = t.has('b') ? size(inode) : blocks(inode);
    let sum = own;
    if (inode.kind === 'dir') for (const name of inode.names()) {
      const child = inode.get(name);
      if (child) sum += await visit(`${path.replace(/\/$/, '')}/${name}`, child, depth + 1);
    }
    if (depth <= max && (inode.kind === 'dir' || t.has('a') || depth === 0)) await show(sum, path);
    return sum;
  };
  let total = 0;
  for (const path of t.args.length > 0 ? t.args : ['.']) {
    const inode = t.lstat(path);
    if (!inode) t.attempt(`cannot access '${path}'`, () => void t.fs.lstat(path, t.cwd));
    else total += await visit(path, inode, 0);
  }
  if (t.has('c')) await show(total, 'total');
  return t.code;
});

const df = tool(async (t) => {
  t.parse({ short: 'hkTiat:x:', long: { 'human-readable': 'h', 'print-type': 'T', inodes: 'i', all: 'a', type: 't:' } });
  const seen = new Set<string>();
  const mounts = t.fs.mounts.filter((m) => !['proc', 'sysfs', 'devpts', 'mqueue', 'cgroup2'].includes(m.type ?? '') || t.has('a')).filter((m) => !seen.has(m.path) && seen.add(m.path));
  const chosen = t.args.length === 0 ? mounts : t.args.map((a) => {
    const path = t.fs.realpath(a, t.cwd);
    return [...mounts].sort((x, y) => y.path.length - x.path.length).find((m) => path === m.path || path.startsWith(m.path === '/' ? '/' : `${m.path}/`))!;
  });
  const used = (dir: Directory): number => dir.names().reduce((sum, n) => {
    const i = dir.get(n);
    return sum + (i ? (i.kind === 'dir' ? 4 + used(i) : blocks(i)) : 0);
  }, 0);
  const rows = chosen.map((m) => {
    const total = m.type === 'tmpfs' ? 65536 : 61_202_244, u = m.type === 'tmpfs' ? used(m.root) : 18_245_632 + used(m.root), free = total - u - (m.type === 'tmpfs' ? 0 : 3_110_100);
    const n = (kb: number) => (t.has('h') ? humanSize(kb * 1024) : String(kb));
    return [m.source ?? m.type ?? 'none', ...(t.has('T') ? [m.type ?? '-'] : []), n(total), n(u), n(free), `${Math.ceil((u / (u + free)) * 100)}%`, m.path];
  });
  const head = ['Filesystem', ...(t.has('T') ? ['Type'] : []), t.has('h') ? 'Size' : '1K-blocks', 'Used', t.has('h') ? 'Avail' : 'Available', 'Use%', 'Mounted on'];
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(i === 0 ? 14 : 4, ...all.map((r) => r[i]!.length)));
  const left = t.has('T') ? 2 : 1;
  await t.out(all.map((r) => `${r.map((c, i) => (i === r.length - 1 ? c : i < left ? c.padEnd(widths[i]!) : c.padStart(widths[i]!))).join(' ')}\n`).join(''));
});

export const main = multi({ du, df });
