import type { Kind } from '../kind.ts';
import { badDns1123Subdomain } from '../names.ts';
import { podSpecDefaults } from './pod-defaults.ts';
import * as columns from './columns-workloads.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

function jobSpecDefaults(spec: Any): void {
  podSpecDefaults(((spec.template ??= { metadata: { creationTimestamp: null } }).spec ??= {}), false);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= 6;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
}

const job: Kind = {
  generation: true,
  defaults: (o) => {
    jobSpecDefaults(o.spec);
    const labels = o.spec.template.metadata?.labels;
    if (labels && !o.metadata.labels) o.metadata.labels = { ...labels };
  },
  prepareForCreate: (o, { minor }) => {
    if (minor < 27) (o.metadata.annotations ??= {})['batch.kubernetes.io/job-tracking'] = '';
    if (o.spec.manualSelector) return;
    const uid = o.metadata.uid!, meta = (o.spec.template.metadata ??= {});
    const labels = (meta.labels ??= {});
    labels['controller-uid'] = uid;
    labels['job-name'] = o.metadata.name;
    if (minor >= 27) {
      labels['batch.kubernetes.io/controller-uid'] = uid;
      labels['batch.kubernetes.io/job-name'] = o.metadata.name;
    }
    ((o.spec.selector ??= {}).matchLabels ??= {})[minor >= 27 ? 'batch.kubernetes.io/controller-uid' : 'controller-uid'] = uid;
  },
  fields: { 'status.successful': (o) => String(o.status?.succeeded ?? 0) },
  badName: badDns1123Subdomain,
  ...columns.job,
};

const cronJob: Kind = {
  generation: true,
  defaults: ({ spec }) => {
    spec.concurrencyPolicy ??= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    jobTemplateDefaults((spec.jobTemplate ??= { metadata: { creationTimestamp: null } }));
  },
  badName: badDns1123Subdomain,
  ...columns.cronJob,
};

function jobTemplateDefaults(template: Any): void {
  const spec = (template.spec ??= {});
  podSpecDefaults(((spec.template ??= { metadata: { creationTimestamp: null } }).spec ??= {}), false);
}

export const batch: Record<string, Kind> = { 'batch/jobs': job, 'batch/cronjobs': cronJob };
