import type { KubeObject } from '../kubernetes/api/types.ts';
import { dnsAddon, object, proxyAddon, rbac, role, subject } from '../programs/kubeadm/phases/addons.ts';

/** What kubeadm and the flannel manifest put into a cluster: kube-proxy, CoreDNS, flannel. `iface`: the one that flannel is to use. */
export function standardAddons({ version, server, podCidr, dnsIP, domain, corednsNode, cni = 'flannel', iface }: { version: string; server: string; podCidr: string; dnsIP: string; domain: string; corednsNode?: string | undefined; cni?: 'flannel' | 'kindnet' | 'none'; iface?: string }): KubeObject[] {
  return [...proxyAddon({ version, server, podCidr }), ...(cni === 'flannel' ? flannel(podCidr, iface) : cni === 'kindnet' ? kindnet(podCidr) : []), ...dnsAddon({ dnsIP, domain, node: corednsNode })];
}

/** kube-flannel.yml of flannel 0.22.3. */
export function flannel(podCidr: string, iface?: string): KubeObject[] {
  return [
    object('v1', 'Namespace', 'kube-flannel', undefined, {}, { 'k8s-app': 'flannel', 'pod-security.kubernetes.io/enforce': 'privileged' }),
    object('v1', 'ServiceAccount', 'flannel', 'kube-flannel', {}, { 'k8s-app': 'flannel' }),
    object(rbac, 'ClusterRole', 'flannel', undefined, { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }, { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] }, { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] }] }, { 'k8s-app': 'flannel' }),
    object(rbac, 'ClusterRoleBinding', 'flannel', undefined, { roleRef: role('flannel'), subjects: subject('flannel', 'kube-flannel') }, { 'k8s-app': 'flannel' }),
    object('v1', 'ConfigMap', 'kube-flannel-cfg', 'kube-flannel', { data: {
      'cni-conf.json': '{\n  "name": "cbr0",\n  "cniVersion": "0.3.1",\n  "plugins": [\n    {\n      "type": "flannel",\n      "delegate": {\n        "hairpinMode": true,\n        "isDefaultGateway": true\n      }\n    },\n    {\n      "type": "portmap",\n      "capabilities": {\n        "portMappings": true\n      }\n    }\n  ]\n}\n',
      'net-conf.json': `{\n  "Network": "${podCidr}",\n  "Backend": {\n    "Type": "vxlan"\n  }\n}\n`,
    } }, { app: 'flannel', 'k8s-app': 'flannel', tier: 'node' }),
    object('apps/v1', 'DaemonSet', 'kube-flannel-ds', 'kube-flannel', { spec: {
      selector: { matchLabels: { app: 'flannel', 'k8s-app': 'flannel' } },
      template: { metadata: { labels: { app: 'flannel', 'k8s-app': 'flannel', tier: 'node' } }, spec: {
        affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }] }] } } },
        hostNetwork: true, priorityClassName: 'system-node-critical', serviceAccountName: 'flannel', tolerations: [{ effect: 'NoSchedule', operator: 'Exists' }],
        initContainers: [
          { name: 'install-cni-plugin', image: 'docker.io/flannel/flannel-cni-plugin:v1.2.0', command: ['cp'], args: ['-f', '/flannel', '/opt/cni/bin/flannel'], volumeMounts: [{ mountPath: '/opt/cni/bin', name: 'cni-plugin' }] },
          { name: 'install-cni', image: 'docker.io/flannel/flannel:v0.22.3', command: ['cp'], args: ['-f', '/etc/kube-flannel/cni-conf.json', '/etc/cni/net.d/10-flannel.conflist'], volumeMounts: [{ mountPath: '/etc/cni/net.d', name: 'cni' }, { mountPath: '/etc/kube-flannel/', name: 'flannel-cfg' }] },
        ],
        containers: [{
          name: 'kube-flannel', image: 'docker.io/flannel/flannel:v0.22.3', command: ['/opt/bin/flanneld'], args: ['--ip-masq', '--kube-subnet-mgr', ...(iface ? [`--iface=${iface}`] : [])], resources: { requests: { cpu: '100m', memory: '50Mi' } },
          env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }, { name: 'EVENT_QUEUE_DEPTH', value: '5000' }],
          securityContext: { privileged: false, capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
          volumeMounts: [{ mountPath: '/run/flannel', name: 'run' }, { mountPath: '/etc/kube-flannel/', name: 'flannel-cfg' }, { mountPath: '/run/xtables.lock', name: 'xtables-lock' }],
        }],
        volumes: [{ name: 'run', hostPath: { path: '/run/flannel' } }, { name: 'cni-plugin', hostPath: { path: '/opt/cni/bin' } }, { name: 'cni', hostPath: { path: '/etc/cni/net.d' } }, { name: 'flannel-cfg', configMap: { name: 'kube-flannel-cfg' } }, { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } }],
      } },
    } }, { app: 'flannel', 'k8s-app': 'flannel', tier: 'node' }),
  ];
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
