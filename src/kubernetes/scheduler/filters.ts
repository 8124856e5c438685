import type { KubeObject } from '../api/types.ts';
import { matchesSelector } from '../client/labels.ts';
import { type AffinityTerm, matchesNodeAffinity, requiredAffinity, requiredAntiAffinity, type Taint, termMatches, tolerates, type Toleration } from './affinity.ts';
import { podResources } from './resources.ts';
import { hostPorts, type NodeInfo } from './snapshot.ts';
import { type SpreadConstraint, spreadConstraints } from './spread.ts';
import type { VolumeView } from './volumes.ts';

/** Why a node cannot take a pod. `unresolvable`: evicting pods would not help. */
export interface Rejection {
  plugin: string;
  reasons: string[];
  unresolvable: boolean;
}

/** What a scheduling cycle looks at. */
export interface Cycle {
  pod: KubeObject;
  nodes: readonly NodeInfo[];
  namespaceLabels: (name: string) => Record<string, string> | undefined;
  volumes: VolumeView;
  /** Whether any pod in the cluster has required anti-affinity. */
  antiAffinity: boolean;
}

type Filter = (info: NodeInfo) => Rejection | undefined;
type PreFilter = (cycle: Cycle) => Filter | undefined;

/** In the order of the default profile; the first that refuses a node speaks for it. A PreFilter that gives nothing has nothing to say on this pod. */
const FILTERS: readonly (readonly [string, PreFilter])[] = [
  ['NodeUnschedulable', nodeUnschedulable],
  ['NodeName', nodeName],
  ['TaintToleration', taintToleration],
  ['NodeAffinity', nodeAffinity],
  ['NodePorts', nodePorts],
  ['NodeResourcesFit', nodeResourcesFit],
  ['VolumeBinding', volumeBinding],
  ['PodTopologySpread', podTopologySpread],
  ['InterPodAffinity', interPodAffinity],
];

/** The filter of one cycle: what refuses a node, if anything. */
export function compile(cycle: Cycle): Filter {
  const filters = FILTERS.flatMap(([, pre]) => pre(cycle) ?? []);
  return (info) => {
    for (const filter of filters) {
      const rejection = filter(info);
      if (rejection) return rejection;
    }
    return undefined;
  };
}

const reject = (plugin: string, unresolvable: boolean, ...reasons: string[]): Rejection => ({ plugin, reasons, unresolvable });

function nodeUnschedulable({ pod }: Cycle): Filter {
  const taint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  const tolerated = (pod.spec.tolerations ?? []).some((t: Toleration) => tolerates(t, taint));
  return ({ node }) => (node.spec?.unschedulable && !tolerated ? reject('NodeUnschedulable', true, 'node(s) were unschedulable') : undefined);
}

function nodeName({ pod }: Cycle): Filter | undefined {
  if (!pod.spec.nodeName) return undefined;
  return ({ name }) => (name === pod.spec.nodeName ? undefined : reject('NodeName', true, "node(s) didn't match the requested node name"));
}

function taintToleration({ pod }: Cycle): Filter {
  const tolerations: Toleration[] = pod.spec.tolerations ?? [];
  return ({ node }) => {
    for (const taint of (node.spec?.taints ?? []) as Taint[]) {
      if (taint.effect === 'PreferNoSchedule' || tolerations.some((t) => tolerates(t, taint))) continue;
      return reject('TaintToleration', true, `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`);
    }
    return undefined;
  };
}

function nodeAffinity({ pod }: Cycle): Filter | undefined {
  if (!pod.spec.nodeSelector && !pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution) return undefined;
  return ({ node }) => (matchesNodeAffinity(pod, node) ? undefined : reject('NodeAffinity', true, "node(s) didn't match Pod's node affinity/selector"));
}

function nodePorts({ pod }: Cycle): Filter | undefined {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return undefined;
  return ({ ports }) => {
    for (const { ip, port } of wanted) {
      const used = ports.get(port);
      if (used && used.size > 0 && (ip === '0.0.0.0' || used.has('0.0.0.0') || used.has(ip))) return reject('NodePorts', false, "node(s) didn't have free ports for the requested pod ports");
    }
    return undefined;
  };
}

function nodeResourcesFit({ pod }: Cycle): Filter {
  const r = podResources(pod);
  return (info) => {
    const { allocatable: a, requested: q } = info, reasons: string[] = [];
    if (info.pods.size + 1 > info.allowedPods) reasons.push('Too many pods');
    if (r.cpu > 0 && r.cpu > a.cpu - q.cpu) reasons.push('Insufficient cpu');
    if (r.memory > 0 && r.memory > a.memory - q.memory) reasons.push('Insufficient memory');
    if (r.ephemeral > 0 && r.ephemeral > a.ephemeral - q.ephemeral) reasons.push('Insufficient ephemeral-storage');
    for (const name in r.scalar) if (r.scalar[name]! > 0 && r.scalar[name]! > (a.scalar[name] ?? 0) - (q.scalar[name] ?? 0)) reasons.push(`Insufficient ${name}`);
    return reasons.length > 0 ? reject('NodeResourcesFit', false, ...reasons) : undefined;
  };
}

