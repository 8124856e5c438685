import { beforeAll, describe, test } from 'vitest';
import type { World } from '../../src/linux/world.ts';
import { bootScenario, loadScenario } from '../../src/scenarios/index.ts';
import { perform, type Section } from './exercise.ts';
import { coreConcepts } from './a-core-concepts.ts';
import { multiContainerPods } from './b-multi-container-pods.ts';
import { deployments, jobs, labelsAndPlacement } from './c-pod-design.ts';
import { configMapsAndLimits, quotasAndSecrets, serviceAccounts } from './d-configuration.ts';
import { observability } from './e-observability.ts';
import { services } from './f-services.ts';
import { state } from './g-state.ts';
import { customResources } from './i-crd.ts';
import { podman } from './j-podman.ts';

const SECTIONS: Record<string, Section> = {
  'a. core concepts': coreConcepts, 'b. multi-container pods': multiContainerPods,
  'c. labels and placement': labelsAndPlacement, 'c. deployments': deployments, 'c. jobs': jobs,
  'd. config maps, security, limits': configMapsAndLimits, 'd. quotas and secrets': quotasAndSecrets, 'd. service accounts': serviceAccounts,
  'e. observability': observability, 'f. services and networking': services, 'g. state': state, 'i. custom resources': customResources, 'j. podman': podman,
};

describe.each(Object.entries(SECTIONS))('%s', (name, exercises) => {
  let world: World;
  beforeAll(async () => {
    world = bootScenario(await loadScenario('kind-podman-plain'), { seed: `ckad ${name}` });
  });

  test.each(exercises.map((exercise, i) => [`${i + 1}. ${exercise.run.replaceAll('%', '%%')}`, exercise] as const))('%s', async (_, exercise) => {
    await perform(world, exercise);
  });
});
