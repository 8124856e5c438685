import { atob } from '../base64.ts';
import type { Kind } from '../kind.ts';
import { badDns1123Subdomain, badPathSegment, badWildcardSubdomain } from '../names.ts';
import { type FieldError, GoLiteral, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import { intOrPercent, validateSelector } from './workload-validation.ts';
import { rfc3339 } from '../../client/time.ts';
import { same } from './same.ts';
import * as columns from './columns-core.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

const RBAC = 'rbac.authorization.k8s.io';

const role: Kind = {
  badName: badPathSegment,
  validate: (o) => {
    const out: FieldError[] = [];
    ((o['rules'] ?? []) as Any[]).forEach((rule, i) => {
      const at = `rules[${i}]`;
      if (!rule.verbs?.length) out.push(requiredValue(`${at}.verbs`, 'verbs must contain at least one value'));
      if (rule.nonResourceURLs?.length) {
        if (o.metadata.namespace) out.push(invalidValue(`${at}.nonResourceURLs`, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
        if (rule.apiGroups?.length || rule.resources?.length) out.push(invalidValue(`${at}.nonResourceURLs`, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
        return;
      }
      if (!rule.apiGroups?.length) out.push(requiredValue(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
      if (!rule.resources?.length) out.push(requiredValue(`${at}.resources`, 'resource rules must supply at least one resource'));
    });
    return out;
  },
  ...columns.role,
};

const binding: Kind = {
  badName: badPathSegment,
  defaults: (o) => {
    const ref = (o['roleRef'] ??= {}) as Any;
    if (!ref.apiGroup) ref.apiGroup = RBAC;
    for (const subject of (o['subjects'] ?? []) as Any[]) if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = RBAC;
  },
  validate: (o) => {
    const out: FieldError[] = [], ref = o['roleRef'] as Any;
    const kinds = o.kind === 'ClusterRoleBinding' ? ['ClusterRole'] : ['Role', 'ClusterRole'];
    if (!kinds.includes(ref.kind)) out.push(notSupported('roleRef.kind', ref.kind ?? '', kinds));
    if (!ref.name) out.push(requiredValue('roleRef.name'));
    ((o['subjects'] ?? []) as Any[]).forEach((s, i) => {
      const at = `subjects[${i}]`;
      if (!s.name) out.push(requiredValue(`${at}.name`));
      if (s.kind === 'ServiceAccount') {
        if (s.name) for (const why of badDns1123Subdomain(s.name)) out.push(invalidValue(`${at}.name`, s.name, why));
        if (!s.namespace) out.push(requiredValue(`${at}.namespace`));
      } else if (s.kind !== 'User' && s.kind !== 'Group') out.push(notSupported(`${at}.kind`, s.kind ?? '', ['ServiceAccount', 'User', 'Group']));
    });
    return out;
  },
  validateUpdate: (o, old) => (same(o['roleRef'], old['roleRef']) ? [] : [invalidValue('roleRef', o['roleRef'], 'cannot change roleRef')]),
  ...columns.roleBinding,
};

const ingress: Kind = {
  generation: true,
  validate: ({ spec }) => {
    const out: FieldError[] = [];
    if (!spec.rules?.length && !spec.defaultBackend) out.push(invalidValue('spec', spec.rules, 'either `defaultBackend` or `rules` must be specified'));
    ((spec.rules ?? []) as Any[]).forEach((rule, i) => {
      const at = `spec.rules[${i}]`;
      if (rule.host) {
        const bad = rule.host.includes('*') ? badWildcardSubdomain(rule.host) : badDns1123Subdomain(rule.host);
        for (const why of bad) out.push(invalidValue(`${at}.host`, rule.host, why));
      }
      if (rule.http && !rule.http.paths?.length) out.push(requiredValue(`${at}.http.paths`));
      ((rule.http?.paths ?? []) as Any[]).forEach((p, j) => {
        const path = `${at}.http.paths[${j}]`;
        if (p.pathType === undefined) out.push(requiredValue(`${path}.pathType`, 'pathType must be specified'));
        else if (!['Exact', 'Prefix', 'ImplementationSpecific'].includes(p.pathType)) out.push(notSupported(`${path}.pathType`, p.pathType, ['Exact', 'ImplementationSpecific', 'Prefix']));
        else if (p.pathType !== 'ImplementationSpecific' && !p.path?.startsWith('/')) out.push(invalidValue(`${path}.path`, p.path ?? '', 'must be an absolute path'));
        out.push(...ingressBackend(p.backend, `${path}.backend`));
      });
    });
    if (spec.defaultBackend) out.push(...ingressBackend(spec.defaultBackend, 'spec.defaultBackend'));
    return out;
  },
  ...columns.ingress,
};

function ingressBackend(backend: Any, at: string): FieldError[] {
  if (backend?.resource && backend.service) return [invalidValue(at, '', 'cannot set both resource and service backends')];
  if (backend?.resource) return [];
  if (!backend?.service) return [requiredValue(at, 'resource or service backend is required')];
  const out: FieldError[] = [], { name, port } = backend.service;
  if (!name) out.push(requiredValue(`${at}.service.name`));
  if (!port || (port.name === undefined && port.number === undefined)) out.push(requiredValue(at, 'port name or number is required'));
  else if (port.name && port.number) out.push(invalidValue(at, '', 'cannot set both port name & port number'));
  return out;
}

const networkPolicy: Kind = {
  generation: true,
  defaults: (o) => {
    const spec = (o.spec ??= {});
    spec.policyTypes ??= spec.egress ? ['Ingress', 'Egress'] : ['Ingress'];
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  },
  validate: ({ spec }) => {
    const out = validateSelector(spec.podSelector ?? {}, 'spec.podSelector');
    const peers = (list: Any[] | undefined, at: string, key: string) => (list ?? []).forEach((rule, i) => (rule[key] ?? []).forEach((peer: Any, j: number) => {
      const path = `${at}[${i}].${key}[${j}]`;
      if (!peer.podSelector && !peer.namespaceSelector && !peer.ipBlock) out.push(requiredValue(path, 'must specify a peer'));
      if (peer.ipBlock && (peer.podSelector || peer.namespaceSelector)) out.push({ type: 'FieldValueForbidden', field: path, message: 'Forbidden: may not specify both ipBlock and another peer' });
      if (peer.ipBlock && !/^[0-9a-fA-F.:]+\/\d+$/.test(peer.ipBlock.cidr ?? '')) out.push(invalidValue(`${path}.ipBlock.cidr`, peer.ipBlock.cidr ?? '', 'not a valid CIDR'));
    }));
    peers(spec.ingress, 'spec.ingress', 'from');
    peers(spec.egress, 'spec.egress', 'to');
    return out;
  },
  ...columns.networkPolicy,
};

const podDisruptionBudget: Kind = {
  generation: true,
  validate: ({ spec }) => {
    const out: FieldError[] = [];
    if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) out.push(invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
    out.push(...intOrPercent(spec.minAvailable, 'spec.minAvailable'), ...intOrPercent(spec.maxUnavailable, 'spec.maxUnavailable'));
    if (spec.selector) out.push(...validateSelector(spec.selector, 'spec.selector'));
    return out;
  },
  ...columns.podDisruptionBudget,
};

const horizontalPodAutoscaler: Kind = {
  defaults: ({ spec }) => {
    spec.minReplicas ??= 1;
    if (!spec.metrics?.length) spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];
    // Stored as autoscaling/v1, whose one field for the CPU is read back after the others.
    const isCpu = (m: { resource?: { name: string; target: { averageUtilization?: number } } }) => m.resource?.name === 'cpu' && m.resource.target?.averageUtilization !== undefined;
    const at = spec.metrics.findIndex(isCpu);
    if (at >= 0) spec.metrics.push(...spec.metrics.splice(at, 1));
    const { behavior } = spec;
    if (!behavior) return;
    behavior.scaleUp = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }], ...behavior.scaleUp };
    behavior.scaleDown = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }], ...behavior.scaleDown };
  },
  prepareForCreate: (o) => {
    o.status = { currentMetrics: null, desiredReplicas: 0 };
  },
  validate: ({ spec }) => {
    const out: FieldError[] = [];
    if (spec.minReplicas < 1) out.push(invalidValue('spec.minReplicas', spec.minReplicas, 'must be greater than or equal to 1'));
    if (!(spec.maxReplicas >= 1)) out.push(invalidValue('spec.maxReplicas', spec.maxReplicas ?? 0, 'must be greater than 0'));
    if (spec.maxReplicas < spec.minReplicas) out.push(invalidValue('spec.maxReplicas', spec.maxReplicas, 'must be greater than or equal to `minReplicas`'));
    if (!spec.scaleTargetRef?.kind) out.push(requiredValue('spec.scaleTargetRef.kind'));
    if (!spec.scaleTargetRef?.name) out.push(requiredValue('spec.scaleTargetRef.name'));
    return out;
  },
  ...columns.horizontalPodAutoscaler,
};

