/**
 * IPv6 of a network namespace. It is loaded when a world first needs it (`ipv6Of`); what both families share (sockets, netfilter, states of
 * neighbours, the walk of a packet) is where it was. Not modelled: that a link which comes up reports its groups, asks for routers and probes the
 * address it makes for itself.
 */
import { formatIpv4, type Ip, type Mac } from '../addresses.ts';
import { isIpv6, isLinkLocal6, isMulticast6, parseCidr6, parseIpv6, words6 } from '../addresses6.ts';
import { NetlinkError } from '../errors.ts';
import type { RouteResult } from '../fib.ts';
import { receiveFrame } from '../ip-input.ts';
import type { Link } from '../link.ts';
import type { NetNamespace } from '../namespace.ts';
import { clonePacket, PROTOCOL_NUMBER, type IcmpType, type Packet } from '../packet.ts';
import { Addresses, type Address6 } from './address.ts';
import { Fib6 } from './fib6.ts';
import { Icmp6 } from './icmp6.ts';
import { ndiscReceive, solicit } from './ndisc.ts';

export type { Address6 } from './address.ts';

export class Inet6 {
  readonly ns: NetNamespace;
  readonly fib: Fib6;
  readonly addresses: Addresses;
  readonly #icmp: Icmp6;

  constructor(ns: NetNamespace) {
    this.ns = ns;
    this.addresses = new Addresses(this);
    this.fib = new Fib6(ns, () => this.addresses.list(), (link, group) => this.addresses.groups(link).some((g) => g.ip === group));
    this.#icmp = new Icmp6(ns);
  }

  /** Links, their carriers or settings have changed. */
  changed(): void {
    this.addresses.refresh();
  }

  /** Whether what comes in at the link and is for others goes on. */
  forwarding(link: Link): boolean {
    return this.ns.get(`net.ipv6.conf.${link.name}.forwarding`) === '1';
  }

  /** The same of one packet; its sender is told where there is no way for it, whether this machine forwards or not. */
  forwards(packet: Packet, link: Link, route: RouteResult): boolean {
    if (route.error) return true;
    if (!this.forwarding(link) || isMulticast6(packet.dst) || isLinkLocal6(packet.dst)) return false;
    if (!isLinkLocal6(packet.src)) return true;
    this.#icmp.beyondScope(packet);
    return false;
  }

  /** An ICMPv6 packet for this machine. */
  icmpReceive(packet: Packet, link: Link): void {
    if (packet.icmp!.target !== undefined) ndiscReceive(this, packet, link);
    else this.#icmp.receive(packet, link);
  }

  /** Tells a sender about its packet: type and code as ICMP has them. */
  sendError(about: Packet, type: IcmpType, code: number, mtu: number | undefined): void {
    this.#icmp.error(about, type, code, mtu);
  }

  /** Asks for a neighbour, directly when its MAC is known. */
  solicit(link: Link, target: Ip, from: Ip, mac: Mac | undefined): void {
    solicit(this, link, target, from, mac !== undefined);
  }

  /** Asks whether somebody has an address that is to be ours. */
  askFor(a: Address6): void {
    solicit(this, a.dev, a.ip, 'none', false);
  }

  /** A packet to a group comes to this machine too. */
  loop(packet: Packet, out: Link): void {
    if (!this.addresses.groups(out).some((g) => g.ip === packet.dst)) return;
    this.ns.world.clock.after(1, () => receiveFrame(this.ns, out, { src: out.address, dst: out.address, packet: { ...clonePacket(packet), ct: undefined } }));
  }

  /** The link's own address in fe80::/10; 0 without one. */
  linkLocal(link: Link): Ip {
    return this.addresses.list(link).find((a) => isLinkLocal6(a.ip) && a.state === 'permanent')?.ip ?? 0;
  }

  /** First address of a link that is not link-local (REDIRECT). */
  primaryAddress(link: Link): Ip | undefined {
    const own = this.addresses.list(link).filter((a) => a.state === 'permanent');
    return (own.find((a) => a.scope === 'global') ?? own[0])?.ip;
  }

  /** What was written as an address. Throws NetlinkError EINVAL. */
  address(text: string): Ip {
    const ip = parseIpv6(text);
    if (ip === undefined) throw new NetlinkError('EINVAL');
    return ip;
  }

  /** Throws NetlinkError ENODEV, EEXIST, EACCES, EINVAL. */
  addAddress(dev: Link, text: string, o: { nodad?: boolean; deprecated?: boolean; noprefixroute?: boolean } = {}): Address6 {
    const prefix = parseCidr6(text);
    if (!prefix || isMulticast6(prefix.address)) throw new NetlinkError('EINVAL');
    return this.addresses.add(dev, prefix.address, prefix.bits, o);
  }

  /** Of a socket's hash, else of addresses and ports (auto_flowlabels). */
  label(p: Packet): number {
    const words = [...words6(p.src), ...words6(p.dst), p.hash ?? p.sport * 65536 + p.dport, PROTOCOL_NUMBER[p.protocol]];
    const h = words.reduce((sum, w) => Math.imul(sum ^ w, 0x01000193), 0x811c9dc5);
    return (h ^ (h >>> 13)) & 0xfffff;
  }

  text(ip: Ip): string {
    return isIpv6(ip) ? formatIpv4(ip) : '::';
  }
}
