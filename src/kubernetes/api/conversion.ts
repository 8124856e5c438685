import type { KubeObject } from './types.ts';
import { apiVersionOf, type ResourceInfo } from './scheme.ts';

/**
 * Kinds served in several versions are stored in one: HorizontalPodAutoscaler as autoscaling/v2, events as core/v1, flow control as
 * v1beta3. Everything else is stored as it is served.
 */
export function convertIn(object: KubeObject, resource: ResourceInfo): KubeObject {
  if (resource.group === 'autoscaling' && resource.version === 'v1') return hpaToV2(object);
  if (resource.group === 'events.k8s.io') return eventToCore(object);
  if (resource.version === 'v1beta2' && resource.group === 'flowcontrol.apiserver.k8s.io') return { ...object, apiVersion: 'flowcontrol.apiserver.k8s.io/v1beta3' };
  return object;
}

export function convertOut(object: KubeObject, resource: ResourceInfo): KubeObject {
  const wanted = apiVersionOf(resource.group, resource.version);
  if (object.apiVersion === wanted || object.kind !== resource.kind) return object;
  if (resource.group === 'autoscaling' && resource.version === 'v1') return hpaToV1(object);
  if (resource.group === 'events.k8s.io') return eventToV1(object);
  return { ...object, apiVersion: wanted };
}

function hpaToV2(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = (object.spec ?? {}) as Record<string, unknown>;
  const metrics = target === undefined ? undefined : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }];
  const { currentCPUUtilizationPercentage: current, ...status } = (object.status ?? {}) as Record<string, unknown>;
  return {
    ...object, apiVersion: 'autoscaling/v2', spec: { ...spec, ...(metrics ? { metrics } : {}) },
    status: { ...status, ...(current === undefined ? {} : { currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }] }) },
  };
}

interface Metric { type: string; resource?: { name: string; target?: { type: string; averageUtilization?: number }; current?: { averageUtilization?: number } } }

function hpaToV1(object: KubeObject): KubeObject {
  const { metrics, behavior: _, ...spec } = (object.spec ?? {}) as Record<string, unknown> & { metrics?: Metric[] };
  const { currentMetrics, conditions: __, ...status } = (object.status ?? {}) as Record<string, unknown> & { currentMetrics?: Metric[] };
  const target = metrics?.find((m) => m.resource?.name === 'cpu' && m.resource.target?.type === 'Utilization')?.resource?.target?.averageUtilization;
  const current = currentMetrics?.find((m) => m.resource?.name === 'cpu')?.resource?.current?.averageUtilization;
  return {
    ...object, apiVersion: 'autoscaling/v1',
    spec: { ...spec, ...(target === undefined ? {} : { targetCPUUtilizationPercentage: target }) },
    status: { currentReplicas: 0, ...status, ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }) },
  };
}

/** Names of events.k8s.io/v1 and what core/v1 calls them. */
const EVENT_FIELDS: [string, string][] = [
  ['note', 'message'], ['regarding', 'involvedObject'], ['reportingController', 'reportingComponent'], ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'], ['deprecatedLastTimestamp', 'lastTimestamp'], ['deprecatedCount', 'count'],
];

function eventToCore(object: KubeObject): KubeObject {
  const out: KubeObject = { ...object, apiVersion: 'v1' };
  for (const [theirs, ours] of EVENT_FIELDS) {
    if (theirs in out) out[ours] = out[theirs];
    delete out[theirs];
  }
  out['source'] ??= {};
  for (const field of ['firstTimestamp', 'lastTimestamp', 'eventTime']) out[field] ??= null;
  return out;
}

function eventToV1(object: KubeObject): KubeObject {
  const out: KubeObject = { ...object, apiVersion: 'events.k8s.io/v1' };
  for (const [theirs, ours] of EVENT_FIELDS) {
    if (ours in out) out[theirs] = out[ours];
    delete out[ours];
  }
  return out;
}
