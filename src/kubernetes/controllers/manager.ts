import type { ApiClient } from '../client/client.ts';
import { EventRecorder } from '../client/events.ts';
import { runLeaderElection } from '../client/leaderelection.ts';
import type { Clock } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';
import { ControllerContext, DEFAULT_FLAGS, type Flags } from './context.ts';
import { CONTROLLERS } from './index.ts';

export interface ControllerManagerOptions {
  /** A client that speaks as `user`. */
  client: (user: string) => ApiClient;
  clock: Clock;
  rng: Rng;
  /** Given: nothing is controlled before the Lease kube-system/kube-controller-manager is held. `lost`: the process must end. */
  leaderElection?: { host: string; lost?: () => void };
  flags?: Partial<Flags>;
  /** Controllers not to start (--controllers=-NAME). */
  disabled?: readonly string[];
}

/** kube-controller-manager. `stop` is the end of the process: it acts no more; started again it lists anew. */
export function startControllerManager(options: ControllerManagerOptions): { stop(): void } {
  const { client, clock, rng } = options;
  let context: ControllerContext | undefined;
  const run = () => {
    context = new ControllerContext(client, clock, rng, { ...DEFAULT_FLAGS, ...options.flags });
    for (const [name, start] of Object.entries(CONTROLLERS)) if (!options.disabled?.includes(name)) start(context);
    context.start();
  };
  if (!options.leaderElection) {
    run();
    return { stop: () => context?.stop() };
  }
  const { host, lost } = options.leaderElection;
  const own = client('system:kube-controller-manager');
  const recorder = new EventRecorder(own, clock, rng.fork('events/kube-controller-manager'), { component: 'kube-controller-manager' });
  const end = runLeaderElection({
    client: own, clock, name: 'kube-controller-manager', identity: `${host}_${rng.fork(`identity/${clock.now}`).uuid()}`, recorder, started: run,
    lost: () => {
      context?.stop();
      lost?.();
    },
  });
  return {
    stop() {
      end();
      recorder.stop();
      context?.stop();
    },
  };
}
