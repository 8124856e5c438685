import { expect, test } from 'vitest';
import { attempt } from './attempts.ts';

const LAB = 'lab-02-control-plane-practico';
const done = async (types: string, answers: Record<string, string> = {}) => (await attempt(LAB, { types, answers })).done;
const FIX = "podman exec control-plane sed -i 's#--kubeconfig=/etc/kubernetes/.*#--kubeconfig=/etc/kubernetes/scheduler.conf#' /etc/kubernetes/manifests/kube-scheduler.yaml\nsleep 60";
const CERTS = '--cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key';
const SAVE = `podman exec control-plane mkdir -p /backup\npodman exec control-plane etcdctl --endpoints=https://127.0.0.1:2379 ${CERTS} snapshot save /backup/lab.db`;

test('Pods bound by hand run, and nobody schedules the next', async () => {
  const types = [
    'kubectl delete deployment cola',
    `kubectl create deployment cola --image=nginx --replicas=2 --dry-run=client -o yaml | sed 's/    spec:/    spec:\\n      nodeName: worker-1/' | kubectl apply -f -`,
    'kubectl rollout status deployment cola --timeout=30s',
  ].join('\n');
  expect(await done(types)).toEqual([]);
});

test('deleting the Pods, restarting the kubelet and scaling mend no scheduler', async () => {
  const types = 'kubectl delete pods -l app=cola\npodman exec control-plane systemctl restart kubelet\nsleep 30\nkubectl scale deployment cola --replicas=4\nkubectl get pods';
  expect(await done(types, { pendientes: 'El controller manager' })).toEqual([]);
});

test('a list read with more than was granted to read is not what was asked', async () => {
  const ask = 'curl -sk https://127.0.0.1:6443/api/v1/namespaces/default/pods -H "Authorization: Bearer $(kubectl create token lector)"';
  expect(await done(`kubectl create rolebinding lector --clusterrole=edit --serviceaccount=default:lector\n${ask}`)).toEqual([]);
  expect(await done(`kubectl create rolebinding lector --clusterrole=view --serviceaccount=default:default\n${ask}`)).toEqual([]);
  expect(await done('kubectl create rolebinding lector --clusterrole=view --serviceaccount=default:lector\nkubectl get pods')).toEqual([]);
});

test('another Deployment of that name is not the one of the copy, and a restore that nobody uses brings nothing back', async () => {
  const again = 'kubectl delete deployment valioso\nkubectl create deployment valioso --image=nginx\nkubectl rollout status deployment valioso --timeout=20s';
  expect(await done(`${SAVE}\npodman exec control-plane etcdctl snapshot restore /backup/lab.db --data-dir /tmp/nada\n${FIX}\n${again}`)).toEqual(['el-scheduler', 'la-copia']);
});

test('a file of that name is no copy', async () => {
  expect(await done('podman exec control-plane sh -c "mkdir -p /backup; echo etcd > /backup/lab.db"')).toEqual([]);
});

test('another way: a Role of one’s own, the environment of etcdctl, a pipe that stops reading', async () => {
  const types = [
    'kubectl create role mira --verb=get,list --resource=pods', 'kubectl create rolebinding mira --role=mira --serviceaccount=default:lector',
    'T=$(kubectl create token lector)', 'curl -sk -H "Authorization: Bearer $T" https://127.0.0.1:6443/api/v1/namespaces/default/pods | head -3',
    'podman exec -it control-plane bash', 'export ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 ETCDCTL_CACERT=/etc/kubernetes/pki/etcd/ca.crt ETCDCTL_CERT=/etc/kubernetes/pki/etcd/server.crt ETCDCTL_KEY=/etc/kubernetes/pki/etcd/server.key',
    'mkdir /backup; etcdctl snapshot save /backup/lab.db', 'exit',
  ].join('\n');
  expect(await done(types)).toEqual(['sin-kubectl', 'la-copia']);
});
