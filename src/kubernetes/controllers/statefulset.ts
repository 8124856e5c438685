import type { KubeObject } from '../api/types.ts';
import { ApiError } from '../client/client.ts';
import type { EventRecorder } from '../client/events.ts';
import { matchesSelector } from '../client/labels.ts';
import { controllerOf, controllerRef } from '../client/owners.ts';
import { deepEqual, isPodAvailable, isPodReady } from '../client/pods.ts';
import { type Micros, SECOND } from '../../sim/clock.ts';
import { type ControllerContext, CONTROLLERREVISIONS, PODS, PVCS, type Resource, STATEFULSETS } from './context.ts';
import { fnv32, goJson, safeEncode } from './hash.ts';
import { claimPods } from './replicaset.ts';
import { revisionData, syncRevisions } from './revisions.ts';

const HASH = 'controller-revision-hash';

/** pkg/controller/statefulset */
export function startStatefulSetController(context: ControllerContext): void {
  const name = 'statefulset-controller';
  const parts: Parts = {
    context, sets: context.resource(name, STATEFULSETS), pods: context.resource(name, PODS), claims: context.resource(name, PVCS),
    revisions: context.resource(name, CONTROLLERREVISIONS), recorder: context.recorder(name),
  };
  const queue = context.queue((key) => {
    const set = parts.sets.byKey(key);
    if (set) sync(parts, set, (delay) => queue.add(key, delay, true));
  });
  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  const changed = (pod: KubeObject) => {
    const owner = controllerOf(pod);
    if (owner?.kind === 'StatefulSet') queue.add(`${pod.metadata.namespace}/${owner.name}`);
    else if (!owner) for (const set of parts.sets.inNamespace(pod.metadata.namespace!)) if (matchesSelector(set.spec.selector, pod.metadata.labels)) queue.add(keyOf(set));
  };
  parts.sets.informer.on({ add: (s) => queue.add(keyOf(s)), update: (s) => queue.add(keyOf(s)) });
  parts.pods.informer.on({ add: changed, update: changed, delete: changed });
}

interface Parts {
  context: ControllerContext;
  sets: Resource;
  pods: Resource;
  claims: Resource;
  revisions: Resource;
  recorder: EventRecorder;
}

function sync(parts: Parts, set: KubeObject, again: (delay: Micros) => void): void {
  const { sets, pods, revisions } = parts, now = parts.context.clock.now, minReady = set.spec.minReadySeconds ?? 0;
  if (set.metadata.deletionTimestamp) return;
  const mine = claimPods(pods, set, set.spec.selector).filter((p) => ordinalOf(set, p) !== undefined);
  const hash = safeEncode(fnv32(goJson(revisionData(set)) + String(set.status?.collisionCount ?? 0)));
  const used = new Set([set.status?.currentRevision, set.status?.updateRevision, ...mine.map((p) => p.metadata.labels?.[HASH])]);
  const update = syncRevisions(revisions, set, hash, set.spec.revisionHistoryLimit ?? 10, (name) => used.has(name));
  const current = revisions.get(set.metadata.namespace, set.status?.currentRevision ?? '') ?? update;

  const start = set.spec.ordinals?.start ?? 0, wanted = set.spec.replicas ?? 1, parallel = set.spec.podManagementPolicy === 'Parallel';
  const byOrdinal = new Map(mine.map((p) => [ordinalOf(set, p)!, p]));
  const condemned = mine.filter((p) => ordinalOf(set, p)! < start || ordinalOf(set, p)! >= start + wanted).sort((a, b) => ordinalOf(set, b)! - ordinalOf(set, a)!);
  let failure: unknown;
  try {
    manage();
  } catch (error) {
    failure = error;
  }
  writeStatus();
  if (failure) throw failure;

  function manage(): void {
    for (let n = start; n < start + wanted; n++) {
      const pod = byOrdinal.get(n);
      if (!pod) {
        create(n);
        if (!parallel) return;
        continue;
      }
      if ((pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') && !pod.metadata.deletionTimestamp) {
        if (pod.status.phase === 'Failed') parts.recorder.event(set, 'Warning', 'RecreatingFailedPod', `StatefulSet ${set.metadata.namespace}/${set.metadata.name} is recreating failed Pod ${pod.metadata.name}`);
        remove(pod);
        return;
      }
      if (parallel) continue;
      if (pod.metadata.deletionTimestamp || !isPodReady(pod) || pod.status?.phase !== 'Running') return;
      if (!isPodAvailable(pod, minReady, now)) return again(minReady * SECOND);
    }
    const first = mine.filter((p) => !isHealthy(p)).sort((a, b) => ordinalOf(set, a)! - ordinalOf(set, b)!)[0];
    for (const pod of condemned) {
      if (pod.metadata.deletionTimestamp) {
        if (parallel) continue;
        return;
      }
      if (!isHealthy(pod) && !parallel && first && first !== pod) return;
      remove(pod);
      if (!parallel) return;
    }
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (let n = start + wanted - 1; n >= start + partition; n--) {
      const pod = byOrdinal.get(n);
      if (!pod) continue;
      if (pod.metadata.labels?.[HASH] !== update.metadata.name && !pod.metadata.deletionTimestamp) return remove(pod);
      if (!isHealthy(pod)) return;
    }
  }

  function create(ordinal: number): void {
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const old = ordinal < start + (set.spec.updateStrategy?.type === 'OnDelete' ? 0 : partition) ? current : update;
    const template = old === update ? set.spec.template : old['data'].spec.template;
    const pod = newPod(set, template, ordinal, old.metadata.name, parts.context.flags.minor);
    byOrdinal.set(ordinal, createWithClaims(parts, set, pod, ordinal));
  }

  function remove(pod: KubeObject): void {
    const { recorder } = parts;
    try {
      pods.delete(pod);
    } catch (error) {
      if (error instanceof ApiError) recorder.event(set, 'Warning', 'FailedDelete', `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`);
      throw error;
    }
    recorder.event(set, 'Normal', 'SuccessfulDelete', `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`);
  }

  function writeStatus(): void {
    const alive = pods.ownedBy(set).filter((p) => ordinalOf(set, p) !== undefined), has = (p: KubeObject, r: KubeObject) => p.metadata.labels?.[HASH] === r.metadata.name && !p.metadata.deletionTimestamp;
    const ready = alive.filter((p) => p.status?.phase === 'Running' && isPodReady(p)), available = ready.filter((p) => isPodAvailable(p, minReady, now)).length;
    const updated = alive.filter((p) => has(p, update)).length;
    let currentN = alive.filter((p) => has(p, current)).length, currentRevision = current.metadata.name;
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    if (set.spec.updateStrategy?.type !== 'OnDelete' && partition === 0 && updated === alive.length && ready.length === alive.length) {
      currentN = updated;
      currentRevision = update.metadata.name;
    }
    const status = {
      ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
      observedGeneration: set.metadata.generation, replicas: alive.length, ...(ready.length ? { readyReplicas: ready.length } : {}),
      ...(currentN ? { currentReplicas: currentN } : {}), ...(updated ? { updatedReplicas: updated } : {}), currentRevision, updateRevision: update.metadata.name,
      collisionCount: set.status?.collisionCount ?? 0, availableReplicas: available,
    };
    if (!deepEqual(status, set.status ?? {})) sets.updateStatus({ ...set, status });
  }
}

/** Running, ready and not on its way out. */
function isHealthy(pod: KubeObject): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod) && !pod.metadata.deletionTimestamp;
}

