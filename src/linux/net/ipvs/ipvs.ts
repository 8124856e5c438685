/**
 * IP Virtual Server (net/netfilter/ipvs): virtual servers, their destinations, and the connections between them. It hangs in netfilter's
 * hooks: what comes for a virtual server is caught in INPUT and OUTPUT, behind iptables' tables; answers in FORWARD, INPUT and OUTPUT.
 */
import { SECOND, type Micros } from '../../../sim/clock.ts';
import { isLoopback, type Ipv4 } from '../addresses.ts';
import { CONFIRMED, type Entry } from '../conntrack/entry.ts';
import { sendIcmpError } from '../icmp.ts';
import { ipFinish, wireLength } from '../ip-output.ts';
import type { NetNamespace } from '../namespace.ts';
import { ACCEPT, DROP, STOLEN, type Context, type Outcome } from '../netfilter/extension.ts';
import { PROTOCOL_NUMBER, RST, SYN, summary, type Packet } from '../packet.ts';
import { ipipEncapsulate } from '../tunnel.ts';
import { advance, TIMEOUTS, type IpvsConnection, type IpvsTemplate } from './connection.ts';
import { connections, statistics, table } from './proc.ts';
import { estimate, newStats, type IpvsDestination, type IpvsService, type ServiceKey } from './service.ts';

/** net.ipv4.vs.*, as the module brings them. */
const SYSCTLS: Record<string, string> = {
  am_droprate: '10', amemthresh: '1024', backup_only: '0', cache_bypass: '0', conn_reuse_mode: '1', conntrack: '0', drop_entry: '0', drop_packet: '0', expire_nodest_conn: '0', expire_quiescent_template: '0',
  ignore_tunneled: '0', nat_icmp_send: '0', pmtu_disc: '1', schedule_icmp: '0', secure_tcp: '0', sloppy_sctp: '0', sloppy_tcp: '0', snat_reroute: '1', sync_persist_mode: '0', sync_ports: '1', sync_qlen_max: '64352', sync_refresh_period: '0', sync_retries: '0', sync_sock_size: '0', sync_threshold: '3\t50', sync_version: '1',
};

/** The IPVS of a network namespace, its module loaded when it is first asked for; undefined: this kernel has none. */
export function ipvsOf(ns: NetNamespace): Ipvs | undefined {
  if (!ns.kernelHas('ip_vs')) return undefined;
  const { netfilter } = ns;
  if (!netfilter.ipvs) {
    netfilter.ipvs = new Ipvs(ns);
    for (const [name, value] of Object.entries(SYSCTLS)) ns.set(`net.ipv4.vs.${name}`, value);
  }
  return netfilter.ipvs as Ipvs;
}

export class Ipvs {
  readonly ns: NetNamespace;
  readonly timeouts = { ...TIMEOUTS };
  readonly totals = newStats();
  readonly #services: IpvsService[] = [];
  /** By what a packet from the client looks like, and by what one from the destination does. */
  readonly #fromClient = new Map<string, IpvsConnection>();
  readonly #fromServer = new Map<string, IpvsConnection>();
  readonly #templates = new Map<string, IpvsTemplate>();
  #swept: Micros = 0;
  /** Its files in /proc/net. */
  readonly proc: Record<string, () => string> = { ip_vs: () => table(this), ip_vs_conn: () => connections(this), ip_vs_stats: () => statistics(this) };

