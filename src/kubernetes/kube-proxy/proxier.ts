import type { KubeObject } from '../api/types.ts';
import { type ApiClient, core, gvr } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import type { Process } from '../../linux/process.ts';
import { formatIpv4, parseIpv4 } from '../../linux/net/addresses.ts';
import { type Clock, type Micros, MS, SECOND } from '../../sim/clock.ts';
import { ensureChain, ensureRule } from './ensure.ts';
import { buildRules } from './rules.ts';
import { type Endpoint, endpointsOf, type ServicePort, servicePorts } from './services.ts';

const SERVICES = core('services'), SLICES = gvr('discovery.k8s.io', 'v1', 'endpointslices');
const CANARY = 'KUBE-PROXY-CANARY';
/** Tables with a canary; the first one's is the one that is watched. */
const CANARIES = ['mangle', 'nat', 'filter'] as const;
const FLUSH_TIMEOUT = 5 * SECOND, FLUSH_POLL = 200 * MS;

export interface ProxierOptions {
  process: Process;
  client: ApiClient;
  node: string;
  clusterCIDR: string;
  minSyncPeriod: Micros;
  syncPeriod: Micros;
}

/** kube-proxy's iptables mode: watches Services and EndpointSlices, writes rules when they change, at most once in minSyncPeriod. */
export class Proxier {
  readonly #o: ProxierOptions;
  readonly #clock: Clock;
  readonly #services: Informer;
  readonly #slices: Informer;
  readonly #timers: { cancel(): void }[] = [];
  readonly #ports = new Map<string, ServicePort[]>();
  #endpoints = new Map<string, Endpoint[]>();
  #last: Micros = -Infinity;
  #scheduled = false;
  #missed = false;
  #written = '';
  #chains = new Set<string>();
  lastSynced: Micros = 0;

  constructor(options: ProxierOptions) {
    this.#o = options;
    this.#clock = options.process.world.clock;
    this.#services = new Informer(options.client, this.#clock, SERVICES);
    this.#slices = new Informer(options.client, this.#clock, SLICES, { labelSelector: '!service.kubernetes.io/headless' });
  }

