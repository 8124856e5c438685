import { byteLength, type Inode } from '../../linux/files.ts';
import { may } from '../../linux/open.ts';
import { strftime } from '../../shell/strftime.ts';
import { width } from '../../shell/readline/width.ts';
import { groupName, userName } from './accounts.ts';
import { version } from './fields.ts';
import { humanSize, tool, type Tool } from './tool.ts';

interface Entry {
  name: string;
  path: string;
  inode: Inode;
}

/** ls, GNU coreutils 9.1. */
export const main = tool((t) => list(t, false), 2);
/** BusyBox's tells in its own words what is not there. */
export const busybox = tool((t) => list(t, true), 1);

async function list(t: Tool, applet: boolean): Promise<number> {
  t.parse({
    short: 'aAlhR1rtSdFinogGpsCxkmqQNXUvucLHBb', long: {
      all: 'a', 'almost-all': 'A', 'human-readable': 'h', recursive: 'R', reverse: 'r', directory: 'd', classify: 'F', inode: 'i', 'numeric-uid-gid': 'n', 'no-group': 'G', size: 's', color: '::', dereference: 'L',
      'full-time': '', 'time-style': ':', sort: ':', 'group-directories-first': '', format: ':', quote: '', literal: 'N',
    },
  });
  const operands = t.args.length > 0 ? t.args : ['.'];
  const files: Entry[] = [], dirs: Entry[] = [];
  for (const path of operands) {
    const inode = t.has('l') && !t.has('L') && !path.endsWith('/') ? (t.lstat(path)) : (t.find(path) ?? t.lstat(path));
    if (!inode) {
      t.attempt(applet ? path : `cannot access '${path}'`, () => void t.fs.lstat(path, t.cwd), applet ? 1 : 2);
      continue;
    }
    (inode.kind === 'dir' && !t.has('d') ? dirs : files).push({ name: path, path, inode });
  }
  if (files.length > 0) await show(t, sorted(t, files));
  let first = files.length === 0;
  const named = operands.length > 1 || t.has('R');
  for (const dir of sorted(t, dirs)) first = (await directory(t, dir, named, first)) && false;
  return t.code;
}

async function directory(t: Tool, dir: Entry, named: boolean, first: boolean): Promise<boolean> {
  if (dir.inode.kind === 'dir' && !may(t.process, dir.inode, 4)) {
    t.fail(`cannot open directory '${dir.path}': Permission denied`, 2);
    return first;
  }
  if (!first) await t.out('\n');
  if (named) await t.out(`${dir.path}:\n`);
  const join = (name: string) => (dir.path.endsWith('/') ? dir.path + name : `${dir.path}/${name}`);
  let names = t.fs.readdir(dir.path, t.cwd);
  if (!t.has('a') && !t.has('A')) names = names.filter((n) => !n.startsWith('.'));
  const entries: Entry[] = names.flatMap((name) => {
    const inode = t.has('L') ? t.find(join(name)) : t.lstat(join(name));
    return inode ? [{ name, path: join(name), inode }] : [];
  });
  if (t.has('a')) for (const name of ['..', '.']) entries.unshift({ name, path: join(name), inode: t.find(join(name))! });
  const order = sorted(t, entries);
  if (t.has('l') || t.has('g') || t.has('n') || t.has('o') || t.has('s')) await t.out(`total ${t.has('h') ? humanSize(order.reduce((sum, e) => sum + blocks(e.inode), 0) * 1024) : order.reduce((sum, e) => sum + blocks(e.inode), 0)}\n`);
  await show(t, order);
  if (t.has('R')) for (const e of order) if (e.inode.kind === 'dir' && e.name !== '.' && e.name !== '..') await directory(t, e, true, false);
  return false;
}

