import type { KubeObject } from '../types.ts';
import { type FieldError, invalidValue } from '../field-errors.ts';
import { quantity } from '../quantity.ts';

const STANDARD = new Set([
  'cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'pods', 'services', 'replicationcontrollers',
  'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers',
]);

/** ValidateResourceQuotaSpec (pkg/apis/core/validation). */
export function validateQuota({ spec }: KubeObject): FieldError[] {
  const out: FieldError[] = [], hard = (spec?.hard ?? {}) as Record<string, string>;
  for (const name of Object.keys(hard).sort()) {
    if (!STANDARD.has(name) && !name.includes('/') && !name.startsWith('requests.hugepages-') && !name.startsWith('hugepages-')) {
      out.push(invalidValue(`spec.hard[${name}]`, name, 'must be a standard resource type or fully qualified'), invalidValue(`spec.hard[${name}]`, name, 'must be a standard resource for quota'));
    }
    const value = quantity(hard[name]);
    if (value.nano < 0n) out.push(invalidValue(`spec.hard[${name}]`, hard[name]!, 'must be greater than or equal to 0'));
    if (value.nano % 1_000_000_000n !== 0n && !/cpu|memory|storage/.test(name)) out.push(invalidValue(`spec.hard[${name}]`, hard[name]!, 'must be an integer'));
  }
  return out;
}
