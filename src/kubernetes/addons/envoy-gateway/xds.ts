import type { World } from '../../../linux/world.ts';
import type { Process } from '../../../linux/process.ts';
import type { Xds } from './ir.ts';

/**
 * The stream by which Envoy Gateway tells its proxies their configuration (port 18000, gRPC). As between the cluster's other
 * components its messages are no packets. A proxy keeps what it has heard when the gateway is gone.
 */
interface Hub {
  snapshots: Map<string, Xds>;
  subscribers: Map<string, Set<(xds: Xds) => void>>;
  server: Process | undefined;
}
const HUBS = new WeakMap<World, Hub>();

function hub(world: World): Hub {
  let found = HUBS.get(world);
  if (!found) HUBS.set(world, (found = { snapshots: new Map(), subscribers: new Map(), server: undefined }));
  return found;
}

export function publish(server: Process, snapshots: readonly Xds[]): void {
  const h = hub(server.world);
  h.server = server;
  h.snapshots = new Map(snapshots.map((s) => [s.key, s]));
  for (const s of snapshots) for (const tell of h.subscribers.get(s.key) ?? []) tell(s);
}

/** Calls back with what there is now, if somebody serves it, and with every change while the process lives. */
export function subscribe(process: Process, key: string, tell: (xds: Xds) => void): void {
  const h = hub(process.world), all = h.subscribers.get(key) ?? new Set();
  h.subscribers.set(key, all.add(tell));
  process.onExit(() => all.delete(tell));
  const now = h.snapshots.get(key);
  if (now && h.server?.running) tell(now);
}
