import { formatIpv4, IPV4_MAX, type Ip, type Ipv4, type Mac } from './addresses.ts';
import type { DnsMessage } from './dns-message.ts';
import type { SocketOwner } from './sockets.ts';

export type Protocol = 'tcp' | 'udp' | 'icmp' | 'ipip' | 'gre' | 'icmp6';
export const PROTOCOL_NUMBER: Record<Protocol, number> = { icmp: 1, ipip: 4, tcp: 6, udp: 17, gre: 47, icmp6: 58 };

/** Bits of TcpPart.flags as in the header. */
export const FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32;

/** A TCP segment without its ports (those are in the packet, where NAT changes them). Never changed once made. */
export interface TcpPart {
  seq: number;
  ack: number;
  flags: number;
  /** As in the header: not scaled. */
  win: number;
  mss?: number;
  wscale?: number;
  sackOk?: boolean;
  /** Timestamps option: [val, ecr]. */
  ts?: readonly [number, number];
  /** One character is one byte. */
  payload: string;
  /** The payload is encrypted: what it says is for the endpoints only. */
  opaque?: boolean;
  /** Bytes of payload in one segment on the wire when this is several that travel together (GSO). */
  gso?: number;
}

export type IcmpType = 'echo-request' | 'echo-reply' | 'destination-unreachable' | 'time-exceeded' | 'redirect' | 'parameter-problem' | 'packet-too-big' | 'neighbour-solicitation' | 'neighbour-advertisement';
/** The last three are ICMPv6's only; its other numbers are in ICMP6_NUMBER. */
export const ICMP_NUMBER: Record<IcmpType, number> = { 'echo-reply': 0, 'destination-unreachable': 3, redirect: 5, 'echo-request': 8, 'time-exceeded': 11, 'parameter-problem': 12, 'packet-too-big': 2, 'neighbour-solicitation': 135, 'neighbour-advertisement': 136 };
export const ICMP6_NUMBER: Record<IcmpType, number> = { ...ICMP_NUMBER, 'destination-unreachable': 1, 'time-exceeded': 3, 'parameter-problem': 4, 'echo-request': 128, 'echo-reply': 129, redirect: 137 };

export interface IcmpPart {
  type: IcmpType;
  /** Of unreachable: 0 net, 1 host, 2 protocol, 3 port, 4 fragmentation needed, 9 net prohibited, 10 host prohibited, 13 admin prohibited; of ICMPv6: 0 route, 1 admin prohibited, 3 address, 4 port. */
  code: number;
  /** Of echo; NAT changes it as it does a port. */
  id: number;
  seq: number;
  /** Next hop MTU of fragmentation needed (packet too big); gateway of a redirect. */
  mtu?: number;
  gateway?: Ipv4;
  /** The packet that an error is about (a copy; conntrack rewrites it on the way back). */
  inner?: Packet;
  /** Bytes of data of an echo, without the 8 of the header. */
  data: number;
  /** Neighbour discovery: whom it is about, the MAC of its option, what an advertisement says. */
  target?: Ip;
  lladdr?: Mac | undefined;
  says?: { router: boolean; solicited: boolean; override: boolean };
}

/** A piece of a packet that was too long: what it carries is in the first one. */
export interface Fragment {
  /** Bytes from the beginning of the IP payload. */
  offset: number;
  more: boolean;
  whole: Packet;
}

/** An IP packet and what the kernel knows about it (skb). Addresses, ports, ttl (hop limit), tos (traffic class) and mark change as it walks. */
export interface Packet {
  /** Identity of the packet as it walks: kept across NAT, encapsulation and hops; an answer is another packet. */
  flow: number;
  src: Ip;
  dst: Ip;
  protocol: Protocol;
  /** 0 where there are no ports. */
  sport: number;
  dport: number;
  ttl: number;
  tos: number;
  id: number;
  /** Of IPv6: whether its sender may not put it into fragments; nobody else may. */
  df: boolean;
  /** Total bytes of the IP packet. */
  length: number;
  /** Flow label (IPv6). */
  label?: number;
  tcp?: TcpPart;
  icmp?: IcmpPart;
  /** What a datagram carries (udp). */
  data?: string | DnsMessage | Frame;
  /** The packet in a tunnel's packet. */
  carried?: Packet;
  fragment?: Fragment;
  /** --- skb metadata --- */
  mark: number;
  /** Connection tracking: opaque to all but netfilter. `untracked` is -j NOTRACK / CT --notrack. */
  ct?: Conn;
  /** Whether -j TRACE marked it. */
  nfTrace?: boolean;
  /** The local socket that sent it (-m owner). */
  owner?: SocketOwner;
  /** Link-layer addresses of the frame it came in (LOG, TRACE, -m mac). */
  macSrc?: Mac;
  macDst?: Mac;
  /** PREROUTING has run on the bridge already (br_netfilter). */
  bridged?: boolean;
  /** IPVS has had it already (ipvs_property). */
  ipvs?: boolean;
  /** Its checksum was left to a device that has not computed it: the header holds that of the pseudo-header (CHECKSUM_PARTIAL). */
  offloaded?: boolean;
  /** Of the socket that sent it (skb->hash): tunnels choose their ports by it. */
  hash?: number;
  /** Put together by netfilter: bytes of the longest of its pieces, which it goes on in (frag_max_size). */
  pieceMax?: number;
  /** Its socket lets this machine fragment it although DF is set (ip_sk_ignore_df). */
  ignoreDf?: boolean;
  /** Sent by housekeeping (a probe, a lease): does not keep the world from being settled. */
  background?: boolean;
}

