import type { KubeObject } from '../api/types.ts';
import { controllerRef } from '../client/owners.ts';
import { deepEqual } from '../client/pods.ts';
import type { Resource } from './context.ts';

/** What a ControllerRevision keeps of its owner: the template, as the patch that brings it back. */
export function revisionData(owner: KubeObject): KubeObject['spec'] {
  const { metadata, ...template } = owner.spec.template;
  return { spec: { template: { $patch: 'replace', metadata: { creationTimestamp: null, ...metadata }, ...template } } };
}

/**
 * pkg/controller/history: finds or creates the revision of the owner's present template, gives it the highest number, and
 * removes the oldest beyond the limit (those in `live` stay).
 */
export function syncRevisions(revisions: Resource, owner: KubeObject, hash: string, limit: number, live: (name: string) => boolean = () => false): KubeObject {
  const data = revisionData(owner), all = revisions.ownedBy(owner).sort((a, b) => a['revision'] - b['revision']), last = all.at(-1)?.['revision'] ?? 0;
  const found = all.filter((r) => deepEqual(r['data'], data)).at(-1);
  let current: KubeObject;
  if (found) current = found['revision'] === last ? found : revisions.update({ ...found, revision: last + 1 });
  else {
    const labels = { ...owner.spec.template.metadata?.labels, 'controller-revision-hash': owner.kind === 'StatefulSet' ? `${owner.metadata.name}-${hash}` : hash };
    const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...annotations } = owner.metadata.annotations ?? {};
    current = revisions.create({
      apiVersion: 'apps/v1', kind: 'ControllerRevision',
      metadata: { name: `${owner.metadata.name}-${hash}`, namespace: owner.metadata.namespace!, labels, annotations: owner.kind === 'DaemonSet' ? { 'deprecated.daemonset.template.generation': String(owner.metadata.generation ?? 1), ...annotations } : annotations, ownerReferences: [controllerRef(owner)] },
      data, revision: last + 1,
    });
  }
  const old = revisions.ownedBy(owner).filter((r) => r.metadata.name !== current.metadata.name && !live(r.metadata.name)).sort((a, b) => a['revision'] - b['revision']);
  for (const r of old.slice(0, Math.max(0, old.length - limit))) revisions.delete(r);
  return current;
}
