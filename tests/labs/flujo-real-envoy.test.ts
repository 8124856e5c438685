import { expect, test } from 'vitest';
import { attempt } from './attempts.ts';

const LAB = 'flujo-real-envoy';
const done = async (types: string, answers: Record<string, string> = {}) => (await attempt(LAB, { types, answers })).done;

test('a header that the client sends is no header of the house', async () => {
  expect(await done('curl -H "X-Curso: hola" http://192.168.88.243:30080/\ncurl -H "X-Curso: hola" http://192.168.88.243:30080/otra/pagina\nsleep 12')).toEqual([]);
});

test('a header on one path only, or of another value, is not on all', async () => {
  const patch = (rule: string) => `kubectl patch httproute backend --type=json -p '${rule}'\nsleep 15`;
  const filter = (value: string) => `[{"type":"RequestHeaderModifier","requestHeaderModifier":{"set":[{"name":"X-Curso","value":"${value}"}]}}]`;
  expect(await done(patch(`[{"op":"add","path":"/spec/rules/0/filters","value":${filter('adios')}}]`))).toEqual([]);
  expect(await done(patch(`[{"op":"add","path":"/spec/rules/0","value":{"matches":[{"path":{"type":"Exact","value":"/"}}],"filters":${filter('hola')},"backendRefs":[{"name":"backend","port":3000}]}}]`))).toEqual([]);
});

test('the Service’s address and the backend’s own are no door', async () => {
  const answers = { 'la-entrada': '10.43.90.71:80', 'la-segunda': '10.43.230.157:3000', 'el-hilo': '0', repartir: 'kube-proxy' };
  expect(await done('curl http://192.168.88.243:30080/', answers)).toEqual([]);
});

test('two replicas are not three', async () => {
  expect(await done('kubectl scale deployment backend --replicas=2\nkubectl rollout status deployment backend', { repartir: 'Envoy' })).toEqual([]);
});
