/** Types a script in a lab's world, answers its questions, and says which tasks that does. */
import { readFileSync } from 'node:fs';
import { vi } from 'vitest';
import { loadLab, typeScript } from '../../src/cli/lab-files.ts';
import { grade, type Report } from '../../src/labs/grade.ts';
import { parseJournal } from '../../src/labs/journal.ts';
import { startLab, type LabRun } from '../../src/labs/run.ts';

vi.setConfig({ testTimeout: 60_000 });

export const SEED = 'curso';

export interface Attempt {
  types?: string;
  answers?: Record<string, string>;
  hints?: string[];
}

export async function attempt(id: string, { types = '', answers = {}, hints = [] }: Attempt): Promise<{ run: LabRun; report: Report; done: string[] }> {
  const run = await startLab(loadLab(id), { seed: SEED });
  for (const task of hints) run.apply({ at: run.world.clock.now, kind: 'hint', task });
  await typeScript(run, types);
  for (const [task, answer] of Object.entries(answers)) run.apply({ at: run.world.clock.now, kind: 'answer', task, answer });
  await run.world.advance(run.world.clock.now + 2_000_000);
  const report = await grade(run.lab, parseJournal(run.journal()));
  return { run, report, done: report.tasks.filter((t) => t.done).map((t) => t.id) };
}

export function solution(id: string): string {
  return readFileSync(`labs/${id}/solution.sh`, 'utf8');
}
