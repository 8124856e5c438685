import { beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../../../src/shell/session.ts';
import { cases } from './cases.ts';
import { PolicyCluster } from './cluster.ts';

/** Connections between nine pods on three namespaces, for every case; what passes is what an evaluator of its own says. */
describe('NetworkPolicy as Calico enforces it', () => {
  let cluster: PolicyCluster;
  beforeAll(async () => {
    cluster = await PolicyCluster.start();
  });

  it('without policies everything passes', async () => {
    expect(cluster.pods).toHaveLength(9);
    expect(await cluster.wrong()).toEqual([]);
  });

  // The block of the first pod's node holds pods of several namespaces: it cuts through them as labels do not.
  const all = cases('192.168.190.194');
  it.each(all.map((c) => [c.name, c] as const))('%s', async (_, { steps }) => {
    for (const group of steps) {
      await cluster.act(group);
      expect(await cluster.wrong()).toEqual([]);
    }
    await cluster.reset();
  });

  it('the node itself reaches its pods whatever the policy says', async () => {
    await cluster.act([{ apply: { metadata: { name: 'deny', namespace: 'x' }, spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } } }]);
    const run = async (machine: string, command: string) => (await runCommand(cluster.world, machine, command)).output;
    const { ip } = cluster.pod('x', 'a'), node = cluster.client.get({ group: '', version: 'v1', resource: 'pods' }, 'x', 'a').spec.nodeName as string;
    const other = ['node01', 'node02'].find((n) => n !== node)!;
    expect(await run(node, `nc -z -w 1 ${ip} 80; echo $?`)).toMatch(/0\n$/);
    expect(await run(other, `nc -z -w 1 ${ip} 80; echo $?`)).toMatch(/1\n$/);
    await cluster.reset();
  });

  it('nothing of it was a defect of the simulator', () => {
    expect(cluster.world.defects).toEqual([]);
  });
});
