import { btoa } from '../base64.ts';
import type { KubeObject } from '../types.ts';
import type { Kind } from '../kind.ts';
import { badDns1123Label } from '../names.ts';
import { podSpecDefaults } from './pod-defaults.ts';
import { qosClass } from './qos.ts';
import { service } from './service.ts';
import { persistentVolume, persistentVolumeClaim } from './volumes.ts';
import * as workloads from './columns-workloads.ts';
import * as columns from './columns-core.ts';

const pod: Kind = {
  defaults: ({ spec }) => podSpecDefaults(spec, true),
  prepareForCreate: (o) => {
    o.status = { phase: 'Pending', qosClass: qosClass(o.spec) };
    if (o.spec.schedulingGates?.length) o.status.conditions = [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates', lastProbeTime: null, lastTransitionTime: null }];
  },
  prepareStatusUpdate: (o, old) => {
    if (old.status?.qosClass) o.status.qosClass ??= old.status.qosClass;
    if (o.metadata.deletionTimestamp !== undefined && o.metadata.deletionTimestamp === null) delete o.metadata.deletionTimestamp;
  },
  fields: {
    'spec.nodeName': (o) => o.spec?.nodeName ?? '', 'spec.restartPolicy': (o) => o.spec?.restartPolicy ?? '', 'spec.schedulerName': (o) => o.spec?.schedulerName ?? '', 'spec.serviceAccountName': (o) => o.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (o) => String(o.spec?.hostNetwork ?? false), 'status.phase': (o) => o.status?.phase ?? '', 'status.podIP': (o) => o.status?.podIP ?? '', 'status.nominatedNodeName': (o) => o.status?.nominatedNodeName ?? '',
  },
  ...workloads.pod,
};

const node: Kind = {
  keepsStatus: true,
  defaults: (o) => {
    const status = (o.status ??= {});
    if (status.capacity) {
      status.allocatable ??= {};
      for (const name of Object.keys(status.capacity)) status.allocatable[name] ??= status.capacity[name];
    }
  },
  fields: { 'spec.unschedulable': (o) => String(o.spec?.unschedulable ?? false) },
  ...columns.node,
};

const namespace: Kind = {
  defaults: (o) => {
    if (o.metadata.name) (o.metadata.labels ??= {})['kubernetes.io/metadata.name'] ??= o.metadata.name;
  },
  prepareForCreate: (o) => {
    o.status = { phase: 'Active' };
    const finalizers = ((o.spec ??= {}).finalizers ??= []) as string[];
    if (!finalizers.includes('kubernetes')) finalizers.push('kubernetes');
    (o.metadata.labels ??= {})['kubernetes.io/metadata.name'] = o.metadata.name;
  },
  prepareForUpdate: (o, old) => {
    o.spec = old.spec;
    o.status = old.status;
  },
  badName: badDns1123Label,
  fields: { 'status.phase': (o) => o.status?.phase ?? '' },
  ...columns.namespace,
};

const secret: Kind = {
  defaults: (o) => {
    o['type'] ??= 'Opaque';
    const text = o['stringData'] as Record<string, string> | undefined;
    if (!text) return;
    const data = (o['data'] ??= {}) as Record<string, string>;
    for (const key of Object.keys(text)) data[key] = base64(text[key]!);
    delete o['stringData'];
  },
  prepareForUpdate: (o, old) => {
    if (o['type'] === undefined) o['type'] = old['type'];
  },
  fields: { type: (o) => (o['type'] as string | undefined) ?? '' },
  ...columns.secret,
};

const configMap: Kind = { ...columns.configMap };

const serviceAccount: Kind = { ...columns.serviceAccount };

const endpoints: Kind = {
  createOnUpdate: true,
  defaults: (o) => {
    for (const subset of (o['subsets'] ?? []) as { ports?: { protocol?: string }[] }[]) for (const port of subset.ports ?? []) port.protocol ??= 'TCP';
  },
  ...columns.endpoints,
};

const event: Kind = {
  createOnUpdate: true,
  fields: {
    'involvedObject.kind': (o) => about(o).kind ?? '', 'involvedObject.namespace': (o) => about(o).namespace ?? '', 'involvedObject.name': (o) => about(o).name ?? '', 'involvedObject.uid': (o) => about(o).uid ?? '',
    'involvedObject.apiVersion': (o) => about(o).apiVersion ?? '', 'involvedObject.resourceVersion': (o) => about(o).resourceVersion ?? '', 'involvedObject.fieldPath': (o) => about(o).fieldPath ?? '',
    reason: (o) => (o['reason'] as string | undefined) ?? '', reportingComponent: (o) => (o['reportingComponent'] as string | undefined) ?? '', source: (o) => (o['source'] as { component?: string } | undefined)?.component ?? '', type: (o) => (o['type'] as string | undefined) ?? '',
  },
  ...columns.event,
};
function about(o: KubeObject): Record<string, string | undefined> {
  return (o['involvedObject'] ?? {}) as Record<string, string | undefined>;
}

const limitRange: Kind = {
  defaults: ({ spec }) => {
    for (const item of spec?.limits ?? []) {
      if (item.type !== 'Container') continue;
      if (item.max) item.default = { ...item.max, ...item.default };
      if (item.default) item.defaultRequest = { ...item.default, ...item.defaultRequest };
      if (item.min) item.defaultRequest = { ...item.min, ...item.defaultRequest };
    }
  },
  ...columns.limitRange,
};

const resourceQuota: Kind = { ...columns.resourceQuota };

const podTemplate: Kind = { generation: true, defaults: (o) => podSpecDefaults(((o['template'] ??= {}) as { spec?: object }).spec ??= {}, false), ...workloads.podTemplate };

function base64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export const core: Record<string, Kind> = {
  '/pods': pod,
  '/nodes': node,
  '/namespaces': namespace,
  '/services': service,
  '/secrets': secret,
  '/configmaps': configMap,
  '/serviceaccounts': serviceAccount,
  '/endpoints': endpoints,
  '/events': event,
  'events.k8s.io/events': event,
  '/persistentvolumes': persistentVolume,
  '/persistentvolumeclaims': persistentVolumeClaim,
  '/limitranges': limitRange,
  '/resourcequotas': resourceQuota,
  '/podtemplates': podTemplate,
  '/componentstatuses': { ...columns.componentStatus },
};
