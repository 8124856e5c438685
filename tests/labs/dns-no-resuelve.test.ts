import { expect, test } from 'vitest';
import { attempt } from './attempts.ts';

const LAB = 'dns-no-resuelve';
const done = async (types: string, answers: Record<string, string> = {}) => (await attempt(LAB, { types, answers })).done;
const SELECT = 'kubectl set selector svc kube-dns -n kube-system k8s-app=kube-dns\nsleep 5';

test('CoreDNS restarted, scaled and deleted is not found any better', async () => {
  expect(await done('kubectl rollout restart deployment coredns -n kube-system\nkubectl scale deployment coredns -n kube-system --replicas=3\nkubectl delete pods -n kube-system -l k8s-app=kube-dns\nsleep 30')).toEqual([]);
});

test('a name written into the Pod’s hosts resolves there and nowhere else', async () => {
  expect(await done("kubectl exec cliente -- sh -c 'echo 10.96.244.84 spink spink.default.svc.cluster.local >> /etc/hosts'\nkubectl exec cliente -- curl -s http://spink/\nsleep 12")).toEqual([]);
});

test('a Service at another address is not the one that is written in every Pod', async () => {
  expect(await done("kubectl delete svc kube-dns -n kube-system\nkubectl expose deployment coredns --name kube-dns -n kube-system --port=53 --protocol=UDP --cluster-ip=10.96.0.53\nsleep 10")).toEqual([]);
});

test('endpoints alone do not teach CoreDNS the zone', async () => {
  expect(await done(`${SELECT}\nsleep 12`)).toEqual(['los-endpoints']);
});

test('wrong answers', async () => {
  expect(await done('kubectl get pods', { 'a-quien-pregunta': '10.96.0.1', 'desde-lejos': 'spink' })).toEqual([]);
});

test('another way: the selector written as a patch, the zone edited and waited for', async () => {
  const types = [
    `kubectl patch svc kube-dns -n kube-system --type=merge -p '{"spec":{"selector":{"k8s-app":"kube-dns"}}}'`,
    `kubectl get cm coredns -n kube-system -o json | sed -E 's/kubernetes cl[^ ]+ in-addr/kubernetes cluster.local in-addr/' | kubectl apply -f -`,
    'kubectl delete pods -n kube-system -l k8s-app=kube-dns', 'sleep 60', 'kubectl exec -n lejos otro -- curl -s http://spink.default.svc/',
  ].join('\n');
  expect(await done(types, { 'desde-lejos': 'spink.default' })).toEqual(['los-endpoints', 'la-zona', 'desde-lejos']);
});
