import { parseIpv4 } from '../../linux/net/addresses.ts';
import { resolve, type Family, type LookupFailure } from '../../linux/net/dns.ts';
import { ERROR_TEXT, SocketError } from '../../linux/net/errors.ts';
import { ipv6Of } from '../../linux/net/shared.ts';
import { connect, tcpListen, type TcpSocket } from '../../linux/net/tcp.ts';
import { udpOpen } from '../../linux/net/udp.ts';
import type { Process, Program } from '../../linux/process.ts';
import { type Micros, SECOND } from '../../sim/clock.ts';

interface Options {
  family: Family;
  listen: boolean;
  udp: boolean;
  zero: boolean;
  verbose: boolean;
  keep: boolean;
  numeric: boolean;
  quit: number | undefined;
  timeout: number | undefined;
  port: number | undefined;
  source: string | undefined;
  words: string[];
}

const USAGE = 'usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n\t  [destination] [port]\n';

/** nc(1) of netcat-openbsd: connect, scan (-z), listen (-l), UDP (-u). */
export const main: Program = async (p) => {
  if (p.args.includes('-h')) {
    p.err(`OpenBSD netcat (Debian patchlevel 1.219-1)\n${USAGE}`);
    return 0;
  }
  const o = parse(p);
  if (typeof o === 'number') return o;
  if (o.listen) return listen(p, o);
  const [host, ports] = o.words;
  if (host === undefined || ports === undefined) {
    p.err(host !== undefined ? 'nc: missing port number\n' : USAGE);
    return 1;
  }
  const found = await resolve(p, host, o.family);
  if (typeof found === 'string') {
    p.err(`nc: getaddrinfo for host "${host}" port ${ports}: ${FAILURES[found]}\n`);
    return 1;
  }
  const ip = found.addresses[0]!;
  if (ip.includes(':')) await ipv6Of(p.net);
  const [low, high] = /^\d+-\d+$/.test(ports) ? (ports.split('-').map(Number) as [number, number]) : [NAMES[ports] ?? Number(ports), NAMES[ports] ?? Number(ports)];
  if (!(low >= 1 && high <= 65535)) {
    p.err(`nc: port number invalid: ${ports}\n`);
    return 1;
  }
  let code = 1;
  for (let port = low; port <= high; port++) {
    const result = o.udp ? await datagrams(p, o, host, ip, port) : await stream(p, o, host, ip, port);
    if (result === 0) code = 0;
  }
  return code;
};

const FAILURES: Record<LookupFailure, string> = { ENOTFOUND: 'Name or service not known', EAI_AGAIN: 'Temporary failure in name resolution', EAI_ADDRFAMILY: 'Address family for hostname not supported' };
/** Whether it was written as an address. */
const isAddress = (host: string) => host.includes(':') || parseIpv4(host) !== undefined;

async function stream(p: Process, o: Options, host: string, ip: string, port: number): Promise<number> {
  let socket: TcpSocket;
  try {
    const bind = o.port === undefined && o.source === undefined ? {} : { bind: { ...(o.source === undefined ? {} : { ip: o.source }), ...(o.port === undefined ? {} : { port: o.port }) } };
    socket = await connect(p, { ip, port }, { ...bind, ...(o.timeout === undefined ? {} : { timeout: o.timeout * SECOND }) });
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    if (o.verbose) {
      const where = !isAddress(host) ? `${host} (${ip})` : host;
      p.err(`nc: connect to ${where} port ${port} (tcp) ${error.errno === 'ETIMEDOUT' && o.timeout !== undefined ? 'timed out: Operation now in progress' : `failed: ${ERROR_TEXT[error.errno]}`}\n`);
    }
    return 1;
  }
  if (o.verbose) p.err(`Connection to ${!isAddress(host) ? `${host} (${ip})` : host} ${port} port [tcp/${o.numeric ? '*' : (serviceName(port, 'tcp') ?? '*')}] succeeded!\n`);
  if (o.zero) {
    socket.close();
    return 0;
  }
  return converse(p, o, socket);
}

/** Copies standard input to the connection and the connection to standard output until the other end closes. */
async function converse(p: Process, o: Options, socket: TcpSocket): Promise<number> {
  const reader = p.machine.daemon({ argv: ['nc'], exe: p.exe, parent: p });
  p.machine.run(reader, async (child) => {
    for (let piece; (piece = await child.stdin.read(child)) !== null; ) socket.write(piece);
    if (o.quit !== undefined) socket.end();
    return 0;
  });
  try {
    for (let piece; (piece = await socket.receive(p)) !== null; ) await p.out(piece);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    return 1;
  } finally {
    reader.signal('KILL');
    socket.close();
  }
  return 0;
}

