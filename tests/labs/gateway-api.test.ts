import { expect, test } from 'vitest';
import { attempt } from './attempts.ts';

const LAB = 'gateway-api';
const done = async (types: string, answers: Record<string, string> = {}) => (await attempt(LAB, { types, answers })).done;
const route = (name: string, spec: string) => `echo '{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"${name}"},"spec":${spec}}' | kubectl apply -f -`;

test('the route of all names led to the shop takes the others’ place', async () => {
  expect(await done(`kubectl patch httproute backend --type=json -p '[{"op":"replace","path":"/spec/rules/0/backendRefs/0","value":{"name":"tienda-v1","port":80}}]'\nsleep 12`)).toEqual([]);
});

test('a route to a Gateway that is not there, to a Service that is not there, or to the wrong version', async () => {
  const to = (gateway: string, service: string) => route('tienda', `{"parentRefs":[{"name":"${gateway}"}],"hostnames":["tienda.example"],"rules":[{"backendRefs":[{"name":"${service}","port":80}]}]}`);
  expect(await done(`${to('otro', 'tienda-v1')}\nsleep 12`)).toEqual([]);
  expect(await done(`${to('eg', 'tienda')}\nsleep 12`)).toEqual([]);
  expect(await done(`${to('eg', 'tienda-v2')}\nsleep 12`)).toEqual([]);
});

test('equal weights, or weights of a route that nobody accepts, are no three to one', async () => {
  const canary = (gateway: string, a: number, b: number) => route('canario', `{"parentRefs":[{"name":"${gateway}"}],"hostnames":["tienda.example"],"rules":[{"matches":[{"path":{"type":"PathPrefix","value":"/canario"}}],"backendRefs":[{"name":"tienda-v1","port":80,"weight":${a}},{"name":"tienda-v2","port":80,"weight":${b}}]},{"backendRefs":[{"name":"tienda-v1","port":80}]}]}`);
  expect(await done(`${canary('eg', 1, 1)}\nsleep 12`)).toEqual(['por-nombre']);
  expect(await done(`${canary('otro', 3, 1)}\nsleep 12`)).toEqual([]);
});

test('the broken route deleted, or another one of that host, is not this one mended', async () => {
  const answers = { 'la-rota': 'NoMatchingParent' };
  expect(await done(`kubectl delete httproute rota\n${route('otra', '{"parentRefs":[{"name":"eg"}],"hostnames":["rota.example"],"rules":[{"backendRefs":[{"name":"tienda-v1","port":80}]}]}')}\nsleep 12`, answers)).toEqual([]);
  expect(await done(`kubectl patch httproute rota --type=json -p '[{"op":"remove","path":"/spec/parentRefs/0/sectionName"}]'\nsleep 12`, { 'la-rota': 'NoMatchingListenerHostname' })).toEqual([]);
});

test('another way: several routes for one host, percentages, the listener renamed after the route', async () => {
  const types = [
    route('a', '{"parentRefs":[{"name":"eg"}],"hostnames":["tienda.example"],"rules":[{"backendRefs":[{"name":"tienda-v1","port":80}]}]}'),
    route('b', '{"parentRefs":[{"name":"eg"}],"hostnames":["tienda.example"],"rules":[{"matches":[{"path":{"type":"PathPrefix","value":"/canario"}}],"backendRefs":[{"name":"tienda-v2","port":80,"weight":25},{"name":"tienda-v1","port":80,"weight":75}]}]}'),
    `kubectl patch httproute rota --type=json -p '[{"op":"replace","path":"/spec/parentRefs/0/sectionName","value":"http"}]'`, 'sleep 12',
  ].join('\n');
  expect(await done(types, { 'la-rota': 'NoMatchingParent' })).toEqual(['por-nombre', 'pesos', 'la-rota']);
});
