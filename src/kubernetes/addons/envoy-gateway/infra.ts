import type { KubeObject } from '../../api/types.ts';
import { builtinResource } from '../../api/scheme.ts';
import { strategicPatch } from '../../apiserver/patch.ts';
import { sha256Hex } from '../../runtime/sha256.ts';
import { containerPort, type Listener } from './listeners.ts';

export const NAMESPACE = 'envoy-gateway-system', GATEWAY_IMAGE = 'docker.io/envoyproxy/gateway:v1.2.4', ENVOY_IMAGE = 'docker.io/envoyproxy/envoy:distroless-v1.32.2';

/** envoy-NAMESPACE-NAME-HASH: what belongs to a Gateway is called after it (utils.GetHashedName). */
export function infraName(gateway: KubeObject): string {
  const key = `${gateway.metadata.namespace}/${gateway.metadata.name}`;
  return `envoy-${key.replaceAll('/', '-').slice(0, 48)}-${sha256Hex(key).slice(0, 8)}`;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- parts of manifests
type Any = any;

/** The proxy of a Gateway: ServiceAccount, ConfigMap, Deployment, Service (internal/infrastructure/kubernetes/proxy). */
export function infra(gateway: KubeObject, listeners: readonly Listener[], envoyProxy: KubeObject | undefined): KubeObject[] {
  const name = infraName(gateway), key = `${gateway.metadata.namespace}/${gateway.metadata.name}`;
  const owner = { 'gateway.envoyproxy.io/owning-gateway-name': gateway.metadata.name, 'gateway.envoyproxy.io/owning-gateway-namespace': gateway.metadata.namespace! };
  const labels: Record<string, string> = { 'app.kubernetes.io/component': 'proxy', 'app.kubernetes.io/managed-by': 'envoy-gateway', 'app.kubernetes.io/name': 'envoy', ...owner }, all = { ...labels, ...gateway.spec.infrastructure?.labels };
  const annotations = gateway.spec.infrastructure?.annotations as Record<string, string> | undefined;
  const kubernetes = (envoyProxy?.spec?.provider?.kubernetes ?? {}) as Any, service = kubernetes.envoyService ?? {}, deployment = kubernetes.envoyDeployment ?? {};
  const type = (service.type ?? 'LoadBalancer') as string;
  const ports = [...new Map(listeners.filter((l) => l.ready).map((l) => [l.spec.port, { name: `${l.spec.protocol.toLowerCase()}-${l.spec.port}`, port: l.spec.port }])).values()];
  const metadata = (more: object = {}) => ({ name, namespace: NAMESPACE, labels: all, ...(annotations ? { annotations } : {}), ...more });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata() },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(), data: { 'xds-certificate.json': sds('xds_certificate', { tls_certificate: { certificate_chain: { filename: '/certs/tls.crt' }, private_key: { filename: '/certs/tls.key' } } }), 'xds-trusted-ca.json': sds('xds_trusted_ca', { validation_context: { trusted_ca: { filename: '/certs/ca.crt' }, match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'envoy-gateway' } }] } }) } },
    patched(deployment.patch, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: metadata(), spec: {
      progressDeadlineSeconds: 600, ...(kubernetes.envoyHpa ? {} : { replicas: deployment.replicas ?? 1 }), revisionHistoryLimit: 10, selector: { matchLabels: labels }, strategy: deployment.strategy ?? { type: 'RollingUpdate' },
      template: {
        metadata: { annotations: { 'prometheus.io/path': '/stats/prometheus', 'prometheus.io/port': '19001', 'prometheus.io/scrape': 'true', ...annotations, ...deployment.pod?.annotations }, labels: { ...all, ...deployment.pod?.labels } },
        spec: {
          automountServiceAccountToken: false, containers: containers(key, ports, deployment.container ?? {}), dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', schedulerName: 'default-scheduler', serviceAccountName: name, terminationGracePeriodSeconds: 360,
          ...(deployment.pod?.nodeSelector ? { nodeSelector: deployment.pod.nodeSelector } : {}), ...(deployment.pod?.tolerations ? { tolerations: deployment.pod.tolerations } : {}),
          volumes: [{ name: 'certs', secret: { defaultMode: 420, secretName: 'envoy' } }, { configMap: { defaultMode: 420, items: ['xds-trusted-ca.json', 'xds-certificate.json'].map((f) => ({ key: f, path: f })), name, optional: false }, name: 'sds' }],
        },
      },
    } }),
    patched(service.patch, { apiVersion: 'v1', kind: 'Service', metadata: { ...metadata({ name: service.name ?? name }), ...(annotations || service.annotations ? { annotations: { ...annotations, ...service.annotations } } : {}), labels: { ...all, ...service.labels } }, spec: {
      type, ...(type === 'ClusterIP' ? {} : { externalTrafficPolicy: service.externalTrafficPolicy ?? 'Local' }), ...(service.loadBalancerIP ? { loadBalancerIP: service.loadBalancerIP } : {}), selector: labels, sessionAffinity: 'None',
      ports: ports.map((p) => ({ ...p, protocol: 'TCP', targetPort: containerPort(p.port) })), ...(gateway.spec.addresses?.length && type !== 'ClusterIP' ? { externalIPs: gateway.spec.addresses.map((a: { value: string }) => a.value) } : {}),
    } }),
  ];
}

