import { IPV4_MAX, parseIpv4, inPrefix, type Ip } from '../../linux/net/addresses.ts';
import { network6, parseCidr6, parseIpv6 } from '../../linux/net/addresses6.ts';
import { frameLength, ICMP6_NUMBER, ICMP_NUMBER, PROTOCOL_NUMBER, type Frame, type Packet, type Protocol } from '../../linux/net/packet.ts';
import { etherType } from '../../linux/net/wire.ts';

/** A compiled capture filter (pcap-filter(7)). */
export type Filter = (frame: Frame) => boolean;

/** What tcpdump says of an expression that it cannot compile. */
export class FilterError extends Error {}

type Direction = 'src' | 'dst' | 'either' | 'both';
interface Qualifiers {
  protocol?: Protocol | 'ip' | 'arp' | 'ip6' | 'ether';
  direction?: Direction;
  type?: 'host' | 'net' | 'port' | 'portrange' | 'proto';
}

const SERVICES: Record<string, number> = { http: 80, https: 443, domain: 53, ssh: 22, ftp: 21, smtp: 25, telnet: 23, ntp: 123, snmp: 161, 'http-alt': 8080, bootps: 67, bootpc: 68 };
const FLAG_BITS: Record<string, number> = { 'tcp-fin': 1, 'tcp-syn': 2, 'tcp-rst': 4, 'tcp-push': 8, 'tcp-ack': 16, 'tcp-urg': 32 };
const ICMP_TYPES: Record<string, number> = { 'icmp-echoreply': 0, 'icmp-unreach': 3, 'icmp-redirect': 5, 'icmp-echo': 8, 'icmp-timxceed': 11, 'icmp6-destinationrunreach': 1, 'icmp6-packettoobig': 2, 'icmp6-timeexceeded': 3, 'icmp6-parameterproblem': 4, 'icmp6-echo': 128, 'icmp6-echoreply': 129, 'icmp6-neighborsolicit': 135, 'icmp6-neighboradvert': 136 };

/** Compiles an expression; the empty one takes everything. Throws FilterError. */
export function compileFilter(expression: string): Filter {
  const tokens = tokenize(expression);
  if (tokens.length === 0) return () => true;
  const parser = new Parser(tokens);
  const filter = parser.or();
  if (!parser.done) throw new FilterError(SYNTAX);
  return filter;
}

const SYNTAX = "can't parse filter expression: syntax error";

function tokenize(text: string): string[] {
  const tokens = text.match(/\|\||::[\w:.]*(?:\/\d+)?|&&|!=|<=|>=|==|<<|>>|[!()[\]=<>&|:+*/^-](?![a-z])|[\w.][\w./:-]*|\S/gi) ?? [];
  return tokens.flatMap((t) => (/^\w+:\d/.test(t) && !/:.*:/.test(t) ? t.split(/(:)/) : [t]));
}

class Parser {
  readonly #tokens: string[];
  #at = 0;
  /** `port 80 or 8080`: a bare value takes the qualifiers before it. */
  #last: Qualifiers = {};

  constructor(tokens: string[]) {
    this.#tokens = tokens;
  }
  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  or(): Filter {
    let left = this.#and();
    while (this.#take('or', '||')) {
      const a = left, b = this.#and();
      left = (f) => a(f) || b(f);
    }
    return left;
  }

  #and(): Filter {
    let left = this.#not();
    for (;;) {
      if (!this.#take('and', '&&') && (this.done || this.#peek === ')' || this.#peek === 'or' || this.#peek === '||')) return left;
      const a = left, b = this.#not();
      left = (f) => a(f) && b(f);
    }
  }

  #not(): Filter {
    if (this.#take('not', '!')) {
      const inner = this.#not();
      return (f) => !inner(f);
    }
    if (this.#peek === '(') {
      this.#at++;
      const inner = this.or();
      if (!this.#take(')')) throw new FilterError(SYNTAX);
      return inner;
    }
    return this.#primitive();
  }

