import type { KubeObject } from '../api/types.ts';
import { type Clock, type Micros, SECOND } from '../../sim/clock.ts';
import { ApiError, type ApiClient, ConnectionError, gvr } from './client.ts';
import type { EventRecorder } from './events.ts';
import { rfc3339Micro } from './time.ts';

const LEASES = gvr('coordination.k8s.io', 'v1', 'leases');
const LEASE_DURATION = 15 * SECOND, RENEW_DEADLINE = 10 * SECOND, RETRY_PERIOD = 2 * SECOND;

export interface LeaderElectionOptions {
  client: ApiClient;
  clock: Clock;
  /** Name of the Lease, in kube-system. */
  name: string;
  /** HOST_UUID */
  identity: string;
  recorder?: EventRecorder;
  started(): void;
  /** The lease could not be renewed in ten seconds: the real components end their process here. */
  lost(): void;
}

/** client-go tools/leaderelection over a Lease. Returns a function that stops the candidate (without releasing, as a killed process). */
export function runLeaderElection(options: LeaderElectionOptions): () => void {
  const { client, clock, name, identity } = options;
  let leading = false, renewed: Micros = clock.now, stopped = false;
  let observed: { version: string; at: Micros } | undefined;

  const attempt = () => {
    if (stopped) return;
    try {
      if (acquireOrRenew()) {
        renewed = clock.now;
        if (!leading) {
          leading = true;
          options.started();
        }
      } else if (leading && clock.now - renewed > RENEW_DEADLINE) return lose();
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      if (leading && clock.now - renewed > RENEW_DEADLINE) return lose();
    }
  };
  const lose = () => {
    stopped = true;
    ticking.cancel();
    options.lost();
  };

  const acquireOrRenew = (): boolean => {
    const now = rfc3339Micro(clock.now);
    const lease = client.find(LEASES, 'kube-system', name);
    if (!lease) {
      const created = client.create(LEASES, leaseOf(name, { holderIdentity: identity, leaseDurationSeconds: LEASE_DURATION / SECOND, acquireTime: now, renewTime: now, leaseTransitions: 0 }));
      say(created);
      return true;
    }
    const version = lease.metadata.resourceVersion!;
    if (observed?.version !== version) observed = { version, at: clock.now };
    const mine = lease.spec.holderIdentity === identity;
    if (!mine && lease.spec.holderIdentity && clock.now - observed.at < LEASE_DURATION) return false;
    const spec = mine
      ? { ...lease.spec, renewTime: now }
      : { ...lease.spec, holderIdentity: identity, leaseDurationSeconds: LEASE_DURATION / SECOND, acquireTime: now, renewTime: now, leaseTransitions: (lease.spec.leaseTransitions ?? 0) + 1 };
    const updated = client.update(LEASES, { ...lease, spec });
    if (!mine) say(updated);
    return true;
  };
  const say = (lease: KubeObject) => options.recorder?.event(lease, 'Normal', 'LeaderElection', `${identity} became leader`);

  const ticking = clock.every(RETRY_PERIOD, attempt);
  clock.after(0, attempt);
  return () => {
    stopped = true;
    ticking.cancel();
  };
}

function leaseOf(name: string, spec: Record<string, unknown>): KubeObject {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'kube-system' }, spec };
}
