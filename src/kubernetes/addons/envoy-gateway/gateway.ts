import type { KubeObject } from '../../api/types.ts';
import { type ApiClient, ApiError, ConnectionError, core, type Gvr, gvr, path } from '../../client/client.ts';
import { Informer } from '../../client/informer.ts';
import { WorkQueue } from '../../client/workqueue.ts';
import { FileError } from '../../../linux/files.ts';
import { httpListen } from '../../../linux/net/http.ts';
import type { Process } from '../../../linux/process.ts';
import { MS } from '../../../sim/clock.ts';
import type { Daemon } from '../../runtime/daemons.ts';
import { clientFor, inCluster } from '../../runtime/kubeconfig.ts';
import { type Condition, merged } from './conditions.ts';
import { infra, infraName, NAMESPACE } from './infra.ts';
import { GATEWAY_GROUP, type Resources } from './resources.ts';
import { translate, type Translation } from './translate.ts';
import { publish } from './xds.ts';

const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller', FINALIZER = 'gateway-exists-finalizer.gateway.networking.k8s.io';
const OWNER = 'gateway.envoyproxy.io/owning-gateway-name', OWNER_NAMESPACE = 'gateway.envoyproxy.io/owning-gateway-namespace';
const api = (resource: string, version = 'v1') => gvr(GATEWAY_GROUP, version, resource);
const CLASSES = api('gatewayclasses'), GATEWAYS = api('gateways'), ROUTES = api('httproutes'), PROXIES = gvr('gateway.envoyproxy.io', 'v1alpha1', 'envoyproxies');
const RESOURCES: Record<string, Gvr> = { ServiceAccount: core('serviceaccounts'), ConfigMap: core('configmaps'), Service: core('services'), Deployment: gvr('apps', 'v1', 'deployments') };

/** `envoy-gateway server`: the control plane of Envoy Gateway 1.2. */
export const gatewayServer: Daemon = (process) => {
  try {
    new Gateway(process, clientFor(process, inCluster(process), 'envoy-gateway/v1.2.4'));
  } catch (error) {
    if (!(error instanceof FileError || error instanceof ApiError || error instanceof ConnectionError)) throw error;
    void process.err(`Error: failed to get kubeconfig: ${error.message}\n`);
    process.exit(1);
  }
};

class Gateway {
  readonly #process: Process;
  readonly #client: ApiClient;
  readonly #queue: WorkQueue;
  readonly #of: Record<'classes' | 'gateways' | 'routes' | 'grants' | 'services' | 'slices' | 'secrets' | 'namespaces' | 'nodes' | 'deployments' | 'proxies', Informer>;
  /** What was applied last for each Gateway: a change of it is applied again. */
  readonly #applied = new Map<string, string>();

