import { MS, SECOND } from '../../sim/clock.ts';
import { addQuantities, compareQuantities, formatQuantity, quantity } from '../api/quantity.ts';
import type { Container } from '../runtime/containers.ts';
import { diskUsage } from '../runtime/disk-usage.ts';
import type { PodWorker } from './pod-worker.ts';
import type { Volume } from './volumes.ts';

/** How often the eviction manager looks at what pods use. */
export const EVICTION_PERIOD = 10 * SECOND;
/** What a pod's volumes hold is only known some time after it started: `du` runs once a minute, at no pod's own time. */
const UNKNOWN = 20 * SECOND;

/**
 * Local storage only (pkg/kubelet/eviction/eviction_manager.go, localStorageEviction): pods with an emptyDir over its sizeLimit, and
 * pods and containers over their limit of ephemeral-storage. Pressure of the whole node is not modelled.
 */
export function evictOverLimit(worker: PodWorker): void {
  if (worker.terminating || worker.terminated || worker.kubelet.clock.now - worker.startTime < UNKNOWN) return;
  const message = emptyDirOverLimit(worker) ?? podOverLimit(worker) ?? containerOverLimit(worker);
  if (message === undefined) return;
  worker.kubelet.recorder.event(worker.about(), 'Warning', 'Evicted', message);
  worker.terminate(500 * MS, { phase: 'Failed', reason: 'Evicted', message });
}

function emptyDirOverLimit(worker: PodWorker): string | undefined {
  for (const volume of emptyDirs(worker)) {
    const limit = volume['emptyDir'].sizeLimit as string | undefined;
    if (limit !== undefined && compareQuantities(limit, '0') > 0 && over(volumeBytes(worker, volume), limit))
      return `Usage of EmptyDir volume "${volume.name}" exceeds the limit "${limit}". `;
  }
  return undefined;
}

/** The limits of all containers that have one, against layers, logs and emptyDirs together. */
function podOverLimit(worker: PodWorker): string | undefined {
  const limits = worker.pod.spec.containers.map(storageLimit).filter((limit: string | undefined) => limit !== undefined) as string[];
  if (limits.length === 0) return undefined;
  const limit = formatQuantity(limits.map(quantity).reduce(addQuantities));
  const onDisk = emptyDirs(worker).filter((volume) => volume['emptyDir'].medium !== 'Memory');
  const used = containersOf(worker).reduce((sum, c) => sum + containerBytes(c), 0) + onDisk.reduce((sum, volume) => sum + volumeBytes(worker, volume), 0);
  return over(used, limit) ? `Pod ephemeral local storage usage exceeds the total limit of containers ${limit}. ` : undefined;
}

function containerOverLimit(worker: PodWorker): string | undefined {
  for (const container of containersOf(worker)) {
    const limit = storageLimit(worker.pod.spec.containers.find(({ name }: { name: string }) => name === container.config.name));
    if (limit !== undefined && over(containerBytes(container), limit)) return `Container ${container.config.name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  return undefined;
}

function emptyDirs(worker: PodWorker): Volume[] {
  return ((worker.pod.spec.volumes ?? []) as Volume[]).filter((volume) => volume['emptyDir']);
}

function containersOf(worker: PodWorker): readonly Container[] {
  return worker.kubelet.options.runtime.podContainers(worker.uid).filter(({ state }) => state === 'RUNNING');
}

function storageLimit(container: { resources?: { limits?: Record<string, string> } } | undefined): string | undefined {
  return container?.resources?.limits?.['ephemeral-storage'];
}

function volumeBytes(worker: PodWorker, volume: Volume): number {
  const root = worker.volumes.directories.get(volume.name)?.root;
  return root ? diskUsage(root).bytes : 0;
}

/** Its layer over the image's, and its log. */
function containerBytes(container: Container): number {
  return diskUsage(container.fs.mounts[0]!.root).bytes + container.log.entries.reduce((sum, { text }) => sum + text.length, 0);
}

function over(bytes: number, limit: string): boolean {
  return compareQuantities(String(bytes), limit) > 0;
}
