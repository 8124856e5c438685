import { formatIpv4, parseIpv4 } from '../../linux/net/addresses.ts';
import { isLinkLocal6, parseIpv6 } from '../../linux/net/addresses6.ts';
import { hosts, resolve, reverse, type Family, type LookupFailure } from '../../linux/net/dns.ts';
import { ERROR_TEXT, SocketError } from '../../linux/net/errors.ts';
import { icmpOpen, type IcmpErrorMessage } from '../../linux/net/icmp.ts';
import { ipv6Of } from '../../linux/net/shared.ts';
import { socketAddress } from '../../linux/net/sockets.ts';
import type { Process, Program } from '../../linux/process.ts';
import { SECOND, type Micros } from '../../sim/clock.ts';
import { USAGE } from './usage.ts';

interface Options {
  host: string;
  family: Family;
  count: number | undefined;
  interval: Micros;
  size: number;
  ttl: number;
  wait: Micros;
  deadline: Micros | undefined;
  quiet: boolean;
  numeric: boolean;
  flood: boolean;
  outstanding: boolean;
  timestamps: boolean;
  pmtudisc: 'do' | 'want' | 'dont';
  from: string | undefined;
  mark: number;
  broadcast: boolean;
}

class Usage extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** ping(8) of iputils 20221126; as ping6 for IPv6. */
export const main: Program = async (p) => {
  let o: Options;
  try {
    o = parse(p.args, p.argv[0]!.endsWith('6') ? 6 : 0);
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    p.err(error.message);
    return error.code;
  }
  if (o.host === '-V') {
    p.out('ping from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n');
    return 0;
  }
  const found = await resolve(p, o.host, o.family);
  if (typeof found === 'string') {
    p.err(`${p.argv[0]!.replace(/.*\//, '')}: ${o.host}: ${FAILURES[found]}\n`);
    return 2;
  }
  if (found.addresses[0]!.includes(':')) return ping6(p, o, found.addresses[0]!, found.canonical);
  // To nobody is to oneself (ip_route_output_key).
  const ip = found.addresses[0] === '0.0.0.0' ? '127.0.0.1' : found.addresses[0]!;
  const name = found.canonical;
  const byDevice = o.from !== undefined && parseIpv4(o.from) === undefined;
  if (byDevice && !p.net.link(o.from!)) {
    p.err(`ping: SO_BINDTODEVICE ${o.from}: No such device\n`);
    return 2;
  }
  if (o.from !== undefined && !byDevice && p.net.fib.addressType(parseIpv4(o.from)!) !== 'LOCAL') {
    p.err('ping: bind: Cannot assign requested address\n');
    return 2;
  }
  const from = o.from === undefined ? '' : byDevice ? ` from ${formatIpv4(p.net.lookupRoute(ip, { oif: o.from! }).src)} ${o.from}:` : ` from ${o.from} :`;
  const socket = icmpOpen(p);
  try {
    socket.connect(ip, o.from !== undefined && parseIpv4(o.from) === undefined ? o.from : undefined);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    p.err(error.errno === 'EACCES' ? 'ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n' : `ping: connect: ${ERROR_TEXT[error.errno]}\n`);
    return 2;
  }
  const source = o.from === undefined ? {} : parseIpv4(o.from) === undefined ? { dev: o.from } : { src: o.from };
  const address = parseIpv4(ip), broadcast = address !== undefined && address !== 0 && p.net.fib.addressType(address) === 'BROADCAST';
  if (broadcast && !o.broadcast) {
    p.err('ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n');
    return 2;
  }
  if (broadcast) p.err('WARNING: pinging broadcast address\n');
  p.out(`PING ${name} (${ip})${from} ${o.size}(${o.size + 28}) bytes of data.\n`);
  return new Run(p, o, ip, name, socket, source).run();
};

