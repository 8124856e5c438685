import { expect, it } from 'vitest';
import { recordedEtcd } from '../../../src/scenarios/recorded-etcd.ts';
import { ToldEvents } from '../../../src/cli/told-events.ts';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

it('goes on without one of three members; without two it answers only what needs no agreement', async () => {
  const world = bootScenario(recordedEtcd(3), { seed: 'members' }), events = new ToldEvents(world);
  await world.advance(world.clock.now + 5 * SECOND);
  const ctl = (machine: string, rest: string) => runCommand(world, machine, `etcdctl --command-timeout=3s ${rest}`);
  const leader = async (machine: string) => (await ctl(machine, 'endpoint status')).stdout.split(', ')[4];
  expect(await leader('etcd-3')).toBe('true');
  expect((await ctl('etcd-2', 'put /k 1')).stdout).toBe('OK\n');
  await events.happen('the leader (etcd-3) is killed');
  expect(await ctl('etcd-1', 'put /k 2')).toMatchObject({ stdout: 'OK\n', code: 0 });
  expect([await leader('etcd-1'), await leader('etcd-2')].sort()).toEqual(['false', 'true']);
  await events.happen('a second member (etcd-1) is killed');
  expect(await ctl('etcd-2', 'put /k 3')).toMatchObject({ stdout: '', code: 1 });
  expect((await ctl('etcd-2', 'get /k')).stderr).toMatch(/Error: rpc error: code = Unknown desc = context deadline exceeded\n$/);
  expect((await ctl('etcd-2', 'get /k --consistency=s')).stdout).toBe('/k\n2\n');
  expect((await ctl('etcd-2', 'member list')).stdout.split('\n')).toHaveLength(4);
  await events.happen('the first one too');
  expect((await ctl('etcd-3', 'get /k')).stdout).toBe('/k\n2\n');
});
