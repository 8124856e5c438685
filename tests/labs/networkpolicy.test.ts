import { expect, test } from 'vitest';
import { attempt } from './attempts.ts';

const LAB = 'networkpolicy';
const done = async (types: string, answers: Record<string, string> = {}) => (await attempt(LAB, { types, answers })).done;
const policy = (name: string, spec: string) => `echo '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"${name}","namespace":"datos"},"spec":${spec}}' | kubectl apply -f -`;

test('a database that is closed to all is closed to who needs it', async () => {
  expect(await done(`${policy('nadie', '{"podSelector":{"matchLabels":{"app":"bd"}},"policyTypes":["Ingress"]}')}\nsleep 14`)).toEqual([]);
});

test('a stranger locked up, or thrown out, is not a database that is closed', async () => {
  expect(await done('kubectl delete pod curioso -n fuera\nsleep 12')).toEqual([]);
  expect(await done(`kubectl apply -f - <<< '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"x","namespace":"fuera"},"spec":{"podSelector":{},"policyTypes":["Egress"]}}'\nsleep 14`)).toEqual([]);
});

test('a label allowed from every namespace lets the stranger in, who wears it', async () => {
  expect(await done(`${policy('web', '{"podSelector":{"matchLabels":{"app":"bd"}},"policyTypes":["Ingress"],"ingress":[{"from":[{"namespaceSelector":{},"podSelector":{"matchLabels":{"app":"web"}}}]}]}')}\nsleep 14`)).toEqual([]);
});

test('a second policy takes nothing away from the first', async () => {
  const all = policy('todos', '{"podSelector":{"matchLabels":{"app":"bd"}},"policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{}}]}]}');
  const web = policy('web', '{"podSelector":{"matchLabels":{"app":"bd"}},"policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}]}]}');
  expect(await done(`${all}\n${web}\nsleep 14`)).toEqual(['cerrar']);
});

test('another way: named by namespace and label, the way out closed for all but the name server', async () => {
  const types = [
    policy('bd', '{"podSelector":{"matchExpressions":[{"key":"app","operator":"In","values":["bd"]}]},"policyTypes":["Ingress"],"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"datos"}},"podSelector":{"matchLabels":{"app":"web"}}}],"ports":[{"port":80}]}]}'),
    policy('salida', '{"podSelector":{"matchLabels":{"app":"informes"}},"policyTypes":["Egress"],"egress":[{"to":[{"namespaceSelector":{},"podSelector":{"matchLabels":{"k8s-app":"kube-dns"}}}]}]}'), 'sleep 14',
  ].join('\n');
  expect(await done(types)).toEqual(['cerrar', 'solo-web', 'salida']);
});
