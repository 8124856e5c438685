import type { Identity } from '../kubernetes/apiserver/registry.ts';
import { WEB_SERVERS } from '../kubernetes/runtime/images/web-servers.ts';
import type { KubeObject, OwnerReference } from '../kubernetes/api/types.ts';
import { type ApiClient, core, gvr } from '../kubernetes/client/client.ts';
import { EventRecorder } from '../kubernetes/client/events.ts';
import { SeriesRecorder } from '../kubernetes/scheduler/events.ts';
import type { World } from '../linux/world.ts';
import { parseTime } from '../kubernetes/client/time.ts';
import { SECOND } from '../sim/clock.ts';
import type { Blueprint } from './blueprint.ts';
import { kindPodman } from './kind-podman/index.ts';
import { restoreNetworks } from './recorded-network.ts';
import { RECORDED_IMAGES } from './recorded-images.ts';
import { RECORDED_ADDRESSES, RECORDED_WORKLOADS } from './recorded-workloads.ts';

/** A state file of the recordings (tests/transcripts): each machine's network as the tools print it, and the cluster's objects. */
export interface RecordedState {
  /** Missing where the session is about a plain machine only. */
  kube?: { items: KubeObject[] };
  [host: string]: HostState | { items: KubeObject[] } | undefined;
}
export interface HostState {
  addr?: { ifindex: number; ifname: string; address: string; link_index?: number; linkinfo?: { info_kind?: string } }[];
  route?: { dst: string; gateway?: string; dev?: string; protocol?: string; metric?: number; table?: string; type?: string; flags?: string[] }[];
  neigh?: { dst: string; dev: string; lladdr?: string; state: string[] }[];
  fdb?: { mac: string; ifname: string; master?: string; state?: string }[];
  'iptables-save -c'?: string;
}

/** The course's cluster with the objects, names and addresses of a recorded state. */
export function blueprintFromState(state: RecordedState): Blueprint {
  const { kube } = state;
  if (!kube) return withoutState();
  const base = kindPodman({ empty: true, internet: false });
  const items = kube.items.filter((o) => !SYSTEM.has(o.metadata.namespace ?? ''));
  const pods = items.filter((o) => o.kind === 'Pod' && o.spec.nodeName && o.status?.phase !== 'Succeeded' && o.status?.phase !== 'Failed' && !o.metadata.deletionTimestamp)
    .sort((a, b) => parseTime(a.metadata.creationTimestamp) - parseTime(b.metadata.creationTimestamp));
  const now = recordedTime(state), created = Math.min(...kube.items.map((o) => parseTime(o.metadata.creationTimestamp)).filter((t) => !Number.isNaN(t)));
  const start = Number.isFinite(created) ? created - SECOND : base.start;
  const young = Math.min(...pods.map((p) => now - parseTime(p.metadata.creationTimestamp)), now - start);
  const kernel = kube.items.find((o) => o.kind === 'Node')?.status?.nodeInfo?.kernelVersion as string | undefined;
  return {
    ...base, daemons: WEB_SERVERS, host: { ...base.host, nameServer: DNSMASQ }, flags: older(base.flags), ...(kernel ? { kernel } : {}), kernelWithout: RECORDED_WITHOUT, start, age: now - start, workloadAge: Math.max(0, young),
    machines: LINUX,
    nodes: base.nodes.map((n) => {
      const recorded = kube.items.find((o) => o.kind === 'Node' && o.metadata.name === n.name);
      const mac = (state[n.name] as HostState | undefined)?.addr?.find((l) => l.ifname === 'eth0')?.address;
      const vtep = recorded?.metadata.annotations?.['flannel.alpha.coreos.com/backend-data'];
      const { kubeletVersion, machineID } = recorded?.status?.nodeInfo ?? {};
      return { ...n, ...(kubeletVersion ? { version: kubeletVersion } : {}), ...(machineID === '' ? { unidentified: true } : {}), ...(mac ? { mac } : {}), ...(vtep ? { annotations: { 'flannel.alpha.coreos.com/backend-data': vtep } } : {}) };
    }),
    cluster: {
      ...base.cluster, reservations: Object.fromEntries(pods.filter((p) => p.status?.podIP && !p.spec.hostNetwork).map((p) => [`${p.metadata.namespace}/${p.metadata.name}`, p.status.podIP as string])),
      identity: identities(kube.items),
      context: 'kind-kind', user: 'kind-kind', loadedImages: RECORDED_IMAGES, workloads: [], addons: base.cluster.addons.map(uncached).toSorted((a, b) => Number(a.metadata.name === 'kube-proxy') - Number(b.metadata.name === 'kube-proxy')).map((o) => probesOf(o, kube.items)), afterControlPlane: (world) => restartComponents(world, kube.items), afterAddons: (client, world) => create(client, world, items, pods), afterBoot: (world) => {
        restoreNetworks(world, state);
        nameNodes(world);
      },
    },
  };
}

