import type { Micros } from '../../sim/clock.ts';
import { BROADCAST_MAC, isGroup, linkLocal, type Mac } from './addresses.ts';
import { Bridge, type BridgePort } from './bridge.ts';
import { receiveFrame } from './ip-input.ts';
import { forwardable } from './ip-output.ts';
import type { Address, Capture, LinkKind, LinkParts, LinkStats } from './link-types.ts';
import type { NeighbourTable } from './neighbour.ts';
import type { NetNamespace } from './namespace.ts';
import { NetlinkError, type NetErrno } from './errors.ts';
import { cloneFrame, frameLength, type Frame } from './packet.ts';
import { macvlanReceive, macvlanTransmit, type MacvlanMode } from './macvlan.ts';
import { tunnelTransmit, type Tunnel } from './tunnel.ts';
import { vxlanTransmit, type Vxlan } from './vxlan.ts';

export type { Address, Capture, LinkKind, LinkParts, LinkStats } from './link-types.ts';

/** Devices that carry packets without a link layer: no MAC, no ARP. */
const POINT_TO_POINT: ReadonlySet<LinkKind> = new Set<LinkKind>(['ipip', 'gre', 'sit', 'tun', 'wireguard']);

/** A network device. Kinds differ in what transmitting means. */
export class Link {
  ns: NetNamespace;
  index: number;
  name: string;
  readonly kind: LinkKind;
  mtu: number;
  address: Mac;
  /** Administratively. */
  up = false;
  master: Link | undefined;
  /** Other end of a veth pair. */
  peer: Link | undefined;
  txqlen = 1000;
  promiscuity = 0;
  alias: string | undefined;
  readonly stats: LinkStats = { rxPackets: 0, rxBytes: 0, rxErrors: 0, rxDropped: 0, txPackets: 0, txBytes: 0, txErrors: 0, txDropped: 0, multicast: 0 };
  addresses: Address[] = [];
  /** fe80:: address, given when it first came up. */
  address6: string | undefined;
  /** Set for a bridge. */
  readonly bridge: Bridge | undefined;
  /** Set for a vxlan. */
  readonly vxlan: Vxlan | undefined;
  readonly lower: Link | undefined;
  /** What sits on this one. */
  uppers: Link[] = [];
  /** Id of a vlan. */
  readonly vlan: number | undefined;
  readonly macvlan: MacvlanMode | undefined;
  readonly tunnel: Tunnel | undefined;
  /** Set while it is a port of a bridge. */
  port: BridgePort | undefined;
  neighbours: NeighbourTable | undefined;
  /** Whether the MAC was given (a bridge then keeps it when ports come and go). */
  addressSet = false;
  deleted = false;
  /** When the last frame put on this wire arrives: frames do not overtake each other. */
  #arrival: Micros = 0;

  constructor(ns: NetNamespace, { index, name, kind, mtu, address, vxlan, lower, vlan, macvlan, tunnel }: { index: number; name: string; kind: LinkKind; mtu: number; address: Mac } & LinkParts) {
    this.ns = ns;
    this.index = index;
    this.name = name;
    this.kind = kind;
    this.mtu = mtu;
    this.address = address;
    this.vxlan = vxlan;
    this.lower = lower;
    this.vlan = vlan;
    this.macvlan = macvlan;
    this.tunnel = tunnel;
    lower?.uppers.push(this);
    this.multicast = !(kind === 'dummy' || kind === 'loopback' || tunnel || kind === 'wireguard');
    this.noArp = kind === 'dummy' || this.pointToPoint;
    if (kind === 'bridge') this.bridge = new Bridge(this);
  }

  /** Administratively up and with a carrier. */
  get running(): boolean {
    return this.up && this.carrier;
  }

  get carrier(): boolean {
    if (!this.up) return false;
    if (this.kind === 'veth') return this.peer !== undefined && this.peer.up;
    if (this.bridge) return this.bridge.carrier;
    if (this.lower) return this.lower.running;
    // Nobody has opened it: a program that does would be the other end.
    if (this.kind === 'tun' || this.kind === 'tap') return false;
    return true;
  }

