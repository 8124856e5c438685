/** A single UDP datagram with a chosen TTL, as traceroute sends them (IP_TTL on a socket of its own). */
import type { Process } from '../process.ts';
import { SocketError } from './errors.ts';
import { ipOutput } from './ip-output.ts';
import { ipHeader, type Packet } from './packet.ts';
import { socketAddress } from './sockets.ts';

/** Throws SocketError when it cannot be sent. */
export function sendProbe(process: Process, { ip, port, ttl, size }: { ip: string; port: number; ttl: number; size: number }): void {
  const ns = process.net;
  const dst = socketAddress(ip);
  const route = ns.fib.output(dst);
  if (route.error) throw new SocketError(route.error);
  const packet: Packet = {
    flow: ns.tracer.nextFlow(), src: route.src, dst, protocol: 'udp', sport: ns.sockets.ephemeralUdp(), dport: port, ttl, tos: 0, id: ns.nextIpId(), df: false, length: ipHeader(dst) + 8 + size, data: '@'.repeat(size), mark: 0,
    owner: { uid: process.uid, gid: process.gid, process },
  };
  if (ns.tracer.on) ns.tracer.step(ns, 'socket-send', packet, { note: process.comm });
  const error = ipOutput(ns, packet);
  if (error) throw new SocketError(error);
}
