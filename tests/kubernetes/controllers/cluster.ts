import { ApiServer } from '../../../src/kubernetes/apiserver/server.ts';
import type { KubeObject } from '../../../src/kubernetes/api/types.ts';
import { ApiClient, core, gvr } from '../../../src/kubernetes/client/client.ts';
import { Informer } from '../../../src/kubernetes/client/informer.ts';
import { rfc3339, rfc3339Micro } from '../../../src/kubernetes/client/time.ts';
import { loadControllers } from '../../../src/kubernetes/controllers/index.ts';
import { startControllerManager, type ControllerManagerOptions } from '../../../src/kubernetes/controllers/manager.ts';
import { Etcd } from '../../../src/kubernetes/etcd/store.ts';
import { startScheduler, type Scheduler } from '../../../src/kubernetes/scheduler/scheduler.ts';
import { Clock, MS, SECOND } from '../../../src/sim/clock.ts';
import { Rng } from '../../../src/sim/rng.ts';

await loadControllers();

const PODS = core('pods'), NODES = core('nodes'), LEASES = gvr('coordination.k8s.io', 'v1', 'leases'), EVENTS = core('events');

/** An API server, the control plane's components and nodes whose agent says that whatever is bound to them runs. */
export class TestCluster {
  readonly clock = new Clock(Date.UTC(2026, 10, 21, 8, 24, 7) * 1000);
  readonly rng = new Rng('test');
  readonly etcd: Etcd;
  readonly server: ApiServer;
  readonly admin: ApiClient;
  scheduler: Scheduler;
  manager: { stop(): void };
  readonly #down = new Set<string>();
  /** By container image: how a container of a pod that is not to run for ever ends (exit code). */
  readonly ends = new Map<string, number>();
  #ip = 1;

