import { badDns1123Label } from '../names.ts';
import { type FieldError, forbiddenValue, invalidValue, notSupported } from '../field-errors.ts';
import { goStruct } from './go-struct.ts';
import { type Any, atMost100Percent, IMMUTABLE, intOrPercent, named, oneOf } from './rules.ts';
import { validateSelector } from './selector.ts';

/** Budgets, priorities, leases and runtimes (pkg/apis/{policy,scheduling,coordination,node}/validation). */

export function validateDisruptionBudget(spec: Any): FieldError[] {
  const out = spec.minAvailable !== undefined && spec.maxUnavailable !== undefined ? [invalidValue('spec', goStruct('policy.PodDisruptionBudgetSpec', spec), 'minAvailable and maxUnavailable cannot be both set')] : [];
  for (const field of ['minAvailable', 'maxUnavailable']) out.push(...intOrPercent(spec[field], `spec.${field}`), ...atMost100Percent(spec[field], `spec.${field}`));
  out.push(...validateSelector(spec.selector, 'spec.selector'));
  const policy = spec.unhealthyPodEvictionPolicy, policies = ['AlwaysAllow', 'IfHealthyBudget'];
  return policy !== undefined && !policies.includes(policy) ? [...out, notSupported('spec.unhealthyPodEvictionPolicy', policy, policies)] : out;
}

export function validatePriorityClass(o: Any): FieldError[] {
  const { name } = o.metadata, out: FieldError[] = [];
  if (name.startsWith('system-')) {
    if (!['system-cluster-critical', 'system-node-critical'].includes(name)) out.push(forbiddenValue('metadata.name', `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`));
  } else if (o.value > 1_000_000_000) out.push(forbiddenValue('value', 'maximum allowed value of a user defined priority is 1000000000'));
  return [...out, ...oneOf(o.preemptionPolicy, 'preemptionPolicy', ['PreemptLowerPriority', 'Never'])];
}

export function validatePriorityClassUpdate(o: Any, old: Any): FieldError[] {
  return [
    ...(o.value === old.value ? [] : [forbiddenValue('value', 'may not be changed in an update.')]),
    ...(o.preemptionPolicy === old.preemptionPolicy ? [] : [invalidValue('preemptionPolicy', o.preemptionPolicy, IMMUTABLE)]),
  ];
}

export function validateLease({ spec }: Any): FieldError[] {
  const { leaseDurationSeconds: seconds, leaseTransitions: transitions } = spec ?? {};
  return [
    ...(seconds <= 0 ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')] : []),
    ...(transitions < 0 ? [invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')] : []),
  ];
}

export function validateRuntimeClass(o: Any): FieldError[] {
  return named(o.handler ?? '', 'handler', badDns1123Label);
}
