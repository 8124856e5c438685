
import { asciiDump, hex4, hexDump } from './dump.ts';
import { fragment6, header6, icmp6, named6 } from './print6.ts';
import { COOKED_HEADER, cooked as cookedFrame } from './pcap.ts';
import { IPV4_MAX } from '../../linux/net/addresses.ts';
import type { Capture } from '../../linux/net/link.ts';
import { dnsLength, type DnsMessage, type DnsRecord } from '../../linux/net/dns-message.ts';
import { ACK, FIN, frameLength, ipHeader, PSH, RST, SYN, URG, PROTOCOL_NUMBER, type Bpdu, type Frame, type Packet, type TcpPart } from '../../linux/net/packet.ts';
import { encodeFrame, transportChecksums } from '../../linux/net/wire.ts';
import type { Micros } from '../../sim/clock.ts';

export interface PrintOptions {
  /** -e */
  linkLayer: boolean;
  /** How many -v. */
  verbose: number;
  /** -q */
  quick: boolean;
  /** -S */
  absoluteSeq: boolean;
  /** Number of -t: 0 time of day, 1 none, 2 seconds since the epoch, 3 since the last, 4 with the date, 5 since the first. */
  time: number;
  /** Fewer than two -n: names instead of numbers where a name is known. */
  name: (ip: number) => string;
  port: (port: number, protocol: string) => string;
  /** Without -n: names of MACs and protocols too. */
  resolve: boolean;
  /** Of -i any: interface and direction come first. */
  cooked: boolean;
  /** -#: the number of each packet. */
  number: boolean;
  /** What -x, -X or -A add, with the link's header when it was given twice. */
  dump?: { as: 'hex' | 'both' | 'ascii'; link: boolean } | undefined;
  /** Bytes kept of each packet. */
  snaplen: number;
}

/** Prints captured frames as tcpdump 4.99 does; remembers the first sequence number of each connection. */
/** UDP ports whose payload tcpdump takes apart, and the size of the header it looks for (print-udp.c): a shorter text is cut. */
const DISSECTED = new Map<number, readonly [name: string, header: number]>([[53, ['domain', 12]], [5353, ['domain', 12]], ...Array.from({ length: 10 }, (_, i) => [7000 + i, ['rx', 28]] as const)]);

export class Printer {
  readonly #options: PrintOptions;
  readonly #initial = new Map<string, { seq: number; ack: number }>();
  #first: Micros | undefined;
  #last: Micros | undefined;
  #count = 0;

  constructor(options: PrintOptions) {
    this.#options = options;
  }

  line(at: Micros, frame: Frame, { name: dev, index }: { name: string; index: number }, to: Capture['to']): string {
    const stamp = `${this.#options.number ? `${String(++this.#count).padStart(5)}  ` : ''}${this.#stamp(at)}`;
    const o = this.#options;
    const cooked = o.cooked ? `${dev.padEnd(5)} ${PACKET_TYPES[to]} ` : '';
    const link = o.linkLayer
      ? o.cooked
        ? `ifindex ${index} ${this.#mac(frame.src)} ethertype ${etherType(frame)}, length ${frameLength(frame) + 6}: `
        : this.#ethernet(frame)
      : protocol(frame);
    return `${stamp}${cooked}${link}${this.#frame(frame)}${this.#dump(frame, { name: dev, index }, to)}\n`;
  }

  #ethernet(frame: Frame): string {
    const tag = frame.vlan === undefined ? '' : `vlan ${frame.vlan}, p 0, ethertype ${etherType(frame)}, `;
    if (frame.bpdu) return `${this.#mac(frame.src)} > ${this.#mac(frame.dst)}, 802.3, length ${frameLength(frame) - 14}: ${LLC}`;
    return `${this.#mac(frame.src)} > ${this.#mac(frame.dst)}, ethertype ${tag ? '802.1Q (0x8100)' : etherType(frame)}, length ${frameLength(frame)}: ${tag}`;
  }

  /** Without -n the maker of the card is looked up; those of the simulated links have none. */
  #mac(mac: string): string {
    return this.#options.resolve && mac !== 'ff:ff:ff:ff:ff:ff' ? `${mac} (oui ${mac === '00:00:00:00:00:00' ? 'Ethernet' : 'Unknown'})` : mac === 'ff:ff:ff:ff:ff:ff' && this.#options.resolve ? 'Broadcast' : mac;
  }

