/** The sockets of a namespace: who is found for a packet, which ports are free, what ss lists. */
import type { Process } from '../process.ts';
import { formatIpv4, IPV4_MAX, parseIpv4, type Ip } from './addresses.ts';
import { parseIpv6, UNSPECIFIED6 } from './addresses6.ts';
import { SocketError } from './errors.ts';
import type { NetNamespace } from './namespace.ts';
import type { TcpListener } from './tcp-listener.ts';
import type { TcpSocket, TcpState } from './tcp-socket.ts';
import type { UdpSocket } from './udp.ts';

export interface Endpoint {
  /** As text; 0.0.0.0 stands for :: too. */
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

export const ANY: Ip = 0;

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
  findTcp(localIp: Ip, localPort: number, remoteIp: Ip, remotePort: number): TcpSocket | undefined {
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

  findListener(ip: Ip, port: number): TcpListener | undefined {
    const list = this.listeners.get(port);
    return list?.find((l) => l.ip === ip) ?? list?.find((l) => takesAny(l, ip));
  }

  /** Throws SocketError EADDRINUSE, EADDRNOTAVAIL, EACCES. */
  addListener(l: TcpListener): void {
    this.checkBind(l.ip, l.port, l.process);
    const list = this.listeners.get(l.port) ?? [];
    if (list.some((o) => clash(o, l))) throw new SocketError('EADDRINUSE');
    this.listeners.set(l.port, [...list, l]);
  }

  removeListener(l: TcpListener): void {
    const list = (this.listeners.get(l.port) ?? []).filter((o) => o !== l);
    if (list.length === 0) this.listeners.delete(l.port);
    else this.listeners.set(l.port, list);
  }

  findUdp(ip: Ip, port: number, from: Ip, fromPort: number): UdpSocket | undefined {
    const list = this.udp.get(port);
    if (!list) return undefined;
    return list.find((s) => s.remoteIp === from && s.remotePort === fromPort && (s.ip === ip || s.ip === ANY)) ?? list.find((s) => s.remoteIp === 0 && s.ip === ip) ?? list.find((s) => s.remoteIp === 0 && takesAny(s, ip));
  }

  addUdp(s: UdpSocket): void {
    const list = this.udp.get(s.port) ?? [];
    if (list.some((o) => clash(o, s))) throw new SocketError('EADDRINUSE');
    this.udp.set(s.port, [...list, s]);
  }

  removeUdp(s: UdpSocket): void {
    const list = (this.udp.get(s.port) ?? []).filter((o) => o !== s);
    if (list.length === 0) this.udp.delete(s.port);
    else this.udp.set(s.port, list);
  }

  /** A free ephemeral port for a connection to there. Throws SocketError EADDRNOTAVAIL. */
  ephemeralTcp(localIp: Ip, remoteIp: Ip, remotePort: number): number {
    return this.#ephemeral((port) => !this.listeners.has(port) && (!this.#tcpPorts.has(port) || !this.findTcp(localIp, port, remoteIp, remotePort)));
  }
  ephemeralUdp(): number {
    return this.#ephemeral((port) => !this.udp.has(port));
  }

  /** Throws SocketError EADDRNOTAVAIL (no such address here), EACCES (privileged port). */
  checkBind(ip: Ip, port: number, process: Process | undefined): void {
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

interface Bound {
  readonly ip: Ip;
  readonly family: 4 | 6;
}

/** Bound to no address: a socket of IPv6 hears both families, one of IPv4 its own. */
function takesAny(s: Bound, ip: Ip): boolean {
  return s.ip === ANY && (ip <= IPV4_MAX || s.family === 6);
}

function clash(a: Bound, b: Bound): boolean {
  return a.ip === b.ip || takesAny(a, b.ip) || takesAny(b, a.ip);
}

export function endpoint(ip: Ip, port: number): Endpoint {
  return { ip: formatIpv4(ip), port };
}

/** The address of a bind or connect call: '' , '*', '::' are any, 'localhost' is 127.0.0.1; a zone is left out. Throws SocketError EINVAL. */
export function socketAddress(ip: string | undefined): Ip {
  if (ip === undefined || ip === '' || ip === '*' || ip === '::' || ip === '[::]') return ANY;
  if (ip === 'localhost') return 0x7f000001;
  const mapped = ip.startsWith('::ffff:') ? parseIpv4(ip.slice(7)) : undefined;
  const value = mapped ?? parseIpv4(ip) ?? parseIpv6(ip.replace(/%.*/, ''));
  if (value === undefined) throw new SocketError('EINVAL');
  return value === UNSPECIFIED6 ? ANY : value;
}

/** The device that an address says (`fe80::1%eth0`). */
export function zoneOf(ip: string | undefined): string | undefined {
  return ip?.split('%')[1];
}