/** Over IPv6; other words in some places (ping6_common.c). */
async function ping6(p: Process, o: Options, ip: string, name: string): Promise<number> {
  const inet6 = await ipv6Of(p.net);
  const source = o.from === undefined ? undefined : parseIpv6(o.from.replace(/%.*/, '')), dev = o.from === undefined || source !== undefined ? undefined : o.from;
  if (dev !== undefined && !p.net.link(dev)) {
    p.err(`ping: unknown iface: ${dev}\n`);
    return 2;
  }
  if (source !== undefined && inet6.fib.addressType(source) !== 'LOCAL') {
    p.err('ping: bind icmp socket: Cannot assign requested address\n');
    return 2;
  }
  const socket = icmpOpen(p);
  let own: string;
  try {
    own = socket.connect(ip, dev);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    p.err(`ping: connect: ${ERROR_TEXT[error.errno]}\n`);
    return 2;
  }
  // A link-local address that was taken without saying where is not compared.
  const near = isLinkLocal6(socketAddress(ip));
  if (dev !== undefined && near) {
    if (!ip.includes('%')) p.err(`ping: Warning: source address might be selected on device other than: ${dev}\n`);
    own = '::';
  }
  const from = source === undefined ? (dev === undefined ? '' : ` from ${own} ${dev}:`) : ` from ${o.from} ${o.from!.includes('%') ? `${o.from!.split('%')[1]}:` : ':'}`;
  const run = new Run(p, o, ip, name, socket, dev === undefined ? (source === undefined ? {} : { src: o.from! }) : { dev });
  p.out(`PING ${o.host}(${await run.called(ip)})${from} ${o.size} data bytes\n`);
  return run.run();
}

const FAILURES: Record<LookupFailure, string> = { ENOTFOUND: 'Name or service not known', EAI_AGAIN: 'Temporary failure in name resolution', EAI_ADDRFAMILY: 'Address family for hostname not supported' };

class Run {
  readonly #p: Process;
  readonly #o: Options;
  readonly #ip: string;
  readonly #name: string;
  readonly #socket: ReturnType<typeof icmpOpen>;
  readonly #source: { dev?: string; src?: string };
  readonly #sentAt = new Map<number, Micros>();
  readonly #rtts: number[] = [];
  #sent = 0;
  #received = 0;
  #duplicates = 0;
  #errors = 0;
  #firstSent = 0;
  #lastSent = 0;
  #interrupted = false;
  #wake: (() => void) | undefined;
  /** Lines wait here for the name of who answered. */
  #print: Promise<void> = Promise.resolve();
  #label: string | undefined;

  constructor(p: Process, o: Options, ip: string, name: string, socket: ReturnType<typeof icmpOpen>, source: { dev?: string; src?: string }) {
    this.#p = p;
    this.#o = o;
    this.#ip = ip;
    this.#name = name;
    this.#socket = socket;
    this.#source = source;
  }

