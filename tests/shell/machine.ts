import { Machine } from '../../src/linux/machine.ts';
import type { Directory } from '../../src/linux/files.ts';
import { procRoot } from '../../src/linux/proc.ts';
import { World, type ProgramEntry } from '../../src/linux/world.ts';
import { installed } from '../../src/programs/coreutils/index.ts';
import { runCommand } from '../../src/shell/session.ts';

/** A world with one machine, `mac`: bash and the small tools, a home, /proc. */
export function oneMachine(): { world: World; machine: Machine; run: (command: string) => ReturnType<typeof runCommand> } {
  const programs = new Map<string, ProgramEntry>(installed.map(({ name, load }) => [name, { load }]));
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
  return { world, machine, run: (command) => runCommand(world, 'mac', command) };
}
