import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import { build, infos } from '../factory/builder.ts';
import type { Kubectl } from '../kubectl.ts';
import { chooseContainer, podOf, podPath } from '../pods.ts';
import { session } from '../session.ts';

export async function run(k: Kubectl, { args, dash, flags }: Command): Promise<void> {
  const files = flags.list('filename');
  let target: string | undefined, command: string[];
  if (files.length > 0) command = dash >= 0 ? args.slice(dash) : args;
  else {
    if (args.length === 0 || dash === 0) throw new KubectlError('pod, type/name or --filename must be specified');
    target = args[0]!;
    command = args.slice(1);
    if (dash > 1) command = [...args.slice(1, dash), ...args.slice(dash)];
    if (command.length > 0 && dash < 0) k.err('kubectl exec [POD] [COMMAND] is DEPRECATED and will be removed in a future version. Use kubectl exec [POD] -- [COMMAND] instead.\n');
  }
  if (command.length === 0) throw new KubectlError('you must specify at least one command for the container');
  const [info] = await infos(await build(k, files.length > 0 ? { filenames: files, flatten: true, latest: true, typed: true } : { args: [target!], defaultType: 'pods' }));
  const pod = await podOf(k, info!.object!, flags.duration('pod-running-timeout'), { quiet: true });
  const phase = pod.status?.phase as string | undefined;
  if (phase === 'Succeeded' || phase === 'Failed') throw new KubectlError(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const quiet = flags.bool('quiet');
  const container = flags.string('container') || chooseContainer(k, pod, '', quiet).name;
  const stdin = flags.bool('stdin');
  const tty = useTty(k, flags.bool('tty'), stdin);
  await session(k, { path: podPath(pod, 'exec'), query: { command, container }, stdin, tty });
}

/** -t only works when standard input is a terminal. */
export function useTty(k: Kubectl, wanted: boolean, stdin: boolean, quiet = false): boolean {
  if (!wanted) return false;
  if (stdin && k.process.stdin.isTTY) return true;
  if (!stdin) return false;
  if (!quiet) k.err('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  return false;
}