/** The course's cluster as the recordings without a state file found it: their images, what else ran there, and the plain machine. */
function withoutState(): Blueprint {
  const base = kindPodman({ internet: false });
  return { ...base, daemons: WEB_SERVERS, kernel: RECORDED_KERNEL, host: { ...base.host, nameServer: DNSMASQ }, flags: older(base.flags), kernelWithout: RECORDED_WITHOUT, machines: LINUX, cluster: { ...base.cluster, addons: base.cluster.addons.map(uncached), loadedImages: RECORDED_IMAGES, afterBoot: nameNodes, workloads: [...base.cluster.workloads, ...RECORDED_WORKLOADS], reservations: { ...base.cluster.reservations, ...RECORDED_ADDRESSES } } };
}

/** The DNS Pods of the recorded clusters run dnsmasq, which gives its own names with their whole TTL each time. */
function uncached(addon: KubeObject): KubeObject {
  const data = addon['data'] as { Corefile?: string } | undefined;
  return data?.Corefile === undefined ? addon : { ...addon, data: { ...data, Corefile: data.Corefile.replace('    cache 30\n', '') } };
}

/** The recorded host knew the nodes by name. */
function nameNodes(world: World): void {
  const { fs } = world.machine('mac');
  fs.writeFile('/etc/hosts', fs.readFile('/etc/hosts') + NODES.map((l) => `${l}\n`).join(''));
}
const NODES = ['172.18.0.2\tcontrol-plane', '172.18.0.3\tworker-1', '172.18.0.4\tworker-2'];

/** A system Deployment with the probes its recorded Pods have, which may be none. */
function probesOf(addon: KubeObject, items: readonly KubeObject[]): KubeObject {
  const labels = addon.kind === 'Deployment' ? (addon.spec.selector.matchLabels as Record<string, string>) : undefined;
  const pod = labels && items.find((o) => o.kind === 'Pod' && o.metadata.namespace === addon.metadata.namespace && Object.entries(labels).every(([k, v]) => o.metadata.labels?.[k] === v));
  if (!pod) return addon;
  const template = addon.spec.template;
  const containers = template.spec.containers.map((c: Record<string, unknown>, i: number) => {
    const { livenessProbe: _, readinessProbe: __, ...rest } = c;
    const { livenessProbe, readinessProbe } = pod.spec.containers[i] ?? {};
    return { ...rest, ...(livenessProbe ? { livenessProbe } : {}), ...(readinessProbe ? { readinessProbe } : {}) };
  });
  return { ...addon, spec: { ...addon.spec, template: { ...template, spec: { ...template.spec, containers } } } };
}

