/** UDP sockets. */
import type { Process } from '../process.ts';
import { IPV4_MAX, type Ip } from './addresses.ts';
import { LOOPBACK6 } from './addresses6.ts';
import { fromBytes, toBytes } from './bytes.ts';
import { dnsLength, type DnsMessage } from './dns-message.ts';
import { SocketError, type NetErrno } from './errors.ts';
import { sendIcmpError } from './icmp.ts';
import { ipOutput } from './ip-output.ts';
import type { Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import { ipHeader, type Packet } from './packet.ts';
import { ANY, endpoint, socketAddress, zoneOf, type Endpoint, type SocketInfo } from './sockets.ts';
import { vxlanReceive } from './vxlan.ts';

export type Datagram = string | DnsMessage;

export interface UdpOptions {
  ip?: string;
  /** 0 or nothing: any. */
  port?: number;
  /** Housekeeping: its packets do not keep the world from being settled. */
  background?: boolean;
  /** Nothing is fragmented (IP_PMTUDISC_DO): what does not fit is refused. */
  dontFragment?: boolean;
  /** SO_BROADCAST */
  broadcast?: boolean;
}

/** Opens a socket in the process's namespace. Throws SocketError EADDRINUSE, EADDRNOTAVAIL, EACCES. */
export function udpOpen(process: Process, options: UdpOptions = {}): UdpSocket {
  return new UdpSocket(process.net, process, options);
}

export class UdpSocket {
  readonly ns: NetNamespace;
  readonly process: Process;
  /** Where it is bound; of a connected socket the address that it sends from. */
  ip: Ip;
  readonly port: number;
  family: 4 | 6;
  readonly inode: number;
  readonly fd: number;
  /** Set when connected: only that peer is heard. */
  remoteIp: Ip = 0;
  remotePort = 0;
  /** Text messages arrive as text, DNS messages as objects. */
  onMessage: ((data: Datagram, from: Endpoint, to: Endpoint) => void) | undefined;
  /** An ICMP error came back: only a connected socket is told. */
  onError: ((errno: NetErrno) => void) | undefined;
  /** Of what it sends (traceroute). */
  ttl = 64;
  readonly #options: UdpOptions;
  #unhook: (() => void) | undefined;
  #hash: number | undefined;
  /** Device of a link-local peer. */
  #zone: string | undefined;
  #closed = false;
  #waiting: [Datagram, Endpoint, Endpoint][] = [];
  /** SO_ERROR: an error that nobody has been told yet. */
  #error: NetErrno | undefined;

  constructor(ns: NetNamespace, process: Process, options: UdpOptions) {
    const { ip: address, port = 0 } = options, ip = socketAddress(address);
    this.ns = ns;
    this.process = process;
    this.ip = ip;
    this.family = address?.includes(':') ? 6 : 4;
    this.#options = options;
    ns.sockets.checkBind(ip, port, process);
    this.port = port || ns.sockets.ephemeralUdp();
    this.inode = ns.shared.nextInode();
    this.fd = ns.shared.nextFd(process);
    ns.sockets.addUdp(this);
    this.#unhook = process.onExit(() => this.close());
  }

  get local(): Endpoint {
    return endpoint(this.ip, this.port);
  }

  /** Throws SocketError ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL: there is no way there. */
  connect(to: Endpoint): void {
    const dst = socketAddress(to.ip), peer = dst === ANY ? loopback(to) : dst;
    this.#zone = zoneOf(to.ip);
    if (peer > IPV4_MAX) this.family = 6;
    const route = this.ns.fib.output(peer, { src: this.ip, oif: this.#oif(this.#zone) });
    if (route.error) throw new SocketError(route.error);
    if (route.type === 'broadcast' && !this.#options.broadcast) throw new SocketError('EACCES');
    if (this.ip === ANY) this.ip = route.src;
    this.remoteIp = peer;
    this.#hash = this.ns.shared.hashes.uint32();
    this.remotePort = to.port;
  }

  /** Throws SocketError ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, EPERM (dropped in OUTPUT), EMSGSIZE. */
  send(to: Endpoint, data: Datagram): void {
    const ns = this.ns, told = this.#error;
    this.#error = undefined;
    if (told) throw new SocketError(told);
    const bytes = typeof data === 'string' ? toBytes(data) : data;
    const size = typeof bytes === 'string' ? bytes.length : dnsLength(bytes);
    if (size > 65507) throw new SocketError('EMSGSIZE');
    const packet: Packet = {
      flow: ns.tracer.nextFlow(), src: this.ip, dst: socketAddress(to.ip), protocol: 'udp', sport: this.port, dport: to.port, ttl: this.ttl, tos: 0, id: ns.nextIpId(), df: false,
      length: 8 + size, data: bytes, mark: 0, ...(this.#hash === undefined ? {} : { hash: this.#hash }), owner: { uid: this.process.uid, gid: this.process.gid, process: this.process }, background: this.#options.background ?? false,
    };
    if (packet.dst === ANY) packet.dst = loopback(to);
    packet.length += ipHeader(packet.dst);
    const oif = this.#oif(zoneOf(to.ip) ?? this.#zone);
    const route = ns.fib.output(packet.dst, { src: packet.src, oif });
    if (route.error) throw new SocketError(route.error);
    if (route.type === 'broadcast' && !this.#options.broadcast) throw new SocketError('EACCES');
    if (packet.src === 0) packet.src = route.src;
    if (!this.#options.dontFragment) packet.ignoreDf = true;
    packet.df = this.#options.dontFragment ?? packet.length <= ns.pathMtu(packet.dst, route);
    // What goes in pieces is summed up in software.
    if (packet.length <= route.mtu) packet.offloaded = true;
    if (ns.tracer.on) ns.tracer.step(ns, 'socket-send', packet, { note: this.process.comm });
    const error = ipOutput(ns, packet, { oif });
    // A full queue is nothing to an UDP socket without IP_RECVERR (udp_send_skb).
    if (error && error !== 'ENOBUFS') throw new SocketError(error);
  }

  /** The next datagram; waits for it. With `timeout` (microseconds): undefined when none came. Throws SocketError for an ICMP error. */
  receive(process: Process, timeout?: number): Promise<{ data: Datagram; from: Endpoint } | undefined> {
    return process.wait((resume, fail) => {
      const timer = timeout === undefined ? undefined : process.world.clock.after(timeout, () => done(() => resume(undefined)), { background: true });
      const done = (act: () => void) => {
        timer?.cancel();
        this.onMessage = this.onError = undefined;
        act();
      };
      this.onError = (errno) => done(() => fail(new SocketError(errno)));
      const first = this.#waiting.shift(), told = this.#error;
      this.#error = undefined;
      if (told) done(() => fail(new SocketError(told)));
      else if (first) done(() => resume({ data: first[0], from: first[1] }));
      else this.onMessage = (data, from) => done(() => resume({ data, from }));
      return () => timer?.cancel();
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.ns.sockets.removeUdp(this);
    this.#unhook?.();
  }

  deliver(data: Datagram, from: Endpoint, to: Endpoint): void {
    if (this.onMessage) this.onMessage(data, from, to);
    else if (this.#waiting.length < 256) this.#waiting.push([data, from, to]);
  }

  #oif(zone: string | undefined): Link | undefined {
    return zone === undefined ? undefined : this.ns.link(zone);
  }

  /** An ICMP error came back: whoever waits is told, else the next one to send or receive. */
  error(errno: NetErrno): void {
    if (this.onError) this.onError(errno);
    else this.#error = errno;
  }

  info(): SocketInfo {
    const connected = this.remoteIp !== 0;
    return {
      proto: 'udp', family: this.family, state: connected ? 'ESTABLISHED' : 'UNCONN', local: this.local, remote: endpoint(this.remoteIp, this.remotePort), recvQ: 0, sendQ: 0,
      process: this.process, uid: this.process.uid, inode: this.inode, fd: this.fd, socket: this,
    };
  }
}

/** Where a packet to no address goes. */
function loopback({ ip }: Endpoint): Ip {
  return ip.includes(':') ? LOOPBACK6 : 0x7f000001;
}

export function udpReceive(ns: NetNamespace, packet: Packet, _link: Link, unicast: boolean): void {
  if (typeof packet.data === 'object' && !('kind' in packet.data)) {
    if (vxlanReceive(ns, packet)) return;
  } else {
    const socket = ns.sockets.findUdp(packet.dst, packet.dport, packet.src, packet.sport);
    if (socket) {
      if (ns.tracer.on) ns.tracer.step(ns, 'socket-receive', packet, { note: socket.process.comm });
      return socket.deliver(typeof packet.data === 'object' ? packet.data : fromBytes(packet.data ?? ''), endpoint(packet.src, packet.sport), endpoint(packet.dst, packet.dport));
    }
  }
  // A VXLAN device has the port, and drops what is no frame.
  if (ns.vxlans?.some((l) => l.up && l.vxlan!.port === packet.dport)) return;
  if (ns.tracer.on) ns.tracer.step(ns, 'drop', packet, { note: 'nobody listens on the port', reason: 'socket' });
  if (!unicast) return;
  // __udp4_lib_rcv lets go of the connection first: the error is not taken for part of it (nf_reset_ct).
  packet.ct = undefined;
  sendIcmpError(ns, packet, 'destination-unreachable', 3);
}
