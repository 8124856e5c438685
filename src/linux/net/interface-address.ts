/** What an address brings with it: entries of the local table and the route to its network (fib_frontend.c, devinet.c). */
import { broadcastOf, inPrefix, network } from './addresses.ts';
import { LOCAL, MAIN, type Fib, type Route } from './fib.ts';
import type { Address } from './link.ts';

/** An address was given, or its link has come up: its routes appear; only the local one while the link is down. */
export function addressUp(a: Address): void {
  const { fib } = a.dev.ns;
  const kernel = { table: LOCAL, via: undefined, dev: a.dev, src: a.ip, protocol: 'kernel', metric: 0, onlink: false };
  const primary = a.secondary ? a.dev.addresses.find((o) => !o.secondary && o.bits === a.bits && inPrefix(a.ip, o.ip, o.bits)) : undefined;
  put(fib, { ...kernel, type: 'local', dst: a.ip, bits: 32, scope: 'host', src: primary?.ip ?? a.ip });
  if (!a.dev.up) return;
  const net = network(a.peer ?? a.ip, a.bits);
  if ((net !== a.ip || a.bits < 32) && a.ip !== 0) {
    if (a.dev.kind === 'loopback') put(fib, { ...kernel, type: 'local', dst: net, bits: a.bits, scope: 'host' });
    else if (!a.secondary) put(fib, { ...kernel, table: MAIN, type: 'unicast', dst: net, bits: a.bits, scope: 'link' });
    if (a.bits < 31) put(fib, { ...kernel, type: 'broadcast', dst: broadcastOf(net, a.bits), bits: 32, scope: 'link' });
  }
  if (a.broadcast !== undefined && a.broadcast !== 0xffffffff) put(fib, { ...kernel, type: 'broadcast', dst: a.broadcast, bits: 32, scope: 'link' });
}

/** Takes an address away with its routes; a primary one takes its secondaries along (promote_secondaries is off). */
export function removeAddress(a: Address): void {
  const link = a.dev;
  const { ns } = link;
  link.addresses = link.addresses.filter((o) => o !== a && !(!a.secondary && o.secondary && o.bits === a.bits && inPrefix(o.ip, a.ip, a.bits)));
  const still = ns.addresses();
  ns.events.tell({ kind: 'address', address: a, deleted: true });
  const gone = ns.fib.drop((r) => {
    if (r.table === LOCAL && r.type === 'local' && r.bits === 32 && r.dev === link) return !still.some((o) => o.ip === r.dst);
    if (r.protocol === 'kernel' && r.dev === link && r.src === a.ip) return true;
    return r.src === a.ip && !still.some((o) => o.ip === a.ip);
  });
  // Of others that had it as their source nothing is told (fib_sync_down_addr).
  for (const type of ['unicast', 'broadcast', 'local']) for (const route of gone) if (route.type === type && route.protocol === 'kernel' && route.dev === link) ns.events.tell({ kind: 'route', route, deleted: true });
  for (const o of link.addresses) addressUp(o);
  ns.changed();
}

function put(fib: Fib, route: Route): void {
  const known = fib.table(route.table)?.some((r) => r.dst === route.dst && r.bits === route.bits && r.type === route.type && r.dev === route.dev && r.metric === route.metric);
  if (!known) fib.add(route, 'append');
}
