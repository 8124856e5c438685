import * as errors from '../errors.ts';
import { addQuantities, compareQuantities, formatQuantity, quantity } from '../../api/quantity.ts';
import type { Admission } from './index.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/** plugin/pkg/admission/limitranger: fills in requests and limits, then refuses what is outside the range. */
export function limitRanger({ server, operation, info, subresource, object }: Admission): void {
  if (operation !== 'CREATE' || subresource !== '' || info.group !== '' || (info.resource !== 'pods' && info.resource !== 'persistentvolumeclaims')) return;
  const ranges = server.registry.list(server.resource('', 'v1', 'limitranges')!, object!.metadata.namespace ?? '').map((kv) => kv.value);
  if (ranges.length === 0) return;
  const wrong: string[] = [];
  for (const range of ranges) {
    for (const item of (range.spec?.limits ?? []) as Any[]) if (info.resource === 'pods' && item.type === 'Container') setDefaults(object!, item);
  }
  for (const range of ranges) {
    for (const item of (range.spec?.limits ?? []) as Any[]) {
      if (info.resource === 'persistentvolumeclaims') {
        if (item.type !== 'PersistentVolumeClaim') continue;
        const asked = object!.spec.resources?.requests ?? {};
        check(item, 'PersistentVolumeClaim', asked, {}, wrong);
      } else if (item.type === 'Container') {
        for (const c of [...object!.spec.containers, ...(object!.spec.initContainers ?? [])]) check(item, 'Container', c.resources?.requests ?? {}, c.resources?.limits ?? {}, wrong);
      } else if (item.type === 'Pod') check(item, 'Pod', total(object!.spec.containers, 'requests'), total(object!.spec.containers, 'limits'), wrong);
    }
  }
  if (wrong.length > 0) throw errors.forbidden(info, object!.metadata.name, wrong.length === 1 ? wrong[0]! : `[${wrong.join(', ')}]`);
}

function setDefaults(pod: Any, item: Any): void {
  const set: string[] = [];
  for (const [list, what] of [[pod.spec.containers, 'container'], [pod.spec.initContainers, 'init container']] as const) {
    for (const container of list ?? []) {
      const resources = (container.resources ??= {});
      for (const [field, values, word] of [['limits', item.default, 'limit'], ['requests', item.defaultRequest, 'request']] as const) {
        const names: string[] = [];
        for (const name of Object.keys(values ?? {}).sort()) {
          if (resources[field]?.[name] !== undefined) continue;
          (resources[field] ??= {})[name] = values[name];
          names.push(name);
        }
        if (names.length > 0) set.push(`${names.join(', ')} ${word} for ${what} ${container.name}`);
      }
    }
  }
  // The annotation names requests before limits of each container.
  if (set.length > 0) (pod.metadata.annotations ??= {})['kubernetes.io/limit-ranger'] = `LimitRanger plugin set: ${set.sort((a, b) => rank(a) - rank(b)).join('; ')}`;
}

function rank(text: string): number {
  return text.includes(' request for ') ? 0 : 1;
}

function check(item: Any, type: string, requests: Record<string, string>, limits: Record<string, string>, wrong: string[]): void {
  for (const name of Object.keys(item.min ?? {}).sort()) {
    const min = item.min[name], request = requests[name], limit = limits[name];
    if (type === 'PersistentVolumeClaim') {
      if (request !== undefined && compareQuantities(request, min) < 0) wrong.push(`minimum ${name} usage per ${type} is ${min}, but request is ${request}`);
    } else if (request === undefined) wrong.push(`minimum ${name} usage per ${type} is ${min}.  No request is specified`);
    else if (compareQuantities(request, min) < 0) wrong.push(`minimum ${name} usage per ${type} is ${min}, but request is ${request}`);
    else if (limit !== undefined && compareQuantities(limit, min) < 0) wrong.push(`minimum ${name} usage per ${type} is ${min}, but limit is ${limit}`);
  }
  for (const name of Object.keys(item.max ?? {}).sort()) {
    const max = item.max[name], request = requests[name], limit = limits[name];
    if (type === 'PersistentVolumeClaim') {
      if (request !== undefined && compareQuantities(request, max) > 0) wrong.push(`maximum ${name} usage per ${type} is ${max}, but request is ${request}`);
    } else if (limit === undefined) wrong.push(`maximum ${name} usage per ${type} is ${max}.  No limit is specified`);
    else if (compareQuantities(limit, max) > 0) wrong.push(`maximum ${name} usage per ${type} is ${max}, but limit is ${limit}`);
    else if (request !== undefined && compareQuantities(request, max) > 0) wrong.push(`maximum ${name} usage per ${type} is ${max}, but request is ${request}`);
  }
  for (const name of Object.keys(item.maxLimitRequestRatio ?? {}).sort()) {
    const ratio = Number(quantity(item.maxLimitRequestRatio[name]).nano) / 1e9, request = quantity(requests[name]).nano, limit = quantity(limits[name]).nano;
    if (request === 0n || limit === 0n) wrong.push(`${name} max limit to request ratio per ${type} is ${item.maxLimitRequestRatio[name]}, but no ${request === 0n ? 'request' : 'limit'} is specified or ${request === 0n ? 'request' : 'limit'} is 0`);
    else if (Number(limit) / Number(request) > ratio) wrong.push(`${name} max limit to request ratio per ${type} is ${item.maxLimitRequestRatio[name]}, but provided ratio is ${(Number(limit) / Number(request)).toFixed(6)}`);
  }
}

function total(containers: Any[], field: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const c of containers) for (const [name, value] of Object.entries((c.resources?.[field] ?? {}) as Record<string, string>)) out[name] = formatQuantity(addQuantities(quantity(out[name]), quantity(value)));
  return out;
}