  constructor(ns: NetNamespace) {
    this.ns = ns;
    const ticks = ns.world.clock.every(2 * SECOND, () => {
      if (ns.destroyed) return ticks.cancel();
      for (const s of [this.totals, ...this.#services.flatMap((v) => [v.stats, ...v.destinations.map((d) => d.stats)])]) estimate(s);
    });
  }

  /* ---- services and destinations ---- */

  get services(): readonly IpvsService[] {
    this.#sweep();
    return this.#services;
  }

  find(key: ServiceKey): IpvsService | undefined {
    return this.#services.find((s) => (key.fwmark ? s.fwmark === key.fwmark : !s.fwmark && s.protocol === key.protocol && s.address === key.address && s.port === key.port));
  }

  /** False when it is there already. The newest comes first. */
  add(service: IpvsService): boolean {
    if (this.find(service)) return false;
    this.#services.unshift(service);
    service.scheduler.changed?.(service);
    return true;
  }

  remove(service: IpvsService): void {
    for (const d of [...service.destinations]) this.removeDestination(service, d);
    this.#services.splice(this.#services.indexOf(service), 1);
  }

  clear(): void {
    for (const service of [...this.#services]) this.remove(service);
  }

  /** False when the service has it already. */
  addDestination(service: IpvsService, d: IpvsDestination): boolean {
    if (service.destinations.some((o) => o.address === d.address && o.port === d.port)) return false;
    service.destinations.unshift(d);
    service.scheduler.changed?.(service);
    return true;
  }

  removeDestination(service: IpvsService, d: IpvsDestination): void {
    d.available = false;
    service.destinations.splice(service.destinations.indexOf(d), 1);
    service.scheduler.changed?.(service);
  }

  /** Connections that have not expired, oldest first. */
  connections(): IpvsConnection[] {
    this.#sweep();
    return [...this.#fromClient.values()];
  }

  templates(): IpvsTemplate[] {
    this.#sweep();
    return [...this.#templates.values()];
  }

  /* ---- packets ---- */

  run(c: Context): Outcome {
    const { packet } = c;
    if (packet.ipvs || packet.fragment) return ACCEPT;
    if (packet.icmp) return this.#icmp(c);
    const now = this.ns.world.clock.now;
    const answer = this.#live(this.#fromServer, fromServerKey(packet), now);
    if (answer) return this.#answer(c, answer, now);
    return c.hook === 'FORWARD' ? ACCEPT : this.#request(c, now);
  }

  /** ip_vs_in: to the destination of its connection, which may have to be chosen. */
  #request(c: Context, now: Micros): Outcome {
    const { packet } = c;
    let cp = this.#live(this.#fromClient, fromClientKey(packet), now);
    const opens = packet.tcp !== undefined && (packet.tcp.flags & (SYN | RST)) === SYN;
    if (cp && opens && cp.state === 'TIME_WAIT') {
      this.#expire(cp);
      cp = undefined;
    }
    if (cp && !cp.destination.available) {
      if (this.ns.get('net.ipv4.vs.expire_nodest_conn') !== '1') return DROP;
      this.#expire(cp);
      cp = undefined;
    }
    if (!cp) {
      if (packet.tcp && !opens && this.ns.get('net.ipv4.vs.sloppy_tcp') !== '1') return ACCEPT;
      const service = this.#serviceOf(packet);
      if (!service) return ACCEPT;
      cp = this.#schedule(service, packet, now);
      if (!cp) {
        sendIcmpError(this.ns, packet, 'destination-unreachable', 3);
        return DROP;
      }
    }
    this.#count(cp, packet, 'in');
    advance(cp, packet, false, this.timeouts, now);
    return this.#transmit(c, cp);
  }

  #serviceOf(p: Packet): IpvsService | undefined {
    const protocol = PROTOCOL_NUMBER[p.protocol];
    return (p.mark ? this.#services.find((s) => s.fwmark === p.mark) : undefined)
      ?? this.find({ protocol, address: p.dst, port: p.dport, fwmark: 0 }) ?? this.find({ protocol, address: p.dst, port: 0, fwmark: 0 });
  }

  #schedule(service: IpvsService, p: Packet, now: Micros): IpvsConnection | undefined {
    // Which destination is the least busy shows once those that are over are gone; not looked at for every one of a flood.
    if (now - this.#swept > SECOND / 10) this.#sweep();
    const destination = service.timeout > 0 ? this.#persistent(service, p, now) : service.scheduler.next(service, p);
    if (!destination) return undefined;
    const cp: IpvsConnection = {
      protocol: PROTOCOL_NUMBER[p.protocol], client: p.src, clientPort: p.sport, virtual: p.dst, virtualPort: p.dport, service, forward: destination.forward, state: 'NONE', active: false, timeout: 3, expires: now + 3 * SECOND,
      destination, port: destination.port || p.dport,
    };
    destination.inactive++;
    this.#limits(destination);
    this.#fromClient.set(clientKey(cp), cp);
    if (cp.forward === 'Masq') this.#fromServer.set(serverKey(cp), cp);
    for (const s of [service.stats, destination.stats, this.totals]) s.conns++;
    return cp;
  }

  /** The destination that served the client's network before, while it may be remembered. */
  #persistent(service: IpvsService, p: Packet, now: Micros): IpvsDestination | undefined {
    const client = (p.src & service.netmask) >>> 0, key = templateKey(client, service);
    let template = this.#templates.get(key);
    if (template && (template.expires <= now || !template.destination.available || (template.destination.weight === 0 && this.ns.get('net.ipv4.vs.expire_quiescent_template') === '1'))) {
      template.destination.persistent--;
      template = undefined;
    }
    const destination = template?.destination ?? service.scheduler.next(service, p);
    if (!destination) return undefined;
    if (!template) {
      destination.persistent++;
      this.#templates.set(key, (template = { client, service, destination, assured: false, expires: 0 }));
    }
    template.expires = now + service.timeout * SECOND;
    return destination;
  }

  /** The packet leaves for the destination: again through OUTPUT and POSTROUTING, or up when it is here (ip_vs_xmit.c). */
  #transmit(c: Context, cp: IpvsConnection): Outcome {
    const { ns } = this, { packet } = c, { destination: d } = cp;
    const before = ns.tracer.on ? summary(packet) : undefined;
    const route = ns.fib.output(d.address);
    if (route.error) {
      sendIcmpError(ns, packet, 'destination-unreachable', 1);
      return DROP;
    }
    const local = route.type === 'local';
    if (!local && isLoopback(packet.src)) return DROP;
    if (!local) {
      if (packet.ttl <= 1) {
        sendIcmpError(ns, packet, 'time-exceeded', 0);
        return DROP;
      }
      packet.ttl--;
      if (packet.df && wireLength(packet) > route.mtu) {
        sendIcmpError(ns, packet, 'destination-unreachable', 4, { mtu: route.mtu });
        return DROP;
      }
    }
    packet.ipvs = true;
    if (cp.forward === 'Masq') {
      packet.dst = d.address;
      packet.dport = cp.port;
      this.#conntrack(packet, cp);
    }
    if (before) ns.tracer.step(ns, 'nat', packet, { hook: `ipvs/${c.hook}`, table: 'ipvs', before, note: `${cp.service.scheduler.name}, ${cp.forward}` });
    if (local) return ACCEPT;
    if (cp.forward === 'Tunnel') {
      ipipEncapsulate(ns, packet, { local: 0, remote: d.address, ttl: packet.ttl });
      return STOLEN;
    }
    if (ns.hooks!.run('OUTPUT', packet, { ns, out: route.dev }) === 'ACCEPT') ipFinish(ns, packet, cp.forward === 'Route' ? { ...route, via: route.via ?? d.address } : route);
    return STOLEN;
  }

  /** ip_vs_out: what the destination answers comes from the virtual server. */
  #answer(c: Context, cp: IpvsConnection, now: Micros): Outcome {
    const { packet } = c, { tracer } = this.ns;
    const before = tracer.on ? summary(packet) : undefined;
    this.#count(cp, packet, 'out');
    packet.src = cp.virtual;
    packet.sport = cp.virtualPort;
    packet.ipvs = true;
    advance(cp, packet, true, this.timeouts, now);
    if (cp.active) {
      const template = this.#templates.get(templateKey((cp.client & cp.service.netmask) >>> 0, cp.service));
      if (template) template.assured = true;
    }
    if (this.ns.get('net.ipv4.vs.conntrack') !== '1') packet.ct = { entry: undefined, reply: false, state: 'UNTRACKED' };
    if (before) tracer.step(this.ns, 'nat', packet, { hook: `ipvs/${c.hook}`, table: 'ipvs', before, note: 'source' });
    return ACCEPT;
  }

  /** An error about a packet of a connection, from either side, is told in the terms of the other. */
  #icmp({ packet }: Context): Outcome {
    const inner = packet.icmp!.inner;
    if (!inner) return ACCEPT;
    const now = this.ns.world.clock.now;
    const back = { ...inner, src: inner.dst, dst: inner.src, sport: inner.dport, dport: inner.sport };
    const out = this.#live(this.#fromServer, fromServerKey(back), now), into = out ? undefined : this.#live(this.#fromClient, fromClientKey(back), now);
    if (out) {
      packet.src = out.virtual;
      packet.icmp = { ...packet.icmp!, inner: { ...inner, dst: out.virtual, dport: out.virtualPort } };
    } else if (into?.forward === 'Masq') {
      packet.dst = into.destination.address;
      packet.icmp = { ...packet.icmp!, inner: { ...inner, src: into.destination.address, sport: into.port } };
    } else return ACCEPT;
    packet.ipvs = true;
    return ACCEPT;
  }

  /** With net.ipv4.vs.conntrack the entry learns whom the answers come from (so that SNAT works); without, the packet is not tracked. */
  #conntrack(packet: Packet, cp: IpvsConnection): void {
    if (this.ns.get('net.ipv4.vs.conntrack') !== '1') {
      packet.ct = { entry: undefined, reply: false, state: 'UNTRACKED' };
      return;
    }
    const entry = packet.ct?.entry as Entry | undefined;
    if (!entry || packet.ct!.reply || entry.status & CONFIRMED) return;
    entry.reply = { ...entry.reply, src: cp.destination.address, sport: cp.port };
  }

