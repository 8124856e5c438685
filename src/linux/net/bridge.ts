/**
 * A bridge (net/bridge): learns where MACs are, forwards, floods; with br_netfilter (net.bridge.bridge-nf-call-iptables) the
 * IP packets that it forwards pass iptables as well (net/bridge/br_netfilter_hooks.c). No STP, no VLANs.
 */
import { SECOND, type Micros } from '../../sim/clock.ts';
import { BROADCAST_MAC, type Mac } from './addresses.ts';
import { receiveFrame } from './ip-input.ts';
import { wireLength } from './ip-output.ts';
import { neighbourOutput } from './neighbour.ts';
import type { Link } from './link.ts';
import { cloneFrame, frameLength, type Frame } from './packet.ts';

/** What being a port of a bridge adds to a link. */
export interface BridgePort {
  hairpin: boolean;
  learning: boolean;
  flood: boolean;
  isolated: boolean;
  priority: number;
  cost: number;
  /** Port number within the bridge. */
  number: number;
}

export interface BridgeFdb {
  mac: Mac;
  /** The port behind which it is; the bridge itself for its own address. */
  port: Link;
  /** An address of the bridge or of a port: frames to it go up. */
  local: boolean;
  /** Never ages (entered by hand, or local). */
  permanent: boolean;
  updated: Micros;
  used: Micros;
}

const AGEING = 300 * SECOND;

export class Bridge {
  readonly link: Link;
  readonly ports: Link[] = [];
  /** A port came or went at least once: from then on the carrier is that of the ports. */
  portsChanged = false;
  readonly #fdb = new Map<Mac, BridgeFdb>();

  constructor(link: Link) {
    this.link = link;
  }

  get carrier(): boolean {
    return !this.portsChanged || this.ports.some((p) => p.running);
  }

  addPort(port: Link): void {
    const used = new Set(this.ports.map((p) => p.port!.number));
    let number = 1;
    while (used.has(number)) number++;
    port.port = { hairpin: false, learning: true, flood: true, isolated: false, priority: 32, cost: 2, number };
    port.promiscuity++;
    this.ports.push(port);
    this.portsChanged = true;
    this.portsUpdated();
  }

  removePort(port: Link): void {
    this.ports.splice(this.ports.indexOf(port), 1);
    port.port = undefined;
    port.promiscuity--;
    this.forgetPort(port, true);
    this.portsUpdated();
  }

