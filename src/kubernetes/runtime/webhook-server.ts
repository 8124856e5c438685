import type { World } from '../../linux/world.ts';
import type { Process } from '../../linux/process.ts';
import { formatIpv4 } from '../../linux/net/addresses.ts';
import type { CallWebhook, ReviewRequest, ReviewResponse } from '../apiserver/admission/webhooks.ts';

type Review = (path: string, request: ReviewRequest) => ReviewResponse;
const SERVERS = new WeakMap<World, Map<string, { process: Process; review: Review }>>();

/** An admission webhook listens on the port of the process's address. As between components, its requests are no packets. */
export function serveWebhook(process: Process, port: number, review: Review): void {
  const { world } = process, ip = process.net.addresses('eth0')[0]?.ip, address = `${ip === undefined ? '127.0.0.1' : formatIpv4(ip)}:${port}`;
  let map = SERVERS.get(world);
  if (!map) SERVERS.set(world, (map = new Map()));
  map.set(address, { process, review });
  process.onExit(() => {
    if (map.get(address)?.process === process) map.delete(address);
  });
}

export const callWebhook = (world: World): CallWebhook => (address, path, request) => {
  const found = SERVERS.get(world)?.get(address);
  if (!found) return `dial tcp ${address}: connect: connection refused`;
  return found.process.stopped ? 'context deadline exceeded' : found.review(path, request);
};
