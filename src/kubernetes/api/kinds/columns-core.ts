import type { KubeObject } from '../types.ts';
import { age } from '../duration.ts';
import { columns, formatLabels, formatLabelSelector } from './column.ts';

/** Tables of the other kinds (pkg/printers/internalversion/printers.go). */

export const service = columns('Name Type Cluster-IP External-IP Port(s) Age +Selector', (o, now) => {
  const { spec, status } = o;
  const ports = (spec.ports ?? []).map((p: { port: number; nodePort?: number; protocol: string }) => (p.nodePort ? `${p.port}:${p.nodePort}/${p.protocol}` : `${p.port}/${p.protocol}`)).join(',');
  return [o.metadata.name, spec.type, spec.type === 'ExternalName' ? '<none>' : spec.clusterIP || '<none>', externalIp(spec, status), ports || '<none>', age(o.metadata.creationTimestamp, now), formatLabels(spec.selector)];
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any
function externalIp(spec: any, status: any): string {
  const own: string[] = spec.externalIPs ?? [];
  if (spec.type === 'LoadBalancer') {
    const given = (status?.loadBalancer?.ingress ?? []).map((i: { ip?: string; hostname?: string }) => i.ip ?? i.hostname ?? '');
    const all = [...new Set([...given, ...own])].filter((x) => x !== '').sort();
    return all.length > 0 ? all.join(',') : '<pending>';
  }
  if (spec.type === 'ExternalName') return spec.externalName;
  return own.length > 0 ? own.join(',') : '<none>';
}

export const endpoints = columns('Name Endpoints Age', (o, now) => [o.metadata.name, formatEndpoints(o['subsets'] as Subset[] | undefined), age(o.metadata.creationTimestamp, now)]);

interface Subset { addresses?: { ip: string }[]; ports?: { port: number; name?: string }[] }

function formatEndpoints(subsets: Subset[] | undefined): string {
  if (!subsets?.length) return '<none>';
  const list: string[] = [];
  let more = false, count = 0;
  for (const { addresses = [], ports = [] } of subsets) {
    if (ports.length === 0) {
      count += addresses.length;
      for (const { ip } of addresses) {
        if (list.length === 3) more = true;
        else list.push(ip);
      }
    } else {
      count += addresses.length * ports.length;
      for (const { port } of ports) {
        for (const { ip } of addresses) {
          if (list.length === 3) {
            more = true;
            break;
          }
          list.push(`${ip}:${port}`);
        }
      }
    }
  }
  const text = list.join(',');
  return more ? `${text} + ${count - 3} more...` : text || '<none>';
}

export const endpointSlice = columns('Name AddressType Ports Endpoints Age', (o, now) => {
  const ports = ((o['ports'] as { port?: number }[] | undefined) ?? []).map((p) => p.port ?? '*');
  const addresses = ((o['endpoints'] as { addresses: string[] }[] | undefined) ?? []).flatMap((e) => e.addresses);
  const few = (list: unknown[], max: number) => (list.length === 0 ? '<unset>' : list.length > max ? `${list.slice(0, max).join(',')} + ${list.length - max} more...` : list.join(','));
  return [o.metadata.name, o['addressType'] as string, few(ports, 3), few(addresses, 3), age(o.metadata.creationTimestamp, now)];
});

export const node = columns('Name Status Roles Age Version +Internal-IP +External-IP +OS-Image +Kernel-Version +Container-Runtime', (o, now) => {
  const ready = (o.status?.conditions ?? []).find((c: { type: string }) => c.type === 'Ready');
  const words = [!ready ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (o.spec?.unschedulable) words.push('SchedulingDisabled');
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(o.metadata.labels ?? {})) {
    if (key.startsWith('node-role.kubernetes.io/') && key.length > 24) roles.add(key.slice(24));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  const address = (type: string) => (o.status?.addresses ?? []).find((a: { type: string }) => a.type === type)?.address ?? '<none>';
  const info = o.status?.nodeInfo ?? {};
  return [
    o.metadata.name, words.join(','), [...roles].sort().join(',') || '<none>', age(o.metadata.creationTimestamp, now), info.kubeletVersion ?? '', address('InternalIP'), address('ExternalIP'),
    info.osImage || '<unknown>', info.kernelVersion || '<unknown>', info.containerRuntimeVersion || '<unknown>',
  ];
});

export const event = columns('Last_Seen Type Reason Object +Subobject +Source Message +First_Seen +Count:integer +Name', (o, now) => {
  const since = (time: unknown) => (typeof time === 'string' ? age(time, now) : undefined);
  const series = o['series'] as { count: number; lastObservedTime: string } | undefined;
  const first = since(o['firstTimestamp'] ?? o['deprecatedFirstTimestamp']) ?? since(o['eventTime']) ?? '<unknown>';
  const last = series ? since(series.lastObservedTime) : since(o['lastTimestamp'] ?? o['deprecatedLastTimestamp']) ?? (o['lastTimestamp'] ?? o['deprecatedLastTimestamp'] ? undefined : since(o['eventTime']));
  const about = (o['involvedObject'] ?? o['regarding'] ?? {}) as { kind?: string; name?: string; fieldPath?: string };
  const source = (o['source'] ?? o['deprecatedSource'] ?? {}) as { component?: string; host?: string };
  const component = source.component ?? ((o['reportingComponent'] ?? o['reportingController']) as string | undefined) ?? '', host = source.component ? source.host ?? '' : (o['reportingInstance'] as string | undefined) ?? '';
  const count = series?.count ?? ((o['count'] ?? o['deprecatedCount']) as number | undefined) ?? 1;
  return [
    last ?? '<unknown>', (o['type'] as string | undefined) ?? '', (o['reason'] as string | undefined) ?? '', about.name ? `${(about.kind ?? '').toLowerCase()}/${about.name}` : (about.kind ?? '').toLowerCase(), about.fieldPath ?? '',
    host ? `${component}, ${host}` : component, (((o['message'] ?? o['note']) as string | undefined) ?? '').trim(), first, count, o.metadata.name,
  ];
});

export const namespace = columns('Name Status Age', (o, now) => [o.metadata.name, o.status?.phase ?? '', age(o.metadata.creationTimestamp, now)]);

export const secret = columns('Name Type Data Age', (o, now) => [o.metadata.name, o['type'] as string, Object.keys(o['data'] ?? {}).length, age(o.metadata.creationTimestamp, now)]);

export const configMap = columns('Name Data Age', (o, now) => [o.metadata.name, Object.keys(o['data'] ?? {}).length + Object.keys(o['binaryData'] ?? {}).length, age(o.metadata.creationTimestamp, now)]);

export const serviceAccount = columns('Name Secrets Age', (o, now) => [o.metadata.name, (o['secrets'] as unknown[] | undefined)?.length ?? 0, age(o.metadata.creationTimestamp, now)]);

const MODES: Record<string, string> = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };
/** In the fixed order, each once. */
export function accessModes(modes: string[] | undefined): string {
  return Object.keys(MODES).filter((m) => modes?.includes(m)).map((m) => MODES[m]).join(',');
}

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

export const persistentVolume = columns('Name Capacity Access_Modes Reclaim_Policy Status Claim StorageClass Reason Age +VolumeMode', (o, now) => {
  const { spec, status, metadata } = o;
  const claim = spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '';
  const phase = metadata.deletionTimestamp !== undefined ? 'Terminating' : status?.phase ?? '';
  return [metadata.name, spec.capacity?.storage ?? '0', accessModes(spec.accessModes), spec.persistentVolumeReclaimPolicy ?? '', phase, claim, metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? '', status?.reason ?? '', age(metadata.creationTimestamp, now), spec.volumeMode ?? '<unset>'];
});

export const persistentVolumeClaim = columns('Name Status Volume Capacity Access_Modes StorageClass Age +VolumeMode', (o, now) => {
  const { spec, status = {}, metadata } = o;
  const bound = Boolean(spec.volumeName);
  return [
    metadata.name, metadata.deletionTimestamp !== undefined ? 'Terminating' : status.phase ?? '', spec.volumeName ?? '', bound ? status.capacity?.storage ?? '0' : '', bound ? accessModes(status.accessModes) : '',
    metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? '', age(metadata.creationTimestamp, now), spec.volumeMode ?? '<unset>',
  ];
});

export const resourceQuota = columns('Name Age Request Limit', (o, now) => {
  const hard = (o.status?.hard ?? {}) as Record<string, string>, used = (o.status?.used ?? {}) as Record<string, string>;
  const names = Object.keys(hard).sort();
  const text = (list: string[]) => list.map((n) => `${n}: ${used[n] ?? '0'}/${hard[n]}`).join(', ');
  return [o.metadata.name, age(o.metadata.creationTimestamp, now), text(names.filter((n) => !n.startsWith('limits'))), text(names.filter((n) => n.startsWith('limits')))];
});

export const limitRange = columns('Name Created_At', (o) => [o.metadata.name, o.metadata.creationTimestamp ?? null]);
limitRange.columns[1]!.type = 'date';

export const componentStatus = columns('Name Status Message Error', (o) => {
  let status = 'Unknown', message = '', error = '';
  for (const c of (o['conditions'] as { type: string; status: string; message?: string; error?: string }[] | undefined) ?? []) {
    if (c.type !== 'Healthy') continue;
    status = c.status === 'True' ? 'Healthy' : 'Unhealthy';
    message = c.message ?? '';
    error = c.error ?? '';
  }
  return [o.metadata.name, status, message, error];
});

export const ingress = columns('Name Class Hosts Address Ports Age', (o, now) => {
  const { spec } = o;
  const hosts = (spec.rules ?? []).slice(0, 3).map((r: { host?: string }) => r.host || '*');
  const n = (spec.rules ?? []).length;
  const hostText = n === 0 || hosts.every((h: string) => h === '*') && n === 1 ? '*' : n > 3 ? `${hosts.join(',')} + ${n - 3} more...` : hosts.join(',');
  const address = (o.status?.loadBalancer?.ingress ?? []).map((i: { ip?: string; hostname?: string }) => i.ip ?? i.hostname ?? '').filter((x: string) => x !== '').join(',');
  return [o.metadata.name, spec.ingressClassName ?? o.metadata.annotations?.['kubernetes.io/ingress.class'] ?? '<none>', hostText, address, spec.tls?.length ? '80, 443' : '80', age(o.metadata.creationTimestamp, now)];
});

export const ingressClass = columns('Name Controller Parameters Age', (o, now) => {
  const p = o.spec?.parameters;
  return [o.metadata.name, o.spec?.controller ?? '', p ? `${p.kind}${p.apiGroup ? `.${p.apiGroup}` : ''}/${p.name}` : '<none>', age(o.metadata.creationTimestamp, now)];
});

export const networkPolicy = columns('Name Pod-Selector Age', (o, now) => [o.metadata.name, formatLabelSelector(o.spec?.podSelector), age(o.metadata.creationTimestamp, now)]);

export const podDisruptionBudget = columns('Name Min_Available Max_Unavailable Allowed_Disruptions:integer Age', (o, now) => [
  o.metadata.name, o.spec.minAvailable !== undefined ? String(o.spec.minAvailable) : 'N/A', o.spec.maxUnavailable !== undefined ? String(o.spec.maxUnavailable) : 'N/A', o.status?.disruptionsAllowed ?? 0, age(o.metadata.creationTimestamp, now),
]);

export const role = columns('Name Created_At', (o) => [o.metadata.name, o.metadata.creationTimestamp ?? null]);
role.columns[1]!.type = 'date';

const subjects = (o: KubeObject, kind: string) => ((o['subjects'] as { kind: string; name: string; namespace?: string }[] | undefined) ?? []).filter((s) => s.kind === kind).map((s) => (kind === 'ServiceAccount' ? `${s.namespace ?? ''}/${s.name}` : s.name)).join(', ');
export const roleBinding = columns('Name Role Age +Users +Groups +ServiceAccounts', (o, now) => {
  const ref = o['roleRef'] as { kind: string; name: string };
  return [o.metadata.name, `${ref.kind}/${ref.name}`, age(o.metadata.creationTimestamp, now), subjects(o, 'User'), subjects(o, 'Group'), subjects(o, 'ServiceAccount')];
});

export const priorityClass = columns('Name Value:integer Global-Default:boolean Age', (o, now) => [o.metadata.name, (o['value'] as number | undefined) ?? 0, Boolean(o['globalDefault']), age(o.metadata.creationTimestamp, now)]);

export const storageClass = columns('Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion Age', (o, now) => {
  const isDefault = o.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' || o.metadata.annotations?.['storageclass.beta.kubernetes.io/is-default-class'] === 'true';
  return [`${o.metadata.name}${isDefault ? ' (default)' : ''}`, o['provisioner'] as string, (o['reclaimPolicy'] as string | undefined) ?? 'Delete', (o['volumeBindingMode'] as string | undefined) ?? '<unset>', Boolean(o['allowVolumeExpansion']), age(o.metadata.creationTimestamp, now)];
});

export const volumeAttachment = columns('Name Attacher PV Node Attached:boolean Age', (o, now) => [o.metadata.name, o.spec.attacher, o.spec.source?.persistentVolumeName ?? '', o.spec.nodeName, o.status?.attached ?? false, age(o.metadata.creationTimestamp, now)]);

export const csiNode = columns('Name Drivers:integer Age', (o, now) => [o.metadata.name, o.spec?.drivers?.length ?? 0, age(o.metadata.creationTimestamp, now)]);

export const csiDriver = columns('Name AttachRequired:boolean PodInfoOnMount:boolean StorageCapacity:boolean TokenRequests RequiresRepublish:boolean Modes Age', (o, now) => [
  o.metadata.name, o.spec.attachRequired ?? true, o.spec.podInfoOnMount ?? false, o.spec.storageCapacity ?? false, (o.spec.tokenRequests ?? []).map((t: { audience: string }) => t.audience).join(',') || '<unset>', o.spec.requiresRepublish ?? false,
  (o.spec.volumeLifecycleModes ?? ['Persistent']).join(','), age(o.metadata.creationTimestamp, now),
]);

export const lease = columns('Name Holder Age', (o, now) => [o.metadata.name, o.spec?.holderIdentity ?? '', age(o.metadata.creationTimestamp, now)]);

export const runtimeClass = columns('Name Handler Age', (o, now) => [o.metadata.name, o['handler'] as string, age(o.metadata.creationTimestamp, now)]);

export const certificateSigningRequest = columns('Name Age SignerName Requestor RequestedDuration Condition', (o, now) => {
  const types = (o.status?.conditions ?? []).map((c: { type: string }) => c.type) as string[];
  const words = types.includes('Denied') ? ['Denied'] : types.includes('Approved') ? ['Approved'] : ['Pending'];
  if (types.includes('Failed')) words.push('Failed');
  if (o.status?.certificate) words.push('Issued');
  const seconds = o.spec.expirationSeconds as number | undefined;
  return [o.metadata.name, age(o.metadata.creationTimestamp, now), o.spec.signerName || '<none>', o.spec.username ?? '', seconds === undefined ? '<none>' : requested(seconds), words.join(',')];
});

/** duration.HumanDuration of a number of seconds. */
function requested(seconds: number): string {
  return age('1970-01-01T00:00:00Z', seconds * 1_000_000);
}

export const horizontalPodAutoscaler = columns('Name Reference Targets MinPods MaxPods Replicas Age', (o, now) => {
  const ref = o.spec.scaleTargetRef;
  return [o.metadata.name, `${ref.kind}/${ref.name}`, hpaTargets(o), String(o.spec.minReplicas ?? '<unset>'), o.spec.maxReplicas, o.status?.currentReplicas ?? 0, age(o.metadata.creationTimestamp, now)];
});

interface HpaMetric {
  type: string;
  [source: string]: unknown;
}
interface HpaValue { averageUtilization?: number; averageValue?: string; value?: string }

function hpaTargets(o: KubeObject): string {
  const metrics = (o.spec.metrics ?? []) as HpaMetric[];
  const current = (o.status?.currentMetrics ?? []) as HpaMetric[];
  if (metrics.length === 0) return '<none>';
  const texts = metrics.slice(0, 2).map((m, i) => {
    const field = `${m.type[0]!.toLowerCase()}${m.type.slice(1)}`;
    const target = (m[field] as { target: HpaValue } | undefined)?.target ?? {};
    const now = (current[i]?.[field] as { current?: HpaValue } | undefined)?.current;
    if (target.averageUtilization !== undefined) return `${now?.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}%`}/${target.averageUtilization}%`;
    if (target.averageValue !== undefined) return `${now?.averageValue ?? '<unknown>'}/${target.averageValue}${m.type === 'External' || m.type === 'Object' ? ' (avg)' : ''}`;
    return `${now?.value ?? '<unknown>'}/${target.value ?? '<auto>'}`;
  });
  return metrics.length > 2 ? `${texts.join(', ')} + ${metrics.length - 2} more...` : texts.join(', ');
}

export const webhookConfiguration = columns('Name Webhooks:integer Age', (o, now) => [o.metadata.name, (o['webhooks'] as unknown[] | undefined)?.length ?? 0, age(o.metadata.creationTimestamp, now)]);

export const flowSchema = columns('Name PriorityLevel MatchingPrecedence DistinguisherMethod Age MissingPL', (o, now) => [
  o.metadata.name, o.spec.priorityLevelConfiguration?.name ?? '', String(o.spec.matchingPrecedence), o.spec.distinguisherMethod?.type ?? '<none>', age(o.metadata.creationTimestamp, now),
  (o.status?.conditions ?? []).find((c: { type: string }) => c.type === 'Dangling')?.status ?? '?',
]);

export const priorityLevelConfiguration = columns('Name Type NominalConcurrencyShares Queues HandSize QueueLengthLimit Age', (o, now) => {
  const { type, limited } = o.spec, queuing = limited?.limitResponse?.queuing;
  const number = (n: number | undefined) => (n === undefined ? '<none>' : String(n));
  return [o.metadata.name, type, number(limited?.nominalConcurrencyShares), number(queuing?.queues), number(queuing?.handSize), number(queuing?.queueLengthLimit), age(o.metadata.creationTimestamp, now)];
});

/** kube-aggregator/pkg/registry/apiservice. */
export const apiService = columns('Name Service Available Age', (o, now) => {
  const { service } = o.spec ?? {};
  const condition = (o.status?.conditions ?? []).find((c: { type: string }) => c.type === 'Available');
  const available = condition === undefined ? '' : condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason})`;
  return [o.metadata.name, service ? `${service.namespace}/${service.name}` : 'Local', available, age(o.metadata.creationTimestamp, now)];
});

export const customResourceDefinition = columns('Name Created_At', (o) => [o.metadata.name, o.metadata.creationTimestamp ?? null]);
customResourceDefinition.columns[1]!.type = 'date';
