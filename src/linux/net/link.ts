import type { Micros } from '../../sim/clock.ts';
import { BROADCAST_MAC, linkLocal, type Ipv4, type Mac } from './addresses.ts';
import { Bridge, type BridgePort } from './bridge.ts';
import { receiveFrame } from './ip-input.ts';
import type { NeighbourTable } from './neighbour.ts';
import type { NetNamespace } from './namespace.ts';
import { NetlinkError } from './errors.ts';
import { cloneFrame, frameLength, type Frame } from './packet.ts';
import { vxlanTransmit, type Vxlan } from './vxlan.ts';

export type LinkKind = 'loopback' | 'dummy' | 'bridge' | 'vxlan' | 'veth';

export interface LinkStats {
  rxPackets: number;
  rxBytes: number;
  rxErrors: number;
  rxDropped: number;
  txPackets: number;
  txBytes: number;
  txErrors: number;
  txDropped: number;
  multicast: number;
}

/** An address of a link. */
export interface Address {
  dev: Link;
  ip: Ipv4;
  bits: number;
  broadcast: Ipv4 | undefined;
  scope: 'global' | 'link' | 'host';
  label: string;
  secondary: boolean;
  /** Far end of a point-to-point address. */
  peer?: Ipv4;
}

/** A frame that passed a link, as a packet socket sees it. */
export interface Capture {
  at: Micros;
  dev: Link;
  direction: 'in' | 'out';
  frame: Frame;
  /** In: whether the frame was for us, for all, or for another (promiscuous). */
  to: 'host' | 'broadcast' | 'multicast' | 'otherhost' | 'outgoing';
}

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
  /** Set while it is a port of a bridge. */
  port: BridgePort | undefined;
  neighbours: NeighbourTable | undefined;
  /** Whether the MAC was given (a bridge then keeps it when ports come and go). */
  addressSet = false;
  deleted = false;
  /** When the last frame put on this wire arrives: frames do not overtake each other. */
  #arrival: Micros = 0;

  constructor(ns: NetNamespace, { index, name, kind, mtu, address, vxlan }: { index: number; name: string; kind: LinkKind; mtu: number; address: Mac; vxlan?: Vxlan | undefined }) {
    this.ns = ns;
    this.index = index;
    this.name = name;
    this.kind = kind;
    this.mtu = mtu;
    this.address = address;
    this.vxlan = vxlan;
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
    return true;
  }

  /** operstate of `ip link`. */
  get state(): 'UP' | 'DOWN' | 'UNKNOWN' | 'LOWERLAYERDOWN' {
    if (!this.up) return 'DOWN';
    if (this.kind === 'veth') return this.carrier ? 'UP' : 'LOWERLAYERDOWN';
    if (this.bridge) return this.bridge.portsChanged ? (this.carrier ? 'UP' : 'DOWN') : 'UNKNOWN';
    return 'UNKNOWN';
  }

  /** What `ip link` prints between < and >, in its order. */
  get flags(): string[] {
    const f: string[] = [];
    if (this.up && !this.carrier) f.push('NO-CARRIER');
    if (this.kind === 'loopback') f.push('LOOPBACK');
    else f.push('BROADCAST');
    if (this.kind === 'dummy') f.push('NOARP');
    else if (this.kind !== 'loopback') f.push('MULTICAST');
    if (this.promiscuityAsked > 0) f.push('PROMISC');
    if (this.up) f.push('UP');
    if (this.running) f.push('LOWER_UP');
    if (this.kind === 'veth' && this.peer && !this.peer.up && this.peer.ns === this.ns) f.push('M-DOWN');
    return f;
  }
  /** How often promiscuous mode was asked for with `ip link set promisc`. */
  promiscuityAsked = 0;

  /** qdisc of `ip link`. */
  get qdisc(): string {
    if (this.up) this.#queued = true;
    return this.#queued ? 'noqueue' : 'noop';
  }

  /** A queueing discipline once given (when the link first went up) stays. */
  #queued = false;

  setUp(): void {
    if (this.up) return;
    this.#queued = true;
    this.up = true;
    if (this.kind === 'loopback') this.ns.loopbackUp(this);
    else this.address6 ??= linkLocal(this.address);
    this.ns.linkUp(this);
    this.peer?.ns.changed();
  }

  setDown(): void {
    if (!this.up) return;
    this.up = false;
    this.address6 = undefined;
    this.ns.linkDown(this);
    this.neighbours?.flush({ permanent: true });
    this.#noCarrier();
    this.peer?.ns.changed();
    if (this.peer) this.peer.#noCarrier();
  }

  /** What was learned about those behind the link is forgotten. */
  #noCarrier(): void {
    this.neighbours?.flush();
    const bridge = this.master?.bridge;
    bridge?.forgetPort(this);
    if (bridge && !bridge.carrier) this.master!.neighbours?.flush();
  }

  /** Throws NetlinkError EINVAL outside the device's limits. */
  setMtu(mtu: number): void {
    if (mtu > (this.kind === 'loopback' ? 2147483647 : 65535)) throw new NetlinkError('EINVAL', 'mtu greater than device maximum');
    if (mtu < (this.kind === 'loopback' ? 0 : 68)) throw new NetlinkError('EINVAL', 'mtu less than device minimum');
    this.mtu = mtu;
    this.mtuSet = true;
    this.master?.bridge?.portsUpdated();
    this.ns.changed();
  }
  mtuSet = false;

  setAddress(mac: Mac): void {
    this.address = mac.toLowerCase();
    this.addressSet = true;
    this.master?.bridge?.portsUpdated();
  }

  /** Throws NetlinkError EINVAL when the master is no bridge, EBUSY, ELOOP. */
  setMaster(master: Link | undefined): void {
    if (this.master === master) return;
    if (master && !master.bridge) throw new NetlinkError('EOPNOTSUPP', undefined);
    if (master && (this.bridge || master === this)) throw new NetlinkError('ELOOP', 'Can not enslave a bridge to a bridge');
    if (master && this.kind === 'loopback') throw new NetlinkError('EINVAL', undefined);
    this.master?.bridge?.removePort(this);
    this.master = master;
    master?.bridge?.addPort(this);
    this.ns.changed();
  }

  /** Sends a frame out of the device (dev_queue_xmit). */
  transmit(frame: Frame): void {
    if (!this.up) {
      this.stats.txDropped++;
      return;
    }
    const length = frameLength(frame);
    if (this.kind !== 'vxlan') {
      this.stats.txPackets++;
      this.stats.txBytes += length;
    }
    if (this.ns.taps.length > 0) this.#tap(frame, 'out', 'outgoing');
    const tracer = this.ns.tracer;
    if (tracer.on && frame.packet) tracer.step(this.ns, 'link-out', frame.packet, { dev: this.name });
    switch (this.kind) {
      case 'loopback':
        return this.#later(this, frame);
      case 'veth':
        if (!this.peer?.up) this.stats.txDropped++;
        else this.#later(this.peer, frame);
        return;
      case 'bridge':
        return this.bridge!.transmit(frame);
      case 'vxlan':
        return vxlanTransmit(this, frame, length);
      case 'dummy':
        return;
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
    const to = frame.dst === this.address || this.kind === 'loopback' ? 'host' : frame.dst === BROADCAST_MAC ? 'broadcast' : 'otherhost';
    if (this.ns.taps.length > 0) this.#tap(frame, 'in', to);
    const tracer = this.ns.tracer;
    if (tracer.on && frame.packet) tracer.step(this.ns, 'link-in', frame.packet, { dev: this.name });
    if (this.master?.bridge) return this.master.bridge.receive(this, frame);
    if (to !== 'otherhost') receiveFrame(this.ns, this, frame);
  }

  /** Shows a frame to the taps as received (a bridge does so for its own device). */
  deliver(frame: Frame, to: Capture['to']): void {
    if (this.ns.taps.length > 0) this.#tap(frame, 'in', to);
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

const BACKGROUND = { background: true };

/** A packet that leaves a namespace keeps nothing of what that kernel knew (skb_scrub_packet). */
function leave(frame: Frame, scrub: boolean): Frame {
  const p = frame.packet;
  if (p) {
    if (scrub) {
      p.ct = undefined;
      p.mark = 0;
      p.nfTrace = false;
    }
    p.owner = undefined;
    p.bridged = false;
  }
  return frame;
}
