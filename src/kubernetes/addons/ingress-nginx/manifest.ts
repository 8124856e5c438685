import type { KubeObject } from '../../api/types.ts';
import { CERTGEN_DIGEST, CONTROLLER_DIGEST } from '../../runtime/images/addon-digests.ts';

/** deploy/static/provider/PROVIDER/deploy.yaml of ingress-nginx 1.8.1. */
export type Provider = 'cloud' | 'kind' | 'baremetal';

const VERSION = '1.8.1', NAME = 'ingress-nginx', ADMISSION = 'ingress-nginx-admission';
const RBAC = 'rbac.authorization.k8s.io/v1';

export function ingressNginx(provider: Provider): KubeObject[] {
  const selector = { 'app.kubernetes.io/component': 'controller', 'app.kubernetes.io/instance': NAME, 'app.kubernetes.io/name': NAME };
  const instance = { 'app.kubernetes.io/instance': NAME, 'app.kubernetes.io/name': NAME }, part = { ...instance, 'app.kubernetes.io/part-of': NAME, 'app.kubernetes.io/version': VERSION };
  const of = (component?: string) => ({ ...(component ? { 'app.kubernetes.io/component': component } : {}), ...part });
  const object = (apiVersion: string, kind: string, name: string, namespaced: boolean, component: string | undefined, rest: Record<string, unknown>): KubeObject => ({ apiVersion, kind, metadata: { labels: of(component), name, ...(namespaced ? { namespace: NAME } : {}) }, ...rest });
  const binding = (kind: 'Role' | 'ClusterRole', name: string) => ({ roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name }, subjects: [{ kind: 'ServiceAccount', name, namespace: NAME }] });
  const ports = (['http', 'https'] as const).map((name) => ({ appProtocol: name, name, port: name === 'http' ? 80 : 443, protocol: 'TCP', targetPort: name }));
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { labels: instance, name: NAME } },
    object('v1', 'ServiceAccount', NAME, true, 'controller', { automountServiceAccountToken: true }),
    object('v1', 'ServiceAccount', ADMISSION, true, 'admission-webhook', {}),
    object(RBAC, 'Role', NAME, true, 'controller', { rules: [
      rule('', 'namespaces', 'get'), rule('', 'configmaps pods secrets endpoints', 'get list watch'), rule('', 'services', 'get list watch'), rule('networking.k8s.io', 'ingresses', 'get list watch'), rule('networking.k8s.io', 'ingresses/status', 'update'),
      rule('networking.k8s.io', 'ingressclasses', 'get list watch'), { ...rule('coordination.k8s.io', 'leases', 'get update'), resourceNames: ['ingress-nginx-leader'] }, rule('coordination.k8s.io', 'leases', 'create'), rule('', 'events', 'create patch'), rule('discovery.k8s.io', 'endpointslices', 'list watch get'),
    ] }),
    object(RBAC, 'Role', ADMISSION, true, 'admission-webhook', { rules: [rule('', 'secrets', 'get create')] }),
    object(RBAC, 'ClusterRole', NAME, false, undefined, { rules: [
      rule('', 'configmaps endpoints nodes pods secrets namespaces', 'list watch'), rule('coordination.k8s.io', 'leases', 'list watch'), rule('', 'nodes', 'get'), rule('', 'services', 'get list watch'), rule('networking.k8s.io', 'ingresses', 'get list watch'),
      rule('', 'events', 'create patch'), rule('networking.k8s.io', 'ingresses/status', 'update'), rule('networking.k8s.io', 'ingressclasses', 'get list watch'), rule('discovery.k8s.io', 'endpointslices', 'list watch get'),
    ] }),
    object(RBAC, 'ClusterRole', ADMISSION, false, 'admission-webhook', { rules: [rule('admissionregistration.k8s.io', 'validatingwebhookconfigurations', 'get update')] }),
    object(RBAC, 'RoleBinding', NAME, true, 'controller', binding('Role', NAME)),
    object(RBAC, 'RoleBinding', ADMISSION, true, 'admission-webhook', binding('Role', ADMISSION)),
    object(RBAC, 'ClusterRoleBinding', NAME, false, undefined, binding('ClusterRole', NAME)),
    object(RBAC, 'ClusterRoleBinding', ADMISSION, false, 'admission-webhook', binding('ClusterRole', ADMISSION)),
    object('v1', 'ConfigMap', 'ingress-nginx-controller', true, 'controller', { data: { 'allow-snippet-annotations': 'true' } }),
    object('v1', 'Service', 'ingress-nginx-controller', true, 'controller', { spec: { ...(provider === 'cloud' ? { externalTrafficPolicy: 'Local' } : {}), ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', ports, selector, type: provider === 'cloud' ? 'LoadBalancer' : 'NodePort' } }),
    object('v1', 'Service', 'ingress-nginx-controller-admission', true, 'controller', { spec: { ports: [{ appProtocol: 'https', name: 'https-webhook', port: 443, targetPort: 'webhook' }], selector, type: 'ClusterIP' } }),
    object('apps/v1', 'Deployment', 'ingress-nginx-controller', true, 'controller', { spec: {
      minReadySeconds: 0, revisionHistoryLimit: 10, selector: { matchLabels: selector }, ...(provider === 'kind' ? { strategy: { rollingUpdate: { maxUnavailable: 1 }, type: 'RollingUpdate' } } : {}),
      template: { metadata: { labels: of('controller') }, spec: pod(provider) },
    } }),
    ...(['create', 'patch'] as const).map((name) => object('batch/v1', 'Job', `${ADMISSION}-${name}`, true, 'admission-webhook', { spec: { template: { metadata: { labels: of('admission-webhook'), name: `${ADMISSION}-${name}` }, spec: job(name) } } })),
    object('networking.k8s.io/v1', 'IngressClass', 'nginx', false, 'controller', { spec: { controller: 'k8s.io/ingress-nginx' } }),
    object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', ADMISSION, false, 'admission-webhook', { webhooks: [{
      admissionReviewVersions: ['v1'], clientConfig: { service: { name: 'ingress-nginx-controller-admission', namespace: NAME, path: '/networking/v1/ingresses' } }, failurePolicy: 'Fail', matchPolicy: 'Equivalent', name: 'validate.nginx.ingress.kubernetes.io',
      rules: [{ apiGroups: ['networking.k8s.io'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['ingresses'] }], sideEffects: 'None',
    }] }),
  ];
}

