import { FileError, FileSystem, Directory, resolve as resolvePath, type RegularFile } from './files.ts';
import { NetNamespace } from './net/namespace.ts';
import { Killed, PidNamespace, Process, SIGNALS, type Program, type Signal } from './process.ts';
import { NULL, type Stream } from './streams.ts';
import type { Tty } from './tty.ts';
import type { World } from './world.ts';

export interface SpawnOptions {
  argv: string[];
  /** Path of the executable (default: argv[0] looked up in PATH). */
  exe?: string;
  parent?: Process;
  /** Descriptors; what is not given is the parent's, or /dev/null. */
  stdin?: Stream;
  stdout?: Stream;
  stderr?: Stream;
  uid?: number;
  gid?: number;
  cwd?: string;
  env?: Record<string, string>;
  fs?: FileSystem;
  net?: NetNamespace;
  uts?: { hostname: string };
  pids?: PidNamespace;
  capabilities?: ReadonlySet<string> | 'all';
  tty?: Tty | undefined;
  pgid?: number;
  container?: string;
}

export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

/** A machine: files, processes, users, network namespaces. Containers are processes with namespaces of their own. */
export class Machine {
  readonly world: World;
  /** Its name in the world: mac, control-plane … */
  readonly name: string;
  readonly root = new Directory();
  readonly fs: FileSystem;
  readonly pids: PidNamespace;
  readonly net: NetNamespace;
  readonly uts: { hostname: string };
  readonly bootedAt: number;
  /** Memory limits of containers (cgroups), by the container's id. */
  readonly memoryLimits = new Map<string, { limit: number; used: number; onOom(): void }>();
  /** What `uname` says, and the modules (dummy, ip_vs, 8021q, ipip …) that this kernel was built without. */
  kernel = { release: '6.18.0', version: '#1 SMP PREEMPT_DYNAMIC', arch: 'x86_64', without: new Set<string>() as ReadonlySet<string> };
  readonly users = new Map<string, User>([['root', { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/bash' }]]);
  /** Who logs in where nobody else is named. */
  login = 'root';
  /** Other network namespaces by name (/run/netns), as `ip netns` lists them. */
  readonly netns = new Map<string, NetNamespace>();

  constructor(world: World, name: string, { hostname = name, firstPid = 0 }: { hostname?: string; firstPid?: number } = {}) {
    this.world = world;
    this.name = name;
    this.uts = { hostname };
    this.bootedAt = world.clock.now;
    this.fs = new FileSystem(this.root, () => world.clock.now);
    this.pids = new PidNamespace(firstPid);
    this.net = new NetNamespace(world, { machine: name, name: '' });
  }

  /** A process without a program of its own: the cluster's daemons, whose work is done by callbacks while it lives. */
  daemon(options: SpawnOptions): Process {
    const process = this.#process(options, options.exe ?? options.argv[0]!);
    return process;
  }

  /**
   * Starts a program. Throws FileError: ENOENT, EACCES, ENOEXEC as execve(2) (a script without `#!` is ENOEXEC; a shell
   * then runs it itself).
   */
  spawn(options: SpawnOptions): Process {
    const { fs, cwd, env } = this.#inherit(options);
    const { exe, argv, program } = this.resolve(fs, cwd, env, options.argv, options.exe);
    const process = this.#process({ ...options, argv }, exe);
    this.world.executions?.began(process, program);
    this.run(process, program);
    return process;
  }

  /** What execve(2) would run: the executable or, of a script, its interpreter. Throws FileError as spawn does. */
  resolve(fs: FileSystem, cwd: string, env: Record<string, string>, argv: string[], path?: string, depth = 0): { exe: string; argv: string[]; program: string } {
    const exe = path ?? which(fs, env, cwd, argv[0]!);
    if (exe === undefined) throw new FileError('ENOENT', argv[0]!);
    const file = executable(fs, exe, cwd);
    if (file.program !== undefined) return { exe: absolute(exe, cwd), argv, program: file.program };
    const [, interpreter, argument] = /^#![ \t]*(\S+)[ \t]*([^\n]*?)[ \t]*(?:\n|$)/.exec(String(file.content)) ?? [];
    if (!interpreter) throw new FileError('ENOEXEC', exe);
    if (depth > 4) throw new FileError('ELOOP', exe);
    return this.resolve(fs, cwd, env, [interpreter, ...(argument ? [argument] : []), exe, ...argv.slice(1)], interpreter, depth + 1);
  }

  /** A copy of a process (fork(2)) that goes on with `run`: every descriptor is shared, handlers are not. */
  fork(parent: Process, run: Program, { pgid, argv = parent.argv, prepare }: { pgid?: number | 'own'; argv?: string[]; prepare?: (child: Process) => void } = {}): Process {
    const child = this.#process({ argv, parent, ...(typeof pgid === 'number' ? { pgid } : {}) }, parent.exe);
    if (pgid === 'own') child.pgid = child.pid;
    child.comm = parent.comm;
    for (const [fd, { stream, mode }] of parent.fds) if (fd > 2) child.open(fd, stream, mode);
    for (const fd of [0, 1, 2]) if (!parent.fds.has(fd)) child.close(fd);
    prepare?.(child);
    this.run(child, run);
    return child;
  }

  /** The process becomes another program (execve(2)) and goes on as it; throws FileError before anything has changed. */
  async exec(process: Process, argv: string[], env: Record<string, string>, path?: string): Promise<number> {
    const found = this.resolve(process.fs, process.cwd, env, argv, path);
    process.become(found.exe, found.argv, env);
    this.world.executions?.began(process, found.program);
    const main = await this.world.load(found.program, process);
    return main(process);
  }

  /** Runs the program of that name in a process; the process ends with it. */
  run(process: Process, program: string | Program): void {
    process.hasProgram = true;
    const world = this.world;
    world.tasks.start(
      async () => {
        const main = typeof program === 'string' ? await world.load(program, process) : program;
        const code = await main(process);
        const signal = process.killedBy;
        if (signal) process.exit(128 + SIGNALS[signal], signal);
        else process.exit(code);
      },
      (error) => {
        if (error instanceof Killed) process.exit(128 + SIGNALS[error.signal], error.signal);
        else {
          process.exit(255);
          world.defect(error, process);
        }
      },
    );
  }

  kill(pid: number, signal: Signal): boolean {
    const process = this.pids.get(pid);
    process?.signal(signal);
    return process !== undefined;
  }

  #inherit(o: SpawnOptions) {
    return { fs: o.fs ?? o.parent?.fs ?? this.fs, cwd: o.cwd ?? o.parent?.cwd ?? '/', env: o.env ?? { ...(o.parent?.env ?? DEFAULT_ENV) } };
  }

  #process(o: SpawnOptions, exe: string): Process {
    const { fs, cwd, env } = this.#inherit(o);
    const parent = o.parent;
    const process = new Process({
      machine: this, parent, argv: o.argv, exe, cwd, env, fs,
      uid: o.uid ?? parent?.uid ?? 0, gid: o.gid ?? parent?.gid ?? 0,
      net: o.net ?? parent?.net ?? this.net, uts: o.uts ?? parent?.uts ?? this.uts, pids: o.pids ?? parent?.pids ?? this.pids,
      capabilities: o.capabilities ?? parent?.capabilities ?? 'all',
      tty: 'tty' in o ? o.tty : parent?.tty, pgid: o.pgid ?? parent?.pgid, container: o.container ?? parent?.container,
    });
    if (parent) {
      process.umask = parent.umask;
      process.resetHandlers(parent);
    }
    const given = [o.stdin, o.stdout, o.stderr];
    for (let fd = 0; fd < 3; fd++) process.open(fd, given[fd] ?? parent?.fds.get(fd)?.stream ?? NULL, fd === 0 ? 'read' : 'write');
    return process;
  }
}

const DEFAULT_ENV: Record<string, string> = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** Where in PATH an executable of that name is; a name with a slash is taken as it is. */
export function which(fs: FileSystem, env: Record<string, string>, cwd: string, name: string): string | undefined {
  if (name.includes('/')) return name;
  for (const dir of (env['PATH'] ?? '').split(':')) {
    const inode = fs.find(`${dir || cwd}/${name}`);
    if (inode?.kind === 'file' && (inode.mode & 0o111) !== 0) return `${dir || cwd}/${name}`;
  }
  return undefined;
}

function absolute(path: string, cwd: string): string {
  return path.startsWith('/') ? path : resolvePath(path, cwd);
}

function executable(fs: FileSystem, path: string, cwd: string): RegularFile {
  const inode = fs.stat(path, cwd);
  if (inode.kind !== 'file' || (inode.mode & 0o111) === 0) throw new FileError('EACCES', path);
  return inode;
}
