import { expect, it } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';

const world = bootScenario(kindPodman(), { seed: 'etcdctl' });
const PKI = '/etc/kubernetes/pki/etcd';
const etcdctl = (rest: string) => runCommand(world, 'control-plane', `etcdctl --endpoints=https://127.0.0.1:2379 --cacert=${PKI}/ca.crt --cert=${PKI}/server.crt --key=${PKI}/server.key ${rest}`);

it('lists the member with the id that its peer URL gives it', async () => {
  expect((await etcdctl('member list')).stdout).toBe('e58c878e0e01014, started, control-plane, https://172.18.0.2:2380, https://172.18.0.2:2379, false\n');
});

it('reads what the API server stored, and what it no longer holds', async () => {
  expect((await etcdctl('get /registry/services/specs/default --prefix --keys-only')).stdout).toBe('/registry/services/specs/default/kubernetes\n\n/registry/services/specs/default/spink\n\n');
  expect((await etcdctl('get /registry/nada')).stdout).toBe('');
});

it('saves a snapshot whose state can be asked, and refuses a cut one', async () => {
  expect((await etcdctl('snapshot save /tmp/copia.db')).stdout).toBe('Snapshot saved at /tmp/copia.db\n');
  expect((await etcdctl('snapshot status /tmp/copia.db -w table')).stdout).toContain('|   HASH   | REVISION | TOTAL KEYS | TOTAL SIZE |'.slice(10));
  await runCommand(world, 'control-plane', 'head -c 4000 /tmp/copia.db > /tmp/rota.db');
  expect((await etcdctl('snapshot status /tmp/rota.db')).stderr).toBe('Error: invalid database\n');
});

it('restores a snapshot into a directory that an etcd starts with: what was deleted is back, what came later is not', async () => {
  const world = bootScenario(kindPodman(), { seed: 'restore' });
  const node = (command: string) => runCommand(world, 'control-plane', command), mac = (command: string) => runCommand(world, 'mac', command);
  const M = '/etc/kubernetes/manifests';
  await node(`etcdctl --endpoints=https://127.0.0.1:2379 --cacert=${PKI}/ca.crt --cert=${PKI}/server.crt --key=${PKI}/server.key snapshot save /root/copia.db`);
  await mac('kubectl delete deploy spink; kubectl create configmap despues');
  await node(`mkdir /root/parados; mv ${M}/*.yaml /root/parados/; sleep 45`);
  expect((await node('etcdctl snapshot restore /root/copia.db --data-dir /var/lib/etcd-copia')).stderr).toContain('"cluster-id":"cdf818194e3a8c32","local-member-id":"0","added-peer-id":"8e9e05c52164694d"');
  expect((await node('etcdctl snapshot restore /root/copia.db --data-dir /var/lib/etcd-copia')).stderr).toBe('Error: data-dir "/var/lib/etcd-copia" exists\n');
  await node(`sed -i 's#/var/lib/etcd$#/var/lib/etcd-copia#' /root/parados/etcd.yaml; mv /root/parados/*.yaml ${M}/; sleep 60`);
  expect((await mac('kubectl get deploy,cm -o name')).stdout).toBe('deployment.apps/spink\nconfigmap/kube-root-ca.crt\n');
  expect((await mac('curl -s http://localhost:30080/actuator/health')).stdout).toBe('{"status":"UP"}');
});

it('tells what changes as it changes', async () => {
  const run = await runCommand(world, 'control-plane', `export ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 ETCDCTL_CACERT=${PKI}/ca.crt ETCDCTL_CERT=${PKI}/server.crt ETCDCTL_KEY=${PKI}/server.key; (sleep 1; etcdctl put /w 1 >/dev/null; etcdctl del /w >/dev/null) & timeout 3 etcdctl watch /w`);
  expect(run.stdout).toBe('PUT\n/w\n1\nDELETE\n/w\n\n');
  expect(run.code).toBe(124);
});

it('gets no connection without a client certificate', async () => {
  const { stderr, code } = await runCommand(world, 'control-plane', 'etcdctl --endpoints=https://127.0.0.1:2379 --command-timeout=1s member list');
  expect(stderr).toMatch(/retrying of unary invoker failed[^]*Error: context deadline exceeded\n$/);
  expect(code).toBe(1);
});
