import { beforeAll, describe, expect, it } from 'vitest';
import { core, gvr } from '../../../src/kubernetes/client/client.ts';
import { deployment, TestCluster } from './cluster.ts';

const DEPLOYMENTS = gvr('apps', 'v1', 'deployments'), SETS = gvr('apps', 'v1', 'replicasets');
const template = (app: string, image: string) => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'c', image }] } });

describe('a Deployment that is rolled out, scaled and deleted', () => {
  const cluster = new TestCluster();
  const hashes = () => cluster.admin.list(SETS, 'default').items.sort((a, b) => Number(a.metadata.annotations!['deployment.kubernetes.io/revision']) - Number(b.metadata.annotations!['deployment.kubernetes.io/revision'])).map((rs) => rs.metadata.name);
  beforeAll(() => {
    cluster.create(deployment('webapp', 3, 'nginx:1.24', { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }));
    cluster.settle();
    cluster.admin.patch(DEPLOYMENTS, 'default', 'webapp', 'strategic', { spec: { replicas: 5 } });
    cluster.settle();
    cluster.admin.patch(DEPLOYMENTS, 'default', 'webapp', 'strategic', { spec: { template: { spec: { containers: [{ name: 'nginx', image: 'nginx:1.25' }] } } } });
    cluster.settle();
  });

  it('says what it does as the real one did (recording deploy-rolling-events)', () => {
    const [old, fresh] = hashes();
    expect(cluster.events('Deployment')).toEqual([
      `ScalingReplicaSet: Scaled up replica set ${old} to 3`,
      `ScalingReplicaSet: Scaled up replica set ${old} to 5 from 3`,
      `ScalingReplicaSet: Scaled up replica set ${fresh} to 1`,
      `ScalingReplicaSet: Scaled down replica set ${old} to 4 from 5`,
      `ScalingReplicaSet: Scaled up replica set ${fresh} to 2 from 1`,
      `ScalingReplicaSet: Scaled down replica set ${old} to 3 from 4`,
      `ScalingReplicaSet: Scaled up replica set ${fresh} to 3 from 2`,
      `ScalingReplicaSet: Scaled down replica set ${old} to 2 from 3`,
      `ScalingReplicaSet: Scaled up replica set ${fresh} to 4 from 3`,
      `ScalingReplicaSet: (combined from similar events): Scaled down replica set ${old} to 0 from 1 (x3)`,
    ]);
  });

  it('ends complete, with two revisions', () => {
    const { status, metadata } = cluster.admin.get(DEPLOYMENTS, 'default', 'webapp');
    expect(metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '2' });
    expect(status).toMatchObject({ observedGeneration: 3, replicas: 5, updatedReplicas: 5, readyReplicas: 5, availableReplicas: 5 });
    expect(status.conditions.map((c: { message: string }) => c.message)).toEqual(['Deployment has minimum availability.', `ReplicaSet "${hashes()[1]}" has successfully progressed.`]);
  });

  it('heals itself, and takes everything along when it is deleted', () => {
    cluster.admin.delete(core('pods'), 'default', cluster.pods()[0]!.metadata.name);
    cluster.settle();
    expect(cluster.pods().filter((p) => p.status.phase === 'Running')).toHaveLength(5);
    cluster.admin.delete(DEPLOYMENTS, 'default', 'webapp');
    cluster.settle();
    expect(cluster.pods()).toEqual([]);
    expect(cluster.admin.list(SETS, 'default').items).toEqual([]);
  });
});

it('a StatefulSet goes up and down in order, and updates above its partition', () => {
  const cluster = new TestCluster(), SS = gvr('apps', 'v1', 'statefulsets');
  cluster.create({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'web' }, spec: { serviceName: 'nginx', replicas: 3, selector: { matchLabels: { app: 'nginx' } }, template: template('nginx', 'nginx:1.24') } });
  cluster.settle();
  cluster.admin.patch(SS, 'default', 'web', 'strategic', { spec: { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } } });
  cluster.settle();
  cluster.admin.patch(SS, 'default', 'web', 'strategic', { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:1.25' }] } } } });
  cluster.settle();
  expect(cluster.events('StatefulSet')).toEqual([
    'SuccessfulCreate: create Pod web-0 in StatefulSet web successful',
    'SuccessfulCreate: create Pod web-1 in StatefulSet web successful (x2)',
    'SuccessfulCreate: create Pod web-2 in StatefulSet web successful',
    'SuccessfulDelete: delete Pod web-2 in StatefulSet web successful',
    'SuccessfulDelete: delete Pod web-1 in StatefulSet web successful',
  ]);
  expect(cluster.pods().map((p) => `${p.metadata.name} ${p.spec.containers[0].image}`)).toEqual(['web-0 nginx:1.24', 'web-1 nginx:1.25']);
});

