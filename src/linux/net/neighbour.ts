/** Neighbours of both families (net/core/neighbour.c), and ARP (net/ipv4/arp.c); whom IPv6 asks is said in ipv6/ndisc.ts. Ages are computed when looked at; only an entry in use has a timer. */
import { MS, SECOND, type Micros, type Timer } from '../../sim/clock.ts';
import { BROADCAST_MAC, IPV4_MAX, isLoopback, isMulticast, ZERO_MAC, type Ip, type Ipv4, type Mac } from './addresses.ts';
import { isMulticast6, multicastMac6 } from './addresses6.ts';
import { sendIcmpError } from './icmp.ts';
import type { NetErrno } from './errors.ts';
import type { Link } from './link.ts';
import type { Arp, Packet } from './packet.ts';

export type NeighbourState = 'INCOMPLETE' | 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE' | 'FAILED' | 'NOARP' | 'PERMANENT';

interface Waiting {
  packet: Packet;
  send: (mac: Mac) => NetErrno | undefined;
}

export interface Neighbour {
  ip: Ip;
  dev: Link;
  mac: Mac | undefined;
  /** As of `updated`; REACHABLE may have become STALE since: see stateOf. */
  state: NeighbourState;
  confirmed: Micros;
  used: Micros;
  updated: Micros;
  /** How long REACHABLE lasts: 15 to 45 s. */
  reachable: Micros;
  probes: number;
  /** A packet went there, so the header for it is kept (hh_cache), which frames on a bridge's own way take. */
  header?: boolean;
  /** It forwards for others (IPv6). */
  router?: boolean;
  waiting: Waiting[];
  timer: Timer | undefined;
}

const DELAY_PROBE = 5 * SECOND;
/** Timers of the kernel fire a little late: three attempts take some 3.06 s. */
const LATE = 0.03;
/** Packets that wait for an answer (unres_qlen_bytes, for ordinary packets). */
const QUEUE = 101;
const BACKGROUND = { background: true };

export class NeighbourTable {
  readonly link: Link;
  readonly entries = new Map<Ip, Neighbour>();

  constructor(link: Link) {
    this.link = link;
  }

  get(ip: Ip): Neighbour {
    let n = this.entries.get(ip);
    if (!n) {
      const now = this.link.ns.world.clock.now;
      n = { ip, dev: this.link, mac: undefined, state: 'INCOMPLETE', confirmed: now - 60 * SECOND, used: now, updated: now, reachable: this.#reachable(), probes: -1, waiting: [], timer: undefined };
      this.entries.set(ip, n);
    }
    return n;
  }

  /** Sets an entry as `ip neigh` does. */
  set(ip: Ip, mac: Mac | undefined, state: NeighbourState): Neighbour {
    const n = this.get(ip);
    n.timer?.cancel();
    n.timer = undefined;
    n.mac = mac;
    n.state = state;
    n.updated = n.confirmed = this.link.ns.world.clock.now;
    told(n);
    if (mac !== undefined) release(n, mac);
    return n;
  }

  delete(ip: Ip): boolean {
    const n = this.entries.get(ip);
    if (!n) return false;
    n.timer?.cancel();
    if (n.state !== 'FAILED') {
      n.state = 'FAILED';
      told(n);
    }
    this.entries.delete(ip);
    told(n, true);
    return true;
  }

  /** All entries (the link went down), or all but permanent ones (it lost its carrier). */
  flush({ permanent = false } = {}): void {
    for (const n of this.entries.values()) {
      if (n.state === 'PERMANENT' && !permanent) continue;
      n.timer?.cancel();
      this.entries.delete(n.ip);
      told(n, true);
    }
  }

  /** Something was heard that proves the neighbour is there (an ARP packet about it). */
  update(ip: Ip, mac: Mac, state: 'REACHABLE' | 'STALE'): void {
    const n = this.get(ip);
    const now = this.link.ns.world.clock.now;
    if (n.state === 'PERMANENT') return;
    const valid = n.mac !== undefined && n.state !== 'INCOMPLETE' && n.state !== 'FAILED';
    if (valid && n.mac === mac && state === 'STALE') return;
    n.timer?.cancel();
    n.timer = undefined;
    n.probes = -1;
    n.mac = mac;
    n.state = state;
    n.updated = now;
    if (state === 'REACHABLE') {
      n.confirmed = now;
      n.reachable = this.#reachable();
    }
    told(n);
    release(n, mac);
  }

  #reachable(): Micros {
    return 15 * SECOND + this.link.ns.shared.numbers.int(30 * SECOND);
  }
}

