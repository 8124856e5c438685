import type { KubeObject } from '../api/types.ts';
import { matchesMap } from '../client/labels.ts';
import type { Handler, Informer } from '../client/informer.ts';
import type { WorkQueue } from '../client/workqueue.ts';

/** Whether a Service's endpoints come from its selector. */
export function selects(service: KubeObject): boolean {
  return Object.keys(service.spec.selector ?? {}).length > 0 && service.spec.type !== 'ExternalName';
}

export function podsOf(service: KubeObject, pods: Informer): KubeObject[] {
  return pods.byIndex('namespace', service.metadata.namespace!).filter((p) => matchesMap(service.spec.selector, p.metadata.labels));
}

/** endpointsliceutil.ShouldPodBeInEndpoints */
export function shouldBeInEndpoints(pod: KubeObject, includeTerminating: boolean): boolean {
  const phase = pod.status?.phase;
  if (phase === 'Failed' || phase === 'Succeeded') return false;
  if (!pod.status?.podIP && !(pod.status?.podIPs?.length > 0)) return false;
  return includeTerminating || !pod.metadata.deletionTimestamp;
}

/** The port of `pod` a Service port leads to (podutil.FindPort); undefined when no container has that name. */
export function findPort(pod: KubeObject, port: { port: number; targetPort?: number | string; protocol?: string }): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []).filter((c: { restartPolicy?: string }) => c.restartPolicy === 'Always')];
  for (const c of containers) for (const p of c.ports ?? []) if (p.name === target && (p.protocol ?? 'TCP') === (port.protocol ?? 'TCP')) return p.containerPort;
  return undefined;
}

export function isHeadless(service: KubeObject): boolean {
  return service.spec.clusterIP === 'None';
}

/** The hostname under which DNS knows a pod of a headless Service. */
export function hostnameFor(pod: KubeObject, service: KubeObject): string | undefined {
  return pod.spec.hostname && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
}

/** Adds to `queue` the Services whose endpoints a change of a pod may change (endpointsliceutil.PodProjectionKey). */
export function onPodChange(services: Informer, queue: WorkQueue): Handler {
  const enqueue = (pod: KubeObject) => {
    for (const service of services.byIndex('namespace', pod.metadata.namespace!)) {
      if (selects(service) && matchesMap(service.spec.selector, pod.metadata.labels)) queue.add(`${service.metadata.namespace}/${service.metadata.name}`);
    }
  };
  return {
    add: enqueue, delete: enqueue,
    update(pod, old) {
      const labels = !sameLabels(pod, old);
      if (!labels && podPrint(pod) === podPrint(old)) return;
      enqueue(pod);
      if (labels) enqueue(old);
    },
  };
}

/** RFC 3339 of the last change that triggered: the latest of the Service's creation and its pods' Ready transitions. */
export function lastChangeTrigger(service: KubeObject, pods: KubeObject[]): string {
  let last = service.metadata.creationTimestamp ?? '';
  for (const p of pods) {
    const at = p.status?.conditions?.find((c: { type: string }) => c.type === 'Ready')?.lastTransitionTime;
    if (at && at > last) last = at;
  }
  return last;
}

function podPrint(pod: KubeObject): string {
  const ready = pod.status?.conditions?.find((c: { type: string }) => c.type === 'Ready')?.status;
  return [pod.status?.podIP, pod.status?.phase, ready, pod.metadata.deletionTimestamp, pod.spec.nodeName, pod.spec.hostname, pod.spec.subdomain].join('|');
}

function sameLabels(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.labels === b.metadata.labels || (matchesMap(a.metadata.labels, b.metadata.labels) && matchesMap(b.metadata.labels, a.metadata.labels));
}
