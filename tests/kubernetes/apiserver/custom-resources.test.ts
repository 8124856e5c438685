import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { gvr, ApiError } from '../../../src/kubernetes/client/client.ts';
import { newTestServer } from './new-test-server.ts';

const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              cronSpec: {type: string}
              image: {type: string, enum: [a, b]}
              replicas: {type: integer, maximum: 10}
              tags: {type: array, maxItems: 2, items: {type: string}}
            required: [cronSpec]
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
`;
const crontabs = gvr('stable.example.com', 'v1', 'crontabs');

test('a CustomResourceDefinition adds a resource with its schema and its columns, and takes it away again', () => {
  const { client } = newTestServer();
  client.create(gvr('apiextensions.k8s.io', 'v1', 'customresourcedefinitions'), parse(CRD));
  const crontab = (name: string, spec: object) => ({ apiVersion: 'stable.example.com/v1', kind: 'CronTab', metadata: { name, namespace: 'default' }, spec });
  client.create(crontabs, crontab('uno', { cronSpec: '* * * * */5', image: 'a', replicas: 3 }));
  expect(() => client.create(crontabs, crontab('tres', { cronSpec: 5, image: 'z', replicas: 50, tags: ['x', true, 'z'] }))).toThrow(
    'CronTab.stable.example.com "tres" is invalid: [spec.cronSpec: Invalid value: "integer": spec.cronSpec in body must be of type string: "integer", spec.image: Unsupported value: "z": supported values: "a", "b", spec.replicas: Invalid value: 50: spec.replicas in body should be less than or equal to 10, spec.tags[1]: Invalid value: "boolean": spec.tags[1] in body must be of type string: "boolean", spec.tags: Too many: 3: must have at most 2 items]',
  );
  const table = client.raw('GET', '/apis/stable.example.com/v1/namespaces/default/crontabs', undefined, {}, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
  expect((table['rows'] as { cells: unknown[] }[]).map((r) => r.cells)).toEqual([['uno', '* * * * */5', 3, '0s']]);
  expect((client.raw('GET', '/apis/stable.example.com/v1')['resources'] as { name: string }[]).map((r) => r.name)).toEqual(['crontabs']);
  client.delete(gvr('apiextensions.k8s.io', 'v1', 'customresourcedefinitions'), undefined, 'crontabs.stable.example.com');
  expect(() => client.list(crontabs, 'default')).toThrow(ApiError);
});

test('a status that is sent is dropped, and the default of its schema read in its place', () => {
  const { client } = newTestServer();
  const crd = parse(CRD);
  crd.spec.versions[0].subresources = { status: {} };
  crd.spec.versions[0].schema.openAPIV3Schema.properties.status = { type: 'object', default: { phase: 'Waiting' }, properties: { phase: { type: 'string' }, note: { type: 'string' } } };
  client.create(gvr('apiextensions.k8s.io', 'v1', 'customresourcedefinitions'), crd);
  client.create(crontabs, { apiVersion: 'stable.example.com/v1', kind: 'CronTab', metadata: { name: 'uno', namespace: 'default' }, spec: { cronSpec: '*' }, status: { phase: 'Done', note: 'mine' } });
  expect(client.get(crontabs, 'default', 'uno').status).toEqual({ phase: 'Waiting' });
});
