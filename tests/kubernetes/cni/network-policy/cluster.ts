import type { KubeObject } from '../../../../src/kubernetes/api/types.ts';
import { ApiClient, core, gvr } from '../../../../src/kubernetes/client/client.ts';
import { calicoManifest } from '../../../../src/kubernetes/cni/manifests/calico.ts';
import { clusterNodes } from '../../../../src/kubernetes/kubelet/nodes.ts';
import { servers } from '../../../../src/kubernetes/runtime/connection.ts';
import { userOf } from '../../../../src/kubernetes/runtime/kubeconfig.ts';
import type { Process } from '../../../../src/linux/process.ts';
import { tcpConnect, tcpListen } from '../../../../src/linux/net/tcp.ts';
import { udpOpen } from '../../../../src/linux/net/udp.ts';
import type { World } from '../../../../src/linux/world.ts';
import { createObjects as apply } from '../../../../src/kubernetes/client/apply.ts';
import { bootScenario } from '../../../../src/scenarios/index.ts';
import { kubeadm } from '../../../../src/scenarios/kubeadm/index.ts';
import { MS, SECOND } from '../../../../src/sim/clock.ts';
import { allowed, type Namespaces, type Pod, type Policy } from './evaluator.ts';
import type { Step } from './cases.ts';

const POLICIES = gvr('networking.k8s.io', 'v1', 'networkpolicies');
const PORTS = [80, 81].flatMap((port) => ['TCP', 'UDP'].map((protocol) => ({ name: `serve-${port}-${protocol.toLowerCase()}`, protocol, port })));

export interface Probe {
  from: Pod;
  to: Pod;
  protocol: string;
  port: number;
}

/** Namespaces x, y and z with pods a, b and c that serve 80 and 81 over TCP and UDP, on two nodes with Calico. */
export class PolicyCluster {
  readonly world: World;
  readonly client: ApiClient;
  readonly pods: Pod[] = [];
  readonly namespaces: Namespaces = {};
  readonly policies = new Map<string, Policy>();
  readonly #processes = new Map<string, Process>();
  #lastPort = 1023;

  private constructor() {
    this.world = bootScenario(kubeadm({ cni: false, workers: 2 }), { seed: 'policies' });
    const server = [...servers(this.world).values()][0]!.transport;
    this.client = new ApiClient(server, userOf('kubernetes-admin', ['system:masters']), 'test');
  }

  static async start(): Promise<PolicyCluster> {
    const cluster = new PolicyCluster();
    apply(cluster.client, calicoManifest());
    await cluster.later(60 * SECOND);
    for (const name of ['x', 'y', 'z']) cluster.#namespace(name, { ns: name });
    await cluster.later(SECOND); // their service accounts
    for (const name of ['x', 'y', 'z']) for (const pod of ['a', 'b', 'c']) cluster.#create(name, pod);
    await cluster.#settle();
    return cluster;
  }

  later(time: number): Promise<boolean> {
    return this.world.advance(this.world.clock.now + time);
  }

  pod(namespace: string, name: string): Pod {
    return this.pods.find((p) => p.namespace === namespace && p.name === name)!;
  }

  async act(steps: readonly Step[]): Promise<void> {
    for (const s of steps) {
      if ('apply' in s) this.#apply(s.apply);
      else if ('remove' in s) this.#remove(s.remove.namespace, s.remove.name);
      else if ('labelNamespace' in s) this.#labels(core('namespaces'), undefined, s.labelNamespace, s.labels);
      else if ('labelPod' in s) this.#labels(core('pods'), ...s.labelPod, s.labels);
      else if ('createPod' in s) this.#create(...s.createPod);
      else if ('createNamespace' in s) {
        this.#namespace(s.createNamespace, s.labels);
        await this.later(SECOND);
      }
      else this.#delete(...s.deletePod);
    }
    if (steps.some((s) => 'createPod' in s || 'deletePod' in s)) await this.#settle();
    await this.later(100 * MS);
  }

  async reset(): Promise<void> {
    for (const p of [...this.policies.values()]) this.#remove(p.metadata.namespace, p.metadata.name);
    await this.later(100 * MS);
  }

  /** Every pod to every pod, on every port: all at once. Gives those that went otherwise than the objects say. */
  async wrong(): Promise<string[]> {
    const policies = [...this.policies.values()];
    const probes = this.pods.flatMap((from) => this.pods.flatMap((to) => PORTS.map((p): Probe => ({ from, to, protocol: p.protocol, port: p.port }))));
    const got = await this.connect(probes);
    return probes.flatMap((p, i) => {
      const wanted = allowed(policies, this.namespaces, p.from, p.to, p.protocol, p.port);
      return got[i] === wanted ? [] : [`${p.from.namespace}/${p.from.name} → ${p.to.namespace}/${p.to.name} ${p.protocol} ${p.port}: ${got[i] ? 'passes' : 'does not pass'}`];
    });
  }

