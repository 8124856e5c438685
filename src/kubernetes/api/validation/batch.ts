import { type FieldError, duplicateValue, goMap, goSelector, GoLiteral, invalidValue, notSupported, requiredValue, tooMany } from '../field-errors.ts';
import { matchesSelector } from '../../client/labels.ts';
import { parseSchedule } from '../kinds/cron-schedule.ts';
import { same } from '../same.ts';
import { validatePodTemplate } from './pod-spec.ts';
import { type Any, each, IMMUTABLE, nonNegative, oneOf, qualifiedName } from './rules.ts';
import { validateSelector } from './selector.ts';

/** Jobs and CronJobs (pkg/apis/batch/validation). */

export function validateJob(spec: Any, minor: number): FieldError[] {
  const out = jobSpec(spec, 'spec', minor), labels = spec.template?.metadata?.labels;
  if (!spec.selector) return [...out, requiredValue('spec.selector')];
  out.push(...validateSelector(spec.selector, 'spec.selector'));
  return matchesSelector(spec.selector, labels) ? out : [...out, invalidValue('spec.template.metadata.labels', new GoLiteral(goMap(labels)), '`selector` does not match template `labels`')];
}

function jobSpec(spec: Any, at: string, minor: number): FieldError[] {
  const out = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'].flatMap((field) => nonNegative(spec[field], `${at}.${field}`));
  const mode = spec.completionMode, policy = spec.template?.spec?.restartPolicy, policyAt = `${at}.template.spec.restartPolicy`, modes = ['NonIndexed', 'Indexed'];
  if (mode !== undefined && !modes.includes(mode)) out.push(notSupported(`${at}.completionMode`, mode, modes));
  if (mode === 'Indexed' && spec.completions === undefined) out.push(requiredValue(`${at}.completions`, 'when completion mode is Indexed'));
  if (mode === 'Indexed' && spec.parallelism > 100000) out.push(invalidValue(`${at}.parallelism`, spec.parallelism, 'must be less than or equal to 100000 when completion mode is Indexed'));
  if (spec.podFailurePolicy) out.push(...failurePolicy(spec, `${at}.podFailurePolicy.rules`));
  out.push(...validatePodTemplate(spec.template, `${at}.template`, minor));
  if (!policy || policy === 'Always') out.push(requiredValue(policyAt, 'valid values: "OnFailure", "Never"'));
  else if (policy !== 'OnFailure' && policy !== 'Never') out.push(notSupported(policyAt, policy, ['OnFailure', 'Never']));
  else if (spec.podFailurePolicy && policy !== 'Never') out.push(invalidValue(policyAt, policy, 'only "Never" is supported when podFailurePolicy is specified'));
  return out;
}

/** `field: Required value: valid values: ["a" "b"]`, or what is supported. */
function choice(value: string | undefined, at: string, choices: string[]): FieldError[] {
  return value ? oneOf(value, at, choices) : [requiredValue(at, `valid values: [${choices.map((c) => JSON.stringify(c)).join(' ')}]`)];
}

function failurePolicy(spec: Any, at: string): FieldError[] {
  const { rules } = spec.podFailurePolicy, containers = [...(spec.template?.spec?.containers ?? []), ...(spec.template?.spec?.initContainers ?? [])].map((c: Any) => c.name);
  const out = rules?.length > 20 ? [tooMany(at, rules.length, 20)] : [], bare = (path: string, why: string): FieldError => ({ type: 'FieldValueInvalid', field: path, message: `Invalid value: ${why}` });
  return [...out, ...each(rules, at, (rule, path) => {
    const codes = rule.onExitCodes, conditions = rule.onPodConditions ?? [];
    return [
      ...choice(rule.action, `${path}.action`, ['Count', 'FailJob', 'Ignore']), ...(codes ? exitCodes(codes, `${path}.onExitCodes`, containers) : []),
      ...each(conditions, `${path}.onPodConditions`, (c, conditionAt) => [...qualifiedName(c.type, `${conditionAt}.type`), ...choice(c.status, `${conditionAt}.status`, ['False', 'True', 'Unknown'])]),
      ...(codes && conditions.length > 0 ? [bare(path, 'specifying both OnExitCodes and OnPodConditions is not supported')] : []), ...(!codes && conditions.length === 0 ? [bare(path, 'specifying one of OnExitCodes and OnPodConditions is required')] : []),
    ];
  })];
}

function exitCodes(codes: Any, at: string, containers: string[]): FieldError[] {
  const values = (codes.values ?? []) as number[], shown = new GoLiteral(codes.values ? `[]int32{${values.join(', ')}}` : '[]int32(nil)'), out = choice(codes.operator, `${at}.operator`, ['In', 'NotIn']);
  if (codes.containerName !== undefined && !containers.includes(codes.containerName)) out.push(invalidValue(`${at}.containerName`, codes.containerName, 'must be one of the container or initContainer names in the pod template'));
  if (values.length === 0) out.push(invalidValue(`${at}.values`, shown, 'at least one value is required'));
  else if (values.length > 255) out.push(tooMany(`${at}.values`, values.length, 255));
  out.push(...each(values, `${at}.values`, (v, path, i) => [...(codes.operator === 'In' && v === 0 ? [invalidValue(path, v, 'must not be 0 for the In operator')] : []), ...(values.indexOf(v) < i ? [duplicateValue(path, v)] : [])]));
  return values.some((v, i) => i > 0 && values[i - 1]! > v) ? [...out, invalidValue(`${at}.values`, shown, 'must be ordered')] : out;
}

export function validateJobUpdate(spec: Any, was: Any): FieldError[] {
  return ['completions', 'selector', 'template', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex'].flatMap((field) => {
    if (same(spec[field], was[field]) || (field === 'template' && was.suspend)) return [];
    return [invalidValue(`spec.${field}`, field === 'selector' ? new GoLiteral(goSelector(spec.selector)) : spec[field], IMMUTABLE)];
  });
}

export function validateCronJob({ spec, metadata }: Any, minor: number, created: boolean): FieldError[] {
  const out: FieldError[] = [], { schedule, timeZone } = spec, job = spec.jobTemplate?.spec ?? {};
  if (!schedule) out.push(requiredValue('spec.schedule'));
  else {
    const wrong = parseSchedule(schedule);
    if (typeof wrong === 'string') out.push(invalidValue('spec.schedule', schedule, wrong));
    if (schedule.includes('TZ') && minor >= 27) out.push(invalidValue('spec.schedule', schedule, timeZone === undefined ? 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead' : 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
  }
  out.push(...nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'));
  if (timeZone === '') out.push(invalidValue('spec.timeZone', timeZone, 'timeZone must be nil or non-empty string'));
  else if (timeZone !== undefined) {
    if (timeZone.toLowerCase() === 'local') out.push(invalidValue('spec.timeZone', timeZone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'));
    else if (!knownTimeZone(timeZone)) out.push(invalidValue('spec.timeZone', timeZone, `unknown time zone ${timeZone}`));
  }
  out.push(...oneOf(spec.concurrencyPolicy, 'spec.concurrencyPolicy', ['Allow', 'Forbid', 'Replace']), ...jobSpec(job, 'spec.jobTemplate.spec', minor));
  if (job.selector) out.push(invalidValue('spec.jobTemplate.spec.selector', new GoLiteral(goSelector(job.selector)), '`selector` will be auto-generated'));
  if (job.manualSelector) out.push(notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']));
  out.push(...nonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'), ...nonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'));
  return created && metadata.name.length > 52 ? [...out, invalidValue('metadata.name', metadata.name, 'must be no more than 52 characters')] : out;
}

function knownTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
