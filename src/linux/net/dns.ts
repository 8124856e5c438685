/** Names: glibc's resolver (/etc/hosts, /etc/resolv.conf, search, ndots), queries over UDP and TCP, and serving them. */
import { SECOND, type Micros } from '../../sim/clock.ts';
import type { Process } from '../process.ts';
import { formatIpv4, parseIpv4 } from './addresses.ts';
import { parseIpv6, words6 } from './addresses6.ts';
import { dnsQuery, type DnsMessage, type RecordType } from './dns-message.ts';
import { SocketError, type NetErrno } from './errors.ts';
import { socketAddress, zoneOf, type Endpoint } from './sockets.ts';
import { tcpConnect, tcpListen } from './tcp.ts';
import { udpOpen, type UdpSocket } from './udp.ts';

export { dnsLength, dnsQuery, type DnsMessage, type DnsRecord, type Rcode, type RecordType } from './dns-message.ts';

/** getaddrinfo: no such name, no server answered, or the name has addresses of another family only. */
export type LookupFailure = 'ENOTFOUND' | 'EAI_AGAIN' | 'EAI_ADDRFAMILY';
/** Which addresses are wanted; 0: of both families. */
export type Family = 4 | 6 | 0;
export interface Resolved {
  /** In the order of the answer; of both families as RFC 6724 sorts them. */
  addresses: string[];
  /** The name that had them: with its search domain, or the first of the line in /etc/hosts. */
  canonical: string;
}

export interface ResolverConfig {
  nameservers: string[];
  search: string[];
  ndots: number;
  timeout: Micros;
  attempts: number;
  rotate: boolean;
  /** use-vc: TCP only. */
  tcp: boolean;
}

/** What /etc/resolv.conf of the process says (defaults as resolv.conf(5)). */
export function resolverConfig(process: Process): ResolverConfig {
  const config: ResolverConfig = { nameservers: [], search: [], ndots: 1, timeout: 5 * SECOND, attempts: 2, rotate: false, tcp: false };
  for (const line of text(process, '/etc/resolv.conf').split('\n')) {
    const [key, ...words] = line.trim().split(/\s+/);
    if (key === 'nameserver' && words[0] !== undefined && config.nameservers.length < 3) config.nameservers.push(words[0]);
    else if (key === 'search') config.search = words;
    else if (key === 'domain') config.search = words.slice(0, 1);
    else if (key === 'options') {
      for (const option of words) {
        const [name, value] = option.split(':');
        if (name === 'ndots') config.ndots = Math.min(15, Number(value));
        else if (name === 'timeout') config.timeout = Math.min(30, Number(value)) * SECOND;
        else if (name === 'attempts') config.attempts = Math.min(5, Number(value));
        else if (name === 'rotate') config.rotate = true;
        else if (name === 'use-vc') config.tcp = true;
      }
    }
  }
  if (config.nameservers.length === 0) config.nameservers.push('127.0.0.1');
  return config;
}

/** The names that are tried for a name, in order, as res_search does. */
export function searchNames(name: string, { search, ndots }: Pick<ResolverConfig, 'search' | 'ndots'>): string[] {
  if (name.endsWith('.')) return [name];
  const dots = name.split('.').length - 1;
  const searched = search.map((domain) => `${name}.${domain.replace(/\.$/, '')}.`);
  return dots >= ndots ? [`${name}.`, ...searched] : [...searched, `${name}.`];
}

/** Lines of /etc/hosts: address and names. */
export function hosts(process: Process): { ip: string; names: string[] }[] {
  return text(process, '/etc/hosts').split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/)).filter((w) => w.length > 1).map(([ip, ...names]) => ({ ip: ip!, names }));
}

/** getaddrinfo for IPv4. The callback may come before this returns (/etc/hosts). */
export function lookupHost(process: Process, name: string, callback: (result: string[] | LookupFailure) => void): void {
  lookup(process, name, (result) => callback(typeof result === 'string' ? result : result.addresses));
}

