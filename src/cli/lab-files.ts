/** Labs on the disk, for the command line, the tests and the build. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import './descriptions.ts';
import { MS, SECOND } from '../sim/clock.ts';
import type { LabFiles } from '../labs/build-lab.ts';
import type { JournalEntry } from '../labs/journal.ts';
import type { Lab } from '../labs/lab.ts';
import { startLab, type LabRun } from '../labs/run.ts';
import { formatProblem, validateLab, type Problem } from '../labs/validate.ts';

export const LABS = 'labs';

/** Names of the folders in labs/ that are labs. */
export function labIds(folder = LABS): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).filter((e) => e.isDirectory()).map((e) => e.name).sort();
}

export function readLabFiles(folder: string): LabFiles {
  const files: LabFiles = {};
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = readFileSync(path, 'utf8');
  }
  return files;
}

export class InvalidLab extends Error {
  readonly problems: Problem[];
  constructor(folder: string, problems: Problem[]) {
    super(problems.map((p) => formatProblem(folder, p)).join('\n'));
    this.problems = problems;
  }
}

/** Throws InvalidLab. */
export function loadLab(id: string, folder = LABS): Lab {
  const at = join(folder, id);
  const { lab, problems } = validateLab(id, existsSync(at) ? readLabFiles(at) : {});
  if (!lab || problems.length > 0) throw new InvalidLab(at, problems);
  return lab;
}

/** How long a typed line is waited for at most. */
const LINE = 90 * SECOND;

/** Types the lines of a script at the terminal, as a student would; each when the one before has come back to the prompt. */
export async function typeScript(run: LabRun, script: string, { terminal = 1, machine = run.machines[0]! }: { terminal?: number; machine?: string } = {}): Promise<void> {
  const { world } = run;
  const send = (entry: Partial<JournalEntry>) => run.apply({ at: world.clock.now, ...entry } as JournalEntry);
  await world.advance(world.clock.now + SECOND);
  send({ kind: 'open', terminal, machine, cols: 100, rows: 30 });
  const { session } = run.player.terminals.get(terminal)!;
  const idle = () => session.process.status !== undefined || session.tty.foreground === session.process.pgid;
  await world.advance(world.clock.now + SECOND);
  for (const line of script.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    send({ kind: 'input', terminal, data: `${line}\r` });
    await world.advance(world.clock.now + 20 * MS);
    await world.until(idle, LINE);
    await world.advance(world.clock.now + 700 * MS);
  }
  await world.advance(world.clock.now + 3 * SECOND);
}

/** Answers every question as the world says. */
function answerAll(run: LabRun): Record<string, string> {
  const answers: Record<string, string> = {};
  for (const { id, question } of run.lab.tasks) {
    const [answer] = question ? run.rightAnswers(id) : [];
    if (answer === undefined) continue;
    answers[id] = answer;
    run.apply({ at: run.world.clock.now, kind: 'answer', task: id, answer });
  }
  return answers;
}

/** The lab done with its solution.sh and the right answers. */
export async function solveLab(lab: Lab, solution: string, seed: string): Promise<LabRun> {
  const run = await startLab(lab, { seed });
  await typeScript(run, solution);
  answerAll(run);
  await run.world.advance(run.world.clock.now + 2 * SECOND);
  return run;
}
