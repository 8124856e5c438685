import { cidr, formatIpv4, ipv4 } from '../../linux/net/addresses.ts';
import { ipvsOf, type Ipvs } from '../../linux/net/ipvs/ipvs.ts';
import { SCHEDULERS } from '../../linux/net/ipvs/schedulers.ts';
import { newStats, type IpvsDestination, type IpvsService } from '../../linux/net/ipvs/service.ts';
import { elementText, IpSet, type Value } from '../../linux/net/netfilter/ipset.ts';
import { PROTOCOL_NUMBER } from '../../linux/net/packet.ts';
import type { Process } from '../../linux/process.ts';
import { SECOND } from '../../sim/clock.ts';
import { ensureChain, ensureRule } from './ensure.ts';
import { CHAINS, ipvsRules, JUMPS, SETS } from './ipvs-sets.ts';
import { addressesWithin, anyAddress } from './node-port-addresses.ts';
import type { Backend } from './proxier.ts';
import type { RuleOptions } from './rules.ts';
import { admitsNode, categorize, type Endpoint, type ServicePort } from './services.ts';

const DUMMY = 'kube-ipvs0';
/** How often destinations that wait for their last connections are looked at (graceful_termination.go). */
const DRAIN_PERIOD = 60 * SECOND;

export interface IpvsOptions extends Pick<RuleOptions, 'detector' | 'masqueradeAll' | 'nodeIP'> {
  scheduler: string;
  strictARP: boolean;
  /** CIDRs; none: all of the node's addresses. */
  nodePortAddresses: readonly string[];
}

/** The IPVS mode (pkg/proxy/ipvs/proxier.go): virtual servers, their addresses on kube-ipvs0, ipsets, and a few rules that look at them. */
export class IpvsBackend implements Backend {
  readonly #process: Process;
  readonly #ipvs: Ipvs;
  readonly #o: IpvsOptions;
  /** Destinations without weight that still have connections. */
  readonly #draining = new Map<IpvsDestination, IpvsService>();

  /** Undefined where the kernel has no IPVS. */
  static make(process: Process, options: IpvsOptions): IpvsBackend | undefined {
    const ipvs = ipvsOf(process.net);
    return ipvs && new IpvsBackend(process, ipvs, options);
  }