  constructor(process: Process, client: ApiClient) {
    const { clock } = process.world;
    this.#process = process;
    this.#client = client;
    this.#queue = new WorkQueue(clock, () => this.#reconcile(), 30 * MS);
    const of = (r: Gvr, namespace?: string) => new Informer(client, clock, r, namespace ? { namespace } : {}).on({ add: () => this.#ask(), update: (o, old) => changed(o, old) && this.#ask(), delete: () => this.#ask() });
    const service = (o: KubeObject) => [`${o.metadata.namespace}/${o.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`];
    this.#log('cmd/server.go:75', '', 'Start runners', {});
    this.#of = {
      classes: of(CLASSES), gateways: of(GATEWAYS), routes: of(ROUTES), grants: of(api('referencegrants', 'v1beta1')), services: of(core('services')), slices: of(gvr('discovery.k8s.io', 'v1', 'endpointslices')).addIndex('service', service),
      secrets: of(core('secrets')), namespaces: of(core('namespaces')), nodes: of(core('nodes')), deployments: of(RESOURCES['Deployment']!, NAMESPACE), proxies: of(PROXIES),
    };
    for (const informer of Object.values(this.#of)) informer.start();
    httpListen(process, { ip: '::', port: 8081 }, (request, res) => res.send(/^\/(healthz|readyz)$/.test(request.path) ? 200 : 404, { 'Content-Type': 'text/plain; charset=utf-8' }, 'ok'));
    process.onSignal('TERM', () => process.exit(0));
    process.onExit(() => {
      this.#queue.stop();
      for (const informer of Object.values(this.#of)) informer.stop();
    });
  }

  #ask(): void {
    if (this.#process.running) this.#queue.add('all');
  }

  /** 2024-11-21T08:25:01.123Z	INFO	provider	kubernetes/controller.go:170	text	{"runner": "provider"} */
  #log(where: string, runner: string, text: string, more: Record<string, unknown>): void {
    const fields = Object.entries({ ...(runner ? { runner } : {}), ...more }).map(([k, v]) => `${JSON.stringify(k)}: ${JSON.stringify(v)}`).join(', ');
    void this.#process.out(`${new Date(Math.floor(this.#process.now / 1000)).toISOString()}\tINFO\t${runner ? `${runner}\t` : ''}${where}\t${text}${fields ? `\t{${fields}}` : ''}\n`);
  }

  #reconcile(): void {
    if (!this.#process.running || !this.#of.gateways.synced || !this.#of.classes.synced) return;
    const classes = this.#of.classes.list().filter((c) => c.spec.controllerName === CONTROLLER && (!c.metadata.deletionTimestamp || c.metadata.finalizers?.includes(FINALIZER)));
    this.#log('kubernetes/controller.go:175', 'provider', 'reconciling gateways', {});
    for (const c of classes) this.#acceptClass(c);
    const gateways = this.#of.gateways.list().filter((g) => classes.some((c) => c.metadata.name === g.spec.gatewayClassName) && !g.metadata.deletionTimestamp);
    const translation = translate(this.#resources(gateways));
    publish(this.#process, translation.gateways.map((g) => g.xds));
    this.#infrastructure(translation);
    this.#statuses(translation);
    for (const c of this.#of.classes.list()) if (c.spec.controllerName === CONTROLLER) this.#finalizer(c, gateways.some((g) => g.spec.gatewayClassName === c.metadata.name));
  }

  #resources(gateways: readonly KubeObject[]): Resources {
    const { services, slices, secrets, namespaces, classes, proxies, grants, routes } = this.#of;
    return {
      gateways, routes: routes.list().filter((r) => !r.metadata.deletionTimestamp), grants: grants.list(),
      namespace: (name) => namespaces.get(undefined, name), service: (namespace, name) => services.get(namespace, name), slices: (namespace, name) => slices.byIndex('service', `${namespace}/${name}`), secret: (namespace, name) => secrets.get(namespace, name),
      envoyProxy: (gateway) => {
        const own = gateway.spec.infrastructure?.parametersRef as { kind: string; name: string } | undefined;
        if (own?.kind === 'EnvoyProxy') return proxies.get(gateway.metadata.namespace, own.name);
        const ref = classes.get(undefined, gateway.spec.gatewayClassName as string)?.spec.parametersRef as { kind: string; name: string; namespace?: string } | undefined;
        return ref?.kind === 'EnvoyProxy' ? proxies.get(ref.namespace, ref.name) : undefined;
      },
    };
  }

  #acceptClass(c: KubeObject): void {
    const ref = c.spec.parametersRef as { kind: string; name: string; namespace?: string } | undefined;
    const missing = ref?.kind === 'EnvoyProxy' && !this.#of.proxies.get(ref.namespace, ref.name);
    const next: Condition = missing ? { type: 'Accepted', status: 'False', reason: 'InvalidParameters', message: `Invalid parametersRef: failed to find envoyproxy ${ref.namespace}/${ref.name}: EnvoyProxy.gateway.envoyproxy.io "${ref.name}" not found` } : { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'Valid GatewayClass' };
    this.#write(CLASSES, c, { ...c.status, conditions: merged([next], c.status?.conditions as Condition[], c.metadata.generation ?? 1, this.#process.now) });
  }

  /** A class that Gateways use is not deleted before them. */
  #finalizer(c: KubeObject, used: boolean): void {
    const has = c.metadata.finalizers?.includes(FINALIZER) ?? false;
    if (has === used || (c.metadata.deletionTimestamp && !has)) return;
    const finalizers = used ? [...(c.metadata.finalizers ?? []), FINALIZER] : (c.metadata.finalizers ?? []).filter((f) => f !== FINALIZER);
    this.#client.patch(CLASSES, undefined, c.metadata.name, 'merge', { metadata: { finalizers } });
  }

  /** Applies each Gateway's objects where they have changed or are gone, and takes away those of Gateways that are no more. */
  #infrastructure({ gateways }: Translation): void {
    const names = new Set<string>();
    for (const { gateway, listeners } of gateways) {
      const name = infraName(gateway);
      names.add(name);
      if (!listeners.some((l) => l.ready)) continue;
      const objects = infra(gateway, listeners, this.#resources([]).envoyProxy(gateway)), text = JSON.stringify(objects);
      const there = this.#of.deployments.get(NAMESPACE, name) !== undefined && objects.every((o) => o.kind !== 'Service' || this.#of.services.get(NAMESPACE, o.metadata.name) !== undefined);
      if (this.#applied.get(name) === text && there) continue;
      for (const o of objects) this.#client.raw('PATCH', path(RESOURCES[o.kind]!, NAMESPACE, o.metadata.name), o, { fieldManager: ['envoy-gateway'], force: ['true'] }, { 'content-type': 'application/apply-patch+yaml' });
      this.#applied.set(name, text);
      this.#log('runner/runner.go:104', 'infrastructure', 'received an update', { key: `${gateway.metadata.namespace}/${gateway.metadata.name}` });
    }
    const managed = this.#of.deployments.list().filter((d) => d.metadata.labels?.[OWNER] !== undefined).map((d) => d.metadata.name);
    for (const name of new Set([...managed, ...this.#applied.keys()])) if (!names.has(name)) {
      const service = this.#serviceOf(this.#of.deployments.get(NAMESPACE, name)?.metadata.labels ?? {})?.metadata.name ?? name;
      for (const [kind, r] of Object.entries(RESOURCES)) {
        const own = kind === 'Service' ? service : name;
        if (this.#client.find(r, NAMESPACE, own)) this.#client.delete(r, NAMESPACE, own);
      }
      this.#applied.delete(name);
    }
  }

  #statuses({ gateways, routes }: Translation): void {
    const { now } = this.#process;
    for (const { gateway, listeners } of gateways) {
      const generation = gateway.metadata.generation ?? 1, old = (gateway.status ?? {}) as { conditions?: Condition[]; listeners?: { name: string; conditions: Condition[] }[] }, addresses = this.#addresses(gateway);
      const accepted: Condition = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The Gateway has been scheduled by Envoy Gateway' };
      this.#write(GATEWAYS, gateway, {
        ...(addresses.length > 0 ? { addresses: addresses.slice(0, 16) } : {}), conditions: merged([accepted, this.#programmed(gateway, addresses.length)], old.conditions, generation, now),
        listeners: listeners.map((l) => ({ attachedRoutes: l.attachedRoutes, conditions: merged(l.conditions, old.listeners?.find((o) => o.name === l.spec.name)?.conditions, generation, now), name: l.spec.name, supportedKinds: l.supportedKinds })),
      });
    }
    for (const { route, parents } of routes) {
      type Parent = { controllerName: string; parentRef: object; conditions: Condition[] };
      const old = ((route.status?.parents ?? []) as Parent[]), foreign = old.filter((p) => p.controllerName !== CONTROLLER);
      const mine = parents.map(({ parentRef, conditions }) => ({ conditions: merged(conditions, old.find((p) => p.controllerName === CONTROLLER && JSON.stringify(p.parentRef) === JSON.stringify(parentRef))?.conditions, route.metadata.generation ?? 1, now), controllerName: CONTROLLER, parentRef }));
      this.#write(ROUTES, route, { parents: [...mine, ...foreign] });
    }
  }

  /** By the type of the proxy's Service. */
  #addresses(gateway: KubeObject): { type: string; value: string }[] {
    const service = this.#serviceOf({ [OWNER]: gateway.metadata.name, [OWNER_NAMESPACE]: gateway.metadata.namespace! });
    if (!service) return [];
    const { type, clusterIP, externalIPs = [] } = service.spec as { type: string; clusterIP: string; externalIPs?: string[] };
    const ip = (value: string) => ({ type: 'IPAddress', value });
    if (gateway.spec.addresses?.length) return (externalIPs.length > 0 ? externalIPs : [clusterIP]).map(ip);
    if (type === 'ClusterIP') return [ip(clusterIP)];
    if (type === 'NodePort') return this.#of.nodes.list().flatMap((n) => ((n.status?.addresses ?? []) as { type: string; address: string }[]).filter((a) => a.type === 'InternalIP').map((a) => ip(a.address)));
    return ((service.status?.loadBalancer?.ingress ?? []) as { ip?: string; hostname?: string }[]).map((i) => (i.ip ? ip(i.ip) : { type: 'Hostname', value: i.hostname ?? '' }));
  }

  /** The Service of a Gateway's proxy, which may have a name of its own. */
  #serviceOf(labels: Record<string, string>): KubeObject | undefined {
    return this.#of.services.list().find((o) => o.metadata.namespace === NAMESPACE && labels[OWNER] !== undefined && o.metadata.labels?.[OWNER] === labels[OWNER] && o.metadata.labels[OWNER_NAMESPACE] === labels[OWNER_NAMESPACE]);
  }

  #programmed(gateway: KubeObject, addresses: number): Condition {
    const say = (status: 'True' | 'False', reason: string, message: string): Condition => ({ type: 'Programmed', status, reason, message });
    if (addresses === 0) return say('False', 'AddressNotAssigned', 'No addresses have been assigned to the Gateway');
    if (addresses > 16) return say('False', 'Invalid', `Too many addresses (${addresses}) have been assigned to the Gateway, the maximum number of addresses is 16`);
    const { availableReplicas = 0, replicas = 0 } = (this.#of.deployments.get(NAMESPACE, infraName(gateway))?.status ?? {}) as { availableReplicas?: number; replicas?: number };
    if (availableReplicas === 0) return say('False', 'NoResources', 'Envoy replicas unavailable');
    return say('True', 'Programmed', `Address assigned to the Gateway, ${availableReplicas}/${replicas} envoy replicas available`);
  }

  #write(r: Gvr, object: KubeObject, status: Record<string, unknown>): void {
    if (JSON.stringify(object.status) === JSON.stringify(status)) return;
    try {
      this.#client.updateStatus(r, { ...object, status });
    } catch (error) {
      // Somebody was faster: the change comes by the watch, and with it the next attempt.
      if (!(error instanceof ApiError && (error.code === 409 || error.code === 404))) throw error;
    }
  }
}

/** A change that only this controller's own writes of status make is none, but for the status of what it watches for it. */
function changed(o: KubeObject, old: KubeObject): boolean {
  const { managedFields: _a, resourceVersion: _b, ...meta } = o.metadata, { managedFields: _c, resourceVersion: _d, ...was } = old.metadata;
  const status = o.kind === 'Deployment' || o.kind === 'Service' || o.kind === 'Node' ? [o.status?.availableReplicas, o.status?.loadBalancer, o.status?.addresses] : [];
  const before = status.length > 0 ? [old.status?.availableReplicas, old.status?.loadBalancer, old.status?.addresses] : [];
  return JSON.stringify([meta, o.spec, o['data'], o['endpoints'], o['ports'], status]) !== JSON.stringify([was, old.spec, old['data'], old['endpoints'], old['ports'], before]);
}
