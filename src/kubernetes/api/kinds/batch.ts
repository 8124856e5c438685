import type { Kind } from '../kind.ts';
import { type FieldError, GoLiteral, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { podSpecDefaults } from './pod-defaults.ts';
import { validatePodTemplate, validateSelector } from './workload-validation.ts';
import * as columns from './columns-workloads.ts';
import { same } from './same.ts';
import { badDns1123Subdomain } from '../names.ts';
import { parseSchedule } from './cron-schedule.ts';

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
  validate: (o) => validateJobSpec(o.spec, 'spec'),
  validateUpdate: (o, old) => {
    const out: FieldError[] = [];
    for (const field of ['completions', 'selector', 'template', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex'] as const) {
      if (same(o.spec[field], old.spec[field])) continue;
      if (field === 'template' && old.spec.suspend) continue;
      out.push(invalidValue(`spec.${field}`, field === 'template' ? o.spec.template : field === 'selector' ? new GoLiteral(JSON.stringify(o.spec.selector)) : o.spec[field], 'field is immutable'));
    }
    return out;
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
  validate: ({ spec, metadata }) => {
    const out: FieldError[] = [];
    if (!spec.schedule) out.push(requiredValue('spec.schedule'));
    else {
      const wrong = parseSchedule(spec.schedule);
      if (typeof wrong === 'string') out.push(invalidValue('spec.schedule', spec.schedule, wrong));
    }
    if (spec.timeZone !== undefined && !knownTimeZone(spec.timeZone)) out.push(invalidValue('spec.timeZone', spec.timeZone, `unknown time zone ${spec.timeZone}`));
    out.push(...validateJobSpec(spec.jobTemplate.spec ?? {}, 'spec.jobTemplate.spec'));
    if (!['Allow', 'Forbid', 'Replace'].includes(spec.concurrencyPolicy)) out.push(notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']));
    if (metadata.name.length > 52) out.push(invalidValue('metadata.name', metadata.name, 'must be no more than 52 characters'));
    return out;
  },
  badName: badDns1123Subdomain,
  ...columns.cronJob,
};

function knownTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function jobTemplateDefaults(template: Any): void {
  const spec = (template.spec ??= {});
  podSpecDefaults(((spec.template ??= { metadata: { creationTimestamp: null } }).spec ??= {}), false);
}

function validateJobSpec(spec: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  for (const field of ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished']) {
    if (spec[field] !== undefined && spec[field] < 0) out.push(invalidValue(`${at}.${field}`, spec[field], 'must be greater than or equal to 0'));
  }
  if (spec.selector) out.push(...validateSelector(spec.selector, `${at}.selector`));
  out.push(...validatePodTemplate(spec.template, `${at}.template`));
  const policy = spec.template?.spec?.restartPolicy;
  if (policy === 'Always') out.push({ ...requiredValue(`${at}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"') });
  else if (policy !== 'OnFailure' && policy !== 'Never') out.push(notSupported(`${at}.template.spec.restartPolicy`, policy, ['OnFailure', 'Never']));
  return out;
}

export const batch: Record<string, Kind> = { 'batch/jobs': job, 'batch/cronjobs': cronJob };
