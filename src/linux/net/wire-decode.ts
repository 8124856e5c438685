/** Bytes of the wire back into frames: what a capture in a file holds (the inverse of wire.ts). */
import { formatIpv4, type Ip } from './addresses.ts';
import type { DnsMessage, DnsRecord, RecordType } from './dns-message.ts';
import { ipv6Of, text6, UNSPECIFIED6 } from './addresses6.ts';
import { ICMP6_NUMBER, ICMP_NUMBER, PROTOCOL_NUMBER, type Bpdu, type Frame, type IcmpType, type Packet, type Protocol, type TcpPart } from './packet.ts';
import { DNS_TYPES, RCODES, unfinished } from './wire.ts';

const PROTOCOLS = invert(PROTOCOL_NUMBER), ICMP_TYPES = invert(ICMP_NUMBER), ICMP6_TYPES = invert(ICMP6_NUMBER), TYPES = invert(DNS_TYPES);
const VXLAN_PORT = 8472, DNS_PORT = 53;

class Reader {
  readonly bytes: Uint8Array;
  at: number;
  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  get left(): number {
    return this.bytes.length - this.at;
  }
  u8(): number {
    return this.bytes[this.at++] ?? 0;
  }
  u16(): number {
    return (this.u8() << 8) | this.u8();
  }
  u32(): number {
    return ((this.u16() << 16) | this.u16()) >>> 0;
  }
  /** 0 for ::. */
  ip6(): Ip {
    const ip = ipv6Of(Array.from({ length: 8 }, () => this.u16()));
    return ip === UNSPECIFIED6 ? 0 : ip;
  }
  mac(): string {
    return Array.from({ length: 6 }, () => this.u8().toString(16).padStart(2, '0')).join(':');
  }
  text(length: number): string {
    let out = '';
    for (let i = 0; i < length && this.left > 0; i++) out += String.fromCharCode(this.u8());
    return out;
  }
}

/** An Ethernet frame; undefined when it carries neither IP nor ARP. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  const r = new Reader(bytes);
  const dst = r.mac(), src = r.mac(), type = r.u16();
  if (type !== 0x8100) return decodePayload(type, bytes.subarray(14), { dst, src });
  const vlan = r.u16() & 0xfff, tagged = decodePayload(r.u16(), bytes.subarray(18), { dst, src });
  return tagged && { ...tagged, vlan };
}

function decodeBpdu(r: Reader): Bpdu {
  if (r.u8() === 0x80) return { type: 'tcn' };
  const flags = r.u8();
  const id = () => `${r.u16().toString(16).padStart(4, '0')}.${r.mac().replaceAll(':', '')}`;
  const hundredths = () => Math.ceil((r.u16() * 100) / 256);
  const [root, rootPathCost, bridge, port, messageAge] = [id(), r.u32(), id(), r.u16(), (r.u16() * 1_000_000) / 256] as const;
  return { type: 'config', topologyChange: (flags & 1) !== 0, topologyChangeAck: (flags & 0x80) !== 0, root, rootPathCost, bridge, port, messageAge, maxAge: hundredths(), helloTime: hundredths(), forwardDelay: hundredths() };
}

/** What is behind a link-layer header that named the EtherType. */
export function decodePayload(type: number, bytes: Uint8Array, macs: { src: string; dst: string }): Frame | undefined {
  const r = new Reader(bytes);
  if (type === 0x0806) {
    r.at = 6;
    const op = r.u16() === 1 ? 'request' : 'reply';
    return { ...macs, arp: { op, senderMac: r.mac(), senderIp: r.u32(), targetMac: r.mac(), targetIp: r.u32() } };
  }
  if (type < 0x600 && bytes[0] === 0x42) return { ...macs, bpdu: decodeBpdu(new Reader(bytes, 6)) };
  if (type !== 0x0800 && type !== 0x86dd) return undefined;
  const packet = type === 0x0800 ? decodePacket(bytes) : decodePacket6(bytes);
  return packet && { ...macs, packet };
}

