// kubectl create NAME-OF-A-KIND: generators that make one object from flags. Fields are in the order of the Go types.
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { parseQuantity } from '../quantity.ts';
import { KubectlError, StatusError } from '../errors.ts';
import type { Mapping } from '../factory/mapper.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';
import { compactJson } from '../printers/json.ts';
import { sha256 } from '../sha256.ts';
import { done, oneName, validation, withTypedLastApplied, writeQuery } from './common.ts';
import type { Run } from './index.ts';
import { configMap, dockerSecret, genericSecret, tlsSecret } from './create-config.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding, serviceAccount, token } from './create-rbac.ts';
import { ingress, service } from './create-network.ts';
import { cronJob, deployment, job } from './create-workloads.ts';

/** Makes the object; may ask the server. */
export type Generate = (k: Kubectl, command: Command, name: string) => KubeObject | Promise<KubeObject>;

interface Generator {
  mapping: Mapping;
  make: Generate;
  /** Text before the server's refusal: "failed to create deployment"; without it the refusal is shown as it is. */
  failed?: string;
}

const m = (group: string, resource: string, kind: string, namespaced = true): Mapping => ({ group, version: 'v1', resource, kind, namespaced });

const ALL: Record<string, Generator> = {
  deployment: { mapping: m('apps', 'deployments', 'Deployment'), make: deployment, failed: 'failed to create deployment:' },
  job: { mapping: m('batch', 'jobs', 'Job'), make: job, failed: 'failed to create job:' },
  cronjob: { mapping: m('batch', 'cronjobs', 'CronJob'), make: cronJob, failed: 'failed to create cronjob:' },
  configmap: { mapping: m('', 'configmaps', 'ConfigMap'), make: configMap, failed: 'failed to create configmap:' },
  'secret generic': { mapping: m('', 'secrets', 'Secret'), make: genericSecret, failed: 'failed to create secret' },
  'secret docker-registry': { mapping: m('', 'secrets', 'Secret'), make: dockerSecret, failed: 'failed to create secret' },
  'secret tls': { mapping: m('', 'secrets', 'Secret'), make: tlsSecret, failed: 'failed to create secret' },
  'service clusterip': { mapping: m('', 'services', 'Service'), make: service('ClusterIP'), failed: 'failed to create ClusterIP service:' },
  'service nodeport': { mapping: m('', 'services', 'Service'), make: service('NodePort'), failed: 'failed to create NodePort service:' },
  'service loadbalancer': { mapping: m('', 'services', 'Service'), make: service('LoadBalancer'), failed: 'failed to create LoadBalancer service:' },
  'service externalname': { mapping: m('', 'services', 'Service'), make: service('ExternalName'), failed: 'failed to create ExternalName service:' },
  ingress: { mapping: m('networking.k8s.io', 'ingresses', 'Ingress'), make: ingress, failed: 'failed to create ingress:' },
  namespace: { mapping: m('', 'namespaces', 'Namespace', false), make: (_k, _c, name) => ({ kind: 'Namespace', apiVersion: 'v1', metadata: meta(name), spec: {}, status: {} }) },
  serviceaccount: { mapping: m('', 'serviceaccounts', 'ServiceAccount'), make: serviceAccount, failed: 'failed to create serviceaccount:' },
  role: { mapping: m('rbac.authorization.k8s.io', 'roles', 'Role'), make: role },
  clusterrole: { mapping: m('rbac.authorization.k8s.io', 'clusterroles', 'ClusterRole', false), make: clusterRole },
  rolebinding: { mapping: m('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding'), make: roleBinding, failed: 'failed to create rolebinding:' },
  clusterrolebinding: { mapping: m('rbac.authorization.k8s.io', 'clusterrolebindings', 'ClusterRoleBinding', false), make: clusterRoleBinding, failed: 'failed to create clusterrolebinding:' },
  poddisruptionbudget: { mapping: m('policy', 'poddisruptionbudgets', 'PodDisruptionBudget'), make: disruptionBudget, failed: 'failed to create poddisruptionbudgets:' },
  priorityclass: { mapping: m('scheduling.k8s.io', 'priorityclasses', 'PriorityClass', false), make: priorityClass, failed: 'failed to create priorityclass:' },
  quota: { mapping: m('', 'resourcequotas', 'ResourceQuota'), make: quota, failed: 'failed to create quota:' },
};

/** Commands by the words after `kubectl create`. */
export const GENERATORS: Record<string, Run> = { token };
for (const [name, generator] of Object.entries(ALL)) GENERATORS[name] = (k, command) => generate(k, command, generator);

