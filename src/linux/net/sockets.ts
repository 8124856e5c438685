/** The sockets of a namespace: who is found for a packet, which ports are free, what ss lists. */
import type { Process } from '../process.ts';
import { formatIpv4, parseIpv4, type Ipv4 } from './addresses.ts';
import { SocketError } from './errors.ts';
import type { NetNamespace } from './namespace.ts';
import type { TcpListener } from './tcp-listener.ts';
import type { TcpSocket, TcpState } from './tcp-socket.ts';
import type { UdpSocket } from './udp.ts';

export interface Endpoint {
  /** Dotted. */
  ip: string;
  port: number;
}

/** Whose socket it is, for -m owner. */
export interface SocketOwner {
  uid: number;
  gid: number;
  process: Process | undefined;
}

/** A socket as ss, netstat and /proc/net show it. */
export interface SocketInfo {
  proto: 'tcp' | 'udp' | 'icmp';
  /** 6: an IPv6 socket (listening on ::) that takes IPv4 too. */
  family: 4 | 6;
  /** TCP's; 'LISTEN', 'UNCONN' or 'ESTABLISHED' for the others. */
  state: TcpState | 'UNCONN';
  local: Endpoint;
  /** 0.0.0.0:0 when there is none. */
  remote: Endpoint;
  /** Bytes not read yet; of a listener: connections not accepted yet. */
  recvQ: number;
  /** Bytes not acknowledged yet; of a listener: its backlog. */
  sendQ: number;
  /** Nobody's any more in TIME_WAIT and the like. */
  process: Process | undefined;
  uid: number;
  /** 0 when no process has it any more. */
  inode: number;
  /** As ss -o: name, milliseconds left, retransmissions. */
  timer?: { name: 'on' | 'keepalive' | 'timewait' | 'persist'; left: number; retries: number } | undefined;
  /** fd number that the process would have. */
  fd: number;
  socket: TcpSocket | TcpListener | UdpSocket | undefined;
}

export const ANY: Ipv4 = 0;

export class SocketTable {
  readonly ns: NetNamespace;
  readonly listeners = new Map<number, TcpListener[]>();
  readonly tcp = new Map<number, TcpSocket[]>();
  readonly udp = new Map<number, UdpSocket[]>();
  readonly #tcpPorts = new Map<number, number>();
  #sweepAt = 0;

  constructor(ns: NetNamespace) {
    this.ns = ns;
  }

  /** The connection that a segment belongs to. */
  findTcp(localIp: Ipv4, localPort: number, remoteIp: Ipv4, remotePort: number): TcpSocket | undefined {
    const found = this.tcp.get(localPort * 65536 + remotePort);
    if (found) for (const s of found) if (s.localIp === localIp && s.remoteIp === remoteIp) return this.#expired(s) ? undefined : s;
    return undefined;
  }

