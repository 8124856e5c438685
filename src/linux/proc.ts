/** /proc and /sys of a machine or a container: made when they are read, from the processes and the machine there are. */
import { Directory, type Inode, type RegularFile } from './files.ts';
import type { Machine } from './machine.ts';
import { procNet, procSysNet } from './net/files.ts';
import type { NetNamespace } from './net/namespace.ts';
import type { PidNamespace, Process } from './process.ts';

/** What a machine has; kibibytes. */
export interface Hardware {
  cpus: number;
  memory: number;
}
const DEFAULT: Hardware = { cpus: 4, memory: 16_384_000 };

export interface ProcOptions {
  /** Whose pids are seen (default: the machine's). */
  pids?: PidNamespace;
  hardware?: Hardware;
  /** Whose settings /proc/sys/net has (default: the machine's). */
  net?: NetNamespace;
}

/** The root directory of a /proc. Mount it with type proc: `fs.mount({ path: '/proc', root: procRoot(machine), type: 'proc', source: 'proc' })`. */
export function procRoot(machine: Machine, { pids = machine.pids, hardware = DEFAULT, net = machine.net }: ProcOptions = {}): Directory {
  const root = new Directory({ mode: 0o555 });
  const { world } = machine;
  const seconds = (from: number) => (world.clock.now - from) / 1e6;
  const add = (dir: Directory, name: string, read: () => string, onWrite?: (text: string) => void) => dir.set(name, virtual(read, onWrite));
  add(root, 'uptime', () => `${seconds(machine.bootedAt).toFixed(2)} ${(seconds(machine.bootedAt) * hardware.cpus * 0.97).toFixed(2)}\n`);
  add(root, 'loadavg', () => {
    const [a, b, c] = load(machine);
    return `${a} ${b} ${c} 1/${machine.pids.processes().length * 4} ${Math.max(0, ...machine.pids.processes().map((p) => p.pid))}\n`;
  });
  add(root, 'meminfo', () => meminfo(machine, hardware));
  add(root, 'cpuinfo', () => Array.from({ length: hardware.cpus }, (_, n) => cpu(n, hardware.cpus)).join('\n'));
  add(root, 'version', () => `Linux version ${machine.kernel.release} (build@host) (gcc (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) ${machine.kernel.version}\n`);
  add(root, 'cmdline', () => `BOOT_IMAGE=/boot/vmlinuz-${machine.kernel.release} root=/dev/vda1 ro quiet\n`);
  add(root, 'filesystems', () => 'nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup2\nnodev\toverlay\n\text4\n');
  add(root, 'stat', () => `cpu  ${Math.floor(seconds(machine.bootedAt) * 3)} 0 ${Math.floor(seconds(machine.bootedAt))} ${Math.floor(seconds(machine.bootedAt) * 100 * hardware.cpus)} 0 0 0 0 0 0\nbtime ${Math.floor(machine.bootedAt / 1e6)}\nprocesses ${Math.max(0, ...machine.pids.processes().map((p) => p.pid))}\nprocs_running 1\nprocs_blocked 0\n`);
  root.set('self', { kind: 'link', target: '1', mode: 0o777, uid: 0, gid: 0, mtime: 0 });
  root.set('mounts', { kind: 'link', target: 'self/mounts', mode: 0o777, uid: 0, gid: 0, mtime: 0 });
  root.set('net', { kind: 'link', target: 'self/net', mode: 0o777, uid: 0, gid: 0, mtime: 0 });
  root.set('sys', later(() => sysctlTree(machine, net)));
  root.dynamic = {
    names: () => pids.processes().map((p) => String(pids.pidOf(p))),
    get: (name) => {
      const process = /^\d+$/.test(name) ? pids.get(Number(name)) : undefined;
      return process && processDirectory(process, pids);
    },
  };
  return root;
}

