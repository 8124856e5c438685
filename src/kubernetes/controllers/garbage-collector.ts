import type { KubeObject, OwnerReference } from '../api/types.ts';
import { ApiError, type Gvr, core, gvr } from '../client/client.ts';
import type { Informer } from '../client/informer.ts';
import { type ControllerContext, CONTROLLERREVISIONS, CRONJOBS, DAEMONSETS, DEPLOYMENTS, JOBS, LEASES, NODES, PODS, PVCS, PVS, REPLICASETS, Resource, SERVICES, STATEFULSETS } from './context.ts';
import { ENDPOINTSLICES } from './endpointslice.ts';

const FOREGROUND = 'foregroundDeletion', ORPHAN = 'orphan';

/** Kinds whose objects own or are owned. Custom resources join when their definition appears. */
const WATCHED: Record<string, Gvr> = {
  'v1/Pod': PODS, 'v1/Node': NODES, 'v1/Service': SERVICES, 'v1/Endpoints': core('endpoints'), 'v1/ConfigMap': core('configmaps'), 'v1/Secret': core('secrets'), 'v1/ServiceAccount': core('serviceaccounts'),
  'v1/PersistentVolumeClaim': PVCS, 'v1/PersistentVolume': PVS, 'v1/ReplicationController': core('replicationcontrollers'), 'v1/Namespace': core('namespaces'),
  'apps/v1/ReplicaSet': REPLICASETS, 'apps/v1/Deployment': DEPLOYMENTS, 'apps/v1/DaemonSet': DAEMONSETS, 'apps/v1/StatefulSet': STATEFULSETS, 'apps/v1/ControllerRevision': CONTROLLERREVISIONS,
  'batch/v1/Job': JOBS, 'batch/v1/CronJob': CRONJOBS, 'discovery.k8s.io/v1/EndpointSlice': ENDPOINTSLICES, 'coordination.k8s.io/v1/Lease': LEASES,
  'networking.k8s.io/v1/Ingress': gvr('networking.k8s.io', 'v1', 'ingresses'), 'networking.k8s.io/v1/NetworkPolicy': gvr('networking.k8s.io', 'v1', 'networkpolicies'),
  'policy/v1/PodDisruptionBudget': gvr('policy', 'v1', 'poddisruptionbudgets'), 'autoscaling/v2/HorizontalPodAutoscaler': gvr('autoscaling', 'v2', 'horizontalpodautoscalers'),
  'rbac.authorization.k8s.io/v1/Role': gvr('rbac.authorization.k8s.io', 'v1', 'roles'), 'rbac.authorization.k8s.io/v1/RoleBinding': gvr('rbac.authorization.k8s.io', 'v1', 'rolebindings'),
};

interface Item {
  object: KubeObject;
  resource: Resource;
}

