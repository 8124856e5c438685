import type { KubeObject } from '../../api/types.ts';
import { free, object, string } from '../gateway-api/schema.ts';
import { gatewayApiCrds } from '../gateway-api/crds.ts';
import { GATEWAY_IMAGE, NAMESPACE } from './infra.ts';

const VERSION = 'v1.2.4', RBAC = 'rbac.authorization.k8s.io/v1', CERTGEN = 'eg-gateway-helm-certgen';
const SELECTOR = { 'app.kubernetes.io/instance': 'eg', 'app.kubernetes.io/name': 'gateway-helm' };
const LABELS = { 'app.kubernetes.io/instance': 'eg', 'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/name': 'gateway-helm', 'app.kubernetes.io/version': VERSION, 'helm.sh/chart': `gateway-helm-${VERSION}` };

/** install.yaml of Envoy Gateway 1.2.4: the Gateway API, its own kinds, the control plane. */
export function envoyGateway(): KubeObject[] {
  const of = (apiVersion: string, kind: string, name: string, namespaced: boolean, rest: Record<string, unknown>, labels: Record<string, string> = LABELS): KubeObject => ({ apiVersion, kind, metadata: { labels, name, ...(namespaced ? { namespace: NAMESPACE } : {}) }, ...rest });
  const binding = (kind: string, name: string, account: string) => ({ roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name }, subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }] });
  const ports = [['grpc', 18000], ['ratelimit', 18001], ['wasm', 18002], ['metrics', 19001]] as const, env = (more: object[] = []) => [{ name: 'ENVOY_GATEWAY_NAMESPACE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } } }, { name: 'KUBERNETES_CLUSTER_DOMAIN', value: 'cluster.local' }, ...more];
  const secure = (id: number, more = {}) => ({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, privileged: false, ...more, runAsGroup: id, runAsNonRoot: true, runAsUser: id, seccompProfile: { type: 'RuntimeDefault' } });
  const probe = (path: string, initialDelaySeconds: number, periodSeconds: number) => ({ httpGet: { path, port: 8081 }, initialDelaySeconds, periodSeconds });
  return [
    ...gatewayApiCrds(), ...OWN.map(([kind, plural]) => ownCrd(kind, plural)),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    of('v1', 'ServiceAccount', 'envoy-gateway', true, {}),
    of('v1', 'ConfigMap', 'envoy-gateway-config', true, { data: { 'envoy-gateway.yaml': `apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyGateway\ngateway:\n  controllerName: gateway.envoyproxy.io/gatewayclass-controller\nlogging:\n  level:\n    default: info\nprovider:\n  kubernetes:\n    rateLimitDeployment:\n      container:\n        image: docker.io/envoyproxy/ratelimit:49af5cca\n      patch:\n        type: StrategicMerge\n        value:\n          spec:\n            template:\n              spec:\n                containers:\n                - imagePullPolicy: IfNotPresent\n                  name: envoy-ratelimit\n    shutdownManager:\n      image: ${GATEWAY_IMAGE}\n  type: Kubernetes\n` } }),
    of(RBAC, 'ClusterRole', 'eg-gateway-helm-envoy-gateway-role', false, { rules: [
      rule('', 'nodes namespaces', READ), rule('gateway.networking.k8s.io', 'gatewayclasses', 'get list patch update watch'), rule('gateway.networking.k8s.io', 'gatewayclasses/status', 'update'), rule('multicluster.x-k8s.io', 'serviceimports', READ),
      rule('', 'configmaps secrets services', READ), rule('apps', 'deployments daemonsets', READ), rule('discovery.k8s.io', 'endpointslices', READ), rule('gateway.envoyproxy.io', OWN.map(([, plural]) => plural).join(' '), READ),
      rule('gateway.envoyproxy.io', 'envoypatchpolicies/status clienttrafficpolicies/status backendtrafficpolicies/status securitypolicies/status envoyextensionpolicies/status backends/status', 'update'),
      rule('gateway.networking.k8s.io', 'gateways grpcroutes httproutes referencegrants tcproutes tlsroutes udproutes backendtlspolicies', READ),
      rule('gateway.networking.k8s.io', 'gateways/status grpcroutes/status httproutes/status tcproutes/status tlsroutes/status udproutes/status backendtlspolicies/status', 'update'),
    ] }, {}),
    of(RBAC, 'ClusterRoleBinding', 'eg-gateway-helm-envoy-gateway-rolebinding', false, binding('ClusterRole', 'eg-gateway-helm-envoy-gateway-role', 'envoy-gateway'), {}),
    of(RBAC, 'Role', 'eg-gateway-helm-infra-manager', true, { rules: [rule('', 'serviceaccounts services configmaps', MANAGE), rule('apps', 'deployments daemonsets', MANAGE), { ...rule('', 'horizontalpodautoscalers poddisruptionbudgets', MANAGE), apiGroups: ['autoscaling', 'policy'] }] }),
    of(RBAC, 'Role', 'eg-gateway-helm-leader-election-role', true, { rules: [rule('', 'configmaps', 'get list watch create update patch delete'), rule('coordination.k8s.io', 'leases', 'get list watch create update patch delete'), rule('', 'events', 'create patch')] }),
    of(RBAC, 'RoleBinding', 'eg-gateway-helm-infra-manager', true, binding('Role', 'eg-gateway-helm-infra-manager', 'envoy-gateway')),
    of(RBAC, 'RoleBinding', 'eg-gateway-helm-leader-election-rolebinding', true, binding('Role', 'eg-gateway-helm-leader-election-role', 'envoy-gateway')),
    of('v1', 'Service', 'envoy-gateway', true, { spec: { ports: ports.map(([name, port]) => ({ name, port, targetPort: port })), selector: { ...SELECTOR, 'control-plane': 'envoy-gateway' } } }, { ...LABELS, 'control-plane': 'envoy-gateway' }),
    of('apps/v1', 'Deployment', 'envoy-gateway', true, { spec: {
      replicas: 1, selector: { matchLabels: { ...SELECTOR, 'control-plane': 'envoy-gateway' } },
      template: { metadata: { annotations: { 'prometheus.io/port': '19001', 'prometheus.io/scrape': 'true' }, labels: { ...SELECTOR, 'control-plane': 'envoy-gateway' } }, spec: {
        containers: [{
          args: ['server', '--config-path=/config/envoy-gateway.yaml'], env: env(), image: GATEWAY_IMAGE, imagePullPolicy: 'IfNotPresent', livenessProbe: probe('/healthz', 15, 20), name: 'envoy-gateway', ports: ports.map(([name, port]) => ({ containerPort: port, name })), readinessProbe: probe('/readyz', 5, 10),
          resources: { limits: { memory: '1024Mi' }, requests: { cpu: '100m', memory: '256Mi' } }, securityContext: secure(65532), volumeMounts: [{ mountPath: '/config', name: 'envoy-gateway-config', readOnly: true }, { mountPath: '/certs', name: 'certs', readOnly: true }],
        }],
        imagePullSecrets: [], serviceAccountName: 'envoy-gateway', terminationGracePeriodSeconds: 10, volumes: [{ configMap: { defaultMode: 420, name: 'envoy-gateway-config' }, name: 'envoy-gateway-config' }, { name: 'certs', secret: { secretName: 'envoy-gateway' } }],
      } },
    } }, { ...LABELS, 'control-plane': 'envoy-gateway' }),
    of('v1', 'ServiceAccount', CERTGEN, true, {}),
    of(RBAC, 'Role', CERTGEN, true, { rules: [rule('', 'secrets', 'get create update')] }),
    of(RBAC, 'RoleBinding', CERTGEN, true, binding('Role', CERTGEN, CERTGEN)),
    of('batch/v1', 'Job', CERTGEN, true, { spec: {
      backoffLimit: 1, completions: 1, parallelism: 1, ttlSecondsAfterFinished: 30,
      template: { metadata: { labels: { app: 'certgen' } }, spec: { containers: [{ command: ['envoy-gateway', 'certgen'], env: env(), image: GATEWAY_IMAGE, imagePullPolicy: 'IfNotPresent', name: 'envoy-gateway-certgen', securityContext: secure(65534, { readOnlyRootFilesystem: true }) }], imagePullSecrets: [], restartPolicy: 'Never', serviceAccountName: CERTGEN } },
    } }),
  ];
}

const READ = 'get list watch', MANAGE = 'create get delete deletecollection patch';
const rule = (group: string, resources: string, verbs: string) => ({ apiGroups: [group], resources: resources.split(' '), verbs: verbs.split(' ') });

/** Its own kinds: known, and of them only EnvoyProxy is acted on. */
const OWN: [string, string][] = [
  ['EnvoyProxy', 'envoyproxies'], ['EnvoyPatchPolicy', 'envoypatchpolicies'], ['ClientTrafficPolicy', 'clienttrafficpolicies'], ['BackendTrafficPolicy', 'backendtrafficpolicies'], ['SecurityPolicy', 'securitypolicies'], ['EnvoyExtensionPolicy', 'envoyextensionpolicies'], ['Backend', 'backends'], ['HTTPRouteFilter', 'httproutefilters'],
];

function ownCrd(kind: string, plural: string): KubeObject {
  const group = 'gateway.envoyproxy.io';
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${group}` },
    spec: { group, names: { categories: ['envoy-gateway'], kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() }, scope: 'Namespaced', versions: [{ name: 'v1alpha1', served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: object({ apiVersion: string(), kind: string(), metadata: object({}), spec: free, status: free }) } }] },
  };
}
