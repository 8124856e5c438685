/** mkdir, rm, cp, mv, ln, touch, chmod, chown, stat, du, df, mktemp, readlink, realpath, basename, dirname … */
import { basename, byteLength, dirname, FileError, resolve, type Directory, type Inode } from '../../linux/files.ts';
import { mayCreate } from '../../linux/open.ts';
import { strftime } from '../../shell/strftime.ts';
import { accounts, groupName, groups, userName } from './accounts.ts';
import { blocks, modeText, size } from './ls.ts';
import { Fatal, humanSize, missingOperand, multi, tool, Usage, type Tool } from './tool.ts';

/** Refuses where the process may not change the directory that holds `path`. */
function guard(t: Tool, path: string): void {
  if (t.process.uid !== 0 && !mayCreate(t.process, path)) throw new FileError('EACCES', path);
}

const owner = (t: Tool) => ({ uid: t.process.uid, gid: t.process.gid });

const mkdir = tool((t) => {
  t.parse({ short: 'pm:vZ', long: { parents: 'p', mode: 'm:', verbose: 'v' } });
  if (t.args.length === 0) throw missingOperand(t);
  for (const dir of t.args) {
    t.attempt(`cannot create directory '${dir}'`, () => {
      if (!t.has('p') || !t.find(dir)) guardFirst(t, dir);
      t.fs.mkdir(dir, { cwd: t.cwd, parents: t.has('p'), mode: t.has('m') ? parseMode(t.get('m')!, 0o777, true) : 0o777 & ~t.process.umask, ...owner(t) });
      if (t.has('v')) void t.out(`mkdir: created directory '${dir}'\n`);
    });
  }
});

function guardFirst(t: Tool, path: string): void {
  let at = resolve(path, t.cwd);
  while (at !== '/' && !t.find(dirname(at))) at = dirname(at);
  if (at !== '/') guard(t, at);
}

const rmdir = tool((t) => {
  t.parse({ short: 'pv', long: { parents: 'p', verbose: 'v', 'ignore-fail-on-non-empty': '' } });
  if (t.args.length === 0) throw missingOperand(t);
  for (const dir of t.args) t.attempt(`failed to remove '${dir}'`, () => {
    if (t.fs.lstat(dir, t.cwd).kind !== 'dir') throw new FileError('ENOTDIR', dir);
    guard(t, dir);
    t.fs.remove(dir, { cwd: t.cwd });
  });
});