  #count(cp: IpvsConnection, packet: Packet, way: 'in' | 'out'): void {
    for (const s of [cp.service.stats, cp.destination.stats, this.totals]) {
      s[`${way}Packets`]++;
      s[`${way}Bytes`] += packet.length;
    }
  }

  #limits(d: IpvsDestination): void {
    const all = d.active + d.inactive;
    if (d.upper > 0 && all >= d.upper) d.overloaded = true;
    else if (d.lower > 0 ? all < d.lower : d.upper === 0 || all * 4 < d.upper * 3) d.overloaded = false;
  }

  #live(table: Map<string, IpvsConnection>, key: string, now: Micros): IpvsConnection | undefined {
    const cp = table.get(key);
    if (!cp || cp.expires > now) return cp;
    this.#expire(cp);
    return undefined;
  }

  #expire(cp: IpvsConnection): void {
    this.#fromClient.delete(clientKey(cp));
    this.#fromServer.delete(serverKey(cp));
    if (cp.active) cp.destination.active--;
    else cp.destination.inactive--;
    this.#limits(cp.destination);
  }

  #sweep(): void {
    const now = (this.#swept = this.ns.world.clock.now);
    for (const cp of this.#fromClient.values()) if (cp.expires <= now) this.#expire(cp);
    for (const [key, t] of this.#templates) {
      if (t.expires > now) continue;
      // A template outlives its time by minutes while connections hang on it.
      if ([...this.#fromClient.values()].some((cp) => cp.destination === t.destination && (cp.client & t.service.netmask) >>> 0 === t.client)) t.expires = now + 60 * SECOND;
      else {
        this.#templates.delete(key);
        t.destination.persistent--;
      }
    }
  }
}

const key = (protocol: number, a: Ipv4, ap: number, b: Ipv4, bp: number) => `${protocol} ${a}:${ap} ${b}:${bp}`;
const clientKey = (c: IpvsConnection) => key(c.protocol, c.client, c.clientPort, c.virtual, c.virtualPort);
const serverKey = (c: IpvsConnection) => key(c.protocol, c.destination.address, c.port, c.client, c.clientPort);
const fromClientKey = (p: Packet) => key(PROTOCOL_NUMBER[p.protocol], p.src, p.sport, p.dst, p.dport);
const fromServerKey = fromClientKey;
const templateKey = (client: Ipv4, s: IpvsService) => `${client} ${s.protocol} ${s.address}:${s.port} ${s.fwmark}`;
