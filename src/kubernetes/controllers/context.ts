import type { KubeObject } from '../api/types.ts';
import { ApiError, type ApiClient, ConnectionError, type Gvr, type PatchType, core, gvr } from '../client/client.ts';
import { EventRecorder } from '../client/events.ts';
import { Informer } from '../client/informer.ts';
import { controllerOf } from '../client/owners.ts';
import { WorkQueue } from '../client/workqueue.ts';
import { type Clock, type Micros, MS, SECOND } from '../../sim/clock.ts';
import type { Rng } from '../../sim/rng.ts';

export const PODS = core('pods'), NODES = core('nodes'), SERVICES = core('services'), NAMESPACES = core('namespaces');
export const REPLICASETS = gvr('apps', 'v1', 'replicasets'), DEPLOYMENTS = gvr('apps', 'v1', 'deployments');
export const DAEMONSETS = gvr('apps', 'v1', 'daemonsets'), STATEFULSETS = gvr('apps', 'v1', 'statefulsets');
export const CONTROLLERREVISIONS = gvr('apps', 'v1', 'controllerrevisions');
export const JOBS = gvr('batch', 'v1', 'jobs'), CRONJOBS = gvr('batch', 'v1', 'cronjobs');
export const LEASES = gvr('coordination.k8s.io', 'v1', 'leases');
export const PVCS = core('persistentvolumeclaims'), PVS = core('persistentvolumes'), STORAGECLASSES = gvr('storage.k8s.io', 'v1', 'storageclasses');

/** kube-controller-manager's flags that a scenario may set. */
export interface Flags {
  clusterCidr: string;
  nodeCidrMaskSize: number;
  serviceCidr: string;
  /** Microseconds: --node-monitor-grace-period (40s) */
  nodeMonitorGracePeriod: Micros;
  /** Microseconds: --node-monitor-period (5s) */
  nodeMonitorPeriod: Micros;
  /** --terminated-pod-gc-threshold */
  terminatedPodGcThreshold: number;
  /** Of the component's version 1.x. */
  minor: number;
  /** The PEM that every namespace's kube-root-ca.crt publishes. */
  rootCa: string;
  /** Signs an approved CertificateSigningRequest: gives the certificate in PEM. Without it nothing is signed. */
  sign?: (csr: KubeObject) => string;
}

/** Loads something and goes on with it, as an event of its own; virtual time stands still meanwhile. */
export type Bring = <T>(load: () => Promise<T>, then: (loaded: T) => void) => void;

/**
 * What the controllers of one process share: informers (one a resource), queues and timers that all end with the process.
 * Nothing is reconciled before every informer has listed.
 */
export class ControllerContext {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly flags: Flags;
  readonly #client: (user: string) => ApiClient;
  readonly #bring: Bring | undefined;
  readonly #informers = new Map<string, Informer>();
  readonly #stops: (() => void)[] = [];
  #synced = false;
  #started = false;
  #stopped = false;

  constructor(client: (user: string) => ApiClient, clock: Clock, rng: Rng, flags: Flags, bring?: Bring) {
    this.#client = client;
    this.#bring = bring;
    this.clock = clock;
    this.rng = rng;
    this.flags = flags;
  }

  /** A client with the controller's own service account in kube-system (--use-service-account-credentials); '' is the process itself. */
  client(controller: string): ApiClient {
    return this.#client(controller === '' ? 'system:kube-controller-manager' : `system:serviceaccount:kube-system:${controller}`);
  }

