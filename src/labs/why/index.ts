/** Why did my packet die? A try in a copy of the world, what decided it, and which changes would alter it, each tried in another copy. */
import type { TraceStep } from '../../linux/net/trace.ts';
import type { World } from '../../linux/world.ts';
import { runCommand } from '../../shell/session.ts';
import { SECOND } from '../../sim/clock.ts';
import { attemptIn } from './attempt.ts';
import { causeOf, type Cause } from './cause.ts';
import { changesFor, type Change } from './changes.ts';
import type { Question, Result } from './question.ts';

export interface Answer {
  result: Result;
  cause: Cause;
  /** What happened to the packet, for the picture. */
  steps: TraceStep[];
  /** Those that make it arrive; where none does, those that alter the result. */
  changes: (Change & { result: Result })[];
}

/** Changes that are tried at most: each costs a copy. */
const MOST = 6;

/** `copy` gives a world like the one asked about, that nobody looks at; it is called once for every try. */
export async function why(question: Question, copy: () => Promise<World>, told: (answer: Omit<Answer, 'changes'>) => void = () => {}): Promise<Answer> {
  const world = await copy();
  const tried = await attemptIn(world, question);
  const cause = causeOf(world, question, tried);
  const { result, steps } = tried;
  told({ result, cause, steps });
  const changes: Answer['changes'] = [];
  for (const change of changesFor(world, question, tried, cause).filter(({ machine }) => world.machines.has(machine)).slice(0, MOST)) {
    const other = await copy();
    const { code } = await runCommand(other, change.machine, change.command, { limit: 120 * SECOND });
    if (code !== 0) continue;
    await other.settle({ limit: 60 * SECOND });
    const { result: after } = await attemptIn(other, question);
    if (after !== result) changes.push({ ...change, result: after });
  }
  const cures = changes.filter((change) => change.result === 'arrives');
  return { result, cause, steps, changes: cures.length > 0 ? cures : changes };
}

export type { Cause, CauseKind, Line } from './cause.ts';
export type { Change } from './changes.ts';
export { RESULTS, type Question, type Result } from './question.ts';