  async run(): Promise<number> {
    const p = this.#p, o = this.#o;
    const began = p.now;
    this.#socket.onReply = ({ from, ttl, seq, bytes }) => {
      const at = this.#sentAt.get(seq);
      if (at === undefined) this.#duplicates++;
      else {
        const rtt = (p.now - at) / 1000;
        this.#sentAt.delete(seq);
        this.#received++;
        this.#rtts.push(rtt);
        if (!o.quiet && !o.flood) p.out(`${this.#stamp()}${bytes} bytes from ${this.#who(from)}: icmp_seq=${seq} ttl=${ttl}${bytes >= 24 ? ` time=${rtt < 1 ? rtt.toFixed(3) : rtt < 10 ? rtt.toFixed(2) : rtt < 100 ? rtt.toFixed(1) : rtt.toFixed(0)} ms` : ''}\n`);
        else if (o.flood) p.out('\b \b');
      }
      this.#wake?.();
    };
    this.#socket.onError = (error) => {
      this.#errors++;
      if (!o.quiet && !o.flood) p.out(`${this.#stamp()}From ${error.from} icmp_seq=${error.seq} ${this.#ip.includes(':') ? describe6(error) : describe(error)}\n`);
      this.#wake?.();
    };
    this.#socket.onRedirect = ({ from, seq, gateway }) => {
      if (!o.quiet && !o.flood) p.out(`${this.#stamp()}From ${from}: icmp_seq=${seq} Redirect Host(New nexthop: ${gateway})\n`);
    };
    p.onSignal('INT', () => {
      this.#interrupted = true;
      this.#wake?.();
    });
    p.onSignal('QUIT', () => p.err(`${this.#received}/${this.#sent} packets, ${this.#loss()}% loss\n`));
    await this.called(this.#ip);
    while (!this.#interrupted && (o.count === undefined || this.#sent < o.count)) {
      if (o.deadline !== undefined && p.now - began >= o.deadline) break;
      this.#send();
      if (o.count !== undefined && this.#sent >= o.count) break;
      await this.#pause(Math.min(o.flood ? 10_000 : o.interval, o.deadline === undefined ? Infinity : o.deadline - (p.now - began)), () => o.flood && this.#sentAt.size === 0);
    }
    // What is still on its way: wait for it, at most -W (10 s unless told otherwise; less when nothing ever came).
    const limit = o.deadline !== undefined ? o.deadline - (p.now - began) : this.#received > 0 && this.#rtts.length > 0 ? Math.min(o.wait, Math.max(2 * Math.max(...this.#rtts) * 1000, 1)) : o.wait;
    if (!this.#interrupted && this.#sentAt.size > 0) await this.#pause(Math.max(0, limit), () => this.#sentAt.size === 0 || this.#received + this.#errors >= this.#sent);
    await this.#print;
    return this.#finish();
  }

  /** The address with its name, where one is to be looked for and found. */
  async called(ip: string): Promise<string> {
    const o = this.#o, written = o.host.includes(':') || parseIpv4(o.host) !== undefined;
    if (!o.numeric && !written) this.#label ??= hosts(this.#p).find((h) => h.ip === ip)?.names[0] ?? (await reverse(this.#p, ip));
    return this.#who(ip);
  }

  #send(): void {
    const seq = ++this.#sent;
    if (this.#sent === 1) this.#firstSent = this.#p.now;
    this.#lastSent = this.#p.now;
    if (this.#o.outstanding && seq > 1 && this.#sentAt.has(seq - 1)) this.#p.out(`no answer yet for icmp_seq=${seq - 1}\n`);
    this.#sentAt.set(seq, this.#p.now);
    if (this.#o.flood) this.#p.out('.');
    try {
      this.#socket.send({ broadcast: this.#o.broadcast, ip: this.#ip, seq: seq & 0xffff, size: this.#o.size, ttl: this.#o.ttl, pmtudisc: this.#o.pmtudisc, mark: this.#o.mark, ...this.#source });
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      this.#sentAt.delete(seq);
      if (error.errno === 'EMSGSIZE') {
        this.#errors++;
        this.#p.err(`ping: local error: message too long, ${this.#ip.includes(':') ? 'mtu: ' : 'mtu='}${this.#socket.mtuTo(this.#ip)}\n`);
      } else this.#p.err(`ping: sendmsg: ${ERROR_TEXT[error.errno]}\n`);
    }
  }

  /** Waits for the time, an interruption or `done`. */
  #pause(time: Micros, done: () => boolean): Promise<void> {
    const p = this.#p;
    return p.wait<void>((resume) => {
      const timer = p.world.clock.after(time, () => end());
      const end = () => {
        timer.cancel();
        this.#wake = undefined;
        resume();
      };
      this.#wake = () => {
        if (this.#interrupted || done()) end();
      };
      return () => timer.cancel();
    });
  }

  #who(from: string): string {
    return this.#label === undefined ? from : `${this.#label} (${from})`;
  }

  #stamp(): string {
    return this.#o.timestamps ? `[${(this.#p.now / 1e6).toFixed(6)}] ` : '';
  }

  #loss(): string {
    const loss = this.#sent === 0 ? 0 : (100 * (this.#sent - this.#received)) / this.#sent;
    return String(Number(loss.toPrecision(6)));
  }

  #finish(): number {
    const errors = this.#errors > 0 ? `, +${this.#errors} errors` : '';
    const duplicates = this.#duplicates > 0 ? `, +${this.#duplicates} duplicates` : '';
    const time = Math.floor((this.#lastSent - this.#firstSent) / 1000);
    this.#p.out(`${this.#interrupted && this.#p.tty ? '' : ''}\n--- ${this.#name} ping statistics ---\n${this.#sent} packets transmitted, ${this.#received} received${duplicates}${errors}, ${this.#loss()}% packet loss, time ${time}ms\n`);
    if (this.#rtts.length > 0) {
      const n = this.#rtts.length;
      const avg = this.#rtts.reduce((a, b) => a + b, 0) / n;
      const mdev = Math.sqrt(Math.max(0, this.#rtts.reduce((a, b) => a + b * b, 0) / n - avg * avg));
      this.#p.out(`rtt min/avg/max/mdev = ${[Math.min(...this.#rtts), avg, Math.max(...this.#rtts), mdev].map((x) => x.toFixed(3)).join('/')} ms\n`);
    }
    this.#p.out(this.#rtts.length > 0 ? '' : '\n');
    return this.#received > 0 && (this.#o.deadline === undefined || this.#o.count === undefined || this.#received >= this.#o.count) ? 0 : 1;
  }
}

function describe(error: IcmpErrorMessage): string {
  if (error.type === 'time-exceeded') return error.code === 0 ? 'Time to live exceeded' : 'Frag reassembly time exceeded';
  const texts = ['Destination Net Unreachable', 'Destination Host Unreachable', 'Destination Protocol Unreachable', 'Destination Port Unreachable', `Frag needed and DF set (mtu = ${error.mtu ?? 0})`, 'Source Route Failed', 'Destination Net Unknown', 'Destination Host Unknown', 'Source Host Isolated', 'Destination Net Prohibited', 'Destination Host Prohibited', 'Destination Net Unreachable for Type of Service', 'Destination Host Unreachable for Type of Service', 'Packet filtered'];
  return texts[error.code] ?? `Dest Unreachable, Bad Code: ${error.code}`;
}

function describe6(error: IcmpErrorMessage): string {
  const unreachable = ['No route', 'Administratively prohibited', 'Beyond scope of source address', 'Address unreachable', 'Port unreachable'];
  switch (error.type) {
    case 'destination-unreachable': return `Destination unreachable: ${unreachable[error.code] ?? `Unknown code ${error.code}`}`;
    case 'packet-too-big': return `Packet too big: mtu=${error.mtu ?? 0}`;
    case 'time-exceeded': return `Time exceeded: ${error.code === 0 ? 'Hop limit' : 'Defragmentation failure'}`;
    default: return `Parameter problem: ${error.code === 1 ? 'Unknown header' : 'Wrong header field'}`;
  }
}

function parse(args: string[], family: Family): Options {
  const o: Options = { host: '', family, count: undefined, interval: SECOND, size: 56, ttl: 64, wait: 10 * SECOND, deadline: undefined, quiet: false, numeric: false, flood: false, outstanding: false, timestamps: false, pmtudisc: 'want', from: undefined, mark: 0, broadcast: false };
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    for (let k = 1; k < arg.length; k++) {
      const letter = arg[k]!;
      if ('nqfOD46bAaBCLUdvrR'.includes(letter)) {
        if (letter === '4' || letter === '6') {
          if (o.family !== 0 && o.family !== Number(letter)) throw new Usage(2, 'ping: only one -4 or -6 option may be specified\n');
          o.family = letter === '4' ? 4 : 6;
        } else if (letter === 'n') o.numeric = true;
        else if (letter === 'q') o.quiet = true;
        else if (letter === 'f') o.flood = true;
        else if (letter === 'O') o.outstanding = true;
        else if (letter === 'D') o.timestamps = true;
        else if (letter === 'b') o.broadcast = true;
        continue;
      }
      if (letter === 'V') return { ...o, host: '-V' };
      if (!'ciwWstMImplQSTe'.includes(letter)) throw new Usage(letter === 'h' ? 2 : 2, `${letter === 'h' ? '' : `ping: invalid option -- '${letter}'\n`}\n${USAGE}`);
      const value = arg.slice(k + 1) || args[++i];
      if (value === undefined) throw new Usage(2, `ping: option requires an argument -- '${letter}'\n\n${USAGE}`);
      const number = (low: number, high: number | bigint) => {
        if (!/^-?\d+$/.test(value)) throw new Usage(1, `ping: invalid argument: '${value}'\n`);
        if (Number(value) < low || Number(value) > high) throw new Usage(1, `ping: invalid argument: '${value}': out of range: ${low} <= value <= ${high}\n`);
        return Number(value);
      };
      const seconds = () => {
        if (!/^\d*\.?\d+$/.test(value)) throw new Usage(2, `ping: bad timing interval: ${value}\n`);
        return Math.round(Number(value) * SECOND);
      };
      if (letter === 'c') o.count = number(1, 9223372036854775807n);
      else if (letter === 'i') o.interval = Math.max(2000, seconds());
      else if (letter === 'w') o.deadline = number(0, 2147483647) * SECOND;
      else if (letter === 'W') o.wait = seconds();
      else if (letter === 's') o.size = number(0, 65507 - 8 + 28 - 20);
      else if (letter === 't') o.ttl = number(0, 255);
      else if (letter === 'm') o.mark = number(0, 2147483647);
      else if (letter === 'I') o.from = value;
      else if (letter === 'M') {
        if (value !== 'do' && value !== 'dont' && value !== 'want') throw new Usage(2, `ping: invalid -M argument: ${value}\n`);
        o.pmtudisc = value;
      }
      break;
    }
  }
  if (words.length === 0) throw new Usage(1, 'ping: usage error: Destination address required\n');
  o.host = words.at(-1)!;
  return o;
}
