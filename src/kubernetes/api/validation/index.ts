/** What is wrong with an object of each built-in kind, by group/resource (the validation packages below pkg/apis). Loaded by ../validation-of.ts. */
import type { KindValidation } from '../kind.ts';
import { type FieldError, forbiddenValue, goSelector, GoLiteral, invalidValue } from '../field-errors.ts';
import { same } from '../same.ts';
import type { KubeObject } from '../types.ts';
import { validateAutoscaler } from './autoscaling.ts';
import { validateCronJob, validateJob, validateJobUpdate } from './batch.ts';
import { validateSigningRequest } from './certificates.ts';
import { validateConfigMap, validateSecret } from './config.ts';
import { validateDefinition } from './crd.ts';
import { validateIngress, validateIngressClass, validateNetworkPolicy } from './network.ts';
import { validateTaints } from './node.ts';
import { validatePodSpec, validatePodTemplate } from './pod-spec.ts';
import { validatePodUpdate } from './pod-update.ts';
import { validateDisruptionBudget, validateLease, validatePriorityClass, validatePriorityClassUpdate, validateRuntimeClass } from './policy.ts';
import { validateLimitRange, validateQuota, validateQuotaUpdate } from './quota.ts';
import { RBAC, validateBinding, validateBindingUpdate, validateRole } from './rbac.ts';
import { goStrings, IMMUTABLE } from './rules.ts';
import { validateEndpoints, validateService } from './service.ts';
import { validateClaimSpec, validateClaimUpdate, validateStorageClass, validateStorageClassUpdate, validateVolumeSpec, validateVolumeUpdate } from './storage.ts';
import { validateWebhooks } from './webhooks.ts';
import { validateDaemonSet, validateDeployment, validateReplicaSet, validateReplicationController, validateStatefulSet } from './workload.ts';

const immutableSelector = (o: KubeObject, old: KubeObject): FieldError[] => (same(o.spec.selector, old.spec.selector) ? [] : [invalidValue('spec.selector', new GoLiteral(goSelector(o.spec.selector)), 'field is immutable')]);
const binding: KindValidation = { validate: validateBinding, validateUpdate: validateBindingUpdate };
const role: KindValidation = { validate: validateRole };
const webhooks: KindValidation = { validate: validateWebhooks };

export const VALIDATION: Readonly<Record<string, KindValidation>> = {
  '/pods': { validate: ({ spec, metadata }, { minor }) => validatePodSpec(spec, 'spec', { minor, pod: metadata }), validateUpdate: validatePodUpdate },
  '/nodes': { validate: ({ spec }) => validateTaints(spec?.taints), validateUpdate: nodeUpdate },
  '/services': { validate: ({ spec }) => validateService(spec), validateUpdate: serviceUpdate },
  '/secrets': { validate: validateSecret, validateUpdate: (o, old) => [...(o['type'] === old['type'] ? [] : [invalidValue('type', o['type'], 'field is immutable')]), ...immutableData(o, old)] },
  '/configmaps': { validate: validateConfigMap, validateUpdate: immutableData },
  '/endpoints': { validate: validateEndpoints },
  '/persistentvolumes': { validate: ({ spec }) => validateVolumeSpec(spec, 'spec'), validateUpdate: (o, old) => validateVolumeUpdate(o.spec, old.spec) },
  '/persistentvolumeclaims': { validate: ({ spec }) => validateClaimSpec(spec, 'spec'), validateUpdate: validateClaimUpdate },
  '/limitranges': { validate: ({ spec }) => validateLimitRange(spec) },
  '/resourcequotas': { validate: ({ spec }) => validateQuota(spec), validateUpdate: (o, old) => validateQuotaUpdate(o.spec, old.spec) },
  '/podtemplates': { validate: (o, { minor }) => validatePodTemplate(o['template'], 'template', minor) },
  '/replicationcontrollers': { validate: (o, { minor }) => validateReplicationController(o, minor) },
  'apps/deployments': { validate: (o, { minor }) => validateDeployment(o, minor), validateUpdate: immutableSelector },
  'apps/replicasets': { validate: (o, { minor }) => validateReplicaSet(o, minor), validateUpdate: immutableSelector },
  'apps/daemonsets': { validate: (o, { minor }) => validateDaemonSet(o, minor), validateUpdate: immutableSelector },
  'apps/statefulsets': { validate: validateStatefulSet, validateUpdate: statefulSetUpdate },
  'batch/jobs': { validate: (o, { minor }) => validateJob(o.spec, minor), validateUpdate: (o, old) => validateJobUpdate(o.spec, old.spec) },
  'batch/cronjobs': { validate: (o, { minor, old }) => validateCronJob(o, minor, !old) },
  [`${RBAC}/roles`]: role,
  [`${RBAC}/clusterroles`]: role,
  [`${RBAC}/rolebindings`]: binding,
  [`${RBAC}/clusterrolebindings`]: binding,
  'networking.k8s.io/ingresses': { validate: validateIngressObject },
  'networking.k8s.io/ingressclasses': { validate: ({ spec }) => validateIngressClass(spec ?? {}), validateUpdate: ({ spec }, old) => (spec.controller === old.spec.controller ? [] : [invalidValue('spec.controller', spec.controller, IMMUTABLE)]) },
  'networking.k8s.io/networkpolicies': { validate: ({ spec }) => validateNetworkPolicy(spec) },
  'policy/poddisruptionbudgets': { validate: ({ spec }) => validateDisruptionBudget(spec ?? {}) },
  'autoscaling/horizontalpodautoscalers': { validate: ({ spec }) => validateAutoscaler(spec) },
  'scheduling.k8s.io/priorityclasses': { validate: validatePriorityClass, validateUpdate: validatePriorityClassUpdate },
  'storage.k8s.io/storageclasses': { validate: validateStorageClass, validateUpdate: validateStorageClassUpdate },
  'coordination.k8s.io/leases': { validate: validateLease },
  'node.k8s.io/runtimeclasses': { validate: validateRuntimeClass, validateUpdate: (o, old) => (o['handler'] === old['handler'] ? [] : [invalidValue('handler', o['handler'], IMMUTABLE)]) },
  'certificates.k8s.io/certificatesigningrequests': { validate: validateSigningRequest },
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': webhooks,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': webhooks,
  'apiextensions.k8s.io/customresourcedefinitions': { validate: validateDefinition },
};

