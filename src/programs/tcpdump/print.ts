
import type { Capture } from '../../linux/net/link.ts';
import { dnsLength, type DnsMessage } from '../../linux/net/dns-message.ts';
import { ACK, FIN, frameLength, PSH, RST, SYN, URG, PROTOCOL_NUMBER, type Frame, type Packet, type TcpPart } from '../../linux/net/packet.ts';
import { transportChecksum } from '../../linux/net/wire.ts';
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
  /** Of -i any: interface and direction come first. */
  cooked: boolean;
}

/** Prints captured frames as tcpdump 4.99 does; remembers the first sequence number of each connection. */
/** UDP ports whose payload tcpdump takes apart, and the size of the header it looks for (print-udp.c): a shorter text is cut. */
const DISSECTED = new Map<number, readonly [name: string, header: number]>([[53, ['domain', 12]], [5353, ['domain', 12]], ...Array.from({ length: 10 }, (_, i) => [7000 + i, ['rx', 28]] as const)]);

export class Printer {
  readonly #options: PrintOptions;
  readonly #initial = new Map<string, { seq: number; ack: number }>();
  #first: Micros | undefined;
  #last: Micros | undefined;

  constructor(options: PrintOptions) {
    this.#options = options;
  }

  line(at: Micros, frame: Frame, dev: string, to: Capture['to']): string {
    const stamp = this.#stamp(at);
    const o = this.#options;
    const cooked = o.cooked ? `${dev.padEnd(5)} ${PACKET_TYPES[to]} ` : '';
    const link = o.linkLayer
      ? o.cooked
        ? `ifindex ${dev} ${frame.src} ethertype ${etherType(frame)}, length ${frameLength(frame) + 6}: `
        : `${frame.src} > ${frame.dst}, ethertype ${frame.vlan === undefined ? etherType(frame) : '802.1Q (0x8100)'}, length ${frameLength(frame)}: ${frame.vlan === undefined ? '' : `vlan ${frame.vlan}, p 0, ethertype ${etherType(frame)}, `}`
      : frame.packet ? 'IP ' : frame.arp ? 'ARP, ' : '';
    return `${stamp}${cooked}${link}${this.#frame(frame)}\n`;
  }

  #frame(frame: Frame): string {
    if (frame.arp) {
      const a = frame.arp;
      const [sender, target] = [this.#options.name(a.senderIp), this.#options.name(a.targetIp)];
      const layers = this.#options.verbose > 0 ? 'Ethernet (len 6), IPv4 (len 4), ' : '';
      return `${layers}${a.op === 'request' ? `Request who-has ${target} tell ${sender}` : `Reply ${sender} is-at ${a.senderMac}`}, length 28`;
    }
    return frame.packet ? this.#packet(frame.packet) : '';
  }

  #packet(p: Packet): string {
    const body = this.#body(p);
    if (this.#options.verbose === 0) return body;
    const flags = [p.fragment?.more ? '+' : '', p.df ? 'DF' : ''].filter(Boolean).join(', ') || 'none';
    return `(tos 0x${p.tos.toString(16)}, ttl ${p.ttl}, id ${p.id}, offset ${p.fragment?.offset ?? 0}, flags [${flags}], proto ${p.protocol.toUpperCase()} (${PROTOCOL_NUMBER[p.protocol]}), length ${p.length})\n    ${body}`;
  }

  #body(p: Packet): string {
    const { name, port } = this.#options;
    if (p.fragment && p.fragment.offset > 0) return `${name(p.src)} > ${name(p.dst)}: ${p.protocol}`;
    if (p.carried) return `${name(p.src)} > ${name(p.dst)}: ${p.protocol === 'gre' ? `GREv0, length ${p.length - 20}: ` : ''}${this.#options.linkLayer ? '' : 'IP '}${this.#packet(p.carried)}`;
    if (p.protocol === 'icmp') return `${name(p.src)} > ${name(p.dst)}: ICMP ${this.#icmp(p)}`;
    const ends = `${name(p.src)}.${port(p.sport, p.protocol)} > ${name(p.dst)}.${port(p.dport, p.protocol)}: `;
    return ends + (p.tcp ? this.#tcp(p, p.tcp) : this.#udp(p));
  }

