import type { KubeObject } from '../api/types.ts';
import { loadValidation, validationIsLoaded } from '../api/validation-of.ts';
import type { Severity } from '../runtime/klog.ts';
import type { Machine } from '../../linux/machine.ts';
import { type Clock, SECOND } from '../../sim/clock.ts';
import { ManifestError, staticPod } from './manifest.ts';

/** fileCheckFrequency */
const LIST = 20 * SECOND;

interface Node {
  name: string;
  version: string;
  log(severity: Severity, where: string, text: string): void;
  /** Loads something and goes on. */
  bring(load: () => Promise<void>, then: () => void): void;
}

/**
 * Pods that are files: /etc/kubernetes/manifests (pkg/kubelet/config/file.go, file_linux.go). A file that changes is read at once (here
 * within a second; the real one is told by inotify), all of them every 20 s; names that begin with a dot are left alone, all others count:
 * two files with a pod of the same name are one pod, that of the last by name.
 */
export class StaticPods {
  readonly #machine: Machine;
  readonly #path: string;
  readonly #node: Node;
  /** What was last read of each file: a pod, or why there is none, and the namespace/name of the last pod it gave. */
  readonly #files = new Map<string, { content: string; found: KubeObject | ManifestError; key: string | undefined }>();
  /** As the kubelet has them, by namespace/name. */
  #pods = new Map<string, KubeObject>();

  constructor(machine: Machine, path: string, node: Node) {
    this.#machine = machine;
    this.#path = path;
    this.#node = node;
  }

  watch(clock: Clock, changed: (added: KubeObject[], removed: KubeObject[]) => void): { cancel(): void } {
    const tell = (before: ReadonlyMap<string, KubeObject>) => {
      const removed = [...before].filter(([key, pod]) => this.#pods.get(key)?.metadata.uid !== pod.metadata.uid).map(([, pod]) => pod);
      const added = [...this.#pods].filter(([key, pod]) => before.get(key)?.metadata.uid !== pod.metadata.uid).map(([, pod]) => pod);
      if (added.length + removed.length > 0) changed(added, removed);
    };
    let listed = clock.now;
    const look = (): void => {
      if (!validationIsLoaded() && this.#somethingNew()) return this.#node.bring(loadValidation, look);
      const before = new Map(this.#pods);
      this.#events();
      if (clock.now - listed >= LIST) {
        listed = clock.now;
        this.#list();
      }
      tell(before);
    };
    this.#list();
    tell(new Map());
    return clock.every(SECOND, look);
  }

  /** Every file is read, and what they say is all there is. */
  #list(): void {
    const dir = this.#machine.fs.find(this.#path);
    if (!dir) this.#node.log('E', 'file.go:104', `"Unable to read config path" err="path does not exist, ignoring" path="${this.#path}"`);
    const pods = new Map<string, KubeObject>();
    for (const [name, content] of this.#contents()) {
      const pod = this.#read(name, content, (why, path) => this.#node.log('E', 'file.go:187', `"Could not process manifest file" err=${JSON.stringify(why)} path="${path}"`));
      if (pod) pods.set(keyOf(pod), pod);
    }
    this.#pods = pods;
  }

  #somethingNew(): boolean {
    return [...this.#contents()].some(([name, content]) => this.#files.get(name)?.content !== content);
  }

  /** What has changed since it was last looked at. */
  #events(): void {
    const contents = this.#contents();
    for (const [name, { key }] of this.#files) if (!contents.has(name)) {
      this.#files.delete(name);
      if (key !== undefined) this.#pods.delete(key);
    }
    for (const [name, content] of contents) {
      if (this.#files.get(name)?.content === content) continue;
      const pod = this.#read(name, content, (why, path) => this.#node.log('E', 'file.go:108', `"Unable to process watch event" err=${JSON.stringify(`can't process config file "${path}": ${why}`)}`));
      if (pod) this.#pods.set(keyOf(pod), pod);
    }
  }

  #contents(): Map<string, string> {
    const dir = this.#machine.fs.find(this.#path), found = new Map<string, string>();
    if (dir?.kind !== 'dir') return found;
    for (const name of dir.names()) {
      const inode = dir.get(name);
      if (!name.startsWith('.') && inode?.kind === 'file') found.set(name, String(inode.content));
    }
    return found;
  }

  /** The file's pod; of one that is none `refused` is told why. */
  #read(name: string, content: string, refused: (why: string, path: string) => void): KubeObject | undefined {
    const path = `${this.#path}/${name}`;
    let file = this.#files.get(name);
    if (file?.content !== content) {
      const found = this.#decode(content, path);
      file = { content, found, key: found instanceof ManifestError ? file?.key : keyOf(found) };
      this.#files.set(name, file);
    }
    if (!(file.found instanceof ManifestError)) return file.found;
    refused(file.found.message, path);
    return undefined;
  }

  #decode(content: string, path: string): KubeObject | ManifestError {
    const { name, version } = this.#node;
    try {
      return staticPod(content, path, { name, version, now: this.#machine.world.clock.now });
    } catch (error) {
      if (error instanceof ManifestError) return error;
      throw error;
    }
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
