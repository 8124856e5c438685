/** sudo, su, chroot, mount, umount, dmesg, lsns, nsenter, unshare. */
import { Directory, FileError } from '../../linux/files.ts';
import { NetNamespace } from '../../linux/net/namespace.ts';
import { namespaceInode, mountTable } from '../../linux/proc.ts';
import type { Process } from '../../linux/process.ts';
import { accounts, userName } from '../coreutils/accounts.ts';
import { Fatal, multi, tool, Usage, type Tool } from '../coreutils/tool.ts';

function child(t: Tool, argv: string[], options: Partial<Parameters<Process['machine']['spawn']>[0]>): Process {
  try {
    return t.process.machine.spawn({ argv, parent: t.process, pgid: t.process.pgid, ...options });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Fatal(t.name === 'sudo' ? `${argv[0]}: ${error.errno === 'ENOENT' && !argv[0]!.includes('/') ? 'command not found' : error.message}` : `failed to execute ${argv[0]}: ${error.message}`, t.name === 'sudo' ? 1 : error.errno === 'ENOENT' ? 127 : 126);
  }
}

const sudo = tool(async (t) => {
  t.parse({ short: 'ieEnkvlSHsu:g:bA', long: { user: 'u:', login: 'i', shell: 's', 'preserve-env': 'E', 'non-interactive': 'n', list: 'l' }, stopAtOperand: true });
  const target = accounts(t.process).find((a) => a.name === (t.get('u') ?? 'root') || `#${a.uid}` === t.get('u'));
  if (!target) throw new Fatal(`unknown user ${t.get('u')}\nsudo: error initializing audit plugin sudoers_audit`);
  const me = userName(t.process, t.process.uid);
  if (t.has('l')) return void (await t.out(`User ${me} may run the following commands on ${t.process.uts.hostname}:\n    (ALL : ALL) NOPASSWD: ALL\n`));
  if (t.has('v') || t.has('k')) return 0;
  const env: Record<string, string> = { ...(t.has('E') ? t.process.env : { TERM: t.process.env['TERM'] ?? 'dumb', LANG: t.process.env['LANG'] ?? 'C.UTF-8' }), HOME: target.home, USER: target.name, LOGNAME: target.name, SHELL: target.shell || '/bin/sh', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', SUDO_USER: me, SUDO_UID: String(t.process.uid), SUDO_GID: String(t.process.gid), SUDO_COMMAND: t.args.join(' ') };
  let args = t.args;
  while (/^[A-Za-z_]\w*=/.test(args[0] ?? '')) {
    const at = args[0]!.indexOf('=');
    env[args[0]!.slice(0, at)] = args[0]!.slice(at + 1);
    args = args.slice(1);
  }
  const shell = t.has('i') || t.has('s');
  if (args.length === 0 && !shell) {
    await t.process.err('usage: sudo -h | -K | -k | -V\nusage: sudo -v [-ABkNnS] [-g group] [-h host] [-p prompt] [-u user]\nusage: sudo -l [-ABkNnS] [-g group] [-h host] [-p prompt] [-U user] [-u user]\n            [command [arg ...]]\nusage: sudo [-ABbEHkNnPS] [-r role] [-t type] [-C num] [-D directory] [-g group]\n            [-h host] [-p prompt] [-R directory] [-T timeout] [-u user]\n            [VAR=value] [-i | -s] [command [arg ...]]\n');
    return 1;
  }
  const argv = shell ? [t.has('i') ? `-${env['SHELL']!.split('/').at(-1)}` : env['SHELL']!, ...(args.length > 0 ? ['-c', args.join(' ')] : [])] : args;
  const p = child(t, argv, { uid: target.uid, gid: target.gid, env, capabilities: 'all', ...(shell ? { exe: env['SHELL']! } : {}), ...(t.has('i') ? { cwd: target.home } : {}) });
  return (await t.process.waitFor(p)).code;
});

const su = tool(async (t) => {
  t.parse({ short: 'lc:s:mp', long: { login: 'l', command: 'c:', shell: 's:', 'preserve-environment': 'm' } }, t.process.args.map((a) => (a === '-' ? '-l' : a)));
  const name = t.args[0] ?? 'root', target = accounts(t.process).find((a) => a.name === name);
  if (!target) throw new Fatal(`user ${name} does not exist or the user entry does not contain all the required fields`);
  if (t.process.uid !== 0) {
    await t.process.err('Password: ');
    await t.process.stdin.read(t.process);
    await t.process.err('\n');
    throw new Fatal('Authentication failure');
  }
  const shell = t.get('s') ?? (target.shell || '/bin/sh');
  const env = { ...t.process.env, HOME: target.home, SHELL: shell, USER: target.name, LOGNAME: target.name };
  const p = child(t, [t.has('l') ? `-${shell.split('/').at(-1)}` : shell.split('/').at(-1)!, ...(t.has('c') ? ['-c', t.get('c')!] : [])], { exe: shell, uid: target.uid, gid: target.gid, env, ...(t.has('l') ? { cwd: target.home } : {}) });
  return (await t.process.waitFor(p)).code;
});

const mount = tool(async (t) => {
  t.parse({ short: 't:o:lv', long: { types: 't:', options: 'o:', bind: '' } });
  if (t.args.length === 0) return void (await t.out(mountTable(t.process).split('\n').filter(Boolean).map((l) => l.split(' ')).filter((f) => !t.has('t') || f[2] === t.get('t')).map((f) => `${f[0]} on ${f[1]} type ${f[2]} (${f[3]})\n`).join('')));
  const [source, target] = t.args;
  if (!t.process.can('SYS_ADMIN')) throw new Fatal(`${target ?? source}: must be superuser to use mount.`.replace(/^/, ''), 32);
  if (!target) throw new Fatal(`${source}: can't find in /etc/fstab.`);
  if (t.find(target)?.kind !== 'dir') throw new Fatal(`${target}: mount point does not exist.`, 32);
  if (t.has('bind') || (t.get('o') ?? '').split(',').includes('bind')) t.fs.mount({ path: t.fs.realpath(target, t.cwd), root: t.fs.directory(t.fs.realpath(source!, t.cwd)), type: 'none', source: source! });
  else if (t.get('t') === 'tmpfs') {
    t.fs.mount({ path: t.fs.realpath(target, t.cwd), root: new Directory({ mode: 0o1777, mtime: t.process.now }), type: 'tmpfs', source: source! });
  } else throw new Fatal(`${target}: special device ${source} does not exist.`, 32);
  return 0;
});

const umount = tool((t) => {
  t.parse({ short: 'lfv' });
  if (t.args.length === 0) throw new Usage('bad usage');
  if (!t.process.can('SYS_ADMIN')) throw new Fatal(`${t.args[0]}: must be superuser to unmount.`, 32);
  for (const path of t.args) {
    const at = t.find(path) ? t.fs.realpath(path, t.cwd) : path;
    if (t.fs.mounts.some((m) => m.path === at && at !== '/')) t.fs.unmount(at);
    else t.fail(t.find(path) ? `${path}: not mounted.` : `${path}: no mount point specified.`, 32);
  }
  return t.code;
});

const chroot = tool(async (t) => {
  t.parse({ long: { groups: ':', userspec: ':', 'skip-chdir': '' }, stopAtOperand: true });
  const [root, ...argv] = t.args;
  if (root === undefined) throw new Usage('missing operand', { code: 125 });
  const at = t.find(root);
  if (at?.kind !== 'dir') throw new Fatal(`cannot change root directory to '${root}': ${at ? 'Not a directory' : 'No such file or directory'}`, 125);
  if (!t.process.can('SYS_CHROOT')) throw new Fatal(`cannot change root directory to '${root}': Operation not permitted`, 125);
  const command = argv.length > 0 ? argv : [t.process.env['SHELL'] ?? '/bin/sh', '-i'];
  try {
    const p = t.process.machine.spawn({ argv: command, parent: t.process, pgid: t.process.pgid, fs: t.fs.below(t.fs.realpath(root, t.cwd)), cwd: '/' });
    return (await t.process.waitFor(p)).code;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Fatal(`failed to run command ‘${command[0]}’: ${error.message}`, error.errno === 'ENOENT' ? 127 : 126);
  }
}, 125);

const KINDS: Record<string, string> = { m: 'mnt', u: 'uts', i: 'ipc', n: 'net', p: 'pid', U: 'user', C: 'cgroup' };

const lsns = tool(async (t) => {
  t.parse({ short: 'lp:t:n', long: { type: 't:', task: 'p:' } });
  const seen = new Map<string, { kind: string; first: Process; n: number }>();
  const list = t.process.pids.processes();
  for (const p of t.has('p') ? list.filter((x) => String(x.pid) === t.get('p')) : list) for (const kind of ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts']) {
    if (t.has('t') && t.get('t') !== kind) continue;
    const key = `${namespaceInode(p, kind)}`, old = seen.get(key);
    if (old) old.n++;
    else seen.set(key, { kind, first: p, n: 1 });
  }
  const rows = [...seen].sort((a, b) => Number(a[0]) - Number(b[0])).map(([ns, { kind, first, n }]) => [ns, kind, String(n), String(t.process.pids.pidOf(first) ?? first.pid), userName(t.process, first.uid), first.argv.join(' ')]);
  const widths = [10, 6, 6, 5, 4, 0].map((w, i) => Math.max(w, ...rows.map((r) => r[i]!.length)));
  for (const r of [['NS', 'TYPE', 'NPROCS', 'PID', 'USER', 'COMMAND'], ...rows]) await t.out(`${r.map((c, i) => (i === 5 ? c : i === 1 || i === 4 ? c.padEnd(widths[i]!) : c.padStart(widths[i]!))).join(' ')}\n`);
});

const nsenter = tool(async (t) => {
  t.parse({ short: 't:amu::i::n::p::U::C::rwFS:G:', long: { target: 't:', all: 'a', mount: 'm', uts: 'u::', ipc: 'i::', net: 'n::', pid: 'p::', user: 'U::', cgroup: 'C::' }, stopAtOperand: true });
  if (!t.process.can('SYS_ADMIN')) throw new Fatal('reassociate to namespaces failed: Operation not permitted');
  const target = t.has('t') ? t.process.pids.get(Number(t.get('t'))) : undefined;
  const file = t.get('n');
  let net = file ? [...t.process.machine.netns].find(([name]) => `/var/run/netns/${name}` === file || `/run/netns/${name}` === file)?.[1] : undefined;
  if (file && !net) {
    const pid = /^\/proc\/(\d+)\/ns\/net$/.exec(file)?.[1];
    net = pid ? t.process.pids.get(Number(pid))?.net : undefined;
    if (!net) throw new Fatal(`cannot open ${file}: No such file or directory`);
  }
  if (t.has('t') && !target) throw new Fatal(`cannot open /proc/${t.get('t')}/ns/${KINDS[[...t.options.keys()].find((o) => KINDS[o]) ?? 'n']}: No such file or directory`);
  if (!target && !net) throw new Fatal('neither filename nor target pid supplied for ns/net');
  const all = t.has('a');
  const p = child(t, t.args.length > 0 ? t.args : [t.process.env['SHELL'] ?? '/bin/sh'], {
    ...(net ? { net } : target && (all || t.has('n')) ? { net: target.net } : {}),
    ...(target && (all || t.has('m')) ? { fs: target.fs, cwd: '/' } : {}), ...(target && (all || t.has('u')) ? { uts: target.uts } : {}), ...(target && (all || t.has('p')) ? { pids: target.pids } : {}),
  });
  return (await t.process.waitFor(p)).code;
});

const unshare = tool(async (t) => {
  t.parse({ short: 'nmuipUCrf', long: { net: 'n', mount: 'm', uts: 'u', ipc: 'i', pid: 'p', user: 'U', fork: 'f', 'map-root-user': 'r', 'mount-proc': '' }, stopAtOperand: true });
  if (!t.process.can('SYS_ADMIN') && !t.has('U') && !t.has('r')) throw new Fatal('unshare failed: Operation not permitted');
  const net = t.has('n') ? new NetNamespace(t.process.world, { machine: t.process.machine.name, name: `unshare-${t.process.pid}` }) : undefined;
  const p = child(t, t.args.length > 0 ? t.args : [t.process.env['SHELL'] ?? '/bin/sh'], { ...(net ? { net } : {}), ...(t.has('u') ? { uts: { ...t.process.uts } } : {}) });
  return (await t.process.waitFor(p)).code;
});

export const main = multi({ sudo, su, chroot, mount, umount, lsns, nsenter, unshare });