/** Of a ConfigMap's or a Secret's contents (k8s.io/kubectl/pkg/util/hash). */
function contentHash({ kind, type, metadata, data, binaryData, immutable }: KubeObject): string {
  const hashed = { ...(binaryData ? { binaryData } : {}), data: data ?? (kind === 'Secret' ? null : {}), ...(immutable === undefined ? {} : { immutable }), kind, name: metadata.name, ...(kind === 'Secret' ? { type: type ?? '' } : {}) };
  return sha256(compactJson(hashed)).slice(0, 10).replace(/[013ae]/g, (c) => ({ 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' })[c]!);
}

async function generate(k: Kubectl, command: Command, { mapping, make, failed }: Generator): Promise<void> {
  const name = oneName(command);
  const dryRun = k.dryRun();
  const print = await printer(k, done('created', dryRun));
  validation(k.flags);
  void k.access;
  let object = await make(k, command, name);
  if (mapping.namespaced && k.enforceNamespace) object = { ...object, metadata: orderMeta({ ...object.metadata, namespace: k.namespace }) };
  if (k.flags.lookup('append-hash') && k.flags.bool('append-hash')) object = { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-${contentHash(object)}` } };
  if (k.flags.bool('save-config')) object = withTypedLastApplied(object);
  if (dryRun !== 'client') {
    try {
      object = await k.rest.create(pathOf(mapping, k.namespace), object, writeQuery(k, dryRun));
    } catch (error) {
      if (failed && error instanceof StatusError) throw wrap(failed, error);
      throw error;
    }
  }
  k.out(print(object, { typed: dryRun === 'client' }));
}

/** Some generators put their words before the refusal, which then is no refusal any more but a message. */
function wrap(failed: string, error: StatusError): Error {
  return new KubectlError(`${failed} ${error.message}`);
}

/** metadata of a new object: Go writes the creationTimestamp it does not have. */
export function meta(name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject['metadata'] {
  return orderMeta({ name, ...more });
}

function orderMeta({ name, namespace, creationTimestamp = null as unknown as string, labels, annotations, ...rest }: KubeObject['metadata']): KubeObject['metadata'] {
  return { name, ...(namespace ? { namespace } : {}), creationTimestamp, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}), ...rest };
}

function disruptionBudget(k: Kubectl, _c: Command, name: string): KubeObject {
  const { flags } = k;
  const min = flags.string('min-available'), max = flags.string('max-unavailable'), selector = flags.string('selector');
  if (!selector) throw new KubectlError('a selector must be specified');
  if (!min && !max) throw new KubectlError('one of min-available or max-unavailable must be specified');
  if (min && max) throw new KubectlError('min-available and max-unavailable cannot be both specified');
  const amount = (text: string, flag: string) => {
    if (!/^\d+%?$/.test(text)) throw new KubectlError(`invalid format specified for ${flag}`);
    return text.endsWith('%') ? text : Number(text);
  };
  const spec = { ...(min ? { minAvailable: amount(min, 'min-available') } : {}), selector: labelSelector(selector), ...(max ? { maxUnavailable: amount(max, 'max-unavailable') } : {}) };
  return { kind: 'PodDisruptionBudget', apiVersion: 'policy/v1', metadata: meta(name), spec, status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } };
}

/** metav1.ParseToLabelSelector */
export function labelSelector(text: string): Record<string, unknown> {
  const matchLabels: Record<string, string> = {}, matchExpressions: unknown[] = [];
  for (const part of text.split(/,(?![^(]*\))/)) {
    const [, not, key, op, value] = /^\s*(!?)\s*([\w./-]+)((?:\s*(?:==|=|!=)|\s+(?:notin|in)\b)?)\s*(.*?)\s*$/.exec(part) ?? [], operator = op?.trim();
    if (key === undefined) throw new KubectlError(`couldn't parse the selector string "${text}": unable to parse requirement: found '${part}'`);
    const values = value!.replace(/^\(|\)$/g, '').split(',').map((v) => v.trim());
    if (operator === '!=') throw new KubectlError('"!=" is not a valid label selector operator');
    if (operator === '=' || operator === '==') matchLabels[key] = value!;
    else matchExpressions.push({ key, operator: operator ? (operator === 'in' ? 'In' : 'NotIn') : not ? 'DoesNotExist' : 'Exists', ...(operator ? { values } : {}) });
  }
  return { ...(Object.keys(matchLabels).length ? { matchLabels } : {}), ...(matchExpressions.length ? { matchExpressions } : {}) };
}

function priorityClass(k: Kubectl, _c: Command, name: string): KubeObject {
  const { flags } = k;
  return {
    kind: 'PriorityClass', apiVersion: 'scheduling.k8s.io/v1', metadata: meta(name), value: flags.int('value'),
    ...(flags.bool('global-default') ? { globalDefault: true } : {}), ...(flags.string('description') ? { description: flags.string('description') } : {}),
    preemptionPolicy: flags.string('preemption-policy'),
  };
}

function quota(k: Kubectl, _c: Command, name: string): KubeObject {
  const hard: Record<string, string> = {};
  for (const part of k.flags.string('hard').split(',').filter(Boolean)) {
    const pair = part.split('=');
    if (pair.length !== 2) throw new KubectlError(`Invalid argument syntax ${part}, expected <resource>=<value>`);
    if (parseQuantity(pair[1]!) === undefined) throw new KubectlError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    hard[pair[0]!] = pair[1]!;
  }
  const scopes = k.flags.string('scopes') ? k.flags.string('scopes').split(',') : [];
  return { kind: 'ResourceQuota', apiVersion: 'v1', metadata: meta(name), spec: { ...(Object.keys(hard).length ? { hard } : {}), ...(scopes.length ? { scopes } : {}) }, status: {} };
}
