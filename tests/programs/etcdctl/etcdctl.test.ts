import { expect, it } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { runCommand } from '../../../src/shell/session.ts';

const world = bootScenario('kind-podman', { seed: 'etcdctl' });
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

it('gets no connection without a client certificate', async () => {
  const { stderr, code } = await runCommand(world, 'control-plane', 'etcdctl --endpoints=https://127.0.0.1:2379 --command-timeout=1s member list');
  expect(stderr).toMatch(/retrying of unary invoker failed[^]*Error: context deadline exceeded\n$/);
  expect(code).toBe(1);
});
