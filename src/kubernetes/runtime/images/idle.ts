import { tcpConnect } from '../../../linux/net/tcp.ts';
import type { Process } from '../../../linux/process.ts';

/** A connection that stands open. */
export function idle(process: Process, url: string): void {
  const [, ip, port] = /^https?:\/\/([^:]+):(\d+)/.exec(url) ?? [];
  if (!ip) return;
  const socket = tcpConnect(process, { ip, port: Number(port) }, { background: true });
  socket.onEnd = () => socket.end();
}
