import { SocketError } from '../../linux/net/errors.ts';
import { HttpError } from '../../linux/net/http.ts';
import { connect, type TcpSocket } from '../../linux/net/tcp.ts';
import type { Process } from '../../linux/process.ts';
import type { Micros } from '../../sim/clock.ts';
import { CurlExit, type Options } from './options.ts';
import type { Output } from './transfer.ts';

/**
 * telnet:// (lib/telnet.c): standard input to the connection, the connection to standard output, until the other end closes
 * or --max-time is over; the end of standard input alone does not end it. Throws HttpError when there is no connection.
 */
export async function telnet(p: Process, o: Options, to: { ip: string; port: number }, out: Output, { began, connected }: { began: Micros; connected: () => void }): Promise<void> {
  const left = () => (o.maxTime ? Math.max(1, o.maxTime - (p.now - began)) : undefined);
  let socket: TcpSocket;
  try {
    socket = await connect(p, to, { timeout: Math.min(left() ?? Infinity, o.connectTimeout) });
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    throw new HttpError(error.errno === 'ETIMEDOUT' ? 'TIMEOUT' : error.errno, 'connect', p.now - began, to);
  }
  connected();
  const reader = p.machine.daemon({ argv: p.argv, exe: p.exe, parent: p });
  p.machine.run(reader, async (child) => {
    for (let piece; (piece = await child.stdin.read(child)) !== null; ) socket.write(piece);
    return 0;
  });
  try {
    for (;;) {
      const piece = await socket.receive(p, left());
      if (piece === undefined) throw new CurlExit(28, 'curl: (28) Time-out\n');
      if (piece === null) return;
      out.write(piece);
    }
  } finally {
    reader.signal('KILL');
    socket.close();
  }
}