  #primitive(): Filter {
    const q: Qualifiers = {};
    if (this.#peek === 'proto') return this.#proto();
    const first = this.#next();
    if (first === 'less' || first === 'greater') {
      const n = this.#number();
      return (f) => (first === 'less' ? frameLength(f) <= n : frameLength(f) >= n);
    }
    if (first === 'vlan') {
      const id = /^\d+$/.test(this.#peek ?? '') ? this.#number() : undefined;
      return (f) => (id === undefined ? f.vlan !== undefined : f.vlan === id);
    }
    if (first === 'stp') return (f) => f.bpdu !== undefined;
    if (first === 'broadcast' || first === 'multicast') return (f) => (first === 'broadcast' ? f.dst === 'ff:ff:ff:ff:ff:ff' : (parseInt(f.dst.slice(0, 2), 16) & 1) === 1);
    if (['tcp', 'udp', 'icmp', 'icmp6', 'ip', 'arp', 'ip6', 'ether'].includes(first)) {
      q.protocol = first as 'tcp';
      if (this.#peek === '[') return this.#relation(first);
      if (this.#peek === 'proto') return first === 'ether' ? this.#etherProto() : this.#proto();
      if (!QUALIFIER.has(this.#peek ?? '') && (this.done || CONNECTIVE.has(this.#peek ?? ''))) return isProtocol(q.protocol!);
    } else this.#at--;
    const direction = this.#direction();
    if (direction) q.direction = direction;
    const type = this.#peek;
    if (type === 'host' || type === 'net' || type === 'port' || type === 'portrange') {
      q.type = type;
      this.#at++;
    } else if (type === 'broadcast' || type === 'multicast') {
      this.#at++;
      return (f) => f.packet !== undefined && (type === 'multicast' ? (parseInt(f.dst.slice(1, 2), 16) & 1) === 1 && f.dst !== 'ff:ff:ff:ff:ff:ff' : f.packet.dst === 0xffffffff);
    }
    const bare = !q.protocol && !q.direction && !q.type;
    const use = bare ? this.#last : q;
    this.#last = use;
    return this.#value(bare ? { ...use, type: use.type ?? 'host' } : use);
  }

  #direction(): Direction | undefined {
    if (this.#peek !== 'src' && this.#peek !== 'dst') return undefined;
    const one = this.#next() as 'src' | 'dst';
    const joined = this.#tokens[this.#at];
    if ((joined === 'or' || joined === 'and') && (this.#tokens[this.#at + 1] === 'src' || this.#tokens[this.#at + 1] === 'dst')) {
      const joint = this.#next();
      this.#next();
      return joint === 'or' ? 'either' : 'both';
    }
    return one;
  }

  #value(q: Qualifiers): Filter {
    const text = this.#next();
    const protocol = q.protocol ? isProtocol(q.protocol) : () => true;
    const type = q.type ?? 'host';
    if (type === 'port' || type === 'portrange') {
      const [low, high] = type === 'port' ? [port(text), port(text)] : (text.split('-').map(port) as [number, number]);
      const inRange = (n: number) => n >= low && n <= high;
      return (f) => protocol(f) && f.packet !== undefined && !f.packet.icmp && either(q.direction, inRange(f.packet.sport), inRange(f.packet.dport));
    }
    if (q.protocol === 'ether') {
      if (!/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(text)) throw new FilterError(`unknown ether host '${text}'`);
      return (f) => either(q.direction, f.src === text.toLowerCase(), f.dst === text.toLowerCase());
    }
    const [address, bits] = type === 'net' ? net(text) : host(text);
    const matches = (ip: Ip) => inPrefix(ip, address, bits);
    return (f) => {
      if (f.packet) return protocol(f) && either(q.direction, matches(f.packet.src), matches(f.packet.dst));
      return f.arp !== undefined && (!q.protocol || q.protocol === 'arp') && either(q.direction, matches(f.arp.senderIp), matches(f.arp.targetIp));
    };
  }

  /** `tcp[tcpflags] & (tcp-syn|tcp-fin) != 0`, `icmp[icmptype] = icmp-echo`, `tcp[13] == 2` */
  #relation(protocol: string): Filter {
    this.#expect('[');
    const field = this.#next();
    if (this.#take(':')) this.#number();
    this.#expect(']');
    let bits = 0xffffffff;
    if (this.#take('&')) bits = this.#bits();
    const operator = this.#next();
    const right = this.#bits();
    const compare = RELATIONS[operator];
    if (!compare) throw new FilterError(SYNTAX);
    return (f) => {
      const value = f.packet?.protocol === protocol || protocol === 'ip' ? byteOf(protocol, field, f.packet) : undefined;
      return value !== undefined && compare(value & bits, right);
    };
  }

  #bits(): number {
    if (this.#take('(')) {
      const inner = this.#bits();
      this.#expect(')');
      return inner;
    }
    let value = this.#constant();
    while (this.#take('|')) value |= this.#constant();
    return value;
  }

  #constant(): number {
    const text = this.#next();
    const n = FLAG_BITS[text] ?? ICMP_TYPES[text] ?? (/^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : undefined);
    if (n === undefined) throw new FilterError(SYNTAX);
    return n;
  }

  #etherProto(): Filter {
    this.#next();
    const text = this.#next().replace(/^\\/, '');
    if (text === 'stp') return (f) => f.bpdu !== undefined;
    const type = { ip: 0x800, arp: 0x806, ip6: 0x86dd }[text] ?? (/^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : undefined);
    if (type === undefined) throw new FilterError(`unknown ether proto '${text}'`);
    return (f) => !f.bpdu && type === (f.vlan !== undefined ? 0x8100 : etherType(f));
  }

  #proto(): Filter {
    this.#next();
    const text = this.#next().replace(/^\\/, '');
    const number = PROTOCOL_NUMBER[text as Protocol] ?? (/^\d+$/.test(text) ? Number(text) : undefined);
    if (number === undefined) throw new FilterError(`unknown ip proto '${text}'`);
    return (f) => f.packet !== undefined && PROTOCOL_NUMBER[f.packet.protocol] === number;
  }

  get #peek(): string | undefined {
    return this.#tokens[this.#at];
  }
  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new FilterError(SYNTAX);
    return token;
  }
  #take(...words: string[]): boolean {
    if (!words.includes(this.#peek ?? '')) return false;
    this.#at++;
    return true;
  }
  #expect(word: string): void {
    if (!this.#take(word)) throw new FilterError(SYNTAX);
  }
  #number(): number {
    const text = this.#next();
    if (!/^\d+$/.test(text)) throw new FilterError(SYNTAX);
    return Number(text);
  }
}

const QUALIFIER = new Set(['src', 'dst', 'host', 'net', 'port', 'portrange', 'proto', 'broadcast', 'multicast']);
const CONNECTIVE = new Set(['and', 'or', '&&', '||', ')']);
const RELATIONS: Record<string, (a: number, b: number) => boolean> = {
  '=': (a, b) => a === b, '==': (a, b) => a === b, '!=': (a, b) => a !== b, '<': (a, b) => a < b, '>': (a, b) => a > b, '<=': (a, b) => a <= b, '>=': (a, b) => a >= b,
};

function isProtocol(protocol: NonNullable<Qualifiers['protocol']>): Filter {
  if (protocol === 'ip') return (f) => f.packet !== undefined && f.packet.dst <= IPV4_MAX;
  if (protocol === 'arp') return (f) => f.arp !== undefined;
  if (protocol === 'ip6') return (f) => f.packet !== undefined && f.packet.dst > IPV4_MAX;
  if (protocol === 'ether') return () => true;
  return (f) => f.packet?.protocol === protocol;
}

function either(direction: Direction | undefined, src: boolean, dst: boolean): boolean {
  return direction === 'src' ? src : direction === 'dst' ? dst : direction === 'both' ? src && dst : src || dst;
}

function byteOf(protocol: string, field: string, packet: Packet | undefined): number | undefined {
  if (!packet) return undefined;
  // The offset of what is behind the header of IPv6 is known of icmp6 alone, and only where nothing is between (gen_load).
  if (packet.dst > IPV4_MAX && (protocol !== 'icmp6' || packet.fragment)) return undefined;
  if (protocol === 'tcp' && (field === 'tcpflags' || field === '13')) return packet.tcp?.flags;
  if (packet.icmp && (protocol === 'icmp' || protocol === 'icmp6')) {
    if (field === `${protocol}type` || field === '0') return (protocol === 'icmp' ? ICMP_NUMBER : ICMP6_NUMBER)[packet.icmp.type];
    if (field === `${protocol}code` || field === '1') return packet.icmp.code;
  }
  if (protocol === 'ip') return field === '8' ? packet.ttl : field === '9' ? PROTOCOL_NUMBER[packet.protocol] : field === '1' ? packet.tos : undefined;
  return undefined;
}

function port(text: string): number {
  if (/^\d+$/.test(text)) {
    if (Number(text) > 65535) throw new FilterError(`illegal port number ${text} > 65535`);
    return Number(text);
  }
  const named = SERVICES[text];
  if (named === undefined) throw new FilterError(QUALIFIER.has(text) || CONNECTIVE.has(text) ? SYNTAX : `unknown port '${text}'`);
  return named;
}

function host(text: string): [Ip, number] {
  const six = parseIpv6(text);
  if (six !== undefined) return [six, 128];
  const ip = parseIpv4(text) ?? (text === 'localhost' ? 0x7f000001 : undefined);
  if (ip !== undefined) return [ip, 32];
  if (/^\d+(\.\d+){1,2}$/.test(text)) return net(text);
  if (CONNECTIVE.has(text) || QUALIFIER.has(text) || !/^[\w.-]+$/.test(text)) throw new FilterError(SYNTAX);
  throw new FilterError(`unknown host '${text}'`);
}

function net(text: string): [Ip, number] {
  const six = text.includes(':') ? parseCidr6(text) : undefined;
  if (six) {
    if (network6(six.address, six.bits) !== six.address) throw new FilterError(`non-network bits set in "${text}"`);
    return [six.address, six.bits];
  }
  const [address = '', length] = text.split('/');
  const parts = address.split('.');
  const ip = parseIpv4([...parts, '0', '0', '0'].slice(0, 4).join('.'));
  if (ip === undefined) throw new FilterError(`unknown network '${text}'`);
  const bits = length === undefined ? 8 * parts.length : Number(length);
  if (!(bits >= 0 && bits <= 32)) throw new FilterError('mask length must be <= 32');
  if (!inPrefix(ip, bits === 0 ? 0 : (ip & (0xffffffff << (32 - bits))) >>> 0, 32)) throw new FilterError(`non-network bits set in "${text}"`);
  return [ip, bits];
}
