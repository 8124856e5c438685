import type { Kind } from '../kind.ts';
import { type FieldError, forbiddenValue, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { compareQuantities, quantity } from '../quantity.ts';
import * as columns from './columns-core.ts';
import { pvcSpecDiff } from './pod-diff.ts';
import { same } from './same.ts';

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

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
  validate: ({ spec }) => {
    const out: FieldError[] = [];
    if (!spec.accessModes?.length) out.push(requiredValue('spec.accessModes'));
    for (const mode of spec.accessModes ?? []) if (!MODES.includes(mode)) out.push(notSupported('spec.accessModes', mode, MODES));
    if (!spec.capacity || Object.keys(spec.capacity).length === 0) out.push(requiredValue('spec.capacity'));
    else if (spec.capacity.storage === undefined || Object.keys(spec.capacity).length > 1) out.push(notSupported('spec.capacity', Object.keys(spec.capacity)[0]!, ['storage']));
    else if (quantity(spec.capacity.storage).nano <= 0n) out.push(invalidValue('spec.capacity[storage]', spec.capacity.storage, 'must be greater than zero'));
    const known = new Set(['capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode', 'nodeAffinity']);
    const sources = Object.keys(spec).filter((f) => !known.has(f));
    if (sources.length === 0) out.push(requiredValue('spec', 'must specify a volume type'));
    for (const source of sources.slice(1)) out.push(forbiddenValue(`spec.${source}`, 'may not specify more than 1 volume type'));
    if (spec.local && !spec.nodeAffinity) out.push(requiredValue('spec.nodeAffinity', 'Local volume requires node affinity'));
    if (spec.hostPath && !spec.hostPath.path) out.push(requiredValue('spec.hostPath.path'));
    const policies = ['Delete', 'Recycle', 'Retain'];
    if (!policies.includes(spec.persistentVolumeReclaimPolicy)) out.push(notSupported('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy, policies));
    return out;
  },
  validateUpdate: (o, old) => {
    const source = (spec: Record<string, unknown>) => Object.fromEntries(Object.entries(spec).filter(([f]) => !['capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode', 'nodeAffinity'].includes(f)));
    return same(source(o.spec), source(old.spec)) ? [] : [forbiddenValue('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')];
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
  validate: ({ spec }) => {
    const out: FieldError[] = [];
    if (!spec.accessModes?.length) out.push(requiredValue('spec.accessModes', 'at least 1 access mode is required'));
    for (const mode of spec.accessModes ?? []) if (!MODES.includes(mode)) out.push(notSupported('spec.accessModes', mode, MODES));
    const asked = spec.resources?.requests?.storage;
    if (asked === undefined) out.push(requiredValue('spec.resources[storage]'));
    else if (quantity(asked).nano <= 0n) out.push(invalidValue('spec.resources[storage]', asked, 'must be greater than zero'));
    return out;
  },
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
