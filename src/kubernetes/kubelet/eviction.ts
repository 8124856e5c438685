import { type Directory, FileError } from '../../linux/files.ts';
import { MS, SECOND } from '../../sim/clock.ts';
import { amount } from './environment.ts';
import type { PodWorker } from './pod-worker.ts';
import type { Volume } from './volumes.ts';

/** How often the eviction manager looks at what pods use. */
export const EVICTION_PERIOD = 10 * SECOND;
/** What a pod's volumes hold is only known some time after it started: `du` runs once a minute, at no pod's own time. */
const UNKNOWN = 20 * SECOND;

/**
 * Local storage only (pkg/kubelet/eviction/eviction_manager.go, localStorageEviction): pods whose emptyDir volumes hold more
 * than their sizeLimit. Pressure of the whole node is not modelled.
 */
export function evictOverLimit(worker: PodWorker): void {
  if (worker.terminating || worker.terminated || worker.kubelet.clock.now - worker.startTime < UNKNOWN) return;
  for (const volume of (worker.pod.spec.volumes ?? []) as Volume[]) {
    const limit = volume['emptyDir']?.sizeLimit as string | undefined;
    const root = limit === undefined ? undefined : worker.volumes.directories.get(volume.name)?.root;
    if (!root || amount(limit!) === 0 || size(root) <= amount(limit!)) continue;
    const message = `Usage of EmptyDir volume "${volume.name}" exceeds the limit "${limit}". `;
    worker.kubelet.recorder.event(worker.about(), 'Warning', 'Evicted', message);
    worker.terminate(500 * MS, { phase: 'Failed', reason: 'Evicted', message });
    return;
  }
}

function size(directory: Directory): number {
  let bytes = 0;
  for (const name of directory.names()) {
    try {
      const inode = directory.get(name);
      if (inode?.kind === 'dir') bytes += size(inode);
      else if (inode?.kind === 'file') bytes += String(inode.content).length;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
    }
  }
  return bytes;
}
