/** VXLAN (drivers/net/vxlan): frames in UDP datagrams, to where the forwarding database says. */
import { SECOND, type Micros } from '../../sim/clock.ts';
import { isMulticast, ZERO_MAC, type Ipv4, type Mac } from './addresses.ts';
import { ipOutput } from './ip-output.ts';
import type { Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import { cloneFrame, clonePacket, frameLength, type Frame, type Packet } from './packet.ts';

export interface Vxlan {
  vni: number;
  /** UDP destination port. */
  port: number;
  local: Ipv4 | undefined;
  /** Lower device. */
  dev: Link | undefined;
  remote: Ipv4 | undefined;
  learning: boolean;
  ttl: number;
  fdb: Map<Mac, VxlanFdb>;
}

export interface VxlanFdb {
  mac: Mac;
  /** Remote endpoints; several only for the all-zero entry. */
  dst: Ipv4[];
  permanent: boolean;
  updated: Micros;
  used: Micros;
}

const AGEING = 300 * SECOND;
/** Outer IP + UDP + VXLAN + inner Ethernet headers. */
export const VXLAN_OVERHEAD = 50;

export function vxlanTransmit(link: Link, frame: Frame, length: number): void {
  const vxlan = link.vxlan!;
  const now = link.ns.world.clock.now;
  const known = vxlan.fdb.get(frame.dst);
  const entry = known && (known.permanent || now - known.updated < AGEING) ? known : vxlan.fdb.get(ZERO_MAC);
  if (!entry || entry.dst.length === 0) {
    link.stats.txDropped++;
    return;
  }
  entry.used = now;
  link.stats.txPackets++;
  link.stats.txBytes += length;
  // The device below decides only for the remote that the link was made with (rdst->remote_ifindex).
  const oif = (dst: Ipv4) => (entry.mac === ZERO_MAC && dst === vxlan.remote ? vxlan.dev : undefined);
  entry.dst.forEach((dst, i) => encapsulate(link, vxlan, i === entry.dst.length - 1 ? frame : cloneFrame(frame), dst, oif(dst)));
}

/** A datagram to a local VXLAN port; false when no device has that VNI and port. */
export function vxlanReceive(ns: NetNamespace, packet: Packet): boolean {
  if (!ns.vxlans) return false;
  const frame = packet.data as Frame;
  for (const link of ns.vxlans) {
    const vxlan = link.vxlan!;
    if (vxlan.port !== packet.dport) continue;
    if (vxlan.vni !== frame.vni || !link.up) continue;
    if (frame.src === link.address) return true;
    if (vxlan.learning && !vxlan.fdb.get(frame.src)?.permanent) {
      const now = ns.world.clock.now;
      vxlan.fdb.set(frame.src, { mac: frame.src, dst: [packet.src], permanent: false, updated: now, used: now });
    }
    const inner: Frame = frame.packet ? { ...frame, packet: { ...clonePacket(frame.packet), ct: undefined, bridged: false, nfTrace: false, mark: packet.mark } } : { ...frame };
    if (ns.tracer.on && inner.packet) ns.tracer.step(ns, 'decap', inner.packet, { dev: link.name, note: `VNI ${vxlan.vni}` });
    link.receive(inner);
    return true;
  }
  return false;
}

function encapsulate(link: Link, vxlan: Vxlan, frame: Frame, dst: Ipv4, oif: Link | undefined): void {
  const ns = link.ns;
  const inner = frame.packet;
  const mark = inner?.mark ?? 0, src = vxlan.local ?? 0;
  const route = ns.fib.output(dst, { src, mark, oif });
  // No way there, or only through itself ("circular route", udp_tunnel_dst_lookup).
  if (route.error || route.dev === link) {
    link.stats.txErrors++;
    if (ns.tracer.on && inner) ns.tracer.step(ns, 'drop', inner, { dev: link.name, note: route.error ?? 'circular route', reason: 'route' });
    return;
  }
  frame.vni = vxlan.vni;
  const outer: Packet = {
    flow: inner?.flow ?? ns.tracer.nextFlow(),
    src, dst, protocol: 'udp', sport: sourcePort(frame), dport: vxlan.port, ttl: isMulticast(dst) ? 1 : 64, tos: 0, id: ns.nextIpId(), df: false,
    length: frameLength(frame) + 36, data: frame, mark, background: frame.background ?? false,
  };
  if (inner) {
    inner.ct = undefined;
    inner.nfTrace = false;
    if (ns.tracer.on) ns.tracer.step(ns, 'encap', outer, { dev: link.name, note: `VNI ${vxlan.vni}` });
  }
  ipOutput(ns, outer, { oif, route, quiet: true });
}

/** Every flow has its own source port (udp_flow_src_port): by the hash that its socket chose, else by one of the inner addresses and, but in fragments, ports, alike in both directions. */
function sourcePort(frame: Frame): number {
  const p = frame.packet;
  let h: number;
  if (p?.hash !== undefined) h = mix(p.hash, 0);
  else if (p) h = mix(mix(Math.min(p.src, p.dst), Math.max(p.src, p.dst)), p.icmp || p.fragment ? 0 : mix(Math.min(p.sport, p.dport), Math.max(p.sport, p.dport)));
  else if (frame.arp) h = mix(frame.arp.senderIp, frame.arp.targetIp);
  else h = 0;
  return 32768 + (h % (61000 - 32768));
}

function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h ^= h >>> 15;
  h = Math.imul(h, 0x27d4eb2d);
  return (h ^ (h >>> 13)) >>> 0;
}
