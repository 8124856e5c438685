import type { KubeObject } from '../kubernetes/api/types.ts';

/** What ran in the recorded cluster beside the course's application (tests/transcripts/net/README.md, "The cluster"). */
export const RECORDED_WORKLOADS: KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ventas' } },
  deployment('webapp', 'default', 3, { name: 'nginx', image: 'nginx', ports: [{ containerPort: 80 }] }),
  service('webapp-service', 'default', 'webapp', { clusterIP: '10.96.0.50', ports: [{ port: 80, targetPort: 80 }] }),
  deployment('backend', 'default', 2, { name: 'backend', image: 'localhost/spink:1.0.1', ports: [{ containerPort: 8080 }] }),
  service('backend-service', 'default', 'backend', { clusterIP: '10.96.0.100', ports: [{ port: 80, targetPort: 8080 }] }),
  deployment('tienda', 'ventas', 3, { name: 'tienda', image: 'localhost/spink:1.0.2', env: [{ name: 'PORT', value: '3000' }], ports: [{ containerPort: 3000, name: 'web' }] }),
  service('tienda', 'ventas', 'tienda', { type: 'NodePort', clusterIP: '10.100.7.7', ports: [{ name: 'http', port: 8000, targetPort: 'web', nodePort: 31234 }] }),
  ...['worker-1', 'worker-2'].map((node, i): KubeObject => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { name: `cliente-${i + 1}`, namespace: 'default', labels: { run: `cliente-${i + 1}` } },
    spec: { nodeName: node, terminationGracePeriodSeconds: 1, containers: [{ name: 'ubuntu', image: 'ubuntu', imagePullPolicy: 'IfNotPresent', command: ['sleep', 'infinity'] }] },
  })),
];

/** Their addresses. */
export const RECORDED_ADDRESSES: Readonly<Record<string, string>> = { 'default/cliente-1': '10.244.1.4', 'default/cliente-2': '10.244.2.5' };

function deployment(name: string, namespace: string, replicas: number, container: Record<string, unknown>): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ imagePullPolicy: 'IfNotPresent', ...container }] } } } };
}

function service(name: string, namespace: string, app: string, spec: Record<string, unknown>): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector: { app }, ...spec } };
}
