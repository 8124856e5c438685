import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import { build, infos } from '../factory/builder.ts';
import type { Kubectl } from '../kubectl.ts';
import { chooseContainer, podOf, podPath } from '../pods.ts';
import { session } from '../session.ts';
import { useTty } from './exec.ts';

export async function run(k: Kubectl, { args, flags }: Command): Promise<void> {
  if (args.length === 0) throw new KubectlError('at least 1 argument is required for attach');
  if (args.length > 2) throw new KubectlError('expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ' + args.length + ': [' + args.join(' ') + ']');
  const [info] = await infos(await build(k, args.length === 2 ? { args } : { args, defaultType: 'pods' }));
  const pod = await podOf(k, info!.object!, flags.duration('pod-running-timeout'), { quiet: true });
  await attachTo(k, pod, { container: flags.string('container'), stdin: flags.bool('stdin'), tty: flags.bool('tty'), quiet: flags.bool('quiet') });
}

export interface AttachOptions {
  container: string;
  stdin: boolean;
  tty: boolean;
  quiet: boolean;
  /** For the hint at the end of a terminal session: kubectl attach NAME -c CONTAINER -i -t */
  hint?: string;
}

/** Joins a running container. */
export async function attachTo(k: Kubectl, pod: KubeObject, { container: name, stdin, tty: wanted, quiet }: AttachOptions): Promise<void> {
  const phase = pod.status?.phase as string | undefined;
  if (phase === 'Succeeded' || phase === 'Failed') throw new KubectlError(`cannot attach a container in a completed pod; current phase is ${phase}`);
  const container = chooseContainer(k, pod, name, quiet);
  let tty = wanted;
  if (tty && !container.tty) {
    tty = false;
    if (!quiet) k.err(`error: Unable to use a TTY - container ${container.name} did not allocate one\n`);
  } else if (!tty && container.tty) tty = wanted;
  tty = useTty(k, tty, stdin, quiet);
  if (!quiet && stdin) k.err("If you don't see a command prompt, try pressing enter.\n");
  await session(k, { path: podPath(pod, 'attach'), query: { container: container.name }, stdin, tty, redraw: true });
  if (!quiet && stdin && tty && container.stdin && pod.spec.restartPolicy === 'Always') {
    const command = `kubectl attach ${pod.metadata.name} -c ${container.name} -i -t`;
    const ephemeral = (pod.spec.ephemeralContainers as { name: string }[] | undefined)?.some((c) => c.name === container.name);
    k.out(ephemeral ? `Session ended, the ephemeral container will not be restarted but may be reattached using '${command}' if it is still running\n` : `Session ended, resume using '${command}' command when the pod is running\n`);
  }
}
