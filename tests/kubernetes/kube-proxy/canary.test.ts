import { expect, test } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

const URL = 'http://172.18.0.2:30080/actuator/health';

async function broken(how: string, seconds: number) {
  const world = bootScenario(kindPodman(), { seed: 'canary' });
  const run = async (command: string, machine = 'mac') => (await runCommand(world, machine, command)).stdout;
  await run(how, 'control-plane');
  expect(await run(`curl -s ${URL} || echo $?`)).toBe('7\n');
  await world.advance(world.clock.now + seconds * SECOND);
  return run(`curl -s ${URL} || echo $?`);
}

test('an emptied nat table is not missed: the canary is a chain of mangle', async () => {
  expect(await broken('iptables -t nat -F', 120)).toBe('7\n');
  expect(await broken('iptables -t nat -F; iptables -t nat -X', 120)).toBe('7\n');
});

test('without its canary in mangle kube-proxy writes everything again', async () => {
  expect(await broken('iptables -t nat -F; iptables -t mangle -X KUBE-PROXY-CANARY', 36)).toContain('UP');
  const all = 'for t in mangle nat filter; do iptables -t $t -F; iptables -t $t -X; done';
  expect(await broken(all, 31)).toContain('UP');
});
