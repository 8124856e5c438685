/** A forwarder in user space: takes TCP connections and opens another one for each (rootlessport, kubectl port-forward, socat). */
import type { Process } from '../process.ts';
import type { Endpoint } from './sockets.ts';
import { tcpConnect, tcpListen, type TcpListener, type TcpSocket } from './tcp.ts';

export interface ProxyOptions {
  /** Told when the other side cannot be reached. */
  onError?: (errno: string, from: Endpoint) => void;
}

/** Forwards every connection to `listen` on to `to`. Throws SocketError EADDRINUSE, EACCES, EADDRNOTAVAIL. */
export function tcpProxy(process: Process, listen: { ip: string; port: number }, to: Endpoint, { onError }: ProxyOptions = {}): TcpListener {
  return tcpListen(process, listen, (client) => {
    const { tracer } = process.net;
    if (tracer.on && client.syn) tracer.step(process.net, 'proxy', client.syn, { note: `${process.comm} → ${to.ip}:${to.port}` });
    const server = tcpConnect(process, to, { background: client.background });
    splice(client, server);
    server.onError = (errno) => {
      onError?.(errno, client.remote);
      client.abort();
    };
    client.onError = () => server.abort();
  });
}

/** Copies bytes both ways between two connections, one of which may still be opening. */
export function splice(a: TcpSocket, b: TcpSocket): void {
  const join = (from: TcpSocket, to: TcpSocket) => {
    from.onBytes = (bytes) => to.writeBytes(bytes);
    from.onEnd = () => to.end();
    from.flush();
  };
  join(a, b);
  join(b, a);
}