/** The same for programs: the addresses and the canonical name, or why there are none. */
export function resolve(process: Process, name: string, family: Family = 4): Promise<Resolved | LookupFailure> {
  return process.wait((resume) => lookup(process, name, resume, family));
}

/** The name of an address: /etc/hosts, then PTR. */
export function reverse(process: Process, ip: string): Promise<string | undefined> {
  const line = hosts(process).find((h) => h.ip === ip);
  if (line) return Promise.resolve(line.names[0]);
  const config = resolverConfig(process);
  const name = ip.includes(':') ? `${words6(parseIpv6(ip.replace(/%.*/, '')) ?? 0).flatMap((w) => [...w.toString(16).padStart(4, '0')]).reverse().join('.')}.ip6.arpa.` : `${ip.split('.').reverse().join('.')}.in-addr.arpa.`;
  return process.wait((resume) => query(process, config.nameservers, name, ['PTR'], config, (result) => {
    const found = typeof result === 'string' ? undefined : result[0]?.answer.find((r) => r.type === 'PTR');
    resume(found?.data.replace(/\.$/, ''));
  }));
}

/** The names of several addresses: those that have none are not in it. */
export async function reverseAll(process: Process, ips: Iterable<string>): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const ip of new Set(ips)) {
    const name = await reverse(process, ip);
    if (name !== undefined) names.set(ip, name);
  }
  return names;
}

export function lookup(process: Process, name: string, callback: (result: Resolved | LookupFailure) => void, family: Family = 4): void {
  const given = written(name) ?? numeric(process, name);
  if (given) return callback(suits(given, family) ? { addresses: [given], canonical: name } : 'EAI_ADDRFAMILY');
  const bare = name.replace(/\.$/, '').toLowerCase();
  const known = hosts(process).filter((h) => numeric(process, h.ip) && h.names.some((n) => n.toLowerCase() === bare)), lines = known.filter((h) => suits(h.ip, family));
  if (lines.length > 0) return callback({ addresses: sorted(process, lines.map((l) => l.ip)), canonical: lines[0]!.names[0]! });
  if (known.length > 0 && bare === 'localhost') return callback('EAI_ADDRFAMILY');
  // res_hnok: what can be no name is not asked for.
  if (/[^\w.-]/.test(name)) return callback('ENOTFOUND');
  const config = resolverConfig(process);
  const names = searchNames(name, config);
  let silent = false;
  const next = (i: number) => {
    const candidate = names[i];
    if (candidate === undefined) return callback(silent ? 'EAI_AGAIN' : 'ENOTFOUND');
    query(process, config.nameservers, candidate, ['A', 'AAAA'], config, (result) => {
      if (typeof result === 'string') {
        // Nobody answers at all: the other names would not fare better.
        if (result === 'TIMEOUT' || result === 'REFUSED') return callback('EAI_AGAIN');
        silent = true;
        return next(i + 1);
      }
      const found = result.flatMap((m) => m.answer).filter((r) => (r.type === 'A' || r.type === 'AAAA') && suits(r.data, family));
      if (found.length > 0) return callback({ addresses: sorted(process, found.map((r) => r.data)), canonical: found.at(-1)!.name.replace(/\.$/, '') });
      next(i + 1);
    });
  };
  next(0);
}

function suits(ip: string, family: Family): boolean {
  return family === 0 || (family === 6) === ip.includes(':');
}

/** An address that was written as one, perhaps with the name of a device that is there (`fe80::1%eth0`). */
function numeric(process: Process, text: string): string | undefined {
  const ip = parseIpv4(text);
  if (ip !== undefined) return formatIpv4(ip);
  const [address = '', zone] = text.split('%'), six = text.includes(':') ? parseIpv6(address) : undefined;
  if (six === undefined || (zone !== undefined && !process.net.link(zone))) return undefined;
  return `${formatIpv4(six)}${zone === undefined ? '' : `%${zone}`}`;
}

