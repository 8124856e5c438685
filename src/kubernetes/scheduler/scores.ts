import type { KubeObject } from '../api/types.ts';
import { type LabelSelector, matchesSelector } from '../client/labels.ts';
import { matchesNodeAffinity, matchesNodeTerm, preferredAffinity, preferredAntiAffinity, requiredAffinity, type Taint, termMatches, tolerates, type Toleration } from './affinity.ts';
import type { Cycle } from './filters.ts';
import { podResources } from './resources.ts';
import type { NodeInfo } from './snapshot.ts';
import { DEFAULT_SPREAD, type SpreadConstraint, spreadConstraints } from './spread.ts';

export interface ScoreCycle extends Cycle {
  /** What the Services, ReplicaSets … of the pod select, all together (helper.DefaultSelector). */
  defaultSelector: LabelSelector[] | undefined;
  /** Whether any pod in the cluster has pod affinity of any kind. */
  anyAffinity: boolean;
}

const MAX = 100, MB = 1024 * 1024;
/** Scores of the feasible nodes, 0 to 100; undefined when the plugin has nothing to say on this pod. */
type Score = (cycle: ScoreCycle, feasible: readonly NodeInfo[]) => number[] | undefined;

/** With the weights of the default profile. */
export const SCORES: readonly { name: string; weight: number; score: Score }[] = [
  { name: 'TaintToleration', weight: 3, score: taintToleration },
  { name: 'NodeAffinity', weight: 2, score: nodeAffinity },
  { name: 'NodeResourcesFit', weight: 1, score: leastAllocated },
  { name: 'PodTopologySpread', weight: 2, score: podTopologySpread },
  { name: 'InterPodAffinity', weight: 2, score: interPodAffinity },
  { name: 'NodeResourcesBalancedAllocation', weight: 1, score: balancedAllocation },
  { name: 'ImageLocality', weight: 1, score: imageLocality },
];

/** Weighted scores of the feasible nodes, plugin by plugin, and their sums; both in the order of `feasible`. */
export interface Scored {
  parts: { name: string; scores: number[] }[];
  totals: number[];
}

export function score(cycle: ScoreCycle, feasible: readonly NodeInfo[]): Scored {
  const parts = SCORES.flatMap(({ name, weight, score: of }) => {
    const scores = feasible.length > 0 ? of(cycle, feasible) : undefined;
    return scores ? [{ name, scores: scores.map((s) => s * weight) }] : [];
  });
  return { parts, totals: feasible.map((_, i) => parts.reduce((n, p) => n + p.scores[i]!, 0)) };
}

function taintToleration({ pod }: ScoreCycle, feasible: readonly NodeInfo[]): number[] {
  const tolerations = ((pod.spec.tolerations ?? []) as Toleration[]).filter((t) => !t.effect || t.effect === 'PreferNoSchedule');
  return normalize(feasible.map(({ node }) => {
    let n = 0;
    for (const t of (node.spec?.taints ?? []) as Taint[]) if (t.effect === 'PreferNoSchedule' && !tolerations.some((x) => tolerates(x, t))) n++;
    return n;
  }), true);
}

function nodeAffinity({ pod }: ScoreCycle, feasible: readonly NodeInfo[]): number[] | undefined {
  const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  if (preferred.length === 0) return undefined;
  return normalize(feasible.map(({ node }) => preferred.reduce((n: number, p: KubeObject['spec']) => n + (matchesNodeTerm(p.preference, node) ? p.weight : 0), 0)), false);
}

function leastAllocated({ pod }: ScoreCycle, feasible: readonly NodeInfo[]): number[] {
  const r = podResources(pod);
  const free = (requested: number, allocatable: number) => (requested > allocatable ? 0 : Math.floor(((allocatable - requested) * MAX) / allocatable));
  return feasible.map(({ allocatable: a, nonZeroCpu, nonZeroMemory }) => {
    const parts = [...(a.cpu > 0 ? [free(nonZeroCpu + r.nonZeroCpu, a.cpu)] : []), ...(a.memory > 0 ? [free(nonZeroMemory + r.nonZeroMemory, a.memory)] : [])];
    return parts.length === 0 ? 0 : Math.floor(parts.reduce((n, p) => n + p, 0) / parts.length);
  });
}

function balancedAllocation({ pod }: ScoreCycle, feasible: readonly NodeInfo[]): number[] {
  const r = podResources(pod);
  return feasible.map(({ allocatable: a, requested: q }) => {
    const parts = [...(a.cpu > 0 ? [Math.min(1, (q.cpu + r.cpu) / a.cpu)] : []), ...(a.memory > 0 ? [Math.min(1, (q.memory + r.memory) / a.memory)] : [])];
    const std = parts.length === 2 ? Math.abs(parts[0]! - parts[1]!) / 2 : 0;
    return Math.floor((1 - std) * MAX);
  });
}

function imageLocality({ pod, nodes }: ScoreCycle, feasible: readonly NodeInfo[]): number[] {
  const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])] as { image: string }[];
  const names = containers.map((c) => normalizedImage(c.image));
  const spread = names.map((name) => nodes.filter((n) => n.images.has(name)).length / nodes.length);
  const low = 23 * MB, high = 1000 * MB * (pod.spec.containers ?? []).length;
  return feasible.map(({ images }) => {
    const sum = names.reduce((n, name, i) => n + Math.floor((images.get(name) ?? 0) * spread[i]!), 0);
    return Math.floor((MAX * (Math.min(Math.max(sum, low), high) - low)) / (high - low));
  });
}

