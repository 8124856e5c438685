import type { Machine } from '../../linux/machine.ts';
import type { Container } from '../runtime/containers.ts';

const DIR = '/var/log/containers';

/** A name for a container's log where log collectors look (kuberuntime's legacyLogSymlink). */
export function linkLog({ fs }: Machine, { id, config, sandbox }: Container): void {
  fs.mkdir(DIR, { parents: true });
  fs.symlink(config.logPath, `${DIR}/${sandbox.config.name}_${sandbox.config.namespace}_${config.name}-${id}.log`);
}

/** Those that lead nowhere any more, as containers are garbage-collected once a minute (kuberuntime_gc.go). */
export function removeDeadLinks({ fs }: Machine): void {
  if (!fs.exists(DIR)) return;
  for (const name of fs.readdir(DIR)) if (!fs.exists(`${DIR}/${name}`)) fs.remove(`${DIR}/${name}`);
}
