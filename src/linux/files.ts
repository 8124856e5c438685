import type { Micros } from '../sim/clock.ts';

/** What a file holds: text, or bytes (a pcap). Sizes are those of UTF-8. */
export type Content = string | Uint8Array;

export interface Owner {
  mode: number;
  uid: number;
  gid: number;
  mtime: Micros;
}

export interface RegularFile extends Owner {
  kind: 'file';
  content: Content;
  /** An executable: the name under which World.programs knows what it does. */
  program?: string;
  /** Bytes that `ls -l` shows for an executable. */
  size?: number;
  /** A file whose content is made when it is read (/proc, /sys). */
  read?: () => string;
  /** What a write does (/proc/sys); without it a file with `read` is read-only. */
  onWrite?: (text: string) => void;
}

export interface SymbolicLink extends Owner {
  kind: 'link';
  target: string;
}

/** A character device: /dev/null, /dev/tty. */
export interface Device extends Owner {
  kind: 'device';
  device: 'null' | 'zero' | 'random' | 'full' | 'tty' | 'kmsg';
}

export type Inode = RegularFile | SymbolicLink | Device | Directory;

export type Errno = 'ENOENT' | 'EACCES' | 'EISDIR' | 'ENOTDIR' | 'EEXIST' | 'ENOTEMPTY' | 'EROFS' | 'ELOOP' | 'EPERM' | 'EINVAL' | 'EBUSY' | 'ENOEXEC' | 'ENOSPC' | 'ENXIO' | 'EXDEV';
const TEXT: Record<Errno, string> = {
  ENOENT: 'No such file or directory', EACCES: 'Permission denied', EISDIR: 'Is a directory', ENOTDIR: 'Not a directory', EEXIST: 'File exists',
  ENOTEMPTY: 'Directory not empty', EROFS: 'Read-only file system', ELOOP: 'Too many levels of symbolic links', EPERM: 'Operation not permitted',
  EINVAL: 'Invalid argument', EBUSY: 'Device or resource busy', ENOEXEC: 'Exec format error', ENOSPC: 'No space left on device', ENXIO: 'No such device or address', EXDEV: 'Invalid cross-device link',
};

/** A failed system call on files; the message is strerror's. */
export class FileError extends Error {
  readonly errno: Errno;
  readonly path: string;
  constructor(errno: Errno, path: string) {
    super(TEXT[errno]);
    this.errno = errno;
    this.path = path;
  }
}

/**
 * A directory. With a `lower` one it is an overlay as a container's: what is not changed is shared with the image, what is
 * written is copied up first, what is removed is remembered as gone.
 */
export class Directory implements Owner {
  readonly kind = 'dir';
  mode: number;
  uid: number;
  gid: number;
  mtime: Micros;
  readonly #own = new Map<string, Inode>();
  readonly #lower: Directory | undefined;
  #gone: Set<string> | undefined;
  /** Entries made when they are asked for (/proc's pids). */
  dynamic?: { names(): string[]; get(name: string): Inode | undefined };

  constructor({ mode = 0o755, uid = 0, gid = 0, mtime = 0 }: Partial<Owner> = {}, lower?: Directory) {
    this.mode = lower?.mode ?? mode;
    this.uid = lower?.uid ?? uid;
    this.gid = lower?.gid ?? gid;
    this.mtime = lower?.mtime ?? mtime;
    this.#lower = lower;
  }