  #tcp(p: Packet, tcp: TcpPart): string {
    const bytes = tcp.payload.length;
    if (this.#options.quick) return `tcp ${bytes}`;
    const { seq, ack } = this.#relative(p, tcp);
    const flags = FLAGS.map(([bit, letter]) => (tcp.flags & bit ? letter : '')).join('') || 'none';
    const parts = [`Flags [${flags}]`];
    if (this.#options.verbose > 0) parts.push(`cksum 0x${transportChecksum(p).toString(16).padStart(4, '0')} (correct)`);
    if (bytes > 0 || tcp.flags & (SYN | FIN | RST)) parts.push(bytes > 0 ? `seq ${seq}:${(seq + bytes) >>> 0}` : `seq ${seq}`);
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
    return `\n\t${lines.join('\n\t')}`.replace(/\n\t$/, '');
  }

  #udp(p: Packet): string {
    const data = p.data;
    const bytes = p.length - 28;
    if (typeof data === 'object' && 'src' in data) {
      const inner = data;
      const link = inner.packet ? 'IP ' : inner.arp ? 'ARP, ' : '';
      return `OTV, flags [I] (0x08), overlay 0, instance 1\n${link}${this.#frame(inner)}`;
    }
    if (this.#options.quick) return `UDP, length ${bytes}`;
    if (typeof data === 'object' && data.kind === 'dns') return this.#dns(data);
    const port = p.sport === undefined ? 0 : [p.dport, p.sport].find((x) => DISSECTED.has(x!));
    if (port && bytes < DISSECTED.get(port)![1]) {
      const [name, least] = DISSECTED.get(port)!;
      return name === 'domain' ? `domain [length ${bytes} < ${least}] (invalid)` : ` [|${name}] (${bytes})`;
    }
    return `UDP, length ${bytes}`;
  }

  #dns(m: DnsMessage): string {
    const size = `(${dnsLength(m)})`;
    const type = m.question.type;
    if (!m.response) {
      const extra = m.edns === undefined ? '' : ' [1au]';
      return `${m.id}${m.recursionDesired ? '+' : ''}${extra} ${type}? ${m.question.name} ${size}`;
    }
    const rcode = m.rcode === 'NOERROR' ? '' : ` ${RCODES[m.rcode] ?? m.rcode}`;
    const additional = m.additional.length + (m.edns === undefined ? 0 : 1);
    const records = m.answer.map((r) => ` ${this.#options.verbose > 0 ? `${r.name} ` : ''}${r.type} ${r.data}`).join(',');
    return `${m.id}${rcode}${m.authoritative ? '*' : ''}${m.recursionAvailable ? '' : m.authoritative && this.#options.verbose > 1 ? '-' : ''} ${m.answer.length}/${m.authority.length}/${additional}${records} ${size}`;
  }

  #icmp(p: Packet): string {
    const icmp = p.icmp!;
    const name = this.#options.name;
    const size = `length ${p.length - 20}`;
    const inner = icmp.inner;
    if (icmp.type === 'echo-request' || icmp.type === 'echo-reply') return `echo ${icmp.type === 'echo-request' ? 'request' : 'reply'}, id ${icmp.id}, seq ${icmp.seq}, ${size}`;
    if (icmp.type === 'time-exceeded') return `time exceeded in-transit, ${size}`;
    if (icmp.type === 'redirect') return `redirect ${name(inner?.dst ?? 0)} to host ${name(icmp.gateway ?? 0)}, ${size}`;
    if (icmp.type !== 'destination-unreachable' || !inner) return `${icmp.type}, ${size}`;
    const to = name(inner.dst);
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

function etherType(frame: Frame): string {
  return frame.packet ? 'IPv4 (0x0800)' : 'ARP (0x0806)';
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

