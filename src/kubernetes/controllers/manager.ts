import { type ApiClient, ApiError, ConnectionError, core } from '../client/client.ts';
import { EventRecorder } from '../client/events.ts';
import { runLeaderElection } from '../client/leaderelection.ts';
import type { Clock } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';
import { type Bring, ControllerContext, DEFAULT_FLAGS, type Flags } from './context.ts';
import { CONTROLLERS, startController } from './index.ts';

export interface ControllerManagerOptions {
  /** A client that speaks as `user`. */
  client: (user: string) => ApiClient;
  clock: Clock;
  rng: Rng;
  /** Given: nothing is controlled before the Lease kube-system/kube-controller-manager is held. `lost`: the process must end. */
  leaderElection?: { host: string; lost?: () => void };
  flags?: Partial<Flags>;
  /** Loads what is not there yet, then goes on with it: World.bring of the process. Without it every controller must have been loaded. */
  bring?: Bring;
  /** Controllers not to start (--controllers=-NAME). */
  disabled?: readonly string[];
}

/** kube-controller-manager. `stop` is the end of the process: it acts no more; started again it lists anew. */
export function startControllerManager(options: ControllerManagerOptions): { stop(): void } {
  const { client, clock, rng } = options;
  let context: ControllerContext | undefined;
  const run = () => {
    context = new ControllerContext(client, clock, rng, { ...DEFAULT_FLAGS, ...options.flags }, options.bring);
    for (const name of ACCOUNTS) createAccount(client('system:kube-controller-manager'), name);
    for (const name of Object.keys(CONTROLLERS)) if (!options.disabled?.includes(name)) startController(name, context);
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

/** With --use-service-account-credentials each controller acts as an account of its own in kube-system, which the manager makes. */
const ACCOUNTS = `attachdetach-controller bootstrap-signer certificate-controller clusterrole-aggregation-controller cronjob-controller daemon-set-controller deployment-controller disruption-controller
  endpoint-controller endpointslice-controller endpointslicemirroring-controller ephemeral-volume-controller expand-controller generic-garbage-collector horizontal-pod-autoscaler job-controller
  namespace-controller node-controller persistent-volume-binder pod-garbage-collector pv-protection-controller pvc-protection-controller replicaset-controller replication-controller
  resourcequota-controller root-ca-cert-publisher service-account-controller service-controller statefulset-controller token-cleaner ttl-after-finished-controller ttl-controller`.split(/\s+/);

/** A refusal (no namespace yet) is no reason to stop: the account is then missing, as a real one would be until its controller asks again. */
function createAccount(client: ApiClient, name: string): void {
  const accounts = core('serviceaccounts');
  try {
    if (!client.find(accounts, 'kube-system', name)) client.create(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'kube-system' } });
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
  }
}