  constructor(nodes: Record<string, Partial<KubeObject['spec']>> = { 'control-plane': { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] }, 'worker-1': {}, 'worker-2': {} }, flags: ControllerManagerOptions['flags'] = {}) {
    this.etcd = new Etcd(this.clock);
    this.server = new ApiServer({ clock: this.clock, rng: this.rng, etcd: this.etcd, authorization: 'AlwaysAllow' });
    this.admin = this.client('kubernetes-admin');
    for (const [name, spec] of Object.entries(nodes)) this.addNode(name, spec);
    this.#runPods();
    this.manager = startControllerManager({ client: (u) => this.client(u), clock: this.clock, rng: this.rng, flags: { rootCa: 'CA', ...flags } });
    this.scheduler = startScheduler({ client: (u) => this.client(u), clock: this.clock, rng: this.rng });
    this.settle();
  }

  client(user: string): ApiClient {
    return new ApiClient(this.server, { name: user, groups: ['system:masters'] }, user);
  }

  /** Runs until nothing but background work is due. */
  settle(limit = 300 * SECOND): this {
    const end = this.clock.now + limit;
    while (this.clock.foreground > 0 && this.clock.step(end));
    return this;
  }

  run(time: number): this {
    const end = this.clock.now + time;
    while (this.clock.step(end));
    this.clock.advanceTo(end);
    return this;
  }

  addNode(name: string, spec: KubeObject['spec'] = {}, allocatable: Record<string, string> = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi' }): void {
    this.admin.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name } }, spec });
    const beat = () => {
      if (this.#down.has(name)) return;
      const node = this.admin.get(NODES, undefined, name), at = rfc3339(this.clock.now);
      const conditions = [['MemoryPressure', 'False'], ['DiskPressure', 'False'], ['PIDPressure', 'False'], ['Ready', 'True']].map(([type, status]) => {
        const old = node.status?.conditions?.find((c: { type: string }) => c.type === type);
        return { type, status, reason: 'Kubelet', message: '', lastHeartbeatTime: at, lastTransitionTime: old?.status === status ? old.lastTransitionTime : at };
      });
      this.admin.updateStatus(NODES, { ...node, status: { ...node.status, allocatable, capacity: allocatable, conditions } });
    };
    const renew = () => {
      if (this.#down.has(name)) return;
      const lease = this.admin.find(LEASES, 'kube-node-lease', name), spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: rfc3339Micro(this.clock.now) };
      if (lease) this.admin.update(LEASES, { ...lease, spec });
      else this.admin.create(LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'kube-node-lease' }, spec });
    };
    beat();
    this.clock.every(10 * SECOND, () => {
      renew();
      beat();
    });
  }

  stopNode(name: string): void {
    this.#down.add(name);
  }

  startNode(name: string): void {
    this.#down.delete(name);
  }

  create(object: KubeObject): KubeObject {
    return this.admin.create(GVRS[object.kind]!, { ...object, metadata: { ...(NAMESPACELESS.has(object.kind) ? {} : { namespace: 'default' }), ...object.metadata } });
  }

  /** `REASON: message`, in the order they were written; counts above one are told. */
  events(kind?: string, name?: string): string[] {
    return this.admin.list(EVENTS).items
      .filter((e) => (!kind || e['involvedObject'].kind === kind) && (!name || e['involvedObject'].name === name))
      .sort((a, b) => Number(`0x${a.metadata.name.split('.').at(-1)}`) - Number(`0x${b.metadata.name.split('.').at(-1)}`))
      .map((e) => `${e['reason']}: ${e['message']}${e['count'] > 1 ? ` (x${e['count']})` : ''}`);
  }

  pods(namespace = 'default'): KubeObject[] {
    return this.admin.list(PODS, namespace).items;
  }

  #runPods(): void {
    const on = (pod: KubeObject) => {
      if (!pod.spec.nodeName || this.#down.has(pod.spec.nodeName)) return;
      if (pod.metadata.deletionTimestamp) this.clock.after(200 * MS, () => this.#finish(pod));
      else if (pod.status?.phase === 'Pending' && !pod.status.podIP) this.clock.after(300 * MS, () => this.#begin(pod));
    };
    new Informer(this.client('kubelet'), this.clock, PODS).on({ add: on, update: on }).start();
  }

  #begin(pod: KubeObject): void {
    const current = this.admin.find(PODS, pod.metadata.namespace, pod.metadata.name), at = rfc3339(this.clock.now);
    if (!current || current.metadata.uid !== pod.metadata.uid || current.metadata.deletionTimestamp || current.status.podIP) return;
    const podIP = `10.244.1.${++this.#ip}`, condition = (type: string, status: string) => ({ type, status, lastProbeTime: null, lastTransitionTime: at });
    const write = (phase: string, ready: string, state: object) => {
      const now = this.admin.find(PODS, pod.metadata.namespace, pod.metadata.name);
      if (now) this.admin.patch(PODS, now.metadata.namespace, now.metadata.name, 'strategic', { status: { phase, podIP, podIPs: [{ ip: podIP }], startTime: at, conditions: ['Initialized', 'Ready', 'ContainersReady'].map((t) => condition(t, t === 'Initialized' ? 'True' : ready)), containerStatuses: pod.spec.containers.map((c: { name: string; image: string }) => ({ name: c.name, image: c.image, imageID: '', ready: ready === 'True', restartCount: 0, state })) } }, 'status');
    };
    const code = this.ends.get(pod.spec.containers[0].image);
    write('Running', 'True', { running: { startedAt: at } });
    if (code !== undefined) this.clock.after(SECOND, () => write(code === 0 ? 'Succeeded' : 'Failed', 'False', { terminated: { exitCode: code, finishedAt: rfc3339(this.clock.now), reason: code === 0 ? 'Completed' : 'Error', startedAt: at } }));
  }

  #finish(pod: KubeObject): void {
    const current = this.admin.find(PODS, pod.metadata.namespace, pod.metadata.name);
    if (current?.metadata.uid === pod.metadata.uid && current?.metadata.deletionTimestamp) this.admin.delete(PODS, pod.metadata.namespace, pod.metadata.name, { gracePeriodSeconds: 0 });
  }
}

const apps = (r: string) => gvr('apps', 'v1', r), batch = (r: string) => gvr('batch', 'v1', r);
const GVRS: Record<string, ReturnType<typeof core>> = {
  Pod: PODS, Service: core('services'), Namespace: core('namespaces'), Deployment: apps('deployments'), DaemonSet: apps('daemonsets'), StatefulSet: apps('statefulsets'), Job: batch('jobs'), CronJob: batch('cronjobs'),
  PriorityClass: gvr('scheduling.k8s.io', 'v1', 'priorityclasses'), PersistentVolume: core('persistentvolumes'), PersistentVolumeClaim: core('persistentvolumeclaims'), ResourceQuota: core('resourcequotas'),
  StorageClass: gvr('storage.k8s.io', 'v1', 'storageclasses'), PodDisruptionBudget: gvr('policy', 'v1', 'poddisruptionbudgets'), HorizontalPodAutoscaler: gvr('autoscaling', 'v2', 'horizontalpodautoscalers'),
};
const NAMESPACELESS = new Set(['Namespace', 'PriorityClass', 'PersistentVolume', 'StorageClass']);

export function deployment(name: string, replicas: number, image = 'nginx:1.24', spec: KubeObject['spec'] = {}, pod: KubeObject['spec'] = {}): KubeObject {
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'nginx', image, ...pod }] } }, ...spec },
  };
}
