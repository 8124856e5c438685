/** Neighbour discovery (net/ipv6/ndisc.c, RFC 4861): who has an address, and that it is ours. States are those of neighbour.ts. */
import type { Ip, Mac } from '../addresses.ts';
import { ipv6, isMulticast6 } from '../addresses6.ts';
import type { Link } from '../link.ts';
import { neighbourOutput, neighboursOf } from '../neighbour.ts';
import type { IcmpPart, Packet } from '../packet.ts';
import { solicitedNode } from './address.ts';
import type { Inet6 } from './index.ts';

const ALL_NODES = ipv6('ff02::1');

/** Asks for a neighbour: its group, or itself when its MAC is known. `src`: 0 for the link's own address, 'none' while ours is tentative. */
export function solicit(inet6: Inet6, link: Link, target: Ip, src: Ip | 'none', unicast: boolean): void {
  const from = src === 'none' ? 0 : src || inet6.linkLocal(link);
  const icmp: IcmpPart = { type: 'neighbour-solicitation', code: 0, id: 0, seq: 0, data: 24, target, ...(from === 0 ? {} : { lladdr: link.address }) };
  // The nonce of RFC 7527 is as long as the option that a probe does not have.
  send(inet6, link, from, unicast ? target : solicitedNode(target), icmp, 32);
}

/** A message of neighbour discovery has come; only neighbours can send one with a hop limit of 255. */
export function ndiscReceive(inet6: Inet6, packet: Packet, link: Link): void {
  const icmp = packet.icmp!, target = icmp.target!;
  if (packet.ttl !== 255) return;
  const own = inet6.addresses.list(link).find((a) => a.ip === target);
  const table = neighboursOf(link), asked = isMulticast6(packet.dst);
  if (icmp.type === 'neighbour-solicitation') {
    if (!own || own.state === 'dadfailed') return;
    if (own.state === 'tentative') return packet.src === 0 ? inet6.addresses.duplicate(own) : undefined;
    if (packet.src !== 0 && icmp.lladdr) table.update(packet.src, icmp.lladdr, 'STALE');
    return advertise(inet6, link, target, packet.src, asked);
  }
  if (own) return own.state === 'tentative' ? inet6.addresses.duplicate(own) : undefined;
  const known = table.entries.get(target), mac = icmp.lladdr ?? known?.mac;
  if (!known || mac === undefined) return;
  table.update(target, mac, icmp.says!.solicited ? 'REACHABLE' : 'STALE');
  known.router = icmp.says!.router;
}

function advertise(inet6: Inet6, link: Link, target: Ip, to: Ip, asked: boolean): void {
  const says = { router: inet6.forwarding(link), solicited: to !== 0, override: asked };
  send(inet6, link, target, to || ALL_NODES, { type: 'neighbour-advertisement', code: 0, id: 0, seq: 0, data: asked ? 24 : 16, target, says, ...(asked ? { lladdr: link.address } : {}) }, asked ? 32 : 24);
}

/** As any packet of this machine, it meets OUTPUT and POSTROUTING. */
function send(inet6: Inet6, link: Link, src: Ip, dst: Ip, icmp: IcmpPart, length: number): void {
  const { ns } = inet6, { hooks } = ns;
  const packet: Packet = { flow: ns.tracer.nextFlow(), src, dst, protocol: 'icmp6', sport: 0, dport: 0, ttl: 255, tos: 0, id: 0, df: true, length: 40 + length, icmp, mark: 0, background: true };
  if (hooks && (hooks.run('OUTPUT', packet, { ns, out: link }) !== 'ACCEPT' || hooks.run('POSTROUTING', packet, { ns, out: link }) !== 'ACCEPT')) return;
  neighbourOutput(link, dst, packet, (mac: Mac) => link.transmit({ src: link.address, dst: mac, packet, background: true }));
}