const rm = tool(async (t) => {
  t.parse({ short: 'rRfivdI', long: { recursive: 'r', force: 'f', interactive: '::', verbose: 'v', dir: 'd', 'no-preserve-root': '', 'preserve-root': '::' } });
  if (t.args.length === 0) {
    if (t.has('f')) return 0;
    throw missingOperand(t);
  }
  const recursive = t.has('r') || t.has('R');
  for (const path of t.args) {
    const inode = t.lstat(path);
    if (!inode) {
      if (!t.has('f')) t.attempt(`cannot remove '${path}'`, () => void t.fs.lstat(path, t.cwd));
      continue;
    }
    if (resolve(path, t.cwd) === '/' && recursive && !t.has('no-preserve-root')) {
      await t.process.err("rm: it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe\n");
      return 1;
    }
    if (/(^|\/)\.{1,2}\/*$/.test(path)) {
      t.fail(`refusing to remove '.' or '..' directory: skipping '${path}'`);
      continue;
    }
    if (inode.kind === 'dir' && !recursive && !t.has('d')) {
      t.fail(`cannot remove '${path}': Is a directory`);
      continue;
    }
    if (t.has('i')) {
      await t.process.err(`rm: remove ${inode.kind === 'dir' ? 'directory' : inode.kind === 'file' && byteLength(inode.content) === 0 ? 'regular empty file' : inode.kind === 'link' ? 'symbolic link' : 'regular file'} '${path}'? `);
      if (!/^[yY]/.test((await t.process.stdin.read(t.process)) ?? '')) continue;
    }
    t.attempt(`cannot remove '${path}'`, () => {
      guard(t, path);
      t.fs.remove(path.replace(/\/+$/, '') || '/', { cwd: t.cwd, recursive });
    });
    if (t.has('v')) await t.out(inode.kind === 'dir' ? `removed directory '${path}'\n` : `removed '${path}'\n`);
  }
  return t.code;
});

function destination(t: Tool, verb: string): { sources: string[]; into: (source: string) => string } {
  const target = t.get('t');
  if (t.args.length === 0) throw new Usage('missing file operand');
  if (target === undefined && t.args.length === 1) throw new Usage(`missing destination file operand after '${t.args[0]}'`);
  const to = target ?? t.args.at(-1)!, sources = target === undefined ? t.args.slice(0, -1) : t.args;
  const dir = t.find(to)?.kind === 'dir' && !t.has('T');
  if ((sources.length > 1 || target !== undefined) && !dir) throw new Usage(`${verb === 'ln' ? 'target' : 'target'} '${to}'${t.find(to) ? ': Not a directory' : ': No such file or directory'}`, { hint: false });
  return { sources, into: (source) => (dir ? `${to.replace(/\/$/, '')}/${basename(source)}` : to) };
}

const cp = tool((t) => {
  t.parse({ short: 'arRfivpunTt:dLPHs', long: { archive: 'a', recursive: 'r', force: 'f', interactive: 'i', verbose: 'v', preserve: '::', update: 'u', 'no-clobber': 'n', 'target-directory': 't:', dereference: 'L', 'no-target-directory': 'T' } });
  const { sources, into } = destination(t, 'cp');
  const recursive = t.has('r') || t.has('R') || t.has('a');
  for (const source of sources) {
    const inode = recursive && !t.has('L') ? t.lstat(source) : t.find(source);
    if (!inode) {
      t.attempt(`cannot stat '${source}'`, () => void t.fs.stat(source, t.cwd));
      continue;
    }
    if (inode.kind === 'dir' && !recursive) {
      t.fail(`-r not specified; omitting directory '${source}'`);
      continue;
    }
    const to = into(source);
    if (t.find(to) === inode) {
      t.fail(`'${source}' and '${to}' are the same file`);
      continue;
    }
    if (t.has('n') && t.find(to)) continue;
    t.attempt(t.find(dirname(resolve(to, t.cwd))) ? `cannot create ${inode.kind === 'dir' ? 'directory' : 'regular file'} '${to}'` : `cannot create ${inode.kind === 'dir' ? 'directory' : 'regular file'} '${to}'`, () => copy(t, inode, to, t.has('a') || t.has('p') || t.has('preserve')));
    if (t.has('v')) void t.out(`'${source}' -> '${to}'\n`);
  }
  return t.code;
});

function copy(t: Tool, inode: Inode, to: string, preserve: boolean): void {
  if (!t.find(to)) guard(t, to);
  if (inode.kind === 'dir') {
    if (!t.find(to)) t.fs.mkdir(to, { cwd: t.cwd, mode: inode.mode & (preserve ? 0o7777 : ~t.process.umask), ...(preserve ? { uid: inode.uid, gid: inode.gid } : owner(t)) });
    for (const name of inode.names()) copy(t, inode.get(name)!, `${to.replace(/\/$/, '')}/${name}`, preserve);
  } else if (inode.kind === 'link') {
    if (t.lstat(to)) t.fs.remove(to, { cwd: t.cwd });
    t.fs.symlink(inode.target, to, t.cwd);
  } else if (inode.kind === 'file') {
    t.fs.writeFile(to, inode.read?.() ?? inode.content, { cwd: t.cwd, mode: inode.mode & (preserve ? 0o7777 : ~t.process.umask), ...(preserve ? { uid: inode.uid, gid: inode.gid } : owner(t)), ...(inode.program ? { program: inode.program } : {}) });
    const copied = t.find(to);
    if (copied?.kind === 'file' && inode.size !== undefined) copied.size = inode.size;
  } else t.fs.writeFile(to, '', { cwd: t.cwd });
  if (preserve && inode.kind !== 'link') t.fs.change(to, { mtime: inode.mtime }, t.cwd);
}

const mv = tool((t) => {
  t.parse({ short: 'fivnuTt:', long: { force: 'f', interactive: 'i', verbose: 'v', 'no-clobber': 'n', update: 'u', 'target-directory': 't:' } });
  const { sources, into } = destination(t, 'mv');
  for (const source of sources) {
    const inode = t.lstat(source);
    if (!inode) {
      t.attempt(`cannot stat '${source}'`, () => void t.fs.lstat(source, t.cwd));
      continue;
    }
    const to = into(source);
    if (t.has('n') && t.find(to)) continue;
    const from = resolve(source, t.cwd), target = resolve(to, t.cwd);
    if (from === target) {
      t.fail(`'${source}' and '${to}' are the same file`);
      continue;
    }
    if (target.startsWith(`${from}/`)) {
      t.fail(`cannot move '${source}' to a subdirectory of itself, '${to}'`);
      continue;
    }
    t.attempt(`cannot move '${source}' to '${to}'`, () => {
      guard(t, source);
      guard(t, to);
      const old = t.lstat(to);
      if (old?.kind === 'dir' && inode.kind !== 'dir') throw new FileError('EISDIR', to);
      if (old) t.fs.remove(to, { cwd: t.cwd });
      t.fs.rename(source.replace(/\/+$/, ''), to.replace(/\/+$/, ''), t.cwd);
    });
    if (t.has('v')) void t.out(`renamed '${source}' -> '${to}'\n`);
  }
  return t.code;
});

const ln = tool((t) => {
  t.parse({ short: 'sfnvrTt:', long: { symbolic: 's', force: 'f', 'no-dereference': 'n', verbose: 'v', relative: 'r', 'target-directory': 't:' } });
  if (t.args.length === 1) t.args.push(basename(t.args[0]!));
  const { sources, into } = destination(t, 'ln');
  for (const source of sources) {
    const to = t.has('n') && t.lstat(t.args.at(-1)!)?.kind === 'link' ? t.args.at(-1)! : into(source);
    t.attempt(`failed to create ${t.has('s') ? 'symbolic' : 'hard'} link '${to}'`, () => {
      guard(t, to);
      if (t.lstat(to) && t.has('f')) t.fs.remove(to, { cwd: t.cwd });
      if (t.has('s')) return t.fs.symlink(source, to, t.cwd);
      const inode = t.fs.stat(source, t.cwd);
      if (inode.kind === 'dir') throw new Fatal(`${source}: hard link not allowed for directory`);
      if (t.lstat(to)) throw new FileError('EEXIST', to);
      const parent = t.fs.directory(dirname(resolve(to, t.cwd)));
      parent.set(basename(to), inode);
    });
  }
  return t.code;
});

const touch = tool((t) => {
  t.parse({ short: 'acmd:t:r:h', long: { 'no-create': 'c', date: 'd:', reference: 'r:' } });
  if (t.args.length === 0) throw new Usage('missing file operand');
  const when = t.has('d') ? parseDate(t.get('d')!, t.process.now) : t.has('r') ? t.fs.stat(t.get('r')!, t.cwd).mtime : t.process.now;
  if (when === undefined) throw new Fatal(`invalid date format '${t.get('d')}'`);
  for (const file of t.args) t.attempt(`cannot touch '${file}'`, () => {
    if (!t.find(file)) {
      if (t.has('c')) return;
      guard(t, file);
      t.fs.writeFile(file, '', { cwd: t.cwd, mode: 0o666 & ~t.process.umask, ...owner(t) });
    }
    t.fs.change(file, { mtime: when }, t.cwd);
  });
});

/** What date(1)'s -d understands, as far as it is typed; microseconds. */
export function parseDate(text: string, now: number): number | undefined {
  const t = text.trim();
  if (t === 'now' || t === '') return now;
  if (t === 'today') return now;
  if (t === 'yesterday') return now - 86400e6;
  if (t === 'tomorrow') return now + 86400e6;
  if (/^@-?\d+(\.\d+)?$/.test(t)) return Math.round(Number(t.slice(1)) * 1e6);
  const relative = [...t.matchAll(/([-+]?\d+)\s*(second|sec|minute|min|hour|day|week)s?(\s+ago)?/g)];
  if (relative.length > 0 && t.replace(/([-+]?\d+)\s*(second|sec|minute|min|hour|day|week)s?(\s+ago)?/g, '').trim() === '') {
    const units: Record<string, number> = { second: 1, sec: 1, minute: 60, min: 60, hour: 3600, day: 86400, week: 604800 };
    return relative.reduce((at, m) => at + Number(m[1]) * units[m[2]!]! * (m[3] ? -1 : 1) * 1e6, now);
  }
  const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*(Z|UTC|[-+]\d\d:?\d\d)?$/.exec(t);
  if (!iso) return undefined;
  const zone = /^([-+])(\d\d):?(\d\d)$/.exec(iso[8] ?? '');
  const shift = zone ? (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) * 60_000 : 0;
  return (Date.UTC(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]), Number(iso[4] ?? 0), Number(iso[5] ?? 0), Number(iso[6] ?? 0)) - shift) * 1000 + Number((iso[7] ?? '0').padEnd(6, '0').slice(0, 6));
}

/** 755, u+x, go-w, a=r … on top of `old`. Throws Fatal for what is no mode. */
export function parseMode(text: string, old: number, isDir: boolean): number {
  if (/^[0-7]{1,5}$/.test(text)) return parseInt(text, 8);
  let mode = old;
  for (const part of text.split(',')) {
    const m = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(part);
    if (!m) throw new Fatal(`invalid mode: '${text}'`);
    const who = m[1] === '' || m[1]!.includes('a') ? 'ugo' : m[1]!;
    for (const [, op, perms] of m[2]!.matchAll(/([-+=])([rwxXst]*)/g)) {
      let bits = 0;
      for (const w of who) {
        const shift = { u: 6, g: 3, o: 0 }[w]!;
        for (const p of perms!) {
          if (p === 's') bits |= w === 'u' ? 0o4000 : w === 'g' ? 0o2000 : 0;
          else if (p === 't') bits |= 0o1000;
          else bits |= (p === 'r' ? 4 : p === 'w' ? 2 : p === 'x' || isDir || mode & 0o111 ? 1 : 0) << shift;
        }
        if (op === '=') mode &= ~(7 << shift);
      }
      mode = op === '-' ? mode & ~bits : mode | bits;
    }
  }
  return mode;
}

function* tree(t: Tool, path: string, inode: Inode): Generator<[string, Inode]> {
  yield [path, inode];
  if (inode.kind === 'dir') for (const name of inode.names()) {
    const child = inode.get(name);
    if (child) yield* tree(t, `${path.replace(/\/$/, '')}/${name}`, child);
  }
}

const chmod = tool((t) => {
  t.parse({ short: 'Rvcf', long: { recursive: 'R', verbose: 'v', changes: 'c', reference: ':' } }, t.process.args.map((a) => (/^-[rwxXst]/.test(a) && !/^-R/.test(a) ? `\u0000${a}` : a)));
  const [mode, ...files] = t.args.map((a) => a.replace('\0', ''));
  if (mode === undefined) throw new Usage('missing operand');
  if (files.length === 0) throw new Usage(`missing operand after '${mode}'`);
  if (!/^[0-7]{1,5}$/.test(mode)) {
    try {
      parseMode(mode, 0, false);
    } catch (error) {
      if (error instanceof Fatal) throw new Usage(error.message);
      throw error;
    }
  }
  for (const file of files) {
    const inode = t.find(file);
    if (!inode) {
      t.attempt(`cannot access '${file}'`, () => void t.fs.stat(file, t.cwd));
      continue;
    }
    for (const [path, each] of t.has('R') ? tree(t, file, inode) : [[file, inode] as [string, Inode]]) {
      if (t.process.uid !== 0 && each.uid !== t.process.uid) t.fail(`changing permissions of '${path}': Operation not permitted`);
      else if (each.kind !== 'link') t.attempt(`changing permissions of '${path}'`, () => t.fs.change(path, { mode: parseMode(mode, each.mode, each.kind === 'dir') }, t.cwd));
    }
  }
});

const chown = tool((t) => {
  t.parse({ short: 'Rvch', long: { recursive: 'R', verbose: 'v', reference: ':' } });
  const [spec, ...files] = t.args;
  if (spec === undefined) throw new Usage('missing operand');
  if (files.length === 0) throw new Usage(`missing operand after '${spec}'`);
  const [user, group] = t.name === 'chgrp' ? ['', spec] : spec.split(/[:.]/);
  const uid = user === '' || user === undefined ? undefined : /^\d+$/.test(user) ? Number(user) : accounts(t.process).find((a) => a.name === user)?.uid;
  const gid = group === '' || group === undefined ? undefined : /^\d+$/.test(group) ? Number(group) : groups(t.process).find((g) => g.name === group)?.gid;
  if (user && uid === undefined) throw new Fatal(`invalid user: '${spec}'`);
  if (group && gid === undefined) throw new Fatal(`invalid group: '${spec}'`);
  for (const file of files) {
    const inode = t.find(file);
    if (!inode) t.attempt(`cannot access '${file}'`, () => void t.fs.stat(file, t.cwd));
    else for (const [path] of t.has('R') ? tree(t, file, inode) : [[file] as [string]]) {
      if (t.process.uid !== 0) t.fail(`changing ownership of '${path}': Operation not permitted`);
      else t.fs.change(path, { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) }, t.cwd);
    }
  }
});

const stat = tool(async (t) => {
  t.parse({ short: 'c:Lft', long: { format: 'c:', printf: ':', dereference: 'L' } });
  if (t.args.length === 0) throw missingOperand(t);
  for (const file of t.args) {
    const inode = t.has('L') ? t.find(file) : t.lstat(file);
    if (!inode) {
      t.attempt(`cannot statx '${file}'`, () => void t.fs.lstat(file, t.cwd));
      continue;
    }
    const kind = inode.kind === 'dir' ? 'directory' : inode.kind === 'link' ? 'symbolic link' : inode.kind === 'device' ? 'character special file' : size(inode) === 0 ? 'regular empty file' : 'regular file';
    const octal = (inode.mode & 0o7777).toString(8), at = strftime('%Y-%m-%d %H:%M:%S.%N +0000', inode.mtime);
    const values: Record<string, string> = { n: file, N: `'${file}'${inode.kind === 'link' ? ` -> '${inode.target}'` : ''}`, s: String(size(inode)), a: octal, A: modeText(inode), u: String(inode.uid), g: String(inode.gid), U: userName(t.process, inode.uid), G: groupName(t.process, inode.gid), F: kind, y: at, Y: String(Math.floor(inode.mtime / 1e6)), x: at, X: String(Math.floor(inode.mtime / 1e6)), z: at, Z: String(Math.floor(inode.mtime / 1e6)), h: '1', b: String(blocks(inode) * 2), B: '512', o: '4096', w: '-', '%': '%' };
    const format = t.get('c') ?? t.get('printf');
    if (format !== undefined) await t.out(`${format.replace(/%([a-zA-Z%])/g, (m, c: string) => values[c] ?? m)}${t.has('printf') ? '' : '\n'}`.replace(/\\n/g, t.has('printf') ? '\n' : '\\n'));
    else await t.out(`  File: ${values['N']!.replace(/^'(.*?)'/, '$1').replace(/ -> '(.*)'$/, ' -> $1')}\n  Size: ${String(size(inode)).padEnd(10)}\tBlocks: ${String(blocks(inode) * 2).padEnd(10)} IO Block: 4096   ${kind}\nDevice: 0,51\tInode: ${String(1_000_000 + inode.mtime % 100_000).padEnd(10)}  Links: 1\nAccess: (${octal.padStart(4, '0')}/${modeText(inode)})  Uid: (${String(inode.uid).padStart(5)}/${values['U']!.padStart(8)})   Gid: (${String(inode.gid).padStart(5)}/${values['G']!.padStart(8)})\nAccess: ${at}\nModify: ${at}\nChange: ${at}\n Birth: ${at}\n`);
  }
  return t.code;
});

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

const mktemp = tool(async (t) => {
  t.parse({ short: 'dup:qt', long: { directory: 'd', 'dry-run': 'u', tmpdir: 'p::', suffix: ':' } });
  const template = t.args[0] ?? 'tmp.XXXXXXXXXX';
  if (!/X{3,}/.test(template)) throw new Fatal(`too few X's in template '${template}'`);
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const rng = t.process.world.rng.fork(`mktemp/${t.process.machine.name}/${t.process.pid}`);
  const name = template.replace(/X{3,}(?!.*X{3})/, (x) => Array.from(x, () => rng.pick([...letters])).join('')) + (t.get('suffix') ?? '');
  const dir = t.get('p') || (t.args.length === 0 || t.has('t') || t.has('p') ? (t.process.env['TMPDIR'] ?? '/tmp') : '');
  const path = dir && !name.startsWith('/') ? `${dir}/${name}` : name;
  if (!t.has('u') && !t.attempt(`failed to create ${t.has('d') ? 'directory' : 'file'} via template '${dir ? `${dir}/` : ''}${template}'`, () => (t.has('d') ? t.fs.mkdir(path, { cwd: t.cwd, mode: 0o700, ...owner(t) }) : t.fs.writeFile(path, '', { cwd: t.cwd, mode: 0o600, ...owner(t) })))) return 1;
  await t.out(`${path}\n`);
  return 0;
});

const readlink = tool(async (t) => {
  t.parse({ short: 'femnqsv', long: { canonicalize: 'f', 'canonicalize-existing': 'e', 'canonicalize-missing': 'm', 'no-newline': 'n' } });
  if (t.args.length === 0) throw missingOperand(t);
  for (const file of t.args) {
    if (t.has('f') || t.has('e') || t.has('m')) {
      const path = real(t, file, t.has('e'));
      if (path === undefined) t.code = 1;
      else await t.out(`${path}\n`);
      continue;
    }
    const inode = t.lstat(file);
    if (inode?.kind === 'link') await t.out(inode.target + (t.has('n') ? '' : '\n'));
    else t.code = 1;
  }
  return t.code;
});

function real(t: Tool, file: string, mustExist: boolean): string | undefined {
  try {
    return t.fs.realpath(file, t.cwd);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (mustExist) return undefined;
    const absolute = resolve(file, t.cwd), parent = t.find(dirname(absolute));
    return parent?.kind === 'dir' ? resolve(basename(absolute), t.fs.realpath(dirname(absolute))) : undefined;
  }
}

const realpath = tool(async (t) => {
  t.parse({ short: 'emqsz', long: { 'canonicalize-existing': 'e', 'canonicalize-missing': 'm', 'relative-to': ':' } });
  if (t.args.length === 0) throw missingOperand(t);
  for (const file of t.args) {
    const path = real(t, file, t.has('e')) ?? (t.has('m') ? resolve(file, t.cwd) : undefined);
    if (path === undefined) t.fail(`${file}: No such file or directory`);
    else await t.out(`${path}\n`);
  }
  return t.code;
});

const basenameTool = tool(async (t) => {
  t.parse({ short: 'as:z', long: { multiple: 'a', suffix: 's:' } });
  if (t.args.length === 0) throw missingOperand(t);
  const many = t.has('a') || t.has('s');
  if (!many && t.args.length > 2) throw new Usage(`extra operand '${t.args[2]}'`);
  const suffix = t.get('s') ?? (many ? '' : (t.args[1] ?? ''));
  for (const a of many ? t.args : t.args.slice(0, 1)) {
    const name = /^\/+$/.test(a) ? '/' : basename(a);
    await t.out(`${suffix !== '' && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}\n`);
  }
});

const dirnameTool = tool(async (t) => {
  t.parse({ short: 'z' });
  if (t.args.length === 0) throw missingOperand(t);
  for (const a of t.args) await t.out(`${a.replace(/\/+$/, '').includes('/') || a.startsWith('/') ? dirname(a) : '.'}\n`);
});

const truncate = tool((t) => {
  t.parse({ short: 's:c', long: { size: 's:', 'no-create': 'c' } });
  if (!t.has('s')) throw new Usage("you must specify either '--size' or '--reference'");
  for (const file of t.args) {
    const old = t.find(file) ? t.fs.readFile(file, t.cwd) : '';
    const n = Number(/^\d+/.exec(t.get('s')!)?.[0] ?? 0) * ({ K: 1024, M: 1 << 20, G: 1 << 30 }[t.get('s')!.at(-1)!] ?? 1);
    t.fs.writeFile(file, old.length > n ? old.slice(0, n) : old + '\0'.repeat(n - old.length), { cwd: t.cwd, ...owner(t) });
  }
});

export const main = multi({ mkdir, rmdir, rm, cp, mv, ln, touch, chmod, chown, chgrp: chown, stat, du, df, mktemp, readlink, realpath, basename: basenameTool, dirname: dirnameTool, truncate });
