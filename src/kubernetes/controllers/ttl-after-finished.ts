import type { KubeObject } from '../api/types.ts';
import { parseTime } from '../client/time.ts';
import { SECOND } from '../../sim/clock.ts';
import { type ControllerContext, JOBS } from './context.ts';
import { isFinished } from './job.ts';

/** pkg/controller/ttlafterfinished */
export function startTtlAfterFinished(context: ControllerContext): void {
  const jobs = context.resource('ttl-after-finished-controller', JOBS);
  const queue = context.queue((key) => {
    const job = jobs.byKey(key), ttl = job?.spec.ttlSecondsAfterFinished as number | undefined, over = job && isFinished(job);
    if (!job || ttl === undefined || !over || job.metadata.deletionTimestamp) return;
    const due = parseTime(over.lastTransitionTime) + ttl * SECOND - context.clock.now;
    if (due <= 0) jobs.delete(job, { propagationPolicy: 'Foreground' });
    else queue.add(key, due + 2000, true);
  });
  const look = (j: KubeObject) => {
    if (j.spec.ttlSecondsAfterFinished !== undefined && isFinished(j)) queue.add(`${j.metadata.namespace}/${j.metadata.name}`);
  };
  jobs.informer.on({ add: look, update: look });
}
