/** Doors into a machine: a terminal with a login shell, and commands run without one. */
import type { Machine, User } from '../linux/machine.ts';
import type { FileSystem } from '../linux/files.ts';
import { which } from '../linux/machine.ts';
import type { NetNamespace } from '../linux/net/namespace.ts';
import type { Process } from '../linux/process.ts';
import { NULL, OpenFile, Sink } from '../linux/streams.ts';
import { Tty } from '../linux/tty.ts';
import type { World } from '../linux/world.ts';
import { HOUR, type Micros } from '../sim/clock.ts';

export interface Session {
  readonly tty: Tty;
  readonly process: Process;
  /** Keys, as a terminal sends them (Enter is \r). */
  input(data: string): void;
  resize(cols: number, rows: number): void;
  /** What the screen gets, as it is written. */
  onOutput(fn: (text: string) => void): void;
  /** Called once when the shell has ended. */
  onExit(fn: () => void): void;
  /** Hangs up: the shell and what runs on the terminal get SIGHUP. */
  close(): void;
}

/** A login shell on a new terminal of the machine. `user`: a name of the machine's users. */
export function openSession(world: World, machineName: string, { cols = 80, rows = 24, user }: { cols?: number; rows?: number; user?: string } = {}): Session {
  const machine = world.machine(machineName);
  const who = userOf(machine, user ?? machine.login);
  const used = new Set(machine.pids.processes().map((p) => p.tty?.name));
  let n = 0;
  while (used.has(`/dev/pts/${n}`)) n++;
  const tty = new Tty(machine.pids, { cols, rows, name: `/dev/pts/${n}` });
  const listeners: ((text: string) => void)[] = [];
  tty.onOutput = (text) => {
    for (const listener of listeners) listener(text);
  };
  const { uid, gid, home, shell } = who;
  const exe = machine.fs.exists(shell) ? shell : shellOf(machine.fs, machine.name);
  const process = machine.spawn({
    argv: [`-${exe.split('/').at(-1)}`], exe, stdin: tty, stdout: tty, stderr: tty, tty, uid, gid,
    cwd: machine.fs.exists(home) ? home : '/', env: { ...loginEnvironment(who, exe), TERM: 'xterm-256color' },
  });
  tty.foreground = process.pgid;
  return {
    tty, process,
    input: (data) => tty.input(data),
    resize: (c, r) => tty.resize(c, r),
    onOutput: (fn) => void listeners.push(fn),
    onExit: (fn) => void process.onExit(fn),
    close: () => tty.hangup(),
  };
}

export interface CommandOptions {
  /** A name of the machine's users (default: who logs in there). */
  user?: string | undefined;
  cwd?: string | undefined;
  env?: Record<string, string> | undefined;
  stdin?: string | undefined;
  /** On a terminal: standard error comes with standard output, lines end in CR LF, messages are those of an interactive shell. */
  tty?: Tty | boolean | undefined;
  /** With that process's namespaces, files, environment, container: what `kubectl exec` and `nsenter -a` do. */
  inside?: Process | undefined;
  /** The machine's files, but this network namespace. */
  net?: NetNamespace | undefined;
  /** Virtual time after which it is killed (default an hour). */
  limit?: Micros | undefined;
}

export interface StartedCommand {
  process: Process;
  /** What it has printed until now. */
  stdout(): string;
  stderr(): string;
  /** Both as they are mixed on a screen. */
  output(): string;
}

/** `bash -c command` (or sh, whichever is there) on the machine; it runs as the world's clock moves. */
export function startCommand(world: World, machine: Machine | string, command: string, options: CommandOptions = {}): StartedCommand {
  const on = typeof machine === 'string' ? world.machine(machine) : machine;
  const { user = options.inside ? undefined : on.login, cwd, env = {}, stdin, inside, net } = options;
  const got = { stdout: '', stderr: '', output: '' };
  const take = (to: 'stdout' | 'stderr', text: string) => {
    got[to] += text;
    got.output += text;
  };
  const tty = options.tty === true ? new Tty(inside?.pids ?? on.pids, { cols: 80, rows: 24 }) : options.tty || undefined;
  if (options.tty === true) tty!.onOutput = (text) => take('stdout', text);
  const files = inside?.fs ?? on.fs;
  const exe = shellOf(files, inside ? `container ${inside.container ?? inside.pid}` : on.name);
  const who = user === undefined ? undefined : userOf(on, user);
  const process = on.spawn({
    argv: [exe.split('/').at(-1)!, ...(tty ? ['-i'] : []), '-c', command], exe,
    uid: who?.uid ?? inside!.uid, gid: who?.gid ?? inside!.gid, cwd: cwd ?? (who ? (files.exists(who.home) ? who.home : '/') : inside!.cwd),
    env: { ...(who ? { ...loginEnvironment(who, exe), TERM: tty ? 'xterm-256color' : 'dumb' } : { ...inside!.env }), ...env },
    ...(inside ? { fs: inside.fs, net: inside.net, uts: inside.uts, pids: inside.pids, capabilities: inside.capabilities, ...(inside.container ? { container: inside.container } : {}), parent: inside.parent } : {}),
    ...(net ? { net } : {}),
    tty,
    stdin: tty ?? (stdin === undefined ? NULL : new OpenFile({ text: stdin })), stdout: tty ?? new Sink((t) => take('stdout', t)), stderr: tty ?? new Sink((t) => take('stderr', t)),
  });
  if (tty) tty.foreground = process.pgid;
  return { process, stdout: () => got.stdout, stderr: () => got.stderr, output: () => got.output };
}

export interface Finished {
  stdout: string;
  stderr: string;
  output: string;
  code: number;
  /** It did not end within the limit and was killed. */
  timedOut: boolean;
}

/** Runs a command and lets the world go on until it has ended. */
export async function runCommand(world: World, machine: Machine | string, command: string, options: CommandOptions = {}): Promise<Finished> {
  const started = startCommand(world, machine, command, options);
  const ended = await world.until(() => started.process.status !== undefined, options.limit ?? HOUR);
  if (!ended) started.process.signal('KILL');
  return { stdout: started.stdout(), stderr: started.stderr(), output: started.output(), code: started.process.status?.code ?? 137, timedOut: !ended };
}

function userOf(machine: Machine, name: string): User {
  const found = machine.users.get(name);
  if (!found) throw new Error(`${machine.name} has no user ${name}`);
  return found;
}

function shellOf(fs: FileSystem, where: string): string {
  const path = which(fs, { PATH: '/bin:/usr/bin' }, '/', 'bash') ?? which(fs, { PATH: '/bin:/usr/bin' }, '/', 'sh');
  if (!path) throw new Error(`${where} has no shell`);
  return path;
}

function loginEnvironment({ name, uid, home }: User, shell: string): Record<string, string> {
  return {
    HOME: home, USER: name, LOGNAME: name, SHELL: shell, LANG: 'C.UTF-8',
    PATH: uid === 0 ? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' : '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
  };
}