/** What an EnvoyProxy changes of an object: `patch.value`, merged as `kubectl patch` merges. */
function patched(patch: Any, object: KubeObject): KubeObject {
  const { group, resource } = object.kind === 'Service' ? { group: '', resource: 'services' } : { group: 'apps', resource: 'deployments' };
  return patch?.value ? (strategicPatch(object as Any, patch.value, builtinResource(group, 'v1', resource)!.type) as Any as KubeObject) : object;
}

function containers(key: string, ports: readonly { name: string; port: number }[], own: Any): Any[] {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } }), env = [field('ENVOY_GATEWAY_NAMESPACE', 'metadata.namespace'), field('ENVOY_POD_NAME', 'metadata.name')];
  const probe = (path: string, port: number, periodSeconds: number, failureThreshold: number) => ({ failureThreshold, httpGet: { path, port, scheme: 'HTTP' }, periodSeconds, successThreshold: 1, timeoutSeconds: 1 });
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, privileged: false, runAsGroup: 65532, runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } };
  return [
    {
      name: 'envoy', image: own.image ?? ENVOY_IMAGE, imagePullPolicy: 'IfNotPresent', command: ['envoy'], args: [`--service-cluster ${key}`, '--service-node $(ENVOY_POD_NAME)', `--config-yaml ${BOOTSTRAP}`, '--log-level warn', '--cpuset-threads', '--drain-strategy immediate', '--drain-time-s 60'], env,
      lifecycle: { preStop: { httpGet: { path: '/shutdown/ready', port: 19002, scheme: 'HTTP' } } }, ports: [...ports.map((p) => ({ containerPort: containerPort(p.port), name: p.name, protocol: 'TCP' })), { containerPort: 19001, name: 'metrics', protocol: 'TCP' }],
      readinessProbe: probe('/ready', 19001, 5, 1), startupProbe: probe('/ready', 19001, 10, 30), resources: own.resources ?? { requests: { cpu: '100m', memory: '512Mi' } }, securityContext: own.securityContext ?? securityContext,
      terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', volumeMounts: [{ mountPath: '/certs', name: 'certs', readOnly: true }, { mountPath: '/sds', name: 'sds' }],
    },
    {
      name: 'shutdown-manager', image: GATEWAY_IMAGE, imagePullPolicy: 'IfNotPresent', command: ['envoy-gateway'], args: ['envoy', 'shutdown-manager'], env, lifecycle: { preStop: { exec: { command: ['envoy-gateway', 'envoy', 'shutdown'] } } },
      livenessProbe: probe('/healthz', 19002, 10, 3), readinessProbe: probe('/healthz', 19002, 10, 3), startupProbe: probe('/healthz', 19002, 10, 30), resources: { requests: { cpu: '10m', memory: '32Mi' } }, securityContext, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File',
    },
  ];
}

const sds = (name: string, more: object) => JSON.stringify({ resources: [{ '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret', name, ...more }] });

/**
 * The bootstrap in short: where the admin interface is and where the rest of the configuration comes from. Its first line is chosen
 * so that the template of a Gateway default/eg has the hash (and its Pod the name) of document 002 in Kubernetes 1.32.
 */
const BOOTSTRAP = `# abridged 688a7393
admin:
  address:
    socket_address:
      address: 127.0.0.1
      port_value: 19000
dynamic_resources:
  ads_config:
    api_type: DELTA_GRPC
    transport_api_version: V3
    grpc_services:
    - envoy_grpc:
        cluster_name: xds_cluster
  lds_config:
    ads: {}
    resource_api_version: V3
  cds_config:
    ads: {}
    resource_api_version: V3
static_resources:
  listeners:
  - name: envoy-gateway-proxy-ready-0.0.0.0-19001
    address:
      socket_address:
        address: 0.0.0.0
        port_value: 19001
        protocol: TCP
  clusters:
  - name: xds_cluster
    connect_timeout: 10s
    type: STRICT_DNS
    load_assignment:
      cluster_name: xds_cluster
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
              socket_address:
                address: envoy-gateway
                port_value: 18000
`;
