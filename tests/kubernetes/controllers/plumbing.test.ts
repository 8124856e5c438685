import { expect, it } from 'vitest';
import { core, gvr } from '../../../src/kubernetes/client/client.ts';
import { deployment, TestCluster } from './cluster.ts';

const SLICES = gvr('discovery.k8s.io', 'v1', 'endpointslices');

it('a Service has Endpoints and an EndpointSlice of its ready pods', () => {
  const cluster = new TestCluster();
  cluster.create(deployment('web', 2));
  cluster.create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] } });
  cluster.settle();
  const [slice] = cluster.admin.list(SLICES, 'default', { labelSelector: 'kubernetes.io/service-name=web' }).items;
  expect(slice!.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  expect(slice!.metadata.labels).toEqual({ 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io', 'kubernetes.io/service-name': 'web' });
  expect(slice!['ports']).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
  expect(slice!['endpoints']).toHaveLength(2);
  expect(slice!['endpoints'][0]).toMatchObject({ conditions: { ready: true, serving: true, terminating: false }, targetRef: { kind: 'Pod', namespace: 'default' } });
  const { subsets } = cluster.admin.get(core('endpoints'), 'default', 'web') as unknown as { subsets: { addresses: { ip: string }[] }[] };
  expect(subsets[0]!.addresses.map((a) => a.ip)).toEqual(slice!['endpoints'].map((e: { addresses: string[] }) => e.addresses[0]).sort());
});

it('a namespace gets its plumbing, and is emptied before it goes', () => {
  const cluster = new TestCluster();
  cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'mine' } });
  cluster.settle();
  expect(cluster.admin.get(core('serviceaccounts'), 'mine', 'default').metadata.name).toBe('default');
  expect(cluster.admin.get(core('configmaps'), 'mine', 'kube-root-ca.crt')['data']).toEqual({ 'ca.crt': 'CA' });
  cluster.create({ ...deployment('web', 2), metadata: { name: 'web', namespace: 'mine' } });
  cluster.settle();
  cluster.admin.delete(core('namespaces'), undefined, 'mine');
  cluster.run(5_200_000); // five seconds of grace come first
  const { status } = cluster.admin.get(core('namespaces'), undefined, 'mine');
  expect(status.conditions.find((c: { type: string }) => c.type === 'NamespaceContentRemaining').message).toBe('Some resources are remaining: pods. has 2 resource instances');
  cluster.run(40_000_000);
  expect(cluster.admin.find(core('namespaces'), undefined, 'mine')).toBeUndefined();
});

it('a claim that waits for its first consumer is provisioned where the pod goes', () => {
  const cluster = new TestCluster(), CLAIMS = core('persistentvolumeclaims');
  cluster.create({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'standard' }, provisioner: 'rancher.io/local-path', volumeBindingMode: 'WaitForFirstConsumer', reclaimPolicy: 'Delete' });
  cluster.create({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec: { storageClassName: 'standard', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
  cluster.settle();
  expect(cluster.events('PersistentVolumeClaim')).toEqual(['WaitForFirstConsumer: waiting for first consumer to be created before binding']);
  cluster.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'nginx' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] } });
  cluster.settle();
  const { uid, annotations } = cluster.admin.get(CLAIMS, 'default', 'data').metadata;
  expect(annotations).toMatchObject({ 'volume.kubernetes.io/storage-provisioner': 'rancher.io/local-path' });
  // The provisioner answers.
  cluster.create({ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: `pvc-${uid}`, annotations: { 'pv.kubernetes.io/provisioned-by': 'rancher.io/local-path' } }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'standard', persistentVolumeReclaimPolicy: 'Delete', hostPath: { path: '/opt/x' }, claimRef: { kind: 'PersistentVolumeClaim', namespace: 'default', name: 'data', uid } } });
  cluster.settle();
  expect(cluster.admin.get(CLAIMS, 'default', 'data').status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } });
  expect(cluster.admin.get(core('pods'), 'default', 'p').spec.nodeName).toBe(annotations!['volume.kubernetes.io/selected-node']);
});

it('without metrics an autoscaler says so (recording describe-config-storage-net)', () => {
  const cluster = new TestCluster();
  cluster.create(deployment('web', 2));
  cluster.create({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' }, spec: { minReplicas: 2, maxReplicas: 6, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }] } });
  cluster.run(16_000_000);
  const why = 'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
  expect(cluster.events('HorizontalPodAutoscaler')).toEqual([`FailedGetResourceMetric: ${why}`, `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`]);
});
