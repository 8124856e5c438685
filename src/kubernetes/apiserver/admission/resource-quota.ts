import type { KubeObject } from '../../api/types.ts';
import * as errors from '../errors.ts';
import { groupResource, type ResourceInfo } from '../../api/scheme.ts';
import { addQuantities, formatQuantity, type Quantity, quantity, subtractQuantities } from '../../api/quantity.ts';
import { qosClass } from '../../api/kinds/qos.ts';
import type { Admission } from './index.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;
type Usage = Record<string, Quantity>;

/** plugin/pkg/admission/resourcequota: what does not fit is refused, what fits is counted at once in the quota's status. */
export function resourceQuota({ server, context, operation, info, subresource, object, old }: Admission): void {
  if (operation === 'DELETE' || subresource !== '' || !info.namespaced || info.resource === 'resourcequotas') return;
  if (operation === 'UPDATE' && info.resource !== 'services' && info.resource !== 'persistentvolumeclaims') return;
  const namespace = object!.metadata.namespace ?? '';
  const quotas = server.resource('', 'v1', 'resourcequotas')!;
  const all = server.registry.list(quotas, namespace).map((kv) => kv.value);
  if (all.length === 0) return;
  const usage = usageOf(info, object!);
  const before = old ? usageOf(info, old) : {};
  const charge: [KubeObject, Usage][] = [];
  for (const quota of all) {
    if (!inScope(quota, info, object!)) continue;
    const hard = (quota.status?.hard ?? {}) as Record<string, string>;
    const names = Object.keys(usage).filter((n) => n in hard);
    if (info.resource === 'pods') {
      const missing = missingOf(object!, Object.keys(hard));
      if (missing.length > 0) throw errors.forbidden(info, object!.metadata.name, `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`);
    }
    const delta: Usage = {};
    for (const name of names) {
      const d = before[name] ? subtractQuantities(usage[name]!, before[name]!) : usage[name]!;
      if (d.nano !== 0n) delta[name] = d;
    }
    const used = (quota.status?.used ?? {}) as Record<string, string>;
    const exceeded = Object.keys(delta).filter((n) => delta[n]!.nano > 0n && quantity(used[n]).nano + delta[n]!.nano > quantity(hard[n]).nano).sort();
    if (exceeded.length > 0) {
      const list = (of: (name: string) => string) => exceeded.map((n) => `${n}=${of(n)}`).join(',');
      throw errors.forbidden(info, object!.metadata.name, `exceeded quota: ${quota.metadata.name}, requested: ${list((n) => formatQuantity(delta[n]!))}, used: ${list((n) => used[n] ?? '0')}, limited: ${list((n) => hard[n]!)}`);
    }
    if (Object.keys(delta).length > 0) charge.push([quota, delta]);
  }
  if (context.dryRun || charge.length === 0) return;
  (context.committed ??= []).push(() => {
    for (const [{ metadata }, delta] of charge) {
      const quota = server.registry.find(quotas, namespace, metadata.name);
      if (!quota) continue;
      const used = { ...quota.status?.used } as Record<string, string>;
      for (const name of Object.keys(delta)) used[name] = formatQuantity(addQuantities(quantity(used[name]), delta[name]!));
      const next = { ...quota, metadata: { ...quota.metadata }, status: { ...quota.status, used } };
      server.managedFields.updated(next, quota, { manager: 'kube-apiserver', operation: 'Update', apiVersion: 'v1' }, 'status', server.clock.now);
      server.registry.put(quotas, next);
    }
  });
}

/** How much of each quota's resources an object takes. */
function usageOf(info: Pick<ResourceInfo, 'group' | 'resource'>, object: KubeObject): Usage {
  const one = quantity(1), out: Usage = { [`count/${groupResource(info)}`]: one };
  if (info.group !== '') return out;
  const { spec } = object;
  switch (info.resource) {
    case 'pods':
      out['pods'] = one;
      for (const field of ['requests', 'limits']) {
        for (const [name, amount] of Object.entries(podResources(spec, field))) {
          out[`${field}.${name}`] = amount;
          if (field === 'requests' && ['cpu', 'memory', 'ephemeral-storage'].includes(name)) out[name] = amount;
        }
      }
      break;
    case 'services':
      out['services'] = one;
      out['services.nodeports'] = quantity(spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false) ? (spec.ports ?? []).length : 0);
      out['services.loadbalancers'] = quantity(spec.type === 'LoadBalancer' ? 1 : 0);
      break;
    case 'persistentvolumeclaims': {
      const asked = quantity(spec.resources?.requests?.storage);
      out['persistentvolumeclaims'] = one;
      out['requests.storage'] = asked;
      if (spec.storageClassName) {
        out[`${spec.storageClassName}.storageclass.storage.k8s.io/persistentvolumeclaims`] = one;
        out[`${spec.storageClassName}.storageclass.storage.k8s.io/requests.storage`] = asked;
      }
      break;
    }
    default: if (['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas'].includes(info.resource)) out[info.resource] = one;
  }
  return out;
}

/** The sum of the containers, or the largest init container where that is more. */
function podResources(spec: Any, field: string): Usage {
  const out: Usage = {};
  for (const c of spec.containers ?? []) for (const [name, value] of Object.entries((c.resources?.[field] ?? {}) as Record<string, string>)) out[name] = addQuantities(out[name] ?? quantity(0), quantity(value));
  for (const c of spec.initContainers ?? []) {
    for (const [name, value] of Object.entries((c.resources?.[field] ?? {}) as Record<string, string>)) if (quantity(value).nano > (out[name]?.nano ?? 0n)) out[name] = quantity(value);
  }
  return out;
}

/** `limits.cpu for: web`: what a quota on a resource makes every container say. */
function missingOf(pod: KubeObject, hard: string[]): string[] {
  const out: string[] = [];
  for (const name of [...hard].sort()) {
    const match = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(name);
    if (!match) continue;
    const field = match[1] ?? 'requests', resource = match[2]!;
    const without = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].filter((c: Any) => c.resources?.[field]?.[resource] === undefined).map((c: Any) => c.name as string);
    if (without.length > 0) out.push(`${name} for: ${[...new Set(without)].sort().join(',')}`);
  }
  return out;
}

function inScope(quota: KubeObject, info: Pick<ResourceInfo, 'resource'>, object: KubeObject): boolean {
  const scopes = [...((quota.spec?.scopes ?? []) as string[]).map((scopeName) => ({ scopeName, operator: 'Exists', values: [] as string[] })), ...((quota.spec?.scopeSelector?.matchExpressions ?? []) as { scopeName: string; operator: string; values?: string[] }[])];
  if (scopes.length === 0) return true;
  if (info.resource !== 'pods') return false;
  return scopes.every(({ scopeName, operator, values = [] }) => {
    const bestEffort = qosClass(object.spec) === 'BestEffort', ending = object.spec.activeDeadlineSeconds !== undefined;
    switch (scopeName) {
      case 'BestEffort': return bestEffort;
      case 'NotBestEffort': return !bestEffort;
      case 'Terminating': return ending;
      case 'NotTerminating': return !ending;
      case 'PriorityClass': {
        const name = object.spec.priorityClassName as string | undefined;
        return operator === 'In' ? values.includes(name ?? '') : operator === 'NotIn' ? !values.includes(name ?? '') : operator === 'Exists' ? Boolean(name) : !name;
      }
      default: return false;
    }
  });
}
