import { expect, it } from 'vitest';
import { fnv32, goJson, safeEncode } from '../../../src/kubernetes/controllers/hash.ts';
import { podTemplateHash } from '../../../src/kubernetes/controllers/podtemplate-hash.ts';

const template = (app: string, container: object, spec: object = {}) => ({
  metadata: { creationTimestamp: null, labels: { app } },
  spec: {
    containers: [{ imagePullPolicy: 'IfNotPresent', resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', ...container }],
    dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', schedulerName: 'default-scheduler', securityContext: {}, terminationGracePeriodSeconds: 30, ...spec,
  },
});
/** The recordings come from 1.26. */
const hash126 = (t: ReturnType<typeof template>) => podTemplateHash(t, undefined, 26);

it('names ReplicaSets as the real controller does', () => {
  expect(hash126(template('webapp', { name: 'nginx', image: 'nginx:1.24' }))).toBe('56f5555785');
  expect(hash126(template('webapp', { name: 'nginx', image: 'nginx:1.25' }))).toBe('b7c786d4b');
  expect(hash126(template('fill', { name: 'c', image: 'nginx:1.25', resources: { requests: { cpu: '1', memory: '256Mi' }, limits: { cpu: '2', memory: '512Mi' } } }))).toBe('848b8b9b6f');
  // 1Mi is canonical and kept as text, 256Mi could be a quarter of something: it is not.
  expect(hash126(template('d', { name: 'nginx', image: 'nginx:1.25', resources: { requests: { cpu: '100m', memory: '1Mi' }, limits: { cpu: '200m', memory: '2Mi' } } }))).toBe('cb44b95cc');
  expect(podTemplateHash(template('webapp', { name: 'nginx', image: 'nginx:1.24' }))).toBe('587449ff9f');
});

it('follows the fields that later versions have: the backend of Envoy Gateway\'s quick start in 1.32', () => {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });
  const backend = template('backend', { name: 'backend', image: 'gcr.io/k8s-staging-gateway-api/echo-basic:v20231214-v1.0.0-140-gf544a46e', ports: [{ containerPort: 3000, protocol: 'TCP' }], env: [field('POD_NAME', 'metadata.name'), field('NAMESPACE', 'metadata.namespace')] }, { serviceAccountName: 'backend', serviceAccount: 'backend' });
  const labelled = { ...backend, metadata: { ...backend.metadata, labels: { app: 'backend', version: 'v1' } } };
  expect(podTemplateHash(labelled, undefined, 32)).toBe('869c8646c5');
});

it('names the revisions of a StatefulSet as the real controller does', () => {
  const revision = (image: string) => {
    const { metadata, spec } = template('nginx', { name: 'nginx', image, ports: [{ containerPort: 80, name: 'web', protocol: 'TCP' }], volumeMounts: [{ mountPath: '/usr/share/nginx/html', name: 'www' }] }, { terminationGracePeriodSeconds: 1 });
    return safeEncode(fnv32(`${goJson({ spec: { template: { $patch: 'replace', metadata, spec } } })}0`));
  };
  expect([revision('nginx:1.24'), revision('nginx:1.25')]).toEqual(['5ddb58f4c4', '759d58d8b5']);
});
