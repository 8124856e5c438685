import type { KubeObject } from '../api/types.ts';
import { type LabelSelector, matchesRequirement, matchesSelector, type Requirement } from '../client/labels.ts';

/** component-helpers/scheduling/corev1: node selectors, tolerations and the terms of pod affinity. */
export interface Taint {
  key: string;
  value?: string;
  effect: string;
}
export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}
export interface AffinityTerm {
  labelSelector?: LabelSelector;
  namespaces?: string[];
  namespaceSelector?: LabelSelector;
  topologyKey: string;
}
interface NodeSelectorTerm {
  matchExpressions?: Requirement[];
  matchFields?: Requirement[];
}

export function tolerates(t: Toleration, taint: Taint): boolean {
  if (t.effect && t.effect !== taint.effect) return false;
  if (t.key && t.key !== taint.key) return false;
  return t.operator === 'Exists' || ((!t.operator || t.operator === 'Equal') && Boolean(t.key) && (t.value ?? '') === (taint.value ?? ''));
}

export function matchesNodeTerm(term: NodeSelectorTerm, node: KubeObject): boolean {
  if (!term.matchExpressions?.length && !term.matchFields?.length) return false;
  return (term.matchExpressions ?? []).every((r) => matchesRequirement(r, node.metadata.labels)) && (term.matchFields ?? []).every((r) => matchesRequirement(r, { [r.key]: node.metadata.name }));
}

export function matchesNodeTerms(terms: NodeSelectorTerm[] | undefined, node: KubeObject): boolean {
  return (terms ?? []).some((t) => matchesNodeTerm(t, node));
}

/** nodeSelector and required node affinity (GetRequiredNodeAffinity). */
export function matchesNodeAffinity(pod: KubeObject, node: KubeObject): boolean {
  for (const [k, v] of Object.entries(pod.spec.nodeSelector ?? {})) if (node.metadata.labels?.[k] !== v) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || matchesNodeTerms(required.nodeSelectorTerms, node);
}

/** Whether `other` is among the pods that `term` of `owner` speaks of. */
export function termMatches(term: AffinityTerm, owner: KubeObject, other: KubeObject, namespaceLabels: (name: string) => Record<string, string> | undefined): boolean {
  const ns = other.metadata.namespace!;
  const inNamespace = (term.namespaces ?? []).includes(ns)
    || (term.namespaceSelector ? matchesSelector(term.namespaceSelector, namespaceLabels(ns)) : !term.namespaces?.length && ns === owner.metadata.namespace);
  return inNamespace && matchesSelector(term.labelSelector, other.metadata.labels);
}

export const requiredAffinity = (pod: KubeObject): AffinityTerm[] => pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
export const requiredAntiAffinity = (pod: KubeObject): AffinityTerm[] => pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
export const preferredAffinity = (pod: KubeObject): { weight: number; podAffinityTerm: AffinityTerm }[] => pod.spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
export const preferredAntiAffinity = (pod: KubeObject): { weight: number; podAffinityTerm: AffinityTerm }[] => pod.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
