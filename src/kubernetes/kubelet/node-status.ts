import type { KubeObject } from '../api/types.ts';
import { formatQuantity, quantity, subtractQuantities } from '../api/quantity.ts';
import { ApiError, type ApiClient, ConnectionError, core, gvr } from '../client/client.ts';
import { deepEqual } from '../client/pods.ts';
import type { EventRecorder, ObjectReference } from '../client/events.ts';
import { rfc3339, rfc3339Micro } from '../client/time.ts';
import { type Clock, type Micros, MS, SECOND } from '../../sim/clock.ts';
import type { ContainerRuntime } from '../runtime/cri.ts';
import type { Severity } from '../runtime/klog.ts';
import type { KubeletOptions } from './config.ts';

const NODES = core('nodes'), LEASES = gvr('coordination.k8s.io', 'v1', 'leases');
const REPORT = 300 * SECOND;

type Log = (severity: Severity, where: string, text: string) => void;

/** Registers the node, keeps its status (every 10 s looked at, sent when changed or after 5 minutes) and its Lease (every 10 s). */
export class NodeStatus {
  readonly #o: KubeletOptions;
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #recorder: EventRecorder;
  readonly #runtime: ContainerRuntime;
  readonly #uuid: { machineID: string; systemUUID: string; bootID: string };
  readonly #timers: { cancel(): void }[] = [];
  #registered = false;
  #reported: Micros = 0;
  #sent: Record<string, unknown> | undefined;
  #lease: KubeObject | undefined;
  readonly #log: Log;

  constructor(options: KubeletOptions, recorder: EventRecorder, log: Log) {
    this.#o = options;
    this.#log = log;
    this.#client = options.client;
    this.#clock = options.machine.world.clock;
    this.#recorder = recorder;
    this.#runtime = options.runtime;
    const rng = options.machine.world.rng.fork(`node/${options.nodeName}`);
    const { fs } = options.machine;
    const machineID = fs.exists('/etc/machine-id') ? fs.readFile('/etc/machine-id').trim() : rng.hex(32);
    this.#uuid = { machineID, systemUUID: machineID === '' ? '' : rng.uuid(), bootID: options.machine.world.rng.fork('boot').uuid() };
  }

  start(): void {
    const about = this.about();
    this.#recorder.event(about, 'Normal', 'Starting', 'Starting kubelet.');
    this.#update();
    this.#recorder.event(about, 'Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
    this.#timers.push(this.#clock.every(10 * SECOND, () => this.#update()));
    this.#timers.push(this.#clock.every(10 * SECOND, () => this.#renew(), { first: 200 * MS }));
  }