  #dump(frame: Frame, { name, index }: { name: string; index: number }, to: Capture['to']): string {
    const { dump, cooked, snaplen } = this.#options;
    if (!dump) return '';
    const all = cooked ? cookedFrame(frame, index, name === 'lo', to) : encodeFrame(frame);
    const bytes = all.subarray(dump.link ? 0 : cooked ? COOKED_HEADER : frame.vlan === undefined ? 14 : 18, snaplen);
    return dump.as === 'ascii' ? asciiDump(bytes) : hexDump(bytes, dump.as === 'both');
  }

  #frame(frame: Frame): string {
    if (frame.arp) {
      const a = frame.arp;
      const [sender, target] = [this.#options.name(a.senderIp), this.#options.name(a.targetIp)];
      const layers = this.#options.verbose > 0 ? 'Ethernet (len 6), IPv4 (len 4), ' : '';
      return `${layers}${a.op === 'request' ? `Request who-has ${target} tell ${sender}` : `Reply ${sender} is-at ${this.#mac(a.senderMac)}`}, length 28`;
    }
    if (frame.bpdu) return stp(frame.bpdu, this.#options.verbose);
    return frame.packet ? this.#packet(frame.packet) : '';
  }

  #packet(p: Packet): string {
    const body = this.#body(p);
    if (this.#options.verbose === 0) return body;
    if (p.dst > IPV4_MAX) return header6(p) + body;
    const flags = [p.fragment?.more ? '+' : '', p.df ? 'DF' : ''].filter(Boolean).join(', ') || 'none';
    return `(tos 0x${p.tos.toString(16)}, ttl ${p.ttl}, id ${p.id}, offset ${p.fragment?.offset ?? 0}, flags [${flags}], proto ${p.protocol.toUpperCase()} (${PROTOCOL_NUMBER[p.protocol]}), length ${p.length})\n    ${body}`;
  }

  #body(p: Packet): string {
    const { name, port } = this.#options;
    if (p.dst > IPV4_MAX) return this.#body6(p);
    if (p.fragment && p.fragment.offset > 0) return `${name(p.src)} > ${name(p.dst)}: ${this.#options.resolve ? p.protocol : `ip-proto-${PROTOCOL_NUMBER[p.protocol]}`}`;
    if (p.carried) return `${name(p.src)} > ${name(p.dst)}: ${p.protocol === 'gre' ? `GREv0, length ${p.length - 20}: ` : ''}${this.#options.linkLayer ? '' : 'IP '}${this.#packet(p.carried)}`;
    if (p.protocol === 'icmp') return `${name(p.src)} > ${name(p.dst)}: ICMP ${this.#icmp(p)}`;
    const ends = `${name(p.src)}.${port(p.sport, p.protocol)} > ${name(p.dst)}.${port(p.dport, p.protocol)}: `;
    return ends + (p.tcp ? this.#tcp(p, p.tcp) : this.#udp(p));
  }

  #body6(p: Packet): string {
    const { port, verbose } = this.#options, name = named6(this.#options.name);
    const piece = fragment6(p, verbose), plain = `${name(p.src)} > ${name(p.dst)}: `;
    if (p.fragment && p.fragment.offset > 0) return plain + piece;
    if (p.icmp) return `${plain}${piece ? `${piece} ` : ''}${icmp6(p, verbose, name)}`;
    const ends = `${name(p.src)}.${port(p.sport, p.protocol)} > ${name(p.dst)}.${port(p.dport, p.protocol)}: `;
    return `${piece ? `${plain}${piece} ${p.sport} > ${p.dport}: ` : ends}${p.tcp ? this.#tcp(p, p.tcp) : this.#udp(p)}`;
  }

  #tcp(p: Packet, tcp: TcpPart): string {
    const bytes = tcp.payload.length;
    if (this.#options.quick) return `tcp ${bytes}`;
    const { seq, ack } = this.#relative(p, tcp);
    const flags = FLAGS.map(([bit, letter]) => (tcp.flags & bit ? letter : '')).join('') || 'none';
    const parts = [`Flags [${flags}]`];
    if (this.#options.verbose > 0) {
      const { carried, correct } = transportChecksums(p);
      parts.push(`cksum ${hex4(carried)} (${carried === correct ? 'correct' : `incorrect -> ${hex4(correct)}`})`);
    }
    if (bytes > 0 || this.#options.verbose > 1 || tcp.flags & (SYN | FIN | RST)) parts.push(bytes > 0 ? `seq ${seq}:${(seq + bytes) >>> 0}` : `seq ${seq}`);
    if (tcp.flags & ACK) parts.push(`ack ${ack}`);
    parts.push(`win ${tcp.win}`);
    const options = tcpOptions(tcp);
    if (options.length > 0) parts.push(`options [${options.join(',')}]`);
    parts.push(`length ${bytes}`);
    return parts.join(', ') + this.#http(p, tcp);
  }

  /** Numbers relative to the first segment with an ACK that was seen (print-tcp.c); without one they are as on the wire. */
  #relative(p: Packet, tcp: TcpPart): { seq: number; ack: number } {
    if (this.#options.absoluteSeq || !(tcp.flags & ACK)) return { seq: tcp.seq, ack: tcp.ack };
    const forward = p.src < p.dst || (p.src === p.dst && p.sport < p.dport);
    const key = forward ? `${p.src}.${p.sport}-${p.dst}.${p.dport}` : `${p.dst}.${p.dport}-${p.src}.${p.sport}`;
    const start = this.#initial.get(key);
    if (!start || tcp.flags & SYN) {
      const before = (tcp.ack - 1) >>> 0;
      this.#initial.set(key, forward ? { seq: tcp.seq, ack: before } : { seq: before, ack: tcp.seq });
      return { seq: tcp.seq, ack: tcp.ack };
    }
    const [own, other] = forward ? [start.seq, start.ack] : [start.ack, start.seq];
    return { seq: (tcp.seq - own) >>> 0, ack: (tcp.ack - other) >>> 0 };
  }

  #http(p: Packet, tcp: TcpPart): string {
    if (tcp.opaque || tcp.payload === '' || !(HTTP_PORTS.has(p.sport) || HTTP_PORTS.has(p.dport))) return '';
    const lines = tcp.payload.split('\r\n');
    if (!/^(GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS|CONNECT) |^HTTP\/\d/.test(lines[0]!)) return ': HTTP';
    if (this.#options.verbose === 0) return `: HTTP: ${lines[0]}`;
    return `: HTTP, length: ${tcp.payload.length}\n\t${tcp.payload.split(/\r?\n/).join('\n\t')}`.replace(/\n\t$/, '') + (tcp.payload.endsWith('\n') ? '' : ' [|http]');
  }

  #udp(p: Packet): string {
    const data = p.data;
    const bytes = p.length - ipHeader(p.dst) - 8;
    if (this.#options.quick) return `UDP, length ${bytes}`;
    if (typeof data === 'object' && 'src' in data) {
      const inner = data;
      const link = this.#options.linkLayer ? this.#ethernet(inner) : protocol(inner);
      return `${this.#options.verbose > 1 ? '[no cksum] ' : ''}OTV, flags [I] (0x08), overlay 0, instance 1\n${link}${this.#frame(inner)}`;
    }
    const sum = this.#udpSum(p);
    if (p.dport === VXLAN_PORT && bytes < 8) return `${sum}OTV, [length ${bytes} < 8] (invalid)`;
    if (typeof data === 'object' && data.kind === 'dns') return sum + this.#dns(data);
    const port = p.sport === undefined ? 0 : [p.dport, p.sport].find((x) => DISSECTED.has(x!));
    if (port && bytes < DISSECTED.get(port)![1]) {
      const [name, least] = DISSECTED.get(port)!;
      return sum + (name === 'domain' ? `domain [length ${bytes} < ${least}] (invalid)` : ` [|${name}] (${bytes})`);
    }
    return `${sum}UDP, length ${bytes}`;
  }

  #udpSum(p: Packet): string {
    if (this.#options.verbose < 2 || p.fragment) return '';
    const { carried, correct } = transportChecksums(p);
    return carried === correct ? '[udp sum ok] ' : `[bad udp cksum ${hex4(carried)} -> ${hex4(correct)}!] `;
  }

  /** print-domain.c: -v names the owners of answers, -vv adds the question and the other sections. */
  #dns(m: DnsMessage): string {
    const { verbose } = this.#options;
    const size = `(${dnsLength(m)})`;
    const record = (r: DnsRecord) => ` ${verbose > 0 ? `${r.name} ` : ''}${verbose > 2 ? `[${ttl(r.ttl)}] ` : ''}${r.type}${dnsData(r, verbose)}`;
    const section = (title: string, records: string[]) => (verbose > 1 && records.length > 0 ? ` ${title}:${records.join(',')}` : '');
    const additional = [...m.additional.map(record), ...(m.edns === undefined ? [] : [` . OPT UDPsize=${m.edns}${m.cookie ? ` [COOKIE ${'00'.repeat(m.cookie)}]` : ''}`])];
    const question = `${m.question.type}? ${m.question.name}`;
    if (!m.response) return `${m.id}${m.recursionDesired ? '+' : ''}${m.edns === undefined ? '' : ' [1au]'} ${question}${section('ar', additional)} ${size}`;
    const rcode = m.rcode === 'NOERROR' ? '' : ` ${RCODES[m.rcode] ?? m.rcode}`;
    const counts = ` ${m.answer.length}/${m.authority.length}/${additional.length}`;
    return `${m.id}${rcode}${m.authoritative ? '*' : ''}${m.recursionAvailable ? '' : '-'}${m.truncated ? '|' : ''}${verbose > 1 ? ` q: ${question}` : ''}${counts}${m.answer.map(record).join(',')}${section('ns', m.authority.map(record))}${section('ar', additional)} ${size}`;
  }

  #icmp(p: Packet): string {
    const icmp = p.icmp!;
    const name = this.#options.name;
    const size = `length ${p.length - 20}`;
    const inner = icmp.inner;
    if (icmp.type === 'echo-request' || icmp.type === 'echo-reply') return `echo ${icmp.type === 'echo-request' ? 'request' : 'reply'}, id ${icmp.id}, seq ${icmp.seq}, ${size}`;
    if (icmp.type === 'time-exceeded') return `${icmp.code === 1 ? 'ip reassembly time exceeded' : 'time exceeded in-transit'}, ${size}${inner ? this.#quoted(inner) : ''}`;
    if (icmp.type === 'redirect') return `redirect ${name(inner?.dst ?? 0)} to host ${name(icmp.gateway ?? 0)}, ${size}`;
    if (icmp.type !== 'destination-unreachable' || !inner) return `${icmp.type}, ${size}`;
    const to = name(inner.dst);
    return this.#unreachable(icmp, inner, to, size) + this.#quoted(inner);
  }

  /** With -v, the packet that the error is about. */
  #quoted(inner: Packet): string {
    return this.#options.verbose > 0 ? `\n\t${this.#options.linkLayer ? '' : 'IP '}${this.#packet(inner)}` : '';
  }

  #unreachable(icmp: NonNullable<Packet['icmp']>, inner: Packet, to: string, size: string): string {
    switch (icmp.code) {
      case 0: return `net ${to} unreachable, ${size}`;
      case 1: return `host ${to} unreachable, ${size}`;
      case 2: return `${to} protocol ${PROTOCOL_NUMBER[inner.protocol]} unreachable, ${size}`;
      case 3: return inner.protocol === 'icmp' ? `${to} protocol 1 port unreachable, ${size}` : `${to} ${inner.protocol} port ${inner.dport} unreachable, ${size}`;
      case 4: return `${to} unreachable - need to frag (mtu ${icmp.mtu ?? 0}), ${size}`;
      case 9: return `net ${to} unreachable - admin prohibited, ${size}`;
      case 10: return `host ${to} unreachable - admin prohibited, ${size}`;
      case 13: return `host ${to} unreachable - admin prohibited filter, ${size}`;
      default: return `${to} unreachable, ${size}`;
    }
  }

  #stamp(at: Micros): string {
    this.#first ??= at;
    const last = this.#last ?? at;
    this.#last = at;
    switch (this.#options.time) {
      case 0: return `${timeOfDay(at)} `;
      case 1: return '';
      case 2: return `${Math.floor(at / 1e6)}.${String(at % 1e6).padStart(6, '0')} `;
      case 3: return ` ${timeOfDay(at - last)} `;
      case 4: return `${date(at)} ${timeOfDay(at)} `;
      default: return ` ${timeOfDay(at - this.#first)} `;
    }
  }
}