  /** Whether each gets its answer within half a second. */
  async connect(probes: readonly Probe[]): Promise<boolean[]> {
    const got = probes.map(() => false), closing: (() => void)[] = [];
    probes.forEach((p, i) => {
      const process = this.#processes.get(`${p.from.namespace}/${p.from.name}`)!;
      if (p.protocol === 'TCP') {
        const socket = tcpConnect(process, { ip: p.to.ip, port: p.port });
        socket.onOpen = () => (got[i] = true);
        socket.onError = () => {};
        // With a reset: a connection left behind would answer the next one from the same port.
        closing.push(() => (got[i] ? socket.abort() : socket.vanish()));
      } else {
        // From a port that was never used: conntrack would know the other one's flow for thirty seconds.
        const socket = udpOpen(process, { port: this.#port() });
        socket.onMessage = () => (got[i] = true);
        socket.send({ ip: p.to.ip, port: p.port }, '?');
        closing.push(() => socket.close());
      }
    });
    await this.later(500 * MS);
    for (const close of closing) close();
    await this.later(50 * MS);
    return got;
  }

  #port(): number {
    this.#lastPort = this.#lastPort === 65535 ? 1024 : this.#lastPort + 1;
    return this.#lastPort;
  }

  #apply(policy: Policy): void {
    const { namespace, name } = policy.metadata, object = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', ...policy } as unknown as KubeObject;
    const old = this.client.find(POLICIES, namespace, name);
    if (old) this.client.update(POLICIES, { ...object, metadata: { ...old.metadata } });
    else this.client.create(POLICIES, object);
    this.policies.set(`${namespace}/${name}`, policy);
  }

  #remove(namespace: string, name: string): void {
    this.client.delete(POLICIES, namespace, name);
    this.policies.delete(`${namespace}/${name}`);
  }

  #namespace(name: string, labels: Record<string, string>): void {
    const made = this.client.find(core('namespaces'), undefined, name) ?? this.client.create(core('namespaces'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    this.namespaces[name] = made.metadata.labels!;
  }

  #labels(resource: ReturnType<typeof core>, namespace: string | undefined, name: string, labels: Record<string, string>): void {
    const old = this.client.get(resource, namespace, name);
    const kept: Record<string, string> = namespace === undefined ? { 'kubernetes.io/metadata.name': name } : {};
    const now = this.client.update(resource, { ...old, metadata: { ...old.metadata, labels: { ...kept, ...labels } } }).metadata.labels!;
    if (namespace === undefined) this.namespaces[name] = now;
    else this.pod(namespace, name).labels = now;
  }

  #create(namespace: string, name: string): void {
    this.client.create(core('pods'), {
      apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels: { pod: name } },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.9', ports: PORTS.map((p) => ({ name: p.name, containerPort: p.port, protocol: p.protocol })) }] },
    });
  }

  #delete(namespace: string, name: string): void {
    this.client.delete(core('pods'), namespace, name, { gracePeriodSeconds: 0 });
    this.pods.splice(this.pods.indexOf(this.pod(namespace, name)), 1);
    this.#processes.delete(`${namespace}/${name}`);
  }

  /** Waits until every pod has its network, and lets something listen in it. */
  async #settle(): Promise<void> {
    await this.later(10 * SECOND);
    for (const node of clusterNodes(this.world).values()) for (const sandbox of node.runtime.sandboxes.values()) {
      const { namespace, name } = sandbox.config, key = `${namespace}/${name}`;
      if (!(namespace in this.namespaces) || !['x', 'y', 'z', 'y-2'].includes(namespace) || this.#processes.has(key) || sandbox.state !== 'READY') continue;
      const process = node.machine.daemon({ argv: ['server'], exe: '/server', net: sandbox.net });
      for (const { protocol, port } of PORTS) {
        if (protocol === 'TCP') tcpListen(process, { ip: '0.0.0.0', port }, () => {});
        else {
          const socket = udpOpen(process, { ip: '0.0.0.0', port });
          socket.onMessage = (data, from) => socket.send(from, data);
        }
      }
      this.#processes.set(key, process);
      this.pods.push({ namespace, name, labels: { pod: name }, ip: sandbox.ip!, ports: PORTS });
    }
  }
}
