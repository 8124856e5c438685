import type { Timer } from '../../sim/clock.ts';
import type { Process } from '../process.ts';
import type { Ip } from './addresses.ts';
import { isLinkLocal6 } from './addresses6.ts';
import type { Link } from './link.ts';
import type { NetNamespace } from './namespace.ts';
import type { Packet } from './packet.ts';
import { endpoint, type Endpoint, type SocketInfo } from './sockets.ts';
import { TcpSocket } from './tcp-socket.ts';

/** A listening socket. Connections are handed to `onConnection` when the handshake is complete. */
export class TcpListener {
  readonly ns: NetNamespace;
  readonly process: Process;
  readonly ip: Ip;
  readonly port: number;
  readonly family: 4 | 6;
  readonly backlog: number;
  readonly inode: number;
  readonly fd: number;
  /** While true, connections wait in the backlog (a process that does not accept). */
  paused = false;
  readonly #onConnection: (socket: TcpSocket) => void;
  readonly #opening = new Set<TcpSocket>();
  #ready: TcpSocket[] = [];
  readonly #unhook: () => void;
  #closed = false;
  #retry: Timer | undefined;

  constructor(o: { process: Process; ip: Ip; port: number; family: 4 | 6; backlog: number; onConnection: (socket: TcpSocket) => void }) {
    this.ns = o.process.net;
    this.process = o.process;
    this.ip = o.ip;
    this.family = o.family;
    this.port = o.port || this.ns.sockets.ephemeralTcp(o.ip, 0, 0);
    this.backlog = o.backlog;
    this.#onConnection = o.onConnection;
    this.inode = this.ns.shared.nextInode();
    this.fd = this.ns.shared.nextFd(o.process);
    this.ns.sockets.addListener(this);
    this.#unhook = this.process.onExit(() => this.close());
  }

  get local(): Endpoint {
    return endpoint(this.ip, this.port);
  }

  get full(): boolean {
    return this.#ready.length > this.backlog;
  }

  /** A SYN has come. With a full backlog or no way back it is dropped, as the kernel does (tcp_conn_request); the client tries again. */
  syn(packet: Packet, link: Link): void {
    if (this.full) return;
    const oif = isLinkLocal6(packet.src) ? link : undefined;
    if (this.ns.fib.output(packet.src, { src: packet.dst, oif }).error) return;
    const socket = new TcpSocket({
      ns: this.ns, process: undefined, localIp: packet.dst, localPort: packet.dport, remoteIp: packet.src, remotePort: packet.sport,
      background: packet.background ?? false, listener: this, family: this.family, oif,
    });
    socket.syn = packet;
    this.#opening.add(socket);
    this.ns.sockets.addTcp(socket);
    socket.accept(packet.tcp!);
  }

  established(socket: TcpSocket): void {
    this.#opening.delete(socket);
    if (!this.paused && !this.process.stopped) return this.#accept(socket);
    this.#ready.push(socket);
    if (this.process.stopped) this.#later();
  }

  forget(socket: TcpSocket): void {
    this.#opening.delete(socket);
    const at = this.#ready.indexOf(socket);
    if (at >= 0) this.#ready.splice(at, 1);
  }

  /** Accepts again what waits. */
  resume(): void {
    this.paused = false;
    for (const socket of this.#ready.splice(0)) this.#accept(socket);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unhook();
    this.ns.sockets.removeListener(this);
    for (const s of [...this.#opening]) s.abort();
    for (const s of this.#ready.splice(0)) s.abort();
  }

  info(): SocketInfo {
    return {
      proto: 'tcp', family: this.family, state: 'LISTEN', local: this.local, remote: endpoint(0, 0), recvQ: this.#ready.length, sendQ: this.backlog,
      process: this.process, uid: this.process.uid, inode: this.inode, fd: this.fd, socket: this,
    };
  }

  /** A stopped process accepts when it continues. */
  #later(): void {
    this.#retry ??= this.ns.world.clock.after(100_000, () => {
      this.#retry = undefined;
      if (this.#closed || this.#ready.length === 0) return;
      if (this.process.stopped) this.#later();
      else if (!this.paused) this.resume();
    }, { background: true });
  }

  #accept(socket: TcpSocket): void {
    socket.accepted(this.process);
    this.#onConnection(socket);
    socket.flush();
  }
}
