import type { KubeObject } from '../../api/types.ts';
import { object, rbac, role, subject } from './object.ts';

/** kube-flannel.yml of flannel 0.22.3. `podCidr`: what the cluster's nodes get their ranges from; `iface`: the one it is to use. */
export function flannelManifest({ podCidr = '10.244.0.0/16', backend = 'vxlan', iface }: { podCidr?: string; backend?: 'vxlan' | 'host-gw'; iface?: string | undefined } = {}): KubeObject[] {
  return [
    object('v1', 'Namespace', 'kube-flannel', undefined, {}, { 'k8s-app': 'flannel', 'pod-security.kubernetes.io/enforce': 'privileged' }),
    object('v1', 'ServiceAccount', 'flannel', 'kube-flannel', {}, { 'k8s-app': 'flannel' }),
    object(rbac, 'ClusterRole', 'flannel', undefined, { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }, { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] }, { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] }] }, { 'k8s-app': 'flannel' }),
    object(rbac, 'ClusterRoleBinding', 'flannel', undefined, { roleRef: role('flannel'), subjects: subject('flannel', 'kube-flannel') }, { 'k8s-app': 'flannel' }),
    object('v1', 'ConfigMap', 'kube-flannel-cfg', 'kube-flannel', { data: {
      'cni-conf.json': '{\n  "name": "cbr0",\n  "cniVersion": "0.3.1",\n  "plugins": [\n    {\n      "type": "flannel",\n      "delegate": {\n        "hairpinMode": true,\n        "isDefaultGateway": true\n      }\n    },\n    {\n      "type": "portmap",\n      "capabilities": {\n        "portMappings": true\n      }\n    }\n  ]\n}\n',
      'net-conf.json': `{\n  "Network": "${podCidr}",\n  "Backend": {\n    "Type": "${backend}"\n  }\n}\n`,
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
