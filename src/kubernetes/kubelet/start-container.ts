import { ApiError, ConnectionError } from '../client/client.ts';
import { type Container, type ContainerConfig, CriError } from '../runtime/containers.ts';
import { TIMES } from '../runtime/cri.ts';
import { type Micros, MS, SECOND } from '../../sim/clock.ts';
import { containerConfig } from './container-config.ts';
import { ConfigError } from './environment.ts';
import { type HookContext, runHook } from './lifecycle.ts';
import { linkLog } from './log-links.ts';
import type { PodWorker } from './pod-worker.ts';
import type { StartFailure } from './status.ts';
import { terminationMessage } from './termination-message.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- v1.Container and its parts
type Any = any;

interface Starting {
  done: (ok: boolean) => void;
  hookContext: (container: Container) => HookContext;
  kill: (container: Container, grace: Micros, then: () => void) => void;
}

/** One container of a pod: back-off, its image, its configuration, create, start, postStart (pkg/kubelet/kuberuntime, startContainer). `ended`: the run that ended last when the sync began. */
export function startContainer(worker: PodWorker, c: Any, ended: Container | undefined, { done, hookContext, kill }: Starting): void {
  const { kubelet } = worker, { clock, recorder } = kubelet, { runtime } = kubelet.options, { spec } = worker.pod;
  const [last] = kubelet.containersOf(worker.uid).get(c.name) ?? [];
  const fail = (failure: StartFailure, event?: string) => {
    worker.failures.set(c.name, failure);
    const { namespace, name } = worker.pod.metadata;
    kubelet.log('E', 'pod_workers.go:1300', `"Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"${c.name}\\" with ${failure.reason}: \\"${failure.message.replaceAll('"', '\\\\\\"')}\\"" pod="${namespace}/${name}" podUID="${worker.uid}"`);
    if (event !== undefined) recorder.event(worker.about(c.name), 'Warning', 'Failed', event);
    done(false);
  };
  const key = `${worker.uid}/${c.name}`;
  if (ended) {
    if (kubelet.backoff.isInBackOffSince(key, ended.finishedAt)) {
      const full = `${worker.pod.metadata.name}_${worker.pod.metadata.namespace}(${worker.pod.metadata.uid})`;
      recorder.event(worker.about(c.name), 'Warning', 'BackOff', `Back-off restarting failed container ${c.name} in pod ${full}`);
      const seconds = kubelet.backoff.get(key) / SECOND;
      return fail({ reason: 'CrashLoopBackOff', message: `back-off ${seconds >= 60 ? `${Math.floor(seconds / 60)}m${seconds % 60}s` : `${seconds}s`} restarting failed container=${c.name} pod=${full}` });
    }
    kubelet.backoff.next(key, ended.finishedAt);
  }
  kubelet.images.ensure(worker.pod, c, worker.about(c.name), (image, failure) => {
    if (worker.terminated || worker.terminating || !kubelet.acting) return done(false);
    if (!image) return fail(failure!, `Error: ${failure!.reason}`);
    let config: ContainerConfig;
    try {
      config = containerConfig(worker, c, image, last ? last.config.attempt + 1 : 0);
    } catch (error) {
      if (error instanceof ConnectionError) return done(false);
      if (!(error instanceof ConfigError || error instanceof ApiError)) throw error;
      return fail({ reason: 'CreateContainerConfigError', message: error.message }, `Error: ${error.message}`);
    }
    clock.after(TIMES.create + kubelet.rng.int(10 * MS), () => {
      if (worker.terminated || worker.terminating || worker.sandbox?.state !== 'READY') return done(false);
      const container = runtime.createContainer(worker.sandbox, config);
      recorder.event(worker.about(c.name), 'Normal', 'Created', `Created container ${c.name}`);
      clock.after(TIMES.start + kubelet.rng.int(15 * MS), () => {
        if (worker.terminated || worker.terminating || !kubelet.acting) return done(false);
        try {
          runtime.startContainer(container);
        } catch (error) {
          if (!(error instanceof CriError)) throw error;
          return fail({ reason: 'RunContainerError', message: error.message }, `Error: ${error.message}`);
        }
        container.process!.onExit(() => (container.message = terminationMessage(container, c)));
        recorder.event(worker.about(c.name), 'Normal', 'Started', `Started container ${c.name}`);
        linkLog(kubelet.options.machine, container);
        worker.failures.delete(c.name);
        const hook: Any = c.lifecycle?.postStart;
        if (!hook) return done(true);
        runHook(hookContext(container), hook, (ok) => {
          if (ok) return done(true);
          recorder.event(worker.about(c.name), 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
          recorder.event(worker.about(c.name), 'Normal', 'Killing', 'FailedPostStartHook');
          kill(container, (spec.terminationGracePeriodSeconds ?? 30) * SECOND, () => fail({ reason: 'PostStartHookError', message: 'PostStartHook failed' }));
        });
      });
    });
  });
}
