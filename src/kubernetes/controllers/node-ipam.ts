import type { KubeObject } from '../api/types.ts';
import { type ControllerContext, NODES } from './context.ts';

/** pkg/controller/nodeipam, RangeAllocator: every node gets its part of the cluster's CIDR. IPv4 only. */
export function startNodeIpamController(context: ControllerContext): void {
  const { clusterCidr, nodeCidrMaskSize } = context.flags;
  const nodes = context.resource('node-controller', NODES), recorder = context.recorder('cidrAllocator', 'node-controller');
  const [address, mask] = clusterCidr.split('/') as [string, string];
  const base = address.split('.').reduce((n, byte) => n * 256 + Number(byte), 0);
  const subnets = 2 ** (nodeCidrMaskSize - Number(mask)), size = 2 ** (32 - nodeCidrMaskSize);
  const used = new Set<string>();
  const cidr = (i: number) => {
    const n = base + i * size;
    return `${[n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.')}/${nodeCidrMaskSize}`;
  };
  const occupy = (node: KubeObject) => {
    for (const c of (node.spec?.podCIDRs ?? []) as string[]) used.add(c);
  };
  /** The real allocator goes round: a freed range is not given out again at once. */
  let next = 0;
  const queue = context.queue((name) => {
    const node = nodes.get(undefined, name);
    if (!node || node.spec?.podCIDR) return;
    for (let tried = 0; tried < subnets; tried++) {
      const candidate = cidr((next + tried) % subnets);
      if (used.has(candidate)) continue;
      nodes.patch(node, 'strategic', { spec: { podCIDR: candidate, podCIDRs: [candidate] } });
      used.add(candidate);
      next = (next + tried + 1) % subnets;
      return;
    }
    recorder.event({ kind: 'Node', apiVersion: 'v1', name, uid: node.metadata.uid! }, 'Normal', 'CIDRNotAvailable', `Node ${name} status is now: CIDRNotAvailable`);
  });
  nodes.informer.on({
    add: (node) => {
      occupy(node);
      if (!node.spec?.podCIDR) queue.add(node.metadata.name);
    },
    update: (node) => {
      occupy(node);
      if (!node.spec?.podCIDR) queue.add(node.metadata.name);
    },
    delete: (node) => {
      for (const c of (node.spec?.podCIDRs ?? []) as string[]) used.delete(c);
    },
  });
}
