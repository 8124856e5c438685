import { FileError, dirname, resolve, type Inode } from './files.ts';
import type { Process } from './process.ts';
import { NULL, OpenFile, type Stream } from './streams.ts';

export type OpenMode = 'read' | 'write' | 'append';

/** open(2) as that process: permissions by its uid and gid, devices, /dev/fd. Throws FileError. */
export function openPath(process: Process, path: string, mode: OpenMode): Stream {
  const special = descriptor(process, path);
  if (special) return special;
  const { fs, cwd } = process;
  const inode = fs.find(path, cwd);
  if (mode === 'read') {
    if (!inode) fs.stat(path, cwd); // throws with the right errno
    if (!may(process, inode!, 4) || !searchable(process, path)) throw new FileError('EACCES', path);
    if (inode!.kind === 'dir') return new OpenDirectory(path);
    if (inode!.kind === 'device') return device(process, inode!.device);
    return new OpenFile({ text: fs.readFile(path, cwd), fs, path: resolve(path, cwd) });
  }
  if (inode?.kind === 'dir') throw new FileError('EISDIR', path);
  if (inode?.kind === 'device') return device(process, inode.device);
  if (inode ? !may(process, inode, 2) : !mayCreate(process, path)) throw new FileError('EACCES', path);
  const virtual = inode?.kind === 'file' && inode.read !== undefined;
  if (!virtual && (mode === 'write' || !inode)) fs.writeFile(path, '', { cwd, mode: 0o666 & ~process.umask, uid: process.uid, gid: process.gid });
  else if (virtual && !inode.onWrite) throw new FileError('EACCES', path);
  return new OpenFile({ fs, path: resolve(path, cwd) });
}

/** Whether the process may read (4), write (2) or execute (1) it. */
export function may(process: Process, inode: Inode, want: number): boolean {
  if (process.uid === 0) return want !== 1 || inode.kind === 'dir' || (inode.mode & 0o111) !== 0;
  const shift = inode.uid === process.uid ? 6 : inode.gid === process.gid ? 3 : 0;
  return ((inode.mode >> shift) & want) === want;
}

/** Whether an entry may be made, renamed or removed in the directory that holds `path`. */
export function mayCreate(process: Process, path: string): boolean {
  const parent = process.fs.find(dirname(resolve(path, process.cwd)));
  if (!parent) throw new FileError('ENOENT', path);
  return parent.kind !== 'dir' || (may(process, parent, 2) && searchable(process, path));
}

/** Whether every directory on the way may be searched. */
function searchable(process: Process, path: string): boolean {
  if (process.uid === 0) return true;
  for (let at = dirname(resolve(path, process.cwd)); ; at = dirname(at)) {
    const dir = process.fs.find(at);
    if (dir && !may(process, dir, 1)) return false;
    if (at === '/') return true;
  }
}

function descriptor(process: Process, path: string): Stream | undefined {
  const fd = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 }[path] ?? Number(/^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path)?.[1] ?? NaN);
  if (Number.isNaN(fd)) return undefined;
  const open = process.fds.get(fd);
  if (!open) throw new FileError('ENOENT', path);
  return open.stream;
}

function device(process: Process, name: string): Stream {
  if (name === 'tty') {
    if (!process.tty) throw new FileError('ENXIO', '/dev/tty');
    return process.tty;
  }
  if (name === 'zero' || name === 'random') return new Endless(process, name);
  if (name === 'full') return new Full();
  return NULL;
}

/** Reading it says "Is a directory" as read(2) does. */
class OpenDirectory implements Stream {
  readonly isTTY = false;
  readonly #path: string;
  constructor(path: string) {
    this.#path = path;
  }
  read(): Promise<string | null> {
    return Promise.reject(new FileError('EISDIR', this.#path));
  }
  write(): void {
    throw new FileError('EISDIR', this.#path);
  }
  retain(): void {}
  release(): void {}
}

class Full implements Stream {
  readonly isTTY = false;
  read(): Promise<string | null> {
    return Promise.resolve('\0'.repeat(4096));
  }
  write(): void {
    throw new FileError('ENOSPC', '/dev/full');
  }
  retain(): void {}
  release(): void {}
}

/** /dev/zero and /dev/urandom: 4096 bytes a read, for ever. */
class Endless implements Stream {
  readonly isTTY = false;
  readonly #next: () => string;
  constructor(process: Process, name: 'zero' | 'random') {
    const rng = process.world.rng.fork(`urandom/${process.pid}`);
    this.#next = name === 'zero' ? () => '\0'.repeat(4096) : () => Array.from({ length: 4096 }, () => String.fromCharCode(rng.int(256))).join('');
  }
  async read(by: Process): Promise<string | null> {
    await by.sleep(1);
    return this.#next();
  }
  write(): void {}
  retain(): void {}
  release(): void {}
}
