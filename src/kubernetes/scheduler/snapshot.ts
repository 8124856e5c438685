import type { KubeObject } from '../api/types.ts';
import { add, parse, podResources, type Resources } from './resources.ts';

/** pkg/scheduler/framework NodeInfo: a node, the pods on it and what they take, kept up to date pod by pod. */
export class NodeInfo {
  node: KubeObject;
  allocatable: Resources;
  allowedPods = 0;
  readonly pods = new Map<string, KubeObject>();
  readonly withAffinity = new Map<string, KubeObject>();
  readonly withRequiredAntiAffinity = new Map<string, KubeObject>();
  readonly requested: Resources = parse(undefined);
  nonZeroCpu = 0;
  nonZeroMemory = 0;
  /** `PROTOCOL/PORT` → the host IPs in use and how often. */
  readonly ports = new Map<string, Map<string, number>>();
  images = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  constructor(node: KubeObject) {
    this.node = node;
    this.allocatable = parse(undefined);
    this.setNode(node);
  }

  get name(): string {
    return this.node.metadata.name;
  }

  setNode(node: KubeObject): void {
    if (node.status?.allocatable !== this.node.status?.allocatable || this.allowedPods === 0) {
      this.allocatable = parse(node.status?.allocatable);
      this.allowedPods = Number(node.status?.allocatable?.pods ?? 0);
    }
    this.node = node;
    this.images = new Map();
    for (const { names, sizeBytes } of (node.status?.images ?? []) as { names: string[]; sizeBytes: number }[]) for (const name of names ?? []) this.images.set(name, sizeBytes ?? 0);
  }

  /** How many pods of a namespace match; `key` names namespace and selector. Counted again only after a pod has come or gone. */
  count(key: string, namespace: string, matches: (labels: Record<string, string> | undefined) => boolean): number {
    let n = this.#counts.get(key);
    if (n === undefined) {
      n = 0;
      for (const { metadata } of this.pods.values()) if (metadata.namespace === namespace && !metadata.deletionTimestamp && matches(metadata.labels)) n++;
      this.#counts.set(key, n);
    }
    return n;
  }

  add(pod: KubeObject): void {
    const key = podKey(pod);
    if (this.pods.has(key)) this.remove(pod);
    this.pods.set(key, pod);
    const { affinity } = pod.spec;
    if (affinity?.podAffinity || affinity?.podAntiAffinity) this.withAffinity.set(key, pod);
    if (affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.length) this.withRequiredAntiAffinity.set(key, pod);
    this.#account(pod, 1);
  }

  remove(pod: KubeObject): void {
    const key = podKey(pod), old = this.pods.get(key);
    if (!old) return;
    this.pods.delete(key);
    this.withAffinity.delete(key);
    this.withRequiredAntiAffinity.delete(key);
    this.#account(old, -1);
  }

  #account(pod: KubeObject, sign: 1 | -1): void {
    this.#counts.clear();
    const r = podResources(pod);
    add(this.requested, r, sign);
    this.nonZeroCpu += sign * r.nonZeroCpu;
    this.nonZeroMemory += sign * r.nonZeroMemory;
    for (const { ip, port } of hostPorts(pod)) {
      const ips = this.ports.get(port) ?? new Map<string, number>();
      const n = (ips.get(ip) ?? 0) + sign;
      if (n > 0) ips.set(ip, n);
      else ips.delete(ip);
      this.ports.set(port, ips);
    }
  }
}

export function podKey(pod: KubeObject): string {
  return pod.metadata.uid ?? `${pod.metadata.namespace}/${pod.metadata.name}`;
}

export function hostPorts(pod: KubeObject): { ip: string; port: string }[] {
  const out: { ip: string; port: string }[] = [];
  for (const c of [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? []).filter((c: { restartPolicy?: string }) => c.restartPolicy === 'Always')]) {
    for (const p of c.ports ?? []) if (p.hostPort) out.push({ ip: p.hostIP || '0.0.0.0', port: `${p.protocol ?? 'TCP'}/${p.hostPort}` });
  }
  return out;
}

/** All nodes, with pods that were assigned or are about to be (internal/cache). */
export class SchedulerCache {
  readonly nodes = new Map<string, NodeInfo>();
  readonly #podNode = new Map<string, string>();
  /** Pods whose node is not known (yet). */
  readonly #homeless = new Map<string, Map<string, KubeObject>>();
  antiAffinityPods = 0;
  affinityPods = 0;

  setNode(node: KubeObject): void {
    const info = this.nodes.get(node.metadata.name);
    if (info) return info.setNode(node);
    const fresh = new NodeInfo(node);
    this.nodes.set(node.metadata.name, fresh);
    for (const pod of this.#homeless.get(node.metadata.name)?.values() ?? []) fresh.add(pod);
    this.#homeless.delete(node.metadata.name);
  }

  removeNode(name: string): void {
    const info = this.nodes.get(name);
    this.nodes.delete(name);
    if (info && info.pods.size > 0) this.#homeless.set(name, new Map(info.pods));
  }

  setPod(pod: KubeObject): void {
    const key = podKey(pod), before = this.#podNode.get(key);
    if (before !== undefined) this.removePod(pod);
    this.#podNode.set(key, pod.spec.nodeName);
    this.#count(pod, 1);
    const info = this.nodes.get(pod.spec.nodeName);
    if (info) return info.add(pod);
    const waiting = this.#homeless.get(pod.spec.nodeName) ?? new Map<string, KubeObject>();
    waiting.set(key, pod);
    this.#homeless.set(pod.spec.nodeName, waiting);
  }

  removePod(pod: KubeObject): void {
    const key = podKey(pod), node = this.#podNode.get(key);
    if (node === undefined) return;
    this.#podNode.delete(key);
    this.#count(pod, -1);
    this.nodes.get(node)?.remove(pod);
    this.#homeless.get(node)?.delete(key);
  }

  #count(pod: KubeObject, sign: 1 | -1): void {
    if (pod.spec.affinity?.podAffinity || pod.spec.affinity?.podAntiAffinity) this.affinityPods += sign;
    if (pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.length) this.antiAffinityPods += sign;
  }
}
