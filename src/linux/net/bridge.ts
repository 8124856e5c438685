/**
 * A bridge (net/bridge): learns where MACs are, forwards, floods; with br_netfilter (net.bridge.bridge-nf-call-iptables) the
 * IP packets that it forwards pass iptables as well (net/bridge/br_netfilter_hooks.c).
 */
import { SECOND, type Micros } from '../../sim/clock.ts';
import { BROADCAST_MAC, IPV4_MAX, isGroup, ZERO_MAC, type Mac } from './addresses.ts';
import { reassemble, receiveFrame } from './ip-input.ts';
import { forwardable, fragments } from './ip-output.ts';
import { headerKept, neighbourOutput } from './neighbour.ts';
import type { Link } from './link.ts';
import { cloneFrame, frameLength, type Frame } from './packet.ts';
import type { SpanningTree } from './stp.ts';

export type PortState = 'disabled' | 'listening' | 'learning' | 'forwarding' | 'blocking';

/** A VLAN of a port: whether untagged frames belong to it, and whether its frames leave without a tag. */
export interface PortVlan {
  pvid: boolean;
  untagged: boolean;
}

/** Of `ip link … type bridge`; times in hundredths of a second. */
export interface BridgeOptions {
  forwardDelay: number;
  helloTime: number;
  maxAge: number;
  ageing: number;
  stp: boolean;
  priority: number;
  vlanFiltering: boolean;
  nfCallIptables: boolean;
  mcastSnooping: boolean;
}

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
  vlans: Map<number, PortVlan>;
  /** State that somebody set by hand. */
  forced: PortState | undefined;
}

export interface BridgeFdb {
  mac: Mac;
  /** With vlan_filtering: an entry counts for one VLAN. */
  vlan?: number | undefined;
  /** The port behind which it is; the bridge itself for its own address. */
  port: Link;
  /** An address of the bridge or of a port: frames to it go up. */
  local: boolean;
  /** Never ages (entered by hand, or local). */
  permanent: boolean;
  /** Entered by hand for what is behind the port (`static`), not for an address that is the bridge's own. */
  static?: boolean;
  updated: Micros;
  used: Micros;
}

export class Bridge {
  readonly link: Link;
  readonly ports: Link[] = [];
  /** A port came or went at least once: from then on the carrier is that of the ports. */
  portsChanged = false;
  readonly options: BridgeOptions = { forwardDelay: 1500, helloTime: 200, maxAge: 2000, ageing: 30000, stp: false, priority: 32768, vlanFiltering: false, nfCallIptables: false, mcastSnooping: true };
  /** VLANs of the bridge itself, as of a port. */
  readonly vlans = new Map<number, PortVlan>([[1, { pvid: true, untagged: true }]]);
  /** From when it was first asked for (`stp_state`): a part that is loaded then. */
  stp: SpanningTree | undefined;
  readonly #fdb = new Map<string, BridgeFdb>();

  constructor(link: Link) {
    this.link = link;
  }

  /** `PPPP.MMMMMMMMMMMM`; without an address that was given or is a port's, zeros. */
  get id(): string {
    const address = this.link.addressSet ? this.link.address : this.#idAddress;
    return `${this.options.priority.toString(16).padStart(4, '0')}.${address.replaceAll(':', '')}`;
  }
  #idAddress = ZERO_MAC;

  get carrier(): boolean {
    return this.stp ? this.stp.live : !this.portsChanged || this.ports.some((p) => p.running);
  }

  addPort(port: Link): void {
    const used = new Set(this.ports.map((p) => p.port!.number));
    let number = 1;
    while (used.has(number)) number++;
    port.port = { hairpin: false, learning: true, flood: true, isolated: false, priority: 32, cost: 2, number, vlans: new Map([[1, { pvid: true, untagged: true }]]), forced: undefined };
    port.promiscuity++;
    const carried = this.portsChanged && this.carrier;
    this.ports.push(port);
    this.portsChanged = true;
    const { events } = this.link.ns;
    port.changed();
    port.changed();
    if (this.ports.length === 1) events.tell({ kind: 'link', link: this.link, features: true });
    this.#tellFdb(this.#own(port));
    this.portsUpdated(() => this.tellPort(port));
    if (port.running) this.portUp(port);
    if (this.link.up && !carried && this.carrier) this.link.changed();
  }

