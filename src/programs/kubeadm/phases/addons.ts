import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { object, rbac, role, subject } from '../../../kubernetes/cni/manifests/object.ts';

/** kube-proxy as kubeadm installs it (cmd/kubeadm/app/phases/addons/proxy). `server`: the API server's URL. */
export function proxyAddon({ version, server, podCidr }: { version: string; server: string; podCidr: string }): KubeObject[] {
  return [
    object('v1', 'ServiceAccount', 'kube-proxy', 'kube-system', {}),
    object(rbac, 'ClusterRoleBinding', 'kubeadm:node-proxier', undefined, { roleRef: role('system:node-proxier'), subjects: subject('kube-proxy', 'kube-system') }),
    object('v1', 'ConfigMap', 'kube-proxy', 'kube-system', { data: {
      'config.conf': `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nbindAddress: 0.0.0.0\nclientConnection:\n  acceptContentTypes: ""\n  burst: 0\n  contentType: ""\n  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf\n  qps: 0\nclusterCIDR: ${podCidr || '""'}\nconntrack:\n  maxPerCore: 0\nhealthzBindAddress: ""\niptables:\n  masqueradeAll: false\n  masqueradeBit: null\n  minSyncPeriod: 1s\n  syncPeriod: 0s\nkind: KubeProxyConfiguration\nmetricsBindAddress: ""\nmode: iptables\nnodePortAddresses: null\n`,
      'kubeconfig.conf': `apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt\n    server: ${server}\n  name: default\ncontexts:\n- context:\n    cluster: default\n    namespace: default\n    user: default\n  name: default\ncurrent-context: default\nusers:\n- name: default\n  user:\n    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token\n`,
    } }, { app: 'kube-proxy' }),
    object('apps/v1', 'DaemonSet', 'kube-proxy', 'kube-system', { spec: {
      selector: { matchLabels: { 'k8s-app': 'kube-proxy' } }, updateStrategy: { type: 'RollingUpdate' },
      template: { metadata: { labels: { 'k8s-app': 'kube-proxy' } }, spec: {
        priorityClassName: 'system-node-critical', hostNetwork: true, serviceAccountName: 'kube-proxy', nodeSelector: { 'kubernetes.io/os': 'linux' }, tolerations: [{ operator: 'Exists' }],
        containers: [{
          name: 'kube-proxy', image: `registry.k8s.io/kube-proxy:${version}`, imagePullPolicy: 'IfNotPresent', command: ['/usr/local/bin/kube-proxy', '--config=/var/lib/kube-proxy/config.conf', '--hostname-override=$(NODE_NAME)'],
          env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }], securityContext: { privileged: true },
          volumeMounts: [{ mountPath: '/var/lib/kube-proxy', name: 'kube-proxy' }, { mountPath: '/run/xtables.lock', name: 'xtables-lock' }, { mountPath: '/lib/modules', name: 'lib-modules', readOnly: true }],
        }],
        volumes: [{ name: 'kube-proxy', configMap: { name: 'kube-proxy' } }, { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } }, { name: 'lib-modules', hostPath: { path: '/lib/modules' } }],
      } },
    } }, { 'k8s-app': 'kube-proxy' }),
  ];
}

/** CoreDNS as kubeadm installs it (cmd/kubeadm/app/phases/addons/dns). */
export function dnsAddon({ dnsIP, domain, replicas = 2 }: { dnsIP: string; domain: string; replicas?: number }): KubeObject[] {
  return [
    object('v1', 'ServiceAccount', 'coredns', 'kube-system', {}),
    object(rbac, 'ClusterRole', 'system:coredns', undefined, { rules: [{ apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] }, { apiGroups: [''], resources: ['nodes'], verbs: ['get'] }, { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] }] }),
    object(rbac, 'ClusterRoleBinding', 'system:coredns', undefined, { roleRef: role('system:coredns'), subjects: subject('coredns', 'kube-system') }),
    object('v1', 'ConfigMap', 'coredns', 'kube-system', { data: { Corefile: `.:53 {\n    errors\n    health {\n       lameduck 5s\n    }\n    ready\n    kubernetes ${domain} in-addr.arpa ip6.arpa {\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n       ttl 30\n    }\n    prometheus :9153\n    forward . /etc/resolv.conf {\n       max_concurrent 1000\n    }\n    cache 30\n    loop\n    reload\n    loadbalance\n}\n` } }),
    object('apps/v1', 'Deployment', 'coredns', 'kube-system', { spec: {
      replicas, selector: { matchLabels: { 'k8s-app': 'kube-dns' } }, strategy: { rollingUpdate: { maxUnavailable: 1 }, type: 'RollingUpdate' },
      template: { metadata: { labels: { 'k8s-app': 'kube-dns' } }, spec: {
        affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: { labelSelector: { matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] }, topologyKey: 'kubernetes.io/hostname' } }] } },
        priorityClassName: 'system-cluster-critical', serviceAccountName: 'coredns', dnsPolicy: 'Default', nodeSelector: { 'kubernetes.io/os': 'linux' },
        tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }, { effect: 'NoSchedule', key: 'node-role.kubernetes.io/control-plane' }],
        containers: [{
          name: 'coredns', image: 'registry.k8s.io/coredns/coredns:v1.10.1', imagePullPolicy: 'IfNotPresent', args: ['-conf', '/etc/coredns/Corefile'], resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
          ports: [{ containerPort: 53, name: 'dns', protocol: 'UDP' }, { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' }, { containerPort: 9153, name: 'metrics', protocol: 'TCP' }],
          livenessProbe: { failureThreshold: 5, httpGet: { path: '/health', port: 8080, scheme: 'HTTP' }, initialDelaySeconds: 60, successThreshold: 1, timeoutSeconds: 5 }, readinessProbe: { httpGet: { path: '/ready', port: 8181, scheme: 'HTTP' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { add: ['NET_BIND_SERVICE'], drop: ['all'] }, readOnlyRootFilesystem: true }, volumeMounts: [{ mountPath: '/etc/coredns', name: 'config-volume', readOnly: true }],
        }],
        volumes: [{ configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] }, name: 'config-volume' }],
      } },
    } }, { 'k8s-app': 'kube-dns' }),
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'kube-dns', namespace: 'kube-system', annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' }, labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' } },
      spec: { clusterIP: dnsIP, selector: { 'k8s-app': 'kube-dns' }, ports: [{ name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 }, { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 }, { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 }] } },
  ];
}
