/** Frames as bytes on the wire (RFC 791, 8200, 4443, 4861, 792, 793, 768, 826, 1035, 7348): for captures in files and true checksums. */
import type { DnsMessage, DnsRecord, RecordType } from './dns-message.ts';
import { IPV4_MAX } from './addresses.ts';
import { parseIpv6, words6 } from './addresses6.ts';
import { ACK, ICMP6_NUMBER, ICMP_NUMBER, PROTOCOL_NUMBER, SYN, type Arp, type Bpdu, type Frame, type IcmpPart, type Packet } from './packet.ts';

const ETHERTYPE = { ip: 0x0800, arp: 0x0806, vlan: 0x8100, ip6: 0x86dd };
const FRAGMENT = 44;
export const DNS_TYPES: Record<RecordType, number> = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, HINFO: 13, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 };
export const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const;

/** Bytes that grow at the end. */
class Writer {
  readonly bytes: number[] = [];
  u8(n: number): this {
    this.bytes.push(n & 255);
    return this;
  }
  u16(n: number): this {
    return this.u8(n >>> 8).u8(n);
  }
  u32(n: number): this {
    return this.u16(n >>> 16).u16(n & 0xffff);
  }
  text(s: string): this {
    for (let i = 0; i < s.length; i++) this.u8(s.charCodeAt(i));
    return this;
  }
  mac(mac: string): this {
    for (const part of mac.split(':')) this.u8(parseInt(part, 16));
    return this;
  }
  add(bytes: ArrayLike<number>): this {
    for (let i = 0; i < bytes.length; i++) this.bytes.push(bytes[i]!);
    return this;
  }
}

/** An Ethernet frame with its header. */
export function encodeFrame(frame: Frame): Uint8Array {
  const w = new Writer().mac(frame.dst).mac(frame.src);
  if (frame.vlan !== undefined) w.u16(ETHERTYPE.vlan).u16(frame.vlan);
  const payload = encodePayload(frame);
  // IEEE 802.3: a length stands where Ethernet has a type.
  w.u16(frame.bpdu ? payload.length : etherType(frame));
  return Uint8Array.from(w.add(payload).bytes);
}

export function etherType(frame: Frame): number {
  return frame.arp ? ETHERTYPE.arp : frame.packet!.dst > IPV4_MAX ? ETHERTYPE.ip6 : ETHERTYPE.ip;
}

/** What is behind the Ethernet header. */
export function encodePayload(frame: Frame): number[] {
  return frame.arp ? encodeArp(frame.arp) : frame.bpdu ? encodeBpdu(frame.bpdu) : frame.packet ? encodePacket(frame.packet) : [];
}

/** Behind LLC's header for STP (0x42): IEEE 802.1D 9.3. Times are in 1/256 s. */
function encodeBpdu(bpdu: Bpdu): number[] {
  const w = new Writer().u8(0x42).u8(0x42).u8(0x03).u32(bpdu.type === 'tcn' ? 0x80 : 0);
  if (bpdu.type === 'tcn') return w.bytes;
  const id = (text: string) => [...text.replace('.', '').matchAll(/../g)].map(([byte]) => parseInt(byte, 16));
  const ticks = (hundredths: number) => Math.floor((hundredths * 256) / 100);
  w.u8((bpdu.topologyChange ? 1 : 0) | (bpdu.topologyChangeAck ? 0x80 : 0)).add(id(bpdu.root)).u32(bpdu.rootPathCost).add(id(bpdu.bridge)).u16(bpdu.port);
  for (const time of [bpdu.messageAge / 10_000, bpdu.maxAge, bpdu.helloTime, bpdu.forwardDelay]) w.u16(ticks(time));
  return w.bytes;
}

/** An IP packet with its header; a fragment after the first carries zeros where the whole's bytes are. */
function encodePacket(p: Packet): number[] {
  if (p.dst > IPV4_MAX) return encodePacket6(p);
  const payload = p.fragment && p.fragment.offset > 0 ? new Array<number>(p.length - 20).fill(0) : transport(p).slice(0, p.length - 20);
  const header = new Writer().u8(0x45).u8(p.tos).u16(p.length).u16(p.id).u16((p.df ? 0x4000 : 0) | (p.fragment?.more ? 0x2000 : 0) | ((p.fragment?.offset ?? 0) >> 3));
  header.u8(p.ttl).u8(PROTOCOL_NUMBER[p.protocol]).u16(0).u32(p.src).u32(p.dst);
  put16(header.bytes, 10, internetChecksum(header.bytes));
  return header.add(payload).bytes;
}

