import { expect, test } from 'vitest';
import { gvr, core } from '../../../src/kubernetes/client/client.ts';
import { newTestServer } from './new-test-server.ts';

const deployments = gvr('apps', 'v1', 'deployments');
const APPLY = { 'content-type': 'application/apply-patch+yaml' };
const web = (image: string, replicas?: number) => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
  spec: { ...(replicas === undefined ? {} : { replicas }), selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } } },
});

test('managedFields of a pod made by kubectl run', () => {
  const { client } = newTestServer();
  client.raw('POST', '/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'nginx', labels: { app: 'web', tier: 'frontend' } }, spec: { containers: [{ name: 'nginx', image: 'nginx' }] } }, { fieldManager: ['kubectl-run'] });
  expect(client.get(core('pods'), 'default', 'nginx').metadata.managedFields).toEqual([{
    manager: 'kubectl-run', operation: 'Update', apiVersion: 'v1', time: '2026-11-21T10:00:00Z', fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {}, 'f:tier': {} } },
      'f:spec': {
        'f:containers': { 'k:{"name":"nginx"}': { '.': {}, 'f:image': {}, 'f:imagePullPolicy': {}, 'f:name': {}, 'f:resources': {}, 'f:terminationMessagePath': {}, 'f:terminationMessagePolicy': {} } },
        'f:dnsPolicy': {}, 'f:enableServiceLinks': {}, 'f:restartPolicy': {}, 'f:schedulerName': {}, 'f:securityContext': {}, 'f:terminationGracePeriodSeconds': {},
      },
    },
  }]);
});

test('server-side apply: conflicts with who else owns a field, and gives up what is no longer applied', () => {
  const { client } = newTestServer();
  const apply = (manager: string, object: object, force = false) => client.raw('PATCH', '/apis/apps/v1/namespaces/default/deployments/web', object as never, { fieldManager: [manager], ...(force ? { force: ['true'] } : {}) }, APPLY);
  apply('ana', web('nginx:1.25', 3));
  client.raw('PATCH', '/apis/apps/v1/namespaces/default/deployments/web', { spec: { replicas: 5 } } as never, { fieldManager: ['kubectl-edit'] }, { 'content-type': 'application/merge-patch+json' });
  expect(() => apply('ana', web('nginx:1.25', 3))).toThrow('Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas');
  expect(apply('ana', web('nginx:1.26')).spec.replicas).toBe(5);
  expect(apply('ana', web('nginx:1.26', 2), true).spec.replicas).toBe(2);
  expect(() => apply('eva', web('redis', 2))).toThrow('Apply failed with 1 conflict: conflict with "ana": .spec.template.spec.containers[name="web"].image');
  expect(client.get(deployments, 'default', 'web').spec.template.spec.containers[0].image).toBe('nginx:1.26');
});
