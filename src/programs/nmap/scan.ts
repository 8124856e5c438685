/** The probes: a host's sign of life, and the state of its ports by SYN (raw packets), connect(2) or UDP. */
import { BROADCAST_MAC, formatIpv4, inPrefix, ZERO_MAC, type Ipv4 } from '../../linux/net/addresses.ts';
import { SocketError } from '../../linux/net/errors.ts';
import { icmpOpen } from '../../linux/net/icmp.ts';
import { ipOutput } from '../../linux/net/ip-output.ts';
import type { Link } from '../../linux/net/link.ts';
import { ACK, RST, SYN, type Packet } from '../../linux/net/packet.ts';
import { tcpConnect } from '../../linux/net/tcp.ts';
import { udpOpen } from '../../linux/net/udp.ts';
import type { Process } from '../../linux/process.ts';
import { MS } from '../../sim/clock.ts';

export type PortState = 'open' | 'closed' | 'filtered' | 'open|filtered';
export interface PortResult {
  port: number;
  state: PortState;
  reason: string;
}
export interface HostUp {
  /** How it was noticed. */
  reason: string;
  /** Microseconds; undefined for this machine itself. */
  latency: number | undefined;
  /** Of a host on the same network. */
  mac: string | undefined;
}

/** Without an answer a probe is sent again, and then given up. */
const RETRY = 100 * MS, GIVE_UP = 1200 * MS;
const BATCH = 500;

/** Whether a host on another network shows itself: by echo, or to a SYN. */
export async function discover(p: Process, ip: Ipv4, { raw }: { raw: boolean }): Promise<HostUp | undefined> {
  const { net } = p;
  if (net.fib.addressType(ip) === 'LOCAL') return { reason: 'localhost-response', latency: undefined, mac: undefined };
  const begun = p.now;
  const found = await first<string>(p, 2 * GIVE_UP, (done) => {
    const stops: (() => void)[] = [];
    if (raw) {
      const echo = icmpOpen(p);
      echo.onReply = () => done('echo-reply');
      attempt(() => echo.send({ ip: formatIpv4(ip), seq: 0 }));
      stops.push(() => echo.close());
    }
    for (const port of [443, 80]) {
      const socket = tcpConnect(p, { ip: formatIpv4(ip), port });
      socket.onOpen = () => done('syn-ack');
      socket.onError = (errno) => {
        if (errno === 'ECONNREFUSED') done('conn-refused');
      };
      stops.push(() => socket.vanish());
    }
    return () => stops.forEach((stop) => stop());
  });
  return found === undefined ? undefined : { reason: found, latency: p.now - begun, mac: undefined };
}

/** -sS: a SYN for each port; what comes back is read off the wire, as nmap does. The kernel resets what it did not ask for. */
export async function synScan(p: Process, ip: Ipv4, ports: readonly number[]): Promise<PortResult[]> {
  const { net } = p;
  const route = net.fib.output(ip);
  const states = new Map<number, PortResult>();
  const sport = 32768 + net.shared.numbers.int(28000);
  const stop = net.capture('any', ({ frame: { packet }, direction, dev }) => {
    if (!packet || (direction === 'out' && dev.kind !== 'loopback')) return;
    const { tcp, icmp } = packet;
    if (tcp && packet.src === ip && packet.dport === sport) {
      const state = tcp.flags & RST ? 'closed' : (tcp.flags & (SYN | ACK)) === (SYN | ACK) ? 'open' : undefined;
      if (state) note(states, packet.sport, state, `${state === 'open' ? 'syn-ack' : 'reset'} ttl ${packet.ttl}`);
    } else if (icmp?.inner?.tcp && icmp.inner.dst === ip && icmp.inner.sport === sport) note(states, icmp.inner.dport, 'filtered', `${UNREACHABLE[icmp.code] ?? 'dest-unreach'} ttl ${packet.ttl}`);
  });
  const send = (port: number) => {
    const packet: Packet = {
      flow: net.tracer.nextFlow(), src: route.src, dst: ip, protocol: 'tcp', sport, dport: port, ttl: 37 + net.shared.numbers.int(23), tos: 0, id: net.nextIpId(), df: false, length: 44, mark: 0,
      tcp: { seq: net.shared.numbers.uint32(), ack: 0, flags: SYN, win: 1024, payload: '', mss: 1460 },
    };
    ipOutput(net, packet, { quiet: true });
  };
  try {
    for (let i = 0; i < ports.length; i += BATCH) {
      const batch = ports.slice(i, i + BATCH), silent = () => batch.filter((port) => !states.has(port));
      batch.forEach(send);
      await until(p, RETRY, () => silent().length === 0);
      if (silent().length === 0) continue;
      silent().forEach(send);
      await until(p, GIVE_UP - RETRY, () => silent().length === 0);
    }
  } finally {
    stop();
  }
  return ports.map((port) => states.get(port) ?? { port, state: 'filtered', reason: 'no-response' });
}

