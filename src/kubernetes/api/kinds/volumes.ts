import type { Kind } from '../kind.ts';
import * as columns from './columns-core.ts';

export const persistentVolume: Kind = {
  defaults: (o) => {
    const spec = o.spec;
    (o.status ??= {}).phase ??= 'Pending';
    spec.persistentVolumeReclaimPolicy ??= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath) spec.hostPath.type ??= '';
    if (spec.claimRef) Object.assign(spec.claimRef, { kind: 'PersistentVolumeClaim', apiVersion: 'v1', ...spec.claimRef });
  },
  prepareForCreate: (o) => {
    o.status = { phase: 'Pending' };
    const finalizers = (o.metadata.finalizers ??= []);
    if (!finalizers.includes('kubernetes.io/pv-protection')) finalizers.push('kubernetes.io/pv-protection');
  },
  ...columns.persistentVolume,
};

export const persistentVolumeClaim: Kind = {
  defaults: (o) => {
    o.spec.volumeMode ??= 'Filesystem';
    (o.status ??= {}).phase ??= 'Pending';
  },
  prepareForCreate: (o) => {
    o.status = { phase: 'Pending' };
    const finalizers = (o.metadata.finalizers ??= []);
    if (!finalizers.includes('kubernetes.io/pvc-protection')) finalizers.push('kubernetes.io/pvc-protection');
  },
  ...columns.persistentVolumeClaim,
};
