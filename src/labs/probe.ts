/** A request made to see whether something can be reached. It leaves traces as any request does: use a world nobody looks at. */
import { httpFetch } from '../linux/net/http-client.ts';
import type { World } from '../linux/world.ts';
import type { ReachCheck, WhyCheck } from './lab.ts';
import { originOf } from './origin.ts';
import { PROBE_LIMIT } from './probe-limit.ts';
import { attempt } from './why/attempt.ts';
import { causeOf } from './why/cause.ts';

/** A check that only a request can answer. */
export type Probed = { reach: ReachCheck } | { why: WhyCheck };

/** Asks, while the world goes on, and tells `done` whether it was as the check says. */
export function probe(world: World, check: Probed, done: (ok: boolean) => void): void {
  if ('reach' in check) return reach(world, check.reach, done);
  const { why } = check;
  attempt(world, why, (tried) => {
    const { kind, machine } = causeOf(world, why, tried);
    done((why.result ?? tried.result) === tried.result && (why.cause ?? kind) === kind && (why.at ?? machine) === machine);
  });
}

function reach(world: World, check: ReachCheck, done: (ok: boolean) => void): void {
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
