import { SECOND } from '../../sim/clock.ts';
import type { World } from '../world.ts';
import { broadcastOf, inPrefix, IPV4_MAX, isLoopback, ZERO_MAC, type Ip, type Mac } from './addresses.ts';
import type { Conntrack } from './conntrack/conntrack.ts';
import { NetlinkError } from './errors.ts';
import { addFdb, delFdb, fdbOf, type FdbEntry } from './fdb.ts';
import { Fib, LOCAL, MAIN, tableId, type Route, type RouteResult, type Rule } from './fib.ts';
import type { FragmentQueue } from './ip-input.ts';
import type { Hooks } from './hooks.ts';
import { addressUp, removeAddress } from './interface-address.ts';
import type { Inet6 } from './ipv6/index.ts';
import { Link, type Address, type Capture, type LinkKind } from './link.ts';
import { addLink, loadTunnels, moveLink, needs, removeLink } from './link-life.ts';
import { neighboursOf, stateOf, type Neighbour, type NeighbourState } from './neighbour.ts';
import type { Redirected } from './redirect.ts';
import { RouteExceptions } from './route-exceptions.ts';
import { Host } from './netfilter-host.ts';
import { Netfilter } from './netfilter/netfilter.ts';
import { Notifications } from './notify.ts';
import type { IcmpSocket } from './icmp.ts';
import type { Packet } from './packet.ts';
import { netShared, type NetShared } from './shared.ts';
import { SocketTable } from './sockets.ts';
import { address, prefix, routeOf, routePattern, ruleOf, type AddressOptions, type LinkOptions, type LookupOptions, type RouteOptions, type RuleOptions } from './rtnetlink.ts';
import { Sysctls } from './sysctl.ts';
import type { Tracer } from './trace.ts';
import type { TunnelMode } from './tunnel.ts';

interface Tap {
  dev: Link | undefined;
  onPacket: (capture: Capture) => void;
}

/** A network namespace: links, addresses, routes, rules, neighbours, netfilter, sockets. Calls are as rtnetlink's. */
export class NetNamespace {
  readonly world: World;
  /** Name of its machine. */
  readonly machine: string;
  /** '' is the machine's own. */
  readonly name: string;
  readonly shared: NetShared;
  readonly tracer: Tracer;
  readonly fib: Fib;
  readonly lo: Link;
  readonly sysctl: Sysctls;
  readonly sockets: SocketTable;
  /** For the walk of packets: netfilter once it is in use. */
  hooks: Hooks | undefined;
  /** Who captures packets. */
  taps: Tap[] = [];
  /** VXLAN devices: their UDP ports are the kernel's. */
  vxlans: Link[] | undefined;
  /** Devices that take packets of tunnels. */
  tunnels: Link[] | undefined;
  readonly icmpSockets = new Set<IcmpSocket>();
  /** Tells of changes to links, addresses, routes, rules and neighbours. */
  readonly events = new Notifications();
  /** Packets of which some pieces have come. */
  readonly fragments = new Map<string, FragmentQueue>();
  /** Who was told of late that there is no route (ip_error). */
  readonly errorsTold = new Map<Ip, { tokens: number; at: number }>();
  readonly exceptions: RouteExceptions;
  /** Who was told of late of a nearer gateway. */
  readonly redirected = new Map<Ip, Redirected>();
  destroyed = false;
  /** MAC addresses that links are to get by their name when they are made (a scenario's own). */
  readonly macs = new Map<string, Mac>();
  #links: Link[];
  #byName = new Map<string, Link>();
  #index = 1;
  #netfilter: Netfilter | undefined;
  #inet6: Inet6 | undefined;
  #ipId: number;
  #bridgeNetfilter = false;
  #bridgeNetfilter6 = false;

