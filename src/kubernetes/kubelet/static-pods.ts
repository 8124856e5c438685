import type { KubeObject } from '../api/types.ts';
import type { Machine } from '../../linux/machine.ts';
import { type Clock, SECOND } from '../../sim/clock.ts';
import { sha256Hex } from '../runtime/sha256.ts';
import { rfc3339Nano } from '../runtime/log.ts';
import { parseOnce } from '../runtime/yaml.ts';

/** Pods that are files: /etc/kubernetes/manifests (pkg/kubelet/config/file.go). Looked at every second (the real one is told by inotify). */
export class StaticPods {
  readonly #machine: Machine;
  readonly #path: string;
  readonly #node: string;
  readonly #known = new Map<string, { content: string; pod: KubeObject }>();

  constructor(machine: Machine, path: string, node: string) {
    this.#machine = machine;
    this.#path = path;
    this.#node = node;
  }

  watch(clock: Clock, changed: (added: KubeObject[], removed: KubeObject[]) => void): { cancel(): void } {
    const look = () => {
      const { added, removed } = this.read();
      if (added.length + removed.length > 0) changed(added, removed);
    };
    look();
    return clock.every(SECOND, look);
  }

  read(): { added: KubeObject[]; removed: KubeObject[] } {
    const { fs } = this.#machine;
    const dir = fs.find(this.#path);
    const added: KubeObject[] = [], removed: KubeObject[] = [];
    const names = dir?.kind === 'dir' ? dir.names() : [];
    for (const [name, { pod }] of this.#known) if (!names.includes(name)) {
      this.#known.delete(name);
      removed.push(pod);
    }
    for (const name of names) {
      if (name.startsWith('.') || !/\.(ya?ml|json|manifest)$/.test(name)) continue;
      const inode = (dir as { get(n: string): { kind: string; content?: unknown } | undefined }).get(name);
      if (inode?.kind !== 'file') continue;
      const content = String(inode.content), old = this.#known.get(name);
      if (old?.content === content) continue;
      const pod = this.#decode(content, `${this.#path}/${name}`);
      if (!pod) continue;
      if (old) removed.push(old.pod);
      this.#known.set(name, { content, pod });
      added.push(pod);
    }
    return { added, removed };
  }

  #decode(content: string, path: string): KubeObject | undefined {
    let manifest: KubeObject;
    try {
      manifest = parseOnce(content) as KubeObject;
    } catch {
      return undefined; // "Could not process manifest file": the kubelet logs it and goes on
    }
    if (manifest?.kind !== 'Pod' || !manifest.metadata?.name || !manifest.spec?.containers) return undefined;
    const hash = sha256Hex(`${this.#node} ${path} ${content}`).slice(0, 32);
    const { spec } = manifest;
    return {
      ...manifest,
      metadata: {
        ...manifest.metadata, namespace: manifest.metadata.namespace ?? 'default', name: `${manifest.metadata.name}-${this.#node}`, uid: hash,
        annotations: { ...manifest.metadata.annotations, 'kubernetes.io/config.hash': hash, 'kubernetes.io/config.seen': rfc3339Nano(this.#machine.world.clock.now), 'kubernetes.io/config.source': 'file' },
      },
      spec: {
        ...spec, nodeName: this.#node, restartPolicy: spec.restartPolicy ?? 'Always', terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30, dnsPolicy: spec.dnsPolicy ?? 'ClusterFirst', enableServiceLinks: true,
        tolerations: [...(spec.tolerations ?? []), { effect: 'NoExecute', operator: 'Exists' }],
      },
    };
  }
}