function ordinalOf(set: KubeObject, pod: KubeObject): number | undefined {
  const match = /^(.*)-(\d+)$/.exec(pod.metadata.name);
  return match && match[1] === set.metadata.name ? Number(match[2]) : undefined;
}

function newPod(set: KubeObject, template: KubeObject['spec'], ordinal: number, revision: string, minor: number): KubeObject {
  const name = `${set.metadata.name}-${ordinal}`, { labels, annotations, finalizers } = template.metadata ?? {};
  const claims = ((set.spec.volumeClaimTemplates ?? []) as KubeObject[]).map((t) => ({ name: t.metadata.name, persistentVolumeClaim: { claimName: `${t.metadata.name}-${name}` } }));
  const volumes = [...claims, ...((template.spec.volumes ?? []) as { name: string }[]).filter((v) => !claims.some((c) => c.name === v.name))];
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name, generateName: `${set.metadata.name}-`, namespace: set.metadata.namespace!,
      labels: { ...labels, ...(minor >= 28 ? { 'apps.kubernetes.io/pod-index': String(ordinal) } : {}), [HASH]: revision, 'statefulset.kubernetes.io/pod-name': name },
      ...(annotations ? { annotations } : {}), ...(finalizers ? { finalizers } : {}), ownerReferences: [controllerRef(set)],
    },
    spec: { ...template.spec, hostname: name, ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}), ...(volumes.length > 0 ? { volumes } : {}) },
  };
}

function createWithClaims({ pods, claims, recorder }: Parts, set: KubeObject, pod: KubeObject, ordinal: number): KubeObject {
  const { name } = pod.metadata, say = (ok: boolean, message: string) => recorder.event(set, ok ? 'Normal' : 'Warning', ok ? 'SuccessfulCreate' : 'FailedCreate', message);
  for (const t of (set.spec.volumeClaimTemplates ?? []) as KubeObject[]) {
    const claim = `${t.metadata.name}-${set.metadata.name}-${ordinal}`;
    if (claims.get(set.metadata.namespace, claim)) continue;
    try {
      claims.create({ ...t, apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { ...t.metadata, name: claim, namespace: set.metadata.namespace!, labels: { ...t.metadata.labels, ...set.spec.selector.matchLabels } } });
    } catch (error) {
      if (error instanceof ApiError) say(false, `create Claim ${claim} for Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`);
      throw error;
    }
    say(true, `create Claim ${claim} Pod ${name} in StatefulSet ${set.metadata.name} success`);
  }
  try {
    const created = pods.create(pod);
    say(true, `create Pod ${name} in StatefulSet ${set.metadata.name} successful`);
    return created;
  } catch (error) {
    if (error instanceof ApiError) say(false, `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error.message}`);
    throw error;
  }
}
