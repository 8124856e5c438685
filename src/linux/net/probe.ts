/** A single datagram or SYN with a chosen TTL, as traceroute sends them (IP_TTL on a socket of its own). */
import type { Process } from '../process.ts';
import { SocketError } from './errors.ts';
import type { Link } from './link.ts';
import { ipOutput } from './ip-output.ts';
import { ipHeader, SYN, type Packet } from './packet.ts';
import { socketAddress } from './sockets.ts';

export interface Probe {
  ip: string;
  port: number;
  ttl: number;
  /** Bytes behind the header of UDP. */
  size: number;
  /** A SYN instead of a datagram. */
  tcp?: boolean;
  src?: string | undefined;
  sport?: number | undefined;
  oif?: Link | undefined;
  tos?: number;
  df?: boolean;
}

/** Sends it and says from which port. Throws SocketError when it cannot be sent. */
export function sendProbe(process: Process, { ip, port, ttl, size, tcp = false, src, sport, oif, tos = 0, df = false }: Probe): number {
  const ns = process.net;
  const dst = socketAddress(ip);
  const route = ns.fib.output(dst, { src: src === undefined ? 0 : socketAddress(src), oif });
  if (route.error) throw new SocketError(route.error);
  const packet: Packet = {
    flow: ns.tracer.nextFlow(), src: route.src, dst, protocol: tcp ? 'tcp' : 'udp', sport: sport ?? ns.sockets.ephemeralUdp(), dport: port, ttl, tos, id: ns.nextIpId(), df, mark: 0,
    ...(tcp ? { length: ipHeader(dst) + 40, tcp: { seq: ns.shared.numbers.uint32(), ack: 0, flags: SYN, win: 5840, mss: 1460, sackOk: true, ts: [ns.shared.numbers.uint32(), 0] as const, wscale: 2, payload: '' } } : { length: ipHeader(dst) + 8 + size, data: '@'.repeat(size) }),
    owner: { uid: process.uid, gid: process.gid, process },
  };
  if (ns.tracer.on) ns.tracer.step(ns, 'socket-send', packet, { note: process.comm });
  const error = ipOutput(ns, packet);
  if (error) throw new SocketError(error);
  return packet.sport;
}
