import type { KubeObject } from '../types.ts';
import type { Kind } from '../kind.ts';
import { forbiddenValue, type FieldError, goSelector, GoLiteral, invalidValue } from '../field-errors.ts';
import { podSpecDefaults } from './pod-defaults.ts';
import { validateDaemonSet, validateDeployment, validateReplicaSet, validateReplicationController, validateStatefulSet } from '../validation/workload.ts';
import * as columns from './columns-workloads.ts';
import { same } from './same.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

const template = (spec: Any) => podSpecDefaults(spec.template?.spec ?? (((spec.template ??= { metadata: { creationTimestamp: null } }).spec = {}) as Any), false);

const deployment: Kind = {
  generation: true,
  defaults: ({ spec }) => {
    template(spec);
    spec.replicas ??= 1;
    const strategy = (spec.strategy ??= {});
    strategy.type ??= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= '25%';
      rolling.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
  },
  validate: (o, { minor }) => validateDeployment(o, minor),
  validateUpdate: immutableSelector,
  ...columns.deployment,
};

const replicaSet: Kind = {
  generation: true,
  defaults: ({ spec }) => {
    if (spec.template) template(spec);
    spec.replicas ??= 1;
  },
  fields: { 'status.replicas': (o) => String(o.status?.replicas ?? 0) },
  validate: (o, { minor }) => validateReplicaSet(o, minor),
  validateUpdate: immutableSelector,
  ...columns.replicaSet,
};

const daemonSet: Kind = {
  generation: true,
  defaults: ({ spec }) => {
    template(spec);
    const strategy = (spec.updateStrategy ??= {});
    strategy.type ??= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= 1;
      rolling.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
  },
  prepareForCreate: (o) => {
    const generation = (o.metadata.annotations ??= {});
    generation['deprecated.daemonset.template.generation'] = '1';
  },
  prepareForUpdate: (o, old) => {
    const generation = Number(old.metadata.annotations?.['deprecated.daemonset.template.generation'] ?? 0);
    const changed = !same(o.spec.template, old.spec.template);
    if (generation > 0) (o.metadata.annotations ??= {})['deprecated.daemonset.template.generation'] = String(changed ? generation + 1 : generation);
  },
  validate: (o, { minor }) => validateDaemonSet(o, minor),
  validateUpdate: immutableSelector,
  ...columns.daemonSet,
};

const statefulSet: Kind = {
  generation: true,
  defaults: ({ spec }) => {
    template(spec);
    spec.podManagementPolicy ??= 'OrderedReady';
    const strategy = (spec.updateStrategy ??= {});
    strategy.type ??= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') (strategy.rollingUpdate ??= {}).partition ??= 0;
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
    retention.whenDeleted ??= 'Retain';
    retention.whenScaled ??= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ??= 'v1';
      claim.kind ??= 'PersistentVolumeClaim';
      if (!('creationTimestamp' in (claim.metadata ??= {}))) claim.metadata = { creationTimestamp: null, ...claim.metadata };
      (claim.spec ??= {}).volumeMode ??= 'Filesystem';
      (claim.status ??= {}).phase ??= 'Pending';
    }
  },
  validate: validateStatefulSet,
  validateUpdate: (o, old) => {
    const { replicas: _, template: __, updateStrategy: ___, minReadySeconds: ____, persistentVolumeClaimRetentionPolicy: _____, ordinals: ______, revisionHistoryLimit: r1, ...now } = o.spec;
    const { replicas: _a, template: _b, updateStrategy: _c, minReadySeconds: _d, persistentVolumeClaimRetentionPolicy: _e, ordinals: _f, revisionHistoryLimit: r2, ...was } = old.spec;
    return same(now, was) && r1 === r2 ? [] : [forbiddenValue('spec', "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")];
  },
  ...columns.statefulSet,
};

const replicationController: Kind = {
  generation: true,
  defaults: (o) => {
    const { spec } = o;
    if (spec.template) template(spec);
    spec.replicas ??= 1;
    const labels = spec.template?.metadata?.labels;
    if (labels) {
      spec.selector ??= { ...labels };
      o.metadata.labels ??= { ...labels };
    }
  },
  fields: { 'status.replicas': (o) => String(o.status?.replicas ?? 0) },
  validate: (o, { minor }) => validateReplicationController(o, minor),
  ...columns.replicationController,
};

function immutableSelector(o: KubeObject, old: KubeObject): FieldError[] {
  return same(o.spec.selector, old.spec.selector) ? [] : [invalidValue('spec.selector', new GoLiteral(goSelector(o.spec.selector)), 'field is immutable')];
}

export const apps: Record<string, Kind> = {
  'apps/deployments': deployment,
  'apps/replicasets': replicaSet,
  'apps/daemonsets': daemonSet,
  'apps/statefulsets': statefulSet,
  'apps/controllerrevisions': { ...columns.controllerRevision },
  '/replicationcontrollers': replicationController,
};