/** What conntrack hangs on a packet: the entry, the direction, and the state as `-m conntrack` sees it. */
export interface Conn {
  entry: unknown;
  reply: boolean;
  state: 'NEW' | 'ESTABLISHED' | 'RELATED' | 'UNTRACKED' | 'INVALID';
}

export interface Arp {
  op: 'request' | 'reply';
  senderMac: Mac;
  senderIp: Ipv4;
  targetMac: Mac;
  targetIp: Ipv4;
}

/** A message of the spanning tree protocol; times are hundredths of a second, its age microseconds. */
export interface ConfigBpdu {
  type: 'config';
  topologyChange: boolean;
  topologyChangeAck: boolean;
  /** Ids of bridges: `PPPP.MMMMMMMMMMMM` in hexadecimal. */
  root: string;
  rootPathCost: number;
  bridge: string;
  port: number;
  messageAge: number;
  maxAge: number;
  helloTime: number;
  forwardDelay: number;
}
export type Bpdu = ConfigBpdu | { type: 'tcn' };

/** An Ethernet frame. */
export interface Frame {
  src: Mac;
  dst: Mac;
  packet?: Packet;
  arp?: Arp;
  bpdu?: Bpdu;
  /** VXLAN network identifier, while a datagram carries it. */
  vni?: number;
  /** The VLAN of its 802.1Q tag. */
  vlan?: number;
  /** Towards a device that has no addresses of its own layer: the next hop. */
  nextHop?: Ipv4;
  background?: boolean;
}

/** Bytes of a frame as tcpdump -e counts them. */
export function frameLength(frame: Frame): number {
  return 14 + (frame.vlan === undefined ? 0 : 4) + (frame.packet ? frame.packet.length : frame.bpdu ? (frame.bpdu.type === 'tcn' ? 7 : 38) : 28);
}

/** Bytes of the IP header of packets to that address. */
export function ipHeader(dst: Ip): number {
  return dst > IPV4_MAX ? 40 : 20;
}

/** A copy that may be changed on its own; the parts that never change are shared. */
export function clonePacket(p: Packet): Packet {
  return { ...p };
}

/** Copy of a frame for another receiver: `keep` drops what the kernel knows about the packet (another namespace). */
export function cloneFrame(frame: Frame): Frame {
  return frame.packet ? { ...frame, packet: clonePacket(frame.packet) } : { ...frame };
}

export function flagsText(flags: number): string {
  return `${flags & SYN ? 'S' : ''}${flags & FIN ? 'F' : ''}${flags & RST ? 'R' : ''}${flags & PSH ? 'P' : ''}${flags & ACK ? '.' : ''}`;
}

/** A packet at a glance, for traces. */
export interface PacketSummary {
  proto: Protocol;
  src: string;
  sport?: number;
  dst: string;
  dport?: number;
  /** TCP flags as tcpdump prints them, or the ICMP type. */
  flags?: string;
  ttl: number;
  length: number;
  mark?: number;
  /** The packet that carries this one (vxlan, ipip). */
  outer?: PacketSummary;
}

/** Of a packet that carries another (vxlan, ipip), the inner one is summarized and this one is its `outer`. */
export function summary(p: Packet): PacketSummary {
  if (p.carried) return { ...summary(p.carried), outer: flat(p) };
  if (typeof p.data === 'object' && 'packet' in p.data && p.data.packet) return { ...summary(p.data.packet), outer: flat(p) };
  return flat(p);
}

function flat(p: Packet): PacketSummary {
  const s: PacketSummary = { proto: p.protocol, src: formatIpv4(p.src), dst: formatIpv4(p.dst), ttl: p.ttl, length: p.length };
  if (p.tcp || p.protocol === 'udp') {
    s.sport = p.sport;
    s.dport = p.dport;
  }
  if (p.tcp) s.flags = flagsText(p.tcp.flags);
  if (p.icmp) s.flags = p.icmp.type;
  if (p.mark) s.mark = p.mark;
  return s;
}