function encodePacket6(p: Packet): number[] {
  const { fragment: f } = p, next = PROTOCOL_NUMBER[p.protocol], bytes = p.length - 40 - (f ? 8 : 0);
  const w = new Writer().u32(((6 << 28) | (p.tos << 20) | (p.label ?? 0)) >>> 0).u16(p.length - 40).u8(f ? FRAGMENT : next).u8(p.ttl);
  for (const word of [...words6(p.src), ...words6(p.dst)]) w.u16(word);
  if (f) w.u8(next).u8(0).u16(f.offset | (f.more ? 1 : 0)).u32(p.id);
  return w.add(f && f.offset > 0 ? new Array<number>(bytes).fill(0) : transport(p).slice(0, bytes)).bytes;
}

/** Echo, errors, neighbour discovery. */
function icmp6(i: IcmpPart, length: number): Writer {
  const w = new Writer().u8(ICMP6_NUMBER[i.type]).u8(i.code).u16(0);
  if (i.target !== undefined) {
    w.u32(i.says ? ((i.says.router ? 4 : 0) | (i.says.solicited ? 2 : 0) | (i.says.override ? 1 : 0)) * 0x20000000 : 0);
    for (const word of words6(i.target)) w.u16(word);
    if (i.lladdr) w.u8(i.says ? 2 : 1).u8(1).mac(i.lladdr);
  } else if (i.inner) w.u32(i.mtu ?? 0).add(encodePacket(i.inner).slice(0, length - 8));
  else {
    w.u16(i.id).u16(i.seq);
    for (let k = 0; k < i.data; k++) w.u8(k < 16 ? 0 : k);
  }
  return w;
}

/** The checksum that the TCP or UDP header of the packet carries, and the one that it ought to. */
export function transportChecksums(p: Packet): { carried: number; correct: number } {
  return { carried: transportChecksum(p), correct: transportChecksum({ ...p, offloaded: false }) };
}

