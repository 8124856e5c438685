/** Tunnels of IP packets in IP packets (net/ipv4/ip_tunnel.c): ipip (RFC 2003), GRE (RFC 2784), and sit, which carries no IPv4. */
import { ZERO_MAC, type Ipv4 } from './addresses.ts';
import { sendIcmpError } from './icmp.ts';
import { ipOutput, wireLength } from './ip-output.ts';
import type { Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import { clonePacket, type Packet } from './packet.ts';

export type TunnelMode = 'ipip' | 'gre' | 'sit';

export interface Tunnel {
  mode: TunnelMode;
  /** 0: any. */
  local: Ipv4;
  remote: Ipv4;
  /** 0: that of the packet inside. */
  ttl: number;
  /** Lower device. */
  dev: Link | undefined;
  /** The device that comes with the module: takes what no other takes, and is never deleted. */
  fallback?: boolean;
}

/** Outer IP header; GRE has one of its own. */
export const TUNNEL_OVERHEAD: Record<TunnelMode, number> = { ipip: 20, sit: 20, gre: 24 };

/** Sends a packet out of a tunnel device. Where the device has no remote end, the next hop of the route is it. */
export function tunnelTransmit(link: Link, packet: Packet, nextHop: Ipv4): void {
  const tunnel = link.tunnel!;
  const remote = tunnel.remote || nextHop;
  if (tunnel.mode === 'sit' || remote === 0) return void link.stats.txErrors++;
  link.stats.txPackets++;
  link.stats.txBytes += packet.length;
  if (!encapsulate(link.ns, packet, { ...tunnel, remote }, tunnel.mode, link)) link.stats.txErrors++;
}

/** The same without a device (IPVS). */
export function ipipEncapsulate(ns: NetNamespace, packet: Packet, ends: { local: Ipv4; remote: Ipv4; ttl: number }): void {
  encapsulate(ns, packet, { ...ends, dev: undefined }, 'ipip');
}

/** A packet of a tunnel's protocol has come for this machine: to the device whose ends it names best. */
export function tunnelReceive(ns: NetNamespace, packet: Packet): void {
  const { carried } = packet;
  const mode = packet.protocol === 'gre' ? 'gre' : 'ipip';
  const candidates = (ns.tunnels ?? []).filter((l) => l.up && l.tunnel!.mode === mode && [0, packet.src].includes(l.tunnel!.remote) && [0, packet.dst].includes(l.tunnel!.local));
  const rank = ({ tunnel }: Link) => (tunnel!.remote ? 2 : 0) + (tunnel!.local ? 1 : 0);
  const link = candidates.sort((a, b) => rank(b) - rank(a))[0];
  if (!link || !carried) {
    if (ns.tracer.on) ns.tracer.step(ns, 'drop', packet, { note: 'no tunnel device takes it' });
    // Without the module nobody knows the protocol; with it, nobody has the port.
    return sendIcmpError(ns, packet, 'destination-unreachable', ns.tunnels?.some((l) => l.tunnel!.mode === mode) ? 3 : 2);
  }
  const inner: Packet = { ...clonePacket(carried), ct: undefined, bridged: false, nfTrace: false, mark: packet.mark };
  if (ns.tracer.on) ns.tracer.step(ns, 'decap', inner, { dev: link.name, note: mode });
  link.receive({ src: ZERO_MAC, dst: link.address, packet: inner });
}

/** False when it could not leave, or only through the tunnel itself. */
function encapsulate(ns: NetNamespace, inner: Packet, { local, remote, ttl, dev }: { local: Ipv4; remote: Ipv4; ttl: number; dev: Link | undefined }, mode: TunnelMode, self?: Link): boolean {
  const route = ns.fib.output(remote, { src: local, mark: inner.mark, oif: dev });
  if (route.error) {
    sendIcmpError(ns, inner, 'destination-unreachable', 1);
    return false;
  }
  if (route.dev === self) return false;
  const mtu = ns.pathMtu(remote, route) - TUNNEL_OVERHEAD[mode];
  if (inner.df && wireLength(inner) > mtu) {
    sendIcmpError(ns, inner, 'destination-unreachable', 4, { mtu });
    return false;
  }
  const outer: Packet = {
    flow: inner.flow, src: local || route.src, dst: remote, protocol: mode === 'gre' ? 'gre' : 'ipip', sport: 0, dport: 0, ttl: ttl || inner.ttl, tos: inner.tos, id: ns.nextIpId(), df: true,
    length: inner.length + TUNNEL_OVERHEAD[mode], carried: inner, mark: inner.mark, background: inner.background ?? false,
  };
  inner.ct = undefined;
  inner.nfTrace = false;
  if (ns.tracer.on) ns.tracer.step(ns, 'encap', outer, { note: mode });
  ipOutput(ns, outer, { oif: dev, quiet: true });
  return true;
}
