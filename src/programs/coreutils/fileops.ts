/** mkdir, rmdir, rm, cp, mv, ln, touch, mktemp, truncate. */
import { basename, byteLength, dirname, FileError, resolve, type Inode } from '../../linux/files.ts';
import { mayCreate } from '../../linux/open.ts';
import { parseDate } from './date-text.ts';
import { parseMode } from './mode.ts';
import { Fatal, missingOperand, multi, tool, Usage, type Tool } from './tool.ts';

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

function destination(t: Tool): { sources: string[]; into: (source: string) => string } {
  const target = t.get('t');
  if (t.args.length === 0) throw new Usage('missing file operand');
  if (target === undefined && t.args.length === 1) throw new Usage(`missing destination file operand after '${t.args[0]}'`);
  const to = target ?? t.args.at(-1)!, sources = target === undefined ? t.args.slice(0, -1) : t.args;
  const dir = t.find(to)?.kind === 'dir' && !t.has('T');
  if ((sources.length > 1 || target !== undefined) && !dir) throw new Usage(`target '${to}'${t.find(to) ? ': Not a directory' : ': No such file or directory'}`, { hint: false });
  return { sources, into: (source) => (dir ? `${to.replace(/\/$/, '')}/${basename(source)}` : to) };
}

const cp = tool((t) => {
  t.parse({ short: 'arRfivpunTt:dLPHs', long: { archive: 'a', recursive: 'r', force: 'f', interactive: 'i', verbose: 'v', preserve: '::', update: 'u', 'no-clobber': 'n', 'target-directory': 't:', dereference: 'L', 'no-target-directory': 'T' } });
  const { sources, into } = destination(t);
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
    t.attempt(`cannot create ${inode.kind === 'dir' ? 'directory' : 'regular file'} '${to}'`, () => copy(t, inode, to, t.has('a') || t.has('p') || t.has('preserve')));
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
  const { sources, into } = destination(t);
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
  const { sources, into } = destination(t);
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

const truncate = tool((t) => {
  t.parse({ short: 's:c', long: { size: 's:', 'no-create': 'c' } });
  if (!t.has('s')) throw new Usage("you must specify either '--size' or '--reference'");
  for (const file of t.args) {
    const old = t.find(file) ? t.fs.readFile(file, t.cwd) : '';
    const n = Number(/^\d+/.exec(t.get('s')!)?.[0] ?? 0) * ({ K: 1024, M: 1 << 20, G: 1 << 30 }[t.get('s')!.at(-1)!] ?? 1);
    t.fs.writeFile(file, old.length > n ? old.slice(0, n) : old + '\0'.repeat(n - old.length), { cwd: t.cwd, ...owner(t) });
  }
});

export const main = multi({ mkdir, rmdir, rm, cp, mv, ln, touch, mktemp, truncate });
