import { expect, test } from 'vitest';
import { bootScenario, loadScenario, SCENARIOS } from '../../src/scenarios/index.ts';

test.each(Object.keys(SCENARIOS))('%s: its machines are those that are said before it is loaded', async (name) => {
  const world = bootScenario(await loadScenario(name), { seed: 'machines' });
  expect([...world.machines.keys()]).toEqual(SCENARIOS[name]!.machines);
});

test('a name that is no scenario is refused with those there are', async () => {
  await expect(loadScenario('marte')).rejects.toThrow('no scenario is called marte: there are kind-podman,');
});