async function datagrams(p: Process, o: Options, host: string, ip: string, port: number): Promise<number> {
  const socket = udpOpen(p);
  const to = { ip, port };
  try {
    socket.connect(to);
    if (o.zero || o.verbose) {
      // Whether anybody is there shows only when an ICMP error comes back: one more X a second.
      socket.send(to, 'X');
      socket.send(to, 'X');
      for (let i = 0; i < (o.timeout ?? SCAN_SECONDS); i++) {
        await p.sleep(SECOND);
        socket.send(to, 'X');
      }
      if (o.verbose) p.err(`Connection to ${!isAddress(host) ? `${host} (${ip})` : host} ${port} port [udp/${o.numeric ? '*' : (serviceName(port, 'udp') ?? '*')}] succeeded!\n`);
    }
    if (o.zero) return 0;
    const input = await p.readAll();
    for (let i = 0; i < input.length; i += 16384) socket.send(to, input.slice(i, i + 16384));
    for (;;) {
      const got = await answer(p, socket, (o.timeout ?? (o.quit ?? 3600)) * SECOND);
      if (!got) return 0;
      if (typeof got.data === 'string') p.out(got.data);
    }
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    return 1;
  } finally {
    socket.close();
  }
}

const SCAN_SECONDS = 3;

/** The next datagram; an error that comes instead ends the conversation, as silence does. */
async function answer(p: Process, socket: ReturnType<typeof udpOpen>, limit: Micros): Promise<Awaited<ReturnType<typeof socket.receive>>> {
  try {
    return await socket.receive(p, limit);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    return undefined;
  }
}

async function listen(p: Process, o: Options): Promise<number> {
  if (o.port === undefined && o.words.length === 0) {
    p.err('nc: missing port number\n');
    return 1;
  }
  const port = o.port ?? Number(o.words.at(-1));
  const ip = o.words.length > 1 && o.port === undefined ? o.words[0]! : o.source !== undefined ? o.source : o.family === 6 ? '::' : '0.0.0.0';
  if (ip.includes(':')) await ipv6Of(p.net);
  try {
    if (o.udp) {
      const socket = udpOpen(p, { ip, port });
      if (o.verbose) p.err(`Bound on ${ip} ${port}\n`);
      for (;;) {
        const got = await socket.receive(p);
        if (got && typeof got.data === 'string') p.out(got.data);
      }
    }
    // One connection at a time: the next ones wait in the backlog; without -k there is no next one.
    let accepted = (_: TcpSocket) => {};
    const listener = tcpListen(p, { ip, port, backlog: 1 }, (s) => {
      listener.paused = true;
      if (!o.keep) listener.close();
      accepted(s);
    });
    do {
      if (o.verbose) p.err(`Listening on ${ip} ${port}\n`);
      const socket = await p.wait<TcpSocket>((resume) => {
        accepted = resume;
        listener.paused = false;
        return () => listener.close();
      });
      if (o.verbose) p.err(`Connection received on ${socket.remote.ip} ${socket.remote.port}\n`);
      await converse(p, o, socket);
    } while (o.keep);
    return 0;
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    p.err(`nc: ${ERROR_TEXT[error.errno]}\n`);
    return 1;
  }
}

function parse(p: Process): Options | number {
  const o: Options = { family: 0, listen: false, udp: false, zero: false, verbose: false, keep: false, numeric: false, quit: undefined, timeout: undefined, port: undefined, source: undefined, words: [] };
  const args = p.args;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('-') || arg === '-') {
      o.words.push(arg);
      continue;
    }
    for (let k = 1; k < arg.length; k++) {
      const letter = arg[k]!;
      if (letter === 'l') o.listen = true;
      else if (letter === 'u') o.udp = true;
      else if (letter === 'z') o.zero = true;
      else if (letter === 'v') o.verbose = true;
      else if (letter === 'k') o.keep = true;
      else if (letter === 'n') o.numeric = true;
      else if (letter === 'N') o.quit = 0;
      else if (letter === '4' || letter === '6') o.family = letter === '4' ? 4 : 6;
      else if ('dDt'.includes(letter)) continue;
      else if ('wpqs'.includes(letter)) {
        const value = arg.slice(k + 1) || args[++i];
        if (value === undefined) {
          p.err(`nc: option requires an argument -- '${letter}'\n${USAGE}`);
          return 1;
        }
        if (letter === 'w') {
          if (!/^\d+$/.test(value)) {
            p.err(`nc: timeout invalid: ${value}\n`);
            return 1;
          }
          o.timeout = Number(value);
        } else if (letter === 'p') o.port = Number(value);
        else if (letter === 'q') o.quit = Number(value);
        else o.source = value;
        break;
      } else {
        p.err(`nc: invalid option -- '${letter}'\n${USAGE}`);
        return 1;
      }
    }
  }
  return o;
}

/** The part of /etc/services that nc names. */
const SERVICES: [string, number, string][] = [['http', 80, 'tcp'], ['https', 443, 'tcp'], ['domain', 53, 'tcp'], ['domain', 53, 'udp'], ['ssh', 22, 'tcp'], ['http-alt', 8080, 'tcp'], ['mdns', 5353, 'udp'], ['afs3-fileserver', 7000, 'udp']];
const NAMES: Record<string, number> = Object.fromEntries(SERVICES.map(([name, port]) => [name, port]));
function serviceName(port: number, protocol: string): string | undefined {
  return SERVICES.find(([, n, proto]) => n === port && proto === protocol)?.[0];
}
