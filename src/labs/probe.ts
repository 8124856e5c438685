/** A request made to see whether something can be reached. It leaves traces as any request does: use a world nobody looks at. */
import type { Process } from '../linux/process.ts';
import { httpFetch } from '../linux/net/http-client.ts';
import type { World } from '../linux/world.ts';
import { SECOND, type Micros } from '../sim/clock.ts';
import { named } from './checks.ts';
import type { ReachCheck } from './lab.ts';

/** After this much virtual time a request counts as unanswered. */
export const PROBE_LIMIT: Micros = 3 * SECOND;

/** Asks, while the world goes on, and tells `done` whether it was as the check says. */
export function probe(world: World, check: ReachCheck, done: (ok: boolean) => void): void {
  const origin = originOf(world, check.from);
  if (!origin) return done(false);
  const { process, end } = origin;
  let left = check.times ?? 1;
  const once = (): void => {
    httpFetch(process, { url: check.to, timeout: PROBE_LIMIT, connectTimeout: PROBE_LIMIT, background: true }, (error, response) => {
      let ok: boolean;
      if (check.refused) ok = error?.code === 'ECONNREFUSED' || error?.code === 'ECONNRESET';
      else if (check.timeout) ok = error?.code === 'TIMEOUT' || error?.code === 'ETIMEDOUT';
      else ok = response !== undefined && response.status === (check.status ?? response.status) && response.body.includes(check.contains ?? '');
      if (ok && --left > 0) return once();
      end();
      done(ok);
    });
  };
  once();
}

/** A process of the prober's own there. */
export function originOf(world: World, from: string): { process: Process; end(): void } | undefined {
  const [, pod] = /^pod:(.+)$/.exec(from) ?? [];
  for (const machine of world.machines.values()) {
    if (pod === undefined && machine.name !== from) continue;
    const inside = pod === undefined ? undefined : machine.pids.processes().find((p) => p.container !== undefined && named(pod, p.uts.hostname) && p.comm !== 'pause');
    if (pod !== undefined && !inside) continue;
    const process = machine.daemon({
      argv: ['comprobador'], exe: '/usr/libexec/comprobador', cwd: '/',
      ...(inside ? { fs: inside.fs, net: inside.net, uts: inside.uts, ...(inside.container ? { container: inside.container } : {}) } : {}),
    });
    return { process, end: () => process.exit(0) };
  }
  return undefined;
}