function transportChecksum(p: Packet): number {
  const bytes = transport(p);
  const at = p.protocol === 'tcp' ? 16 : p.protocol === 'udp' ? 6 : 2;
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** RFC 1071. */
function internetChecksum(bytes: ArrayLike<number>, initial = 0): number {
  let sum = initial;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function transport(p: Packet): number[] {
  const w = new Writer();
  if (p.carried) return (p.protocol === 'gre' ? w.u16(0).u16(ETHERTYPE.ip) : w).add(encodePacket(p.carried)).bytes;
  if (p.tcp) {
    const options = tcpOptions(p);
    w.u16(p.sport).u16(p.dport).u32(p.tcp.seq).u32(p.tcp.ack).u8(((20 + options.length) / 4) << 4).u8(p.tcp.flags).u16(p.tcp.win).u16(0).u16(0).add(options).text(p.tcp.payload);
    put16(w.bytes, 16, p.offloaded ? unfinished(p, w.bytes.length) : internetChecksum(w.bytes, pseudo(p, w.bytes.length)));
  } else if (p.icmp && p.dst > IPV4_MAX) {
    const { bytes } = icmp6(p.icmp, p.length - 40);
    put16(bytes, 2, internetChecksum(bytes, pseudo(p, bytes.length)));
    return bytes;
  } else if (p.icmp) {
    const i = p.icmp;
    w.u8(ICMP_NUMBER[i.type]).u8(i.code).u16(0);
    if (i.inner) w.u16(0).u16(i.mtu ?? 0).add(encodePacket(i.inner).slice(0, Math.max(28, p.length - 28)));
    else {
      w.u16(i.id).u16(i.seq);
      for (let k = 0; k < i.data; k++) w.u8(k < 16 ? 0 : k);
    }
    put16(w.bytes, 2, internetChecksum(w.bytes));
  } else {
    const data = datagram(p);
    w.u16(p.sport).u16(p.dport).u16(8 + data.length).u16(0).add(data);
    // VXLAN sends none unless told to; zero stands for none.
    if (!(typeof p.data === 'object' && 'src' in p.data)) put16(w.bytes, 6, p.offloaded ? unfinished(p, w.bytes.length) : internetChecksum(w.bytes, pseudo(p, w.bytes.length)) || 0xffff);
  }
  return w.bytes;
}

/** What the header holds until a device sums up the rest: the sum of the pseudo-header. `length`: bytes of the transport's. */
export function unfinished(p: Packet, length: number): number {
  return ~internetChecksum([], pseudo(p, length)) & 0xffff;
}

function pseudo(p: Packet, length: number): number {
  if (p.dst > IPV4_MAX) return [...words6(p.src), ...words6(p.dst)].reduce((a, b) => a + b, PROTOCOL_NUMBER[p.protocol] + length);
  return (p.src >>> 16) + (p.src & 0xffff) + (p.dst >>> 16) + (p.dst & 0xffff) + PROTOCOL_NUMBER[p.protocol] + length;
}

function tcpOptions(p: Packet): number[] {
  const tcp = p.tcp!, w = new Writer();
  if (tcp.mss !== undefined) w.u8(2).u8(4).u16(tcp.mss);
  if (tcp.flags & SYN) {
    if (tcp.sackOk) w.u8(4).u8(2);
    if (tcp.ts) w.u8(8).u8(10).u32(tcp.ts[0]).u32(tcp.ts[1]);
    if (tcp.wscale !== undefined) w.u8(1).u8(3).u8(3).u8(tcp.wscale);
  } else if (tcp.ts && tcp.flags & ACK) w.u8(1).u8(1).u8(8).u8(10).u32(tcp.ts[0]).u32(tcp.ts[1]);
  while (w.bytes.length % 4 !== 0) w.u8(0);
  return w.bytes;
}

function datagram(p: Packet): ArrayLike<number> {
  if (p.data === undefined) return [];
  if (typeof p.data === 'string') return new Writer().text(p.data).bytes;
  if ('kind' in p.data) return encodeDns(p.data);
  return new Writer().u32(0x08000000).u32((p.data.vni ?? 1) << 8).add(encodeFrame(p.data)).bytes;
}

function encodeArp(a: Arp): number[] {
  return new Writer().u16(1).u16(ETHERTYPE.ip).u8(6).u8(4).u16(a.op === 'request' ? 1 : 2).mac(a.senderMac).u32(a.senderIp).mac(a.op === 'request' ? '00:00:00:00:00:00' : a.targetMac).u32(a.targetIp).bytes;
}

function encodeDns(m: DnsMessage): number[] {
  const w = new Writer();
  const flags = (m.response ? 0x8000 : 0) | (m.authoritative ? 0x400 : 0) | (m.truncated ? 0x200 : 0) | (m.recursionDesired ? 0x100 : 0) | (m.recursionAvailable ? 0x80 : 0) | RCODES.indexOf(m.rcode);
  w.u16(m.id).u16(flags).u16(1).u16(m.answer.length).u16(m.authority.length).u16(m.additional.length + (m.edns === undefined ? 0 : 1));
  const seen = new Map<string, number>();
  const name = (text: string) => {
    for (let rest = text.replace(/\.$/, ''); ; ) {
      if (rest === '') return w.u8(0);
      const known = seen.get(rest.toLowerCase());
      if (known !== undefined) return w.u16(0xc000 | known);
      if (w.bytes.length < 0x4000) seen.set(rest.toLowerCase(), w.bytes.length);
      const dot = rest.indexOf('.');
      const label = dot < 0 ? rest : rest.slice(0, dot);
      w.u8(label.length).text(label);
      rest = dot < 0 ? '' : rest.slice(dot + 1);
    }
  };
  const record = (r: DnsRecord) => {
    name(r.name);
    w.u16(DNS_TYPES[r.type]).u16(1).u32(r.ttl).u16(0);
    const at = w.bytes.length;
    const words = r.data.split(' ');
    if (r.type === 'A') for (const part of words[0]!.split('.')) w.u8(Number(part));
    else if (r.type === 'AAAA') for (const part of words6(parseIpv6(words[0]!) ?? 0)) w.u16(part);
    else if (r.type === 'SRV') {
      w.u16(Number(words[0])).u16(Number(words[1])).u16(Number(words[2]));
      for (const label of (words[3] ?? '').replace(/\.$/, '').split('.')) w.u8(label.length).text(label);
      w.u8(0);
    } else if (r.type === 'MX') {
      w.u16(Number(words[0]));
      name(words[1] ?? '');
    } else if (r.type === 'SOA') {
      name(words[0] ?? '');
      name(words[1] ?? '');
      for (const n of words.slice(2, 7)) w.u32(Number(n));
    } else if (r.type === 'TXT') w.u8(r.data.length - 2).text(r.data.slice(1, -1));
    else name(r.data);
    put16(w.bytes, at - 2, w.bytes.length - at);
  };
  name(m.question.name);
  w.u16(DNS_TYPES[m.question.type]).u16(1);
  for (const r of [...m.answer, ...m.authority, ...m.additional]) record(r);
  if (m.edns !== undefined) {
    w.u8(0).u16(41).u16(m.edns).u32(0).u16(m.cookie ? 4 + m.cookie : 0);
    if (m.cookie) w.u16(10).u16(m.cookie).add(new Array<number>(m.cookie).fill(0));
  }
  return w.bytes;
}

function put16(bytes: number[], at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 255;
}
