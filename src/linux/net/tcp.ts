/** Sockets API of TCP: callback style for daemons, promises for programs. */
import type { Micros } from '../../sim/clock.ts';
import type { Process } from '../process.ts';
import { SocketError, type NetErrno } from './errors.ts';
import { LOOPBACK6 } from './addresses6.ts';
import { ANY, socketAddress, zoneOf, type Endpoint } from './sockets.ts';
import { TcpListener } from './tcp-listener.ts';
import { TcpSocket } from './tcp-socket.ts';

export { TcpListener } from './tcp-listener.ts';
export { TcpSocket, type TcpState } from './tcp-socket.ts';
export { SocketError } from './errors.ts';

export interface ListenOptions {
  /** 0.0.0.0, an address of the machine, or :: (both families; shown as tcp6). */
  ip: string;
  port: number;
  backlog?: number;
}

export interface ConnectOptions {
  /** Local address and port. */
  bind?: { ip?: string; port?: number };
  /** Housekeeping: its packets do not keep the world from being settled. */
  background?: boolean;
}

/** Listens in the process's namespace until the process ends. Throws SocketError EADDRINUSE, EACCES, EADDRNOTAVAIL. */
export function tcpListen(process: Process, { ip, port, backlog = 4096 }: ListenOptions, onConnection: (socket: TcpSocket) => void): TcpListener {
  const most = Number(process.net.get('net.core.somaxconn') ?? 4096);
  return new TcpListener({ process, ip: socketAddress(ip), port, family: ip.includes(':') ? 6 : 4, backlog: Math.min(backlog, most), onConnection });
}

/** Begins to connect; onOpen or onError tell how it went. A failure that the kernel knows at once is also told by onError, later. */
export function tcpConnect(process: Process, { ip, port }: Endpoint, { bind, background = false }: ConnectOptions = {}): TcpSocket {
  const ns = process.net;
  let remoteIp = socketAddress(ip);
  if (remoteIp === ANY) remoteIp = ip.includes(':') ? LOOPBACK6 : 0x7f000001;
  const oif = ns.link(zoneOf(ip) ?? '');
  const wanted = bind?.ip === undefined ? 0 : socketAddress(bind.ip);
  let error: NetErrno | undefined;
  let localIp = wanted;
  let localPort = bind?.port ?? 0;
  try {
    if (wanted !== 0 || localPort !== 0) ns.sockets.checkBind(wanted, localPort, process);
    const route = ns.fib.output(remoteIp, { src: wanted, oif });
    if (route.error) error = route.error;
    else if (route.type !== 'unicast' && route.type !== 'local') error = 'ENETUNREACH';
    localIp = wanted || route.src;
    if (!error && localIp === 0) error = 'ENETUNREACH';
    localPort ||= ns.sockets.ephemeralTcp(localIp, remoteIp, port);
    // A port that was asked for may be that of a connection in TIME_WAIT (tcp_twsk_unique).
    const other = ns.sockets.findTcp(localIp, localPort, remoteIp, port);
    if (other?.state === 'TIME_WAIT') other.vanish();
    else if (other) error = 'EADDRNOTAVAIL';
  } catch (e) {
    if (!(e instanceof SocketError)) throw e;
    error = e.errno;
  }
  const socket = new TcpSocket({ ns, process, localIp, localPort, remoteIp, remotePort: port, background, oif });
  if (error) {
    const errno = error;
    process.world.clock.after(0, () => socket.failed(errno));
    return socket;
  }
  ns.sockets.addTcp(socket);
  socket.open();
  return socket;
}

/** Connects and waits for it. `timeout` in microseconds. Throws SocketError ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH … */
export function connect(process: Process, to: Endpoint, { timeout, ...options }: ConnectOptions & { timeout?: Micros } = {}): Promise<TcpSocket> {
  return process.wait((resume, fail) => {
    const socket = tcpConnect(process, to, options);
    const timer = timeout === undefined ? undefined : process.world.clock.after(timeout, () => {
      socket.vanish();
      fail(new SocketError('ETIMEDOUT'));
    });
    const clear = () => {
      timer?.cancel();
      socket.onOpen = socket.onError = undefined;
    };
    socket.onOpen = () => {
      clear();
      resume(socket);
    };
    socket.onError = (errno) => {
      clear();
      fail(new SocketError(errno));
    };
    return () => {
      timer?.cancel();
      socket.vanish();
    };
  });
}
