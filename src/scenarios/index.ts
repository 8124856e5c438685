import { PROGRAMS } from '../programs/index.ts';
import type { ProgramEntry, World } from '../linux/world.ts';
import type { Blueprint } from './blueprint.ts';
import { buildWorld } from './build.ts';

export interface ScenarioEntry {
  /** Where a terminal can be opened, the student's own machine first: those of its blueprint, known before that is loaded. */
  machines: readonly string[];
  /** Loads the blueprint, and with it what only this world is made of (servers of its addons, manifests). */
  load: () => Promise<Blueprint>;
}

const KIND = ['mac', 'control-plane', 'worker-1', 'worker-2'], KUBEADM = ['controlplane', 'node01'];

/** Scenarios by name. One more: a function that gives its blueprint, and one line here. */
export const SCENARIOS: Readonly<Record<string, ScenarioEntry>> = {
  'kind-podman': { machines: KIND, load: async () => (await import('./kind-podman/index.ts')).kindPodman() },
  'cinco-nodos': { machines: ['mac', 'control-plane', 'node1', 'node2', 'node3', 'node4', 'node5'], load: async () => (await import('./cinco-nodos/index.ts')).cincoNodos() },
  'kind-podman-plain': { machines: KIND, load: async () => (await import('./kind-podman/plain.ts')).kindPodmanPlain() },
  minikube: { machines: ['vm', 'minikube'], load: async () => (await import('./minikube/index.ts')).minikube() },
  'k3s-envoy': { machines: ['cliente', 'k3s'], load: async () => (await import('./k3s-envoy/index.ts')).k3sEnvoy() },
  kubeadm: { machines: KUBEADM, load: async () => (await import('./kubeadm/index.ts')).kubeadm() },
  'kubeadm-vacio': { machines: KUBEADM, load: async () => (await import('./kubeadm/index.ts')).kubeadm({ bare: true, cni: false }) },
  'kubeadm-sin-cni': { machines: KUBEADM, load: async () => (await import('./kubeadm/index.ts')).kubeadm({ cni: false }) },
};

/** The blueprint of that name. Throws Error for a name that is no scenario. */
export async function loadScenario(name: string): Promise<Blueprint> {
  const entry = SCENARIOS[name];
  if (!entry) throw new Error(`no scenario is called ${name}: there are ${Object.keys(SCENARIOS).join(', ')}`);
  return entry.load();
}

export interface BootOptions {
  /** Same scenario, same seed: the same world, byte by byte. */
  seed: string;
  /** Default: every program there is. */
  programs?: ReadonlyMap<string, ProgramEntry> | Record<string, ProgramEntry>;
}

/** A world in which everything is up, some minutes old. */
export function bootScenario(blueprint: Blueprint, { seed, programs = PROGRAMS }: BootOptions): World {
  return buildWorld(blueprint, { seed, programs });
}
