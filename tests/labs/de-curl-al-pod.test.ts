import { describe, expect, test } from 'vitest';
import { sameAnswer } from '../../src/labs/run.ts';
import { attempt, solution } from './attempts.ts';

const LAB = 'de-curl-al-pod';

describe('De curl al Pod: what does not count', () => {
  test('an empty session earns nothing', async () => {
    expect((await attempt(LAB, {})).report).toMatchObject({ points: 0, percent: 0 });
  });

  test('guessed answers without having looked', async () => {
    const answers = { 'la-puerta': '30080', 'nadie-escucha': 'Ninguno', 'la-cadena': 'KUBE-SVC-66BRF57DTBANX7J2', 'quien-respondio': 'worker-1', 'la-mascara': '10.244.0.0' };
    expect((await attempt(LAB, { answers })).done).toEqual([]);
  });

  test('looking without the right answer', async () => {
    const answers = { 'la-puerta': '80', 'nadie-escucha': 'kube-proxy', 'la-cadena': 'KUBE-SEP-BRTKNB33BZMORILK', 'los-endpoints': '10.244.2.2:8080', 'la-mascara': '172.18.0.1' };
    const types = solution(LAB).split('\n').filter((line) => !line.includes('patch')).join('\n');
    expect((await attempt(LAB, { types, answers })).done).toEqual([]);
  });

  test('what the last curl told counts, not an earlier one', async () => {
    const answers = { 'la-puerta': '30080', 'la-mascara': '10.244.0.0' };
    const { done, run } = await attempt(LAB, { types: 'curl http://localhost:30080/\ncurl http://172.18.0.3:30080/', answers });
    expect(done).toEqual(['la-puerta']);
    expect(run.rightAnswers('la-mascara')[0]).toMatch(/^10\.244\.1\.[01]$/);
  });

  test('the wrong machine, the wrong policy', async () => {
    const types = ['ss -ltnp', 'podman exec worker-1 iptables-save -t nat', 'conntrack -L', `kubectl patch svc spink -p '{"spec":{"internalTrafficPolicy":"Local"}}'`, 'curl http://172.18.0.3:30080/'].join('\n');
    const answers = { 'nadie-escucha': 'Ninguno', 'la-cadena': 'KUBE-SVC-66BRF57DTBANX7J2' };
    expect((await attempt(LAB, { types, answers })).done).toEqual([]);
  });
});

test('masquerading is proved with tcpdump as well as with conntrack', async () => {
  const types = 'curl http://localhost:30080/\n(podman exec control-plane timeout 3 tcpdump -nn -i flannel.1 -c 4 port 8080 &) ; sleep 1; for i in 1 2 3 4 5 6; do curl -s http://172.18.0.2:30080/; done; sleep 3';
  const { done } = await attempt(LAB, { types, answers: { 'la-puerta': '30080', 'la-mascara': '10.244.0.0' } });
  expect(done).toEqual(['la-puerta', 'la-mascara']);
});

test('a blank more does not make an answer wrong, a capital letter does', async () => {
  const { done } = await attempt(LAB, { types: 'podman exec control-plane iptables -t nat -S', answers: { 'la-cadena': ' KUBE-SVC-66BRF57DTBANX7J2 ' } });
  expect(done).toEqual(['la-cadena']);
  expect(sameAnswer('app=Spink', 'app=spink')).toBe(false);
});

test('there is more than one way', async () => {
  const types = [
    'curl -s http://127.0.0.1:30080 | head -3', 'for i in 1 2 3; do curl -s localhost:30080 >> todas.txt; done',
    'podman exec -it control-plane bash', 'netstat -nltp', 'iptables -t nat -L -n', 'conntrack -L | grep 30080', 'exit',
    `kubectl get svc spink -o yaml | sed 's/externalTrafficPolicy: Cluster/externalTrafficPolicy: Local/' > svc.yaml`, 'kubectl replace -f svc.yaml', 'sleep 2', 'curl -s 172.18.0.3:30080 | grep client',
  ].join('\n');
  const answers = { 'la-puerta': '30080', 'nadie-escucha': 'Ninguno', 'la-cadena': 'KUBE-SVC-66BRF57DTBANX7J2', 'los-endpoints': '10.244.1.2:8080', 'quien-respondio': 'worker-1' };
  expect((await attempt(LAB, { types, answers })).done).toEqual(['la-puerta', 'nadie-escucha', 'la-cadena', 'los-endpoints', 'quien-respondio', 'sin-mascara']);
});

test('what is seen from a debugging Pod on the node’s network counts as seen on the node', async () => {
  const types = ['kubectl debug node/control-plane -it --image=busybox', 'netstat -ltn', 'exit'].join('\n');
  expect((await attempt(LAB, { types, answers: { 'nadie-escucha': 'Ninguno' } })).done).toEqual(['nadie-escucha']);
});
