import type { KubeObject } from '../api/types.ts';
import { rfc3339 } from '../client/time.ts';
import objects from '../api/schema/bootstrap.json' with { type: 'json' };
import { localApiServices } from './api-services.ts';
import { ensure } from './ensure.ts';
import type { ApiServer } from './server.ts';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** What an API server creates in an empty store: namespaces, the bootstrap policy, priority classes and its own Service. */
export function bootstrap(server: ApiServer): void {
  const namespaces = server.resource('', 'v1', 'namespaces')!;
  for (const name of NAMESPACES) {
    ensure(server, namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'kubernetes.io/metadata.name': name } }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
  }
  for (const [resource, list] of Object.entries(objects as unknown as Record<string, KubeObject[]>)) {
    const group = resource === 'priorityclasses' ? 'scheduling.k8s.io' : 'rbac.authorization.k8s.io';
    const info = server.resource(group, 'v1', resource)!;
    for (const object of list.map(as128)) ensure(server, info, { ...object, apiVersion: `${group}/v1`, kind: info.kind, metadata: { ...object.metadata } });
  }
  ensureService(server);
  for (const object of localApiServices(server.discovery.groupVersions, rfc3339(server.clock.now))) ensure(server, server.resource('apiregistration.k8s.io', 'v1', 'apiservices')!, object);
}

/** 1.28 lets everybody ask who he is. */
function as128(object: KubeObject): KubeObject {
  if (object.metadata.name !== 'system:basic-user' || object['rules'] === undefined) return object;
  return { ...object, rules: [...(object['rules'] as object[]), { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] }] };
}

/** The Service default/kubernetes with its Endpoints and EndpointSlice (pkg/controlplane/reconcilers). */
function ensureService(server: ApiServer): void {
  const { advertiseAddress, port, serviceCidr } = server.options;
  const ip = firstAddress(serviceCidr), labels = { component: 'apiserver', provider: 'kubernetes' };
  ensure(server, server.resource('', 'v1', 'services')!, {
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'kubernetes', namespace: 'default', labels },
    spec: {
      clusterIP: ip, clusterIPs: [ip], internalTrafficPolicy: 'Cluster', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }], sessionAffinity: 'None', type: 'ClusterIP',
    },
    status: { loadBalancer: {} },
  });
  ensure(server, server.resource('', 'v1', 'endpoints')!, {
    apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'kubernetes', namespace: 'default', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: advertiseAddress }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  });
  ensure(server, server.resource('discovery.k8s.io', 'v1', 'endpointslices')!, {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' }, generation: 1 },
    addressType: 'IPv4', endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }], ports: [{ name: 'https', port, protocol: 'TCP' }],
  });
}

/** The first usable address of an IPv4 range: 10.96.0.1 of 10.96.0.0/12. */
function firstAddress(cidr: string): string {
  const parts = cidr.split('/')[0]!.split('.').map(Number);
  parts[3] = parts[3]! + 1;
  return parts.join('.');
}

