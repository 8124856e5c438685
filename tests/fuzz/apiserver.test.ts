import { describe } from 'vitest';
import { builtinResources, type ResourceInfo, apiVersionOf } from '../../src/kubernetes/api/scheme.ts';
import { DecodeError, decode } from '../../src/kubernetes/api/decode.ts';
import { jsonError } from '../../src/kubernetes/api/go-json.ts';
import { compareQuantities, formatQuantity, parseQuantity } from '../../src/kubernetes/api/quantity.ts';
import type { Type } from '../../src/kubernetes/api/schema.ts';
import { parseFieldSelector, parseLabelSelector, SelectorError } from '../../src/kubernetes/api/selectors.ts';
import { parseYaml, YamlError } from '../../src/kubernetes/yaml/parse.ts';
import { ADMIN, newTestServer } from '../kubernetes/apiserver/new-test-server.ts';
import { type Draw, fuzz, linear } from './fuzz.ts';

const KINDS = [...builtinResources()];

/** A value that has the type's shape, mostly. */
function valueOf(d: Draw, type: Type | undefined, depth = 0): unknown {
  if (!type || d.chance(0.06)) return d.json(2);
  switch (type.kind) {
    case 'struct': {
      const fields = [...type.fields.entries()];
      const out: Record<string, unknown> = {};
      for (let n = depth > 5 ? 0 : d.int(Math.min(fields.length, 7) + 1); n > 0; n--) {
        const [name, field] = d.pick(fields);
        if (name !== 'status' && name !== 'managedFields') out[name] = valueOf(d, field.type, depth + 1);
      }
      if (d.chance(0.05)) out[d.text(5)] = d.json(1);
      return out;
    }
    case 'map': return Object.fromEntries(d.times(3, () => [d.pick(['a', 'app', 'cpu', 'memory', 'x/y', d.text(4)]), valueOf(d, type.element, depth + 1)]));
    case 'list': return d.times(3, () => valueOf(d, type.element, depth + 1));
    case 'boolean': return d.chance(0.5);
    case 'int32': case 'int64': case 'number': return d.pick([0, 1, -1, 80, 30080, 2 ** 31, 1.5]);
    case 'intstr': return d.pick([80, 'http', '25%', -1, '%']);
    case 'quantity': return d.pick(['1', '100m', '1Gi', '-1', '1e3', 'x', 5, '']);
    case 'time': return d.pick(['2026-01-01T00:00:00Z', 'now', '', null]);
    default: return d.pick(['a', 'web', 'nginx', '', 'A B', 'TCP', 'Always', 'ClusterIP', 'default', 'x'.repeat(300), d.text(8)]);
  }
}

function objectOf(d: Draw, info: ResourceInfo): unknown {
  const object = valueOf(d, info.type) as Record<string, unknown> | null;
  if (typeof object !== 'object' || object === null || Array.isArray(object) || d.chance(0.03)) return object;
  if (!d.chance(0.03)) object['apiVersion'] = apiVersionOf(info.group, info.version);
  if (!d.chance(0.03)) object['kind'] = info.kind;
  if (!d.chance(0.1)) object['metadata'] = { ...(object['metadata'] as object), ...(d.chance(0.9) ? { name: d.pick(['a', 'b', 'c', 'Not Valid', 'x.y']) } : { generateName: 'g-' }) };
  if (object['spec'] === undefined && d.chance(0.8)) object['spec'] = valueOf(d, info.type.fields.get('spec')?.type, 1);
  return object;
}

