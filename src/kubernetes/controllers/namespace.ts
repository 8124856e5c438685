import type { KubeObject } from '../api/types.ts';
import { ApiError, type Gvr } from '../client/client.ts';
import { type Condition, deepEqual, withCondition } from '../client/pods.ts';
import { rfc3339 } from '../client/time.ts';
import { SECOND } from '../../sim/clock.ts';
import { type ControllerContext, NAMESPACES } from './context.ts';

/** namespaceDeletionGracePeriod: so that every API server has seen the namespace end before it is emptied. */
const DELAY = 5 * SECOND;

interface ApiResource {
  name: string;
  namespaced: boolean;
  kind: string;
  verbs: string[];
}

/** pkg/controller/namespace: empties a namespace that is being deleted, then lets it go. */
export function startNamespaceController(context: ControllerContext): void {
  const namespaces = context.resource('namespace-controller', NAMESPACES), { client } = namespaces;
  const tries = new Map<string, number>();
  const queue = context.queue((name) => {
    const namespace = namespaces.get(undefined, name);
    if (!namespace?.metadata.deletionTimestamp) return;
    const current = namespace.status?.phase === 'Terminating' ? namespace : namespaces.updateStatus({ ...namespace, status: { ...namespace.status, phase: 'Terminating' } });
    if (!current.spec?.finalizers?.includes('kubernetes')) return;
    const left = empty(name);
    const conditioned = writeConditions(current, left);
    if (left.remaining.size > 0) {
      const attempt = (tries.get(name) ?? 0) + 1;
      tries.set(name, attempt);
      const wait = left.grace > 0 ? Math.floor(left.grace / 2) + 1 : Math.min(2 ** attempt, 60);
      queue.add(name, wait * SECOND, attempt > 3);
      return;
    }
    tries.delete(name);
    const finalizers = (conditioned.spec.finalizers as string[]).filter((f) => f !== 'kubernetes');
    const { apiVersion, kind, metadata, spec } = conditioned;
    client.raw('PUT', `/api/v1/namespaces/${name}/finalize`, { apiVersion, kind, metadata, spec: { ...spec, finalizers } });
  });

  /** Deletes every object of every namespaced resource; gives what is still there. */
  const empty = (namespace: string) => {
    const remaining = new Map<string, number>(), finalizers = new Map<string, number>();
    let grace = 0;
    for (const r of namespacedResources()) {
      const { items } = client.list(r, namespace);
      for (const object of items) {
        if (object.metadata.deletionTimestamp) continue;
        try {
          client.delete(r, namespace, object.metadata.name, { propagationPolicy: 'Background' });
        } catch (error) {
          if (!(error instanceof ApiError && error.code === 404)) throw error;
        }
      }
      const left = items.length > 0 ? client.list(r, namespace).items : [];
      if (left.length === 0) continue;
      remaining.set(resourceName(r), left.length);
      for (const o of left) for (const f of o.metadata.finalizers ?? []) finalizers.set(f, (finalizers.get(f) ?? 0) + 1);
      if (r.resource === 'pods') grace = Math.max(grace, ...left.map((p) => (p.metadata.deletionGracePeriodSeconds ?? p.spec.terminationGracePeriodSeconds ?? 30) as number));
    }
    return { remaining, finalizers, grace };
  };

  const namespacedResources = (): Gvr[] => {
    const out: Gvr[] = [];
    const take = (group: string, version: string, list: KubeObject) => {
      for (const r of list['resources'] as ApiResource[]) if (r.namespaced && !r.name.includes('/') && r.verbs.includes('delete') && r.verbs.includes('list')) out.push({ group, version, resource: r.name });
    };
    take('', 'v1', client.raw('GET', '/api/v1'));
    for (const g of client.raw('GET', '/apis')['groups'] as { name: string; preferredVersion: { version: string } }[]) {
      take(g.name, g.preferredVersion.version, client.raw('GET', `/apis/${g.name}/${g.preferredVersion.version}`));
    }
    // Events are written about what is deleted here: they go last. Core events and those of events.k8s.io are the same objects.
    return out.filter((r) => !(r.group === 'events.k8s.io')).sort((a, b) => Number(a.resource === 'events') - Number(b.resource === 'events'));
  };

  const writeConditions = (namespace: KubeObject, left: { remaining: Map<string, number>; finalizers: Map<string, number> }): KubeObject => {
    const now = rfc3339(context.clock.now);
    let conditions = namespace.status?.conditions as Condition[] | undefined;
    const set = (type: string, status: string, reason: string, message: string) => {
      conditions = withCondition(conditions, { type, status, lastTransitionTime: now, reason, message });
    };
    set('NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered');
    set('NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions', 'All legacy kube types successfully parsed');
    set('NamespaceDeletionContentFailure', 'False', 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization');
    const list = (counts: Map<string, number>, text: (name: string, n: number) => string) => [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => text(name, n)).join(', ');
    if (left.remaining.size > 0) set('NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${list(left.remaining, (name, n) => `${name} has ${n} resource instances`)}`);
    else set('NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed');
    if (left.finalizers.size > 0) set('NamespaceFinalizersRemaining', 'True', 'SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${list(left.finalizers, (name, n) => `${name} in ${n} resource instances`)}`);
    else set('NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished');
    if (deepEqual(conditions, namespace.status?.conditions)) return namespace;
    return namespaces.updateStatus({ ...namespace, status: { ...namespace.status, conditions } });
  };

  const look = (n: KubeObject) => {
    if (n.metadata.deletionTimestamp) queue.add(n.metadata.name, DELAY, true);
  };
  namespaces.informer.on({ add: look, update: (n, old) => (old.metadata.deletionTimestamp ? undefined : look(n)) });
}

function resourceName(r: Gvr): string {
  return `${r.resource}.${r.group}`;
}
