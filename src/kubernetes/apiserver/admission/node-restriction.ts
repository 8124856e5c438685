import type { KubeObject } from '../../api/types.ts';
import * as errors from '../errors.ts';
import { equal } from '../registry.ts';
import type { Admission } from './index.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

/** plugin/pkg/admission/noderestriction: a kubelet writes its own node and the pods bound to it, nothing else. */
export function nodeRestriction(admission: Admission): void {
  const { user } = admission.context;
  if (!user.groups.includes('system:nodes') || !user.name.startsWith('system:node:')) return;
  const node = user.name.slice('system:node:'.length), { info, subresource } = admission;
  const refuse = (why: string): never => {
    throw errors.forbidden(info, (admission.object ?? admission.old)?.metadata.name ?? '', why);
  };
  switch (`${info.group}/${info.resource}`) {
    case '/nodes': return ownNode(admission, node, refuse);
    case '/pods': return subresource === 'status' ? podStatus(admission, node, refuse) : subresource === '' ? pod(admission, node, refuse) : undefined;
    case 'coordination.k8s.io/leases': return lease(admission, node, refuse);
    case 'storage.k8s.io/csinodes': return (admission.object ?? admission.old)!.metadata.name === node ? undefined : refuse('can only access CSINode with the same name as the requesting node');
  }
}

/** What a node may do with pods of others that only its request, not the stored object, tells: tokens and evictions. */
export function nodeMayAct({ server, user, resource, subresource, namespace, name, body }: { server: Admission['server']; user: Admission['context']['user']; resource: string; subresource: string; namespace: string; name: string; body: Any }): void {
  if (!user.groups.includes('system:nodes') || !user.name.startsWith('system:node:')) return;
  const node = user.name.slice('system:node:'.length), pods = server.resource('', 'v1', 'pods')!;
  const refuse = (why: string): never => {
    throw errors.forbidden({ group: '', resource }, name, why);
  };
  if (resource === 'pods' && subresource === 'eviction') {
    if (server.registry.find(pods, namespace, name)?.spec.nodeName !== node) refuse(`node ${node} can only evict pods with spec.nodeName set to itself`);
  } else if (resource === 'serviceaccounts' && subresource === 'token') {
    const ref = body?.spec?.boundObjectRef;
    if (ref?.kind !== 'Pod' || ref.name === '') refuse('node requested token not bound to a pod');
    if (!ref.uid) refuse('node requested token with a pod binding without a uid');
    const bound = server.registry.find(pods, namespace, ref.name);
    if (!bound) throw errors.notFound({ group: '', resource: 'pods' }, ref.name);
    if (bound.metadata.uid !== ref.uid) throw errors.conflict({ group: '', resource: 'pods' }, ref.name, `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`);
    if (bound.spec.nodeName !== node) refuse('node requested token bound to a pod scheduled on a different node');
  }
}

type Refuse = (why: string) => never;

function ownNode({ operation, object, old }: Admission, node: string, refuse: Refuse): void {
  const name = (object ?? old)!.metadata.name;
  if (name !== node) refuse(`node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(name)}`);
  if (!object) return;
  const labels = changed(object.metadata.labels, old?.metadata.labels).filter((key) => forbiddenLabel(key, operation)).sort();
  if (labels.length > 0) refuse(operation === 'CREATE' ? `is not allowed to set the following labels: ${labels.join(', ')}` : `is not allowed to modify labels: ${labels.join(', ')}`);
  if (operation !== 'UPDATE') return;
  if (!equal(object.spec?.taints ?? [], old!.spec?.taints ?? [])) refuse(`node ${JSON.stringify(node)} is not allowed to modify taints`);
  if (!equal(object.metadata.ownerReferences ?? [], old!.metadata.ownerReferences ?? [])) refuse(`node ${JSON.stringify(node)} is not allowed to modify ownerReferences`);
}