function decodePacket(bytes: Uint8Array): Packet | undefined {
  const r = new Reader(bytes);
  const header = ((bytes[0] ?? 0) & 15) * 4;
  if (r.u8() >> 4 !== 4 || header < 20 || bytes.length < header) return undefined;
  const tos = r.u8(), length = r.u16(), id = r.u16(), fragment = r.u16(), ttl = r.u8(), protocol = PROTOCOLS[r.u8()] as Protocol | undefined;
  r.u16();
  const src = r.u32(), dst = r.u32();
  if (protocol === undefined || length < header) return undefined;
  const p: Packet = { flow: 0, src, dst, protocol, sport: 0, dport: 0, ttl, tos, id, df: (fragment & 0x4000) !== 0, length, mark: 0 };
  const offset = (fragment & 0x1fff) * 8;
  if (offset > 0 || fragment & 0x2000) p.fragment = { offset, more: (fragment & 0x2000) !== 0, whole: p };
  if (offset > 0) return p;
  const body = bytes.subarray(header, length);
  if (protocol === 'ipip' || protocol === 'gre') {
    const carried = decodePacket(body.subarray(protocol === 'gre' ? 4 : 0));
    if (carried) p.carried = carried;
  } else if (protocol === 'tcp') decodeTcp(p, body);
  else if (protocol === 'icmp') decodeIcmp(p, body);
  else decodeUdp(p, body);
  return p;
}

function decodePacket6(bytes: Uint8Array): Packet | undefined {
  const r = new Reader(bytes), first = r.u32(), length = 40 + r.u16();
  let next = r.u8();
  const ttl = r.u8(), src = r.ip6(), dst = r.ip6();
  if (first >>> 28 !== 6) return undefined;
  const f = next === 44 ? { next: r.u8(), _: r.u8(), at: r.u16(), id: r.u32() } : undefined;
  if (f) next = f.next;
  const protocol = PROTOCOLS[next] as Protocol | undefined;
  if (protocol === undefined) return undefined;
  const p: Packet = { flow: 0, src, dst, protocol, sport: 0, dport: 0, ttl, tos: (first >>> 20) & 255, label: first & 0xfffff, id: f?.id ?? 0, df: !f, length, mark: 0 };
  if (f) p.fragment = { offset: f.at & 0xfff8, more: (f.at & 1) === 1, whole: p };
  if (p.fragment && p.fragment.offset > 0) return p;
  const body = bytes.subarray(r.at, length);
  if (protocol === 'tcp') decodeTcp(p, body);
  else if (protocol === 'udp') decodeUdp(p, body);
  else if (protocol === 'icmp6') decodeIcmp6(p, body);
  return p;
}

function decodeIcmp6(p: Packet, bytes: Uint8Array): void {
  const r = new Reader(bytes), type = (ICMP6_TYPES[r.u8()] ?? 'parameter-problem') as IcmpType, code = r.u8();
  r.u16();
  const high = r.u16(), low = r.u16(), about = type === 'neighbour-solicitation' || type === 'neighbour-advertisement', echo = type === 'echo-request' || type === 'echo-reply';
  p.icmp = { type, code, id: echo ? high : 0, seq: echo ? low : 0, data: bytes.length - 8 };
  if (about) {
    p.icmp.target = r.ip6();
    if (type === 'neighbour-advertisement') p.icmp.says = { router: (high & 0x8000) !== 0, solicited: (high & 0x4000) !== 0, override: (high & 0x2000) !== 0 };
    if (r.left >= 8 && r.u16() > 0) p.icmp.lladdr = r.mac();
  } else if (!echo) {
    const inner = decodePacket6(bytes.subarray(8));
    if (inner) p.icmp.inner = inner;
    if (type === 'packet-too-big') p.icmp.mtu = high * 65536 + low;
  }
}

function decodeTcp(p: Packet, bytes: Uint8Array): void {
  const r = new Reader(bytes);
  p.sport = r.u16();
  p.dport = r.u16();
  const tcp: TcpPart = { seq: r.u32(), ack: r.u32(), flags: 0, win: 0, payload: '' };
  const header = (r.u8() >>> 4) * 4;
  tcp.flags = r.u8();
  tcp.win = r.u16();
  if (r.u16() === unfinished(p, bytes.length)) p.offloaded = true;
  r.at = 20;
  while (r.at < header) {
    const kind = r.u8();
    if (kind === 0) break;
    if (kind === 1) continue;
    const size = r.u8();
    if (kind === 2) tcp.mss = r.u16();
    else if (kind === 3) tcp.wscale = r.u8();
    else if (kind === 4) tcp.sackOk = true;
    else if (kind === 8) tcp.ts = [r.u32(), r.u32()];
    else r.at += Math.max(0, size - 2);
  }
  r.at = header;
  tcp.payload = r.text(r.left);
  p.tcp = tcp;
}

