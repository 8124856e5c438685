import type { Process } from '../linux/process.ts';
import type { World } from '../linux/world.ts';
import { named } from './checks.ts';

/** What the prober's program is called. */
export const PROBER = 'comprobador';

/** A process of the prober's own on a machine, or in a Pod (`pod:NAME`); undefined when there is no such place. */
export function originOf(world: World, from: string): { process: Process; end(): void } | undefined {
  const [, pod] = /^pod:(.+)$/.exec(from) ?? [];
  for (const machine of world.machines.values()) {
    if (pod === undefined && machine.name !== from) continue;
    const inside = pod === undefined ? undefined : machine.pids.processes().find((p) => p.container !== undefined && named(pod, p.uts.hostname) && p.comm !== 'pause');
    if (pod !== undefined && !inside) continue;
    const process = machine.daemon({
      argv: [PROBER], exe: `/usr/libexec/${PROBER}`, cwd: '/',
      ...(inside ? { fs: inside.fs, net: inside.net, uts: inside.uts, ...(inside.container ? { container: inside.container } : {}) } : {}),
    });
    return { process, end: () => process.exit(0) };
  }
  return undefined;
}