describe('the API server reads', () => {
  fuzz('bodies of any kind: the decoder', (d) => ({ value: objectOf(d, d.pick(KINDS)), type: d.pick(KINDS).type }), ({ value, type }) => decode(value, type), [DecodeError]);
  fuzz('bodies of their own kind: the decoder', (d) => {
    const info = d.pick(KINDS);
    return { value: objectOf(d, info), type: info.type };
  }, ({ value, type }) => decode(value, type), [DecodeError]);
  fuzz('JSON text', (d) => d.spoilt(['{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a\\u0041"},"spec":{"x":[1,2.5e-3,true,null]}}', '[]', '"\\ud83d"', '-0.1e+5']), (text) => {
    let good = true;
    try {
      JSON.parse(text);
    } catch {
      good = false;
    }
    if ((jsonError(text) === undefined) !== good) throw new Error(good ? `good JSON refused: ${jsonError(text)}` : 'bad JSON is not noticed');
  });
  fuzz('YAML', (d) => (d.chance(0.5) ? d.spoilt(MANIFESTS) : d.words(['- ', 'a: ', 'b', '\n', '  ', '    ', '|\n', '>-\n', '"', "'", '{', '}', '[', ']', ', ', '&x ', '*x', '<<: ', '#', '---\n', '...', '? ', ': ', '!!str ', '~', '\t', '1', '0x1f', 'null'], 24)), parseYaml, [YamlError]);

  let made = newTestServer(), n = 0;
  const handle = (request: object) => {
    if (n++ % 400 === 0) {
      made = newTestServer();
      made.client.create({ group: '', version: 'v1', resource: 'pods' } as never, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'default' }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } as never);
      made.client.create({ group: 'apps', version: 'v1', resource: 'deployments' } as never, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: 'default' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } } } as never);
    }
    const answer = made.server.handle({ query: {}, headers: {}, user: ADMIN, ...request } as never);
    if (!(answer.status >= 200 && answer.status < 600)) throw new Error(`status ${answer.status}`);
    if ('start' in answer) answer.start({ data: () => {}, event: () => {}, end: () => {}, send: () => {}, close: () => {} } as never);
    else if (answer.status === 500) throw new Error(JSON.stringify(answer.body));
  };
  const pathOf = (info: ResourceInfo, name = '') => `${info.group === '' ? '/api/v1' : `/apis/${info.group}/${info.version}`}${info.namespaced ? '/namespaces/default' : ''}/${info.resource}${name}`;

  fuzz('objects that are created', (d) => {
    const info = d.pick(KINDS.filter((k) => k.verbs.has('create')));
    return { method: 'POST', path: pathOf(info), headers: { 'content-type': 'application/json', 'user-agent': 'kubectl/v1.28' }, query: d.chance(0.3) ? { fieldValidation: ['Strict'] } : {}, body: JSON.stringify(objectOf(d, info)) };
  }, handle);
  fuzz('objects that are replaced and patched', (d) => {
    const info = d.pick(KINDS.filter((k) => k.resource === 'pods' || k.resource === 'deployments' || k.resource === 'namespaces' || k.resource === 'services' || d.chance(0.1)));
    const type = d.pick(['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml']);
    const put = d.chance(0.3);
    const operations = d.times(3, () => ({ op: d.pick(['add', 'remove', 'replace', 'test', 'move', 'copy', 'x']), path: d.pick(['/spec', '/spec/containers/0/image', '/metadata/labels/a', '/spec/replicas', '', '/', '/-', '/spec/containers/-', '/~0~1', d.text(6)]), from: '/metadata', value: d.json(2) }));
    const body = type === 'application/json-patch+json' && d.chance(0.8) ? operations : objectOf(d, info);
    const part = d.pick(['', '', '', '/status', '/scale', '/ephemeralcontainers', '/finalize', '/eviction', '/binding', '/token']);
    return { method: put ? 'PUT' : d.chance(0.9) ? 'PATCH' : 'POST', path: pathOf(info, `/a${part}`), headers: { 'content-type': put ? 'application/json' : type }, query: d.chance(0.5) ? { fieldManager: ['m'], force: [d.pick(['true', 'false'])] } : {}, body: JSON.stringify(body) };
  }, handle);
  fuzz('paths and queries', (d) => ({
    method: d.pick(['GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']),
    path: `/${d.words(['api', 'apis', 'v1', 'apps', 'namespaces', 'default', 'pods', 'a', 'status', 'log', 'watch', 'deployments', 'openapi', 'v2', 'v3', 'healthz', 'livez', 'metrics', 'version', 'proxy', 'services', 'nodes', 'exec', 'scale', '%zz', '%2f', '..', '', 'batch', 'logs', 'readyz', 'x:y', 'rbac.authorization.k8s.io', 'clusterroles'], 9, '/')}`,
    query: Object.fromEntries(d.times(3, () => [d.pick(['watch', 'labelSelector', 'fieldSelector', 'limit', 'continue', 'resourceVersion', 'resourceVersionMatch', 'dryRun', 'pretty', 'timeoutSeconds', 'gracePeriodSeconds', 'propagationPolicy', 'fieldManager', 'follow', 'tailLines', 'command', 'container', 'sendInitialEvents', 'allowWatchBookmarks']), d.times(2, () => d.pick(['', '1', '-1', 'true', 'All', 'a=b', 'metadata.name=a', 'x', '99999999999', 'eyJ', d.text(8)]))])),
    headers: d.chance(0.3) ? { accept: d.pick(['application/json;as=Table;v=v1;g=meta.k8s.io', '*/*', 'application/yaml', 'x', d.text(6)]), 'content-type': d.pick(['application/json', 'application/yaml', 'text/plain', '']) } : {},
    body: d.chance(0.4) ? JSON.stringify(d.json()) : d.chance(0.5) ? d.text(20) : undefined,
  }), handle);

  fuzz('label selectors', (d) => d.words(['a', 'app', 'x/y', '=', '==', '!=', '!', ' in ', ' notin ', '(', ')', ',', ' ', '<', '>', '1', 'web'], 12), parseLabelSelector, [SelectorError]);
  fuzz('field selectors', (d) => d.words(['metadata.name', 'status.phase', '=', '==', '!=', ',', '\\', 'a', 'Running', ' '], 10), parseFieldSelector, [SelectorError]);
  fuzz('quantities', (d) => (d.chance(0.5) ? d.words(['1', '0', '.', '-', '+', 'e', 'E', 'Ki', 'Mi', 'Gi', 'm', 'n', 'u', 'k', 'M', 'G', '5', ' ', '999999999999'], 6) : d.text(8)), (text) => {
    const q = parseQuantity(text);
    if (typeof q === 'string') return;
    const shown = formatQuantity(q);
    if (typeof parseQuantity(shown) === 'string') throw new Error(`prints ${shown}, which it cannot read`);
    if (compareQuantities(text, shown) !== 0) throw new Error(`prints ${shown}, which is another quantity`);
  });
});

describe('in time', () => {
  linear('YAML lists', (n) => '- a: "b"\n'.repeat(n), parseYaml);
  linear('YAML brackets', (n) => '['.repeat(n), parseYaml);
  linear('JSON errors', (n) => `{"a":[${'1,'.repeat(n)}`, jsonError);
  linear('label selectors', (n) => 'a=b,'.repeat(n), parseLabelSelector);
  linear('label selectors of blanks', (n) => ' '.repeat(n), parseLabelSelector);
  linear('field selectors', (n) => 'a=b,'.repeat(n), parseFieldSelector);
  linear('quantities', (n) => '9'.repeat(n), parseQuantity);
});

const MANIFESTS = [
  'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {app: web, "x y": \'z\'}\nspec:\n  containers:\n  - name: c\n    image: nginx:1.25\n    args: ["a", \'b\', c d]\n    command:\n    - sh\n    - -c\n    - |\n      echo a\n      echo b\n',
  '---\na: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: >-\n    folded\n    text\n\n    more\n# comment\n---\n- 1\n- - 2\n  - 3\n-\n  k: v\n',
  'key: "a\\n\\u0041\\x41"\n? complex\n: value\nempty:\nnull: ~\nn: 0o17\nf: .5\ni: .inf\n',
];
