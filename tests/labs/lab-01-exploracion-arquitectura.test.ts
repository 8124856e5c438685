import { expect, test } from 'vitest';
import { attempt } from './attempts.ts';

const LAB = 'lab-01-exploracion-arquitectura';
const done = async (types: string, answers: Record<string, string> = {}) => (await attempt(LAB, { types, answers })).done;

test('a Pod of that name, that image and that node is no static one', async () => {
  const types = `kubectl run vigia-worker-1 --image=nginx --overrides='{"spec":{"nodeName":"worker-1"}}'\nkubectl wait --for=condition=Ready pod/vigia-worker-1`;
  expect(await done(types)).toEqual([]);
});

test('a static Pod of another node, or of another image, is not the one that was asked for', async () => {
  const make = (node: string, image: string) => `kubectl run vigia --image=${image} --dry-run=client -o yaml | podman exec -i ${node} sh -c "mkdir -p /etc/kubernetes/manifests; cat > /etc/kubernetes/manifests/vigia.yaml"\nsleep 30`;
  expect(await done(make('worker-2', 'nginx'))).toEqual([]);
  expect(await done(make('worker-1', 'redis'))).toEqual([]);
});

test('a static Pod that is taken away again does not count', async () => {
  const types = [
    'kubectl run vigia --image=nginx --dry-run=client -o yaml > vigia.yaml',
    'podman exec -i worker-1 sh -c "mkdir -p /etc/kubernetes/manifests; cat > /etc/kubernetes/manifests/vigia.yaml" < vigia.yaml',
    'sleep 30', 'podman exec worker-1 rm /etc/kubernetes/manifests/vigia.yaml', 'sleep 40',
  ].join('\n');
  expect(await done(types)).toEqual([]);
});

test('two replicas are not three, and three that never start are none', async () => {
  const answers = { 'la-cadena': 'El controlador de ReplicaSets' };
  expect(await done('kubectl create deployment plaza --image=nginx --replicas=2\nkubectl rollout status deployment plaza', answers)).toEqual([]);
  expect(await done('kubectl create deployment plaza --image=no-existe --replicas=3\nsleep 20', answers)).toEqual([]);
});

test('wrong answers', async () => {
  const types = 'kubectl get nodes -o wide\npodman exec control-plane ls /etc/kubernetes/manifests\npodman exec control-plane ss -ltnp';
  const answers = { 'el-nodo-de-control': '172.18.0.3', 'los-estaticos': '5', 'quien-escucha': 'kube-apiserver; para que lleguen los kubelet', 'el-lider': 'control-plane' };
  expect(await done(types, answers)).toEqual([]);
});

test('another way: the manifest written on the node itself', async () => {
  const types = [
    'podman exec -it worker-1 bash', 'mkdir -p /etc/kubernetes/manifests',
    `echo '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"vigia"},"spec":{"containers":[{"name":"v","image":"docker.io/library/nginx:alpine"}]}}' > /etc/kubernetes/manifests/v.yaml`, 'exit', 'sleep 30',
  ].join('\n');
  expect(await done(types)).toEqual(['uno-tuyo']);
});