  tellPort(port: Link, how: { deleted?: boolean; bare?: boolean } = {}): void {
    this.link.ns.events.tell({ kind: 'port', link: port, bridge: this.link, ...how });
  }

  #tellFdb({ mac, port, vlan, permanent, static: entered }: BridgeFdb, deleted = false): void {
    this.link.ns.events.tell({ kind: 'fdb', mac, dev: port, vlan, master: this.link, state: entered ? 'NOARP' : permanent ? 'PERMANENT' : 'REACHABLE', deleted });
  }

  /** A port has got its carrier: under STP it listens and learns first. */
  portUp(port: Link): void {
    port.port!.forced = undefined;
    if (this.stp) this.stp.portUp(port);
    else if (this.link.up) this.tellPort(port);
  }

  /** STP state of a port. */
  stateOf(port: Link): PortState {
    if (!port.running || !this.link.up) return 'disabled';
    return port.port!.forced ?? this.stp?.port(port).state ?? 'forwarding';
  }

  removePort(port: Link): void {
    const carried = this.carrier;
    port.changed();
    this.tellPort(port);
    this.ports.splice(this.ports.indexOf(port), 1);
    this.tellPort(port, { deleted: true, bare: true });
    this.stp?.portGone(port);
    port.port = undefined;
    port.promiscuity--;
    this.forgetPort(port, true);
    if (port.address !== this.link.address) this.#tellFdb(this.#own(port), true);
    port.master = undefined;
    port.changed();
    this.portsUpdated();
    if (this.link.up && carried && !this.carrier) this.link.changed();
    if (this.ports.length === 0) this.link.ns.events.tell({ kind: 'link', link: this.link, features: true });
  }

  /** Drops what was learned behind a port (all of it when the port goes). */
  forgetPort(port: Link, all = false): void {
    for (const [key, e] of this.#fdb) {
      if (e.port !== port || (e.permanent && !all)) continue;
      this.#fdb.delete(key);
      this.#tellFdb(e, true);
    }
  }

  /** The bridge takes the lowest MAC of its ports (without one: none) and the smallest MTU, unless they were set. */
  portsUpdated(told = () => {}): void {
    const { link, ports } = this;
    const address = link.addressSet ? link.address : (ports.map((p) => p.address).sort()[0] ?? ZERO_MAC);
    const mtu = link.mtuSet ? link.mtu : ports.length === 0 ? 1500 : Math.min(...ports.map((p) => p.mtu));
    if (address !== link.address && link.address !== ZERO_MAC && !ports.some((p) => p.address === link.address)) this.#tellFdb(this.#own(link), true);
    told();
    const { id } = this;
    this.#idAddress = address;
    if (address !== link.address) {
      link.address = address;
      link.changed();
    }
    if (this.id !== id) this.stp?.idChanged(id);
    if (mtu !== link.mtu) {
      link.mtu = mtu;
      link.changed();
    }
  }

  /** A frame that came in at a port. */
  receive(port: Link, frame: Frame): void {
    if (!this.link.up || !port.port) {
      port.stats.rxDropped++;
      return;
    }
    if (frame.bpdu && this.options.stp) return this.stp!.receive(port, frame.bpdu);
    const state = this.stateOf(port);
    if (this.options.vlanFiltering && !this.#ingress(frame, port.port.vlans)) return void port.stats.rxDropped++;
    if (port.port.learning && (state === 'forwarding' || state === 'learning')) this.learn(port, frame.src, frame.vlan);
    if (state !== 'forwarding') return;
    const ns = this.link.ns;
    let packet = frame.packet;
    if (packet && (ns.bridgeFilters(packet) || (this.#filters() && packet.dst <= IPV4_MAX))) {
      if (packet.fragment && ns.hooks!.defragments(packet)) {
        const whole = reassemble(ns, packet);
        if (!whole) return;
        frame.packet = packet = whole;
      }
      const before = packet.dst;
      packet.macSrc = frame.src;
      packet.macDst = frame.dst;
      if (ns.hooks!.run('PREROUTING', packet, { ns, in: this.link, physIn: port }) !== 'ACCEPT') return;
      packet.bridged = true;
      if (packet.dst !== before) {
        const route = ns.fib.input(packet, this.link);
        if (route.type === 'unicast' && route.dev === this.link && ns.forwarding(this.link)) {
          // Bridged DNAT: the new destination is on this bridge as well, so the frame goes there without being routed.
          const next = route.via ?? packet.dst, kept = headerKept(this.link, next);
          neighbourOutput(this.link, next, packet, (mac) => {
            frame.dst = mac;
            if (!kept) this.link.deliver({ ...frame, src: this.link.address }, 'outgoing');
            this.#switch(port, frame);
            return undefined;
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
    if (this.options.vlanFiltering && !this.#ingress(frame, this.vlans)) return;
    const to = this.#find(frame.dst, frame.vlan);
    if (to && !to.local) this.#output(to.port, undefined, frame);
    else if (!to) this.#flood(undefined, frame);
  }

  /** Entries that have not aged away: local ones first as they came. */
  fdb(): BridgeFdb[] {
    const now = this.link.ns.world.clock.now, ageing = this.#ageing;
    const local = this.ports.map((p) => this.#own(p));
    const learned = [...this.#fdb.values()].filter((e) => e.permanent || now - e.updated < ageing);
    return [...local, ...learned.filter((e) => !local.some((l) => l.mac === e.mac))];
  }

  /** `how`: stays and is the bridge's own address (`permanent`), stays (`static`), or ages (`dynamic`). False: it is there already. */
  setFdb(mac: Mac, port: Link, how: 'permanent' | 'static' | 'dynamic' = 'permanent', { vlan, replace = false }: { vlan?: number | undefined; replace?: boolean } = {}): boolean {
    const now = this.link.ns.world.clock.now, key = fdbKey(mac, vlan);
    if (!replace && this.#fdb.has(key)) return false;
    const entry: BridgeFdb = { mac, vlan, port, local: how === 'permanent', permanent: how !== 'dynamic', static: how === 'static', updated: now, used: now };
    this.#fdb.set(key, entry);
    this.#tellFdb(entry);
    return true;
  }

  deleteFdb(mac: Mac, vlan?: number): boolean {
    const key = fdbKey(mac, vlan), entry = this.#fdb.get(key);
    if (entry) this.#tellFdb(entry, true);
    return this.#fdb.delete(key);
  }

  /** The entry of a port's own address. */
  #own(port: Link): BridgeFdb {
    const { now } = this.link.ns.world.clock;
    return { mac: port.address, port, local: true, permanent: true, updated: now, used: now };
  }

  get #ageing(): Micros {
    return (this.stp?.topologyChange ? 2 * this.stp.forwardDelay : this.options.ageing) * (SECOND / 100);
  }

  /** Whether this bridge asks for netfilter by itself (nf_call_iptables). */
  #filters(): boolean {
    return this.options.nfCallIptables && this.link.ns.hooks !== undefined;
  }

  /** Puts a frame into the VLAN that it belongs to; false when the port does not take it. */
  #ingress(frame: Frame, vlans: ReadonlyMap<number, PortVlan>): boolean {
    frame.vlan ??= [...vlans].find(([, v]) => v.pvid)?.[0];
    return frame.vlan !== undefined && vlans.has(frame.vlan);
  }

  /** Takes the tag off where the VLAN leaves untagged; false when it does not leave there at all. */
  #egress(frame: Frame, vlans: ReadonlyMap<number, PortVlan>): boolean {
    const vlan = vlans.get(frame.vlan ?? 0);
    if (vlan?.untagged) delete frame.vlan;
    return vlan !== undefined;
  }

  #switch(port: Link, frame: Frame): void {
    const tracer = this.link.ns.tracer;
    const dst = frame.dst;
    if (dst === this.link.address) return this.#up(port, frame);
    if (isGroup(dst)) {
      this.#flood(port, frame);
      return this.#up(port, frame);
    }
    const to = this.#find(dst, frame.vlan);
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
    if (this.options.vlanFiltering && !this.#egress(frame, this.vlans)) return;
    link.stats.rxPackets++;
    link.stats.rxBytes += frameLength(frame);
    link.deliver(frame, frame.dst === BROADCAST_MAC ? 'broadcast' : isGroup(frame.dst) ? 'multicast' : 'host');
    if (frame.vlan !== undefined) {
      const { vlan, ...rest } = frame;
      return link.uppers.find((l) => l.vlan === vlan)?.receive(rest);
    }
    receiveFrame(link.ns, link, frame);
  }

  #flood(from: Link | undefined, frame: Frame): void {
    const to = this.ports.filter((p) => p.port!.flood && p.running && (p !== from || p.port!.hairpin));
    for (const port of to) this.#output(port, from, cloneFrame(frame));
  }

  #output(to: Link, from: Link | undefined, frame: Frame): void {
    if (this.stateOf(to) !== 'forwarding') return;
    if (this.options.vlanFiltering && !this.#egress(frame, to.port!.vlans)) return;
    if (from) {
      if (to === from && !from.port!.hairpin) return;
      if (from.port!.isolated && to.port!.isolated) return;
      const ns = this.link.ns;
      const packet = frame.packet;
      if (packet && (ns.bridgeFilters(packet) || (this.#filters() && packet.dst <= IPV4_MAX))) {
        const state = { ns, in: this.link, out: this.link, physIn: from, physOut: to };
        if (ns.hooks!.run('FORWARD', packet, state) !== 'ACCEPT') return;
        if (ns.hooks!.run('POSTROUTING', packet, { ns, out: this.link, physIn: from, physOut: to }) !== 'ACCEPT') return;
      }
      if (packet?.pieceMax && packet.length > packet.pieceMax) {
        // br_nf_ip_fragment: what was put together for netfilter goes on in pieces again.
        for (const piece of fragments(packet, packet.pieceMax)) to.transmit({ ...frame, packet: piece });
        return;
      }
      if (packet && !forwardable(packet, to.mtu)) {
        if (ns.tracer.on) ns.tracer.step(ns, 'drop', packet, { dev: to.name, note: `longer than the MTU ${to.mtu} of the port`, reason: 'mtu' });
        return void to.stats.txDropped++;
      }
    }
    to.transmit(frame);
  }

  /** A frame of that source came in through the port. */
  learn(port: Link, mac: Mac, vlan: number | undefined): void {
    const now = this.link.ns.world.clock.now, key = this.options.vlanFiltering ? fdbKey(mac, vlan) : mac;
    const known = this.#fdb.get(key);
    if (known) {
      if (known.permanent) return;
      const moved = known.port !== port;
      known.port = port;
      known.updated = now;
      if (moved) this.#tellFdb(known);
      return;
    }
    const entry = { mac, vlan: this.options.vlanFiltering ? vlan : undefined, port, local: false, permanent: false, updated: now, used: now };
    this.#fdb.set(key, entry);
    this.#tellFdb(entry);
  }

  #find(mac: Mac, vlan: number | undefined): BridgeFdb | undefined {
    const now = this.link.ns.world.clock.now, key = this.options.vlanFiltering ? fdbKey(mac, vlan) : mac;
    const e = this.#fdb.get(key) ?? this.#fdb.get(mac);
    if (e) {
      if (e.permanent || now - e.updated < this.#ageing) return e;
      this.#fdb.delete(key);
    }
    for (const p of this.ports) if (p.address === mac) return this.#own(p);
    return undefined;
  }
}

function fdbKey(mac: Mac, vlan: number | undefined): string {
  return vlan === undefined ? mac : `${mac} ${vlan}`;
}