  start(): void {
    const { process } = this.#o;
    const changed = () => this.#changed();
    this.#services.on({ add: (s) => this.#service(s), update: (s) => this.#service(s), delete: (s) => {
      this.#ports.delete(`${s.metadata.namespace}/${s.metadata.name}`);
      changed();
    } }).start();
    this.#slices.on({ add: changed, update: changed, delete: changed }).start();
    this.#timers.push(this.#clock.every(this.#o.syncPeriod, () => this.#monitor()));
    process.onSignal('CONT', () => {
      if (this.#missed) this.#changed();
    });
    process.onExit(() => this.stop());
  }

  stop(): void {
    for (const t of this.#timers) t.cancel();
    this.#services.stop();
    this.#slices.stop();
  }

  #service(service: KubeObject): void {
    this.#ports.set(`${service.metadata.namespace}/${service.metadata.name}`, servicePorts(service));
    this.#changed();
  }

  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const wait = Math.max(30_000, this.#last + this.#o.minSyncPeriod - this.#clock.now);
    this.#clock.after(wait, () => {
      this.#scheduled = false;
      this.#sync();
    });
  }

  /**
   * Somebody flushed the tables: the canary of the first one is gone. The others get 5 s to go too, so that nothing is written into
   * the middle of a flush; then everything is written again (pkg/util/iptables, Monitor).
   */
  #monitor(since?: Micros): void {
    const { process } = this.#o;
    if (!process.running || process.stopped) return;
    const [mangle, ...others] = CANARIES.map((t) => process.net.netfilter.tables[t].chains.has(CANARY));
    if (since === undefined && mangle) return;
    const begun = since ?? this.#clock.now;
    if (others.includes(true) && this.#clock.now - begun < FLUSH_TIMEOUT) {
      this.#clock.after(FLUSH_POLL, () => this.#monitor(begun));
      return;
    }
    this.#written = '';
    this.#sync();
  }

  #sync(): void {
    const { process, node, clusterCIDR } = this.#o;
    if (!process.running) return;
    if (process.stopped) {
      this.#missed = true;
      return;
    }
    if (!this.#services.synced || !this.#slices.synced) return this.#changed();
    this.#missed = false;
    this.#last = this.#clock.now;
    this.lastSynced = this.#clock.now;
    const { net } = process;
    for (const table of CANARIES) ensureChain(net, table, CANARY);
    let repaired = false;
    for (const [table, to, from, comment, state] of JUMPS) {
      ensureChain(net, table, to);
      repaired = ensureRule(net, 'I', table, from, `${state ? '-m conntrack --ctstate NEW ' : ''}-m comment --comment "${comment}" -j ${to}`) || repaired;
    }
    const endpoints = endpointsOf(this.#slices.list(), node);
    const ports = [...this.#ports.values()].flat();
    const { filter, nat, chains } = buildRules(ports, endpoints, clusterCIDR);
    const present = net.netfilter.tables.nat.chains;
    const stale = [...this.#chains].filter((c) => !chains.has(c) && present.has(c));
    const text = `*filter\n${filter.join('\n')}\nCOMMIT\n*nat\n${nat.join('\n')}\nCOMMIT\n`;
    const intact = !repaired && this.#intact(chains, present);
    if (text !== this.#written || stale.length > 0 || !intact) {
      const removal = stale.map((c) => `:${c} - [0:0]\n`).join('') + stale.map((c) => `-X ${c}\n`).join('');
      net.netfilter.restore(`*filter\n${filter.join('\n')}\nCOMMIT\n*nat\n${nat.join('\n')}\n${removal}COMMIT\n`, { noflush: true });
      this.#written = text;
    }
    this.#chains = chains;
    this.#conntrack(ports, endpoints);
    this.#endpoints = endpoints;
  }

  /** Whether what was written last is still there: a flush leaves chains without rules. */
  #intact(chains: ReadonlySet<string>, present: ReadonlyMap<string, { rules: readonly unknown[] }>): boolean {
    for (const c of chains) if (!present.get(c)?.rules.length) return false;
    return (present.get('KUBE-POSTROUTING')?.rules.length ?? 0) === 3;
  }

  /** UDP has no end of a connection: entries that lead to endpoints that are gone are deleted (pkg/proxy/conntrack). */
  #conntrack(ports: readonly ServicePort[], endpoints: ReadonlyMap<string, readonly Endpoint[]>): void {
    const { conntrack } = this.#o.process.net;
    for (const s of ports) {
      if (s.protocol !== 'udp') continue;
      const now = endpoints.get(s.name) ?? [], before = this.#endpoints.get(s.name) ?? [];
      const addresses = [s.clusterIP, ...s.externalIPs, ...s.loadBalancerIPs].map((ip) => parseIpv4(ip));
      const ours = (e: { orig: { proto: number; dst: number; dport: number } }) => e.orig.proto === 17 && (addresses.includes(e.orig.dst) || (s.nodePort !== 0 && e.orig.dport === s.nodePort));
      if (before.length === 0 && now.length > 0) conntrack.delete((e) => ours(e) && !now.some((n) => n.ip === formatIpv4(e.reply.src)));
      const gone = before.filter((b) => b.ready && !now.some((n) => n.address === b.address && n.ready));
      if (gone.length > 0) conntrack.delete((e) => ours(e) && gone.some((g) => g.ip === formatIpv4(e.reply.src)));
    }
  }
}

/** Jumps from the builtin chains, each put first when it is missing: so the last of the list stands first. */
const JUMPS: readonly ['filter' | 'nat', string, string, string, boolean][] = [
  ['filter', 'KUBE-EXTERNAL-SERVICES', 'INPUT', 'kubernetes externally-visible service portals', true],
  ['filter', 'KUBE-EXTERNAL-SERVICES', 'FORWARD', 'kubernetes externally-visible service portals', true],
  ['filter', 'KUBE-NODEPORTS', 'INPUT', 'kubernetes health check service ports', false],
  ['filter', 'KUBE-SERVICES', 'FORWARD', 'kubernetes service portals', true],
  ['filter', 'KUBE-SERVICES', 'OUTPUT', 'kubernetes service portals', true],
  ['filter', 'KUBE-FORWARD', 'FORWARD', 'kubernetes forwarding rules', false],
  ['filter', 'KUBE-PROXY-FIREWALL', 'INPUT', 'kubernetes load balancer firewall', true],
  ['filter', 'KUBE-PROXY-FIREWALL', 'OUTPUT', 'kubernetes load balancer firewall', true],
  ['filter', 'KUBE-PROXY-FIREWALL', 'FORWARD', 'kubernetes load balancer firewall', true],
  ['nat', 'KUBE-SERVICES', 'OUTPUT', 'kubernetes service portals', false],
  ['nat', 'KUBE-SERVICES', 'PREROUTING', 'kubernetes service portals', false],
  ['nat', 'KUBE-POSTROUTING', 'POSTROUTING', 'kubernetes postrouting rules', false],
];

export const DEFAULT_PROXY = { minSyncPeriod: SECOND, syncPeriod: 30 * SECOND };
