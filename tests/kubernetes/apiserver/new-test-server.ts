import { Clock } from '../../../src/sim/clock.ts';
import { Rng } from '../../../src/sim/rng.ts';
import { Etcd } from '../../../src/kubernetes/etcd/store.ts';
import { ApiServer, type ApiServerOptions } from '../../../src/kubernetes/apiserver/server.ts';
import { ApiClient, core } from '../../../src/kubernetes/client/client.ts';

export const START = Date.parse('2026-11-21T10:00:00Z') * 1000;
export const ADMIN = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/**
 * An API server over an empty store with the bootstrap objects, a client with all rights, and the service account `default` in the
 * first namespaces (which the controller manager would make).
 */
export function newTestServer(options: Partial<ApiServerOptions> = {}) {
  const clock = options.clock ?? new Clock(START), rng = options.rng ?? new Rng('test'), etcd = options.etcd ?? new Etcd(clock);
  const server = new ApiServer({ clock, rng, etcd, ...options });
  const client = new ApiClient(server, ADMIN, 'kubectl/v1.28.15');
  for (const namespace of ['default', 'kube-system']) client.create(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
  /** Runs the clock for so many milliseconds. */
  const run = (ms: number) => {
    const until = clock.now + ms * 1000;
    while (clock.step(until));
    clock.advanceTo(until);
  };
  return { clock, rng, etcd, server, client, run };
}
