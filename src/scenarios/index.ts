import { PROGRAMS } from '../programs/index.ts';
import type { ProgramEntry, World } from '../linux/world.ts';
import type { Blueprint } from './blueprint.ts';
import { buildWorld } from './build.ts';
import { kindPodman } from './kind-podman/index.ts';
import { kubeadm } from './kubeadm/index.ts';

/** Scenarios by name. One more: a function that gives its blueprint, and one line here. */
export const SCENARIOS: Readonly<Record<string, () => Blueprint>> = {
  'kind-podman': () => kindPodman(),
  'kind-podman-plain': () => kindPodman({ plain: true }),
  kubeadm: () => kubeadm(),
  'kubeadm-sin-cni': () => kubeadm({ cni: false }),
};

export interface BootOptions {
  /** Same scenario, same seed: the same world, byte by byte. */
  seed: string;
  /** Default: every program there is. */
  programs?: ReadonlyMap<string, ProgramEntry> | Record<string, ProgramEntry>;
}

/** A world in which everything is up, some minutes old. Throws Error for a name that is no scenario. */
export function bootScenario(name: string | Blueprint, { seed, programs = PROGRAMS }: BootOptions): World {
  const blueprint = typeof name === 'string' ? SCENARIOS[name]?.() : name;
  if (!blueprint) throw new Error(`no scenario is called ${String(name)}: there are ${Object.keys(SCENARIOS).join(', ')}`);
  return buildWorld(blueprint, { seed, programs });
}