  /** The shared informer of a resource, with the indexes `namespace`, `controller` (owner's uid) and `orphan` (namespace of what has none). */
  informer(r: Gvr): Informer {
    const k = `${r.group}/${r.version}/${r.resource}`;
    let informer = this.#informers.get(k);
    if (!informer) {
      informer = new Informer(this.#client('system:kube-controller-manager'), this.clock, r)
        .addIndex('namespace', (o) => [o.metadata.namespace ?? ''])
        .addIndex('controller', (o) => {
          const owner = controllerOf(o);
          return owner ? [owner.uid] : [];
        })
        .addIndex('orphan', (o) => (controllerOf(o) ? [] : [o.metadata.namespace ?? '']));
      this.#informers.set(k, informer);
      if (this.#started) informer.start();
    }
    return informer;
  }

  /** Ends the informer of a resource that is no more (its CustomResourceDefinition was deleted). */
  drop(r: Gvr): void {
    const k = `${r.group}/${r.version}/${r.resource}`;
    this.#informers.get(k)?.stop();
    this.#informers.delete(k);
  }

  resource(controller: string, r: Gvr): Resource {
    return new Resource(this.client(controller), this.informer(r), r);
  }

  recorder(component: string, controller = component): EventRecorder {
    const recorder = new EventRecorder(this.client(controller), this.clock, this.rng.fork(`events/${component}`), { component });
    this.#stops.push(() => recorder.stop());
    return recorder;
  }

  queue(reconcile: (key: string) => void, latency?: Micros | ((key: string) => Micros)): WorkQueue {
    const queue: WorkQueue = new WorkQueue(this.clock, (key) => {
      if (this.#isSynced()) reconcile(key);
      else queue.add(key, 100 * MS, true);
    }, latency);
    this.#stops.push(() => queue.stop());
    return queue;
  }

  /** A background timer that ends with the process. */
  every(period: Micros, run: () => void, first?: Micros): void {
    const timer = this.clock.every(period, () => {
      if (!this.#stopped && this.#isSynced()) guarded(run);
    }, first === undefined ? {} : { first });
    this.#stops.push(() => timer.cancel());
  }

  after(delay: Micros, run: () => void, background = true): void {
    this.clock.after(delay, () => {
      if (!this.#stopped) guarded(run);
    }, { background });
  }

  onStop(stop: () => void): void {
    this.#stops.push(stop);
  }

  /** Throws where nothing can be loaded: see loadControllers. */
  bring<T>(load: () => Promise<T>, then: (loaded: T) => void): void {
    if (!this.#bring) throw new Error('this controller manager loads nothing: call loadControllers first');
    this.#bring(load, (loaded) => {
      if (!this.#stopped) then(loaded);
    });
  }

  start(): void {
    this.#started = true;
    for (const informer of this.#informers.values()) informer.start();
  }

  stop(): void {
    this.#stopped = true;
    for (const informer of this.#informers.values()) informer.stop();
    for (const stop of this.#stops) stop();
  }

  #isSynced(): boolean {
    if (!this.#synced) this.#synced = [...this.#informers.values()].every((i) => i.synced);
    return this.#synced;
  }
}

/** A resource as one controller sees it: reads from the shared informer, writes as its own user, and sees its own writes at once. */
export class Resource {
  readonly client: ApiClient;
  readonly informer: Informer;
  readonly gvr: Gvr;

  constructor(client: ApiClient, informer: Informer, r: Gvr) {
    this.client = client;
    this.informer = informer;
    this.gvr = r;
  }

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.informer.get(namespace, name);
  }

  /** The cached object of a queue's key. */
  byKey(key: string): KubeObject | undefined {
    return this.informer.get(undefined, key);
  }

  ownedBy(owner: KubeObject): KubeObject[] {
    return this.informer.byIndex('controller', owner.metadata.uid!);
  }

  inNamespace(namespace: string): KubeObject[] {
    return this.informer.byIndex('namespace', namespace);
  }

  create(object: KubeObject): KubeObject {
    return this.#seen(this.client.create(this.gvr, object));
  }

  update(object: KubeObject): KubeObject {
    return this.#seen(this.client.update(this.gvr, object));
  }

  updateStatus(object: KubeObject): KubeObject {
    return this.#seen(this.client.updateStatus(this.gvr, object));
  }

  patch(object: KubeObject, type: PatchType, patch: unknown, subresource?: string): KubeObject {
    return this.#seen(this.client.patch(this.gvr, object.metadata.namespace, object.metadata.name, type, patch, subresource));
  }

  /** Deletes this very object (by uid). Not finding it is no error. */
  delete(object: KubeObject, options: { gracePeriodSeconds?: number; propagationPolicy?: string } = {}): void {
    let answer: KubeObject;
    try {
      answer = this.client.delete(this.gvr, object.metadata.namespace, object.metadata.name, { ...options, ...(object.metadata.uid ? { preconditions: { uid: object.metadata.uid } } : {}) });
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 404)) throw error;
      this.informer.forget(object);
      return;
    }
    const { metadata } = answer;
    if (answer.kind !== 'Status' && metadata.deletionTimestamp && (metadata.deletionGracePeriodSeconds !== 0 || metadata.finalizers?.length)) this.informer.observe(answer);
    else this.informer.forget(object);
  }

  #seen(object: KubeObject): KubeObject {
    this.informer.observe(object);
    return object;
  }
}

/** Timers have nobody to retry them: the API server's refusals wait for the next round, a defect of ours is not hidden. */
function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof Error && ('status' in error || error instanceof ConnectionError))) throw error;
  }
}

export const DEFAULT_FLAGS: Flags = {
  clusterCidr: '10.244.0.0/16', nodeCidrMaskSize: 24, serviceCidr: '10.96.0.0/12',
  nodeMonitorGracePeriod: 40 * SECOND, nodeMonitorPeriod: 5 * SECOND, terminatedPodGcThreshold: 12500, minor: 28, rootCa: '',
};
