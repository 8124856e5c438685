import type { KubeObject } from '../../api/types.ts';
import { type ApiClient, core, gvr } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { parseCidr, parseIpv4 } from '../../../linux/net/addresses.ts';
import type { Element } from '../../../linux/net/netfilter/ipset.ts';
import type { Process } from '../../../linux/process.ts';
import { MS, SECOND } from '../../../sim/clock.ts';
import { dispatchChains, type Endpoint, endpointChains } from './endpoint-rules.ts';
import type { Pool } from './ipam.ts';
import { interfaceName } from './plugin.ts';
import { type Policy, policyOf } from './policy.ts';
import { policyChains, profileChains, type SetsInUse } from './policy-rules.ts';
import type { Chain } from './rule.ts';
import { NAMESPACE, NAMESPACE_LABELS, ORCHESTRATOR } from './selector.ts';
import { type Encapsulation, staticRules } from './static-rules.ts';
import { FelixTable, syncSet } from './tables.ts';

const POLICIES = gvr('networking.k8s.io', 'v1', 'networkpolicies');

/** A pod of the cluster, for selectors. */
interface Workload {
  ip: string;
  labels: ReadonlyMap<string, string>;
  pod: KubeObject;
}

/** Felix: turns pods and NetworkPolicies into chains, sets and routes of its node, whenever one of them changes. */
export class Felix {
  readonly #process: Process;
  readonly #node: string;
  readonly #pools: readonly Pool[];
  readonly #pods: Informer;
  readonly #namespaces: Informer;
  readonly #policies: Informer;
  readonly #nodes: Informer;
  readonly #tables: Record<'filter' | 'nat' | 'mangle' | 'raw', FelixTable>;
  readonly #static: ReturnType<typeof staticRules>;
  #filterChains: Chain[] = [];
  #sets = new Set<string>();
  #scheduled = false;
  /** Whether all has been programmed once: what its readiness says. */
  ready = false;

