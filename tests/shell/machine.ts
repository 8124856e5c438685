import { Machine } from '../../src/linux/machine.ts';
import type { Directory } from '../../src/linux/files.ts';
import { procRoot } from '../../src/linux/proc.ts';
import { World, type ProgramEntry } from '../../src/linux/world.ts';
import { installed } from '../../src/programs/coreutils/index.ts';
import { runCommand } from '../../src/shell/session.ts';

/** A world with one machine, `mac`: bash and the small tools (and `more` in /usr/bin), a home, /proc. */
export function oneMachine(more: Readonly<Record<string, ProgramEntry>> = {}): { world: World; machine: Machine; run: (command: string) => ReturnType<typeof runCommand> } {
  const programs = new Map<string, ProgramEntry>([...installed.map(({ name, load }): [string, ProgramEntry] => [name, { load }]), ...Object.entries(more)]);
  const world = new World({ seed: 'test', start: Date.UTC(2026, 0, 15, 10, 30) * 1000, programs });
  const machine = new Machine(world, 'mac');
  world.machines.set('mac', machine);
  for (const dir of ['/root', '/etc', '/dev', '/tmp', '/usr/bin']) machine.fs.mkdir(dir, { parents: true });
  const dev = machine.fs.stat('/dev') as Directory;
  for (const [name, device] of [['null', 'null'], ['zero', 'zero'], ['urandom', 'random'], ['tty', 'tty']] as const) dev.set(name, { kind: 'device', device, mode: 0o666, uid: 0, gid: 0, mtime: 0 });
  machine.fs.mount({ path: '/proc', root: procRoot(machine), type: 'proc', source: 'proc' });
  for (const { name, path } of installed) {
    machine.fs.mkdir(path.replace(/\/[^/]*$/, ''), { parents: true });
    machine.fs.writeFile(path, '', { mode: 0o755, program: name });
  }
  for (const name of Object.keys(more)) machine.fs.writeFile(`/usr/bin/${name}`, '', { mode: 0o755, program: name });
  return { world, machine, run: (command) => runCommand(world, 'mac', command) };
}