/** What has waited for the MAC goes. */
function release(n: Neighbour, mac: Mac): void {
  if (n.waiting.length > 0) n.header = true;
  for (const w of n.waiting.splice(0)) w.send(mac);
}

/** Tells who listens; a REACHABLE one is looked at again when that is over. */
function told(n: Neighbour, deleted = false): void {
  const { events } = n.dev.ns;
  if (!events.heard) return;
  events.tell({ kind: 'neighbour', neighbour: n, deleted });
  if (!deleted) ages(n);
}

function ages(n: Neighbour): void {
  const { clock } = n.dev.ns.world;
  if (n.state !== 'REACHABLE' || n.dev.neighbours?.entries.get(n.ip) !== n) return;
  if (stateOf(n) !== 'STALE') return void clock.after(n.confirmed + n.reachable - clock.now + 1, () => ages(n), BACKGROUND);
  n.state = 'STALE';
  n.updated = clock.now;
  told(n);
}

/** The state now. */
export function stateOf(n: Neighbour): NeighbourState {
  if (n.state === 'REACHABLE' && n.dev.ns.world.clock.now - n.confirmed > n.reachable) return 'STALE';
  return n.state;
}

export function neighboursOf(link: Link): NeighbourTable {
  return (link.neighbours ??= new NeighbourTable(link));
}

/** Finds the MAC of the next hop and calls `send` with it: at once (and says what it says), or when ARP is answered; else the packet is lost with an ICMP error. */
export function neighbourOutput(link: Link, ip: Ip, packet: Packet, send: (mac: Mac) => NetErrno | undefined): NetErrno | undefined {
  if (link.kind === 'loopback') return send(ZERO_MAC);
  if (ip > IPV4_MAX) {
    if (isMulticast6(ip)) return send(multicastMac6(ip));
  } else {
    if (ip === 0xffffffff || link.ns.fib.addressType(ip) === 'BROADCAST') return send(BROADCAST_MAC);
    if (isMulticast(ip)) return send(multicastMac(ip));
  }
  if (link.noArp) return send(link.address);
  const n = neighboursOf(link).get(ip);
  const now = link.ns.world.clock.now;
  n.used = now;
  if (n.mac !== undefined) n.header = true;
  if (n.state === 'REACHABLE') {
    if (now - n.confirmed <= n.reachable) return send(n.mac!);
    n.state = 'STALE';
    n.updated = now;
  }
  switch (n.state) {
    case 'STALE':
      n.state = 'DELAY';
      n.updated = now;
      n.timer = link.ns.world.clock.after(DELAY_PROBE, () => delayed(n), BACKGROUND);
      return send(n.mac!);
    case 'DELAY':
    case 'PROBE':
    case 'PERMANENT':
    case 'NOARP':
      return send(n.mac!);
  }
  if (n.waiting.length < QUEUE) n.waiting.push({ packet, send });
  seekNeighbour(n, packet);
  return undefined;
}

/** Asks for a neighbour that is not known, if nobody does yet (neigh_event_send). */
export function seekNeighbour(n: Neighbour, about: Packet): void {
  if (n.state === 'FAILED') Object.assign(n, { state: 'INCOMPLETE', probes: -1 });
  if (n.probes >= 0) return;
  n.probes = 0;
  n.updated = n.dev.ns.world.clock.now;
  solicit(n, about);
}

/** Whether a packet for it goes without asking the neighbour code (neigh_hh_bridge). */
export function headerKept(link: Link, ip: Ip): boolean {
  const n = link.neighbours?.entries.get(ip);
  return n?.header === true && ['REACHABLE', 'PERMANENT', 'NOARP'].includes(stateOf(n));
}

/** The upper layer has heard from the next hop (an ACK that acknowledged data): the entry is confirmed. */
export function confirmNeighbour(link: Link, ip: Ipv4): void {
  const n = link.neighbours?.entries.get(ip);
  if (n) n.confirmed = link.ns.world.clock.now;
}

export function arpReceive(link: Link, arp: Arp, unicast: boolean): void {
  const { senderIp, senderMac, targetIp } = arp;
  if (link.noArp || isLoopback(targetIp) || isMulticast(targetIp)) return;
  const table = link.neighbours;
  if (arp.op === 'request' && answers(link, arp)) {
    if (senderIp !== 0) neighboursOf(link).update(senderIp, senderMac, 'STALE');
    transmitArp(link, { op: 'reply', senderMac: link.address, senderIp: targetIp, targetMac: senderMac, targetIp: senderIp }, senderMac);
    return;
  }
  if (arp.op === 'request' && proxied(link, senderIp, targetIp)) {
    neighboursOf(link).update(senderIp, senderMac, 'STALE');
    transmitArp(link, { op: 'reply', senderMac: link.address, senderIp: targetIp, targetMac: senderMac, targetIp: senderIp }, senderMac);
    return;
  }
  if (table?.entries.has(senderIp)) table.update(senderIp, senderMac, arp.op === 'reply' && unicast ? 'REACHABLE' : 'STALE');
}