function sorted(t: Tool, entries: Entry[]): Entry[] {
  const by = t.get('sort');
  const key = (e: Entry) => e.name.replace(/^\.+(?=.)/, (d) => (t.process.env['LC_ALL'] === 'C' ? d : d));
  const names = (a: Entry, b: Entry) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
  const compare = t.has('U') ? () => 0
    : t.has('t') || by === 'time' ? (a: Entry, b: Entry) => b.inode.mtime - a.inode.mtime || names(a, b)
    : t.has('S') || by === 'size' ? (a: Entry, b: Entry) => size(b.inode) - size(a.inode) || names(a, b)
    : t.has('v') ? (a: Entry, b: Entry) => version(a.name, b.name)
    : t.has('X') ? (a: Entry, b: Entry) => (a.name.split('.').slice(1).at(-1) ?? '').localeCompare(b.name.split('.').slice(1).at(-1) ?? '') || names(a, b)
    : names;
  const out = [...entries].sort(compare);
  if (t.has('r')) out.reverse();
  if (t.has('group-directories-first')) out.sort((a, b) => Number(b.inode.kind === 'dir') - Number(a.inode.kind === 'dir'));
  return out;
}

async function show(t: Tool, entries: Entry[]): Promise<void> {
  const long = t.has('l') || t.has('g') || t.has('n') || t.has('o');
  const label = (e: Entry) => {
    const name = quote(t, e.name);
    return color(t, e, name) + suffix(t, e) + (long && e.inode.kind === 'link' ? ` -> ${e.inode.target}` : '');
  };
  const prefix = (e: Entry) => `${t.has('i') ? `${number(e)} ` : ''}${t.has('s') && !long ? `${blocks(e.inode)} ` : ''}`;
  if (long) {
    const rows = entries.map((e) => {
      const { inode } = e;
      const device = inode.kind === 'device' ? { null: '1, 3', zero: '1, 5', random: '1, 9', full: '1, 7', tty: '5, 0', kmsg: '1, 11' }[inode.device] : undefined;
      return [
        modeText(inode), String(inode.kind === 'dir' ? 2 + (safeDirs(inode)) : 1),
        t.has('g') ? '' : t.has('n') ? String(inode.uid) : userName(t.process, inode.uid), t.has('o') || t.has('G') ? '' : t.has('n') ? String(inode.gid) : groupName(t.process, inode.gid),
        device ?? (t.has('h') ? humanSize(size(inode)) : String(size(inode))), time(t, inode.mtime),
      ];
    });
    const widths = [0, 1, 2, 3, 4, 5].map((i) => Math.max(0, ...rows.map((r) => r[i]!.length)));
    for (const [i, r] of rows.entries()) {
      const cells = [r[0], r[1]!.padStart(widths[1]!), ...(r[2] === '' ? [] : [r[2]!.padEnd(widths[2]!)]), ...(r[3] === '' ? [] : [r[3]!.padEnd(widths[3]!)]), r[4]!.padStart(widths[4]!), r[5]];
      await t.out(`${prefix(entries[i]!)}${cells.join(' ')} ${label(entries[i]!)}\n`);
    }
    return;
  }
  const labels = entries.map((e) => prefix(e) + label(e));
  if (labels.length === 0) return;
  if (t.has('m')) return void (await t.out(`${labels.join(', ')}\n`));
  if (t.has('1') || !(t.process.stdout.isTTY || t.has('C') || t.has('x'))) return void (await t.out(labels.map((l) => `${l}\n`).join('')));
  const plain = entries.map((e) => width(prefix(e) + quote(t, e.name) + suffix(t, e)));
  await t.out(inColumns(labels, plain, t.process.tty?.cols ?? 80, t.has('x')));
}

/** As many columns as fit, each as wide as its widest name, two spaces between. */
function inColumns(labels: string[], widths: number[], cols: number, across: boolean): string {
  for (let n = Math.min(labels.length, Math.floor(cols / 3) || 1); ; n--) {
    const rows = Math.ceil(labels.length / n);
    const at = (r: number, c: number) => (across ? r * n + c : c * rows + r);
    const columns = Array.from({ length: n }, (_, c) => Math.max(0, ...Array.from({ length: rows }, (_x, r) => widths[at(r, c)] ?? 0)));
    if (n > 1 && columns.reduce((a, b) => a + b, 0) + 2 * (n - 1) >= cols) continue;
    let out = '';
    for (let r = 0; r < rows; r++) {
      let line = '';
      for (let c = 0; c < n; c++) {
        const i = at(r, c);
        if (i >= labels.length) continue;
        const last = at(r, c + 1) >= labels.length || c === n - 1;
        line += last ? labels[i]! : labels[i]! + ' '.repeat(columns[c]! + 2 - widths[i]!);
      }
      out += `${line}\n`;
    }
    return out;
  }
}