function pod({ operation, object, old }: Admission, node: string, refuse: Refuse): void {
  const self = JSON.stringify(node);
  if (operation === 'DELETE') return old!.spec?.nodeName === node ? undefined : refuse(`node ${self} can only delete pods with spec.nodeName set to itself`);
  if (operation !== 'CREATE') refuse(`unexpected operation ${JSON.stringify(operation)}, node ${self} can only create and delete mirror pods`);
  const { metadata, spec } = object!;
  if (metadata.annotations?.['kubernetes.io/config.mirror'] === undefined) refuse(`pod does not have "kubernetes.io/config.mirror" annotation, node ${self} can only create mirror pods`);
  if (spec.nodeName !== node) refuse(`node ${self} can only create pods with spec.nodeName set to itself`);
  const owners = (metadata.ownerReferences ?? []) as { kind: string; name: string }[];
  if (owners.length > 1) refuse(`node ${self} can only create pods with a single owner reference set to itself`);
  if (owners.length === 0 || owners[0]!.kind !== 'Node' || owners[0]!.name !== node) refuse(`node ${self} can only create pods with an owner reference set to itself`);
  const volumes = (spec.volumes ?? []) as Any[], env = (spec.containers as Any[]).flatMap((c) => [...(c.env ?? []).map((e: Any) => e.valueFrom ?? {}), ...(c.envFrom ?? [])]);
  if (spec.serviceAccountName) refuse(`node ${self} can not create pods that reference a service account`);
  if (spec.imagePullSecrets?.length || volumes.some((v) => v.secret || v.projected) || env.some((e) => e.secretKeyRef || e.secretRef)) refuse(`node ${self} can not create pods that reference secrets`);
  if (volumes.some((v) => v.configMap) || env.some((e) => e.configMapKeyRef || e.configMapRef)) refuse(`node ${self} can not create pods that reference configmaps`);
  if (volumes.some((v) => v.persistentVolumeClaim)) refuse(`node ${self} can not create pods that reference persistentvolumeclaims`);
}

function podStatus({ object, old }: Admission, node: string, refuse: Refuse): void {
  if (old!.spec?.nodeName !== node) refuse(`node ${JSON.stringify(node)} can only update pod status for pods with spec.nodeName set to itself`);
  if (!equal(object!.metadata.labels ?? {}, old!.metadata.labels ?? {})) refuse(`node ${JSON.stringify(node)} cannot update labels through pod status`);
}

function lease({ object, old }: Admission, node: string, refuse: Refuse): void {
  const { name, namespace } = (object ?? old)!.metadata;
  if (namespace !== 'kube-node-lease') refuse('can only access leases in the "kube-node-lease" system namespace');
  if (name !== node) refuse('can only access node lease with the same name as the requesting node');
}

/**
 * Labels of kubernetes.io and k8s.io that a kubelet may put on its node (k8s.io/kubelet/pkg/apis/well_known_labels.go). Departure: and
 * those of its role, which the nodes of our scenarios register with; kubeadm puts them on afterwards, as an administrator.
 */
const KUBELET = /^(node-role\.kubernetes\.io\/.*|node\.kubernetes\.io\/exclude-from-external-load-balancers|kubernetes\.io\/(hostname|arch|os)|beta\.kubernetes\.io\/(instance-type|os|arch)|node\.kubernetes\.io\/instance-type|(failure-domain\.beta|topology)\.kubernetes\.io\/(zone|region)|([^/]+\.)?(kubelet|node)\.kubernetes\.io\/.*)$/;

function forbiddenLabel(key: string, operation: string): boolean {
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  if (domain === 'node-restriction.kubernetes.io' || domain.endsWith('.node-restriction.kubernetes.io')) return true;
  const ofKubernetes = /(^|\.)(kubernetes|k8s)\.io$/.test(domain);
  return operation === 'CREATE' && ofKubernetes && !KUBELET.test(key);
}

function changed(now: KubeObject['metadata']['labels'], then: KubeObject['metadata']['labels']): string[] {
  return [...new Set([...Object.keys(now ?? {}), ...Object.keys(then ?? {})])].filter((key) => now?.[key] !== then?.[key]);
}
