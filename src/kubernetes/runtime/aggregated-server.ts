import { formatIpv4 } from '../../linux/net/addresses.ts';
import type { Process } from '../../linux/process.ts';
import type { World } from '../../linux/world.ts';
import type { CallAggregated } from '../apiserver/aggregator.ts';
import type { ApiRequest, ApiResponse } from '../apiserver/http.ts';

type Handle = (request: ApiRequest) => ApiResponse;
const SERVERS = new WeakMap<World, Map<string, { process: Process; handle: Handle }>>();

/** An aggregated API server listens on the port of the process's address. As between components, its requests are no packets. */
export function serveAggregated(process: Process, port: number, handle: Handle): void {
  const { world } = process, ip = process.net.addresses('eth0')[0]?.ip, address = `${ip === undefined ? '127.0.0.1' : formatIpv4(ip)}:${port}`;
  let map = SERVERS.get(world);
  if (!map) SERVERS.set(world, (map = new Map()));
  map.set(address, { process, handle });
  process.onExit(() => {
    if (map.get(address)?.process === process) map.delete(address);
  });
}

export const callAggregated = (world: World): CallAggregated => (address, request) => {
  const found = SERVERS.get(world)?.get(address);
  if (!found) return `Get "https://${address}${request.path}": dial tcp ${address}: connect: connection refused`;
  return found.process.stopped ? `Get "https://${address}${request.path}": context deadline exceeded` : found.handle(request);
};
