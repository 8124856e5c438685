import type { KubeObject } from '../api/types.ts';
import { core } from '../client/client.ts';
import { deepEqual } from '../client/pods.ts';
import { MS } from '../../sim/clock.ts';
import { type ControllerContext, SERVICES } from './context.ts';
import { ENDPOINTSLICES } from './endpointslice.ts';
import { MANAGED_BY, SERVICE_NAME } from './endpointslice-plan.ts';

const CONTROLLER = 'endpointslicemirroring-controller.k8s.io', SKIP = 'endpointslice.kubernetes.io/skip-mirror', TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** pkg/controller/endpointslicemirroring: Endpoints that somebody wrote by hand, for a Service without selector, as EndpointSlices. */
export function startEndpointSliceMirroring(context: ControllerContext): void {
  const services = context.informer(SERVICES), endpoints = context.informer(core('endpoints')), slices = context.resource('endpointslicemirroring-controller', ENDPOINTSLICES);
  slices.informer.addIndex('mirror', (s) => (s.metadata.labels?.[MANAGED_BY] === CONTROLLER ? [`${s.metadata.namespace}/${s.metadata.labels[SERVICE_NAME]}`] : []));
  const queue = context.queue((key) => {
    const own = slices.informer.byIndex('mirror', key), source = endpoints.get(undefined, key), service = services.get(undefined, key);
    const wanted = source && service && Object.keys(service.spec.selector ?? {}).length === 0 && shouldMirror(source) ? mirror(source) : [];
    const left = [...own];
    for (const slice of wanted) {
      const at = left.findIndex((s) => s['addressType'] === slice['addressType'] && deepEqual(s['ports'] ?? [], slice['ports'] ?? []));
      const [same] = at < 0 ? [] : left.splice(at, 1);
      if (!same) slices.create(slice);
      else if (!deepEqual(same['endpoints'] ?? [], slice['endpoints']) || !deepEqual(same.metadata.labels, slice.metadata.labels)) {
        slices.update({ ...same, endpoints: slice['endpoints'], metadata: { ...same.metadata, labels: slice.metadata.labels!, annotations: slice.metadata.annotations! } });
      }
    }
    for (const slice of left) slices.delete(slice);
  }, 10 * MS);
  const keyOf = (o: KubeObject) => `${o.metadata.namespace}/${o.metadata.name}`, look = (o: KubeObject) => queue.add(keyOf(o));
  endpoints.on({ add: look, update: look, delete: look });
  services.on({ add: look, update: (s, old) => (deepEqual(s.spec.selector, old.spec.selector) ? undefined : look(s)), delete: look });
  slices.informer.on({ delete: (s) => (s.metadata.labels?.[MANAGED_BY] === CONTROLLER ? queue.add(`${s.metadata.namespace}/${s.metadata.labels[SERVICE_NAME]}`) : undefined) });
}

function shouldMirror(endpoints: KubeObject): boolean {
  return endpoints.metadata.labels?.[SKIP] !== 'true' && endpoints.metadata.annotations?.['control-plane.alpha.kubernetes.io/leader'] === undefined;
}

function mirror(endpoints: KubeObject): KubeObject[] {
  const { name, namespace, labels, annotations, uid } = endpoints.metadata, out: KubeObject[] = [];
  for (const subset of (endpoints['subsets'] ?? []) as KubeObject['spec'][]) {
    for (const family of ['IPv4', 'IPv6']) {
      const of = (list: KubeObject['spec'][] | undefined, ready: boolean) => (list ?? []).filter((a) => a.ip.includes(':') === (family === 'IPv6')).map((a) => ({
        addresses: [a.ip], conditions: { ready }, ...(a.hostname ? { hostname: a.hostname } : {}), ...(a.nodeName ? { nodeName: a.nodeName } : {}), ...(a.targetRef ? { targetRef: a.targetRef } : {}),
      }));
      const list = [...of(subset.addresses, true), ...of(subset.notReadyAddresses, false)];
      if (list.length === 0) continue;
      const { [TRIGGER_TIME]: _trigger, 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...kept } = annotations ?? {};
      out.push({
        apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: family,
        metadata: {
          name: '', generateName: `${name}-`, namespace: namespace!, labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: CONTROLLER }, annotations: kept,
          ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name, uid: uid!, controller: true, blockOwnerDeletion: true }],
        },
        endpoints: list, ports: ((subset.ports ?? []) as KubeObject['spec'][]).map((p) => ({ name: p.name ?? '', port: p.port, protocol: p.protocol ?? 'TCP', ...(p.appProtocol ? { appProtocol: p.appProtocol } : {}) })),
      });
    }
  }
  return out;
}
