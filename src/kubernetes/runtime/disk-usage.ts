import { byteLength, type Directory } from '../../linux/files.ts';

/** Bytes a file or a directory takes at least, and in whole numbers of. */
const BLOCK = 4096;

export interface DiskUsage {
  /** As `du` counts: whole blocks, directories included. */
  bytes: number;
  inodes: number;
}

/** What a directory holds; of an overlay, what its layer has over the image's. */
export function diskUsage(directory: Directory, sum: DiskUsage = { bytes: 0, inodes: 0 }): DiskUsage {
  sum.inodes++;
  sum.bytes += BLOCK;
  for (const inode of directory.changed()) {
    if (inode.kind === 'dir') diskUsage(inode, sum);
    else {
      sum.inodes++;
      if (inode.kind === 'file') sum.bytes += Math.ceil(byteLength(String(inode.content)) / BLOCK) * BLOCK;
    }
  }
  return sum;
}