  constructor(world: World, { machine, name }: { machine: string; name: string }) {
    this.world = world;
    this.machine = machine;
    this.name = name;
    this.shared = netShared(world);
    this.exceptions = new RouteExceptions(world.clock);
    this.tracer = this.shared.tracer;
    this.sysctl = new Sysctls(() => this.#links.map((l) => l.name));
    this.fib = new Fib(this);
    this.sockets = new SocketTable(this);
    this.#ipId = this.shared.numbers.int(65536);
    this.lo = new Link(this, { index: 1, name: 'lo', kind: 'loopback', mtu: 65536, address: ZERO_MAC });
    this.#links = [this.lo];
    this.#byName.set('lo', this.lo);
    if (name === '') this.lo.setUp();
  }

  /* ---- links ---- */

  /** In the order of their index. */
  links(): Link[] {
    return this.#links;
  }

  link(name: string): Link | undefined {
    return this.#byName.get(name);
  }

  /** Throws NetlinkError EEXIST, EINVAL (name), ENODEV (vxlan dev, master). */
  addLink(o: LinkOptions): Link {
    return addLink(this, o);
  }

  /** Loads the module of a kind of tunnels: its device appears. Throws NetlinkError EOPNOTSUPP where the kernel has none. */
  loadTunnels(mode: TunnelMode): void {
    loadTunnels(this, mode);
  }

  /** Throws NetlinkError EOPNOTSUPP when the kernel has no links of that kind. */
  needs(kind: LinkKind): void {
    needs(this, kind);
  }

  /** Throws NetlinkError ENODEV, EOPNOTSUPP (lo). A veth takes its other end with it, a device those that sit on it. */
  delLink(name: string): void {
    removeLink(this, this.dev(name));
  }

  /** Moves a link into another namespace: it comes down and loses addresses. Throws NetlinkError EEXIST, EINVAL. */
  moveLink(link: Link, to: NetNamespace, name = link.name): void {
    moveLink(link, to, name);
  }

  /** Whether the machine's kernel has a module. */
  kernelHas(module: string): boolean {
    return !this.world.machines.get(this.machine)?.kernel.without.has(module);
  }

  /** Throws NetlinkError EBUSY while it is up, EEXIST, ENODEV. */
  renameLink(name: string, to: string): void {
    const link = this.dev(name);
    this.newName(to);
    this.#byName.delete(link.name);
    link.name = to;
    this.#byName.set(to, link);
    for (const a of link.addresses) if (a.label === name) a.label = to;
    link.changed();
    for (const family of ['inet', 'inet6'] as const) for (const deleted of [true, false]) this.events.tell({ kind: 'netconf', family, dev: link, deleted });
  }

  /** This namespace's number for another one, which it gets with the first link that leads there (net/core/net_namespace.c). */
  nsid(of: NetNamespace): number {
    let id = this.nsids.get(of);
    if (id !== undefined) return id;
    const taken = new Set(this.nsids.values());
    for (id = 0; taken.has(id); id++);
    this.nsids.set(of, id);
    of.#numberedBy.add(this);
    this.events.tell({ kind: 'nsid', id, of });
    return id;
  }
  /** Its numbers for others. */
  readonly nsids = new Map<NetNamespace, number>();
  readonly #numberedBy = new Set<NetNamespace>();

  /** Another name for a link. Throws NetlinkError EEXIST, EINVAL, ENODEV. */
  addAltName(dev: string, name: string): void {
    const link = this.dev(dev);
    if (this.#byName.has(name)) throw new NetlinkError('EEXIST');
    link.altNames.add(name);
    this.#byName.set(name, link);
  }
  /** Throws NetlinkError EINVAL when it is none of the link's. */
  delAltName(dev: string, name: string): void {
    if (!this.dev(dev).altNames.delete(name)) throw new NetlinkError('EINVAL');
    this.#byName.delete(name);
  }

  /* ---- addresses ---- */

  /** Throws NetlinkError ENODEV, EEXIST, EINVAL. */
  addAddress(dev: string, text: string, o: AddressOptions = {}, { replace = false } = {}): Address {
    const link = this.dev(dev);
    const { address: ip } = prefix(text), { address: far, bits } = prefix(o.peer ?? text);
    const peer = o.peer === undefined ? undefined : far;
    const known = link.addresses.find((a) => a.ip === ip && a.bits === bits && a.peer === peer);
    if (known && !replace) throw new NetlinkError('EEXIST', 'ipv4: Address already assigned');
    const broadcast = o.broadcast === undefined || o.broadcast === '-' ? undefined : o.broadcast === '+' ? broadcastOf(ip, bits) : address(o.broadcast);
    const secondary = link.addresses.some((a) => !a.secondary && a.bits === bits && inPrefix(ip, a.ip, bits));
    const scope = o.scope ?? (isLoopback(ip) ? 'host' : 'global');
    const until = (seconds: number | undefined) => (seconds === undefined ? undefined : this.world.clock.now + seconds * SECOND);
    const life = { validUntil: until(o.validLife), preferredUntil: until(o.preferredLife) };
    const added: Address = known ?? { dev: link, ip, bits, broadcast, scope, label: o.label ?? link.name, secondary, peer };
    Object.assign(added, life);
    if (!known) link.addresses.push(added);
    if (life.validUntil !== undefined) this.world.clock.after(o.validLife! * SECOND, () => link.addresses.includes(added) && added.validUntil === life.validUntil && removeAddress(added), { background: true });
    this.events.tell({ kind: 'address', address: added });
    if (known) return known;
    addressUp(added);
    this.changed();
    return added;
  }

  /** Throws NetlinkError ENODEV, EADDRNOTAVAIL. */
  delAddress(dev: string, text: string): void {
    const link = this.dev(dev);
    const { address: ip, bits } = prefix(text);
    const found = link.addresses.find((a) => a.ip === ip && (a.bits === bits || !text.includes('/')));
    if (!found) throw new NetlinkError('EADDRNOTAVAIL', 'ipv4: Address not found');
    removeAddress(found);
  }

  addresses(dev?: string): Address[] {
    return dev === undefined ? this.#links.flatMap((l) => l.addresses) : this.dev(dev).addresses;
  }

  /* ---- routes and rules ---- */

  /** Throws NetlinkError as Fib.add. */
  addRoute(o: RouteOptions, mode: 'add' | 'append' | 'prepend' | 'replace' | 'change' = 'add'): void {
    this.fib.add(routeOf(o, this.dev), mode);
  }

  replaceRoute(o: RouteOptions): void {
    this.addRoute(o, 'replace');
  }

  /** Deletes the first route that fits. Throws NetlinkError ESRCH, ENODEV. */
  delRoute(o: Partial<RouteOptions> & { dst: string }): void {
    this.fib.del(routePattern(o, this.dev));
  }

  /** Throws NetlinkError ENOENT when there is no such table. */
  routes(table: string | number = MAIN): readonly Route[] {
    const id = tableId(table);
    const routes = this.fib.table(id);
    if (!routes && id !== MAIN && id !== LOCAL) throw new NetlinkError('ENOENT', 'ipv4: FIB table does not exist');
    return routes ?? [];
  }

  addRule(o: RuleOptions): Rule {
    return this.fib.addRule(ruleOf(o));
  }
  delRule(o: RuleOptions): void {
    this.fib.delRule(ruleOf(o));
  }
  rules(): readonly Rule[] {
    return this.fib.rules;
  }

  /** What `ip route get` asks. Throws NetlinkError ENETUNREACH, EHOSTUNREACH, EINVAL, EACCES. */
  lookupRoute(dst: string, o: LookupOptions = {}): RouteResult {
    const to = address(dst);
    const src = o.src === undefined ? 0 : address(o.src);
    let result: RouteResult;
    if (o.iif !== undefined) {
      const iif = this.dev(o.iif);
      result = this.fib.input({ ...PROBE, src, dst: to, mark: o.mark ?? 0 }, iif);
      if (!result.error && result.type === 'unicast' && !(to > IPV4_MAX ? this.inet6!.forwarding(iif) : this.forwarding(iif))) throw new NetlinkError('EHOSTUNREACH');
    } else {
      if (src !== 0 && this.fib.addressType(src) !== 'LOCAL') throw new NetlinkError('ENETUNREACH');
      result = this.fib.output(to, { src, mark: o.mark, oif: o.oif === undefined ? undefined : this.dev(o.oif) });
    }
    if (result.error) throw new NetlinkError(result.error);
    return result;
  }

  /* ---- neighbours and forwarding database ---- */

  /** Throws NetlinkError EEXIST unless `replace`. */
  addNeighbour(o: { ip: string; dev: string; lladdr?: Mac; state?: NeighbourState }, { replace = false } = {}): void {
    const table = neighboursOf(this.dev(o.dev));
    const ip = address(o.ip);
    if (!replace && table.entries.has(ip)) throw new NetlinkError('EEXIST');
    table.set(ip, o.lladdr?.toLowerCase(), o.state ?? 'PERMANENT');
  }

  /** Throws NetlinkError ENOENT. */
  delNeighbour(o: { ip: string; dev: string }): void {
    const link = this.dev(o.dev);
    if (!link.neighbours?.delete(address(o.ip))) throw new NetlinkError('ENOENT');
  }

  /** With the state that each has now. */
  neighbours(dev?: string, family: 4 | 6 = 4): (Neighbour & { state: NeighbourState })[] {
    const links = dev === undefined ? this.#links : [this.dev(dev)];
    return links.flatMap((l) => [...(l.neighbours?.entries.values() ?? [])].filter((n) => n.ip > IPV4_MAX === (family === 6)).map((n) => ({ ...n, state: stateOf(n) })));
  }

  /** On a vxlan: where frames for the MAC go. On a port of a bridge: behind which port it is. Throws NetlinkError. */
  addFdb(o: { dev: string; lladdr: Mac; dst?: string; state?: 'permanent' | 'static' | 'dynamic'; vlan?: number }, how: { replace?: boolean; append?: boolean } = {}): void {
    addFdb(this.dev(o.dev), o, how);
  }

  /** Throws NetlinkError ENOENT. */
  delFdb(o: { dev: string; lladdr: Mac; dst?: string; vlan?: number }): void {
    delFdb(this.dev(o.dev), o.lladdr.toLowerCase(), o.vlan);
  }

  /** Entries of bridges and of vxlan devices. */
  fdb(): FdbEntry[] {
    return this.#links.flatMap(fdbOf);
  }

  /* ---- settings ---- */

  /** A sysctl; undefined when there is none of that name. */
  get(name: string): string | undefined {
    if (name.startsWith(CONNTRACK)) return this.#netfilter?.conntrack.sysctl(name.slice(CONNTRACK.length))?.toString();
    return this.sysctl.get(name);
  }
  set(name: string, value: string): void {
    if (name.startsWith(CONNTRACK)) return this.conntrack.setSysctl(name.slice(CONNTRACK.length), Number(value));
    this.sysctl.set(name, value.trim());
    const bridged = (tool: string) => this.sysctl.get(`net.bridge.bridge-nf-call-${tool}`);
    this.#bridgeNetfilter = bridged('iptables') === '1';
    // br_netfilter brings both settings, switched on.
    this.#bridgeNetfilter6 = (bridged('ip6tables') ?? bridged('iptables')) === '1';
    this.#flags.clear();
    this.changed();
    if (this.events.heard) this.#tellSetting(name);
  }
  #tellSetting(name: string): void {
    const tell = (dev: Link | 'all' | 'default', only: string) => this.events.tell({ kind: 'netconf', family: 'inet', dev, only });
    const [, dev = '', key = ''] = /^net\.ipv4\.conf\.(.+)\.(forwarding|rp_filter|mc_forwarding|ignore_routes_with_linkdown)$/.exec(name) ?? [];
    if (name === 'net.ipv4.ip_forward' || (dev === 'all' && key === 'forwarding')) for (const to of ['all', 'default', ...this.#links] as const) tell(to, 'forwarding');
    else if (key !== '') tell(dev === 'all' || dev === 'default' ? dev : this.dev(dev), key);
  }

  /** Whether a bridged packet passes iptables, or ip6tables. */
  bridgeFilters(packet: Packet): boolean {
    return (packet.dst > IPV4_MAX ? this.#bridgeNetfilter6 : this.#bridgeNetfilter) && this.hooks !== undefined;
  }

  /** Whether packets that come in at the link are forwarded. */
  forwarding(link: Link): boolean {
    return this.#conf('forwarding', link) === 1;
  }

  /** A setting of the link that counts when it is on for all or for the link. */
  flag(key: string, link: Link): boolean {
    return this.#conf(key, link) === 1 || this.#conf(key, undefined) === 1;
  }

  /** 0 off, 1 strict, 2 loose. */
  rpFilter(link: Link): number {
    return Math.max(this.#conf('rp_filter', undefined), this.#conf('rp_filter', link));
  }
  readonly #flags = new Map<string, number>();
  #conf(key: string, link: Link | undefined): number {
    const name = `net.ipv4.conf.${link ? link.name : 'all'}.${key}`;
    let value = this.#flags.get(name);
    if (value === undefined) this.#flags.set(name, (value = Number(this.sysctl.get(name) ?? 0)));
    return value;
  }

  /** IPv6, once something in the world has needed it (ipv6Of). */
  get inet6(): Inet6 | undefined {
    if (!this.#inet6 && this.shared.inet6) {
      this.#inet6 = new this.shared.inet6(this);
      this.#inet6.changed();
    }
    return this.#inet6;
  }

  /* ---- netfilter ---- */

  /** Made when it is first asked for: a namespace without rules costs nothing. */
  get netfilter(): Netfilter {
    if (!this.#netfilter) {
      this.#netfilter = new Netfilter(new Host(this));
      this.hooks = this.#netfilter;
    }
    return this.#netfilter;
  }
  get conntrack(): Conntrack {
    return this.netfilter.conntrack;
  }

  /* ---- captures ---- */

  /** Hands every frame that passes the link (or any link) to `onPacket`. Returns how to stop. Throws NetlinkError ENODEV. */
  capture(dev: string, onPacket: (capture: Capture) => void): () => void {
    const tap: Tap = { dev: dev === 'any' ? undefined : this.dev(dev), onPacket };
    this.taps = [...this.taps, tap];
    if (tap.dev) tap.dev.promiscuity++;
    return () => {
      if (!this.taps.includes(tap)) return;
      this.taps = this.taps.filter((t) => t !== tap);
      if (tap.dev) tap.dev.promiscuity--;
    };
  }

  /* ---- life ---- */

  /** Frees the namespace: its links go (a veth takes its other end with it), its sockets close. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.sockets.destroy();
    for (const ns of this.#numberedBy) {
      const id = ns.nsids.get(this)!;
      ns.nsids.delete(this);
      ns.events.tell({ kind: 'nsid', id, of: this, deleted: true });
    }
    for (const link of [...this.#links]) if (link !== this.lo && !link.deleted) this.delLink(link.name);
    this.lo.setDown();
    this.taps = [];
  }

  /* ---- for the other modules of the network ---- */

  /** Something that routes depend on has changed. */
  changed(): void {
    this.fib.changed();
    this.#inet6?.changed();
  }

  nextIndex(): number {
    do this.#index++;
    while (this.#links.some((l) => l.index === this.#index));
    return this.#index;
  }

  /** Gives links other indexes, as a restored state has them; new ones come after the highest. */
  renumber(indexes: ReadonlyMap<Link, number>): void {
    for (const [link, index] of indexes) link.index = index;
    this.#links = this.#links.toSorted((a, b) => a.index - b.index);
    this.#index = Math.max(this.#index, ...indexes.values());
  }

  /** Identification of the next IP packet. */
  nextIpId(): number {
    return (this.#ipId = (this.#ipId + 1) & 0xffff);
  }

  attach(link: Link): void {
    for (const name of [link.name, ...link.altNames]) this.#byName.set(name, link);
    this.#links = [...this.#links, link].sort((a, b) => a.index - b.index);
    this.changed();
  }
  detach(link: Link): void {
    for (const name of [link.name, ...link.altNames]) this.#byName.delete(name);
    this.#links = this.#links.filter((l) => l !== link);
    this.changed();
  }

  loopbackUp(link: Link): void {
    if (link.addresses.length > 0) return;
    const address: Address = { dev: link, ip: 0x7f000001, bits: 8, broadcast: undefined, scope: 'host', label: 'lo', secondary: false };
    link.addresses.push(address);
    this.events.tell({ kind: 'address', address });
  }

  linkUp(link: Link): void {
    for (const a of link.addresses) addressUp(a);
    this.changed();
  }

  /** Routes through a link that goes down are gone for good. */
  linkDown(link: Link): void {
    this.#inet6?.changed();
    this.fib.drop((r) => (r.dev === link && !(r.table === LOCAL && r.type === 'local')) || (r.nexthops?.every((n) => !n.dev.up) ?? false));
  }

  /** The longest packet that gets to the destination without being fragmented, as far as is known. */
  pathMtu(dst: Ip, route: RouteResult): number {
    const mtu = this.exceptions.get(dst)?.mtu;
    return mtu === undefined ? route.mtu : Math.min(mtu, route.mtu);
  }

  /** Throws NetlinkError ENODEV. */
  readonly dev = (name: string): Link => {
    const link = this.#byName.get(name);
    if (!link) throw new NetlinkError('ENODEV');
    return link;
  };

  /** Whether a link may get that name. Throws NetlinkError EEXIST, EINVAL. */
  newName(name: string): void {
    if (name === '' || name.length > 15 || /[\s/:]/.test(name) || name === '.' || name === '..') throw new NetlinkError('EINVAL');
    if (this.#byName.has(name)) throw new NetlinkError('EEXIST');
  }
}

export { createVeth, type VethOptions } from './link-life.ts';
export type { AddressOptions, LinkOptions, LookupOptions, RouteOptions, RuleOptions } from './rtnetlink.ts';
export type { FdbEntry } from './fdb.ts';

/** Settings that conntrack keeps. */
const CONNTRACK = 'net.netfilter.nf_conntrack_';
const PROBE = { flow: 0, src: 0, dst: 0, protocol: 'udp' as const, sport: 0, dport: 0, ttl: 64, tos: 0, id: 0, df: false, length: 0, mark: 0 };
