import { SECOND } from '../../sim/clock.ts';
import type { World } from '../world.ts';
import { broadcastOf, inPrefix, IPV4_MAX, isLoopback, ZERO_MAC, type Ip, type Mac } from './addresses.ts';
import type { Conntrack } from './conntrack/conntrack.ts';
import { NetlinkError } from './errors.ts';
import { addFdb, delFdb, fdbOf, type FdbEntry } from './fdb.ts';
import { Fib, LOCAL, MAIN, tableId, type Route, type RouteResult, type Rule } from './fib.ts';
import type { FragmentQueue } from './ip-input.ts';
import type { HookName, Hooks, HookState } from './hooks.ts';
import { addressUp, removeAddress } from './interface-address.ts';
import type { Inet6 } from './ipv6/index.ts';
import { Link, type Address, type Capture, type LinkKind } from './link.ts';
import { neighboursOf, stateOf, type Neighbour, type NeighbourState } from './neighbour.ts';
import type { Redirected } from './redirect.ts';
import { RouteExceptions } from './route-exceptions.ts';
import { Netfilter } from './netfilter/netfilter.ts';
import { Notifications } from './notify.ts';
import { sendIcmpError, sendReset, type IcmpSocket } from './icmp.ts';
import type { Packet } from './packet.ts';
import { netShared, type NetShared } from './shared.ts';
import { SocketTable } from './sockets.ts';
import { address, prefix, routeOf, routePattern, ruleOf, type AddressOptions, type LinkOptions, type LookupOptions, type RouteOptions, type RuleOptions } from './rtnetlink.ts';
import { Sysctls } from './sysctl.ts';
import type { Tracer } from './trace.ts';
import { TUNNEL_OVERHEAD, type Tunnel, type TunnelMode } from './tunnel.ts';
import { VXLAN_OVERHEAD, type VxlanFdb } from './vxlan.ts';

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
    this.#newName(o.name);
    if (o.peer) {
      if (o.peer.name === o.name) throw new NetlinkError('EEXIST');
      this.#newName(o.peer.name);
      return createVeth(this, o.name, this, o.peer.name, { address: o.address, peerAddress: o.peer.address, mtu: o.mtu, peerMtu: o.peer.mtu }, true)[0];
    }
    this.needs(o.kind);
    if (isTunnel(o.kind)) return this.#addTunnel(o, o.kind);
    const lower = o.lower === undefined ? undefined : this.#dev(o.lower);
    if (o.vlan !== undefined && lower!.uppers.some((l) => l.vlan === o.vlan)) throw new NetlinkError('EEXIST', '8021q: VLAN device already exists');
    const dev = o.vxlan?.dev === undefined ? undefined : this.#dev(o.vxlan.dev);
    const mtu = o.mtu ?? (o.kind === 'vxlan' ? (dev?.mtu ?? 1550) - VXLAN_OVERHEAD : o.kind === 'wireguard' ? 1420 : (lower?.mtu ?? 1500));
    const vxlan = o.vxlan && {
      vni: o.vxlan.vni, port: o.vxlan.port ?? 8472, local: o.vxlan.local === undefined ? undefined : address(o.vxlan.local), dev,
      remote: o.vxlan.remote === undefined ? undefined : address(o.vxlan.remote), learning: o.vxlan.learning ?? true, ttl: 0, fdb: new Map<Mac, VxlanFdb>(),
    };
    if (vxlan && this.vxlans?.some((l) => l.vxlan!.vni === vxlan.vni && l.vxlan!.port === vxlan.port)) throw new NetlinkError('EEXIST', 'A VXLAN device with the specified VNI already exists');
    const link = new Link(this, { index: o.index ?? this.nextIndex(), name: o.name, kind: o.kind, mtu, address: o.address?.toLowerCase() ?? this.macs.get(o.name) ?? (o.kind === 'vlan' ? lower!.address : o.kind === 'tun' || o.kind === 'wireguard' ? ZERO_MAC : this.shared.macs.mac()), vxlan, lower, vlan: o.vlan, macvlan: o.macvlan });
    if (o.kind === 'tun' || o.kind === 'tap') link.txqlen = o.kind === 'tun' ? 500 : 1000;
    link.addressSet = o.address !== undefined;
    link.mtuSet = o.mtu !== undefined;
    if (vxlan?.remote !== undefined) vxlan.fdb.set(ZERO_MAC, { mac: ZERO_MAC, dst: [vxlan.remote], permanent: true, updated: this.world.clock.now, used: this.world.clock.now });
    if (vxlan) (this.vxlans ??= []).push(link);
    this.attach(link);
    this.announce(link);
    if (o.master !== undefined) link.setMaster(this.#dev(o.master));
    return link;
  }

  /** The first tunnel of a mode comes with the module's own device, which takes what no other takes. */
  #addTunnel(o: LinkOptions, mode: TunnelMode): Link {
    const dev = o.lower === undefined ? undefined : this.#dev(o.lower);
    const { local, remote, ttl = 0 } = o.tunnel ?? {};
    const ends = { mode, local: local === undefined ? 0 : address(local), remote: remote === undefined ? 0 : address(remote), ttl, dev };
    const make = (name: string, tunnel: Tunnel): Link => {
      const outer = tunnel.remote === 0 ? undefined : this.fib.output(tunnel.remote, { src: tunnel.local, oif: dev });
      const below = dev?.mtu ?? (outer && !outer.error ? outer.dev.mtu : 1500);
      const link = new Link(this, { index: this.nextIndex(), name, kind: mode, mtu: o.mtu ?? below - TUNNEL_OVERHEAD[mode], address: ZERO_MAC, tunnel });
      (this.tunnels ??= []).push(link);
      this.attach(link);
      this.announce(link);
      return link;
    };
    this.loadTunnels(mode);
    if (o.name === FALLBACK[mode]) throw new NetlinkError('EEXIST');
    if (this.tunnels?.some(({ tunnel: t }) => t!.mode === mode && !t!.fallback && t!.local === ends.local && t!.remote === ends.remote)) throw new NetlinkError('EEXIST');
    return make(o.name, ends);
  }

  /** Loads the module of a kind of tunnels: its device appears. Throws NetlinkError EOPNOTSUPP where the kernel has none. */
  loadTunnels(mode: TunnelMode): void {
    this.needs(mode);
    if (this.#byName.has(FALLBACK[mode])) return;
    const link = new Link(this, { index: this.nextIndex(), name: FALLBACK[mode], kind: mode, mtu: 1500 - TUNNEL_OVERHEAD[mode], address: ZERO_MAC, tunnel: { mode, local: 0, remote: 0, ttl: 0, dev: undefined, fallback: true } });
    (this.tunnels ??= []).push(link);
    this.attach(link);
    this.announce(link);
  }

  /** Throws NetlinkError EOPNOTSUPP when the kernel has no links of that kind. */
  needs(kind: LinkKind): void {
    if (!this.kernelHas(MODULES[kind] ?? kind)) throw new NetlinkError('EOPNOTSUPP', 'Unknown device type');
  }

  /** Whether the machine's kernel has a module. */
  kernelHas(module: string): boolean {
    return !this.world.machines.get(this.machine)?.kernel.without.has(module);
  }

  /** Throws NetlinkError ENODEV, EOPNOTSUPP (lo). A veth takes its other end with it, a device those that sit on it. */
  delLink(name: string): void {
    const link = this.#dev(name);
    if (link === this.lo) throw new NetlinkError('EOPNOTSUPP');
    if (link.tunnel?.fallback && !this.destroyed) throw new NetlinkError('EOPNOTSUPP');
    for (const upper of [...link.uppers]) upper.ns.delLink(upper.name);
    if (link.lower) link.lower.uppers = link.lower.uppers.filter((l) => l !== link);
    if (link.tunnel) this.tunnels = this.tunnels?.filter((l) => l !== link);
    const peer = link.peer;
    link.peer = undefined;
    if (peer) peer.peer = undefined;
    link.setDown();
    peer?.setDown();
    link.setMaster(undefined);
    for (const port of [...(link.bridge?.ports ?? [])]) port.setMaster(undefined);
    for (const a of [...link.addresses]) removeAddress(a);
    this.#withdraw(link);
    this.detach(link);
    link.deleted = true;
    this.fib.drop((r) => r.dev === link);
    if (link.vxlan) this.vxlans = this.vxlans?.filter((l) => l !== link);
    if (peer && !peer.deleted) peer.ns.delLink(peer.name);
  }

  /** Throws NetlinkError EBUSY while it is up, EEXIST, ENODEV. */
  renameLink(name: string, to: string): void {
    const link = this.#dev(name);
    this.#newName(to);
    this.#byName.delete(link.name);
    link.name = to;
    this.#byName.set(to, link);
    for (const a of link.addresses) if (a.label === name) a.label = to;
    link.changed();
    for (const family of ['inet', 'inet6'] as const) for (const deleted of [true, false]) this.events.tell({ kind: 'netconf', family, dev: link, deleted });
  }

  /** Tells of a new link: its settings, then itself. */
  announce(link: Link): void {
    const below = (link.peer ?? link.lower)?.ns;
    if (below && below !== this) {
      this.nsid(below);
      below.nsid(this);
    }
    for (const family of ['inet', 'inet6'] as const) this.events.tell({ kind: 'netconf', family, dev: link });
    link.changed();
  }
  #withdraw(link: Link, moved?: { to: NetNamespace; index: number }): void {
    link.unqueue();
    for (const family of ['inet', 'inet6'] as const) this.events.tell({ kind: 'netconf', family, dev: link, deleted: true });
    if (moved) this.nsid(moved.to);
    this.events.tell({ kind: 'link', link, deleted: true, ...(moved ? { moved } : {}) });
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
    const link = this.#dev(dev);
    if (this.#byName.has(name)) throw new NetlinkError('EEXIST');
    link.altNames.add(name);
    this.#byName.set(name, link);
  }
  /** Throws NetlinkError EINVAL when it is none of the link's. */
  delAltName(dev: string, name: string): void {
    if (!this.#dev(dev).altNames.delete(name)) throw new NetlinkError('EINVAL');
    this.#byName.delete(name);
  }

  /* ---- addresses ---- */

  /** Throws NetlinkError ENODEV, EEXIST, EINVAL. */
  addAddress(dev: string, text: string, o: AddressOptions = {}, { replace = false } = {}): Address {
    const link = this.#dev(dev);
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
    const link = this.#dev(dev);
    const { address: ip, bits } = prefix(text);
    const found = link.addresses.find((a) => a.ip === ip && (a.bits === bits || !text.includes('/')));
    if (!found) throw new NetlinkError('EADDRNOTAVAIL', 'ipv4: Address not found');
    removeAddress(found);
  }

  addresses(dev?: string): Address[] {
    return dev === undefined ? this.#links.flatMap((l) => l.addresses) : this.#dev(dev).addresses;
  }

  /* ---- routes and rules ---- */

  /** Throws NetlinkError as Fib.add. */
  addRoute(o: RouteOptions, mode: 'add' | 'append' | 'prepend' | 'replace' | 'change' = 'add'): void {
    this.fib.add(routeOf(o, this.#dev), mode);
  }

  replaceRoute(o: RouteOptions): void {
    this.addRoute(o, 'replace');
  }

  /** Deletes the first route that fits. Throws NetlinkError ESRCH, ENODEV. */
  delRoute(o: Partial<RouteOptions> & { dst: string }): void {
    this.fib.del(routePattern(o, this.#dev));
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
      const iif = this.#dev(o.iif);
      result = this.fib.input({ ...PROBE, src, dst: to, mark: o.mark ?? 0 }, iif);
      if (!result.error && result.type === 'unicast' && !(to > IPV4_MAX ? this.inet6!.forwarding(iif) : this.forwarding(iif))) throw new NetlinkError('EHOSTUNREACH');
    } else {
      if (src !== 0 && this.fib.addressType(src) !== 'LOCAL') throw new NetlinkError('ENETUNREACH');
      result = this.fib.output(to, { src, mark: o.mark, oif: o.oif === undefined ? undefined : this.#dev(o.oif) });
    }
    if (result.error) throw new NetlinkError(result.error);
    return result;
  }

  /* ---- neighbours and forwarding database ---- */

  /** Throws NetlinkError EEXIST unless `replace`. */
  addNeighbour(o: { ip: string; dev: string; lladdr?: Mac; state?: NeighbourState }, { replace = false } = {}): void {
    const table = neighboursOf(this.#dev(o.dev));
    const ip = address(o.ip);
    if (!replace && table.entries.has(ip)) throw new NetlinkError('EEXIST');
    table.set(ip, o.lladdr?.toLowerCase(), o.state ?? 'PERMANENT');
  }

  /** Throws NetlinkError ENOENT. */
  delNeighbour(o: { ip: string; dev: string }): void {
    const link = this.#dev(o.dev);
    if (!link.neighbours?.delete(address(o.ip))) throw new NetlinkError('ENOENT');
  }

  /** With the state that each has now. */
  neighbours(dev?: string, family: 4 | 6 = 4): (Neighbour & { state: NeighbourState })[] {
    const links = dev === undefined ? this.#links : [this.#dev(dev)];
    return links.flatMap((l) => [...(l.neighbours?.entries.values() ?? [])].filter((n) => n.ip > IPV4_MAX === (family === 6)).map((n) => ({ ...n, state: stateOf(n) })));
  }

  /** On a vxlan: where frames for the MAC go. On a port of a bridge: behind which port it is. Throws NetlinkError. */
  addFdb(o: { dev: string; lladdr: Mac; dst?: string; state?: 'permanent' | 'static' | 'dynamic'; vlan?: number }, how: { replace?: boolean; append?: boolean } = {}): void {
    addFdb(this.#dev(o.dev), o, how);
  }

  /** Throws NetlinkError ENOENT. */
  delFdb(o: { dev: string; lladdr: Mac; dst?: string; vlan?: number }): void {
    delFdb(this.#dev(o.dev), o.lladdr.toLowerCase(), o.vlan);
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
    else if (key !== '') tell(dev === 'all' || dev === 'default' ? dev : this.#dev(dev), key);
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
      this.#netfilter = new Netfilter(this);
      this.hooks = this.#netfilter;
    }
    return this.#netfilter;
  }
  get conntrack(): Conntrack {
    return this.netfilter.conntrack;
  }

  /* ---- what netfilter asks (NetfilterHost) ---- */

  addressType(ip: Ip, dev?: string): 'UNSPEC' | 'UNICAST' | 'LOCAL' | 'BROADCAST' | 'MULTICAST' {
    const type = this.fib.addressType(ip);
    if (dev === undefined || dev === '' || type !== 'LOCAL') return type;
    return this.link(dev)?.addresses.some((a) => a.ip === ip) ? type : 'UNICAST';
  }
  selectSource(dev: string, to: Ip): Ip | undefined {
    const link = this.link(dev);
    if (to > IPV4_MAX) return (link && this.inet6!.fib.selectSource(to, link)) || undefined;
    const route = this.fib.output(to, { oif: link });
    return this.fib.selectAddress(link, route.via ?? to, 'global') || undefined;
  }
  reversePath(src: Ip, dev: string, { loose, acceptLocal, mark }: { loose: boolean; acceptLocal: boolean; mark: number }): boolean {
    const back = this.fib.output(src, { mark });
    if (back.error || (back.type !== 'unicast' && !(acceptLocal && back.type === 'local'))) return false;
    return loose || back.dev.name === dev;
  }
  primaryAddress(dev: string, family: 4 | 6 = 4): Ip | undefined {
    if (family === 6) return this.link(dev) && this.inet6!.primaryAddress(this.link(dev)!);
    return this.link(dev)?.addresses.find((a) => !a.secondary)?.ip;
  }
  rejectWithIcmp(packet: Packet, code: number, _hook: HookName, _state: HookState): void {
    if (this.tracer.on) this.tracer.step(this, 'reject', packet, { note: `icmp code ${code}` });
    sendIcmpError(this, packet, 'destination-unreachable', code);
  }
  rejectWithReset(packet: Packet, _hook: HookName, _state: HookState): void {
    sendReset(this, packet);
  }
  log(line: string): void {
    this.shared.kernelLog(this.machine, line);
  }

  /* ---- captures ---- */

  /** Hands every frame that passes the link (or any link) to `onPacket`. Returns how to stop. Throws NetlinkError ENODEV. */
  capture(dev: string, onPacket: (capture: Capture) => void): () => void {
    const tap: Tap = { dev: dev === 'any' ? undefined : this.#dev(dev), onPacket };
    this.taps = [...this.taps, tap];
    if (tap.dev) tap.dev.promiscuity++;
    return () => {
      if (!this.taps.includes(tap)) return;
      this.taps = this.taps.filter((t) => t !== tap);
      if (tap.dev) tap.dev.promiscuity--;
    };
  }

  /* ---- life ---- */

  /** Moves a link into another namespace: it comes down and loses addresses. Throws NetlinkError EEXIST, EINVAL. */
  moveLink(link: Link, to: NetNamespace, name = link.name): void {
    if (link.kind === 'loopback') throw new NetlinkError('EINVAL', 'The interface netns is immutable');
    if (to.link(name)) throw new NetlinkError('EEXIST');
    link.setDown(false);
    link.setMaster(undefined);
    for (const a of [...link.addresses]) removeAddress(a);
    this.fib.drop((r) => r.dev === link);
    const index = to.#links.some((l) => l.index === link.index) ? to.nextIndex() : link.index;
    this.#withdraw(link, { to, index });
    this.detach(link);
    link.neighbours = undefined;
    if (link.tunnel) {
      this.tunnels = this.tunnels?.filter((l) => l !== link);
      (to.tunnels ??= []).push(link);
    }
    link.ns = to;
    link.name = name;
    link.index = index;
    to.attach(link);
    to.announce(link);
    if (link.peer?.up) link.peer.changed();
  }

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

  readonly #dev = (name: string): Link => {
    const link = this.#byName.get(name);
    if (!link) throw new NetlinkError('ENODEV');
    return link;
  };

  #newName(name: string): void {
    if (name === '' || name.length > 15 || /[\s/:]/.test(name) || name === '.' || name === '..') throw new NetlinkError('EINVAL');
    if (this.#byName.has(name)) throw new NetlinkError('EEXIST');
  }
}

export interface VethOptions {
  mtu?: number | undefined;
  /** When it is not the same. */
  peerMtu?: number | undefined;
  address?: Mac | undefined;
  peerAddress?: Mac | undefined;
}

/** Makes a veth pair with its ends in two namespaces (or in one). Throws NetlinkError EEXIST, EINVAL. */
export function createVeth(nsA: NetNamespace, nameA: string, nsB: NetNamespace, nameB: string, o: VethOptions = {}, peerFirst = false): [Link, Link] {
  for (const [ns, name] of [[nsA, nameA], [nsB, nameB]] as const) if (ns.link(name)) throw new NetlinkError('EEXIST');
  const make = (ns: NetNamespace, name: string, mac: Mac | undefined, mtu = o.mtu) => {
    const link = new Link(ns, { index: ns.nextIndex(), name, kind: 'veth', mtu: mtu ?? 1500, address: mac?.toLowerCase() ?? ns.shared.macs.mac() });
    ns.attach(link);
    return link;
  };
  const early = peerFirst ? make(nsB, nameB, o.peerAddress, o.peerMtu ?? o.mtu) : undefined;
  if (early) nsB.announce(early);
  const a = make(nsA, nameA, o.address);
  const b = early ?? make(nsB, nameB, o.peerAddress, o.peerMtu ?? o.mtu);
  if (!early) nsB.announce(b);
  a.peer = b;
  b.peer = a;
  nsA.announce(a);
  return [a, b];
}

export type { AddressOptions, LinkOptions, LookupOptions, RouteOptions, RuleOptions } from './rtnetlink.ts';
export type { FdbEntry } from './fdb.ts';

/** Modules of the kernel that bring kinds of links, where they have other names; some are in every kernel. */
const MODULES: Record<string, string> = { vlan: '8021q', gre: 'ip_gre', tap: 'tun' };
const FALLBACK: Record<TunnelMode, string> = { ipip: 'tunl0', gre: 'gre0', sit: 'sit0' };
const isTunnel = (kind: string): kind is TunnelMode => kind in FALLBACK;

/** Settings that conntrack keeps. */
const CONNTRACK = 'net.netfilter.nf_conntrack_';
const PROBE = { flow: 0, src: 0, dst: 0, protocol: 'udp' as const, sport: 0, dport: 0, ttl: 64, tos: 0, id: 0, df: false, length: 0, mark: 0 };
