import type { Container } from '../../kubernetes/runtime/cri.ts';
import { byteLength, type Directory } from '../../linux/files.ts';
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
  const layer = { disk: 0, inodes: 0 };
  measure(container.fs.mounts[0]!.root, layer);
  return { memory, ...layer };
}

const BLOCK = 4096;
function measure(dir: Directory, sum: { disk: number; inodes: number }): void {
  sum.inodes++;
  sum.disk += BLOCK;
  for (const inode of dir.changed()) {
    if (inode.kind === 'dir') measure(inode, sum);
    else {
      sum.inodes++;
      if (inode.kind === 'file') sum.disk += Math.ceil(byteLength(String(inode.content)) / BLOCK) * BLOCK;
    }
  }
}
