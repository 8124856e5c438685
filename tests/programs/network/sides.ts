/** The same shell commands on a machine of the simulator and in network namespaces of this machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { devices } from '../../../src/kubernetes/runtime/image.ts';
import { Machine } from '../../../src/linux/machine.ts';
import { procRoot } from '../../../src/linux/proc.ts';
import { World } from '../../../src/linux/world.ts';
import { PROGRAMS } from '../../../src/programs/index.ts';
import { installExecutables } from '../../../src/scenarios/executables.ts';
import { RECORDED_WITHOUT } from '../../../src/scenarios/recorded-state.ts';
import { addUsers, mountSys } from '../../../src/scenarios/host.ts';
import { runCommand } from '../../../src/shell/session.ts';

export interface Ran {
  stdout: string;
  stderr: string;
  code: number;
}

/** Commands of a file: one a line; `#` begins a comment. */
export function commandsOf(file: URL | string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter((l) => l !== '' && !l.startsWith('#'));
}

/** Runs the commands, one after another, as root of a machine with no link but lo, which is down. */
export async function simulated(commands: readonly string[], { ipv6 = false } = {}): Promise<Ran[]> {
  const programs = new Map(Object.entries(PROGRAMS));
  const world = new World({ seed: 'sides', start: Date.parse('2026-11-21T08:19:55Z') * 1000, programs });
  const machine = new Machine(world, 'linux', { firstPid: 300 });
  world.machines.set('linux', machine);
  const { fs } = machine;
  for (const dir of ['/dev', '/etc', '/proc', '/root', '/run', '/sys', '/tmp', '/var/log', '/home']) fs.mkdir(dir, { parents: true });
  fs.mount({ path: '/proc', root: procRoot(machine), type: 'proc', source: 'proc' });
  mountSys(fs, machine.net);
  devices(fs);
  installExecutables(fs, world, [...programs.keys()], ['nmap', 'mtr', 'iperf3']);
  for (const name of ['nmap', 'mtr', 'iperf3']) fs.writeFile(`/usr/bin/${name}`, '', { mode: 0o755, program: name });
  fs.writeFile('/etc/hosts', '127.0.0.1\tlocalhost\n');
  addUsers(machine);
  machine.kernel.without = new Set(RECORDED_WITHOUT);
  machine.net.lo.setDown();
  if (!ipv6) for (const which of ['all', 'default']) machine.net.set(`net.ipv6.conf.${which}.disable_ipv6`, '1');
  machine.net.delAddress('lo', '127.0.0.1/8');
  const ran: Ran[] = [];
  for (const command of commands) {
    const { stdout, stderr, code } = await runCommand(world, machine, command, { user: 'root', cwd: '/tmp' });
    ran.push({ stdout, stderr, code });
    for (const { error } of world.defects) throw error;
  }
  return ran;
}

/** The same with the tools of this machine, in namespaces of its own (network, mounts, pids, name). Throws where that is not allowed. */
export function real(commands: readonly string[], { ipv6 = false } = {}): Ran[] {
  const dir = mkdtempSync(join(tmpdir(), 'sides-'));
  const script = [
    'mount -t tmpfs tmpfs /run; mkdir -p /run/netns /run/lock; mount -t tmpfs tmpfs /tmp; mount -t sysfs sysfs /sys; mount --bind /dev/null /etc/resolv.conf; mount --bind /dev/null /etc/services; hostname linux; cd /tmp; export LANG=C.UTF-8 TERM=dumb; unset COLUMNS',
    ...(ipv6 ? [] : ['sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1']), 'exec 3>&1 4>&2',
    ...commands.map((c) => `timeout 20 bash -c ${quote(c)} </dev/null >&3 2>&4; echo "<rc=$?>" >&3; echo "<rc>" >&4`),
  ];
  try {
    writeFileSync(join(dir, 'script'), script.join('\n'));
    const ran = spawnSync('unshare', ['-n', '-m', '-u', '-p', '--fork', '--mount-proc', 'bash', '-c', readFileSync(join(dir, 'script'), 'utf8')], { encoding: 'utf8', maxBuffer: 1 << 26 });
    const outs = ran.stdout.split(/<rc=(\d+)>\n/), errs = ran.stderr.split('<rc>\n');
    if (outs.length !== commands.length * 2 + 1) throw new Error(`no namespaces here: ${ran.stderr}`);
    return commands.map((_, i) => ({ stdout: outs[i * 2]!, stderr: errs[i]!, code: Number(outs[i * 2 + 1]) }));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Why nothing can be compared here; undefined: it can. */
export function missing(versions: Readonly<Record<string, string>>): string | undefined {
  try {
    for (const [command, version] of Object.entries(versions)) {
      const [program = '', ...args] = command.split(' ');
      const found = execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }).trim();
      if (!found.startsWith(version)) return `this machine has ${found}`;
    }
    real(['true']);
    return undefined;
  } catch (error) {
    return String(error).split('\n')[0];
  }
}

/** What differs by nature: addresses that are drawn, times, ports, processes. */
export function mask(text: string): string {
  return text
    .replace(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g, (mac) => (/^(00:00:00|ff:ff:ff|01:|02:00:00|33:33)/.test(mac) ? mac : 'MAC'))
    .replace(/fe80::[0-9a-f:]+/g, 'fe80::N')
    .replace(/\btime=[\d.]+ ms|(?<=, )time \d+ms|= [\d./]+ ms$/gm, 'TIME')
    .replace(/(?<=expires |"expires":)\d+/g, 'N')
    .replace(/^Timestamp: .* usec$/gm, 'Timestamp: T')
    .replace(/^\[\d{4}-\d\d-\d\dT[\d:.]+\]/gm, '[T]');
}

/** What a command said, without what differs by nature. */
export function masked({ stdout, stderr, code }: Ran): Ran {
  return { stdout: mask(stdout), stderr: mask(stderr), code };
}

/** Lines of one that are not in the other; empty where both printed the same. */
export function difference(a: Ran, b: Ran): string {
  const [real, ours] = [a, b].map(({ stdout, stderr, code }) => mask(`${stdout}${stderr}exit ${code}`)) as [string, string];
  if (real === ours) return '';
  const [left, right] = [real.split('\n'), ours.split('\n')];
  return [...left.filter((l) => !right.includes(l)).map((l) => `- ${l}`), ...right.filter((l) => !left.includes(l)).map((l) => `+ ${l}`)].join('\n') || `the same lines in another order\n${real}\n---\n${ours}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
