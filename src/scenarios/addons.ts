import type { KubeObject } from '../kubernetes/api/types.ts';
import { flannelManifest } from '../kubernetes/cni/manifests/flannel.ts';
import { object, rbac, role, subject } from '../kubernetes/cni/manifests/object.ts';
import { dnsAddon, proxyAddon } from '../programs/kubeadm/phases/addons.ts';

/** What kubeadm and the flannel manifest put into a cluster: kube-proxy, CoreDNS, flannel. `iface`: the one that flannel is to use. */
export function standardAddons({ version, server, podCidr, dnsIP, domain, cni = 'flannel', iface }: { version: string; server: string; podCidr: string; dnsIP: string; domain: string; cni?: 'flannel' | 'kindnet' | 'none'; iface?: string }): KubeObject[] {
  return [...proxyAddon({ version, server, podCidr }), ...(cni === 'flannel' ? flannelManifest({ podCidr, iface }) : cni === 'kindnet' ? kindnet(podCidr) : []), ...dnsAddon({ dnsIP, domain })];
}

/** What `kind create cluster` brings instead. */
function kindnet(podCidr: string): KubeObject[] {
  return [
    object('v1', 'ServiceAccount', 'kindnet', 'kube-system', {}),
    object(rbac, 'ClusterRole', 'kindnet', undefined, { rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch', 'patch'] }, { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }] }),
    object(rbac, 'ClusterRoleBinding', 'kindnet', undefined, { roleRef: role('kindnet'), subjects: subject('kindnet', 'kube-system') }),
    object('apps/v1', 'DaemonSet', 'kindnet', 'kube-system', { spec: {
      selector: { matchLabels: { app: 'kindnet' } },
      template: { metadata: { labels: { app: 'kindnet', 'k8s-app': 'kindnet', tier: 'node' } }, spec: {
        hostNetwork: true, nodeSelector: { 'kubernetes.io/os': 'linux' }, tolerations: [{ operator: 'Exists' }], serviceAccountName: 'kindnet',
        containers: [{
          name: 'kindnet-cni', image: 'docker.io/kindest/kindnetd:v20240202-8f1494ea', resources: { requests: { cpu: '100m', memory: '50Mi' }, limits: { cpu: '100m', memory: '50Mi' } }, securityContext: { privileged: false, capabilities: { add: ['NET_RAW', 'NET_ADMIN'] } },
          env: [{ name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }, { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }, { name: 'POD_SUBNET', value: podCidr }],
          volumeMounts: [{ mountPath: '/etc/cni/net.d', name: 'cni-cfg' }, { mountPath: '/run/xtables.lock', name: 'xtables-lock' }, { mountPath: '/lib/modules', name: 'lib-modules', readOnly: true }],
        }],
        volumes: [{ name: 'cni-cfg', hostPath: { path: '/etc/cni/net.d' } }, { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } }, { name: 'lib-modules', hostPath: { path: '/lib/modules' } }],
      } },
    } }, { app: 'kindnet', 'k8s-app': 'kindnet', tier: 'node' }),
    object('v1', 'Namespace', 'local-path-storage', undefined, {}),
    object('v1', 'ServiceAccount', 'local-path-provisioner-service-account', 'local-path-storage', {}),
    object(rbac, 'ClusterRole', 'local-path-provisioner-role', undefined, { rules: [{ apiGroups: [''], resources: ['nodes', 'persistentvolumeclaims', 'configmaps'], verbs: ['get', 'list', 'watch'] }, { apiGroups: [''], resources: ['endpoints', 'persistentvolumes', 'pods'], verbs: ['*'] }, { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] }, { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] }] }),
    object(rbac, 'ClusterRoleBinding', 'local-path-provisioner-bind', undefined, { roleRef: role('local-path-provisioner-role'), subjects: subject('local-path-provisioner-service-account', 'local-path-storage') }),
    object('apps/v1', 'Deployment', 'local-path-provisioner', 'local-path-storage', { spec: {
      replicas: 1, selector: { matchLabels: { app: 'local-path-provisioner' } },
      template: { metadata: { labels: { app: 'local-path-provisioner' } }, spec: {
        nodeSelector: { 'kubernetes.io/os': 'linux' }, serviceAccountName: 'local-path-provisioner-service-account', tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Equal', effect: 'NoSchedule' }, { key: 'node-role.kubernetes.io/master', operator: 'Equal', effect: 'NoSchedule' }],
        containers: [{ name: 'local-path-provisioner', image: 'docker.io/kindest/local-path-provisioner:v20240202-8f1494ea', imagePullPolicy: 'IfNotPresent', command: ['local-path-provisioner', '--debug', 'start', '--helper-image', 'docker.io/kindest/local-path-helper:v20230510-486859a6', '--config', '/etc/config/config.json'], volumeMounts: [{ mountPath: '/etc/config/', name: 'config-volume' }], env: [{ name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }] }],
        volumes: [{ name: 'config-volume', configMap: { name: 'local-path-config' } }],
      } },
    } }),
    object('v1', 'ConfigMap', 'local-path-config', 'local-path-storage', { data: { 'config.json': '{\n        "nodePathMap":[\n        {\n                "node":"DEFAULT_PATH_FOR_NON_LISTED_NODES",\n                "paths":["/var/local-path-provisioner"]\n        }\n        ]\n}' } }),
    { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'rancher.io/local-path', reclaimPolicy: 'Delete', volumeBindingMode: 'WaitForFirstConsumer' },
  ];
}