/** inet_aton(3): four decimals, and `127.1`, `0`, octal and hexadecimal; the last number fills what is left. */
function written(text: string): string | undefined {
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((part) => /^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(part))) return undefined;
  const numbers = parts.map((part) => Number(/^0[0-7]+$/.test(part) ? `0o${part.slice(1)}` : part)), last = numbers.pop()!;
  if (numbers.some((n) => n > 255) || last >= 256 ** (4 - numbers.length)) return undefined;
  return formatIpv4(numbers.reduce((ip, n, i) => ip + n * 256 ** (3 - i), last));
}

/** RFC 6724, 6, as far as it matters: what there is a way to comes first, and of that IPv6. */
function sorted(process: Process, ips: string[]): string[] {
  const rank = (ip: string) => (process.net.fib.output(socketAddress(ip), { oif: process.net.link(zoneOf(ip) ?? '') }).error || (ip === '::1' && !process.net.lo.up) ? 2 : ip.includes(':') ? 0 : 1);
  return ips.some((ip) => ip.includes(':')) ? ips.map((ip) => [rank(ip), ip] as const).sort(([a], [b]) => a - b).map(([, ip]) => ip) : ips;
}

/** Asks the servers in turn for all types at once from one socket. SERVFAIL: every server failed; REFUSED: none is there. */
function query(process: Process, servers: string[], name: string, types: RecordType[], config: ResolverConfig, callback: (result: DnsMessage[] | 'TIMEOUT' | 'SERVFAIL' | 'REFUSED') => void): void {
  let worst: 'TIMEOUT' | 'SERVFAIL' | 'REFUSED' = 'TIMEOUT';
  const tries = servers.length * config.attempts;
  const attempt = (i: number) => {
    if (i >= tries) return callback(worst);
    ask(process, { ip: servers[i % servers.length]!, port: 53 }, types.map((type) => dnsQuery(process.net.shared.numbers.int(65536), name, type)), { timeout: config.timeout }, (result) => {
      if (typeof result === 'string') {
        worst = result === 'TIMEOUT' ? 'TIMEOUT' : 'REFUSED';
        return attempt(i + 1);
      }
      if (result.some((m) => m.rcode === 'SERVFAIL' || m.rcode === 'REFUSED' || m.rcode === 'NOTIMP')) {
        worst = 'SERVFAIL';
        return attempt(i + 1);
      }
      callback(result);
    });
  };
  attempt(0);
}

export interface AskOptions {
  /** Microseconds (default 5 s). */
  timeout?: Micros;
  tcp?: boolean;
  background?: boolean;
  /** Local address (dig -b). */
  bind?: string;
}

/** Sends questions to one server and waits for all answers: 'TIMEOUT', or the errno of an ICMP error or of sending. */
export function ask(process: Process, server: Endpoint, questions: DnsMessage[], { timeout = 5 * SECOND, tcp = false, background = false, bind }: AskOptions, callback: (result: DnsMessage[] | 'TIMEOUT' | NetErrno) => void): () => void {
  if (tcp) return askTcp(process, server, questions, timeout, callback);
  const answers = new Map<number, DnsMessage>();
  let socket: UdpSocket | undefined;
  let over = false;
  const timer = process.world.clock.after(timeout, () => done('TIMEOUT'), { background: true });
  const done = (result: DnsMessage[] | 'TIMEOUT' | NetErrno) => {
    if (over) return;
    over = true;
    timer.cancel();
    socket?.close();
    callback(result);
  };
  const cancel = () => {
    over = true;
    timer.cancel();
    socket?.close();
  };
  try {
    socket = udpOpen(process, { background, ...(bind === undefined ? {} : { ip: bind }) });
    socket.connect(server);
    socket.onMessage = (data) => {
      if (typeof data === 'string' || !questions.some((q) => q.id === data.id)) return;
      answers.set(data.id, data);
      if (answers.size === questions.length) done(questions.map((q) => answers.get(q.id)!));
    };
    socket.onError = (errno) => done(errno);
    for (const q of questions) socket.send(server, q);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    const { errno } = error;
    // What OUTPUT drops looks like an error of sending; the resolver waits all the same.
    if (errno !== 'EPERM') process.world.clock.after(0, () => done(errno));
  }
  return cancel;
}

