import { addQuantities, canonical, formatQuantity, quantity } from '../api/quantity.ts';
import type { KubeObject } from '../api/types.ts';
import { type Gvr, core, gvr } from '../client/client.ts';
import { deepEqual, isPodTerminal } from '../client/pods.ts';
import { type ControllerContext, CRONJOBS, DAEMONSETS, DEPLOYMENTS, JOBS, PODS, PVCS, REPLICASETS, SERVICES, STATEFULSETS } from './context.ts';

const COUNTED: Record<string, Gvr> = {
  'pods': PODS, 'services': SERVICES, 'persistentvolumeclaims': PVCS, 'configmaps': core('configmaps'), 'secrets': core('secrets'), 'replicationcontrollers': core('replicationcontrollers'), 'resourcequotas': core('resourcequotas'),
  'deployments.apps': DEPLOYMENTS, 'replicasets.apps': REPLICASETS, 'statefulsets.apps': STATEFULSETS, 'daemonsets.apps': DAEMONSETS, 'jobs.batch': JOBS, 'cronjobs.batch': CRONJOBS, 'ingresses.networking.k8s.io': gvr('networking.k8s.io', 'v1', 'ingresses'),
};

/** pkg/controller/resourcequota: counts what is used again when a quota changes or something counted goes away. */
export function startResourceQuotaController(context: ControllerContext): void {
  const quotas = context.resource('resourcequota-controller', core('resourcequotas'));
  const informers = Object.fromEntries(Object.entries(COUNTED).map(([name, r]) => [name, context.informer(r)]));
  const queue = context.queue((key) => {
    const quota = quotas.byKey(key);
    if (!quota) return;
    const namespace = quota.metadata.namespace!, hard = (quota.spec.hard ?? {}) as Record<string, string>;
    const used = Object.fromEntries(Object.keys(hard).sort().map((name) => [name, usage(name, quota, namespace)]));
    const status = { hard: Object.fromEntries(Object.entries(hard).map(([k, v]) => [k, canonical(String(v))])), used };
    if (!deepEqual(status, quota.status ?? {})) quotas.updateStatus({ ...quota, status });
  });

  const usage = (name: string, quota: KubeObject, namespace: string): string => {
    const all = (resource: string) => informers[resource]?.byIndex('namespace', namespace) ?? [];
    if (name.startsWith('count/')) return String(all(name.slice(6)).length);
    if (name === 'services.nodeports') return String(all('services').reduce((n, s) => n + (s.spec.type === 'NodePort' || s.spec.type === 'LoadBalancer' ? (s.spec.ports ?? []).length : 0), 0));
    if (name === 'services.loadbalancers') return String(all('services').filter((s) => s.spec.type === 'LoadBalancer').length);
    const pods = () => all('pods').filter((p) => !isPodTerminal(p) && inScope(p, quota));
    if (name === 'pods') return String(pods().length);
    if (name === 'requests.storage') return sum(all('persistentvolumeclaims').map((c) => c.spec.resources?.requests?.storage));
    const ofClass = /^(.+)\.storageclass\.storage\.k8s\.io\/(requests\.storage|persistentvolumeclaims)$/.exec(name);
    if (ofClass) {
      const claims = all('persistentvolumeclaims').filter((c) => c.spec.storageClassName === ofClass[1]);
      return ofClass[2] === 'persistentvolumeclaims' ? String(claims.length) : sum(claims.map((c) => c.spec.resources?.requests?.storage));
    }
    if (name in informers) return String(all(name).length);
    const [, list, resource] = /^(limits|requests)\.(.+)$/.exec(name) ?? [name, 'requests', name];
    return sum(pods().map((p) => podTotal(p, list as 'limits' | 'requests', resource!)));
  };

  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  quotas.informer.on({ add: (q) => queue.add(keyOf(q)), update: (q, old) => (deepEqual(q.spec, old.spec) && deepEqual(q.status?.hard, old.status?.hard) ? undefined : queue.add(keyOf(q))) });
  const replenish = (o: KubeObject) => {
    for (const q of quotas.inNamespace(o.metadata.namespace!)) queue.add(keyOf(q));
  };
  for (const [name, informer] of Object.entries(informers)) {
    informer.on({ delete: replenish, ...(name === 'pods' ? { update: (p: KubeObject, old: KubeObject) => (isPodTerminal(p) && !isPodTerminal(old) ? replenish(p) : undefined) } : name === 'services' ? { update: (s: KubeObject, old: KubeObject) => (s.spec.type === old.spec.type ? undefined : replenish(s)) } : {}) });
  }
  context.every(300_000_000, () => {
    for (const q of quotas.informer.list()) queue.add(keyOf(q));
  });
}

/** The sum over the containers, or the greatest init container if that is more. */
function podTotal(pod: KubeObject, list: 'limits' | 'requests', resource: string): string {
  const of = (c: KubeObject['spec']) => c.resources?.[list]?.[resource] as string | undefined;
  const running = sum((pod.spec.containers ?? []).map(of));
  let most = running;
  for (const c of pod.spec.initContainers ?? []) {
    const one = of(c);
    if (one !== undefined && quantity(one).nano > quantity(most).nano) most = one;
  }
  return most;
}

function sum(values: (string | undefined)[]): string {
  const given = values.filter((v) => v !== undefined);
  return given.length === 0 ? '0' : formatQuantity(given.map((v) => quantity(v)).reduce(addQuantities));
}

function inScope(pod: KubeObject, quota: KubeObject): boolean {
  const bestEffort = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].every((c: KubeObject['spec']) => !Object.keys(c.resources?.requests ?? {}).length && !Object.keys(c.resources?.limits ?? {}).length);
  const terminating = pod.spec.activeDeadlineSeconds !== undefined;
  const checks: Record<string, boolean> = { BestEffort: bestEffort, NotBestEffort: !bestEffort, Terminating: terminating, NotTerminating: !terminating };
  if (!((quota.spec.scopes ?? []) as string[]).every((s) => checks[s] ?? true)) return false;
  return ((quota.spec.scopeSelector?.matchExpressions ?? []) as { scopeName: string; operator: string; values?: string[] }[]).every((e) => {
    if (e.scopeName !== 'PriorityClass') return checks[e.scopeName] ?? true;
    const name = pod.spec.priorityClassName as string | undefined;
    return e.operator === 'Exists' ? Boolean(name) : e.operator === 'DoesNotExist' ? !name : e.operator === 'In' ? Boolean(name && e.values?.includes(name)) : !(name && e.values?.includes(name));
  });
}