  get(name: string): Inode | undefined {
    const own = this.#own.get(name) ?? this.dynamic?.get(name);
    if (own || this.#gone?.has(name)) return own;
    const below = this.#lower?.get(name);
    if (below?.kind !== 'dir') return below;
    const dir = new Directory({}, below);
    this.#own.set(name, dir);
    return dir;
  }

  /** The entry as one that may be changed without changing the image. */
  forWrite(name: string): Inode | undefined {
    const found = this.get(name);
    if (!found || found.kind === 'dir' || this.#own.has(name)) return found;
    const copy = { ...found };
    this.#own.set(name, copy);
    return copy;
  }

  set(name: string, inode: Inode): void {
    this.#own.set(name, inode);
  }

  delete(name: string): void {
    this.#own.delete(name);
    if (this.#lower?.get(name)) (this.#gone ??= new Set()).add(name);
  }

  /** The entries that are this directory's own and not those of the image below. */
  changed(): Inode[] {
    return [...this.#own.values()];
  }

  /** In the order of `LC_ALL=C ls`. */
  names(): string[] {
    const all = new Set([...this.#own.keys(), ...(this.dynamic?.names() ?? []), ...(this.#lower?.names() ?? []).filter((n) => !this.#gone?.has(n))]);
    return [...all].sort((a, b) => (a < b ? -1 : 1));
  }
}

/** A mount: what is seen at `path` and below. */
export interface Mount {
  path: string;
  root: Directory;
  readOnly?: boolean;
  /** For `mount` and `df`: overlay, tmpfs, proc … */
  type?: string;
  source?: string;
}

/** Resolved place of a path: the directory that holds the entry, its name and the entry itself when it exists. */
interface Place {
  path: string;
  parent: Directory;
  name: string;
  inode: Inode | undefined;
  readOnly: boolean;
}

/** The files a process sees: its mount namespace. Paths are absolute or relative to `cwd`. */
export class FileSystem {
  readonly mounts: Mount[];
  readonly #now: () => Micros;

  constructor(root: Directory, now: () => Micros, mounts: Mount[] = []) {
    this.mounts = [{ path: '/', root, type: 'overlay', source: 'overlay' }, ...mounts];
    this.#now = now;
  }

  mount(mount: Mount): void {
    this.mounts.push({ ...mount, path: normalize(mount.path) });
  }

  unmount(path: string): void {
    const i = this.mounts.findLastIndex((m) => m.path === normalize(path));
    if (i > 0) this.mounts.splice(i, 1);
  }

  /** What chroot(2) makes of it: the directory at `path` is the root, with whatever is mounted under it. A whole file system that is mounted there comes with its own mounts. */
  below(path: string): FileSystem {
    const root = this.directory(path), under = path === '/' ? '' : path;
    const mounts = this.mounts.filter((m, i) => i > 0 && m.path.startsWith(`${under}/`)).map((m) => ({ ...m, path: m.path.slice(under.length) }));
    return new FileSystem(root, this.#now, mounts);
  }

  /** The directory at `path`, to be mounted elsewhere (bind mount, hostPath). */
  directory(path: string): Directory {
    const inode = this.stat(path);
    if (inode.kind !== 'dir') throw new FileError('ENOTDIR', path);
    return inode;
  }

  /** Follows symbolic links; throws ENOENT when there is nothing. */
  stat(path: string, cwd = '/'): Inode {
    const { inode } = this.#place(path, cwd, true);
    if (!inode) throw new FileError('ENOENT', path);
    return inode;
  }

  lstat(path: string, cwd = '/'): Inode {
    const { inode } = this.#place(path, cwd, false);
    if (!inode) throw new FileError('ENOENT', path);
    return inode;
  }

  /** The entry or undefined, never throws. */
  find(path: string, cwd = '/'): Inode | undefined {
    const place = this.#locate(path, cwd, true);
    return typeof place === 'string' ? undefined : place.inode;
  }

  exists(path: string, cwd = '/'): boolean {
    return this.find(path, cwd) !== undefined;
  }

  /** The absolute path without symbolic links. */
  realpath(path: string, cwd = '/'): string {
    const place = this.#place(path, cwd, true);
    if (!place.inode) throw new FileError('ENOENT', path);
    return place.path;
  }

  readdir(path: string, cwd = '/'): string[] {
    const inode = this.stat(path, cwd);
    if (inode.kind !== 'dir') throw new FileError('ENOTDIR', path);
    const at = this.#place(path, cwd, true).path;
    const mounted = this.mounts.filter((m) => m.path !== '/' && dirname(m.path) === at).map((m) => basename(m.path));
    return [...new Set([...inode.names(), ...mounted])].sort((a, b) => (a < b ? -1 : 1));
  }

  /** Of what is no text one character is one byte (TextDecoder's latin1 is windows-1252). */
  readFile(path: string, cwd = '/'): string {
    const content = this.readContent(path, cwd);
    if (typeof content === 'string') return content;
    let out = '';
    for (let i = 0; i < content.length; i += 8192) out += String.fromCharCode(...content.subarray(i, i + 8192));
    return out;
  }

  readContent(path: string, cwd = '/'): Content {
    const inode = this.stat(path, cwd);
    if (inode.kind === 'dir') throw new FileError('EISDIR', path);
    return inode.kind === 'file' ? (inode.read?.() ?? inode.content) : '';
  }

  writeFile(path: string, content: Content, { cwd = '/', append = false, mode = 0o644, uid = 0, gid = 0, program }: { cwd?: string; append?: boolean; mode?: number; uid?: number; gid?: number; program?: string } = {}): void {
    const place = this.#place(path, cwd, true);
    if (place.inode?.kind === 'dir') throw new FileError('EISDIR', path);
    if (place.inode?.kind === 'device') return;
    if (place.readOnly) throw new FileError('EROFS', path);
    const old = place.parent.forWrite(place.name);
    if (old?.kind === 'file') {
      if (old.read) {
        if (!old.onWrite) throw new FileError('EACCES', path);
        old.onWrite(String(content));
        return;
      }
      old.content = append ? join(old.content, content) : content;
      old.mtime = this.#now();
      if (program) old.program = program;
    } else place.parent.set(place.name, { kind: 'file', content, mode, uid, gid, mtime: this.#now(), ...(program ? { program } : {}) });
  }

  mkdir(path: string, { cwd = '/', parents = false, mode = 0o755, uid = 0, gid = 0 }: { cwd?: string; parents?: boolean; mode?: number; uid?: number; gid?: number } = {}): void {
    const absolute = resolve(path, cwd);
    if (parents && absolute !== '/' && !this.exists(dirname(absolute))) this.mkdir(dirname(absolute), { parents, mode, uid, gid });
    const place = this.#place(absolute, '/', true);
    if (place.inode) {
      if (parents && place.inode.kind === 'dir') return;
      throw new FileError('EEXIST', path);
    }
    if (place.readOnly) throw new FileError('EROFS', path);
    place.parent.set(place.name, new Directory({ mode, uid, gid, mtime: this.#now() }));
  }

  symlink(target: string, path: string, cwd = '/'): void {
    const place = this.#place(path, cwd, false);
    if (place.inode) throw new FileError('EEXIST', path);
    if (place.readOnly) throw new FileError('EROFS', path);
    place.parent.set(place.name, { kind: 'link', target, mode: 0o777, uid: 0, gid: 0, mtime: this.#now() });
  }

  /** Removes a file, a link or an empty directory (any directory with `recursive`). */
  remove(path: string, { cwd = '/', recursive = false }: { cwd?: string; recursive?: boolean } = {}): void {
    const place = this.#place(path, cwd, false);
    if (!place.inode) throw new FileError('ENOENT', path);
    if (place.readOnly) throw new FileError('EROFS', path);
    if (this.mounts.some((m) => m.path === place.path)) throw new FileError('EBUSY', path);
    if (place.inode.kind === 'dir' && !recursive && place.inode.names().length > 0) throw new FileError('ENOTEMPTY', path);
    place.parent.delete(place.name);
  }

  rename(from: string, to: string, cwd = '/'): void {
    const source = this.#place(from, cwd, false);
    if (!source.inode) throw new FileError('ENOENT', from);
    let target = this.#place(to, cwd, false);
    if (target.inode?.kind === 'dir') target = this.#place(`${target.path}/${source.name}`, '/', false);
    if (source.readOnly || target.readOnly) throw new FileError('EROFS', from);
    source.parent.delete(source.name);
    target.parent.set(target.name, source.inode);
  }

  /** Changes mode or owner. */
  change(path: string, to: Partial<Owner>, cwd = '/'): void {
    const place = this.#place(path, cwd, true);
    if (!place.inode) throw new FileError('ENOENT', path);
    if (place.readOnly) throw new FileError('EROFS', path);
    Object.assign(place.name === '' ? place.inode : place.parent.forWrite(place.name)!, to);
  }

  #place(path: string, cwd: string, follow: boolean): Place {
    const place = this.#locate(path, cwd, follow);
    if (typeof place === 'string') throw new FileError(place, path);
    return place;
  }

  #locate(path: string, cwd: string, follow: boolean): Place | Errno {
    if (path === '') return 'ENOENT';
    let at = '/', { root: parent, readOnly } = this.#mounted('/')!, name = '';
    let inode: Inode | undefined = parent;
    const todo = `${path.startsWith('/') ? '' : `${cwd}/`}${path}`.split('/').filter((p) => p !== '' && p !== '.');
    for (let links = 0; todo.length > 0; ) {
      const part = todo.shift()!;
      if (part === '..') {
        ({ path: at, parent, name, inode, readOnly } = this.#walk(dirname(at)));
        continue;
      }
      if (inode === undefined) return 'ENOENT';
      if (inode.kind !== 'dir') return 'ENOTDIR';
      parent = inode;
      name = part;
      at = at === '/' ? `/${part}` : `${at}/${part}`;
      const mount = this.#mounted(at);
      if (mount) {
        inode = mount.root;
        readOnly = mount.readOnly ?? false;
      } else inode = parent.get(part);
      if (inode?.kind === 'link' && (follow || todo.length > 0)) {
        if (++links > 40) return 'ELOOP';
        todo.unshift(...inode.target.split('/').filter((p) => p !== '' && p !== '.'));
        ({ path: at, parent, name, inode, readOnly } = this.#walk(inode.target.startsWith('/') ? '/' : dirname(at)));
      }
    }
    return { path: at, parent, name, inode, readOnly: readOnly ?? false };
  }

  /** Like #place for a path that has no links and exists. */
  #walk(path: string): Place {
    let { root, readOnly } = this.#mounted('/')!;
    let parent = root, at = '/', name = '';
    for (const part of path.split('/').filter(Boolean)) {
      parent = root;
      name = part;
      at = at === '/' ? `/${part}` : `${at}/${part}`;
      const mount = this.#mounted(at);
      if (mount) readOnly = mount.readOnly;
      root = mount?.root ?? (parent.get(part) as Directory);
    }
    return { path: at, parent, name, inode: root, readOnly: readOnly ?? false };
  }

  #mounted(path: string): Mount | undefined {
    if (this.mounts.length === 1) return path === '/' ? this.mounts[0] : undefined;
    return this.mounts.findLast((m) => m.path === path);
  }
}

/** An absolute path without `.`, `..` and doubled slashes (as text; links are not followed). */
export function resolve(path: string, cwd = '/'): string {
  return normalize(path.startsWith('/') ? path : `${cwd}/${path}`);
}

export function dirname(path: string): string {
  const cut = path.replace(/\/+$/, '').lastIndexOf('/');
  return cut > 0 ? path.slice(0, cut) : '/';
}

export function basename(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) ?? '';
}

/** Bytes of UTF-8. */
export function byteLength(content: Content): number {
  if (typeof content !== 'string') return content.length;
  let n = content.length;
  for (let i = 0; i < content.length; i++) {
    const c = content.charCodeAt(i);
    if (c > 0x7f) n += c > 0x7ff ? 2 : 1;
    if (c >= 0xd800 && c <= 0xdfff) n -= 1;
  }
  return n;
}

function normalize(path: string): string {
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') out.pop();
    else if (part !== '' && part !== '.') out.push(part);
  }
  return `/${out.join('/')}`;
}

function join(a: Content, b: Content): Content {
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  const [x, y] = [a, b].map((c) => (typeof c === 'string' ? new TextEncoder().encode(c) : c)) as [Uint8Array, Uint8Array];
  const out = new Uint8Array(x.length + y.length);
  out.set(x);
  out.set(y, x.length);
  return out;
}
