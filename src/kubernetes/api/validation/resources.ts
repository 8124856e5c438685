import { badLabelKey } from '../names.ts';
import { type FieldError, duplicateValue, forbiddenValue, invalidValue, requiredValue } from '../field-errors.ts';
import { canonical, compareQuantities, quantity } from '../quantity.ts';
import { goQuantity } from './go-struct.ts';
import { type Any, each, eachKey, named, NEGATIVE, NOT_POSITIVE } from './rules.ts';

/** Names and amounts of resources (pkg/apis/core/helper, validateResourceName and its kin). */

const CONTAINER = ['cpu', 'memory', 'ephemeral-storage'];
const QUOTA = [
  'cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'pods', 'resourcequotas',
  'services', 'replicationcontrollers', 'secrets', 'persistentvolumeclaims', 'configmaps', 'services.nodeports', 'services.loadbalancers',
];
const OBJECTS = ['pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers'];

const hugePages = (name: string) => name.startsWith('hugepages-');
const standard = (name: string) => QUOTA.includes(name) || name === 'storage' || hugePages(name) || name.startsWith('requests.hugepages-');
const native = (name: string) => !name.includes('/') || name.includes('kubernetes.io/');
/** IsExtendedResourceName. */
const extended = (name: string) => !native(name) && !name.startsWith('requests.') && badLabelKey(`requests.${name}`).length === 0;
const wholeNumber = (name: string) => OBJECTS.includes(name) || extended(name);
/** IsOvercommitAllowed. */
const overcommit = (name: string) => native(name) && !hugePages(name);

function resourceName(name: string, at: string): FieldError[] {
  const out = named(name, at, badLabelKey);
  return out.length === 0 && !name.includes('/') && !standard(name) ? [invalidValue(at, name, 'must be a standard resource type or fully qualified')] : out;
}

export function containerResourceName(name: string, at: string): FieldError[] {
  const out = resourceName(name, at);
  if (!name.includes('/')) return CONTAINER.includes(name) || hugePages(name) ? out : [...out, invalidValue(at, name, 'must be a standard resource for containers')];
  return native(name) || extended(name) ? out : [...out, invalidValue(at, name, "doesn't follow extended resource name standard")];
}

export function quotaResourceName(name: string, at: string): FieldError[] {
  const out = resourceName(name, at);
  return name.includes('/') || QUOTA.includes(name) || name.startsWith('requests.hugepages-') || hugePages(name) ? out : [...out, invalidValue(at, name, 'must be a standard resource for quota')];
}

export function limitRangeResourceName(type: string, name: string, at: string): FieldError[] {
  return type === 'Pod' || type === 'Container' ? containerResourceName(name, at) : resourceName(name, at);
}

export function resourceAmount(name: string, value: string, at: string): FieldError[] {
  const { nano } = quantity(value), out: FieldError[] = [];
  if (nano < 0n) out.push(invalidValue(at, canonical(String(value)), NEGATIVE));
  if (wholeNumber(name) && nano % 1_000_000_000n !== 0n) out.push(invalidValue(at, goQuantity(String(value)), 'must be an integer'));
  return out;
}

export function positiveAmount(value: string, at: string): FieldError[] {
  return quantity(value).nano <= 0n ? [invalidValue(at, canonical(String(value)), NOT_POSITIVE)] : [];
}

/** ValidateResourceRequirements; `minor` 26 names no amount. */
export function validateResources(resources: Any, at: string, minor: number): FieldError[] {
  const limits = (resources.limits ?? {}) as Record<string, string>, requests = (resources.requests ?? {}) as Record<string, string>, { claims } = resources;
  const withinLimit = (name: string, value: string, limit: string | undefined): FieldError[] => {
    const bound = minor >= 27 ? ` of ${canonical(String(limit))}` : '';
    if (limit === undefined) return overcommit(name) ? [] : [requiredValue(`${at}.limits`, 'Limit must be set for non overcommitable resources')];
    if (!overcommit(name) && compareQuantities(value, limit) !== 0) return [invalidValue(`${at}.requests`, canonical(value), `must be equal to ${name} limit${bound}`)];
    return compareQuantities(value, limit) > 0 ? [invalidValue(`${at}.requests`, canonical(value), `must be less than or equal to ${name} limit${bound}`)] : [];
  };
  const amount = (name: string, value: string, path: string) => [...containerResourceName(name, path), ...resourceAmount(name, value, path)];
  const pages = (name: string, value: string, path: string) => (hugePages(name) && !divisible(name, value) ? [invalidValue(path, canonical(value), `${canonical(value)} is not positive integer multiple of ${name}`)] : []);
  const out = eachKey(limits, `${at}.limits`, (name, value, path) => [...amount(name, value, path), ...pages(name, value, path)]);
  out.push(...eachKey(requests, `${at}.requests`, (name, value, path) => [...amount(name, value, path), ...withinLimit(name, value, limits[name]), ...pages(name, value, path)]));
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(hugePages) && !names.includes('cpu') && !names.includes('memory')) out.push(forbiddenValue(at, 'HugePages require cpu or memory'));
  const seen = new Set<string>();
  out.push(...each(claims, `${at}.claims`, ({ name }, path) => {
    if (!name) return [requiredValue(path)];
    const twice = seen.has(name);
    seen.add(name);
    return twice ? [duplicateValue(path, name)] : [];
  }));
  return out;
}

function divisible(name: string, value: string): boolean {
  const page = quantity(name.slice('hugepages-'.length)).nano, amount = quantity(value).nano;
  return amount > 0n && page > 0n && amount % page === 0n;
}
