import type { KubeObject } from '../types.ts';
import { badLabelKey, badLabelValue } from '../names.ts';
import { validateAnnotations, validateLabels } from '../meta-validation.ts';
import { type FieldError, goMap, goSelector, GoLiteral, goQuote, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { matchesSelector } from '../../client/labels.ts';
import { validatePodSpec } from './pod-validation.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/** Deployments, ReplicaSets, DaemonSets and StatefulSets (pkg/apis/apps/validation). */
export function validateWorkload(o: KubeObject): FieldError[] {
  const { spec, kind } = o, out: FieldError[] = [];
  if (kind === 'StatefulSet' && !['OrderedReady', 'Parallel'].includes(spec.podManagementPolicy)) out.push(invalidValue('spec.podManagementPolicy', spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"));
  if (kind === 'StatefulSet' && !['RollingUpdate', 'OnDelete'].includes(spec.updateStrategy?.type)) out.push(invalidValue('spec.updateStrategy', spec.updateStrategy, "must be 'RollingUpdate' or 'OnDelete'"));
  if (kind !== 'DaemonSet') out.push(...nonNegative(spec.replicas, 'spec.replicas'));
  out.push(...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'));
  if (!spec.selector) out.push(requiredValue('spec.selector'));
  else {
    out.push(...validateSelector(spec.selector, 'spec.selector'));
    if (!spec.selector.matchLabels && !spec.selector.matchExpressions?.length) out.push(invalidValue('spec.selector', kind === 'StatefulSet' || kind === 'DaemonSet' ? new GoLiteral(goSelector(spec.selector)) : new GoLiteral(goSelector(spec.selector)), `empty selector is invalid for ${{ Deployment: 'deployment', ReplicaSet: 'deployment', DaemonSet: 'daemonset', StatefulSet: 'statefulset' }[kind]}`));
  }
  const labels = spec.template?.metadata?.labels;
  const badSelector = spec.selector && validateSelector(spec.selector, '').length > 0;
  if (badSelector) out.push(invalidValue('spec.selector', new GoLiteral(goSelector(spec.selector)), 'invalid label selector'));
  else {
    if ((!spec.selector || !isEmptySelector(spec.selector)) && !matchesSelector(spec.selector, labels)) out.push(invalidValue('spec.template.metadata.labels', new GoLiteral(goMap(labels)), '`selector` does not match template `labels`'));
    // A StatefulSet's claims give volumes that the template does not name, so its PodSpec is not looked into (validation.go says the same).
    out.push(...(kind === 'StatefulSet' ? validateLabels(labels, 'spec.template.labels') : validatePodTemplate(spec.template, 'spec.template')));
    const policy = spec.template?.spec?.restartPolicy;
    if (policy !== 'Always') out.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
    if (spec.template?.spec?.activeDeadlineSeconds !== undefined) out.push({ type: 'FieldValueForbidden', field: 'spec.template.spec.activeDeadlineSeconds', message: `Forbidden: activeDeadlineSeconds in ${kind} is not Supported` });
  }
  if (kind === 'Deployment') out.push(...validateStrategy(spec));
  return out;
}

function validateStrategy(spec: Any): FieldError[] {
  const out: FieldError[] = [], { type, rollingUpdate } = spec.strategy ?? {};
  if (type === 'Recreate') {
    if (rollingUpdate) out.push({ type: 'FieldValueForbidden', field: 'spec.strategy.rollingUpdate', message: "Forbidden: may not be specified when strategy `type` is 'Recreate'" });
  } else if (type === 'RollingUpdate') {
    for (const field of ['maxUnavailable', 'maxSurge']) out.push(...intOrPercent(rollingUpdate?.[field], `spec.strategy.rollingUpdate.${field}`));
    if (isZero(rollingUpdate?.maxUnavailable) && isZero(rollingUpdate?.maxSurge)) out.push(invalidValue('spec.strategy.rollingUpdate.maxUnavailable', new GoLiteral('intstr.IntOrString{Type:0, IntVal:0, StrVal:""}'), 'may not be 0 when `maxSurge` is 0'));
  } else out.push(notSupported('spec.strategy', new GoLiteral(`apps.DeploymentStrategy{Type:${goQuote(type)}, RollingUpdate:(*apps.RollingUpdateDeployment)(nil)}`), ['Recreate', 'RollingUpdate']));
  if (spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)) out.push(invalidValue('spec.progressDeadlineSeconds', spec.progressDeadlineSeconds, 'must be greater than minReadySeconds'));
  out.push(...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'));
  return out;
}

function isZero(value: unknown): boolean {
  return value === 0 || value === '0%';
}

export function intOrPercent(value: unknown, at: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value === 'number') return nonNegative(value, at);
  if (/^[0-9]+%$/.test(String(value))) return Number(String(value).slice(0, -1)) > 100 && at.endsWith('maxUnavailable') ? [invalidValue(at, value, 'must not be greater than 100%')] : [];
  return [invalidValue(at, value, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")];
}

function nonNegative(value: number | undefined, at: string): FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(at, value, 'must be greater than or equal to 0')] : [];
}

export function validatePodTemplate(template: Any, at: string): FieldError[] {
  return [
    ...validateLabels(template?.metadata?.labels, `${at}.labels`), ...validateAnnotations(template?.metadata?.annotations, `${at}.annotations`),
    ...validatePodSpec(template?.spec ?? {}, `${at}.spec`),
  ];
}

function isEmptySelector(selector: Any): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 && !selector?.matchExpressions?.length;
}

/** metav1 validation.ValidateLabelSelector. */
export function validateSelector(selector: Any, at: string): FieldError[] {
  const out: FieldError[] = [];
  for (const [key, value] of Object.entries((selector.matchLabels ?? {}) as Record<string, string>).sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const why of badLabelKey(key)) out.push(invalidValue(`${at}.matchLabels`, key, why));
    for (const why of badLabelValue(value)) out.push(invalidValue(`${at}.matchLabels`, value, why));
  }
  ((selector.matchExpressions ?? []) as Any[]).forEach((e, i) => {
    const path = `${at}.matchExpressions[${i}]`;
    if (e.operator === 'In' || e.operator === 'NotIn') {
      if (!e.values?.length) out.push(requiredValue(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (e.operator === 'Exists' || e.operator === 'DoesNotExist') {
      if (e.values?.length) out.push({ type: 'FieldValueForbidden', field: `${path}.values`, message: "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'" });
    } else out.push(invalidValue(`${path}.operator`, e.operator ?? '', 'not a valid selector operator'));
    for (const why of badLabelKey(e.key ?? '')) out.push(invalidValue(`${path}.key`, e.key ?? '', why));
  });
  return out;
}

