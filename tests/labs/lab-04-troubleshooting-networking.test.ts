import { expect, test } from 'vitest';
import { attempt } from './attempts.ts';

const LAB = 'lab-04-troubleshooting-networking';
const done = async (types: string, answers: Record<string, string> = {}) => (await attempt(LAB, { types, answers })).done;

test('Pods relabelled, or others put behind the Service, are not the Service mended', async () => {
  expect(await done('S=$(kubectl get svc catalogo -n tienda -o jsonpath="{.spec.selector.app}"); kubectl label pods -n tienda -l app=catalogo app=$S --overwrite\nsleep 20')).toEqual([]);
  expect(await done('kubectl set selector svc catalogo -n tienda app=carrito\nsleep 10')).toEqual([]);
});

test('a Service on another port is not what was asked', async () => {
  const answers = { carrito: 'La conexión es rechazada al momento' };
  expect(await done(`kubectl patch svc carrito -n tienda -p '{"spec":{"ports":[{"port":80,"$patch":"delete"},{"port":8080,"targetPort":8080}]}}'\nsleep 10`, answers)).toEqual([]);
});

test('Pods without a probe, and endpoints that are not ready, are no cure', async () => {
  expect(await done(`kubectl patch deployment pagos -n tienda --type=json -p '[{"op":"remove","path":"/spec/template/spec/containers/0/readinessProbe"}]'\nkubectl rollout status deployment pagos -n tienda\nsleep 10`)).toEqual([]);
  expect(await done(`kubectl patch svc pagos -n tienda -p '{"spec":{"publishNotReadyAddresses":true}}'\nsleep 10`)).toEqual([]);
});

test('the client moved to the other node goes round the fault', async () => {
  const types = `kubectl delete pod cliente -n tienda\nkubectl run cliente -n tienda --image=nginx --overrides='{"spec":{"nodeName":"worker-2"}}'\nkubectl wait -n tienda --for=condition=Ready pod/cliente\nsleep 10`;
  expect(await done(types)).toEqual([]);
});

test('wrong answers', async () => {
  expect(await done('kubectl get endpoints -n tienda', { mirar: 'catalogo', carrito: 'La conexión se queda esperando' })).toEqual([]);
});

test('another way: the rule accepted before it is dropped, the selector edited in YAML', async () => {
  const types = [
    'kubectl get svc catalogo -n tienda -o yaml | sed -E "/selector:/{n;s/app: .*/app: catalogo/}" | kubectl replace -f -',
    'podman exec worker-2 iptables -I INPUT -p udp --dport 8472 -j ACCEPT', 'sleep 12',
  ].join('\n');
  expect(await done(types)).toEqual(['catalogo', 'envios']);
});