function nodeUpdate(o: KubeObject, old: KubeObject): FieldError[] {
  const out: FieldError[] = [];
  const changed = (field: string) => old.spec?.[field] !== undefined && !same(o.spec?.[field], old.spec?.[field]);
  if (changed('podCIDR') || changed('podCIDRs')) out.push(forbiddenValue('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  if (changed('providerID')) out.push(forbiddenValue('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  return out;
}

function serviceUpdate({ spec }: KubeObject, { spec: was }: KubeObject): FieldError[] {
  if (spec.type === 'ExternalName' || was.type === 'ExternalName' || !was.clusterIP || spec.clusterIPs?.[0] === was.clusterIPs?.[0]) return [];
  return [invalidValue('spec.clusterIPs[0]', goStrings(spec.clusterIPs ?? []), 'may not change once set')];
}

function immutableData(o: KubeObject, old: KubeObject): FieldError[] {
  if (old['immutable'] !== true) return [];
  const out: FieldError[] = [];
  if (o['immutable'] !== true) out.push(forbiddenValue('immutable', 'field is immutable when `immutable` is set'));
  for (const field of ['data', 'binaryData']) if (!same(o[field], old[field])) out.push(forbiddenValue(field, 'field is immutable when `immutable` is set'));
  return out;
}

function statefulSetUpdate(o: KubeObject, old: KubeObject): FieldError[] {
  const { replicas: _, template: __, updateStrategy: ___, minReadySeconds: ____, persistentVolumeClaimRetentionPolicy: _____, ordinals: ______, revisionHistoryLimit: r1, ...now } = o.spec;
  const { replicas: _a, template: _b, updateStrategy: _c, minReadySeconds: _d, persistentVolumeClaimRetentionPolicy: _e, ordinals: _f, revisionHistoryLimit: r2, ...was } = old.spec;
  return same(now, was) && r1 === r2 ? [] : [forbiddenValue('spec', "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")];
}

function validateIngressObject({ spec, metadata }: KubeObject, { old }: { old?: KubeObject | undefined }): FieldError[] {
  const annotation = metadata.annotations?.['kubernetes.io/ingress.class'], out = validateIngress(spec);
  return old || annotation === undefined || spec.ingressClassName === undefined || annotation === spec.ingressClassName ? out : [...out, invalidValue('annotations.kubernetes.io/ingress.class', annotation, 'must match `ingressClassName` when both are specified')];
}