/** What the kernel under the recordings lacks: they say so where they ask for it. */
/** What the kernel of the recordings lacks. */
export const RECORDED_WITHOUT: NonNullable<Blueprint['kernelWithout']> = ['dummy', 'ip_vs', '8021q', 'ipip', 'ip_gre', 'sit', 'wireguard', 'ipvlan', 'bonding', 'vrf', 'bridge_vlan_filtering'];
/** Their control plane was one of 1.26. */
function older(flags: Blueprint['flags'] = {}): Blueprint['flags'] {
  return { ...Object.fromEntries(['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) => [name, [...(flags[name] ?? []), '--emulated-version=v1.26.15']])), etcd: ['--emulated-version=3.4.23'] };
}

const RECORDED_KERNEL = '6.18.44-fc-v595';

/** dnsmasq stood in for Podman's name server. */
const DNSMASQ = { argv: ['/usr/sbin/dnsmasq'], backlog: 32 };

/** The plain machine on which the recordings try rules and routes by hand. */
const LINUX: Blueprint['machines'] = [{ name: 'linux', ip: '172.18.0.9' }];

const SYSTEM: ReadonlySet<string> = new Set(['kube-system', 'kube-flannel', 'kube-public', 'kube-node-lease', 'local-path-storage']);

function recordedTime(state: RecordedState): number {
  for (const host of Object.values(state)) {
    const text = (host as HostState)['iptables-save -c'];
    const found = text === undefined ? undefined : /Generated by iptables-save \S+.* on \w+ (\w+ +\d+ [\d:]+ \d+)/.exec(text)?.[1];
    if (found) return Date.parse(`${found} UTC`) * 1000;
  }
  return kindPodman().start + kindPodman().age;
}

/** Creates the objects: what owns pods is made up from them, for the state names only the pods. */
function create(client: ApiClient, world: World, items: readonly KubeObject[], pods: readonly KubeObject[]): void {
  const deployments = gvr('apps', 'v1', 'deployments'), replicaSets = gvr('apps', 'v1', 'replicasets');
  const namespaces = new Set(items.map((o) => o.metadata.namespace).filter((n): n is string => n !== undefined && n !== 'default'));
  for (const name of namespaces) client.create(core('namespaces'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const name of ['default', ...namespaces]) if (!client.find(core('serviceaccounts'), name, 'default')) client.create(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } });
  for (const s of items) {
    if (s.kind !== 'Service' || s.metadata.name === 'kubernetes') continue;
    const { clusterIPs: _, ...spec } = s.spec;
    client.create(core('services'), { apiVersion: 'v1', kind: 'Service', metadata: { name: s.metadata.name, namespace: s.metadata.namespace!, ...(s.metadata.labels ? { labels: s.metadata.labels } : {}) }, spec });
  }
  const owners = new Map<string, OwnerReference>();
  const rng = world.rng.fork('recorded-state');
  const deploying = new EventRecorder(client, world.clock, rng, { component: 'deployment-controller' }), scheduling = new SeriesRecorder(client, world.clock, rng, 'default-scheduler', 'control-plane');
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find((o) => o.kind === 'ReplicaSet');
    if (!owner || owners.has(`${pod.metadata.namespace}/${owner.name}`)) continue;
    const namespace = pod.metadata.namespace!, hash = pod.metadata.labels!['pod-template-hash']!, name = owner.name.slice(0, -hash.length - 1);
    const { 'pod-template-hash': __, ...labels } = pod.metadata.labels!;
    const { nodeName: ___, ...spec } = pod.spec;
    const replicas = pods.filter((p) => p.metadata.namespace === namespace && p.metadata.ownerReferences?.some((o) => o.name === owner.name)).length;
    const template = { metadata: { labels }, spec: clean(spec) };
    const deployment = client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec: { replicas, selector: { matchLabels: labels }, template } });
    const set = client.create(replicaSets, {
      apiVersion: 'apps/v1', kind: 'ReplicaSet',
      metadata: { name: owner.name, namespace, labels: pod.metadata.labels!, annotations: { 'deployment.kubernetes.io/desired-replicas': String(replicas), 'deployment.kubernetes.io/max-replicas': String(Math.ceil(replicas * 1.25)), 'deployment.kubernetes.io/revision': '1' }, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid: deployment.metadata.uid!, controller: true, blockOwnerDeletion: true }] },
      spec: { replicas, selector: { matchLabels: pod.metadata.labels }, template: { metadata: { labels: pod.metadata.labels }, spec: template.spec } },
    });
    deploying.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${owner.name} to ${replicas}`);
    owners.set(`${namespace}/${owner.name}`, { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner.name, uid: set.metadata.uid!, controller: true, blockOwnerDeletion: true });
  }
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.[0];
    const made = owner ? owners.get(`${pod.metadata.namespace}/${owner.name}`) : undefined;
    const bound = client.create(core('pods'), {
      apiVersion: 'v1', kind: 'Pod',
      metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace!, ...(pod.metadata.generateName ? { generateName: pod.metadata.generateName } : {}), ...(pod.metadata.labels ? { labels: pod.metadata.labels } : {}), ...(made ? { ownerReferences: [made] } : {}) },
      spec: clean(pod.spec),
    });
    if (pod.spec.ephemeralContainers) client.patch(core('pods'), bound.metadata.namespace, bound.metadata.name, 'strategic', { spec: { ephemeralContainers: pod.spec.ephemeralContainers } }, 'ephemeralcontainers');
    scheduling.event(bound, undefined, 'Normal', 'Scheduled', 'Binding', `Successfully assigned ${bound.metadata.namespace}/${bound.metadata.name} to ${bound.spec.nodeName}`);
  }
}

/** Pods are called as they were: those with a name, and those of a DaemonSet by their node. */
function identities(items: readonly KubeObject[]): Identity {
  const known = new Map<string, { name: string; uid: string }>();
  for (const { kind, metadata, spec } of items) {
    if (kind !== 'Pod') continue;
    const own = { name: metadata.name, uid: metadata.uid! };
    known.set(`${metadata.namespace}/${metadata.name}`, own);
    if (metadata.ownerReferences?.[0]?.kind === 'DaemonSet') known.set(`${metadata.namespace}/${metadata.generateName}@${spec.nodeName}`, own);
  }
  return ({ metadata, spec }) => known.get(`${metadata.namespace}/${metadata.name || `${metadata.generateName}@${spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0]?.matchFields?.[0]?.values?.[0]}`}`);
}

/** Static pods that had ended and begun again have done so here too. */
function restartComponents(world: World, items: readonly KubeObject[]): void {
  for (const pod of items) {
    const [status] = (pod.status?.containerStatuses ?? []) as { restartCount: number; lastState: { terminated?: { exitCode: number } } }[];
    if (pod.metadata.ownerReferences?.[0]?.kind !== 'Node' || !status?.restartCount || !status.lastState.terminated) continue;
    const { exitCode } = status.lastState.terminated;
    for (const p of world.machines.get(pod.spec.nodeName)?.pids.processes() ?? []) if (p.container !== undefined && p.uts.hostname === pod.spec.nodeName && p.comm === pod.metadata.labels?.['component']?.slice(0, 15)) p.exit(exitCode);
  }
}

/** Without what admission fills in again. */
function clean(spec: Record<string, unknown>): Record<string, unknown> {
  const { preemptionPolicy: _, priority: __, priorityClassName: ___, serviceAccount: ____, ephemeralContainers: _____, serviceAccountName, ...rest } = spec;
  return serviceAccountName === 'default' ? rest : { ...rest, serviceAccountName };
}
