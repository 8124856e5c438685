import type { KubeObject } from '../api/types.ts';

/** The packaged components of k3s 1.32 (manifests/*.yaml), without Traefik, ServiceLB and metrics-server, which its arguments disable. `domain`: cluster.local. */
export function packagedComponents({ node, nodeIP, dnsIP, domain }: { node: string; nodeIP: string; dnsIP: string; domain: string }): KubeObject[] {
  return [...rolebindings(), ...coredns(node, nodeIP, dnsIP, domain), ...localStorage()];
}

function rolebindings(): KubeObject[] {
  return [
    object(RBAC, 'ClusterRoleBinding', 'kube-apiserver-kubelet-admin', undefined, { roleRef: role('system:kubelet-api-admin'), subjects: [user('kube-apiserver')] }),
    object(RBAC, 'ClusterRoleBinding', 'system:k3s-controller', undefined, { roleRef: role('system:k3s-controller'), subjects: [user('system:k3s-controller')] }),
    object(RBAC, 'ClusterRole', 'system:k3s-controller', undefined, { rules: [
      { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'get', 'watch', 'patch', 'update'] }, { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] }, { apiGroups: [''], resources: ['pods', 'namespaces', 'serviceaccounts'], verbs: ['list', 'get', 'watch'] },
      { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list', 'watch'] }, { apiGroups: [''], resources: ['endpoints'], verbs: ['list', 'get'] },
    ] }),
  ];
}

function coredns(node: string, nodeIP: string, dnsIP: string, domain: string): KubeObject[] {
  const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' };
  return [
    object('v1', 'ServiceAccount', 'coredns', 'kube-system', {}),
    object(RBAC, 'ClusterRole', 'system:coredns', undefined, { rules: [{ apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] }, { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] }] }, { 'kubernetes.io/bootstrapping': 'rbac-defaults' }),
    object(RBAC, 'ClusterRoleBinding', 'system:coredns', undefined, { roleRef: role('system:coredns'), subjects: [account('coredns')] }, { 'kubernetes.io/bootstrapping': 'rbac-defaults' }),
    object('v1', 'ConfigMap', 'coredns', 'kube-system', { data: {
      Corefile: `.:53 {\n    errors\n    health\n    ready\n    kubernetes ${domain} in-addr.arpa ip6.arpa {\n      pods insecure\n      fallthrough in-addr.arpa ip6.arpa\n    }\n    hosts /etc/coredns/NodeHosts {\n      ttl 60\n      reload 15s\n      fallthrough\n    }\n    prometheus :9153\n    forward . /etc/resolv.conf\n    cache 30\n    loop\n    reload\n    loadbalance\n    import /etc/coredns/custom/*.override\n}\nimport /etc/coredns/custom/*.server\n`,
      NodeHosts: `${nodeIP} ${node}\n`,
    } }),
    object('apps/v1', 'Deployment', 'coredns', 'kube-system', { spec: {
      revisionHistoryLimit: 0, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } }, selector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      template: { metadata: { labels: { 'k8s-app': 'kube-dns' } }, spec: {
        priorityClassName: 'system-cluster-critical', serviceAccountName: 'coredns', tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }, { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }, { key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' }],
        nodeSelector: { 'kubernetes.io/os': 'linux' }, topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }], dnsPolicy: 'Default',
        containers: [{
          name: 'coredns', image: 'rancher/mirrored-coredns-coredns:1.12.1', imagePullPolicy: 'IfNotPresent', resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } }, args: ['-conf', '/etc/coredns/Corefile'],
          volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }, { name: 'custom-config-volume', mountPath: '/etc/coredns/custom', readOnly: true }],
          ports: [{ containerPort: 53, name: 'dns', protocol: 'UDP' }, { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' }, { containerPort: 9153, name: 'metrics', protocol: 'TCP' }],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { add: ['NET_BIND_SERVICE'], drop: ['all'] }, readOnlyRootFilesystem: true },
          livenessProbe: { httpGet: { path: '/health', port: 8080, scheme: 'HTTP' }, initialDelaySeconds: 60, periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 },
          readinessProbe: { httpGet: { path: '/ready', port: 8181, scheme: 'HTTP' }, initialDelaySeconds: 0, periodSeconds: 2, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 },
        }],
        volumes: [{ name: 'config-volume', configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }, { key: 'NodeHosts', path: 'NodeHosts' }] } }, { name: 'custom-config-volume', configMap: { name: 'coredns-custom', optional: true } }],
      } },
    } }, labels),
    object('v1', 'Service', 'kube-dns', 'kube-system', { spec: {
      selector: { 'k8s-app': 'kube-dns' }, clusterIP: dnsIP, ports: [{ name: 'dns', port: 53, protocol: 'UDP' }, { name: 'dns-tcp', port: 53, protocol: 'TCP' }, { name: 'metrics', port: 9153, protocol: 'TCP' }],
    } }, labels),
  ];
}

function localStorage(): KubeObject[] {
  const name = 'local-path-provisioner', accountName = 'local-path-provisioner-service-account';
  return [
    object('v1', 'ServiceAccount', accountName, 'kube-system', {}),
    object(RBAC, 'ClusterRole', 'local-path-provisioner-role', undefined, { rules: [{ apiGroups: [''], resources: ['nodes', 'persistentvolumeclaims', 'configmaps'], verbs: ['get', 'list', 'watch'] }, { apiGroups: [''], resources: ['endpoints', 'persistentvolumes', 'pods'], verbs: ['*'] }, { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] }, { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] }] }),
    object(RBAC, 'ClusterRoleBinding', 'local-path-provisioner-bind', undefined, { roleRef: role('local-path-provisioner-role'), subjects: [account(accountName)] }),
    object('apps/v1', 'Deployment', name, 'kube-system', { spec: {
      replicas: 1, revisionHistoryLimit: 0, selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: {
        priorityClassName: 'system-node-critical', serviceAccountName: accountName, tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }, { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }, { key: 'node-role.kubernetes.io/master', operator: 'Exists', effect: 'NoSchedule' }],
        containers: [{ name, image: 'rancher/local-path-provisioner:v0.0.31', imagePullPolicy: 'IfNotPresent', command: ['local-path-provisioner', 'start', '--config', '/etc/config/config.json'], volumeMounts: [{ name: 'config-volume', mountPath: '/etc/config/' }], env: [{ name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }] }],
        volumes: [{ name: 'config-volume', configMap: { name: 'local-path-config' } }],
      } },
    } }),
    object('storage.k8s.io/v1', 'StorageClass', 'local-path', undefined, { provisioner: 'rancher.io/local-path', volumeBindingMode: 'WaitForFirstConsumer', reclaimPolicy: 'Delete' }, undefined, { 'storageclass.kubernetes.io/is-default-class': 'true' }),
    object('v1', 'ConfigMap', 'local-path-config', 'kube-system', { data: { 'config.json': '{\n  "nodePathMap":[\n  {\n    "node":"DEFAULT_PATH_FOR_NON_LISTED_NODES",\n    "paths":["/var/lib/rancher/k3s/storage"]\n  }\n  ]\n}' } }),
  ];
}

const RBAC = 'rbac.authorization.k8s.io/v1';
const role = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name });
const user = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name });
const account = (name: string) => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' });
const object = (apiVersion: string, kind: string, name: string, namespace: string | undefined, rest: Record<string, unknown>, labels?: Record<string, string>, annotations?: Record<string, string>): KubeObject => ({ apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}), ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) }, ...rest });
