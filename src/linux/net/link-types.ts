/** What is said of a network device: its kind and what that adds, its counters, its addresses, the frames that pass it. */
import type { Micros } from '../../sim/clock.ts';
import type { Ipv4 } from './addresses.ts';
import type { Link } from './link.ts';
import type { MacvlanMode } from './macvlan.ts';
import type { Frame } from './packet.ts';
import type { Tunnel, TunnelMode } from './tunnel.ts';
import type { Vxlan } from './vxlan.ts';

export type LinkKind = 'loopback' | 'dummy' | 'bridge' | 'vxlan' | 'veth' | 'vlan' | 'macvlan' | TunnelMode | 'tun' | 'tap' | 'wireguard';
/** What kinds add to a link. */
export interface LinkParts {
  vxlan?: Vxlan | undefined;
  /** The device it sits on: of vlan and macvlan. */
  lower?: Link | undefined;
  /** VLAN id. */
  vlan?: number | undefined;
  macvlan?: MacvlanMode | undefined;
  tunnel?: Tunnel | undefined;
}

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
  peer?: Ipv4 | undefined;
  /** When it goes, and until when it is used for what is new; without: for ever. */
  validUntil?: Micros | undefined;
  preferredUntil?: Micros | undefined;
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