it('Jobs complete, give up, and come from CronJobs', () => {
  const cluster = new TestCluster(), JOBS = gvr('batch', 'v1', 'jobs');
  cluster.ends.set('ok', 0).set('bad', 1);
  const pod = (image: string) => ({ spec: { restartPolicy: 'Never', containers: [{ name: 'c', image }] } });
  cluster.create({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'pi' }, spec: { completions: 3, parallelism: 2, template: pod('ok') } });
  cluster.create({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'bad' }, spec: { backoffLimit: 1, template: pod('bad') } });
  cluster.settle();
  const conditions = (name: string) => cluster.admin.get(JOBS, 'default', name).status.conditions.map((c: { type: string; reason?: string }) => `${c.type} ${c.reason ?? ''}`.trim());
  expect(conditions('pi')).toEqual(['Complete']);
  expect(conditions('bad')).toEqual(['Failed BackoffLimitExceeded']);
  expect(cluster.admin.get(JOBS, 'default', 'pi').status).toMatchObject({ succeeded: 3, ready: 0, uncountedTerminatedPods: {} });
  cluster.create({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'hello' }, spec: { schedule: '*/1 * * * *', successfulJobsHistoryLimit: 1, jobTemplate: { spec: { template: pod('ok') } } } });
  cluster.run(130_000_000);
  expect(cluster.events('CronJob')).toEqual([
    'SuccessfulCreate: Created job hello-29920825', 'SawCompletedJob: Saw completed job: hello-29920825, status: Complete',
    'SuccessfulCreate: Created job hello-29920826', 'SawCompletedJob: Saw completed job: hello-29920826, status: Complete', 'SuccessfulDelete: Deleted job hello-29920825',
  ]);
});

it('a DaemonSet runs on every node it may, also on those that join', () => {
  const cluster = new TestCluster();
  cluster.create({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'ds' }, spec: { selector: { matchLabels: { app: 'ds' } }, template: template('ds', 'nginx') } });
  cluster.settle();
  cluster.addNode('worker-3');
  cluster.settle();
  expect(cluster.pods().map((p) => p.spec.nodeName).sort()).toEqual(['worker-1', 'worker-2', 'worker-3']);
  expect(cluster.admin.get(core('nodes'), undefined, 'worker-3').spec.podCIDR).toBe('10.244.3.0/24');
});

it('a node that falls silent is marked, tainted and emptied, and welcomed back (recording node-failure)', () => {
  const cluster = new TestCluster(undefined, { nodeMonitorGracePeriod: 16_000_000 });
  cluster.run(25_000_000);
  const tolerations = ['unreachable', 'not-ready'].map((k) => ({ key: `node.kubernetes.io/${k}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 10 }));
  cluster.create(deployment('web', 4, 'nginx', { template: { ...template('web', 'nginx'), spec: { ...template('web', 'nginx').spec, tolerations } } }));
  cluster.settle();
  cluster.stopNode('worker-1');
  cluster.run(45_000_000);
  const node = () => cluster.admin.get(core('nodes'), undefined, 'worker-1');
  expect(cluster.events('Node').filter((e) => !e.startsWith('RegisteredNode'))).toEqual(['NodeNotReady: Node worker-1 status is now: NodeNotReady']);
  expect(node().spec.taints.map((t: { key: string; effect: string }) => `${t.key}:${t.effect}`).sort()).toEqual(['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule']);
  expect(node().status.conditions.every((c: { status: string; message: string }) => c.status === 'Unknown' && c.message === 'Kubelet stopped posting node status.')).toBe(true);
  const [gone] = cluster.pods().filter((p) => p.metadata.deletionTimestamp);
  expect(cluster.events('Pod', gone!.metadata.name)).toContain(`TaintManagerEviction: Marking for deletion Pod default/${gone!.metadata.name}`);
  expect(cluster.pods().filter((p) => p.spec.nodeName === 'worker-2')).toHaveLength(4);
  cluster.startNode('worker-1');
  cluster.run(20_000_000);
  expect(node().spec.taints).toBeUndefined();
});

it('a controller manager that was killed does nothing, and catches up when it starts again', async () => {
  const { startControllerManager } = await import('../../../src/kubernetes/controllers/manager.ts');
  const cluster = new TestCluster();
  cluster.manager.stop();
  cluster.create(deployment('web', 2));
  cluster.run(10_000_000);
  expect(cluster.pods()).toEqual([]);
  cluster.manager = startControllerManager({ client: (u) => cluster.client(u), clock: cluster.clock, rng: cluster.rng, leaderElection: { host: 'control-plane' } });
  cluster.run(20_000_000);
  expect(cluster.pods()).toHaveLength(2);
  expect(cluster.admin.get(gvr('coordination.k8s.io', 'v1', 'leases'), 'kube-system', 'kube-controller-manager').spec.holderIdentity).toMatch(/^control-plane_[0-9a-f-]{36}$/);
});
