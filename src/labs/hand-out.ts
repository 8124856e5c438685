/** Files that a lesson or a lab brings: put into the student's home. */
import type { Machine } from '../linux/machine.ts';
import type { World } from '../linux/world.ts';

/** Files by their path in the home. Scripts can be run. */
export function handOut(world: World, files: Readonly<Record<string, string>>): void {
  const [student] = world.machines.values();
  const { uid = 0, gid = 0 } = student!.users.get(student!.login) ?? {};
  for (const [path, content] of Object.entries(files)) {
    const at = `${homeOf(student!)}/${path}`;
    student!.fs.mkdir(at.slice(0, at.lastIndexOf('/')), { parents: true, uid, gid });
    student!.fs.writeFile(at, content, { mode: path.endsWith('.sh') ? 0o755 : 0o644, uid, gid });
  }
}

/** Where the student's files are: the student works as root. */
export function homeOf(machine: Machine): string {
  return machine.users.get(machine.login)?.home ?? '/root';
}