  /** Drops what was learned behind a port (all of it when the port goes). */
  forgetPort(port: Link, all = false): void {
    for (const [mac, e] of this.#fdb) if (e.port === port && (all || !e.permanent)) this.#fdb.delete(mac);
  }

  /** The bridge takes the lowest MAC of its ports and the smallest MTU, unless they were set. */
  portsUpdated(): void {
    if (!this.link.addressSet && this.ports.length > 0) this.link.address = this.ports.map((p) => p.address).sort()[0]!;
    if (!this.link.mtuSet && this.ports.length > 0) this.link.mtu = Math.min(...this.ports.map((p) => p.mtu));
  }

  /** A frame that came in at a port. */
  receive(port: Link, frame: Frame): void {
    if (!this.link.up || !port.port) {
      port.stats.rxDropped++;
      return;
    }
    if (port.port.learning) this.#learn(port, frame.src);
    const ns = this.link.ns;
    const packet = frame.packet;
    if (packet && ns.bridgeNetfilter) {
      const before = packet.dst;
      packet.macSrc = frame.src;
      packet.macDst = frame.dst;
      if (ns.hooks!.run('PREROUTING', packet, { ns, in: this.link, physIn: port }) !== 'ACCEPT') return;
      packet.bridged = true;
      if (packet.dst !== before) {
        const route = ns.fib.input(packet, this.link);
        if (route.type === 'unicast' && route.dev === this.link && ns.forwarding(this.link)) {
          // Bridged DNAT: the new destination is on this bridge as well, so the frame goes there without being routed.
          neighbourOutput(this.link, route.via ?? packet.dst, packet, (mac) => {
            frame.dst = mac;
            this.#switch(port, frame);
          });
          return;
        }
        frame.dst = this.link.address;
      }
    }
    this.#switch(port, frame);
  }

  /** A frame from the machine itself (br_dev_xmit). */
  transmit(frame: Frame): void {
    const to = this.#find(frame.dst);
    if (to && !to.local) this.#output(to.port, undefined, frame);
    else if (!to) this.#flood(undefined, frame);
  }

  /** Entries that have not aged away: local ones first as they came. */
  fdb(): BridgeFdb[] {
    const now = this.link.ns.world.clock.now;
    const local: BridgeFdb[] = this.ports.map((p) => ({ mac: p.address, port: p, local: true, permanent: true, updated: now, used: now }));
    const learned = [...this.#fdb.values()].filter((e) => e.permanent || now - e.updated < AGEING);
    return [...local, ...learned.filter((e) => !local.some((l) => l.mac === e.mac))];
  }

  setFdb(mac: Mac, port: Link): void {
    const now = this.link.ns.world.clock.now;
    this.#fdb.set(mac, { mac, port, local: false, permanent: true, updated: now, used: now });
  }

  deleteFdb(mac: Mac): boolean {
    return this.#fdb.delete(mac);
  }

  #switch(port: Link, frame: Frame): void {
    const tracer = this.link.ns.tracer;
    const dst = frame.dst;
    if (dst === this.link.address) return this.#up(port, frame);
    if (dst === BROADCAST_MAC || (parseInt(dst.slice(1, 2), 16) & 1) === 1) {
      this.#flood(port, frame);
      return this.#up(port, frame);
    }
    const to = this.#find(dst);
    if (to?.local) return this.#up(port, frame);
    if (tracer.on && frame.packet) tracer.step(this.link.ns, 'bridge', frame.packet, { dev: this.link.name, note: to ? `${port.name} → ${to.port.name}` : `${port.name} → flood` });
    // A capture on the bridge makes it promiscuous: it sees what only passes.
    if (this.link.promiscuity > 0) this.link.deliver(frame, 'otherhost');
    if (to) {
      to.used = this.link.ns.world.clock.now;
      this.#output(to.port, port, frame);
    } else this.#flood(port, frame);
  }

  #up(_port: Link, frame: Frame): void {
    const link = this.link;
    link.stats.rxPackets++;
    link.stats.rxBytes += frameLength(frame);
    link.deliver(frame, frame.dst === BROADCAST_MAC ? 'broadcast' : 'host');
    receiveFrame(link.ns, link, frame);
  }

  #flood(from: Link | undefined, frame: Frame): void {
    const to = this.ports.filter((p) => p.port!.flood && p.running && (p !== from || p.port!.hairpin));
    for (const port of to) this.#output(port, from, cloneFrame(frame));
  }

  #output(to: Link, from: Link | undefined, frame: Frame): void {
    if (!to.running) return;
    if (from) {
      if (to === from && !from.port!.hairpin) return;
      if (from.port!.isolated && to.port!.isolated) return;
      const ns = this.link.ns;
      const packet = frame.packet;
      if (packet && ns.bridgeNetfilter) {
        const state = { ns, in: this.link, out: this.link, physIn: from, physOut: to };
        if (ns.hooks!.run('FORWARD', packet, state) !== 'ACCEPT') return;
        if (ns.hooks!.run('POSTROUTING', packet, { ns, out: this.link, physIn: from, physOut: to }) !== 'ACCEPT') return;
      }
      if (packet && wireLength(packet) > to.mtu) {
        if (ns.tracer.on) ns.tracer.step(ns, 'drop', packet, { dev: to.name, note: `longer than the MTU ${to.mtu} of the port` });
        return void to.stats.txDropped++;
      }
    }
    to.transmit(frame);
  }

  #learn(port: Link, mac: Mac): void {
    const now = this.link.ns.world.clock.now;
    const known = this.#fdb.get(mac);
    if (known) {
      if (known.permanent) return;
      known.port = port;
      known.updated = now;
    } else this.#fdb.set(mac, { mac, port, local: false, permanent: false, updated: now, used: now });
  }

  #find(mac: Mac): BridgeFdb | undefined {
    const now = this.link.ns.world.clock.now;
    const e = this.#fdb.get(mac);
    if (e) {
      if (e.permanent || now - e.updated < AGEING) return e;
      this.#fdb.delete(mac);
    }
    for (const p of this.ports) if (p.address === mac) return { mac, port: p, local: true, permanent: true, updated: now, used: now };
    return undefined;
  }
}
