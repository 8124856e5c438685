/** Checks of a lesson's «Compruébalo», on the student's live world. */
import { Executions } from '../linux/executions.ts';
import type { World } from '../linux/world.ts';
import { problemOf } from './cel.ts';
import { holds } from './checks.ts';
import { describe } from './describe.ts';
import type { Check } from './lab.ts';

/** Begins to keep record of what is run; gives the function that tells whether all checks hold. */
export function lessonChecker(world: World): (checks: readonly unknown[]) => { ok: boolean; error?: string; missing?: string[] } {
  world.executions ??= new Executions();
  return (checks) => {
    const missing: string[] = [];
    for (const check of checks as Check[]) {
      const problem = 'object' in check && check.expect !== undefined ? problemOf(check.expect) : undefined;
      if (problem) return { ok: false, error: `la expresión «${String((check as { expect?: string }).expect)}» no vale: ${problem}` };
      const ok = holds(world, check);
      if (ok === 'probe') return { ok: false, error: `«${'why' in check ? 'why' : 'reach'}» solo se puede comprobar en un laboratorio` };
      if (!ok) missing.push(describe(check));
    }
    return { ok: missing.length === 0, missing };
  };
}
