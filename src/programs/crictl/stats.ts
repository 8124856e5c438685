import type { Container } from '../../kubernetes/runtime/containers.ts';
import { diskUsage } from '../../kubernetes/runtime/disk-usage.ts';
import { memoryOf } from '../../linux/proc.ts';

/** What `crictl stats` tells of a container: bytes and inodes. */
export interface Stats {
  memory: number;
  disk: number;
  inodes: number;
}

/** Memory of its processes; disk and inodes of what its layer has over the image's. */
export function statsOf(container: Container): Stats {
  const memory = container.pids.processes().filter((p) => p.container === container.id).reduce((sum, p) => sum + memoryOf(p).rss * 1024, 0);
  const { bytes, inodes } = diskUsage(container.fs.mounts[0]!.root);
  return { memory, disk: bytes, inodes };
}
