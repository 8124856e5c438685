import type { KubeObject } from '../api/types.ts';

/** Amounts as the scheduler counts them: cpu in thousandths, the others in units. */
export interface Resources {
  cpu: number;
  memory: number;
  ephemeral: number;
  /** Extended resources and hugepages. */
  scalar: Record<string, number>;
}
export interface PodResources extends Resources {
  /** With 100m and 200MB for containers that ask for nothing (only for scores). */
  nonZeroCpu: number;
  nonZeroMemory: number;
}

const DEFAULT_CPU = 100, DEFAULT_MEMORY = 200 * 1024 * 1024;
const SUFFIX: Record<string, number> = {
  '': 1, n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, Pi: 1024 ** 5, Ei: 1024 ** 6,
};

/** The number a resource.Quantity stands for (0 for what is none). */
export function quantity(text: string | number | undefined): number {
  if (text === undefined) return 0;
  if (typeof text === 'number') return text;
  const match = /^([+-]?[0-9.]+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (!match) return 0;
  return match[2] ? Number(match[1] + match[2]) : Number(match[1]) * SUFFIX[match[3] ?? '']!;
}

export const milli = (text: string | number | undefined): number => Math.ceil(quantity(text) * 1000 - 1e-6);

const cache = new WeakMap<object, PodResources>();

/** What a pod asks for: its containers together, or its greatest init container, plus overhead. Computed once a spec. */
export function podResources(pod: KubeObject): PodResources {
  const found = cache.get(pod.spec);
  if (found) return found;
  const total = parse(pod.spec.overhead), nonZero = { cpu: total.cpu, memory: total.memory };
  const sum = parse(undefined), sumNonZero = { cpu: 0, memory: 0 };
  for (const c of pod.spec.containers ?? []) addContainer(sum, sumNonZero, c.resources?.requests);
  const sidecars = parse(undefined), sidecarsNonZero = { cpu: 0, memory: 0 };
  for (const c of pod.spec.initContainers ?? []) {
    if (c.restartPolicy === 'Always') {
      addContainer(sidecars, sidecarsNonZero, c.resources?.requests);
      addContainer(sum, sumNonZero, c.resources?.requests);
      raise(sum, sumNonZero, sidecars, sidecarsNonZero);
      continue;
    }
    const one = parse(undefined), oneNonZero = { cpu: 0, memory: 0 };
    addContainer(one, oneNonZero, c.resources?.requests);
    add(one, sidecars, 1);
    oneNonZero.cpu += sidecarsNonZero.cpu;
    oneNonZero.memory += sidecarsNonZero.memory;
    raise(sum, sumNonZero, one, oneNonZero);
  }
  add(total, sum, 1);
  const result = { ...total, nonZeroCpu: nonZero.cpu + sumNonZero.cpu, nonZeroMemory: nonZero.memory + sumNonZero.memory };
  cache.set(pod.spec, result);
  return result;
}

export function parse(list: Record<string, string> | undefined): Resources {
  const out: Resources = { cpu: 0, memory: 0, ephemeral: 0, scalar: {} };
  for (const [name, text] of Object.entries(list ?? {})) {
    if (name === 'cpu') out.cpu = milli(text);
    else if (name === 'memory') out.memory = quantity(text);
    else if (name === 'ephemeral-storage') out.ephemeral = quantity(text);
    else if (name !== 'pods') out.scalar[name] = quantity(text);
  }
  return out;
}

export function add(to: Resources, what: Resources, sign: 1 | -1): void {
  to.cpu += sign * what.cpu;
  to.memory += sign * what.memory;
  to.ephemeral += sign * what.ephemeral;
  for (const name in what.scalar) to.scalar[name] = (to.scalar[name] ?? 0) + sign * what.scalar[name]!;
}

function addContainer(to: Resources, nonZero: { cpu: number; memory: number }, requests: Record<string, string> | undefined): void {
  const r = parse(requests);
  add(to, r, 1);
  nonZero.cpu += requests?.['cpu'] === undefined ? DEFAULT_CPU : r.cpu;
  nonZero.memory += requests?.['memory'] === undefined ? DEFAULT_MEMORY : r.memory;
}

function raise(to: Resources, toNonZero: { cpu: number; memory: number }, what: Resources, nonZero: { cpu: number; memory: number }): void {
  to.cpu = Math.max(to.cpu, what.cpu);
  to.memory = Math.max(to.memory, what.memory);
  to.ephemeral = Math.max(to.ephemeral, what.ephemeral);
  for (const name in what.scalar) to.scalar[name] = Math.max(to.scalar[name] ?? 0, what.scalar[name]!);
  toNonZero.cpu = Math.max(toNonZero.cpu, nonZero.cpu);
  toNonZero.memory = Math.max(toNonZero.memory, nonZero.memory);
}
