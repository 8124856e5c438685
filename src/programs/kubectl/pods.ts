// From what was named (pod/web, deploy/web, svc/web) to pods and their containers (kubectl/pkg/polymorphichelpers).
import type { KubeObject } from '../../kubernetes/api/types.ts';
import { KubectlError } from './errors.ts';
import { pathOf, type Mapping } from './factory/mapper.ts';
import type { Kubectl } from './kubectl.ts';

export const PODS: Mapping = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true };
export interface Container {
  name: string;
  image: string;
  stdin?: boolean;
  tty?: boolean;
}

export function podPath(pod: KubeObject, subresource?: string): string {
  return pathOf(PODS, pod.metadata.namespace, pod.metadata.name, subresource);
}

/** The label selector text of the pods of a workload or Service; throws when it has none. */
export function selectorText(object: KubeObject, wanted: 'attach to' | 'get the logs from' = 'attach to'): string {
  const { spec = {}, kind } = object;
  if (kind === 'Service' || kind === 'ReplicationController') {
    if (!spec.selector || Object.keys(spec.selector).length === 0) throw new KubectlError(`cannot ${wanted} *v1.${kind}: invalid service '${object.metadata.name}': Service is defined without a selector`);
    return Object.keys(spec.selector).sort().map((key) => `${key}=${spec.selector[key]}`).join(',');
  }
  const selector = spec.selector;
  if (!selector) throw new KubectlError(`cannot ${wanted} *v1.${kind}: selector for *v1.${kind} not implemented`);
  return labelSelectorText(selector);
}

/** metav1.FormatLabelSelector */
export function labelSelectorText(selector: { matchLabels?: Record<string, string>; matchExpressions?: { key: string; operator: string; values?: string[] }[] } | undefined | null): string {
  if (!selector) return '<none>';
  const parts: [string, string][] = Object.entries(selector.matchLabels ?? {}).map(([key, v]) => [key, `${key}=${v}`]);
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const list = `(${[...values].sort().join(',')})`;
    parts.push([key, operator === 'In' ? `${key} in ${list}` : operator === 'NotIn' ? `${key} notin ${list}` : operator === 'Exists' ? key : `!${key}`]);
  }
  if (parts.length === 0) return '<none>';
  return parts.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, text]) => text).join(',');
}

/** The pod itself, or the best one of a workload's; says which when there are several. Waits for one until `timeout`. */
export async function podOf(k: Kubectl, object: KubeObject, timeout: number, { quiet = false, wanted }: { quiet?: boolean; wanted?: 'get the logs from' } = {}): Promise<KubeObject> {
  if (object.kind === 'Pod') return object;
  const namespace = object.metadata.namespace!;
  const labelSelector = selectorText(object, wanted);
  const end = k.now + timeout;
  for (;;) {
    const pods = await podList(k, namespace, labelSelector);
    if (pods.length > 0) {
      const best = pods.sort(byLogging)[0]!;
      if (pods.length > 1 && !quiet) k.err(`Found ${pods.length} pods, using pod/${best.metadata.name}\n`);
      return best;
    }
    if (k.now >= end) throw new KubectlError('timed out waiting for the condition');
    await k.process.sleep(Math.min(1e6, Math.max(1, end - k.now)));
  }
}

export async function podList(k: Kubectl, namespace: string, labelSelector: string): Promise<KubeObject[]> {
  const list = await k.rest.get(pathOf(PODS, namespace), { labelSelector });
  return (list['items'] as KubeObject[]).map((p) => ({ ...p, kind: 'Pod', apiVersion: 'v1' }));
}

const PHASE: Record<string, number> = { Running: 0, Unknown: 1, Pending: 2 };
function byLogging(a: KubeObject, b: KubeObject): number {
  const restarts = (p: KubeObject) => Math.max(0, ...(p.status?.containerStatuses ?? []).map((c: { restartCount: number }) => c.restartCount));
  const readySince = (p: KubeObject) => (p.status?.conditions ?? []).find((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True')?.lastTransitionTime as string | undefined;
  const ra = readySince(a), rb = readySince(b);
  return (
    Number(!a.spec.nodeName) - Number(!b.spec.nodeName) || (PHASE[a.status?.phase] ?? 0) - (PHASE[b.status?.phase] ?? 0) || Number(ra === undefined) - Number(rb === undefined) ||
    (ra !== undefined && rb !== undefined && ra !== rb ? (ra < rb ? -1 : 1) : 0) || restarts(b) - restarts(a) ||
    (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? -1 : a.metadata.creationTimestamp! > b.metadata.creationTimestamp! ? 1 : 0)
  );
}

export function allContainers(pod: KubeObject): Container[] {
  return [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? []), ...(pod.spec.ephemeralContainers ?? [])];
}

/** The container named, or the one kubectl takes by default, of which `tell` says so. */
export function chooseContainer(k: Kubectl, pod: KubeObject, name: string, quiet = false, tell = (text: string) => k.err(text)): Container {
  if (name) {
    const found = allContainers(pod).find((c) => c.name === name);
    if (!found) throw new KubectlError(`container ${name} not found in pod ${pod.metadata.name}`);
    return found;
  }
  const annotated = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const chosen = annotated ? allContainers(pod).find((c) => c.name === annotated) : undefined;
  if (chosen) return chosen;
  if (annotated) tell(`Default container name "${annotated}" not found in pod ${pod.metadata.name}\n`);
  const first = pod.spec.containers[0] as Container | undefined;
  if (!first) throw new KubectlError(`no containers found in pod ${pod.metadata.name}`);
  if (!quiet && allContainers(pod).length > 1) tell(`Defaulted container "${first.name}" out of: ${containerNames(pod)}\n`);
  return first;
}

function containerNames(pod: KubeObject): string {
  const of = (list: Container[] | undefined, suffix: string) => (list ?? []).map((c) => c.name + suffix);
  return [...of(pod.spec.containers, ''), ...of(pod.spec.ephemeralContainers, ' (ephem)'), ...of(pod.spec.initContainers, ' (init)')].join(', ');
}