/** Resident and virtual size of a process in kibibytes: plausible by what it is, the same each time. */
export function memoryOf(p: Process): { rss: number; vsz: number } {
  const known: Record<string, [number, number]> = {
    'kube-apiserver': [412_340, 1_312_404], etcd: [61_204, 11_216_740], 'kube-controller': [98_452, 1_293_720], 'kube-controller-manager': [98_452, 1_293_720], 'kube-scheduler': [52_108, 1_280_408], kubelet: [91_236, 2_413_904],
    'kube-proxy': [44_016, 1_279_988], containerd: [62_900, 2_190_744], 'containerd-shim': [13_204, 720_632], coredns: [48_328, 1_272_416], flanneld: [30_816, 1_341_148], systemd: [11_968, 20_844], bash: [3_812, 4_608], sh: [1_064, 2_576], nginx: [6_872, 11_160], pause: [4, 1_024],
  };
  const found = known[p.comm];
  if (found) return { rss: found[0], vsz: found[1] };
  let h = 17;
  for (const c of p.comm) h = (h * 31 + c.charCodeAt(0)) % 2000;
  return { rss: 1_400 + h, vsz: 4_200 + h * 3 };
}

/** Processor time a process has used, microseconds: daemons by what they are, and everybody by what has been asked of them. */
export function cpuUsed(p: Process): number {
  const rate = p.hasProgram ? 0 : (BUSY[p.comm] ?? 0.0004);
  return (p.machine.world.clock.now - p.startedAt) * rate + p.charged;
}

/** Parts of one processor that a quiet cluster's daemons take. */
const BUSY: Readonly<Record<string, number>> = {
  'kube-apiserver': 0.046, etcd: 0.022, 'kube-controller': 0.017, 'kube-scheduler': 0.003, kubelet: 0.024, 'k3s-server': 0.055, containerd: 0.011, dockerd: 0.012, 'cri-dockerd': 0.006, coredns: 0.0018, 'kube-proxy': 0.0009, flanneld: 0.006, 'metrics-server': 0.0031, pause: 0,
};

function virtual(read: () => string, onWrite?: (text: string) => void): RegularFile {
  return { kind: 'file', content: '', read, ...(onWrite ? { onWrite } : {}), mode: onWrite ? 0o644 : 0o444, uid: 0, gid: 0, mtime: 0 };
}

/** What has no program of its own here is a daemon, most of them written in Go. */
export function threadsOf(p: Process): number {
  return p.hasProgram || SINGLE.test(p.comm) ? 1 : 12;
}
const SINGLE = /^(init|systemd.*|pause|nginx|dnsmasq|dbus-daemon|cron|sshd|agetty|sleep|sh|bash|cp)$/;

/** By their numbers (linux/capability.h). */
const CAPABILITIES = `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN
  NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
  AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`.split(/\s+/);

function capabilitySets({ uid, capabilities }: Process): string {
  const bits = CAPABILITIES.reduce((all, name, i) => (capabilities === 'all' || capabilities.has(name) ? all | (1n << BigInt(i)) : all), 0n);
  const hex = (set: bigint) => set.toString(16).padStart(16, '0'), held = uid === 0 ? bits : 0n;
  return `CapInh:\t${hex(0n)}\nCapPrm:\t${hex(held)}\nCapEff:\t${hex(held)}\nCapBnd:\t${hex(bits)}\nCapAmb:\t${hex(0n)}\n`;
}

