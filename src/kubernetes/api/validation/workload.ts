import type { KubeObject } from '../types.ts';
import { validateAnnotations, validateLabels } from '../meta-validation.ts';
import { type FieldError, forbiddenValue, goMap, goSelector, GoLiteral, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { matchesSelector } from '../../client/labels.ts';
import { goStruct } from './go-struct.ts';
import { validatePodTemplate } from './pod-spec.ts';
import { type Any, atMost100Percent, goIntOrString, intOrPercent, intOrPercentValue, nonNegative, oneOf } from './rules.ts';
import { isEmptySelector, validateSelector } from './selector.ts';

/** Deployments, ReplicaSets, DaemonSets, StatefulSets and ReplicationControllers (pkg/apis/apps/validation, pkg/apis/core/validation), each in its order. */

const TEMPLATE = 'spec.template';

export function validateDeployment({ spec }: KubeObject, minor: number): FieldError[] {
  const out = [...nonNegative(spec.replicas, 'spec.replicas'), ...selector(spec, 'deployment'), ...replicaTemplate(spec, minor), ...deploymentStrategy(spec.strategy ?? {}), ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'), ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit')];
  const deadline = spec.progressDeadlineSeconds;
  if (deadline === undefined) return out;
  return [...out, ...nonNegative(deadline, 'spec.progressDeadlineSeconds'), ...(deadline <= (spec.minReadySeconds ?? 0) ? [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')] : [])];
}

export function validateReplicaSet({ spec }: KubeObject, minor: number): FieldError[] {
  return [...nonNegative(spec.replicas, 'spec.replicas'), ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'), ...selector(spec, 'deployment'), ...replicaTemplate(spec, minor)];
}

export function validateDaemonSet({ spec }: KubeObject, minor: number): FieldError[] {
  const out = validateSelector(spec.selector, 'spec.selector'), { type, rollingUpdate } = spec.updateStrategy ?? {}, at = 'spec.updateStrategy';
  // A selector that is not there selects nothing, so no template matches it.
  if (out.length === 0 && !matches(spec)) out.push(unmatched(spec));
  if (spec.selector && isEmptySelector(spec.selector)) out.push(emptySelector(spec, 'daemonset'));
  out.push(...validatePodTemplate(spec.template, TEMPLATE, minor), ...alwaysRestarted(spec, 'DaemonSet'), ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'));
  if (type === 'RollingUpdate') out.push(...daemonRollout(rollingUpdate ?? {}, `${at}.rollingUpdate`));
  else if (type !== 'OnDelete') out.push(notSupported(at, goStruct('apps.DaemonSetUpdateStrategy', spec.updateStrategy), ['RollingUpdate', 'OnDelete']));
  return [...out, ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit')];
}

export function validateStatefulSet({ spec }: KubeObject): FieldError[] {
  const out: FieldError[] = [], policy = spec.podManagementPolicy, { type, rollingUpdate } = spec.updateStrategy ?? {}, at = 'spec.updateStrategy', retention = spec.persistentVolumeClaimRetentionPolicy ?? {};
  if (!['OrderedReady', 'Parallel'].includes(policy)) out.push(policy ? invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'") : requiredValue('spec.podManagementPolicy'));
  if (type === 'OnDelete') out.push(...(rollingUpdate ? [invalidValue(`${at}.rollingUpdate`, new GoLiteral(`apps.RollingUpdateStatefulSetStrategy{Partition:${rollingUpdate.partition ?? 0}, MaxUnavailable:(*intstr.IntOrString)(nil)}`), "only allowed for updateStrategy 'RollingUpdate'")] : []));
  else if (type === 'RollingUpdate') out.push(...nonNegative(rollingUpdate?.partition, `${at}.rollingUpdate.partition`));
  else out.push(type ? invalidValue(at, goStruct('apps.StatefulSetUpdateStrategy', spec.updateStrategy), "must be 'RollingUpdate' or 'OnDelete'") : requiredValue(at));
  for (const field of ['whenDeleted', 'whenScaled']) if (retention[field] !== undefined) out.push(...oneOf(retention[field], `spec.persistentVolumeClaimRetentionPolicy.${field}`, ['Retain', 'Delete']));
  out.push(...nonNegative(spec.replicas, 'spec.replicas'), ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'), ...nonNegative(spec.ordinals?.start, 'spec.ordinals.start'), ...selector(spec, 'statefulset'));
  // Its claims give volumes that the template does not name, so the PodSpec is not looked into (validation.go says the same).
  if (badSelector(spec)) out.push(invalidValue('spec.selector', new GoLiteral(goSelector(spec.selector)), ''));
  else out.push(...(matches(spec) ? [] : [unmatched(spec)]), ...validateLabels(spec.template?.metadata?.labels, `${TEMPLATE}.labels`), ...validateAnnotations(spec.template?.metadata?.annotations, `${TEMPLATE}.annotations`));
  return [...out, ...alwaysRestarted(spec, 'StatefulSet')];
}

export function validateReplicationController({ spec }: KubeObject, minor: number): FieldError[] {
  const out = nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'), labels = spec.template?.metadata?.labels ?? {};
  if (Object.keys((spec.selector ?? {}) as object).length === 0) out.push(requiredValue('spec.selector'));
  out.push(...nonNegative(spec.replicas, 'spec.replicas'));
  if (!spec.template) return [...out, requiredValue(TEMPLATE)];
  if (Object.entries((spec.selector ?? {}) as Record<string, string>).some(([k, v]) => labels[k] !== v)) out.push(unmatched(spec));
  return [...out, ...validatePodTemplate(spec.template, TEMPLATE, minor), ...alwaysRestarted(spec, 'ReplicationController')];
}

function selector(spec: Any, kind: string): FieldError[] {
  if (!spec.selector) return [requiredValue('spec.selector')];
  return [...validateSelector(spec.selector, 'spec.selector'), ...(isEmptySelector(spec.selector) ? [emptySelector(spec, kind)] : [])];
}

const badSelector = (spec: Any) => validateSelector(spec.selector, '').length > 0;
const emptySelector = (spec: Any, kind: string) => invalidValue('spec.selector', new GoLiteral(goSelector(spec.selector)), `empty selector is invalid for ${kind}`);
const unmatched = (spec: Any) => invalidValue(`${TEMPLATE}.metadata.labels`, new GoLiteral(goMap(spec.template?.metadata?.labels)), '`selector` does not match template `labels`');

function matches({ selector: s, template }: Any): boolean {
  return s !== undefined && isEmptySelector(s) ? true : matchesSelector(s, template?.metadata?.labels);
}

function replicaTemplate(spec: Any, minor: number): FieldError[] {
  if (badSelector(spec)) return [invalidValue('spec.selector', new GoLiteral(goSelector(spec.selector)), 'invalid label selector')];
  return [...(matches(spec) ? [] : [unmatched(spec)]), ...validatePodTemplate(spec.template, TEMPLATE, minor), ...alwaysRestarted(spec, 'ReplicaSet')];
}

function alwaysRestarted({ template }: Any, kind: string): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {};
  return [
    ...(restartPolicy === 'Always' ? [] : [notSupported(`${TEMPLATE}.spec.restartPolicy`, restartPolicy ?? '', ['Always'])]),
    ...(activeDeadlineSeconds === undefined ? [] : [forbiddenValue(`${TEMPLATE}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`)]),
  ];
}

function deploymentStrategy(strategy: Any): FieldError[] {
  const { type, rollingUpdate } = strategy, at = 'spec.strategy.rollingUpdate';
  if (type === 'Recreate') return rollingUpdate ? [forbiddenValue(at, "may not be specified when strategy `type` is 'Recreate'")] : [];
  if (type !== 'RollingUpdate') return [notSupported('spec.strategy', goStruct('apps.DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate'])];
  if (!rollingUpdate) return [requiredValue(at, 'this should be defaulted and never be nil')];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  return [
    ...intOrPercent(maxUnavailable, `${at}.maxUnavailable`), ...intOrPercent(maxSurge, `${at}.maxSurge`),
    ...(intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0 ? [invalidValue(`${at}.maxUnavailable`, goIntOrString(maxUnavailable), 'may not be 0 when `maxSurge` is 0')] : []),
    ...atMost100Percent(maxUnavailable, `${at}.maxUnavailable`),
  ];
}

/** ValidateRollingUpdateDaemonSet. */
function daemonRollout({ maxUnavailable, maxSurge }: Any, at: string): FieldError[] {
  const out = [...intOrPercent(maxUnavailable, `${at}.maxUnavailable`), ...intOrPercent(maxSurge, `${at}.maxSurge`), ...atMost100Percent(maxUnavailable, `${at}.maxUnavailable`), ...atMost100Percent(maxSurge, `${at}.maxSurge`)];
  const unavailable = intOrPercentValue(maxUnavailable) !== 0, surge = intOrPercentValue(maxSurge) !== 0;
  if (unavailable && surge) out.push(invalidValue(`${at}.maxSurge`, goIntOrString(maxSurge), 'may not be set when maxUnavailable is non-zero'));
  return unavailable || surge ? out : [...out, requiredValue(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')];
}
