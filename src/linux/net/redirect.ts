/** ICMP redirects: "for that destination, the other router of your street is nearer" (net/ipv4/route.c). */
import { SECOND, type Micros } from '../../sim/clock.ts';
import { isMulticast, type Ipv4 } from './addresses.ts';
import type { RouteResult } from './fib.ts';
import { sendIcmpError } from './icmp.ts';
import type { Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import { neighboursOf, seekNeighbour, stateOf } from './neighbour.ts';
import type { Packet } from './packet.ts';

/** ip_rt_redirect_load (HZ/50), _number and _silence: how fast, how often, and after what pause again. */
const LOAD: Micros = SECOND / 50, NUMBER = 9, SILENCE = LOAD << 10;

/** How many redirects a sender has been sent (struct inet_peer). */
export interface Redirected {
  times: number;
  last: Micros;
}

/** A packet that leaves by the door it came in at: its sender, if it lives in that street, is told of the next hop (ip_rt_send_redirect). */
export function sendRedirect(ns: NetNamespace, packet: Packet, link: Link, route: RouteResult): void {
  if (route.dev !== link || !ns.flag('send_redirects', link)) return;
  const back = ns.fib.output(packet.src);
  if (back.error || back.type !== 'unicast' || back.dev !== link || back.via !== undefined) return;
  const now = ns.world.clock.now;
  const known = ns.redirected.get(packet.src) ?? { times: 0, last: -Infinity };
  const told = now - known.last > SILENCE ? { times: 0, last: known.last } : known;
  if (ns.redirected.size > 1000) ns.redirected.clear();
  if (told.times >= NUMBER) return void ns.redirected.set(packet.src, { ...told, last: now });
  if (told.times > 0 && now - told.last <= LOAD << told.times) return;
  sendIcmpError(ns, packet, 'redirect', 1, { gateway: route.via ?? (packet.dst as Ipv4) });
  ns.redirected.set(packet.src, { times: told.times + 1, last: now });
  // Redirects and unreachables share the sender's account (rate_tokens, rate_last).
  ns.errorsTold.set(packet.src, { tokens: told.times === 0 ? 0 : (ns.errorsTold.get(packet.src)?.tokens ?? 0), at: now });
}

/** Takes the advice of the gateway in use. One that is not known yet is asked for by ARP first: the next advice counts (__ip_do_redirect). */
export function redirectReceived(ns: NetNamespace, packet: Packet, link: Link): void {
  const { inner, gateway } = packet.icmp!;
  if (!inner || gateway === undefined) return;
  const route = ns.fib.output(inner.dst, { src: inner.src });
  if (route.error || route.via !== packet.src || gateway === packet.src || !accepts(ns, link)) return;
  if (isMulticast(gateway) || gateway === 0 || ns.fib.addressType(gateway) !== 'UNICAST') return;
  const neighbour = neighboursOf(route.dev).get(gateway);
  if (['INCOMPLETE', 'FAILED'].includes(stateOf(neighbour))) return seekNeighbour(neighbour, packet);
  ns.exceptions.learn(inner.dst, { gateway, instead: ns.exceptions.get(inner.dst)?.instead ?? packet.src });
}

/** IN_DEV_RX_REDIRECTS: a host takes advice if either setting says so, a router only if both do. */
function accepts(ns: NetNamespace, link: Link): boolean {
  const [all, own] = ['all', link.name].map((name) => ns.get(`net.ipv4.conf.${name}.accept_redirects`) === '1');
  return ns.forwarding(link) ? all! && own! : all! || own!;
}