function volumeBinding({ pod, volumes }: Cycle): Filter | undefined {
  if (!volumes.hasClaims(pod)) return undefined;
  return ({ node }) => {
    const reasons = volumes.conflicts(pod, node);
    return reasons.length > 0 ? reject('VolumeBinding', true, ...reasons) : undefined;
  };
}

function podTopologySpread({ pod, nodes }: Cycle): Filter | undefined {
  const constraints = spreadConstraints(pod, 'DoNotSchedule');
  if (constraints.length === 0) return undefined;
  const counts = constraints.map((c) => countPerDomain(c, pod, nodes, constraints));
  return (info) => {
    for (const [i, c] of constraints.entries()) {
      const domain = info.node.metadata.labels?.[c.topologyKey];
      if (domain === undefined) return reject('PodTopologySpread', true, "node(s) didn't match pod topology spread constraints (missing required label)");
      const { perDomain } = counts[i]!;
      const values = [...perDomain.values()];
      const min = (c.minDomains ?? 1) > values.length ? 0 : Math.min(...values);
      const self = matchesSelector(c.selector, pod.metadata.labels) ? 1 : 0;
      if ((perDomain.get(domain) ?? 0) + self - min > c.maxSkew) return reject('PodTopologySpread', false, "node(s) didn't match pod topology spread constraints");
    }
    return undefined;
  };
}

function countPerDomain(c: SpreadConstraint, pod: KubeObject, nodes: readonly NodeInfo[], all: SpreadConstraint[]): { perDomain: Map<string, number> } {
  const perDomain = new Map<string, number>();
  for (const { node, pods } of nodes) {
    const labels = node.metadata.labels ?? {};
    if (!all.every((other) => other.topologyKey in labels)) continue;
    if (c.nodeAffinityPolicy !== 'Ignore' && !matchesNodeAffinity(pod, node)) continue;
    if (c.nodeTaintsPolicy === 'Honor' && ((node.spec?.taints ?? []) as Taint[]).some((t) => t.effect !== 'PreferNoSchedule' && !(pod.spec.tolerations ?? []).some((x: Toleration) => tolerates(x, t)))) continue;
    let n = 0;
    for (const p of pods.values()) if (!p.metadata.deletionTimestamp && p.metadata.namespace === pod.metadata.namespace && matchesSelector(c.selector, p.metadata.labels)) n++;
    const domain = labels[c.topologyKey]!;
    perDomain.set(domain, (perDomain.get(domain) ?? 0) + n);
  }
  return { perDomain };
}

function interPodAffinity({ pod, nodes, namespaceLabels, antiAffinity }: Cycle): Filter | undefined {
  const affinity = requiredAffinity(pod), anti = requiredAntiAffinity(pod);
  if (affinity.length === 0 && anti.length === 0 && !antiAffinity) return undefined;
  const topology = (info: NodeInfo, key: string) => info.node.metadata.labels?.[key];
  const affinityAt = new Set<string>(), antiAt = new Set<string>(), existingAnti = new Set<string>();
  for (const info of nodes) {
    for (const other of info.withRequiredAntiAffinity.values()) {
      for (const term of requiredAntiAffinity(other)) {
        const value = topology(info, term.topologyKey);
        if (value !== undefined && termMatches(term, other, pod, namespaceLabels)) existingAnti.add(`${term.topologyKey}=${value}`);
      }
    }
    if (affinity.length === 0 && anti.length === 0) continue;
    for (const other of info.pods.values()) {
      const count = (terms: AffinityTerm[], at: Set<string>, all: boolean) => {
        if (terms.length === 0 || (all && !terms.every((t) => termMatches(t, pod, other, namespaceLabels)))) return;
        for (const t of terms) {
          const value = topology(info, t.topologyKey);
          if (value !== undefined && (all || termMatches(t, pod, other, namespaceLabels))) at.add(`${t.topologyKey}=${value}`);
        }
      };
      count(affinity, affinityAt, true);
      count(anti, antiAt, false);
    }
  }
  return (info) => {
    const at = (set: Set<string>, key: string) => {
      const value = topology(info, key);
      return value !== undefined && set.has(`${key}=${value}`);
    };
    if (affinity.length > 0) {
      const labelled = affinity.every((t) => topology(info, t.topologyKey) !== undefined);
      const first = affinityAt.size === 0 && affinity.every((t) => termMatches(t, pod, pod, namespaceLabels));
      if (!labelled || (!affinity.every((t) => at(affinityAt, t.topologyKey)) && !first)) return reject('InterPodAffinity', true, "node(s) didn't match pod affinity rules");
    }
    if (anti.some((t) => at(antiAt, t.topologyKey))) return reject('InterPodAffinity', false, "node(s) didn't match pod anti-affinity rules");
    for (const [key, value] of Object.entries(info.node.metadata.labels ?? {})) if (existingAnti.has(`${key}=${value}`)) return reject('InterPodAffinity', false, "node(s) didn't satisfy existing pods anti-affinity rules");
    return undefined;
  };
}
