import type { KubeObject } from '../api/types.ts';
import type { LabelSelector } from '../client/labels.ts';

export interface SpreadConstraint {
  maxSkew: number;
  topologyKey: string;
  selector: LabelSelector;
  minDomains?: number;
  nodeAffinityPolicy?: string;
  nodeTaintsPolicy?: string;
}

/** A pod's topologySpreadConstraints of one kind, with matchLabelKeys merged in. */
export function spreadConstraints(pod: KubeObject, when: 'DoNotSchedule' | 'ScheduleAnyway'): SpreadConstraint[] {
  return ((pod.spec.topologySpreadConstraints ?? []) as KubeObject['spec'][]).filter((c) => c.whenUnsatisfiable === when).map((c) => {
    const extra = Object.fromEntries(((c.matchLabelKeys ?? []) as string[]).filter((k) => pod.metadata.labels?.[k] !== undefined).map((k) => [k, pod.metadata.labels![k]!]));
    return {
      maxSkew: c.maxSkew, topologyKey: c.topologyKey, selector: { ...c.labelSelector, matchLabels: { ...c.labelSelector?.matchLabels, ...extra } },
      minDomains: c.minDomains, nodeAffinityPolicy: c.nodeAffinityPolicy, nodeTaintsPolicy: c.nodeTaintsPolicy,
    };
  });
}

/** The system's own defaults (defaultingType System): spread over hosts and zones, softly. */
export const DEFAULT_SPREAD = [{ maxSkew: 3, topologyKey: 'kubernetes.io/hostname' }, { maxSkew: 5, topologyKey: 'topology.kubernetes.io/zone' }];