/** An image without tag or digest means :latest. */
function normalizedImage(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}

function interPodAffinity({ pod, nodes, namespaceLabels, anyAffinity }: ScoreCycle, feasible: readonly NodeInfo[]): number[] | undefined {
  const mine = [...preferredAffinity(pod).map((p) => ({ term: p.podAffinityTerm, weight: p.weight })), ...preferredAntiAffinity(pod).map((p) => ({ term: p.podAffinityTerm, weight: -p.weight }))];
  if (mine.length === 0 && !anyAffinity) return undefined;
  const at = new Map<string, number>();
  const add = (info: NodeInfo, key: string, weight: number) => {
    const value = info.node.metadata.labels?.[key];
    if (value !== undefined) at.set(`${key}=${value}`, (at.get(`${key}=${value}`) ?? 0) + weight);
  };
  for (const info of nodes) {
    if (mine.length > 0) for (const other of info.pods.values()) for (const { term, weight } of mine) if (termMatches(term, pod, other, namespaceLabels)) add(info, term.topologyKey, weight);
    for (const other of info.withAffinity.values()) {
      for (const term of requiredAffinity(other)) if (termMatches(term, other, pod, namespaceLabels)) add(info, term.topologyKey, 1);
      for (const p of preferredAffinity(other)) if (termMatches(p.podAffinityTerm, other, pod, namespaceLabels)) add(info, p.podAffinityTerm.topologyKey, p.weight);
      for (const p of preferredAntiAffinity(other)) if (termMatches(p.podAffinityTerm, other, pod, namespaceLabels)) add(info, p.podAffinityTerm.topologyKey, -p.weight);
    }
  }
  if (at.size === 0) return undefined;
  const raw = feasible.map(({ node }) => Object.entries(node.metadata.labels ?? {}).reduce((n, [k, v]) => n + (at.get(`${k}=${v}`) ?? 0), 0));
  const min = Math.min(...raw), range = Math.max(...raw) - min;
  return raw.map((s) => (range > 0 ? Math.floor((MAX * (s - min)) / range) : 0));
}

function podTopologySpread({ pod, nodes, defaultSelector }: ScoreCycle, feasible: readonly NodeInfo[]): number[] | undefined {
  const namespace = pod.metadata.namespace!;
  let constraints: (Omit<SpreadConstraint, 'selector'> & { key: string; matches: (labels: Record<string, string> | undefined) => boolean })[] =
    spreadConstraints(pod, 'ScheduleAnyway').map((c) => ({ ...c, key: `${namespace} ${JSON.stringify(c.selector)}`, matches: (labels) => matchesSelector(c.selector, labels) }));
  const system = !pod.spec.topologySpreadConstraints?.length;
  if (system) {
    if (!defaultSelector) return undefined;
    const key = `${namespace} ${JSON.stringify(defaultSelector)}`;
    constraints = DEFAULT_SPREAD.map((c) => ({ ...c, key, matches: (labels) => defaultSelector.every((s) => matchesSelector(s, labels)) }));
  }
  if (constraints.length === 0) return undefined;
  const labelled = ({ node }: NodeInfo) => system || constraints.every((c) => node.metadata.labels?.[c.topologyKey] !== undefined);
  const considered = new Set(feasible.filter(labelled));
  const domains = constraints.map((c) => new Map([...considered].flatMap(({ node }) => (node.metadata.labels?.[c.topologyKey] === undefined ? [] : [[node.metadata.labels[c.topologyKey]!, 0]] as [string, number][]))));
  const countOn = (info: NodeInfo, i: number) => info.count(constraints[i]!.key, namespace, constraints[i]!.matches);
  constraints.forEach((c, i) => {
    if (c.topologyKey === 'kubernetes.io/hostname' || domains[i]!.size === 0) return;
    for (const info of nodes) {
      const value = info.node.metadata.labels?.[c.topologyKey];
      if (value === undefined || !domains[i]!.has(value) || !matchesNodeAffinity(pod, info.node)) continue;
      domains[i]!.set(value, domains[i]!.get(value)! + countOn(info, i));
    }
  });
  const weights = constraints.map((c, i) => Math.log((c.topologyKey === 'kubernetes.io/hostname' ? considered.size : domains[i]!.size) + 2));
  const raw = feasible.map((info) => {
    if (!considered.has(info)) return undefined;
    let score = 0;
    constraints.forEach((c, i) => {
      const value = info.node.metadata.labels?.[c.topologyKey];
      if (value === undefined) return;
      const n = c.topologyKey === 'kubernetes.io/hostname' ? countOn(info, i) : domains[i]!.get(value) ?? 0;
      score += n * weights[i]! + (c.maxSkew - 1);
    });
    return Math.round(score);
  });
  const known = raw.filter((s) => s !== undefined), max = Math.max(...known), min = Math.min(...known);
  return raw.map((s) => (s === undefined ? 0 : max === 0 ? MAX : Math.floor((MAX * (max + min - s)) / max)));
}

/** helper.DefaultNormalizeScore */
function normalize(raw: number[], reverse: boolean): number[] {
  const max = Math.max(...raw);
  if (max === 0) return raw.map(() => (reverse ? MAX : 0));
  return raw.map((s) => (reverse ? MAX - Math.floor((MAX * s) / max) : Math.floor((MAX * s) / max)));
}