const priorityClass: Kind = {
  generation: true,
  defaults: (o) => {
    o['preemptionPolicy'] ??= 'PreemptLowerPriority';
    o['value'] ??= 0;
  },
  validate: (o) => {
    if (o.metadata.name.startsWith('system-') && !['system-cluster-critical', 'system-node-critical'].includes(o.metadata.name)) return [{ type: 'FieldValueForbidden', field: 'metadata.name', message: "Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: " + `${o.metadata.name} is not a known system priority class` }];
    if ((o['value'] as number) > 1_000_000_000 && !o.metadata.name.startsWith('system-')) return [{ type: 'FieldValueForbidden', field: 'value', message: 'Forbidden: maximum allowed value of a user defined priority is 1000000000' }];
    return [];
  },
  validateUpdate: (o, old) => [
    ...(o['value'] === old['value'] ? [] : [{ type: 'FieldValueForbidden', field: 'value', message: 'Forbidden: may not be changed in an update.' }]),
    ...(o['preemptionPolicy'] === old['preemptionPolicy'] ? [] : [invalidValue('preemptionPolicy', o['preemptionPolicy'], 'field is immutable')]),
  ],
  ...columns.priorityClass,
};

const storageClass: Kind = {
  defaults: (o) => {
    o['reclaimPolicy'] ??= 'Delete';
    o['volumeBindingMode'] ??= 'Immediate';
  },
  validate: (o) => (o['provisioner'] ? [] : [requiredValue('provisioner')]),
  validateUpdate: (o, old) => ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'].filter((f) => !same(o[f], old[f])).map((f) => (f === 'reclaimPolicy' ? { type: 'FieldValueForbidden', field: f, message: 'Forbidden: updates to reclaimPolicy are forbidden.' } : { type: 'FieldValueForbidden', field: f, message: `Forbidden: updates to ${f} are forbidden.` })),
  ...columns.storageClass,
};

