import type { KubeObject } from '../../api/types.ts';

const NS = 'kubernetes-dashboard', RBAC = 'rbac.authorization.k8s.io/v1', LABELS = { 'k8s-app': NS }, SCRAPER = { 'k8s-app': 'dashboard-metrics-scraper' };
const object = (apiVersion: string, kind: string, name: string, rest: Record<string, unknown> = {}, labels: Record<string, string> = LABELS, namespace: string | undefined = NS): KubeObject => ({ apiVersion, kind, metadata: { labels, name, ...(namespace ? { namespace } : {}) }, ...rest });
const role = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: NS });
const subjects = [{ kind: 'ServiceAccount', name: NS, namespace: NS }];
const tight = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsUser: 1001, runAsGroup: 2001 };
const master = [{ key: 'node-role.kubernetes.io/master', effect: 'NoSchedule' }];

/** recommended.yaml of Dashboard 2.7.0. */
export function dashboardManifest(): KubeObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NS } },
    object('v1', 'ServiceAccount', NS),
    object('v1', 'Service', NS, { spec: { ports: [{ port: 443, targetPort: 8443 }], selector: LABELS } }),
    object('v1', 'Secret', 'kubernetes-dashboard-certs', { type: 'Opaque' }), object('v1', 'Secret', 'kubernetes-dashboard-csrf', { type: 'Opaque', data: { csrf: '' } }), object('v1', 'Secret', 'kubernetes-dashboard-key-holder', { type: 'Opaque' }),
    object('v1', 'ConfigMap', 'kubernetes-dashboard-settings'),
    object(RBAC, 'Role', NS, { rules: [
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['kubernetes-dashboard-key-holder', 'kubernetes-dashboard-certs', 'kubernetes-dashboard-csrf'], verbs: ['get', 'update', 'delete'] }, { apiGroups: [''], resources: ['configmaps'], resourceNames: ['kubernetes-dashboard-settings'], verbs: ['get', 'update'] },
      { apiGroups: [''], resources: ['services'], resourceNames: ['heapster', 'dashboard-metrics-scraper'], verbs: ['proxy'] }, { apiGroups: [''], resources: ['services/proxy'], resourceNames: ['heapster', 'http:heapster:', 'https:heapster:', 'dashboard-metrics-scraper', 'http:dashboard-metrics-scraper'], verbs: ['get'] },
    ] }),
    { apiVersion: RBAC, kind: 'ClusterRole', metadata: { labels: LABELS, name: NS }, rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }] },
    object(RBAC, 'RoleBinding', NS, { roleRef: role('Role'), subjects }),
    { apiVersion: RBAC, kind: 'ClusterRoleBinding', metadata: { name: NS }, roleRef: role('ClusterRole'), subjects },
    object('apps/v1', 'Deployment', NS, { spec: {
      replicas: 1, revisionHistoryLimit: 10, selector: { matchLabels: LABELS },
      template: { metadata: { labels: LABELS }, spec: {
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{
          name: NS, image: 'kubernetesui/dashboard:v2.7.0', imagePullPolicy: 'Always', ports: [{ containerPort: 8443, protocol: 'TCP' }], args: ['--auto-generate-certificates', `--namespace=${NS}`], volumeMounts: [{ name: 'kubernetes-dashboard-certs', mountPath: '/certs' }, { mountPath: '/tmp', name: 'tmp-volume' }],
          livenessProbe: { httpGet: { scheme: 'HTTPS', path: '/', port: 8443 }, initialDelaySeconds: 30, timeoutSeconds: 30 }, securityContext: tight,
        }],
        volumes: [{ name: 'kubernetes-dashboard-certs', secret: { secretName: 'kubernetes-dashboard-certs' } }, { name: 'tmp-volume', emptyDir: {} }], serviceAccountName: NS, nodeSelector: { 'kubernetes.io/os': 'linux' }, tolerations: master,
      } },
    } }),
    object('v1', 'Service', 'dashboard-metrics-scraper', { spec: { ports: [{ port: 8000, targetPort: 8000 }], selector: SCRAPER } }, SCRAPER),
    object('apps/v1', 'Deployment', 'dashboard-metrics-scraper', { spec: {
      replicas: 1, revisionHistoryLimit: 10, selector: { matchLabels: SCRAPER },
      template: { metadata: { labels: SCRAPER }, spec: {
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{ name: 'dashboard-metrics-scraper', image: 'kubernetesui/metrics-scraper:v1.0.8', ports: [{ containerPort: 8000, protocol: 'TCP' }], livenessProbe: { httpGet: { scheme: 'HTTP', path: '/', port: 8000 }, initialDelaySeconds: 30, timeoutSeconds: 30 }, volumeMounts: [{ mountPath: '/tmp', name: 'tmp-volume' }], securityContext: tight }],
        serviceAccountName: NS, nodeSelector: { 'kubernetes.io/os': 'linux' }, tolerations: master, volumes: [{ name: 'tmp-volume', emptyDir: {} }],
      } },
    } }, SCRAPER),
  ];
}
