/** Files that a lesson or a lab brings: put into the student's home. */
import type { World } from '../linux/world.ts';
import { homeOf } from './checks.ts';

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