/** sll_pkttype as tcpdump names it. */
const PACKET_TYPES: Record<Capture['to'], string> = { host: 'In ', broadcast: 'B  ', multicast: 'M  ', otherhost: 'P  ', outgoing: 'Out' };
const FLAGS: [number, string][] = [[FIN, 'F'], [SYN, 'S'], [RST, 'R'], [PSH, 'P'], [ACK, '.'], [URG, 'U']];
/** Where Linux has VXLAN; tcpdump takes it for OTV. */
const VXLAN_PORT = 8472;
const HTTP_PORTS = new Set([80, 8080, 3128]);
const RCODES: Record<string, string> = { NXDOMAIN: 'NXDomain', SERVFAIL: 'ServFail', REFUSED: 'Refused', NOTIMP: 'NotImp', FORMERR: 'FormErr' };

function tcpOptions(tcp: TcpPart): string[] {
  const out: string[] = [];
  if (tcp.mss !== undefined) out.push(`mss ${tcp.mss}`);
  if (tcp.flags & SYN) {
    if (tcp.sackOk) out.push('sackOK');
    if (tcp.ts) out.push(`TS val ${tcp.ts[0]} ecr ${tcp.ts[1]}`);
    if (tcp.wscale !== undefined) out.push('nop', `wscale ${tcp.wscale}`);
  } else if (tcp.ts) out.push('nop', 'nop', `TS val ${tcp.ts[0]} ecr ${tcp.ts[1]}`);
  return out;
}

