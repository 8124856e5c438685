import type { KubeObject } from '../api/types.ts';
import { type Clock, type Micros, SECOND } from '../../sim/clock.ts';
import { ApiError, type ApiClient, ConnectionError, gvr } from './client.ts';
import type { EventRecorder } from './events.ts';
import { rfc3339Micro } from './time.ts';

const LEASES = gvr('coordination.k8s.io', 'v1', 'leases');

export interface LeaderElectionOptions {
  client: ApiClient;
  clock: Clock;
  /** Name of the Lease, and its namespace where that is not kube-system. */
  name: string;
  namespace?: string;
  /** The lease's duration (15 s) and how often it is tried for and renewed (2 s). */
  duration?: Micros;
  retry?: Micros;
  /** HOST_UUID */
  identity: string;
  recorder?: EventRecorder;
  started(): void;
  /** Somebody, perhaps this candidate, holds the lease now. */
  newLeader?(identity: string): void;
  /** The lease could not be renewed in ten seconds: the real components end their process here. */
  lost(): void;
}

/** client-go tools/leaderelection over a Lease. Returns a function that stops the candidate (without releasing, as a killed process). */
export function runLeaderElection(options: LeaderElectionOptions): () => void {
  const { client, clock, name, identity, namespace = 'kube-system', duration = 15 * SECOND, retry = 2 * SECOND } = options;
  const RENEW_DEADLINE = (duration * 2) / 3;
  let leading = false, renewed: Micros = clock.now, stopped = false;
  let observed: { version: string; at: Micros } | undefined, leader = '';
  const holder = (who: string) => {
    if (who === leader || who === '') return;
    leader = who;
    options.newLeader?.(who);
  };

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
    const lease = client.find(LEASES, namespace, name);
    if (!lease) {
      const created = client.create(LEASES, leaseOf(name, namespace, { holderIdentity: identity, leaseDurationSeconds: duration / SECOND, acquireTime: now, renewTime: now, leaseTransitions: 0 }));
      say(created);
      return true;
    }
    const version = lease.metadata.resourceVersion!;
    if (observed?.version !== version) observed = { version, at: clock.now };
    const mine = lease.spec.holderIdentity === identity;
    if (!mine && lease.spec.holderIdentity && clock.now - observed.at < duration) {
      holder(lease.spec.holderIdentity as string);
      return false;
    }
    const spec = mine
      ? { ...lease.spec, renewTime: now }
      : { ...lease.spec, holderIdentity: identity, leaseDurationSeconds: duration / SECOND, acquireTime: now, renewTime: now, leaseTransitions: (lease.spec.leaseTransitions ?? 0) + 1 };
    const updated = client.update(LEASES, { ...lease, spec });
    if (!mine) say(updated);
    return true;
  };
  const say = (lease: KubeObject) => {
    holder(identity);
    options.recorder?.event(lease, 'Normal', 'LeaderElection', `${identity} became leader`);
  };

  const ticking = clock.every(retry, attempt);
  clock.after(0, attempt);
  return () => {
    stopped = true;
    ticking.cancel();
  };
}

function leaseOf(name: string, namespace: string, spec: Record<string, unknown>): KubeObject {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec };
}
