import type { KubeObject } from '../../api/types.ts';

const APP = { 'k8s-app': 'metrics-server' }, RBAC = 'rbac.authorization.k8s.io/v1';
const object = (apiVersion: string, kind: string, name: string, namespace: string | undefined, rest: Record<string, unknown>, labels: Record<string, string> = APP): KubeObject => ({ apiVersion, kind, metadata: { labels, name, ...(namespace ? { namespace } : {}) }, ...rest });
const role = (kind: string, name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
const subjects = [{ kind: 'ServiceAccount', name: 'metrics-server', namespace: 'kube-system' }];

/** components.yaml of metrics-server 0.6.4. `args`: more of its container, as minikube's addon has them. */
export function metricsServer(args: string[] = []): KubeObject[] {
  const aggregate = Object.fromEntries(['admin', 'edit', 'view'].map((r) => [`rbac.authorization.k8s.io/aggregate-to-${r}`, 'true']));
  return [
    object('v1', 'ServiceAccount', 'metrics-server', 'kube-system', {}),
    object(RBAC, 'ClusterRole', 'system:aggregated-metrics-reader', undefined, { rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }] }, { ...APP, ...aggregate }),
    object(RBAC, 'ClusterRole', 'system:metrics-server', undefined, { rules: [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }, { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }] }),
    object(RBAC, 'RoleBinding', 'metrics-server-auth-reader', 'kube-system', { roleRef: role('Role', 'extension-apiserver-authentication-reader'), subjects }),
    object(RBAC, 'ClusterRoleBinding', 'metrics-server:system:auth-delegator', undefined, { roleRef: role('ClusterRole', 'system:auth-delegator'), subjects }),
    object(RBAC, 'ClusterRoleBinding', 'system:metrics-server', undefined, { roleRef: role('ClusterRole', 'system:metrics-server'), subjects }),
    object('v1', 'Service', 'metrics-server', 'kube-system', { spec: { ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 'https' }], selector: APP } }),
    object('apps/v1', 'Deployment', 'metrics-server', 'kube-system', { spec: {
      selector: { matchLabels: APP }, strategy: { rollingUpdate: { maxUnavailable: 0 } },
      template: { metadata: { labels: APP }, spec: {
        containers: [{
          args: ['--cert-dir=/tmp', '--secure-port=4443', '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname', '--kubelet-use-node-status-port', '--metric-resolution=15s', ...args], image: 'registry.k8s.io/metrics-server/metrics-server:v0.6.4', imagePullPolicy: 'IfNotPresent',
          livenessProbe: { failureThreshold: 3, httpGet: { path: '/livez', port: 'https', scheme: 'HTTPS' }, periodSeconds: 10 }, name: 'metrics-server', ports: [{ containerPort: 4443, name: 'https', protocol: 'TCP' }],
          readinessProbe: { failureThreshold: 3, httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' }, initialDelaySeconds: 20, periodSeconds: 10 }, resources: { requests: { cpu: '100m', memory: '200Mi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true, runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } }, volumeMounts: [{ mountPath: '/tmp', name: 'tmp-dir' }],
        }],
        nodeSelector: { 'kubernetes.io/os': 'linux' }, priorityClassName: 'system-cluster-critical', serviceAccountName: 'metrics-server', volumes: [{ emptyDir: {}, name: 'tmp-dir' }],
      } },
    } }),
    object('apiregistration.k8s.io/v1', 'APIService', 'v1beta1.metrics.k8s.io', undefined, { spec: { group: 'metrics.k8s.io', groupPriorityMinimum: 100, insecureSkipTLSVerify: true, service: { name: 'metrics-server', namespace: 'kube-system' }, version: 'v1beta1', versionPriority: 100 } }),
  ];
}