/** Seconds as unsigned_relts_print has them: 1h30m5s. */
function ttl(seconds: number): string {
  const units: [number, string][] = [[604800, 'w'], [86400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']];
  let left = seconds, out = '';
  for (const [size, unit] of units) {
    if (left >= size) out += `${Math.floor(left / size)}${unit}`;
    left %= size;
  }
  return out || '0s';
}

/** What follows the type of a record. */
function dnsData({ type, data }: DnsRecord, verbose: number): string {
  const words = data.split(' ');
  if (type === 'SRV') return ` ${words[3]}:${words[2]} ${words[0]} ${words[1]}`;
  if (type === 'MX') return ` ${words[1]} ${words[0]}`;
  if (type === 'SOA') return verbose > 0 ? ` ${(verbose > 1 ? words : words.slice(0, 2)).join(' ')}` : '';
  return ` ${data}`;
}

const LLC = 'LLC, dsap STP (0x42) Individual, ssap STP (0x42) Command, ctrl 0x03: ';

/** print-stp.c */
function stp(b: Bpdu, verbose: number): string {
  if (b.type === 'tcn') return 'STP 802.1d, Topology Change';
  const id = (text: string) => text.replace(/[\da-f]{2}(?=[\da-f])/g, (byte, at: number) => (at < 5 ? byte : `${byte}:`));
  const flags = [b.topologyChange ? 'Topology change' : '', b.topologyChangeAck ? 'Topology change ACK' : ''].filter(Boolean).join(', ') || 'none';
  const line = `STP 802.1d, Config, Flags [${flags}], bridge-id ${id(b.bridge)}.${b.port.toString(16).padStart(4, '0')}, length 35`;
  if (verbose === 0) return line;
  const seconds = (n: number) => `${(n / 100).toFixed(2)}s`;
  const times = `message-age ${(Math.floor((b.messageAge * 256) / 1e6) / 256).toFixed(2)}s, max-age ${seconds(b.maxAge)}, hello-time ${seconds(b.helloTime)}, forwarding-delay ${seconds(b.forwardDelay)}`;
  return `${line}\n\t${times}\n\troot-id ${id(b.root)}, root-pathcost ${b.rootPathCost}`;
}

function etherType(frame: Frame): string {
  return frame.arp ? 'ARP (0x0806)' : frame.packet!.dst > IPV4_MAX ? 'IPv6 (0x86dd)' : 'IPv4 (0x0800)';
}

function protocol({ packet, arp }: Frame): string {
  return packet ? (packet.dst > IPV4_MAX ? 'IP6 ' : 'IP ') : arp ? 'ARP, ' : '';
}


function timeOfDay(at: Micros): string {
  const s = Math.floor(at / 1e6) % 86400;
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}.${String(at % 1e6).padStart(6, '0')}`;
}

function date(at: Micros): string {
  return new Date(at / 1000).toISOString().slice(0, 10);
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

