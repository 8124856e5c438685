import { FileError } from '../../linux/files.ts';
import type { Process } from '../../linux/process.ts';
import { exitDueTo } from './output.ts';
import type { Profile } from './profile.ts';

/** `minikube cp [NODE:]FILE [NODE:]FILE`, as root there, with mode 0644 (cmd/minikube/cmd/cp.go). */
export async function cp(p: Process, args: string[], { node }: Profile): Promise<number> {
  if (args.length !== 2) return exitDueTo(p, 'MK_USAGE', 'Please specify the path to copy: \n\tminikube cp <source file path> <target file absolute path> (example: "minikube cp a/b.txt /copied.txt")', 64);
  const source = place(args[0]!), target = place(args[1]!);
  if (target.path.endsWith('/')) target.path += source.path.slice(source.path.lastIndexOf('/') + 1);
  if (source.path === '' || target.path === '') return exitDueTo(p, 'MK_USAGE', `${source.path === '' ? 'Source' : 'Target'}  can not be empty`, 64);
  if (!source.node && !target.node && !target.path.startsWith('/')) return exitDueTo(p, 'MK_USAGE', 'Target <remote file path> must be an absolute Path. Relative Path is not allowed (example: "minikube:/home/docker/copied.txt")', 64);
  for (const { node: name } of [source, target]) if (name && name !== node!.name) return exitDueTo(p, 'GUEST_NODE_RETRIEVE', `Node ${name} does not exist.`, 85);
  const there = node!.machine.fs;
  let content: string;
  try {
    content = source.node ? there.readFile(source.path) : p.fs.readFile(source.path, p.cwd);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if (!source.node) return exitDueTo(p, 'HOST_PATH_MISSING', `Cannot find directory &{ ${source.path}} for copy`, 55);
    await p.err(`getting file from ${source.node} node: ${error.message}\n`);
    return 1;
  }
  try {
    if (source.node && !target.node) p.fs.writeFile(target.path, content, { cwd: p.cwd, uid: p.uid, gid: p.gid });
    else {
      there.mkdir(target.path.slice(0, target.path.lastIndexOf('/')) || '/', { parents: true });
      there.writeFile(target.path, content);
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return exitDueTo(p, 'MK_COMMAND_RUNNER', `Fail to copy file ${source.path}: open ${target.path}: ${error.message.toLowerCase()}`, 80);
  }
  return 0;
}

function place(text: string): { node: string | undefined; path: string } {
  const [, node, path] = /^([^/:]+):(\/.*)$/.exec(text) ?? [];
  return node === undefined ? { node: undefined, path: text } : { node, path: path! };
}
