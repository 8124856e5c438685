import { expect, test } from 'vitest';
import { gvr } from '../../../src/kubernetes/client/client.ts';
import { newTestServer } from './new-test-server.ts';

const APISERVICES = gvr('apiregistration.k8s.io', 'v1', 'apiservices'), CRDS = gvr('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');

test('a group version has its APIService: the built-in ones from the start, custom ones while there are any', () => {
  const { client } = newTestServer();
  const names = () => client.list(APISERVICES).items.map((o) => o.metadata.name);
  expect(names()).toContain('v1.');
  expect(client.get(APISERVICES, undefined, 'v2.autoscaling')?.spec).toEqual({ group: 'autoscaling', groupPriorityMinimum: 17500, version: 'v2', versionPriority: 30 });
  expect(names()).not.toContain('v1.a.b');
  client.create(CRDS, {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'xs.a.b' },
    spec: { group: 'a.b', scope: 'Namespaced', names: { plural: 'xs', kind: 'X' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] },
  });
  expect(client.get(APISERVICES, undefined, 'v1.a.b')?.spec).toEqual({ group: 'a.b', groupPriorityMinimum: 1000, version: 'v1', versionPriority: 100 });
  client.delete(CRDS, undefined, 'xs.a.b');
  expect(names()).not.toContain('v1.a.b');
});
