/** What runc gives the processes of a container when nobody says otherwise. */
import type { FileSystem } from '../../linux/files.ts';
import { which } from '../../linux/machine.ts';
import type { Stream } from '../../linux/streams.ts';

/** Of a container whose image names none. */
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** What Docker and containerd give a container that asks for nothing. */
export const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP', 'SETPCAP', 'NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE'];

/** Nothing to read, and what is written is lost. */
export const EMPTY: Stream = { isTTY: false, read: () => Promise.resolve(null), write: () => {}, retain: () => {}, release: () => {} };

/** Where the executable is, or how Go's os/exec says that it is not. */
export function resolveExecutable(fs: FileSystem, env: Record<string, string>, cwd: string, name: string): { path: string } | { error: string } {
  const path = which(fs, env, cwd, name);
  if (path === undefined) return { error: `exec: "${name}": executable file not found in $PATH` };
  const inode = fs.find(path, cwd);
  if (!inode) return { error: `exec: "${name}": stat ${name}: no such file or directory` };
  if (inode.kind === 'dir') return { error: `exec: "${name}": is a directory` };
  if ((inode.mode & 0o111) === 0) return { error: `exec: "${name}": permission denied` };
  return { path };
}

export function capabilities(asked: { add?: string[]; drop?: string[] } | undefined): ReadonlySet<string> | 'all' {
  if (asked?.add?.includes('ALL') && !asked.drop?.length) return 'all';
  const out = new Set(asked?.drop?.some((d) => d.toUpperCase() === 'ALL') ? [] : CAPABILITIES);
  for (const d of asked?.drop ?? []) out.delete(d.replace(/^CAP_/, ''));
  for (const a of asked?.add ?? []) out.add(a.replace(/^CAP_/, ''));
  return out;
}

/** The home that /etc/passwd gives a user. */
export function home(fs: FileSystem, uid: number): string {
  const passwd = fs.find('/etc/passwd');
  if (passwd?.kind !== 'file') return '/';
  return String(passwd.content).split('\n').map((l) => l.split(':')).find((f) => f[2] === String(uid))?.[5] ?? '/';
}