function quote(t: Tool, name: string): string {
  if (!t.process.stdout.isTTY || t.has('N') || !/[\s'"$`\\!*?[\](){}<>|&;#~=]/.test(name)) return name;
  if (/^[^\s'"$`\\!*?[\](){}<>|&;]*$/.test(name) && !/^[#~]/.test(name)) return name;
  return name.includes("'") && !/["$`\\!]/.test(name) ? `"${name}"` : `'${name.replaceAll("'", "'\\''")}'`;
}

function suffix(t: Tool, { inode }: Entry): string {
  if (inode.kind === 'dir' && (t.has('F') || t.has('p'))) return '/';
  if (!t.has('F')) return '';
  return inode.kind === 'link' ? (t.has('l') ? '' : '@') : inode.kind === 'file' && inode.mode & 0o111 ? '*' : '';
}

function color(t: Tool, e: Entry, name: string): string {
  const when = t.get('color');
  if (!(when === 'always' || ((when === 'auto' || when === '') && t.process.stdout.isTTY) )) return name;
  const { inode } = e;
  const code = inode.kind === 'dir' ? (inode.mode & 0o1000 && inode.mode & 0o002 ? '30;42' : '01;34') : inode.kind === 'link' ? (t.find(e.path) ? '01;36' : '40;31;01') : inode.kind === 'device' ? '40;33;01' : inode.mode & 0o111 ? '01;32' : /\.(tar|tgz|gz|zip|xz|bz2|deb)$/.test(e.name) ? '01;31' : undefined;
  return code ? `\x1b[${code}m${name}\x1b[0m` : name;
}

export function modeText(inode: Inode): string {
  const type = { file: '-', dir: 'd', link: 'l', device: 'c' }[inode.kind];
  const rwx = (bits: number, special: boolean, mark: string) => `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${special ? (bits & 1 ? mark : mark.toUpperCase()) : bits & 1 ? 'x' : '-'}`;
  const m = inode.mode;
  return type + rwx((m >> 6) & 7, (m & 0o4000) !== 0, 's') + rwx((m >> 3) & 7, (m & 0o2000) !== 0, 's') + rwx(m & 7, (m & 0o1000) !== 0, 't');
}

export function size(inode: Inode): number {
  if (inode.kind === 'dir') return 4096;
  if (inode.kind === 'link') return inode.target.length;
  if (inode.kind === 'device') return 0;
  return inode.size ?? (inode.read ? 0 : byteLength(inode.content));
}

/** 1 KiB blocks on a file system with 4 KiB ones. */
export function blocks(inode: Inode): number {
  if (inode.kind === 'link' || inode.kind === 'device') return 0;
  return Math.ceil(size(inode) / 4096) * 4;
}

function safeDirs(inode: Inode): number {
  return inode.kind === 'dir' ? inode.names().filter((n) => inode.get(n)?.kind === 'dir').length : 0;
}

/** An inode's number: stable for as long as the world lives, made from its path. */
function number(e: Entry): number {
  let h = 0;
  for (const c of e.path) h = (Math.imul(h, 31) + c.charCodeAt(0)) >>> 0;
  return 1_000_000 + (h % 8_000_000);
}

function time(t: Tool, mtime: number): string {
  const style = t.get('time-style');
  if (t.has('full-time') || style === 'full-iso') return strftime('%Y-%m-%d %H:%M:%S.%N +0000', mtime);
  if (style === 'long-iso') return strftime('%Y-%m-%d %H:%M', mtime);
  if (style?.startsWith('+')) return strftime(style.slice(1), mtime);
  const recent = t.process.now - mtime < 15_778_476e6 && mtime <= t.process.now;
  return strftime(recent ? '%b %e %H:%M' : '%b %e  %Y', mtime);
}