/** The same for programs (dig, nslookup). */
export function askServer(process: Process, server: Endpoint, question: DnsMessage, options: AskOptions = {}): Promise<DnsMessage | 'TIMEOUT' | NetErrno> {
  return process.wait((resume) => ask(process, server, [question], options, (result) => resume(typeof result === 'string' ? result : result[0]!)));
}

/**
 * Serves DNS over UDP and TCP in the process's namespace; `handler` gives the answer, or undefined and later calls
 * `reply`. Throws SocketError.
 */
export function dnsListen(process: Process, { ip, port = 53, backlog }: { ip: string; port?: number; backlog?: number | undefined }, handler: (question: DnsMessage, reply: (answer: DnsMessage) => void, from: Endpoint, proto: 'udp' | 'tcp') => void): { close(): void } {
  const udp = udpOpen(process, { ip, port });
  udp.onMessage = (data, from) => {
    if (typeof data === 'string') return;
    handler(data, (answer) => {
      try {
        udp.send(from, answer);
      } catch (error) {
        if (!(error instanceof SocketError)) throw error;
      }
    }, from, 'udp');
  };
  const tcp = tcpListen(process, { ip, port, ...(backlog ? { backlog } : {}) }, (socket) => {
    let buffer = '';
    socket.onBytes = (bytes) => {
      buffer += bytes;
      for (let m; (m = takeMessage(buffer)); ) {
        buffer = m.rest;
        handler(m.message, (answer) => socket.writeBytes(putMessage(answer)), socket.remote, 'tcp');
      }
    };
    socket.onEnd = () => socket.close();
  });
  return {
    close: () => {
      udp.close();
      tcp.close();
    },
  };
}

/** An empty answer to a question. */
export function dnsAnswer(question: DnsMessage, o: Partial<DnsMessage> = {}): DnsMessage {
  return { ...question, response: true, recursionAvailable: true, answer: [], authority: [], additional: [], ...o };
}

function askTcp(process: Process, server: Endpoint, questions: DnsMessage[], timeout: Micros, callback: (result: DnsMessage[] | 'TIMEOUT' | NetErrno) => void): () => void {
  const socket = tcpConnect(process, server);
  const answers: DnsMessage[] = [];
  let buffer = '', over = false;
  const timer = process.world.clock.after(timeout, () => done('TIMEOUT'), { background: true });
  const cancel = () => {
    over = true;
    timer.cancel();
    socket.close();
  };
  const done = (result: DnsMessage[] | 'TIMEOUT' | NetErrno) => {
    if (over) return;
    cancel();
    callback(result);
  };
  socket.onOpen = () => {
    for (const q of questions) socket.writeBytes(putMessage(q));
  };
  socket.onBytes = (bytes) => {
    buffer += bytes;
    for (let m; (m = takeMessage(buffer)); ) {
      buffer = m.rest;
      answers.push(m.message);
    }
    if (answers.length === questions.length) done(answers);
  };
  socket.onError = done;
  socket.onEnd = () => done('ECONNRESET');
  return cancel;
}

/** A message in a TCP stream: its length, then its fields as JSON. */
function putMessage(m: DnsMessage): string {
  const body = JSON.stringify(m);
  return String.fromCharCode(body.length >> 8, body.length & 255) + body;
}

function takeMessage(buffer: string): { message: DnsMessage; rest: string } | undefined {
  if (buffer.length < 2) return undefined;
  const size = (buffer.charCodeAt(0) << 8) | buffer.charCodeAt(1);
  if (buffer.length < 2 + size) return undefined;
  return { message: JSON.parse(buffer.slice(2, 2 + size)) as DnsMessage, rest: buffer.slice(2 + size) };
}

function text(process: Process, path: string): string {
  const inode = process.fs.find(path);
  return inode?.kind === 'file' ? process.fs.readFile(path) : '';
}