/** proxy_arp: the machine answers for addresses that it would forward to out of another link. */
function proxied(link: Link, src: Ipv4, dst: Ipv4): boolean {
  const { ns } = link;
  if (!ns.flag('proxy_arp', link) || !ns.forwarding(link)) return false;
  const route = ns.fib.output(dst, { src: 0 });
  return !route.error && route.type === 'unicast' && route.dev !== link && src !== 0;
}

/** Whether a packet of that sender would be delivered here (arp_process). */
function answers(link: Link, { senderIp, targetIp }: Arp): boolean {
  const { fib } = link.ns;
  if (senderIp === 0) return fib.addressType(targetIp) === 'LOCAL';
  const route = fib.input({ flow: 0, src: senderIp, dst: targetIp, protocol: 'udp', sport: 0, dport: 0, ttl: 64, tos: 0, id: 0, df: false, length: 0, mark: 0 }, link);
  return route.type === 'local' && !route.martian;
}

/** Sends a request for an address (also `arping` and the announcement of an own address). */
function arpRequest(link: Link, targetIp: Ipv4, senderIp: Ipv4, to: Mac = BROADCAST_MAC): void {
  transmitArp(link, { op: 'request', senderMac: link.address, senderIp, targetMac: ZERO_MAC, targetIp }, to);
}

function solicit(n: Neighbour, packet: Packet | undefined): void {
  const link = n.dev;
  const ns = link.ns;
  if (n.probes >= setting(n, n.state === 'PROBE' ? 'ucast_solicit' : 'mcast_solicit')) {
    n.timer = undefined;
    n.state = 'FAILED';
    n.updated = ns.world.clock.now;
    told(n);
    for (const w of n.waiting.splice(0)) {
      if (ns.tracer.on) ns.tracer.step(ns, 'drop', w.packet, { dev: link.name, note: n.ip > IPV4_MAX ? 'no answer of the neighbour' : 'no ARP answer', reason: 'neighbour' });
      sendIcmpError(ns, w.packet, 'destination-unreachable', 1);
    }
    return;
  }
  n.probes++;
  const waiting = packet ?? n.waiting[0]?.packet;
  if (waiting && ns.tracer.on) ns.tracer.step(ns, 'arp', waiting, { dev: link.name, note: 'who-has' });
  const retrans = setting(n, 'retrans_time_ms') * MS;
  n.timer = ns.world.clock.after(retrans + retrans * LATE / 3 + ns.shared.numbers.int(retrans * LATE * 2 / 3), () => solicit(n, undefined), BACKGROUND);
  const to = n.state === 'PROBE' ? n.mac! : undefined, from = waiting && ns.fib.addressType(waiting.src) === 'LOCAL' ? waiting.src : 0;
  if (n.ip > IPV4_MAX) return ns.inet6!.solicit(link, n.ip, from, to);
  arpRequest(link, n.ip, from || ns.fib.selectAddress(link, n.ip, 'link'), to);
}

/** Five seconds after a stale entry was used: confirmed meanwhile by the upper layer, or asked directly. */
function delayed(n: Neighbour): void {
  const now = n.dev.ns.world.clock.now;
  n.timer = undefined;
  if (n.dev.deleted || n.state !== 'DELAY') return;
  n.updated = now;
  if (now - n.confirmed <= DELAY_PROBE) {
    n.state = 'REACHABLE';
    told(n);
    return;
  }
  n.state = 'PROBE';
  n.probes = 0;
  told(n);
  solicit(n, undefined);
}

/** net.ipv4.neigh.DEV.*, net.ipv6.neigh.DEV.* */
function setting({ dev, ip }: Neighbour, key: string): number {
  return Number(dev.ns.get(`net.ipv${ip > IPV4_MAX ? 6 : 4}.neigh.${dev.name}.${key}`));
}

function transmitArp(link: Link, arp: Arp, to: Mac): void {
  link.transmit({ src: link.address, dst: to, arp, background: true });
}

function multicastMac(ip: Ipv4): Mac {
  const h = (n: number) => n.toString(16).padStart(2, '0');
  return `01:00:5e:${h((ip >>> 16) & 0x7f)}:${h((ip >>> 8) & 255)}:${h(ip & 255)}`;
}
