import type { KubeObject } from '../api/types.ts';
import { claimNames } from '../scheduler/volumes.ts';
import { quantity } from '../scheduler/resources.ts';
import { matchesSelector } from '../client/labels.ts';
import { deepEqual, isPodTerminal } from '../client/pods.ts';
import { type ControllerContext, PODS, PVCS, PVS, STORAGECLASSES } from './context.ts';

const BOUND_BY = 'pv.kubernetes.io/bound-by-controller', COMPLETED = 'pv.kubernetes.io/bind-completed', PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const SELECTED_NODE = 'volume.kubernetes.io/selected-node', PROVISIONER = 'volume.kubernetes.io/storage-provisioner', BETA_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class', RESYNC = 15_000_000;

/** pkg/controller/volume/persistentvolume: binds claims to volumes; what an external provisioner makes arrives as a volume with claimRef. */
export function startPersistentVolumeBinder(context: ControllerContext): void {
  const claims = context.resource('persistent-volume-binder', PVCS), volumes = context.resource('persistent-volume-binder', PVS);
  const classes = context.informer(STORAGECLASSES), pods = context.informer(PODS), recorder = context.recorder('persistentvolume-controller', 'persistent-volume-binder');
  const say = (o: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string) => recorder.event(o, type, reason, message);
  const claimQueue = context.queue((key) => {
    const claim = claims.byKey(key);
    if (claim) syncClaim(claim);
  });
  const volumeQueue = context.queue((name) => {
    const pv = volumes.get(undefined, name);
    if (pv) syncVolume(pv);
  });

  const syncClaim = (claim: KubeObject) => {
    if (claim.metadata.annotations?.[COMPLETED] !== undefined) return syncBound(claim);
    const defaulted = assignDefaultClass(claim), { spec, metadata } = defaulted;
    if (spec.volumeName) {
      const pv = volumes.get(undefined, spec.volumeName);
      if (!pv) return setPhase(defaulted, 'Pending');
      if (!pv.spec.claimRef || isFor(pv, defaulted)) return bind(pv, defaulted);
      return setPhase(defaulted, 'Pending');
    }
    const storageClass = spec.storageClassName ? classes.get(undefined, spec.storageClassName) : undefined;
    const delayed = storageClass?.['volumeBindingMode'] === 'WaitForFirstConsumer' && !metadata.annotations?.[SELECTED_NODE];
    const pv = findMatch(defaulted, delayed);
    if (pv) return bind(pv, defaulted);
    if (delayed) {
      const waiting = pods.byIndex('namespace', metadata.namespace!).find((p) => !p.spec.nodeName && !isPodTerminal(p) && claimNames(p).some((c) => c.name === metadata.name));
      if (waiting && isPreemptedOrWaiting(waiting)) say(defaulted, 'Normal', 'WaitForPodScheduled', `waiting for pod ${waiting.metadata.name} to be scheduled`);
      else say(defaulted, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
      return setPhase(defaulted, 'Pending');
    }
    if (!spec.storageClassName) say(defaulted, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
    else if (!storageClass) say(defaulted, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${spec.storageClassName}" not found`);
    else return provision(setPhase(defaulted, 'Pending'), storageClass['provisioner'] as string);
    setPhase(defaulted, 'Pending');
  };
  const isPreemptedOrWaiting = (pod: KubeObject) => pod.status?.conditions?.some((c: { type: string; status: string }) => c.type === 'PodScheduled' && c.status === 'False') ?? false;

  const provision = (claim: KubeObject, provisioner: string) => {
    if (provisioner === 'kubernetes.io/no-provisioner') return;
    const { metadata } = claim;
    const marked = metadata.annotations?.[PROVISIONER] === provisioner ? claim
      : claims.update({ ...claim, metadata: { ...metadata, annotations: { ...metadata.annotations, [BETA_PROVISIONER]: provisioner, [PROVISIONER]: provisioner } } });
    say(marked, 'Normal', 'ExternalProvisioning', `waiting for a volume to be created, either by external provisioner "${provisioner}" or manually created by system administrator`);
  };

  const syncBound = (claim: KubeObject) => {
    const pv = claim.spec.volumeName ? volumes.get(undefined, claim.spec.volumeName) : undefined;
    if (!pv || (pv.spec.claimRef && !isFor(pv, claim))) {
      if (claim.status?.phase !== 'Lost') {
        say(claim, 'Warning', 'ClaimLost', pv ? 'Two claims are bound to the same volume, this one is bound incorrectly' : 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
        setPhase(claim, 'Lost');
      }
      return;
    }
    bind(pv, claim);
  };

  const bind = (pv: KubeObject, claim: KubeObject) => {
    const { metadata } = claim, ours = !pv.spec.claimRef;
    const claimRef = { kind: 'PersistentVolumeClaim', namespace: metadata.namespace, name: metadata.name, uid: metadata.uid, apiVersion: 'v1', resourceVersion: metadata.resourceVersion };
    let volume = pv;
    if (ours || pv.spec.claimRef.uid !== metadata.uid) {
      volume = volumes.update({ ...pv, metadata: { ...pv.metadata, annotations: { ...pv.metadata.annotations, ...(ours ? { [BOUND_BY]: 'yes' } : {}) } }, spec: { ...pv.spec, claimRef } });
    }
    if (volume.status?.phase !== 'Bound') volume = volumes.updateStatus({ ...volume, status: { ...volume.status, phase: 'Bound' } });
    let bound = claim;
    if (claim.spec.volumeName !== volume.metadata.name || metadata.annotations?.[COMPLETED] === undefined) {
      const annotations = { ...metadata.annotations, [COMPLETED]: 'yes', ...(claim.spec.volumeName ? {} : { [BOUND_BY]: 'yes' }) };
      bound = claims.update({ ...claim, metadata: { ...metadata, annotations }, spec: { ...claim.spec, volumeName: volume.metadata.name } });
    }
    const status = { ...bound.status, phase: 'Bound', accessModes: volume.spec.accessModes, capacity: volume.spec.capacity };
    if (!deepEqual(status, bound.status)) claims.updateStatus({ ...bound, status });
  };

  const setPhase = (claim: KubeObject, phase: string): KubeObject => (claim.status?.phase === phase ? claim : claims.updateStatus({ ...claim, status: { ...claim.status, phase } }));

  const assignDefaultClass = (claim: KubeObject): KubeObject => {
    if (claim.spec.storageClassName !== undefined) return claim;
    const byDefault = classes.list().filter((c) => c.metadata.annotations?.[DEFAULT_CLASS] === 'true').sort((a, b) => (a.metadata.creationTimestamp! > b.metadata.creationTimestamp! ? -1 : 1))[0];
    return byDefault ? claims.update({ ...claim, spec: { ...claim.spec, storageClassName: byDefault.metadata.name } }) : claim;
  };

  /** findBestMatchForClaim: one reserved for this claim, else the smallest that will do. */
  const findMatch = (claim: KubeObject, delayed: boolean): KubeObject | undefined => {
    const size = quantity(claim.spec.resources?.requests?.storage);
    let best: KubeObject | undefined;
    for (const pv of volumes.informer.list()) {
      if (pv.metadata.deletionTimestamp || (pv.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) continue;
      if (pv.spec.claimRef) {
        if (isFor(pv, claim) && quantity(pv.spec.capacity?.storage) >= size) return pv;
        continue;
      }
      if (delayed || pv.status?.phase !== 'Available' || quantity(pv.spec.capacity?.storage) < size) continue;
      if ((pv.spec.storageClassName ?? '') !== (claim.spec.storageClassName ?? '') || !(claim.spec.accessModes ?? []).every((m: string) => pv.spec.accessModes?.includes(m))) continue;
      if (claim.spec.selector && !matchesSelector(claim.spec.selector, pv.metadata.labels)) continue;
      if (!best || quantity(pv.spec.capacity.storage) < quantity(best.spec.capacity.storage)) best = pv;
    }
    return best;
  };

  const syncVolume = (pv: KubeObject) => {
    const setVolume = (phase: string, more: object = {}) => {
      if (pv.status?.phase !== phase) volumes.updateStatus({ ...pv, status: { ...pv.status, phase, ...more } });
    };
    const ref = pv.spec.claimRef;
    if (!ref) return setVolume('Available');
    if (!ref.uid) {
      setVolume('Available');
      if (claims.get(ref.namespace, ref.name)) claimQueue.add(`${ref.namespace}/${ref.name}`);
      return;
    }
    const claim = claims.get(ref.namespace, ref.name) ?? claims.client.find(PVCS, ref.namespace, ref.name);
    if (claim?.metadata.uid === ref.uid) {
      if (claim!.spec.volumeName === pv.metadata.name) setVolume('Bound');
      claimQueue.add(`${ref.namespace}/${ref.name}`);
      return;
    }
    if (pv.status?.phase === 'Failed') return;
    setVolume('Released');
    const policy = pv.spec.persistentVolumeReclaimPolicy ?? 'Retain';
    if (policy !== 'Delete' || pv.metadata.annotations?.[PROVISIONED_BY]) return;
    const message = pv.spec.hostPath && !/^\/tmp\/.+/.test(pv.spec.hostPath.path)
      ? `host_path deleter only supports /tmp/.+ but received provided ${pv.spec.hostPath.path}` : `error getting deleter volume plugin for volume "${pv.metadata.name}": no deletable volume plugin matched`;
    if (pv.spec.hostPath && /^\/tmp\/.+/.test(pv.spec.hostPath.path)) return volumes.delete(pv);
    setVolume('Failed', { message });
    say(pv, 'Warning', 'VolumeFailedDelete', message);
  };

  const isFor = (pv: KubeObject, claim: KubeObject) => {
    const ref = pv.spec.claimRef;
    return ref.name === claim.metadata.name && ref.namespace === claim.metadata.namespace && (!ref.uid || ref.uid === claim.metadata.uid);
  };

  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  const pending = () => {
    for (const c of claims.informer.list()) if (c.metadata.annotations?.[COMPLETED] === undefined) claimQueue.add(keyOf(c));
  };
  claims.informer.on({ add: (c) => claimQueue.add(keyOf(c)), update: (c, old) => (c.spec === old.spec && c.metadata.annotations === old.metadata.annotations ? undefined : claimQueue.add(keyOf(c))), delete: (c) => (c.spec.volumeName ? volumeQueue.add(c.spec.volumeName) : undefined) });
  volumes.informer.on({
    add: (v) => volumeQueue.add(v.metadata.name), update: (v) => volumeQueue.add(v.metadata.name),
    delete: (v) => (v.spec.claimRef ? claimQueue.add(`${v.spec.claimRef.namespace}/${v.spec.claimRef.name}`) : undefined),
  });
  volumes.informer.on({ update: (v, old) => (v.status?.phase === 'Available' && old.status?.phase !== 'Available' ? pending() : undefined) });
  context.every(RESYNC, pending);
}

/** pkg/controller/volume/{pvcprotection,pvprotection}: what is in use stays until it is not. */
export function startVolumeProtection(context: ControllerContext): void {
  const CLAIM = 'kubernetes.io/pvc-protection', VOLUME = 'kubernetes.io/pv-protection';
  const claims = context.resource('pvc-protection-controller', PVCS), volumes = context.resource('pv-protection-controller', PVS), pods = context.informer(PODS);
  const claimQueue = context.queue((key) => {
    const claim = claims.byKey(key);
    if (!claim?.metadata.deletionTimestamp || !claim.metadata.finalizers?.includes(CLAIM)) return;
    const used = pods.byIndex('namespace', claim.metadata.namespace!).some((p) => p.spec.nodeName && !isPodTerminal(p) && claimNames(p).some((c) => c.name === claim.metadata.name));
    if (!used) claims.update({ ...claim, metadata: { ...claim.metadata, finalizers: claim.metadata.finalizers.filter((f) => f !== CLAIM) } });
  });
  const volumeQueue = context.queue((name) => {
    const pv = volumes.get(undefined, name);
    if (!pv?.metadata.deletionTimestamp || !pv.metadata.finalizers?.includes(VOLUME) || pv.status?.phase === 'Bound') return;
    volumes.update({ ...pv, metadata: { ...pv.metadata, finalizers: pv.metadata.finalizers.filter((f) => f !== VOLUME) } });
  });
  const look = (c: KubeObject) => {
    if (c.metadata.deletionTimestamp) claimQueue.add(`${c.metadata.namespace}/${c.metadata.name}`);
  };
  claims.informer.on({ add: look, update: look });
  const podLeft = (p: KubeObject) => {
    for (const { name } of claimNames(p)) claimQueue.add(`${p.metadata.namespace}/${name}`);
  };
  pods.on({ update: (p) => (isPodTerminal(p) ? podLeft(p) : undefined), delete: podLeft });
  const lookVolume = (v: KubeObject) => {
    if (v.metadata.deletionTimestamp) volumeQueue.add(v.metadata.name);
  };
  volumes.informer.on({ add: lookVolume, update: lookVolume });
}
