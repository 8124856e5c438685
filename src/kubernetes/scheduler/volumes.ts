import type { KubeObject } from '../api/types.ts';
import type { Informer } from '../client/informer.ts';
import { matchesSelector } from '../client/labels.ts';
import { matchesNodeTerms } from './affinity.ts';
import { quantity } from './resources.ts';

const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

/** What plugin VolumeBinding knows of claims, volumes and classes. */
export class VolumeView {
  readonly #claims: Informer;
  readonly #volumes: Informer;
  readonly #classes: Informer;

  constructor(claims: Informer, volumes: Informer, classes: Informer) {
    this.#claims = claims;
    this.#volumes = volumes;
    this.#classes = classes;
  }

  hasClaims(pod: KubeObject): boolean {
    return claimNames(pod).length > 0;
  }

  /** PreFilter: why no node at all can be considered. */
  refusal(pod: KubeObject): string | undefined {
    let immediate = false;
    for (const { name, ephemeral } of claimNames(pod)) {
      const claim = this.#claims.get(pod.metadata.namespace, name);
      if (!claim) return ephemeral ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"` : `persistentvolumeclaim "${name}" not found`;
      if (claim.status?.phase === 'Lost') return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`;
      if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
      if (!isBound(claim) && !this.#waits(claim)) immediate = true;
    }
    return immediate ? 'pod has unbound immediate PersistentVolumeClaims' : undefined;
  }

  /** Filter: what stands against `node`. */
  conflicts(pod: KubeObject, node: KubeObject): string[] {
    const reasons = new Set<string>(), taken = new Set<string>();
    for (const { name } of claimNames(pod)) {
      const claim = this.#claims.get(pod.metadata.namespace, name);
      if (!claim) continue;
      if (isBound(claim)) {
        const pv = this.#volumes.get(undefined, claim.spec.volumeName);
        if (!pv) reasons.add('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)');
        else if (!reaches(pv, node)) reasons.add('node(s) had volume node affinity conflict');
        continue;
      }
      const selected = claim.metadata.annotations?.[SELECTED_NODE];
      if (selected && selected !== node.metadata.name) reasons.add("node(s) didn't find available persistent volumes to bind");
      else if (!selected && !this.match(claim, node, taken)) {
        const provisioner = this.#class(claim)?.['provisioner'] as string | undefined;
        if (!provisioner || provisioner === 'kubernetes.io/no-provisioner') reasons.add("node(s) didn't find available persistent volumes to bind");
      }
    }
    return [...reasons];
  }

  /** The claims that must be bound, or provisioned, once `pod` goes to `node`. */
  pending(pod: KubeObject): KubeObject[] {
    return claimNames(pod).flatMap(({ name }) => this.#claims.get(pod.metadata.namespace, name) ?? []).filter((claim) => !isBound(claim));
  }

  /** The smallest available volume that satisfies the claim on the node. */
  match(claim: KubeObject, node: KubeObject, taken = new Set<string>()): KubeObject | undefined {
    const size = quantity(claim.spec.resources?.requests?.storage);
    const found = this.#volumes.list().filter((pv) =>
      !taken.has(pv.metadata.name) && !pv.spec.claimRef && pv.status?.phase === 'Available'
      && (pv.spec.storageClassName ?? '') === (claim.spec.storageClassName ?? '') && (pv.spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem')
      && (claim.spec.accessModes ?? []).every((m: string) => (pv.spec.accessModes ?? []).includes(m)) && quantity(pv.spec.capacity?.storage) >= size
      && (!claim.spec.selector || matchesSelector(claim.spec.selector, pv.metadata.labels)) && reaches(pv, node),
    ).sort((a, b) => quantity(a.spec.capacity.storage) - quantity(b.spec.capacity.storage))[0];
    if (found) taken.add(found.metadata.name);
    return found;
  }

  #class(claim: KubeObject): KubeObject | undefined {
    return claim.spec.storageClassName ? this.#classes.get(undefined, claim.spec.storageClassName) : undefined;
  }

  #waits(claim: KubeObject): boolean {
    return this.#class(claim)?.['volumeBindingMode'] === 'WaitForFirstConsumer';
  }
}

export function isBound(claim: KubeObject): boolean {
  return Boolean(claim.spec.volumeName) && claim.metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined;
}

export function claimNames(pod: KubeObject): { name: string; ephemeral: boolean }[] {
  return ((pod.spec.volumes ?? []) as KubeObject['spec'][]).flatMap((v): { name: string; ephemeral: boolean }[] =>
    v.persistentVolumeClaim ? [{ name: v.persistentVolumeClaim.claimName as string, ephemeral: false }] : v.ephemeral ? [{ name: `${pod.metadata.name}-${v.name}`, ephemeral: true }] : []);
}

function reaches(pv: KubeObject, node: KubeObject): boolean {
  const required = pv.spec.nodeAffinity?.required;
  return !required || matchesNodeTerms(required.nodeSelectorTerms, node);
}
