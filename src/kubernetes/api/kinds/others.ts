import type { Kind } from '../kind.ts';
import { badPathSegment } from '../names.ts';
import { rfc3339 } from '../../client/time.ts';
import * as columns from './columns-core.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

const RBAC = 'rbac.authorization.k8s.io';

const role: Kind = { badName: badPathSegment, ...columns.role };

const binding: Kind = {
  badName: badPathSegment,
  defaults: (o) => {
    const ref = (o['roleRef'] ??= {}) as Any;
    if (!ref.apiGroup) ref.apiGroup = RBAC;
    for (const subject of (o['subjects'] ?? []) as Any[]) if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = RBAC;
  },
  ...columns.roleBinding,
};

const ingress: Kind = {
  generation: true,
  ...columns.ingress,
};

const ingressClass: Kind = {
  generation: true,
  ...columns.ingressClass,
};

const networkPolicy: Kind = {
  generation: true,
  defaults: (o) => {
    const spec = (o.spec ??= {});
    spec.policyTypes ??= spec.egress ? ['Ingress', 'Egress'] : ['Ingress'];
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  },
  ...columns.networkPolicy,
};

const podDisruptionBudget: Kind = { generation: true, ...columns.podDisruptionBudget };

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
  ...columns.horizontalPodAutoscaler,
};

const priorityClass: Kind = {
  generation: true,
  defaults: (o) => {
    o['preemptionPolicy'] ??= 'PreemptLowerPriority';
    o['value'] ??= 0;
  },
  ...columns.priorityClass,
};

const storageClass: Kind = {
  defaults: (o) => {
    o['reclaimPolicy'] ??= 'Delete';
    o['volumeBindingMode'] ??= 'Immediate';
  },
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

const certificateSigningRequest: Kind = {
  prepareForCreate: (o, { user }) => {
    Object.assign(o.spec, { username: user.name, groups: user.groups, ...(user.uid ? { uid: user.uid } : {}), ...(user.extra ? { extra: user.extra } : {}) });
    o.status = {};
  },
  prepareForUpdate: (o, old) => {
    o.spec = old.spec;
  },
  prepareStatusUpdate: (o, old, { now }) => stampConditions(o, old, now),
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
  ...columns.customResourceDefinition,
};

export const others: Record<string, Kind> = {
  [`${RBAC}/roles`]: role,
  [`${RBAC}/clusterroles`]: role,
  [`${RBAC}/rolebindings`]: binding,
  [`${RBAC}/clusterrolebindings`]: binding,
  'networking.k8s.io/ingresses': ingress,
  'networking.k8s.io/ingressclasses': ingressClass,
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
