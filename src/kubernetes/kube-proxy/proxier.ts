import type { KubeObject } from '../api/types.ts';
import { type ApiClient, core, gvr } from '../client/client.ts';
import { Informer } from '../client/informer.ts';
import type { Process } from '../../linux/process.ts';
import { formatIpv4, parseIpv4 } from '../../linux/net/addresses.ts';
import type { Clock, Micros } from '../../sim/clock.ts';
import type { ServiceHealth } from './service-health.ts';
import { type Endpoint, endpointsOf, heedHints, type ServicePort, servicePorts } from './services.ts';

const SERVICES = core('services'), SLICES = gvr('discovery.k8s.io', 'v1', 'endpointslices');
/** How the Services get into the kernel. */
export interface Backend {
  write(ports: readonly ServicePort[], endpoints: ReadonlyMap<string, readonly Endpoint[]>): void;
  /** Every syncPeriod. */
  tick(sync: () => void): void;
}

export interface ProxierOptions {
  process: Process;
  client: ApiClient;
  node: string;
  minSyncPeriod: Micros;
  syncPeriod: Micros;
  health: ServiceHealth;
}

/** Watches Services and EndpointSlices and has them written when they change, at most once in minSyncPeriod. */
export class Proxier {
  readonly #o: ProxierOptions;
  readonly #backend: Backend;
  readonly #clock: Clock;
  readonly #services: Informer;
  readonly #slices: Informer;
  readonly #nodes: Informer;
  readonly #timers: { cancel(): void }[] = [];
  readonly #ports = new Map<string, ServicePort[]>();
  #endpoints = new Map<string, Endpoint[]>();
  #last: Micros = -Infinity;
  #scheduled = false;
  #missed = false;
  lastSynced: Micros = 0;

  constructor(options: ProxierOptions, backend: Backend) {
    this.#o = options;
    this.#backend = backend;
    this.#clock = options.process.world.clock;
    this.#services = new Informer(options.client, this.#clock, SERVICES);
    this.#slices = new Informer(options.client, this.#clock, SLICES, { labelSelector: '!service.kubernetes.io/headless' });
    this.#nodes = new Informer(options.client, this.#clock, core('nodes'), { fieldSelector: `metadata.name=${options.node}` });
  }

  start(): void {
    const { process } = this.#o;
    const changed = () => this.#changed();
    this.#services.on({ add: (s) => this.#service(s), update: (s) => this.#service(s), delete: (s) => {
      this.#ports.delete(`${s.metadata.namespace}/${s.metadata.name}`);
      changed();
    } }).start();
    this.#slices.on({ add: changed, update: changed, delete: changed }).start();
    this.#nodes.on({ update: (node, old) => {
      if (node.metadata.labels?.[ZONE] !== old.metadata.labels?.[ZONE]) changed();
    } }).start();
    this.#timers.push(this.#clock.every(this.#o.syncPeriod, () => this.#backend.tick(() => this.#sync())));
    process.onSignal('CONT', () => {
      if (this.#missed) this.#changed();
    });
    process.onExit(() => this.stop());
  }

  stop(): void {
    for (const t of this.#timers) t.cancel();
    this.#services.stop();
    this.#slices.stop();
    this.#nodes.stop();
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

  #sync(): void {
    const { process, node } = this.#o;
    if (!process.running) return;
    if (process.stopped) {
      this.#missed = true;
      return;
    }
    if (!this.#services.synced || !this.#slices.synced) return this.#changed();
    this.#missed = false;
    this.#last = this.#clock.now;
    this.lastSynced = this.#clock.now;
    const endpoints = endpointsOf(this.#slices.list(), node);
    const ports = [...this.#ports.values()].flat();
    heedHints(ports, endpoints, this.#nodes.list()[0]?.metadata.labels?.[ZONE]);
    this.#backend.write(ports, endpoints);
    this.#o.health.sync(ports, endpoints);
    this.#conntrack(ports, endpoints);
    this.#endpoints = endpoints;
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

const ZONE = 'topology.kubernetes.io/zone';
