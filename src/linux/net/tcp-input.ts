import { isLinkLocal6 } from './addresses6.ts';
import { ipOutput } from './ip-output.ts';
import type { Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import { ACK, FIN, ipHeader, RST, SYN, type Packet } from './packet.ts';

/** A segment for this machine: to its connection, to a listener, or answered with a reset (tcp_v4_rcv). */
export function tcpReceive(ns: NetNamespace, packet: Packet, link: Link): void {
  const tcp = packet.tcp!;
  const { sockets, tracer } = ns;
  const socket = sockets.findTcp(packet.dst, packet.dport, packet.src, packet.sport);
  if (socket) {
    const opening = (tcp.flags & (SYN | ACK | RST)) === SYN;
    if (!(opening && socket.state === 'TIME_WAIT')) {
      if (tracer.on) tracer.step(ns, 'socket-receive', packet, { note: socket.process?.comm });
      return socket.receiveSegment(packet);
    }
    socket.vanish();
  }
  if ((tcp.flags & (SYN | ACK | RST)) === SYN) {
    const listener = sockets.findListener(packet.dst, packet.dport);
    if (listener) {
      if (tracer.on) tracer.step(ns, 'socket-receive', packet, { note: listener.process.comm });
      return listener.syn(packet, link);
    }
  }
  if (tcp.flags & RST) return;
  if (tracer.on) tracer.step(ns, 'drop', packet, { note: 'nobody listens on the port: reset', reason: 'socket' });
  const length = tcp.payload.length + (tcp.flags & SYN ? 1 : 0) + (tcp.flags & FIN ? 1 : 0);
  const answer = tcp.flags & ACK ? { seq: tcp.ack, ack: 0, flags: RST, win: 0, payload: '' } : { seq: 0, ack: (tcp.seq + length) >>> 0, flags: RST | ACK, win: 0, payload: '' };
  ipOutput(ns, {
    flow: tracer.nextFlow(), src: packet.dst, dst: packet.src, protocol: 'tcp', sport: packet.dport, dport: packet.sport, ttl: 64, tos: 0, id: 0, df: true, length: ipHeader(packet.dst) + 20, tcp: answer, mark: 0,
    background: packet.background ?? false,
  }, { quiet: true, oif: isLinkLocal6(packet.src) ? link : undefined });
}
