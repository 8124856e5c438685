import type { KubeObject } from '../../api/types.ts';

/** What `minikube start` applies beside kubeadm's own addons: default-storageclass and storage-provisioner (deploy/addons). */
export function defaultAddons(): KubeObject[] {
  const MODE = { 'addonmanager.kubernetes.io/mode': 'Reconcile' };
  return [
    { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' }, labels: { 'addonmanager.kubernetes.io/mode': 'EnsureExists' } }, provisioner: 'k8s.io/minikube-hostpath' },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'storage-provisioner', namespace: 'kube-system', labels: MODE } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'storage-provisioner', labels: { 'addonmanager.kubernetes.io/mode': 'EnsureExists' } }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:persistent-volume-provisioner' }, subjects: [{ kind: 'ServiceAccount', name: 'storage-provisioner', namespace: 'kube-system' }] },
    {
      apiVersion: 'v1', kind: 'Pod', metadata: { name: 'storage-provisioner', namespace: 'kube-system', labels: { 'integration-test': 'storage-provisioner', ...MODE } },
      spec: {
        serviceAccountName: 'storage-provisioner', hostNetwork: true,
        containers: [{ name: 'storage-provisioner', image: 'gcr.io/k8s-minikube/storage-provisioner:v5', command: ['/storage-provisioner'], imagePullPolicy: 'IfNotPresent', volumeMounts: [{ mountPath: '/tmp', name: 'tmp' }] }],
        volumes: [{ name: 'tmp', hostPath: { path: '/tmp', type: 'Directory' } }],
      },
    },
  ];
}