  stop(): void {
    for (const t of this.#timers) t.cancel();
  }

  /** Looks again at once (the network became ready). */
  now(): void {
    this.#update();
  }

  /** Says at once that the node is alive. */
  heartbeat(): void {
    this.#renew();
    this.#update();
  }

  about(): ObjectReference {
    return { kind: 'Node', name: this.#o.nodeName, uid: this.#o.nodeName };
  }

  #update(): void {
    if (!this.#o.process.running || this.#o.process.stopped) return;
    try {
      this.#try();
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      const { nodeName } = this.#o;
const why = error.message.replaceAll('"', '\\"');
      if (this.#registered) this.#log('E', 'kubelet_node_status.go:540', `"Error updating node status, will retry" err="error getting node \\"${nodeName}\\": ${why}"`);
      else this.#log('E', 'kubelet_node_status.go:92', `"Unable to register node with API server" err="${why}" node="${nodeName}"`);
      if (!this.#registered) this.#clock.after(200 * MS, () => this.#update(), { background: true });
    }
  }

  #try(): void {
    const { nodeName } = this.#o;
    let node = this.#client.find(NODES, undefined, nodeName);
    const created = !node;
    if (!node) {
      this.#log('I', 'kubelet_node_status.go:70', `"Attempting to register node" node="${nodeName}"`);
      node = this.#register();
      this.#log('I', 'kubelet_node_status.go:73', `"Successfully registered node" node="${nodeName}"`);
    }
    this.#registered = true;
    const status = this.#status(node);
    const { conditions, ...rest } = status;
    const bare = { ...rest, conditions: (conditions as { lastHeartbeatTime?: string }[]).map(({ lastHeartbeatTime: _, ...c }) => c) };
    if (!created && this.#sent && deepEqual(bare, this.#sent) && this.#clock.now - this.#reported < REPORT) return;
    this.#client.patch(NODES, undefined, nodeName, 'strategic', { status }, 'status');
    this.#sent = bare;
    this.#reported = this.#clock.now;
  }

  #register(): KubeObject {
    const { nodeName, labels, taints, annotations, providerID } = this.#o;
    return this.#client.create(NODES, {
      apiVersion: 'v1', kind: 'Node',
      metadata: {
        name: nodeName, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true', ...annotations },
        labels: { 'beta.kubernetes.io/arch': 'amd64', 'beta.kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux', ...labels },
      },
      spec: { ...(providerID ? { providerID } : {}), ...(taints?.length ? { taints } : {}) },
    });
  }

  #status(node: KubeObject): Record<string, unknown> {
    const { nodeName, nodeIP, capacity, version, osImage, machine } = this.#o;
    const now = rfc3339(this.#clock.now);
    const amounts = { cpu: capacity.cpu, 'ephemeral-storage': capacity.ephemeralStorage, 'hugepages-1Gi': '0', 'hugepages-2Mi': '0', memory: capacity.memory, pods: capacity.pods };
    const old = (node.status?.conditions ?? []) as { type: string; status: string; lastTransitionTime: string }[];
    const condition = (type: string, status: 'True' | 'False', reason: string, message: string) => {
      const before = old.find((c) => c.type === type);
      if (before?.status !== status) this.#transition(type, status);
      return { lastHeartbeatTime: now, lastTransitionTime: before?.status === status ? before.lastTransitionTime : now, message, reason, status, type };
    };
    const problems: string[] = [];
    if (!this.#runtime.process.running) problems.push('container runtime is down');
    if (!this.#runtime.networkReady) problems.push('container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized');
    const ready = problems.length === 0;
    const images = new Map<unknown, { names: string[]; sizeBytes: number }>();
    for (const [name, { image }] of this.#runtime.images) {
      const entry = images.get(image);
      if (entry) entry.names.push(name);
      else images.set(image, { names: [name], sizeBytes: image.size });
    }
    return {
      addresses: [{ address: nodeIP, type: 'InternalIP' }, { address: nodeName, type: 'Hostname' }],
      allocatable: { ...amounts, memory: kept(capacity.memory, this.#o.evictionHard?.['memory.available']), 'ephemeral-storage': kept(capacity.ephemeralStorage, this.#o.evictionHard?.['nodefs.available']) }, capacity: amounts,
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', ready ? 'True' : 'False', ready ? 'KubeletReady' : 'KubeletNotReady', ready ? 'kubelet is posting ready status' : problems.join(', ')),
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      images: [...images.values()].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, 50),
      nodeInfo: {
        architecture: 'amd64', bootID: this.#uuid.bootID, containerRuntimeVersion: `${this.#runtime.name}://${this.#runtime.version}`, kernelVersion: machine.kernel.release, kubeProxyVersion: version,
        kubeletVersion: version, machineID: this.#uuid.machineID, operatingSystem: 'linux', osImage, systemUUID: this.#uuid.systemUUID,
      },
    };
  }

  #transition(type: string, status: 'True' | 'False'): void {
    const reason = type === 'Ready' ? (status === 'True' ? 'NodeReady' : 'NodeNotReady') : { MemoryPressure: 'NodeHasSufficientMemory', DiskPressure: 'NodeHasNoDiskPressure', PIDPressure: 'NodeHasSufficientPID' }[type]!;
    if (type === 'Ready' && status === 'False' && !this.#sent) return;
    this.#recorder.event(this.about(), 'Normal', reason, `Node ${this.#o.nodeName} status is now: ${reason}`);
  }

  #renew(): void {
    if (!this.#o.process.running || this.#o.process.stopped) return;
    const { nodeName } = this.#o;
    const renewTime = rfc3339Micro(this.#clock.now);
    try {
      if (this.#lease) {
        try {
          this.#lease = this.#client.update(LEASES, { ...this.#lease, spec: { ...this.#lease.spec, renewTime } });
          return;
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
        }
      }
      const found = this.#client.find(LEASES, 'kube-node-lease', nodeName);
      if (found) {
        this.#lease = this.#client.update(LEASES, { ...found, spec: { ...found.spec, renewTime } });
        return;
      }
      const node = this.#client.find(NODES, undefined, nodeName);
      this.#lease = this.#client.create(LEASES, {
        apiVersion: 'coordination.k8s.io/v1', kind: 'Lease',
        metadata: { name: nodeName, namespace: 'kube-node-lease', ...(node ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid! }] } : {}) },
        spec: { holderIdentity: nodeName, leaseDurationSeconds: 40, renewTime },
      });
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof ConnectionError)) throw error;
      this.#log('E', 'controller.go:146', `"Failed to ensure lease exists, will retry" err="${error.message.replaceAll('"', '\\"')}" interval="10s"`);
      if (!this.#lease) this.#clock.after(SECOND, () => this.#renew(), { background: true });
    }
  }
}

/** An amount without what evictions keep back of it. */
function kept(amount: string, threshold = '0'): string {
  const whole = quantity(amount), part = /^(\d+)%$/.exec(threshold);
  const back = part ? { nano: (whole.nano * BigInt(part[1]!)) / 100n, format: 'DecimalSI' as const } : quantity(threshold);
  if (back.nano === 0n) return amount;
  return part ? String((whole.nano - back.nano) / 1_000_000_000n) : formatQuantity(subtractQuantities(whole, back));
}
