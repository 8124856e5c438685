import type { Kind } from '../kind.ts';
import { type FieldError, forbiddenValue } from '../field-errors.ts';
import { compareQuantities } from '../quantity.ts';
import { validateClaimSpec, validateVolumeSpec, validateVolumeUpdate } from '../validation/storage.ts';
import * as columns from './columns-core.ts';
import { pvcSpecDiff } from './pod-diff.ts';
import { same } from './same.ts';

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
  validate: ({ spec }) => validateVolumeSpec(spec, 'spec'),
  validateUpdate: (o, old) => validateVolumeUpdate(o.spec, old.spec),
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
  validate: ({ spec }) => validateClaimSpec(spec, 'spec'),
  validateUpdate: (o, old) => {
    const out: FieldError[] = [];
    const strip = (spec: Record<string, unknown>, like: Record<string, unknown>) => {
      const bound = (old.status?.phase as string) === 'Bound';
      const { volumeName: _, storageClassName: __, ...rest } = spec;
      if (bound) rest['resources'] = like['resources'];
      return { ...rest, ...(like['volumeName'] ? { volumeName: spec['volumeName'] } : {}), ...(like['storageClassName'] !== undefined ? { storageClassName: spec['storageClassName'] } : {}) };
    };
    if (!same(strip(o.spec, old.spec), strip(old.spec, old.spec))) out.push(forbiddenValue('spec', `spec is immutable after creation except resources.requests for bound claims\n${pvcSpecDiff(old.spec, o.spec)}`));
    const now = o.spec.resources?.requests?.storage, was = old.spec.resources?.requests?.storage;
    if (now && was && compareQuantities(now, was) < 0) out.push(forbiddenValue('spec.resources.requests.storage', 'field can not be less than previous value'));
    return out;
  },
  ...columns.persistentVolumeClaim,
};
