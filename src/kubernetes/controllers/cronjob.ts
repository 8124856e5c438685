import type { KubeObject } from '../api/types.ts';
import { ApiError } from '../client/client.ts';
import { controllerOf, controllerRef } from '../client/owners.ts';
import { deepEqual } from '../client/pods.ts';
import { parseTime, rfc3339 } from '../client/time.ts';
import { type Micros, MINUTE, MS, SECOND } from '../../sim/clock.ts';
import { type ControllerContext, CRONJOBS, JOBS } from './context.ts';
import { parseSchedule, type Schedule } from './cron.ts';
import { isFinished } from './job.ts';

const DELTA = 100 * MS;

/** pkg/controller/cronjob (v2) */
export function startCronJobController(context: ControllerContext): void {
  const crons = context.resource('cronjob-controller', CRONJOBS), jobs = context.resource('cronjob-controller', JOBS), recorder = context.recorder('cronjob-controller');
  const due = new Map<string, Micros>();
  const queue = context.queue((key) => {
    const cron = crons.byKey(key);
    if (!cron) return;
    const next = sync(cron);
    if (next !== undefined && due.get(key) !== next) {
      due.set(key, next);
      queue.add(key, Math.max(next - context.clock.now + DELTA, 2 * MS), true);
    }
  });

  /** Gives when to look again. */
  const sync = (cron: KubeObject): Micros | undefined => {
    const now = context.clock.now, mine = jobs.ownedBy(cron);
    let status: KubeObject['status'] = cron.status ?? {};
    let active = (status.active ?? []) as { uid: string; name: string; namespace: string }[];
    for (const job of mine) {
      const listed = active.some((a) => a.uid === job.metadata.uid), finished = isFinished(job);
      if (!listed && !finished) {
        recorder.event(cron, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`);
      } else if (listed && finished) {
        active = active.filter((a) => a.uid !== job.metadata.uid);
        recorder.event(cron, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, status: ${finished.type}`);
      } else if (!listed && finished?.type === 'Complete') noteSuccess(job);
      if (listed && finished?.type === 'Complete') noteSuccess(job);
    }
    function noteSuccess(job: KubeObject): void {
      const at = job.status.completionTime as string | undefined;
      if (at && (!status.lastSuccessfulTime || at > status.lastSuccessfulTime)) status = { ...status, lastSuccessfulTime: at };
    }
    for (const a of active) {
      if (mine.some((j) => j.metadata.uid === a.uid) || jobs.client.find(JOBS, a.namespace, a.name)) continue;
      recorder.event(cron, 'Normal', 'MissingJob', `Active job went missing: ${a.name}`);
      active = active.filter((x) => x !== a);
    }
    let next: Micros | undefined;
    try {
      if (!cron.metadata.deletionTimestamp) next = schedule();
    } finally {
      status = { ...status, active: active.length > 0 ? active : undefined };
      const changed = !deepEqual(status, cron.status ?? {});
      const current = changed ? crons.updateStatus({ ...cron, status }) : cron;
      cleanup(current, mine);
    }
    return next;

    function schedule(): Micros | undefined {
      if (cron.spec.suspend) return undefined;
      let parsed: Schedule;
      try {
        parsed = parseSchedule(cron.spec.schedule, cron.spec.timeZone);
      } catch (error) {
        recorder.event(cron, 'Warning', 'UnparseableSchedule', `unparseable schedule: "${cron.spec.schedule}" : ${(error as Error).message}`);
        return undefined;
      }
      const earliest = parseTime(status.lastScheduleTime ?? cron.metadata.creationTimestamp), deadline = cron.spec.startingDeadlineSeconds as number | undefined;
      const from = deadline !== undefined ? Math.max(earliest, now - deadline * SECOND) : earliest;
      const following = parsed.next(now);
      let missed: Micros | undefined, count = 0;
      for (let t = parsed.next(from); t !== undefined && t <= now; t = parsed.next(t)) {
        missed = t;
        if (++count > 100) {
          recorder.event(cron, 'Warning', 'TooManyMissedTimes', 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew');
          for (let later = parsed.next(now - 60 * MINUTE); later !== undefined && later <= now; later = parsed.next(later)) missed = later;
          break;
        }
      }
      if (missed === undefined) return following;
      if (deadline !== undefined && missed + deadline * SECOND < now) {
        recorder.event(cron, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${rfc3339(missed)}`);
        return following;
      }
      const name = `${cron.metadata.name}-${Math.floor(missed / MINUTE)}`;
      if (jobs.get(cron.metadata.namespace, name) || active.some((a) => a.name === name) || (status.lastScheduleTime && parseTime(status.lastScheduleTime) === missed)) return following;
      if (cron.spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
        recorder.event(cron, 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
        return following;
      }
      if (cron.spec.concurrencyPolicy === 'Replace') {
        for (const a of active) {
          const job = jobs.get(a.namespace, a.name);
          if (job) remove(cron, job);
        }
        active = [];
      }
      start(name, missed);
      return following;
    }

    function start(name: string, at: Micros): void {
      const { metadata, spec } = cron.spec.jobTemplate;
      let job: KubeObject;
      try {
        job = jobs.create({
          apiVersion: 'batch/v1', kind: 'Job',
          metadata: { name, namespace: cron.metadata.namespace!, ...(metadata?.labels ? { labels: metadata.labels } : {}), annotations: { ...metadata?.annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': rfc3339(at) }, ownerReferences: [controllerRef(cron)] },
          spec,
        });
      } catch (error) {
        if (error instanceof ApiError && error.reason === 'AlreadyExists') return;
        if (error instanceof ApiError) recorder.event(cron, 'Warning', 'FailedCreate', `Error creating job: ${error.message}`);
        throw error;
      }
      recorder.event(cron, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
      const { uid, resourceVersion, namespace } = job.metadata;
      active = [...active, { kind: 'Job', namespace: namespace!, name, uid: uid!, apiVersion: 'batch/v1', resourceVersion } as unknown as (typeof active)[number]];
      status = { ...status, lastScheduleTime: rfc3339(at) };
    }
  };

  const remove = (cron: KubeObject, job: KubeObject) => {
    jobs.delete(job, { propagationPolicy: 'Background' });
    recorder.event(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
  };
  const cleanup = (cron: KubeObject, mine: KubeObject[]) => {
    for (const [type, limit] of [['Complete', cron.spec.successfulJobsHistoryLimit], ['Failed', cron.spec.failedJobsHistoryLimit]] as const) {
      if (limit === undefined) continue;
      const old = mine.filter((j) => isFinished(j)?.type === type && !j.metadata.deletionTimestamp).sort((a, b) => ((a.status.startTime ?? '') < (b.status.startTime ?? '') ? -1 : 1));
      for (const job of old.slice(0, Math.max(0, old.length - limit))) remove(cron, job);
    }
  };

  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  crons.informer.on({
    add: (c) => queue.add(keyOf(c)),
    update: (c, old) => {
      if (c.spec.schedule !== old.spec.schedule || c.spec.timeZone !== old.spec.timeZone || c.spec.suspend !== old.spec.suspend) due.delete(keyOf(c));
      queue.add(keyOf(c));
    },
    delete: (c) => void due.delete(keyOf(c)),
  });
  const changed = (job: KubeObject) => {
    const owner = controllerOf(job);
    if (owner?.kind === 'CronJob') queue.add(`${job.metadata.namespace}/${owner.name}`);
  };
  jobs.informer.on({ add: changed, update: changed, delete: changed });
}