function processDirectory(p: Process, pids: PidNamespace): Directory {
  const dir = new Directory({ mode: 0o555, uid: p.uid, gid: p.gid, mtime: p.startedAt });
  const pid = pids.pidOf(p) ?? p.pid, ppid = p.parent ? (pids.pidOf(p.parent) ?? 0) : 0;
  const state = p.stopped ? 'T (stopped)' : 'S (sleeping)';
  const { rss, vsz } = memoryOf(p);
  dir.set('cmdline', virtual(() => p.argv.map((a) => `${a}\0`).join('')));
  dir.set('comm', virtual(() => `${p.comm}\n`));
  dir.set('environ', virtual(() => Object.entries(p.env).map(([k, v]) => `${k}=${v}\0`).join('')));
  dir.set('status', virtual(() => `Name:\t${p.comm}\nUmask:\t${p.umask.toString(8).padStart(4, '0')}\nState:\t${state}\nTgid:\t${pid}\nNgid:\t0\nPid:\t${pid}\nPPid:\t${ppid}\nTracerPid:\t0\nUid:\t${p.uid}\t${p.uid}\t${p.uid}\t${p.uid}\nGid:\t${p.gid}\t${p.gid}\t${p.gid}\t${p.gid}\nFDSize:\t64\nGroups:\t${p.gid} \nNStgid:\t${pid}\nNSpid:\t${pid}\nVmPeak:\t${String(vsz).padStart(8)} kB\nVmSize:\t${String(vsz).padStart(8)} kB\nVmRSS:\t${String(rss).padStart(8)} kB\nThreads:\t${threadsOf(p)}\n${capabilitySets(p)}NoNewPrivs:\t0\nSeccomp:\t0\n`));
  dir.set('stat', virtual(() => `${pid} (${p.comm}) ${p.stopped ? 'T' : 'S'} ${ppid} ${p.pgid} ${p.pgid} 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 ${Math.floor((p.startedAt - p.machine.bootedAt) / 1e4)} ${vsz * 1024} ${Math.floor(rss / 4)}\n`));
  dir.set('mounts', virtual(() => mountTable(p)));
  dir.set('mountinfo', virtual(() => p.fs.mounts.map((m, i) => `${100 + i} ${i === 0 ? 1 : 100} 0:${40 + i} / ${m.path} ${m.readOnly ? 'ro' : 'rw'},relatime - ${m.type ?? 'ext4'} ${m.source ?? 'none'} rw\n`).join('')));
  dir.set('cgroup', virtual(() => (p.container ? '0::/\n' : `0::/system.slice/${p.comm}.service\n`)));
  dir.set('oom_score_adj', virtual(() => '0\n'));
  dir.set('limits', virtual(() => 'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1048576              1048576              files     \n'));
  const link = (target: string): Inode => ({ kind: 'link', target, mode: 0o777, uid: p.uid, gid: p.gid, mtime: p.startedAt });
  dir.set('exe', link(p.exe));
  dir.set('cwd', link(p.cwd));
  dir.set('root', link('/'));
  const fd = new Directory({ mode: 0o500, uid: p.uid, gid: p.gid });
  for (const [n, open] of p.fds) fd.set(String(n), link(open.stream.isTTY ? (p.tty?.name ?? '/dev/pts/0') : open.stream.constructor.name === 'Pipe' ? `pipe:[${40_000 + p.pid * 8 + n}]` : '/dev/null'));
  dir.set('fd', fd);
  const ns = new Directory({ mode: 0o511 });
  for (const name of ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts']) ns.set(name, link(`${name}:[${namespaceInode(p, name)}]`));
  dir.set('ns', ns);
  dir.set('net', procNet(p.net));
  return dir;
}

const inodes = new WeakMap<object, number>();
/** The number of a namespace: the same for all processes in it. The machine's own are the well-known ones. */
export function namespaceInode(p: Process, kind: string): number {
  const initial: Record<string, number> = { user: 4026531837, cgroup: 4026531835, ipc: 4026531839, uts: 4026531838, pid: 4026531836, mnt: 4026531841, net: 4026531840 };
  const { machine } = p;
  const object = { mnt: p.fs, net: p.net, pid: p.pids, uts: p.uts, ipc: p.container ? p.net : machine.net, cgroup: p.container ? p.pids : machine.pids, user: machine }[kind] as object;
  const own = { mnt: machine.fs, net: machine.net, pid: machine.pids, uts: machine.uts, ipc: machine.net, cgroup: machine.pids, user: machine }[kind] as object;
  if (object === own) return initial[kind]!;
  const numbers = namespaceNumbers(machine);
  let n = inodes.get(object);
  if (n === undefined) inodes.set(object, (n = numbers.next++));
  return n + { mnt: 0, net: 1_000, pid: 2_000, uts: 3_000, ipc: 4_000, cgroup: 5_000, user: 0 }[kind]!;
}

const counters = new WeakMap<Machine, { next: number }>();
function namespaceNumbers(machine: Machine): { next: number } {
  let found = counters.get(machine);
  if (!found) counters.set(machine, (found = { next: 4026532300 }));
  return found;
}

/** /proc/PID/mounts, also what `mount` prints. */
export function mountTable(p: Process): string {
  return p.fs.mounts.map((m) => `${m.source ?? m.type ?? 'none'} ${m.path} ${m.type ?? 'ext4'} ${m.readOnly ? 'ro' : 'rw'},relatime 0 0\n`).join('');
}

function load(machine: Machine): [string, string, string] {
  const n = machine.pids.processes().length;
  return [(n * 0.011).toFixed(2), (n * 0.009).toFixed(2), (n * 0.008).toFixed(2)];
}

function meminfo(machine: Machine, { memory }: Hardware): string {
  const used = machine.pids.processes().reduce((sum, p) => sum + memoryOf(p).rss, 420_000);
  const cached = Math.floor(memory * 0.22), buffers = Math.floor(memory * 0.008);
  const free = Math.max(0, memory - used - cached - buffers);
  const rows: [string, number][] = [['MemTotal', memory], ['MemFree', free], ['MemAvailable', Math.min(memory, free + cached)], ['Buffers', buffers], ['Cached', cached], ['SwapCached', 0], ['Active', Math.floor(used * 0.8)], ['Inactive', cached], ['SwapTotal', 0], ['SwapFree', 0], ['Dirty', 128], ['AnonPages', used], ['Mapped', Math.floor(used * 0.4)], ['Shmem', 12_480], ['KReclaimable', 96_000], ['Slab', 180_000], ['SReclaimable', 96_000], ['SUnreclaim', 84_000]];
  return rows.map(([k, v]) => `${`${k}:`.padEnd(15)} ${String(v).padStart(8)} kB\n`).join('');
}

function cpu(n: number, cpus: number): string {
  return `processor\t: ${n}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Intel(R) Xeon(R) Processor @ 2.50GHz\nstepping\t: 7\ncpu MHz\t\t: 2500.000\ncache size\t: 36608 KB\nphysical id\t: 0\nsiblings\t: ${cpus}\ncore id\t\t: ${n}\ncpu cores\t: ${cpus}\nflags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat\nbogomips\t: 5000.00\n`;
}

/** A directory that is made when somebody looks into it: every container has a /proc, hardly one reads all of it. */
function later(make: () => Directory): Directory {
  const dir = new Directory({ mode: 0o555 });
  let made: Directory | undefined;
  dir.dynamic = { names: () => (made ??= make()).names(), get: (name) => (made ??= make()).get(name) };
  return dir;
}

/** /proc/sys: the network's come from the network namespace, the rest is kept here. */
function sysctlTree(machine: Machine, net: NetNamespace): Directory {
  const values = new Map<string, string>([
    ['kernel.hostname', ''], ['kernel.osrelease', machine.kernel.release], ['kernel.ostype', 'Linux'], ['kernel.version', machine.kernel.version], ['kernel.pid_max', '4194304'], ['kernel.panic', '0'], ['kernel.threads-max', '127429'],
    ['vm.swappiness', '60'], ['vm.overcommit_memory', '1'], ['vm.max_map_count', '262144'], ['fs.file-max', '9223372036854775807'], ['fs.inotify.max_user_watches', '121210'], ['fs.inotify.max_user_instances', '128'], ['kernel.random.boot_id', ''],
  ]);
  const root = new Directory({ mode: 0o555 });
  const put = (name: string, read: () => string, write?: (text: string) => void) => {
    const parts = name.split('.');
    let dir = root;
    for (const part of parts.slice(0, -1)) {
      let next = dir.get(part);
      if (next?.kind !== 'dir') dir.set(part, (next = new Directory({ mode: 0o555 })));
      dir = next as Directory;
    }
    dir.set(parts.at(-1)!, virtual(read, write));
  };
  for (const name of values.keys()) put(name, () => `${name === 'kernel.hostname' ? machine.uts.hostname : values.get(name)}\n`, (text) => void (name === 'kernel.hostname' ? (machine.uts.hostname = text.trim()) : values.set(name, text.trim())));
  root.set('net', procSysNet(net));
  return root;
}