const endpointSlice: Kind = {
  generation: true,
  defaults: (o) => {
    for (const port of (o['ports'] ?? []) as Any[]) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  ...columns.endpointSlice,
};

const USAGES = ['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping'];

const certificateSigningRequest: Kind = {
  prepareForCreate: (o, { user }) => {
    Object.assign(o.spec, { username: user.name, groups: user.groups, ...(user.uid ? { uid: user.uid } : {}), ...(user.extra ? { extra: user.extra } : {}) });
    o.status = {};
  },
  prepareForUpdate: (o, old) => {
    o.spec = old.spec;
  },
  prepareStatusUpdate: (o, old, { now }) => stampConditions(o, old, now),
  validate: ({ spec }) => {
    const out: FieldError[] = [];
    if (!spec.request) out.push(requiredValue('spec.request', ''));
    else if (!/^-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(decodeText(spec.request))) out.push(invalidValue('spec.request', new GoLiteral(goBytes(spec.request)), 'PEM block type must be CERTIFICATE REQUEST'));
    if (!spec.usages?.length) out.push(requiredValue('spec.usages', 'usages must be specified'));
    (spec.usages as string[] | undefined)?.forEach((u, i) => {
      if (!USAGES.includes(u)) out.push(notSupported(`spec.usages[${i}]`, u, USAGES));
    });
    if (!spec.signerName) out.push(requiredValue('spec.signerName', 'must be in the form <signer-domain>/<path>'));
    else if (!spec.signerName.includes('/')) out.push(invalidValue('spec.signerName', spec.signerName, 'must be a fully qualified domain and path of the form \'example.com/signer-name\''));
    if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600) out.push(invalidValue('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
    return out;
  },
  fields: { 'spec.signerName': (o) => o.spec?.signerName ?? '' },
  ...columns.certificateSigningRequest,
};

/** Approvals get their times from the server. */
export function stampConditions(o: Any, old: Any, now: number): void {
  for (const c of o.status?.conditions ?? []) {
    const before = (old.status?.conditions ?? []).find((x: Any) => x.type === c.type);
    c.lastUpdateTime ??= rfc3339(now);
    c.lastTransitionTime ??= before?.lastTransitionTime ?? rfc3339(now);
  }
}

/** Go's %#v of the bytes that base64 text stands for. */
function goBytes(base64: string): string {
  return `[]byte{${[...decodeText(base64)].map((c) => `0x${c.charCodeAt(0).toString(16)}`).join(', ')}}`;
}

function decodeText(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}

const webhooks: Kind = {
  generation: true,
  defaults: (o) => {
    for (const hook of (o['webhooks'] ?? []) as Any[]) {
      hook.failurePolicy ??= 'Fail';
      hook.matchPolicy ??= 'Equivalent';
      hook.namespaceSelector ??= {};
      hook.objectSelector ??= {};
      hook.timeoutSeconds ??= 10;
      if (o.kind === 'MutatingWebhookConfiguration') hook.reinvocationPolicy ??= 'Never';
      for (const rule of hook.rules ?? []) rule.scope ??= '*';
      if (hook.clientConfig?.service) hook.clientConfig.service.port ??= 443;
    }
  },
  ...columns.webhookConfiguration,
};

const customResourceDefinition: Kind = {
  generation: true,
  defaults: ({ spec }) => {
    const names = (spec.names ??= {});
    names.singular ??= (names.kind ?? '').toLowerCase();
    names.listKind ??= `${names.kind}List`;
    spec.conversion ??= { strategy: 'None' };
  },
  // The naming and establishing controllers of the real server do this a moment later.
  prepareForCreate: (o, { now }) => {
    const at = rfc3339(now);
    o.status = {
      acceptedNames: o.spec.names,
      conditions: [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found', lastTransitionTime: at },
        { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted', lastTransitionTime: at },
      ],
      storedVersions: (o.spec.versions ?? []).filter((v: Any) => v.storage).map((v: Any) => v.name),
    };
  },
  prepareForUpdate: (o, old) => {
    o.status = { ...old.status, acceptedNames: o.spec.names };
  },
  validate: ({ spec, metadata }) => {
    const out: FieldError[] = [];
    if (!spec.group) out.push(requiredValue('spec.group'));
    if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') out.push(spec.scope ? notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']) : requiredValue('spec.scope'));
    ((spec.versions ?? []) as Any[]).forEach((v, i) => {
      const schema = v.schema?.openAPIV3Schema;
      if (!schema) out.push(requiredValue(`spec.versions[${i}].schema.openAPIV3Schema`, 'schemas are required'));
      else if (schema.type === undefined) out.push(requiredValue(`spec.versions[${i}].schema.openAPIV3Schema.type`, 'must not be empty at the root'));
    });
    if ((spec.versions ?? []).filter((v: Any) => v.storage).length !== 1) out.push(invalidValue('spec.versions', spec.versions, 'must have exactly one version marked as storage version'));
    for (const field of ['plural', 'kind']) if (!spec.names?.[field]) out.push(requiredValue(`spec.names.${field}`));
    if (metadata.name !== `${spec.names?.plural}.${spec.group}`) out.push(invalidValue('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
    if (/(^|\.)(k8s\.io|kubernetes\.io)$/.test(spec.group ?? '') && !metadata.annotations?.['api-approved.kubernetes.io']) out.push(requiredValue('metadata.annotations[api-approved.kubernetes.io]', 'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111'));
    return out;
  },
  ...columns.customResourceDefinition,
};

export const others: Record<string, Kind> = {
  [`${RBAC}/roles`]: role,
  [`${RBAC}/clusterroles`]: role,
  [`${RBAC}/rolebindings`]: binding,
  [`${RBAC}/clusterrolebindings`]: binding,
  'networking.k8s.io/ingresses': ingress,
  'networking.k8s.io/ingressclasses': { generation: true, ...columns.ingressClass },
  'networking.k8s.io/networkpolicies': networkPolicy,
  'policy/poddisruptionbudgets': podDisruptionBudget,
  'autoscaling/horizontalpodautoscalers': horizontalPodAutoscaler,
  'scheduling.k8s.io/priorityclasses': priorityClass,
  'storage.k8s.io/storageclasses': storageClass,
  'storage.k8s.io/volumeattachments': { ...columns.volumeAttachment },
  'storage.k8s.io/csinodes': { ...columns.csiNode },
  'storage.k8s.io/csidrivers': { ...columns.csiDriver },
  'coordination.k8s.io/leases': { createOnUpdate: true, ...columns.lease },
  'node.k8s.io/runtimeclasses': { ...columns.runtimeClass },
  'discovery.k8s.io/endpointslices': endpointSlice,
  'certificates.k8s.io/certificatesigningrequests': certificateSigningRequest,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': webhooks,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': webhooks,
  'flowcontrol.apiserver.k8s.io/flowschemas': { generation: true, ...columns.flowSchema },
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': { generation: true, ...columns.priorityLevelConfiguration },
  'apiregistration.k8s.io/apiservices': { ...columns.apiService },
  'apiextensions.k8s.io/customresourcedefinitions': customResourceDefinition,
};