  /** Whether it carries packets without a link layer. */
  get pointToPoint(): boolean {
    return POINT_TO_POINT.has(this.kind);
  }

  /** operstate of `ip link`. */
  get state(): 'UP' | 'DOWN' | 'UNKNOWN' | 'LOWERLAYERDOWN' {
    if (!this.up) return 'DOWN';
    if (this.kind === 'veth' || this.lower) return this.carrier ? 'UP' : this.#lowerDown ? 'LOWERLAYERDOWN' : 'DOWN';
    if (this.kind === 'tun' || this.kind === 'tap') return 'DOWN';
    if (this.bridge) return this.bridge.portsChanged ? (this.carrier ? 'UP' : 'DOWN') : 'UNKNOWN';
    return 'UNKNOWN';
  }

  /** Whether what is below is known here, by its index, and has no carrier (default_operstate in net/core/link_watch.c). */
  get #lowerDown(): boolean {
    const below = this.peer ?? this.lower;
    return below !== undefined && this.ns.links().some((l) => l.index === below.index && !l.carrier);
  }

  /** What `ip link` prints between < and >, in its order. */
  get flags(): string[] {
    const f: string[] = [];
    if (this.up && !this.carrier) f.push('NO-CARRIER');
    if (this.kind === 'loopback') f.push('LOOPBACK');
    else if (!this.pointToPoint) f.push('BROADCAST');
    else if (!this.tunnel || this.tunnel.remote !== 0) f.push('POINTOPOINT');
    if (this.multicast) f.push('MULTICAST');
    if (this.noArp) f.push('NOARP');
    if (this.allmulticast) f.push('ALLMULTI');
    if (this.promiscuityAsked > 0) f.push('PROMISC');
    if (this.up) f.push('UP');
    if (this.running) f.push('LOWER_UP');
    const below = this.lower ?? this.peer;
    if (below && !below.up && below.ns === this.ns) f.push('M-DOWN');
    return f;
  }
  multicast: boolean;
  /** Whether it asks nobody for MAC addresses. */
  noArp: boolean;
  allmulticast = false;
  group = 'default';
  /** Other names it has. */
  readonly altNames = new Set<string>();
  /** How often promiscuous mode was asked for with `ip link set promisc`. */
  promiscuityAsked = 0;

  /** qdisc of `ip link`. */
  get qdisc(): string {
    if (this.up) this.#queued = true;
    return !this.#queued ? 'noop' : this.kind === 'tun' || this.kind === 'tap' ? (this.ns.get('net.core.default_qdisc') ?? 'pfifo_fast') : 'noqueue';
  }

  /** A queueing discipline once given (when the link first went up) stays. */
  #queued = false;

  /** Moved to another namespace it has no qdisc until it is up again (dev_shutdown). */
  unqueue(): void {
    this.#queued = false;
  }

  /** Throws NetlinkError ENETDOWN above a device that is down. */
  setUp(): void {
    if (this.up) return;
    if (this.vlan !== undefined && !this.lower!.up) throw new NetlinkError('ENETDOWN');
    this.#queued = true;
    const before = this.peer?.running;
    this.up = true;
    this.ns.events.tell({ kind: 'link', link: this, lagging: this.running && this.kind === 'veth' });
    if (this.kind === 'loopback') this.ns.loopbackUp(this);
    else if (!this.pointToPoint) this.address6 ??= linkLocal(this.address);
    this.ns.linkUp(this);
    this.peer?.ns.changed();
    // VLANs go up and down with their device.
    for (const upper of this.uppers) if (upper.vlan !== undefined) upper.setUp();
    for (const upper of this.uppers) upper.ns.changed();
    this.bridge?.stp?.bridgeUp();
    for (const l of [this, this.peer]) {
      if (!l?.running) continue;
      if (l.kind === 'veth' && !before) l.changed();
      l.master?.bridge?.portUp(l);
    }
  }

  /** Tells who listens that something about it has changed. */
  changed(): void {
    this.ns.events.tell({ kind: 'link', link: this });
  }

  /** `told`: whether the other end's loss is told at once. */
  setDown(told = true): void {
    if (!this.up) return;
    for (const upper of this.uppers) if (upper.vlan !== undefined) upper.setDown();
    this.up = false;
    this.address6 = undefined;
    this.changed();
    this.bridge?.stp?.bridgeDown();
    this.ns.linkDown(this);
    this.neighbours?.flush({ permanent: true });
    this.#noCarrier();
    if (!this.peer) return;
    this.peer.ns.changed();
    if (this.peer.up && told) this.peer.changed();
    this.peer.#noCarrier();
  }

  /** What was learned about those behind the link is forgotten. */
  #noCarrier(): void {
    this.neighbours?.flush();
    const bridge = this.master?.bridge;
    bridge?.stp?.portDown(this);
    bridge?.forgetPort(this);
    if (bridge && !bridge.carrier) this.master!.neighbours?.flush();
  }

  /** Throws NetlinkError EINVAL outside the device's limits. */
  setMtu(mtu: number): void {
    if (mtu > (this.kind === 'loopback' ? 2147483647 : 65535)) throw new NetlinkError('EINVAL', 'mtu greater than device maximum');
    if (mtu < (this.kind === 'loopback' ? 0 : 68)) throw new NetlinkError('EINVAL', 'mtu less than device minimum');
    if (this.lower && mtu > this.lower.mtu) throw new NetlinkError(this.vlan === undefined ? 'EINVAL' : 'ERANGE');
    this.mtu = mtu;
    this.mtuSet = true;
    this.changed();
    for (const upper of this.uppers) if (upper.mtu > mtu) upper.mtu = mtu;
    this.master?.bridge?.portsUpdated();
    this.ns.changed();
  }
  mtuSet = false;

  setAddress(mac: Mac): void {
    const id = this.bridge?.id;
    this.address = mac.toLowerCase();
    this.addressSet = true;
    if (id !== undefined) this.bridge!.stp?.idChanged(id);
    this.changed();
    this.master?.bridge?.portsUpdated();
  }

  /** Throws NetlinkError EINVAL when the master is no bridge, EBUSY, ELOOP. */
  setMaster(master: Link | undefined): void {
    if (this.master === master) return;
    if (master && !master.bridge) throw new NetlinkError('EOPNOTSUPP', undefined);
    if (master && (this.bridge || master === this)) throw new NetlinkError('ELOOP', 'Can not enslave a bridge to a bridge');
    if (master && (this.kind === 'loopback' || this.pointToPoint)) throw new NetlinkError('EINVAL', undefined);
    this.master?.bridge?.removePort(this);
    this.master = master;
    master?.bridge!.addPort(this);
    this.ns.changed();
  }

  /** Sends a frame out of the device (dev_queue_xmit): ENOBUFS when the device says at once that it drops it. */
  transmit(frame: Frame): NetErrno | undefined {
    if (!this.up) {
      this.stats.txDropped++;
      return undefined;
    }
    const length = frameLength(frame);
    const tooLong = this.peer?.up === true && frame.packet !== undefined && !forwardable(frame.packet, this.peer.mtu);
    if (tooLong) this.stats.txDropped++;
    else if (this.kind !== 'vxlan' && !this.pointToPoint && this.kind !== 'tap') {
      this.stats.txPackets++;
      this.stats.txBytes += length;
    }
    if (this.ns.taps.length > 0) this.#tap(frame, 'out', 'outgoing');
    const tracer = this.ns.tracer;
    if (tracer.on && frame.packet) tracer.step(this.ns, 'link-out', frame.packet, { dev: this.name });
    if (tooLong) {
      if (tracer.on && frame.packet) tracer.step(this.ns, 'drop', frame.packet, { dev: this.name, note: `longer than the other end's MTU ${this.peer!.mtu}`, reason: 'link' });
      return 'ENOBUFS';
    }
    switch (this.kind) {
      case 'loopback':
        this.#later(this, frame);
        return undefined;
      case 'veth':
        if (!this.peer?.up) {
          this.stats.txDropped++;
          if (tracer.on && frame.packet) tracer.step(this.ns, 'drop', frame.packet, { dev: this.name, note: 'the other end is down', reason: 'link' });
          return undefined;
        }
        this.#later(this.peer, frame);
        return undefined;
      case 'bridge':
        this.bridge!.transmit(frame);
        return undefined;
      case 'vxlan':
        this.#nested(() => vxlanTransmit(this, frame, length));
        return undefined;
      case 'vlan':
        return this.lower!.transmit({ ...frame, vlan: this.vlan! });
      case 'macvlan':
        macvlanTransmit(this, frame);
        return undefined;
      case 'ipip':
      case 'gre':
      case 'sit':
        this.#nested(() => frame.packet && tunnelTransmit(this, frame.packet, frame.nextHop ?? 0));
        return undefined;
      case 'tun':
      case 'tap':
        this.stats.txDropped++;
        return undefined;
      case 'wireguard':
        // No peer of it has this address among those it is allowed.
        this.stats.txErrors++;
        return undefined;
      case 'dummy':
        return undefined;
    }
  }

  /** Tunnels in tunnels: what would never end is dropped ("Dead loop on virtual device"). */
  #nested(send: () => void): void {
    const { shared } = this.ns;
    if (shared.transmitting >= XMIT_RECURSION_LIMIT) {
      this.stats.txDropped++;
      return;
    }
    shared.transmitting++;
    try {
      send();
    } finally {
      shared.transmitting--;
    }
  }

  /** A frame has arrived at the device (netif_receive_skb). */
  receive(frame: Frame): void {
    if (!this.up || this.deleted) {
      this.stats.rxDropped++;
      return;
    }
    this.stats.rxPackets++;
    this.stats.rxBytes += frameLength(frame);
    const to = frame.dst === this.address || this.kind === 'loopback' ? 'host' : frame.dst === BROADCAST_MAC ? 'broadcast' : isGroup(frame.dst) ? 'multicast' : 'otherhost';
    if (this.ns.taps.length > 0) this.#tap(frame, 'in', to);
    const tracer = this.ns.tracer;
    if (tracer.on && frame.packet) tracer.step(this.ns, 'link-in', frame.packet, { dev: this.name });
    if (frame.vlan !== undefined) {
      const vlan = this.uppers.find((l) => l.vlan === frame.vlan);
      if (vlan) return vlan.receive(untagged(frame));
      if (!this.master) return;
    }
    if (this.uppers.length > 0 && macvlanReceive(this, frame)) return;
    if (this.master?.bridge) return this.master.bridge.receive(this, frame);
    if (to !== 'otherhost') receiveFrame(this.ns, this, frame);
  }

  /** Shows a frame to the taps as received, or as outgoing (a bridge does so for its own device). */
  deliver(frame: Frame, to: Capture['to']): void {
    if (this.ns.taps.length > 0) this.#tap(frame, to === 'outgoing' ? 'out' : 'in', to);
  }

  #later(to: Link, frame: Frame): void {
    const { clock } = this.ns.world;
    const at = Math.max(clock.now + this.ns.shared.delay(this, to), this.#arrival);
    this.#arrival = at;
    clock.after(at - clock.now, () => to.receive(leave(frame, to !== this)), frame.background ? BACKGROUND : undefined);
  }

  #tap(frame: Frame, direction: 'in' | 'out', to: Capture['to']): void {
    for (const tap of this.ns.taps) {
      if (tap.dev !== undefined && tap.dev !== this) continue;
      tap.onPacket({ at: this.ns.world.clock.now, dev: this, direction, frame: cloneFrame(frame), to });
    }
  }
}

/** net/core/dev.h */
const XMIT_RECURSION_LIMIT = 8;
const BACKGROUND = { background: true };

function untagged({ vlan: _, ...frame }: Frame): Frame {
  return frame;
}

/** A packet that leaves a namespace keeps nothing of what that kernel knew (skb_scrub_packet). */
function leave(frame: Frame, scrub: boolean): Frame {
  const p = frame.packet;
  if (p) {
    if (scrub) {
      p.ct = undefined;
      p.mark = 0;
      p.nfTrace = false;
      p.ignoreDf = false;
      p.pieceMax = 0;
    }
    p.owner = undefined;
    p.bridged = false;
    if (scrub) p.ipvs = false;
  }
  return frame;
}