const rule = (group: string, resources: string, verbs: string) => ({ apiGroups: [group], resources: resources.split(' '), verbs: verbs.split(' ') });
const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });

function pod(provider: Provider): Record<string, unknown> {
  const kind = provider === 'kind', hostPort = (port: number) => (kind ? { hostPort: port } : {});
  const probe = (failureThreshold: number) => ({ failureThreshold, httpGet: { path: '/healthz', port: 10254, scheme: 'HTTP' }, initialDelaySeconds: 10, periodSeconds: 10, successThreshold: 1, timeoutSeconds: 1 });
  const toleration = (role: string) => ({ effect: 'NoSchedule', key: `node-role.kubernetes.io/${role}`, operator: 'Equal' });
  return {
    containers: [{
      args: [
        '/nginx-ingress-controller', ...(provider === 'cloud' ? ['--publish-service=$(POD_NAMESPACE)/ingress-nginx-controller'] : []), '--election-id=ingress-nginx-leader', '--controller-class=k8s.io/ingress-nginx', '--ingress-class=nginx',
        '--configmap=$(POD_NAMESPACE)/ingress-nginx-controller', '--validating-webhook=:8443', '--validating-webhook-certificate=/usr/local/certificates/cert', '--validating-webhook-key=/usr/local/certificates/key',
        ...(kind ? ['--watch-ingress-without-class=true', '--publish-status-address=localhost'] : []),
      ],
      env: [field('POD_NAME', 'metadata.name'), field('POD_NAMESPACE', 'metadata.namespace'), { name: 'LD_PRELOAD', value: '/usr/local/lib/libmimalloc.so' }],
      image: `registry.k8s.io/ingress-nginx/controller:v${VERSION}@${CONTROLLER_DIGEST}`, imagePullPolicy: 'IfNotPresent', lifecycle: { preStop: { exec: { command: ['/wait-shutdown'] } } }, livenessProbe: probe(5), name: 'controller',
      ports: [{ containerPort: 80, ...hostPort(80), name: 'http', protocol: 'TCP' }, { containerPort: 443, ...hostPort(443), name: 'https', protocol: 'TCP' }, { containerPort: 8443, name: 'webhook', protocol: 'TCP' }], readinessProbe: probe(3),
      resources: { requests: { cpu: '100m', memory: '90Mi' } }, securityContext: { allowPrivilegeEscalation: true, capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] }, runAsUser: 101 },
      volumeMounts: [{ mountPath: '/usr/local/certificates/', name: 'webhook-cert', readOnly: true }],
    }],
    dnsPolicy: 'ClusterFirst', nodeSelector: { ...(kind ? { 'ingress-ready': 'true' } : {}), 'kubernetes.io/os': 'linux' }, serviceAccountName: NAME, terminationGracePeriodSeconds: kind ? 0 : 300,
    ...(kind ? { tolerations: [toleration('master'), toleration('control-plane')] } : {}), volumes: [{ name: 'webhook-cert', secret: { secretName: ADMISSION } }],
  };
}

function job(name: 'create' | 'patch'): Record<string, unknown> {
  const args = name === 'create'
    ? ['create', '--host=ingress-nginx-controller-admission,ingress-nginx-controller-admission.$(POD_NAMESPACE).svc', '--namespace=$(POD_NAMESPACE)', `--secret-name=${ADMISSION}`]
    : ['patch', `--webhook-name=${ADMISSION}`, '--namespace=$(POD_NAMESPACE)', '--patch-mutating=false', `--secret-name=${ADMISSION}`, '--patch-failure-policy=Fail'];
  return {
    containers: [{ args, env: [field('POD_NAMESPACE', 'metadata.namespace')], image: `registry.k8s.io/ingress-nginx/kube-webhook-certgen:v20230407@${CERTGEN_DIGEST}`, imagePullPolicy: 'IfNotPresent', name, securityContext: { allowPrivilegeEscalation: false } }],
    nodeSelector: { 'kubernetes.io/os': 'linux' }, restartPolicy: 'OnFailure', securityContext: { fsGroup: 2000, runAsNonRoot: true, runAsUser: 2000 }, serviceAccountName: ADMISSION,
  };
}
