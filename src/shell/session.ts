/** Doors into a machine: a terminal with a login shell, and commands run without one. */
import type { Machine, User } from '../linux/machine.ts';
import { which } from '../linux/machine.ts';
import type { Process } from '../linux/process.ts';
import { NULL, OpenFile, Sink, type Stream } from '../linux/streams.ts';
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
  /** Hangs up: the shell and what runs on the terminal get SIGHUP. */
  close(): void;
}

/** A login shell on a new terminal of the machine. `user`: a name of the machine's (default: its first user that is not root, else root). */
export function openSession(world: World, machineName: string, { cols = 80, rows = 24, user }: { cols?: number; rows?: number; user?: string | undefined } = {}): Session {
  const machine = world.machine(machineName);
  const who = userOf(machine, user);
  const used = new Set(machine.pids.processes().map((p) => p.tty?.name));
  let n = 0;
  while (used.has(`/dev/pts/${n}`)) n++;
  const tty = new Tty(machine.pids, { cols, rows, name: `/dev/pts/${n}` });
  const listeners: ((text: string) => void)[] = [];
  tty.onOutput = (text) => {
    for (const listener of listeners) listener(text);
  };
  const { uid, gid, home, shell } = who;
  const exe = machine.fs.exists(shell) ? shell : shellOf(machine);
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
    close: () => tty.hangup(),
  };
}

export interface CommandOptions {
  user?: string | undefined;
  cwd?: string;
  env?: Record<string, string>;
  stdin?: string;
  tty?: Tty;
  /** Virtual time after which it is killed (default an hour). */
  limit?: Micros;
}

export interface Started {
  process: Process;
  /** What it has printed until now. */
  readonly stdout: string;
  readonly stderr: string;
  /** Both as they would have been mixed on a screen. */
  readonly output: string;
}

/** `bash -c command` on the machine, without a terminal unless one is given; it runs as the world's clock moves. */
export function startCommand(world: World, machine: Machine | string, command: string, { user, cwd, env = {}, stdin, tty }: CommandOptions = {}): Started {
  const on = typeof machine === 'string' ? world.machine(machine) : machine;
  const who = userOf(on, user);
  const got = { stdout: '', stderr: '', output: '' };
  const capture = (to: 'stdout' | 'stderr'): Stream => new Sink((text) => {
    got[to] += text;
    got.output += text;
  });
  const process = on.spawn({
    argv: ['bash', '-c', command], exe: shellOf(on), uid: who.uid, gid: who.gid, cwd: cwd ?? (on.fs.exists(who.home) ? who.home : '/'),
    env: { ...loginEnvironment(who, shellOf(on)), ...env }, tty,
    stdin: tty ?? (stdin === undefined ? NULL : new OpenFile({ text: stdin })), stdout: tty ?? capture('stdout'), stderr: tty ?? capture('stderr'),
  });
  return {
    process,
    get stdout() {
      return got.stdout;
    },
    get stderr() {
      return got.stderr;
    },
    get output() {
      return got.output;
    },
  };
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
  const { stdout, stderr, output } = started;
  return { stdout, stderr, output, code: started.process.status?.code ?? 137, timedOut: !ended };
}

function userOf(machine: Machine, name: string | undefined): User {
  const users = [...machine.users.values()];
  const found = name === undefined ? (users.find((u) => u.uid >= 1000) ?? users[0]) : machine.users.get(name);
  if (!found) throw new Error(`${machine.name} has no user ${name}`);
  return found;
}

function shellOf(machine: Machine): string {
  const path = which(machine.fs, { PATH: '/bin:/usr/bin' }, '/', 'bash') ?? which(machine.fs, { PATH: '/bin:/usr/bin' }, '/', 'sh');
  if (!path) throw new Error(`${machine.name} has no shell`);
  return path;
}

function loginEnvironment({ name, uid, home }: User, shell: string): Record<string, string> {
  return {
    HOME: home, USER: name, LOGNAME: name, SHELL: shell, LANG: 'C.UTF-8',
    PATH: uid === 0 ? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' : '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
  };
}