/** -sT: what connect(2) says. */
export async function connectScan(p: Process, ip: Ipv4, ports: readonly number[]): Promise<PortResult[]> {
  const states = new Map<number, PortResult>();
  for (let i = 0; i < ports.length; i += BATCH) {
    const batch = ports.slice(i, i + BATCH);
    const sockets = batch.map((port) => {
      const socket = tcpConnect(p, { ip: formatIpv4(ip), port });
      socket.onOpen = () => {
        note(states, port, 'open', 'syn-ack');
        socket.abort();
      };
      socket.onError = (errno) => note(states, port, errno === 'ECONNREFUSED' ? 'closed' : 'filtered', errno === 'ECONNREFUSED' ? 'conn-refused' : 'host-unreach');
      return socket;
    });
    await until(p, GIVE_UP, () => batch.every((port) => states.has(port)));
    for (const socket of sockets) if (!states.has(socket.remotePort)) socket.vanish();
  }
  return ports.map((port) => states.get(port) ?? { port, state: 'filtered', reason: 'no-response' });
}

/** -sU: an answer is open, port unreachable is closed, silence is either. */
export async function udpScan(p: Process, ip: Ipv4, ports: readonly number[]): Promise<PortResult[]> {
  const states = new Map<number, PortResult>();
  const sockets = ports.map((port) => {
    const socket = udpOpen(p), to = { ip: formatIpv4(ip), port };
    socket.onMessage = () => note(states, port, 'open', 'udp-response');
    socket.onError = (errno) => note(states, port, errno === 'ECONNREFUSED' ? 'closed' : 'filtered', 'port-unreach');
    attempt(() => {
      socket.connect(to);
      socket.send(to, '');
    });
    return socket;
  });
  await until(p, GIVE_UP, () => ports.every((port) => states.has(port)));
  for (const socket of sockets) socket.close();
  return ports.map((port) => states.get(port) ?? { port, state: 'open|filtered', reason: 'no-response' });
}

const UNREACHABLE: Readonly<Record<number, string>> = { 0: 'net-unreach', 1: 'host-unreach', 2: 'proto-unreach', 3: 'port-unreach', 9: 'net-prohibited', 10: 'host-prohibited', 13: 'admin-prohibited' };

function note(states: Map<number, PortResult>, port: number, state: PortState, reason: string): void {
  if (!states.has(port)) states.set(port, { port, state, reason });
}

/** The Ethernet that the address is on, if it is on one of this machine's. */
function onLink({ net }: Process, ip: Ipv4): Link | undefined {
  const route = net.fib.output(ip);
  return route.error || route.via !== undefined || route.dev.pointToPoint || !route.dev.addresses.some((a) => inPrefix(ip, a.ip, a.bits)) ? undefined : route.dev;
}

/** Asks for all of those that are on the same network at once; undefined for one that nobody has, missing when it is elsewhere. */
export async function arpScan(p: Process, targets: readonly Ipv4[]): Promise<Map<Ipv4, HostUp | undefined>> {
  const links = new Map(targets.filter((ip) => p.net.fib.addressType(ip) !== 'LOCAL').flatMap((ip) => {
    const link = onLink(p, ip);
    return link ? [[ip, link] as const] : [];
  }));
  const found = new Map<Ipv4, HostUp | undefined>([...links.keys()].map((ip) => [ip, undefined]));
  if (links.size === 0) return found;
  const begun = p.now, silent = () => [...links].filter(([ip]) => !found.get(ip));
  const stops = [...new Set(links.values())].map((link) => p.net.capture(link.name, ({ frame: { arp }, direction }) => {
    if (direction === 'in' && arp?.op === 'reply' && found.has(arp.senderIp) && !found.get(arp.senderIp)) found.set(arp.senderIp, { reason: 'arp-response', latency: p.now - begun, mac: arp.senderMac });
  }));
  const ask = () => {
    for (const [ip, link] of silent()) link.transmit({ src: link.address, dst: BROADCAST_MAC, arp: { op: 'request', senderMac: link.address, senderIp: p.net.fib.selectAddress(link, ip, 'link'), targetMac: ZERO_MAC, targetIp: ip } });
  };
  try {
    ask();
    await until(p, 2 * RETRY, () => silent().length === 0);
    ask();
    await until(p, GIVE_UP - 2 * RETRY, () => silent().length === 0);
  } finally {
    for (const stop of stops) stop();
  }
  return found;
}

/** Waits for what `start` reports, at most so long. */
async function first<T>(p: Process, limit: number, start: (done: (value: T) => void) => () => void): Promise<T | undefined> {
  let stop: (() => void) | undefined;
  try {
    return await p.wait<T | undefined>((resume) => {
      const timer = p.world.clock.after(limit, () => resume(undefined));
      stop = start((value) => {
        timer.cancel();
        resume(value);
      });
      return () => timer.cancel();
    });
  } finally {
    stop?.();
  }
}

async function until(p: Process, limit: number, done: () => boolean): Promise<void> {
  for (const end = p.now + limit; !done() && p.now < end; ) await p.sleep(Math.min(10 * MS, end - p.now));
}

function attempt(send: () => void): void {
  try {
    send();
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
  }
}
