import { describe, expect, it } from 'vitest';
import { core } from '../../../src/kubernetes/client/client.ts';
import { deployment, TestCluster } from '../controllers/cluster.ts';

const TAINT = '1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }';
const pod = (name: string, spec: Record<string, unknown> = {}, requests?: Record<string, string>) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'c', image: 'nginx', ...(requests ? { resources: { requests } } : {}) }], ...spec } });

describe('why a pod is not scheduled, in the real words', () => {
  const cluster = new TestCluster();
  const message = (name: string) => cluster.events('Pod', name)[0];

  it('resources', () => {
    cluster.create(pod('both', {}, { cpu: '10', memory: '100Gi' }));
    cluster.settle();
    expect(message('both')).toBe(`FailedScheduling: 0/3 nodes are available: ${TAINT}, 2 Insufficient cpu, 2 Insufficient memory. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod..`);
  });

  it('nodeSelector, until a node is labelled', () => {
    cluster.create(pod('ssd', { nodeSelector: { disktype: 'ssd' } }));
    cluster.settle();
    expect(message('ssd')).toBe(`FailedScheduling: 0/3 nodes are available: ${TAINT}, 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling..`);
    cluster.admin.patch(core('nodes'), undefined, 'worker-1', 'strategic', { metadata: { labels: { disktype: 'ssd' } } });
    cluster.settle();
    expect(cluster.events('Pod', 'ssd')[1]).toBe('Scheduled: Successfully assigned default/ssd to worker-1');
  });

  it('pod affinity and anti-affinity', () => {
    const term = (app: string) => [{ labelSelector: { matchLabels: { app } }, topologyKey: 'kubernetes.io/hostname' }];
    cluster.create(pod('friend', { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term('nadie') } } }));
    cluster.create(deployment('spread', 3, 'nginx', { template: { metadata: { labels: { app: 'spread' } }, spec: { containers: [{ name: 'c', image: 'nginx' }], affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term('spread') } } } } }));
    cluster.settle();
    expect(cluster.events('Pod', 'friend')).toEqual([`FailedScheduling: 0/3 nodes are available: ${TAINT}, 2 node(s) didn't match pod affinity rules. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling..`]);
    const waiting = cluster.pods().find((p) => p.metadata.name.startsWith('spread-') && !p.spec.nodeName)!;
    expect(message(waiting.metadata.name)).toBe(`FailedScheduling: 0/3 nodes are available: ${TAINT}, 2 node(s) didn't match pod anti-affinity rules. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod..`);
    expect(waiting.status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }]);
  });
});

it('a pod of higher priority drives others out (recording sched-priority)', () => {
  const cluster = new TestCluster();
  for (const [name, value] of [['baja', 10], ['alta', 100000]] as const) cluster.create({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value });
  cluster.create(deployment('low', 2, 'nginx', { template: { metadata: { labels: { app: 'low' } }, spec: { priorityClassName: 'baja', priority: 10, containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '3' } } }] } } }));
  cluster.settle();
  cluster.create(pod('high', { priorityClassName: 'alta', priority: 100000 }, { cpu: '3' }));
  cluster.settle();
  const high = cluster.admin.get(core('pods'), 'default', 'high');
  expect(high.status.nominatedNodeName).toBe(high.spec.nodeName);
  expect(cluster.events('Pod', 'high')).toEqual([`FailedScheduling: 0/3 nodes are available: ${TAINT}, 2 Insufficient cpu.`, `Scheduled: Successfully assigned default/high to ${high.spec.nodeName}`]);
  expect(cluster.events('Pod').filter((e) => e.startsWith('Preempted'))).toEqual([`Preempted: Preempted by pod ${high.metadata.uid} on node ${high.spec.nodeName}`]);
});

it('spreads a thousand pods evenly over a hundred nodes', () => {
  const cluster = new TestCluster(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`node-${i}`, {}])));
  cluster.create(deployment('web', 1000));
  cluster.settle();
  const perNode = new Map<string, number>();
  for (const p of cluster.pods()) perNode.set(p.spec.nodeName, (perNode.get(p.spec.nodeName) ?? 0) + 1);
  expect([...perNode.values()]).toEqual(Array.from({ length: 100 }, () => 10));
});