function decodeIcmp(p: Packet, bytes: Uint8Array): void {
  const r = new Reader(bytes);
  const type = (ICMP_TYPES[r.u8()] ?? 'parameter-problem') as IcmpType, code = r.u8();
  r.u16();
  const high = r.u16(), low = r.u16();
  const error = type !== 'echo-request' && type !== 'echo-reply';
  const inner = error ? decodePacket(bytes.subarray(8)) : undefined;
  p.icmp = { type, code, id: error ? 0 : high, seq: error ? 0 : low, data: bytes.length - 8, ...(inner ? { inner } : {}), ...(error && low ? { mtu: low } : {}) };
}

function decodeUdp(p: Packet, bytes: Uint8Array): void {
  const r = new Reader(bytes);
  p.sport = r.u16();
  p.dport = r.u16();
  const length = r.u16(), body = bytes.subarray(8, length);
  if (r.u16() === unfinished(p, length)) p.offloaded = true;
  if (p.dport === VXLAN_PORT) {
    const inner = decodeFrame(body.subarray(8));
    p.data = inner ? { ...inner, vni: new Reader(body, 4).u32() >>> 8 } : new Reader(body).text(body.length);
  } else if (p.sport === DNS_PORT || p.dport === DNS_PORT) p.data = decodeDns(body);
  else p.data = new Reader(body).text(body.length);
}

function decodeDns(bytes: Uint8Array): DnsMessage {
  const r = new Reader(bytes);
  const id = r.u16(), flags = r.u16();
  r.u16();
  const counts = [r.u16(), r.u16(), r.u16()];
  const name = (): string => {
    let out = '', back: number | undefined;
    for (let hops = 0; hops < 64 && r.left > 0; ) {
      const n = r.u8();
      if (n === 0) break;
      if (n >= 0xc0) {
        const to = ((n & 0x3f) << 8) | r.u8();
        back ??= r.at;
        r.at = to;
        hops++;
      } else out += `${r.text(n)}.`;
    }
    if (back !== undefined) r.at = back;
    return out || '.';
  };
  const message: DnsMessage = {
    kind: 'dns', id, response: (flags & 0x8000) !== 0, authoritative: (flags & 0x400) !== 0, truncated: (flags & 0x200) !== 0, recursionDesired: (flags & 0x100) !== 0, recursionAvailable: (flags & 0x80) !== 0,
    rcode: RCODES[flags & 15] ?? 'SERVFAIL', question: { name: name(), type: (TYPES[r.u16()] ?? 'A') as RecordType }, answer: [], authority: [], additional: [],
  };
  r.u16();
  const record = (): DnsRecord | undefined => {
    const owner = name(), type = r.u16(), size = r.u16(), ttl = r.u32(), length = r.u16(), end = r.at + length;
    if (type === 41) {
      message.edns = size;
      if (length >= 4) message.cookie = length - 4;
      r.at = end;
      return undefined;
    }
    const kind = (TYPES[type] ?? 'TXT') as RecordType;
    const data = kind === 'A' ? formatIpv4(r.u32())
      : kind === 'AAAA' ? text6(ipv6Of(Array.from({ length: 8 }, () => r.u16())))
        : kind === 'SRV' ? `${r.u16()} ${r.u16()} ${r.u16()} ${name()}`
          : kind === 'MX' ? `${r.u16()} ${name()}`
            : kind === 'TXT' ? `"${r.text(r.u8())}"`
              : kind === 'SOA' ? `${name()} ${name()} ${[r.u32(), r.u32(), r.u32(), r.u32(), r.u32()].join(' ')}` : name();
    r.at = end;
    return { name: owner, type: kind, ttl, data };
  };
  for (const [i, section] of [message.answer, message.authority, message.additional].entries()) {
    for (let n = 0; n < counts[i]! && r.left > 0; n++) {
      const found = record();
      if (found) section.push(found);
    }
  }
  return message;
}

function invert(table: Record<string, number>): Record<number, string> {
  return Object.fromEntries(Object.entries(table).map(([name, n]) => [n, name]));
}
