import type { KubeObject } from '../../kubernetes/api/types.ts';
import type { Blueprint } from '../blueprint.ts';
import { kindPodman } from '../kind-podman/index.ts';

/** What is left free on each node of the notes' example on the scheduler, and its disk. `busy`: what a Pod already asks for there. */
const NODES = [
  { name: 'node1', disktype: 'ssd', cpu: '1', memory: '4194304Ki', busy: { cpu: '600m', memory: '1998Mi' } },
  { name: 'node2', disktype: 'ssd', cpu: '2', memory: '4194304Ki', busy: { cpu: '400m', memory: '3534Mi' } },
  { name: 'node3', disktype: 'hdd', cpu: '4', memory: '8388608Ki', busy: { cpu: '1900m', memory: '4046Mi' } },
  { name: 'node4', disktype: 'ssd', cpu: '2', memory: '4194304Ki', busy: { cpu: '900m', memory: '1998Mi' } },
  { name: 'node5', disktype: 'ssd', cpu: '4', memory: '16777216Ki', busy: { cpu: '900m', memory: '8142Mi' } },
] as const;

/** The course's cluster with five workers of different sizes, as the example on the scheduler has them: 0.3, 1.5, 2, 1 and 3 cores free. */
export function cincoNodos(): Blueprint {
  const kind = kindPodman({ workers: NODES.length, empty: true });
  return {
    ...kind,
    name: 'cinco-nodos',
    nodes: kind.nodes.map((node, i) => {
      const as = NODES[i - 1];
      return as ? { ...node, name: as.name, labels: { disktype: as.disktype }, capacity: { ...node.capacity, cpu: as.cpu, memory: as.memory } } : node;
    }),
    cluster: { ...kind.cluster, workloads: NODES.map(({ name, busy }) => occupant(name, busy)) },
  };
}

/** A Pod that keeps part of a node for itself. */
function occupant(node: string, requests: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1', kind: 'Pod', metadata: { name: `ocupa-${node}`, namespace: 'default' },
    spec: { nodeName: node, containers: [{ name: 'pausa', image: 'registry.k8s.io/pause:3.9', resources: { requests } }] },
  } as unknown as KubeObject;
}
