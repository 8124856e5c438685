import type { Kind } from '../kind.ts';
import { podSpecDefaults } from './pod-defaults.ts';
import * as columns from './columns-workloads.ts';
import { same } from '../same.ts';

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
  ...columns.deployment,
};

const replicaSet: Kind = {
  generation: true,
  defaults: ({ spec }) => {
    if (spec.template) template(spec);
    spec.replicas ??= 1;
  },
  fields: { 'status.replicas': (o) => String(o.status?.replicas ?? 0) },
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
  ...columns.replicationController,
};

export const apps: Record<string, Kind> = {
  'apps/deployments': deployment,
  'apps/replicasets': replicaSet,
  'apps/daemonsets': daemonSet,
  'apps/statefulsets': statefulSet,
  'apps/controllerrevisions': { ...columns.controllerRevision },
  '/replicationcontrollers': replicationController,
};
