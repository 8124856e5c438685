import { expect, test } from 'vitest';
import { attempt } from './attempts.ts';

const LAB = 'lab-03-worker-nodes';
const done = async (types: string, answers: Record<string, string> = {}) => (await attempt(LAB, { types, answers })).done;

test('a node deleted, uncordoned or tainted is not a node that is back', async () => {
  expect(await done('kubectl uncordon worker-2\nkubectl taint nodes worker-2 node.kubernetes.io/unreachable-\nsleep 10')).toEqual([]);
  expect(await done('kubectl delete node worker-2\nsleep 10')).toEqual([]);
});

test('a probe taken away, or moved to another port where nobody listens, mends nothing', async () => {
  const anew = (sed: string) => `kubectl get pod fragil -o yaml | sed '${sed}' > f.yaml\nkubectl replace --force -f f.yaml\nsleep 40`;
  expect(await done(anew('/livenessProbe:/,/timeoutSeconds/d'))).toEqual([]);
  expect(await done(anew('s/port: 81/port: 82/'))).toEqual([]);
});

test('a Pod made ready by another Pod, or by a new probe, is not this Pod ready', async () => {
  expect(await done('kubectl get pod lento -o yaml | sed "s/listo.html/index.html/" > l.yaml\nkubectl replace --force -f l.yaml\nsleep 10\nkubectl get pod lento -o yaml | sed "/readinessProbe:/,/timeoutSeconds/d" > m.yaml\nkubectl replace --force -f m.yaml\nsleep 5')).toEqual([]);
  expect(await done('kubectl patch svc lento -p \'{"spec":{"publishNotReadyAddresses":true}}\'\nsleep 5')).toEqual([]);
});

test('a node emptied by deleting the Pods, which may come back, is not a node that is closed', async () => {
  expect(await done('podman exec worker-2 systemctl start kubelet\nsleep 15\nkubectl delete pods -l app=spink\nkubectl rollout status deployment spink')).toEqual(['nodo-caido']);
  expect(await done('podman exec worker-2 systemctl start kubelet\nsleep 15\nkubectl cordon worker-2\nsleep 5')).toEqual(['nodo-caido']);
});

test('wrong answers', async () => {
  const types = 'podman exec worker-2 systemctl start kubelet\nsleep 15\npodman exec worker-1 crictl pods';
  expect(await done(types, { sandbox: 'kube-proxy', 'el-misterio': '6379', 'por-que-unknown': 'Porque el scheduler la había movido a worker-1' })).toEqual(['nodo-caido']);
});

test('another way: the service restarted from a shell on the node, a probe of another kind', async () => {
  const types = [
    'podman exec -it worker-2 bash', 'systemctl restart kubelet', 'exit',
    `kubectl delete pod fragil`, `kubectl run fragil --image=nginx --overrides='{"spec":{"containers":[{"name":"web","image":"nginx","livenessProbe":{"tcpSocket":{"port":80}}}]}}'`, 'kubectl wait --for=condition=Ready pod/fragil',
    'podman exec worker-1 sh -c "nsenter -t $(podman exec worker-1 pgrep redis-server) -n ss -ltn"', 'sleep 10',
  ].join('\n');
  const result = await done(types);
  expect(result).toContain('nodo-caido');
  expect(result).toContain('la-sonda');
});