  constructor(process: Process, client: ApiClient, node: string, encapsulation: Encapsulation, pools: readonly Pool[]) {
    const { clock } = process.world;
    this.#process = process;
    this.#node = node;
    this.#pools = pools;
    this.#static = staticRules(encapsulation);
    const table = (name: keyof ReturnType<typeof staticRules>) => new FelixTable(process.net, name, this.#static[name]);
    this.#tables = { filter: table('filter'), nat: table('nat'), mangle: table('mangle'), raw: table('raw') };
    this.#pods = new Informer(client, clock, core('pods'));
    this.#namespaces = new Informer(client, clock, core('namespaces'));
    this.#policies = new Informer(client, clock, POLICIES);
    this.#nodes = new Informer(client, clock, core('nodes'));
  }

  start(): void {
    const informers = [this.#pods, this.#namespaces, this.#policies, this.#nodes], changed = () => this.#changed();
    for (const i of informers) i.on({ add: changed, update: changed, delete: changed }).start();
    // IptablesRefreshInterval
    const refresh = this.#process.world.clock.every(90 * SECOND, () => {
      if (this.#acting) this.#refresh();
    });
    this.#process.onExit(() => {
      refresh.cancel();
      for (const i of informers) i.stop();
    });
  }

  get #acting(): boolean {
    return this.#process.running && !this.#process.stopped;
  }

  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#process.world.clock.after(10 * MS, () => {
      this.#scheduled = false;
      if (!this.#process.running) return;
      if (this.#process.stopped || ![this.#pods, this.#namespaces, this.#policies, this.#nodes].every((i) => i.synced)) return this.#changedLater();
      this.#apply();
    });
  }

  #changedLater(): void {
    this.#process.world.clock.after(SECOND, () => this.#changed(), { background: true });
  }

  #refresh(): void {
    this.#tables.filter.check(this.#filterChains);
    for (const name of ['nat', 'mangle', 'raw'] as const) this.#tables[name].check(this.#static[name].chains);
  }

  #apply(): void {
    const { net } = this.#process;
    const workloads = this.#workloads(), policies = this.#policies.list().map(policyOf).sort((a, b) => (a.name < b.name ? -1 : 1));
    const local = workloads.filter((w) => w.pod.spec.nodeName === this.#node);
    const endpoints = local.map((w) => endpointOf(w, policies));
    const used = new Set(endpoints.flatMap((e) => [...e.ingress, ...e.egress])), profiles = new Set(endpoints.flatMap((e) => e.profiles));
    const sets: SetsInUse = new Map();
    const chains = [
      ...this.#static.filter.chains, ...dispatchChains(endpoints.map((e) => e.interface)), ...endpoints.flatMap(endpointChains), ...[...profiles].sort().flatMap(profileChains),
      ...policies.filter((p) => used.has(p.name)).flatMap((p) => policyChains(p, sets)),
    ];
    this.#syncSets(sets, workloads);
    this.#filterChains = chains;
    for (const name of ['raw', 'mangle', 'nat'] as const) this.#tables[name].apply(this.#static[name].chains);
    this.#tables.filter.apply(chains);
    for (const stale of this.#sets) if (!sets.has(stale)) net.netfilter.sets.delete(stale);
    this.#sets = new Set(sets.keys());
    for (const { ip, pod } of local) this.#route(ip, interfaceName(pod.metadata.namespace!, pod.metadata.name));
    this.ready = true;
  }

  #syncSets(sets: SetsInUse, workloads: readonly Workload[]): void {
    const { net } = this.#process;
    const networks = (list: readonly Pool[]) => list.map(({ cidr }) => netElement(cidr));
    const hosts = this.#nodes.list().flatMap((n) => (n.status?.addresses as { type: string; address: string }[] | undefined)?.find((a) => a.type === 'InternalIP')?.address ?? []);
    syncSet(net, 'cali40all-ipam-pools', 'hash:net', networks(this.#pools));
    syncSet(net, 'cali40masq-ipam-pools', 'hash:net', networks(this.#pools.filter((p) => p.natOutgoing)));
    syncSet(net, 'cali40all-hosts-net', 'hash:net', hosts.map((h) => netElement(`${h}/32`)));
    syncSet(net, 'cali40all-vxlan-net', 'hash:net', hosts.map((h) => netElement(`${h}/32`)));
    syncSet(net, 'cali40this-host', 'hash:ip', net.addresses().filter((a) => !a.dev.name.startsWith('cali')).map((a) => [{ address: a.ip }]));
    for (const [name, { selector, port }] of sets) {
      const chosen = workloads.filter((w) => selector.matches(w.labels));
      if (!port) syncSet(net, name, 'hash:net', chosen.map((w) => netElement(`${w.ip}/32`)));
      else syncSet(net, name, 'hash:ip,port', chosen.flatMap((w) => portsNamed(w.pod, port).map((number): Element['values'] => [{ address: parseIpv4(w.ip)! }, { port: number, proto: PROTOCOL[port.protocol]! }])));
    }
  }

  #route(ip: string, dev: string): void {
    const { net } = this.#process, link = net.link(dev), address = parseIpv4(ip)!;
    if (link?.up && !net.routes().some((r) => r.dst === address && r.bits === 32 && r.dev === link)) net.replaceRoute({ dst: `${ip}/32`, dev, scope: 'link' });
  }

  /** Pods with an address of their own. */
  #workloads(): Workload[] {
    const namespaces = new Map(this.#namespaces.list().map((n) => [n.metadata.name, n]));
    return this.#pods.list().flatMap((pod) => {
      const ip: string | undefined = pod.metadata.annotations?.['cni.projectcalico.org/podIP']?.split('/')[0] ?? pod.status?.podIP;
      if (!ip || !pod.spec.nodeName || pod.spec.hostNetwork || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return [];
      const namespace = pod.metadata.namespace!;
      const labels = new Map(Object.entries(pod.metadata.labels ?? {}));
      labels.set(NAMESPACE, namespace).set(ORCHESTRATOR, 'k8s').set('projectcalico.org/serviceaccount', pod.spec.serviceAccountName ?? 'default').set(`${NAMESPACE_LABELS}projectcalico.org/name`, namespace);
      for (const [k, v] of Object.entries(namespaces.get(namespace)?.metadata.labels ?? {})) labels.set(NAMESPACE_LABELS + k, v);
      return [{ ip, labels, pod }];
    });
  }
}

const PROTOCOL: Record<string, number> = { tcp: 6, udp: 17, sctp: 132 };

function netElement(cidr: string): Element['values'] {
  const { address, bits } = parseCidr(cidr)!;
  return [{ address, bits }];
}

function portsNamed(pod: KubeObject, port: { name: string; protocol: string }): number[] {
  return (pod.spec.containers as { ports?: { name?: string; protocol?: string; containerPort: number }[] }[]).flatMap((c) => (c.ports ?? []).filter((p) => p.name === port.name && (p.protocol ?? 'TCP').toLowerCase() === port.protocol).map((p) => p.containerPort));
}

function endpointOf({ pod, labels }: Workload, policies: readonly Policy[]): Endpoint {
  const namespace = pod.metadata.namespace!, mine = policies.filter((p) => p.selector.matches(labels));
  return {
    interface: interfaceName(namespace, pod.metadata.name), profiles: [`kns.${namespace}`, `ksa.${namespace}.${pod.spec.serviceAccountName ?? 'default'}`],
    ingress: mine.filter((p) => p.ingress).map((p) => p.name), egress: mine.filter((p) => p.egress).map((p) => p.name),
  };
}
