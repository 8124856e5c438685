import { badDns1123Label, badPathSegment } from '../names.ts';
import { type FieldError, forbiddenValue, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { quantity } from '../quantity.ts';
import { goQuantity } from './go-struct.ts';
import { containerResourceName } from './resources.ts';
import { type Any, each, named, requiredName } from './rules.ts';
import { validateSelector } from './selector.ts';

/** validateHorizontalPodAutoscalerSpec (pkg/apis/autoscaling/validation). */
export function validateAutoscaler(spec: Any): FieldError[] {
  const out: FieldError[] = [], { minReplicas: min, maxReplicas: max = 0 } = spec, target = spec.scaleTargetRef ?? {};
  if (min !== undefined && min < 1) out.push(invalidValue('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max < 1) out.push(invalidValue('spec.maxReplicas', max, 'must be greater than 0'));
  if (min !== undefined && max < min) out.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  out.push(...objectReference(target, 'spec.scaleTargetRef'), ...each(spec.metrics, 'spec.metrics', metric));
  if (min === 0 && !(spec.metrics ?? []).some((m: Any) => m.type === 'Object' || m.type === 'External')) out.push(forbiddenValue('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  for (const field of ['scaleUp', 'scaleDown']) if (spec.behavior?.[field]) out.push(...scalingRules(spec.behavior[field], `spec.behavior.${field}`));
  return out;
}

function objectReference(ref: Any, at: string): FieldError[] {
  return [...requiredName(ref.kind, `${at}.kind`, badPathSegment), ...requiredName(ref.name, `${at}.name`, badPathSegment)];
}

function scalingRules(rules: Any, at: string): FieldError[] {
  const out: FieldError[] = [], window = rules.stabilizationWindowSeconds, select = ['Disabled', 'Max', 'Min'];
  if (window < 0) out.push(invalidValue(`${at}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'));
  if (window > 3600) out.push(invalidValue(`${at}.stabilizationWindowSeconds`, window, 'must be less than or equal to 3600'));
  if (rules.selectPolicy !== undefined && !select.includes(rules.selectPolicy)) out.push(notSupported(`${at}.selectPolicy`, rules.selectPolicy, select));
  if (!rules.policies?.length) out.push(requiredValue(`${at}.policies`, 'must specify at least one Policy'));
  return [...out, ...each(rules.policies, `${at}.policies`, ({ type = '', value = 0, periodSeconds = 0 }, path) => [
    ...(type === 'Pods' || type === 'Percent' ? [] : [notSupported(`${path}.type`, type, ['Percent', 'Pods'])]), ...(value <= 0 ? [invalidValue(`${path}.value`, value, 'must be greater than zero')] : []),
    ...(periodSeconds <= 0 ? [invalidValue(`${path}.periodSeconds`, periodSeconds, 'must be greater than zero')] : []), ...(periodSeconds > 1800 ? [invalidValue(`${path}.periodSeconds`, periodSeconds, 'must be less than or equal to 1800')] : []),
  ])];
}

/** The field that holds what a type of metric is about. */
const SOURCES: Record<string, string> = { ContainerResource: 'containerResource', External: 'external', Object: 'object', Pods: 'pods', Resource: 'resource' };

function metric(m: Any, at: string): FieldError[] {
  const out: FieldError[] = [], types = Object.keys(SOURCES), present = ['object', 'external', 'pods', 'resource', 'containerResource'].filter((s) => m[s]);
  if (!m.type) out.push(requiredValue(`${at}.type`, 'must specify a metric source type'));
  if (!types.includes(m.type)) out.push(notSupported(`${at}.type`, m.type ?? '', types));
  if (present[0]) out.push(...source(present[0], m[present[0]], `${at}.${present[0]}`));
  const expected = SOURCES[m.type];
  if (!expected) out.push(notSupported(`${at}.type`, m.type ?? '', types));
  else if (!m[expected]) out.push(requiredValue(`${at}.${expected}`, 'must populate information for the given metric source'));
  if (present.length !== 1) out.push(...present.filter((s) => s !== expected).map((s) => forbiddenValue(`${at}.${s}`, 'must populate the given metric source only')));
  return out;
}

function source(type: string, s: Any, at: string): FieldError[] {
  const target = s.target ?? {}, none = (...fields: string[]) => fields.every((f) => target[f] === undefined), both = (a: string, b: string) => target[a] !== undefined && target[b] !== undefined;
  const out: FieldError[] = [];
  if (type === 'object') out.push(...objectReference(s.describedObject ?? {}, `${at}.describedObject`));
  if (type === 'containerResource') out.push(...(s.name ? containerResourceName(s.name, `${at}.name`) : [requiredValue(`${at}.name`, 'must specify a resource name')]), ...(s.container ? named(s.container, `${at}.container`, badDns1123Label) : [requiredValue(`${at}.container`, 'must specify a container')]));
  else if (type === 'resource') out.push(...(s.name ? [] : [requiredValue(`${at}.name`, 'must specify a resource name')]));
  else out.push(...(s.metric?.name ? named(s.metric.name, `${at}.metric.name`, badPathSegment) : [requiredValue(`${at}.metric.name`, 'must specify a metric name')]), ...validateSelector(s.metric?.selector, `${at}.metric.selector`));
  out.push(...metricTarget(target, `${at}.target`));
  if (type === 'object' && none('value', 'averageValue')) out.push(requiredValue(`${at}.target.averageValue`, 'must set either a target value or averageValue'));
  if (type === 'external' && none('value', 'averageValue')) out.push(requiredValue(`${at}.target.averageValue`, 'must set either a target value for metric or a per-pod target'));
  if (type === 'external' && both('value', 'averageValue')) out.push(forbiddenValue(`${at}.target.value`, 'may not set both a target value for metric and a per-pod target'));
  if (type === 'pods' && none('averageValue')) out.push(requiredValue(`${at}.target.averageValue`, 'must specify a positive target averageValue'));
  if (!type.toLowerCase().endsWith('resource')) return out;
  if (none('averageUtilization', 'averageValue')) out.push(requiredValue(`${at}.target.averageUtilization`, 'must set either a target raw value or a target utilization'));
  if (both('averageUtilization', 'averageValue')) out.push(forbiddenValue(`${at}.target.averageValue`, 'may not set both a target raw value and a target utilization'));
  return out;
}

function metricTarget(t: Any, at: string): FieldError[] {
  const out: FieldError[] = t.type ? [] : [requiredValue(`${at}.type`, 'must specify a metric target type')];
  if (!['Utilization', 'Value', 'AverageValue'].includes(t.type)) out.push(invalidValue(`${at}.type`, t.type ?? '', 'must be either Utilization, Value, or AverageValue'));
  for (const field of ['value', 'averageValue']) if (t[field] !== undefined && quantity(t[field]).nano <= 0n) out.push(invalidValue(`${at}.${field}`, goQuantity(String(t[field])), 'must be positive'));
  if (t.averageUtilization < 1) out.push(invalidValue(`${at}.averageUtilization`, t.averageUtilization, 'must be greater than 0'));
  return out;
}
