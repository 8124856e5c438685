import type { KubeObject } from '../api/types.ts';
import { ApiError, gvr } from '../client/client.ts';
import { MS } from '../../sim/clock.ts';
import { type ControllerContext, NODES, PODS, SERVICES } from './context.ts';
import { lastChangeTrigger, onPodChange, podsOf, selects, shouldBeInEndpoints } from './endpoint-util.ts';
import { CONTROLLER, MANAGED_BY, planSlices, SERVICE_NAME, type SlicePlan } from './endpointslice-plan.ts';
import type { TopologyCache } from './topologycache.ts';

export const ENDPOINTSLICES = gvr('discovery.k8s.io', 'v1', 'endpointslices');
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time', ZONE = 'topology.kubernetes.io/zone';

/** pkg/controller/endpointslice and its reconciler in k8s.io/endpointslice. */
export function startEndpointSliceController(context: ControllerContext): void {
  const services = context.resource('endpointslice-controller', SERVICES), slices = context.resource('endpointslice-controller', ENDPOINTSLICES);
  const pods = context.informer(PODS), nodes = context.informer(NODES), recorder = context.recorder('endpoint-slice-controller', 'endpointslice-controller');
  slices.informer.addIndex('service', (s) => (s.metadata.labels?.[MANAGED_BY] === CONTROLLER ? [`${s.metadata.namespace}/${s.metadata.labels[SERVICE_NAME]}`] : []));
  let topology: TopologyCache | undefined;
  const queue = context.queue((key) => {
    const service = services.byKey(key);
    const existing = slices.informer.byIndex('service', key).filter((s) => !s.metadata.deletionTimestamp);
    if (!service || !selects(service) || service.metadata.deletionTimestamp) {
      if (!service) {
        topology?.forget(key);
        for (const slice of existing) slices.delete(slice);
      }
      return;
    }
    if (hintsEnabled(service) && !topology) return loadTopology(key);
    const selected = podsOf(service, pods).filter((p) => shouldBeInEndpoints(p, true));
    try {
      for (const family of service.spec.ipFamilies ?? ['IPv4']) {
        const plan = planSlices(service, selected, nodes, existing.filter((s) => s['addressType'] === family), family);
        const events = topology?.reconcile(key, family, plan, hintsEnabled(service)) ?? [];
        write(plan, lastChangeTrigger(service, selected));
        for (const { type, reason, message } of events) recorder.event(service, type, reason, message);
      }
    } catch (error) {
      if (error instanceof ApiError && error.code !== 409 && !/being terminated/.test(error.message)) recorder.event(service, 'Warning', 'FailedToUpdateEndpointSlices', `Error updating Endpoint Slices for Service ${key}: ${error.message}`);
      throw error;
    }
  }, 10 * MS);

  const write = ({ create, update, remove }: SlicePlan, trigger: string) => {
    const stamped = (slice: KubeObject): KubeObject => ({ ...slice, metadata: { ...slice.metadata, annotations: { ...slice.metadata.annotations, [TRIGGER_TIME]: trigger } } });
    for (const slice of create) slices.create(stamped(slice));
    for (const slice of update) slices.update(stamped(slice));
    for (const slice of remove) slices.delete(slice);
  };
  /** Few Services ask for hints: the cache comes with the first that does. */
  const loadTopology = (key: string) => context.bring(() => import('./topologycache.ts'), (module) => {
    topology ??= new module.TopologyCache();
    topology.setNodes(nodes.list());
    queue.add(key);
  });
  const nodesChanged = () => {
    if (!topology) return;
    topology.setNodes(nodes.list());
    for (const key of topology.overloadedServices()) queue.add(key);
  };

  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`;
  services.informer.on({ add: (s) => queue.add(keyOf(s)), update: (s) => queue.add(keyOf(s)), delete: (s) => queue.add(keyOf(s)) });
  pods.on(onPodChange(services.informer, queue));
  nodes.on({ add: nodesChanged, delete: nodesChanged, update: (node, old) => (isReady(node) !== isReady(old) || node.metadata.labels?.[ZONE] !== old.metadata.labels?.[ZONE] ? nodesChanged() : undefined) });
  const sliceChanged = (s: KubeObject) => {
    if (s.metadata.labels?.[MANAGED_BY] === CONTROLLER) queue.add(`${s.metadata.namespace}/${s.metadata.labels[SERVICE_NAME]}`);
  };
  slices.informer.on({ delete: sliceChanged, update: (s, old) => (s.metadata.generation !== old.metadata.generation ? sliceChanged(s) : undefined) });
}

/** The annotation before 1.27 goes first; unlike for kube-proxy, its value must be this one. */
function hintsEnabled({ metadata: { annotations = {} } }: KubeObject): boolean {
  return /^[Aa]uto$/.test(annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode'] ?? '');
}

function isReady(node: KubeObject): boolean {
  return node.status?.conditions?.find((c: { type: string }) => c.type === 'Ready')?.status === 'True';
}