/** pkg/controller/garbagecollector: deletes what has lost its owners; foreground and orphan deletion. */
export function startGarbageCollector(context: ControllerContext): void {
  const items = new Map<string, Item>();
  const dependents = new Map<string, Set<string>>();
  const kinds: Record<string, Gvr> = { ...WATCHED };
  const client = context.client('generic-garbage-collector');

  const ownersOf = (o: KubeObject): OwnerReference[] => o.metadata.ownerReferences ?? [];
  const dependentsOf = (uid: string): Item[] => [...(dependents.get(uid) ?? [])].flatMap((u) => items.get(u) ?? []);
  const link = (o: KubeObject) => {
    for (const { uid } of ownersOf(o)) {
      const set = dependents.get(uid);
      if (set) set.add(o.metadata.uid!);
      else dependents.set(uid, new Set([o.metadata.uid!]));
    }
  };
  const unlink = (o: KubeObject) => {
    for (const { uid } of ownersOf(o)) {
      const set = dependents.get(uid);
      if (set?.delete(o.metadata.uid!) && set.size === 0) dependents.delete(uid);
    }
  };

  const queue = context.queue((uid) => {
    const item = items.get(uid);
    if (!item) return;
    const { object, resource } = item, { metadata } = object;
    if (metadata.deletionTimestamp) {
      if (metadata.finalizers?.includes(ORPHAN)) return orphan(item);
      if (metadata.finalizers?.includes(FOREGROUND)) return foreground(item);
      return;
    }
    const owners = ownersOf(object);
    if (owners.length === 0) return;
    const dangling: OwnerReference[] = [], waiting: OwnerReference[] = [];
    let solid = 0;
    for (const ref of owners) {
      const owner = findOwner(ref, object);
      if (owner === 'unknown') solid++;
      else if (!owner) dangling.push(ref);
      else if (owner.metadata.deletionTimestamp && owner.metadata.finalizers?.includes(FOREGROUND)) waiting.push(ref);
      else solid++;
    }
    if (solid > 0) {
      const gone = [...dangling, ...waiting];
      if (gone.length > 0) resource.patch(object, 'strategic', { metadata: { uid, ownerReferences: gone.map((o) => ({ $patch: 'delete', uid: o.uid })) } });
      return;
    }
    if (waiting.length > 0 && dependentsOf(uid).length > 0) return resource.delete(object, { propagationPolicy: 'Foreground' });
    const propagationPolicy = metadata.finalizers?.includes(ORPHAN) ? 'Orphan' : metadata.finalizers?.includes(FOREGROUND) ? 'Foreground' : 'Background';
    resource.delete(object, { propagationPolicy });
  });

  /** The owner; undefined when there is none (any more); 'unknown' when nothing is known of its kind. */
  const findOwner = (ref: OwnerReference, of: KubeObject): KubeObject | 'unknown' | undefined => {
    const cached = items.get(ref.uid);
    if (cached) return cached.object.metadata.namespace && cached.object.metadata.namespace !== of.metadata.namespace ? undefined : cached.object;
    const kind = kinds[`${ref.apiVersion}/${ref.kind}`] ?? Object.entries(kinds).find(([k]) => k.split('/').at(-1) === ref.kind && k.split('/')[0] === ref.apiVersion.split('/')[0])?.[1];
    if (!kind) return 'unknown';
    let live = find(kind, of.metadata.namespace, ref.name);
    live ??= of.metadata.namespace ? find(kind, undefined, ref.name) : undefined;
    return live?.metadata.uid === ref.uid ? live : undefined;
  };
  const find = (kind: Gvr, namespace: string | undefined, name: string): KubeObject | undefined => {
    try {
      return client.find(kind, namespace, name);
    } catch (error) {
      if (error instanceof ApiError && (error.code === 405 || error.code === 400)) return undefined;
      throw error;
    }
  };

  const foreground = ({ object, resource }: Item) => {
    const blocking = dependentsOf(object.metadata.uid!).filter((d) => ownersOf(d.object).some((o) => o.uid === object.metadata.uid && o.blockOwnerDeletion));
    if (blocking.length === 0) return removeFinalizer(object, resource, FOREGROUND);
    for (const d of dependentsOf(object.metadata.uid!)) queue.add(d.object.metadata.uid!);
  };
  const orphan = ({ object, resource }: Item) => {
    for (const d of dependentsOf(object.metadata.uid!)) d.resource.patch(d.object, 'strategic', { metadata: { uid: d.object.metadata.uid, ownerReferences: [{ $patch: 'delete', uid: object.metadata.uid }] } });
    removeFinalizer(object, resource, ORPHAN);
  };
  const removeFinalizer = (object: KubeObject, resource: Resource, finalizer: string) => {
    const { uid, resourceVersion, finalizers } = object.metadata;
    try {
      resource.client.patch(resource.gvr, object.metadata.namespace, object.metadata.name, 'merge', { metadata: { uid, resourceVersion, finalizers: (finalizers ?? []).filter((f) => f !== finalizer) } });
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 404)) throw error;
    }
  };

  const watch = (informer: Informer, r: Gvr) => {
    const resource = new Resource(client, informer, r);
    const touch = (o: KubeObject) => {
      const uid = o.metadata.uid!;
      if (o.metadata.deletionTimestamp ? o.metadata.finalizers?.some((f) => f === ORPHAN || f === FOREGROUND) : ownersOf(o).some((ref) => isSuspect(ref, o))) queue.add(uid);
    };
    /** Owners that are here, in good health, need no look. */
    const isSuspect = (ref: OwnerReference, o: KubeObject) => {
      const owner = items.get(ref.uid)?.object;
      return !owner || (owner.metadata.namespace !== undefined && owner.metadata.namespace !== o.metadata.namespace) || owner.metadata.deletionTimestamp !== undefined;
    };
    informer.on({
      add: (o) => {
        items.set(o.metadata.uid!, { object: o, resource });
        link(o);
        touch(o);
      },
      update: (o, old) => {
        if (old.metadata.uid !== o.metadata.uid) removed(old);
        else if (old.metadata.ownerReferences !== o.metadata.ownerReferences) unlink(old);
        items.set(o.metadata.uid!, { object: o, resource });
        link(o);
        if (o.metadata.deletionTimestamp || ownersOf(o).length > 0) touch(o);
      },
      delete: (o) => removed(o),
    });
  };
  const removed = (o: KubeObject) => {
    items.delete(o.metadata.uid!);
    unlink(o);
    for (const uid of dependents.get(o.metadata.uid!) ?? []) queue.add(uid);
    for (const { uid } of ownersOf(o)) if (items.get(uid)?.object.metadata.finalizers?.includes(FOREGROUND)) queue.add(uid);
  };

  for (const r of Object.values(WATCHED)) watch(context.informer(r), r);
  const definitions = context.informer(gvr('apiextensions.k8s.io', 'v1', 'customresourcedefinitions'));
  const joined = new Set<string>();
  const join = (crd: KubeObject) => {
    const established = crd.status?.conditions?.some((c: { type: string; status: string }) => c.type === 'Established' && c.status === 'True');
    const version = (crd.spec.versions as { name: string; storage: boolean; served: boolean }[]).find((v) => v.storage && v.served) ?? crd.spec.versions[0];
    const id = `${crd.spec.group}/${version.name}/${crd.spec.names.kind}`;
    if (!established || joined.has(id)) return;
    joined.add(id);
    const r = kinds[id] = gvr(crd.spec.group, version.name, crd.spec.names.plural);
    watch(context.informer(r), r);
  };
  definitions.on({ add: join, update: join, delete: (crd) => {
    for (const [id, r] of Object.entries(kinds)) {
      if (r.group !== crd.spec.group || r.resource !== crd.spec.names.plural) continue;
      context.drop(r);
      joined.delete(id);
      delete kinds[id];
    }
  } });
}