  addTcp(s: TcpSocket): void {
    const key = s.localPort * 65536 + s.remotePort;
    const list = this.tcp.get(key);
    if (list) list.push(s);
    else this.tcp.set(key, [s]);
    this.#tcpPorts.set(s.localPort, (this.#tcpPorts.get(s.localPort) ?? 0) + 1);
    if (this.ns.world.clock.now > this.#sweepAt) this.#sweep();
  }

  removeTcp(s: TcpSocket): void {
    const key = s.localPort * 65536 + s.remotePort;
    const list = this.tcp.get(key);
    const at = list?.indexOf(s) ?? -1;
    if (at < 0) return;
    if (list!.length === 1) this.tcp.delete(key);
    else list!.splice(at, 1);
    const uses = this.#tcpPorts.get(s.localPort)! - 1;
    if (uses === 0) this.#tcpPorts.delete(s.localPort);
    else this.#tcpPorts.set(s.localPort, uses);
  }

  findListener(ip: Ipv4, port: number): TcpListener | undefined {
    const list = this.listeners.get(port);
    return list?.find((l) => l.ip === ip) ?? list?.find((l) => l.ip === ANY);
  }

  /** Throws SocketError EADDRINUSE, EADDRNOTAVAIL, EACCES. */
  addListener(l: TcpListener): void {
    this.checkBind(l.ip, l.port, l.process);
    const list = this.listeners.get(l.port) ?? [];
    if (list.some((o) => o.ip === l.ip || o.ip === ANY || l.ip === ANY)) throw new SocketError('EADDRINUSE');
    this.listeners.set(l.port, [...list, l]);
  }

  removeListener(l: TcpListener): void {
    const list = (this.listeners.get(l.port) ?? []).filter((o) => o !== l);
    if (list.length === 0) this.listeners.delete(l.port);
    else this.listeners.set(l.port, list);
  }

  findUdp(ip: Ipv4, port: number, from: Ipv4, fromPort: number): UdpSocket | undefined {
    const list = this.udp.get(port);
    if (!list) return undefined;
    return list.find((s) => s.remoteIp === from && s.remotePort === fromPort && (s.ip === ip || s.ip === ANY)) ?? list.find((s) => s.remoteIp === 0 && s.ip === ip) ?? list.find((s) => s.remoteIp === 0 && s.ip === ANY);
  }

  addUdp(s: UdpSocket): void {
    const list = this.udp.get(s.port) ?? [];
    if (list.some((o) => o.ip === s.ip || o.ip === ANY || s.ip === ANY)) throw new SocketError('EADDRINUSE');
    this.udp.set(s.port, [...list, s]);
  }

  removeUdp(s: UdpSocket): void {
    const list = (this.udp.get(s.port) ?? []).filter((o) => o !== s);
    if (list.length === 0) this.udp.delete(s.port);
    else this.udp.set(s.port, list);
  }

  /** A free ephemeral port for a connection to there. Throws SocketError EADDRNOTAVAIL. */
  ephemeralTcp(localIp: Ipv4, remoteIp: Ipv4, remotePort: number): number {
    return this.#ephemeral((port) => !this.listeners.has(port) && (!this.#tcpPorts.has(port) || !this.findTcp(localIp, port, remoteIp, remotePort)));
  }
  ephemeralUdp(): number {
    return this.#ephemeral((port) => !this.udp.has(port));
  }

  /** Throws SocketError EADDRNOTAVAIL (no such address here), EACCES (privileged port). */
  checkBind(ip: Ipv4, port: number, process: Process | undefined): void {
    if (ip !== ANY && this.ns.fib.addressType(ip) !== 'LOCAL' && this.ns.get('net.ipv4.ip_nonlocal_bind') !== '1') throw new SocketError('EADDRNOTAVAIL');
    if (port > 0 && port < Number(this.ns.get('net.ipv4.ip_unprivileged_port_start')) && process && !process.can('NET_BIND_SERVICE')) throw new SocketError('EACCES');
  }

  /** Everything, as `ss -a` would find it: UDP, listeners, connections. */
  list(): SocketInfo[] {
    const out: SocketInfo[] = [];
    for (const port of new Set((this.ns.vxlans ?? []).filter((l) => l.up).map((l) => l.vxlan!.port))) {
      const any = endpoint(ANY, port);
      out.push({ proto: 'udp', family: 4, state: 'UNCONN', local: any, remote: endpoint(ANY, 0), recvQ: 0, sendQ: 0, process: undefined, uid: 0, inode: 0, fd: 0, socket: undefined });
    }
    for (const list of this.udp.values()) for (const s of list) out.push(s.info());
    for (const list of this.listeners.values()) for (const l of list) out.push(l.info());
    for (const list of [...this.tcp.values()]) for (const s of [...list]) if (!this.#expired(s)) out.push(s.info());
    return out;
  }

  /** Connections, without those that are over. */
  connections(): TcpSocket[] {
    return [...this.tcp.values()].flat().filter((s) => !this.#expired(s));
  }

  /** The namespace goes away: nobody is told over the wire. */
  destroy(): void {
    for (const list of [...this.listeners.values()]) for (const l of [...list]) l.close();
    for (const list of [...this.udp.values()]) for (const s of [...list]) s.close();
    for (const list of [...this.tcp.values()]) for (const s of [...list]) s.vanish();
  }

  #ephemeral(free: (port: number) => boolean): number {
    const [low, high] = this.ns.get('net.ipv4.ip_local_port_range')!.split(/\s+/).map(Number) as [number, number];
    const size = high - low + 1;
    const first = this.ns.shared.ports.int(size);
    for (let i = 0; i < size; i++) {
      const port = low + ((first + i) % size);
      if (free(port)) return port;
    }
    throw new SocketError('EADDRNOTAVAIL');
  }

  #expired(s: TcpSocket): boolean {
    if (s.expires === 0 || s.expires > this.ns.world.clock.now) return false;
    s.vanish();
    return true;
  }

  /** Forgets connections whose TIME_WAIT is over, now and then: nothing waits for each of them. */
  #sweep(): void {
    this.#sweepAt = this.ns.world.clock.now + 10_000_000;
    for (const list of [...this.tcp.values()]) for (const s of [...list]) this.#expired(s);
  }
}

export function endpoint(ip: Ipv4, port: number): Endpoint {
  return { ip: formatIpv4(ip), port };
}

/** The address of a bind or connect call: '' , '*', '::' are any, 'localhost' and '::1' are 127.0.0.1. Throws SocketError EINVAL. */
export function socketAddress(ip: string | undefined): Ipv4 {
  if (ip === undefined || ip === '' || ip === '*' || ip === '::' || ip === '[::]') return ANY;
  if (ip === 'localhost' || ip === '::1') return 0x7f000001;
  const value = parseIpv4(ip);
  if (value === undefined) throw new SocketError('EINVAL');
  return value;
}