  constructor(process: Process, ipvs: Ipvs, options: IpvsOptions) {
    this.#process = process;
    this.#ipvs = ipvs;
    this.#o = options;
    const { net } = process;
    for (const [name, value] of [['vs.conntrack', '1'], ['vs.expire_nodest_conn', '1'], ['vs.expire_quiescent_template', '1'], ['ip_forward', '1'], ...(options.strictARP ? [['conf.all.arp_ignore', '1'], ['conf.all.arp_announce', '2']] : [])] as [string, string][]) net.set(`net.ipv4.${name}`, value);
    const drain = process.world.clock.every(DRAIN_PERIOD, () => this.#drained());
    process.onExit(() => drain.cancel());
  }

  tick(sync: () => void): void {
    sync();
  }

  write(ports: readonly ServicePort[], endpoints: ReadonlyMap<string, readonly Endpoint[]>): void {
    const { net } = this.#process;
    for (const [table, chain] of CHAINS) ensureChain(net, table, chain);
    const members = new Map<string, Value[][]>(Object.keys(SETS).map((name) => [name, []]));
    const bound = new Set<string>(), wanted = new Set<IpvsService>();
    const nodeIPs = net.addresses().filter((a) => a.dev.name !== DUMMY && a.ip >>> 24 !== 127).map((a) => formatIpv4(a.ip));
    const nodePortIPs = anyAddress(this.#o.nodePortAddresses) ? nodeIPs : nodeIPs.filter((ip) => addressesWithin(net, this.#o.nodePortAddresses).includes(ipv4(ip)));
    if (!net.link(DUMMY)) net.addLink({ name: DUMMY, kind: 'dummy' });
    for (const s of ports) {
      const all = endpoints.get(s.name) ?? [], proto = PROTOCOL_NUMBER[s.protocol as 'tcp'] ?? 132;
      const { cluster, local } = categorize(all, s);
      const add = (set: string, ...values: Value[]) => members.get(set)!.push(values);
      const serve = (ip: string, port: number, onlyLocal: boolean, bind: boolean) => {
        wanted.add(this.#serve(s, proto, ip, port, onlyLocal && local.length > 0 ? local : cluster));
        if (bind) bound.add(ip);
      };
      for (const e of all) if (e.local) add('KUBE-LOOP-BACK', { address: ipv4(e.ip) }, { port: Number(e.address.split(':')[1]), proto }, { address: ipv4(e.ip) });
      add('KUBE-CLUSTER-IP', { address: ipv4(s.clusterIP) }, { port: s.port, proto });
      serve(s.clusterIP, s.port, s.internalLocal, true);
      for (const ip of s.externalIPs) {
        add(s.externalLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP', { address: ipv4(ip) }, { port: s.port, proto });
        serve(ip, s.port, s.externalLocal, !nodeIPs.includes(ip));
      }
      for (const ip of s.loadBalancerIPs) {
        const portal: [Value, Value] = [{ address: ipv4(ip) }, { port: s.port, proto }];
        add('KUBE-LOAD-BALANCER', ...portal);
        if (s.externalLocal) add('KUBE-LOAD-BALANCER-LOCAL', ...portal);
        if (s.loadBalancerSourceRanges.length > 0) add('KUBE-LOAD-BALANCER-FW', ...portal);
        for (const range of s.loadBalancerSourceRanges) add('KUBE-LOAD-BALANCER-SOURCE-CIDR', ...portal, cidr(range));
        if (admitsNode(s, this.#o.nodeIP)) add('KUBE-LOAD-BALANCER-SOURCE-IP', ...portal, { address: ipv4(ip) });
        serve(ip, s.port, s.externalLocal, !nodeIPs.includes(ip));
      }
      if (s.nodePort !== 0 && nodePortIPs.length > 0) {
        const kind = s.protocol.toUpperCase();
        for (const policy of s.externalLocal ? ['', 'LOCAL-'] : ['']) {
          if (s.protocol !== 'sctp') add(`KUBE-NODE-PORT-${policy}${kind}`, { port: s.nodePort });
          else for (const ip of nodePortIPs) add(`KUBE-NODE-PORT-${policy}SCTP-HASH`, { address: ipv4(ip) }, { port: s.nodePort, proto });
        }
        for (const ip of nodePortIPs) serve(ip, s.nodePort, s.externalLocal, false);
      }
      if (s.healthCheckNodePort !== 0) add('KUBE-HEALTH-CHECK-NODE-PORT', { port: s.healthCheckNodePort });
    }
    for (const ip of bound) members.get('KUBE-IPVS-IPS')!.push([{ address: ipv4(ip) }]);
    for (const [name, elements] of members) this.#fill(name, elements);
    for (const [table, from, to, comment] of JUMPS) ensureRule(net, 'I', table, from, `-m comment --comment "${comment}" -j ${to}`);
    net.netfilter.restore(ipvsRules(new Set([...members].filter(([, m]) => m.length > 0).map(([name]) => name)), this.#o), { noflush: true });
    for (const a of [...net.addresses(DUMMY)]) if (!bound.has(formatIpv4(a.ip))) net.delAddress(DUMMY, `${formatIpv4(a.ip)}/32`);
    for (const service of [...this.#ipvs.services]) if (!wanted.has(service)) this.#ipvs.remove(service);
    for (const ip of bound) if (!net.addresses(DUMMY).some((a) => formatIpv4(a.ip) === ip)) net.addAddress(DUMMY, `${ip}/32`);
  }

  /** A virtual server with these destinations; those that are gone lose their weight first, and go when their last connection has. */
  #serve(s: ServicePort, protocol: number, ip: string, port: number, endpoints: readonly Endpoint[]): IpvsService {
    const key = { protocol, address: ipv4(ip), port, fwmark: 0 };
    let service = this.#ipvs.find(key);
    if (!service) {
      service = { ...key, scheduler: (SCHEDULERS[this.#o.scheduler] ?? SCHEDULERS['rr']!)(), timeout: s.affinity, netmask: 0xffffffff, destinations: [], stats: newStats() };
      this.#ipvs.add(service);
    }
    service.timeout = s.affinity;
    const { destinations } = service;
    const same = (d: IpvsDestination, e: Endpoint) => `${formatIpv4(d.address)}:${d.port}` === e.address;
    for (const e of endpoints) {
      const known = destinations.find((d) => same(d, e));
      if (known) {
        this.#draining.delete(known);
        known.weight = 1;
      } else this.#ipvs.addDestination(service, { address: ipv4(e.ip), port: Number(e.address.split(':')[1]), forward: 'Masq', weight: 1, upper: 0, lower: 0, overloaded: false, active: 0, inactive: 0, persistent: 0, available: true, stats: newStats() });
    }
    for (const d of [...destinations]) {
      if (endpoints.some((e) => same(d, e))) continue;
      if (protocol === 6 && d.active + d.inactive > 0) {
        d.weight = 0;
        this.#draining.set(d, service);
      } else this.#ipvs.removeDestination(service, d);
    }
    service.scheduler.changed?.(service);
    return service;
  }

  #drained(): void {
    void this.#ipvs.services;
    for (const [d, service] of this.#draining) {
      if (d.available && d.active + d.inactive > 0) continue;
      this.#draining.delete(d);
      if (d.available) this.#ipvs.removeDestination(service, d);
    }
  }

  #fill(name: string, elements: readonly Value[][]): void {
    const { world, net, machine } = this.#process, { sets } = net.netfilter, { type } = SETS[name]!;
    let set = sets.get(name);
    if (!set) {
      const options = { hashsize: 1024, maxelem: 65536, counters: false, comment: false, size: 8, family: 'inet' as const, ...(type === 'bitmap:port' ? { range: [0, 65535] as [number, number] } : {}) };
      set = new IpSet(name, type, options, world.rng.fork(`ipset ${machine.name} ${name}`).uint32(), () => world.clock.now);
      sets.set(name, set);
    }
    const wanted = new Map(elements.map((values) => [elementText(values), values]));
    for (const key of [...set.elements.keys()]) if (!wanted.has(key)) set.elements.delete(key);
    for (const [key, values] of wanted) if (!set.elements.has(key)) set.elements.set(key, { values, packets: 0, bytes: 0 });
  }
}
