import { describe, expect, test } from 'vitest';
import { core } from '../../../src/kubernetes/client/client.ts';
import type { ApiResponse } from '../../../src/kubernetes/apiserver/http.ts';
import { ADMIN, newTestServer } from './new-test-server.ts';

const pod = (name: string, spec: object = {}, container: object = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'safe' }, spec: { containers: [{ name: 'c', image: 'nginx', ...container }], ...spec } });
const HARDENED = { securityContext: { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } } };

function serverWith(labels: Record<string, string>) {
  const made = newTestServer();
  made.client.create(core('namespaces'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'safe', labels: Object.fromEntries(Object.entries(labels).map(([k, v]) => [`pod-security.kubernetes.io/${k}`, v])) } });
  made.client.create(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'safe' } });
  const send = (method: string, path: string, body: object, type = 'application/json') => made.server.handle({ method, path, query: {}, headers: { 'content-type': type }, body: JSON.stringify(body), user: ADMIN } as never) as ApiResponse;
  return { ...made, send };
}

describe('Pod Security admission', () => {
  test('restricted refuses an ordinary pod and says all that is missing', () => {
    const { client } = serverWith({ enforce: 'restricted' });
    expect(() => client.create(core('pods'), pod('web'))).toThrow(
      'pods "web" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
    expect(client.create(core('pods'), pod('good', {}, HARDENED)).metadata.name).toBe('good');
  });

  test('baseline names host namespaces, host ports, host paths and capabilities', () => {
    const { client } = serverWith({ enforce: 'baseline', 'enforce-version': 'v1.24' });
    expect(client.create(core('pods'), pod('plain')).metadata.name).toBe('plain');
    expect(() => client.create(core('pods'), pod('bad', { hostNetwork: true, hostPID: true, volumes: [{ name: 'v', hostPath: { path: '/' } }] }, { ports: [{ containerPort: 80, hostPort: 80 }], securityContext: { privileged: true, capabilities: { add: ['NET_ADMIN', 'CHOWN'] } } }))).toThrow(
      'pods "bad" is forbidden: violates PodSecurity "baseline:v1.24": non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add), host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volume "v"), hostPort (container "c" uses hostPort 80), privileged (container "c" must not set securityContext.privileged=true)',
    );
  });

  test('a Deployment is stored with a warning; warn follows enforce', () => {
    const { send } = serverWith({ enforce: 'restricted' });
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'nginx', ...HARDENED, securityContext: { ...HARDENED.securityContext, runAsNonRoot: undefined } }] } };
    const { status, headers } = send('POST', '/apis/apps/v1/namespaces/safe/deployments', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
    expect(status).toBe(201);
    expect(headers['warning']).toBe(`299 - ${JSON.stringify('would violate PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)')}`);
  });

  test('labelling a namespace tells of the pods that are there; wrong labels are refused', () => {
    const { client, send } = serverWith({});
    client.create(core('pods'), pod('b'));
    client.create(core('pods'), pod('a'));
    client.create(core('pods'), pod('c', { hostNetwork: true }));
    const label = (value: string) => send('PATCH', '/api/v1/namespaces/safe', { metadata: { labels: { 'pod-security.kubernetes.io/enforce': value } } }, 'application/merge-patch+json');
    expect(label('baseline').headers['warning']).toBe(['existing pods in namespace "safe" violate the new PodSecurity enforce level "baseline:latest"', 'c: host namespaces'].map((w) => `299 - ${JSON.stringify(w)}`).join(', '));
    expect(label('restricted').headers['warning']).toContain('a (and 1 other pod): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile');
    expect((label('strict').body as unknown as { message: string }).message).toBe('Namespace "safe" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted');
  });
});

describe('nodes', () => {
  const node = (name: string) => ({ name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] });

  test('read the secrets of their own pods only', () => {
    const { client, server } = newTestServer();
    for (const name of ['used', 'other']) client.create(core('secrets'), { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' } });
    client.create(core('pods'), { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'nginx', envFrom: [{ secretRef: { name: 'used' } }] }] } });
    const get = (user: object, name: string) => server.handle({ method: 'GET', path: `/api/v1/namespaces/default/secrets/${name}`, query: {}, headers: {}, user } as never) as ApiResponse;
    expect(get(node('n1'), 'used').status).toBe(200);
    expect((get(node('n1'), 'other').body as unknown as { message: string }).message).toBe(`secrets "other" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'n1' and this object`);
    expect(get(node('n2'), 'used').status).toBe(403);
  });

  test('write their own node and no other, and not their own taints', () => {
    const { client, server } = newTestServer();
    for (const name of ['n1', 'n2']) client.create(core('nodes'), { apiVersion: 'v1', kind: 'Node', metadata: { name } });
    const patch = (name: string, body: object) => ((server.handle({ method: 'PATCH', path: `/api/v1/nodes/${name}`, query: {}, headers: { 'content-type': 'application/merge-patch+json' }, body: JSON.stringify(body), user: node('n1') } as never) as ApiResponse).body as unknown as { message?: string }).message;
    expect(patch('n2', { metadata: { labels: { a: 'b' } } })).toBe('nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"');
    expect(patch('n1', { spec: { taints: [] } })).toBe('nodes "n1" is forbidden: node "n1" is not allowed to modify taints');
    expect(patch('n1', { metadata: { labels: { 'node-restriction.kubernetes.io/x': 'y' } } })).toBe('nodes "n1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/x');
  });
});
