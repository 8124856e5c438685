import { badLabelKey } from '../names.ts';
import { type FieldError, forbiddenValue, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { canonical, quantity } from '../quantity.ts';
import { type Any, named } from './rules.ts';

/** References to fields of the pod itself (validateObjectFieldSelector, validateContainerResourceFieldSelector). */

const FIELDS = {
  env: ['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'],
  volume: ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'],
};
/** ConvertDownwardAPIFieldLabel: what v1 calls fields of a pod. */
const KNOWN = ['metadata.annotations', 'metadata.labels', ...FIELDS.env, 'spec.host', 'spec.restartPolicy', 'spec.schedulerName', 'status.phase'];
const RESOURCES = ['limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory'];

export function fieldRef(ref: Any, at: string, use: 'env' | 'volume', minor: number): FieldError[] {
  const missing = ['apiVersion', 'fieldPath'].find((field) => !ref[field]);
  if (missing) return [requiredValue(`${at}.${missing}`)];
  const out: FieldError[] = [];
  const path = (ref.fieldPath ?? '') as string, subscripted = /^(.+)\['(.*)'\]$/.exec(path), listed = FIELDS[use].filter((f) => minor >= 28 || f !== 'status.hostIPs');
  if (subscripted) {
    const [, base = '', key = ''] = subscripted;
    if (base === 'metadata.annotations') out.push(...named(key.toLowerCase(), at, badLabelKey));
    else if (base === 'metadata.labels') out.push(...named(key, at, badLabelKey));
    else out.push(invalidValue(`${at}.fieldPath`, path, `error converting fieldPath: field label does not support subscript: ${path}`));
  } else if (!KNOWN.includes(path) || (minor < 28 && path === 'status.hostIPs')) out.push(invalidValue(`${at}.fieldPath`, path, `error converting fieldPath: field label not supported: ${path}`));
  else if (!listed.includes(path)) out.push(notSupported(`${at}.fieldPath`, path, listed));
  if (minor >= 28 && path === 'status.hostIPs') out.push(forbiddenValue(at, "may not be set when feature gate 'PodHostIPs' is not enabled"));
  return out;
}

export function resourceFieldRef(ref: Any, at: string, volume: boolean): FieldError[] {
  const out: FieldError[] = [], resource = ref.resource ?? '';
  if (volume && !ref.containerName) out.push(requiredValue(`${at}.containerName`));
  else if (!resource) out.push(requiredValue(`${at}.resource`));
  else if (!RESOURCES.includes(resource) && !/^(requests|limits)\.hugepages-/.test(resource)) out.push(notSupported(`${at}.resource`, resource, RESOURCES));
  if (quantity(ref.divisor).nano === 0n) return out;
  const divisor = canonical(String(ref.divisor)), cpu = resource.endsWith('.cpu');
  const kind = cpu ? 'cpu' : resource.endsWith('.memory') ? 'memory' : resource.endsWith('.ephemeral-storage') ? 'local ephemeral storage' : 'hugepages';
  const units = cpu ? ['1m', '1'] : ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
  if (resource && !units.includes(divisor)) out.push(invalidValue(`${at}.divisor`, resource, `only divisor's values ${cpu ? '1m and 1' : units.join(', ')} are supported with the ${kind} resource`));
  return out;
}
