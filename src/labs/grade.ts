/** Grades a session by repeating it: nothing in the file says what it is worth. */
import { HOUR, SECOND } from '../sim/clock.ts';
import { JournalError, type Journal } from './journal.ts';
import type { Lab } from './lab.ts';
import type { Breathe } from './player.ts';
import { startLab } from './run.ts';

export interface Report {
  lab: string;
  title: string;
  student: string | undefined;
  points: number;
  max: number;
  /** 0 to 100, a whole number. */
  percent: number;
  tasks: TaskReport[];
  hints: number;
  /** Lines sent with Enter. */
  commands: number;
  /** Virtual minutes the session lasted, a tenth exact. */
  minutes: number;
  seed: string;
  /** Errors of the simulator itself: a report with some should be looked at. */
  defects: string[];
}

export interface TaskReport {
  id: string;
  title: string;
  done: boolean;
  points: number;
  max: number;
  hints: number;
  /** Answers given to its question. */
  attempts: number;
  /** Minutes after the beginning; null when not done. */
  minute: number | null;
}

/** A session longer than this is not replayed. */
const LONGEST = 12 * HOUR;

/** Throws JournalError when the session does not belong to this lab or cannot be repeated. */
export async function grade(lab: Lab, journal: Journal, breathe?: Breathe): Promise<Report> {
  if (journal.lab !== lab.id) throw new JournalError(`la sesión es del laboratorio «${journal.lab}», no de «${lab.id}».`);
  if (journal.scenario !== lab.scenario) throw new JournalError(`la sesión es del escenario «${journal.scenario}»; el laboratorio usa «${lab.scenario}».`);
  const run = await startLab(lab, { seed: journal.seed });
  const last = journal.entries.at(-1)?.at ?? run.start;
  const until = Math.max(journal.until, last);
  if (until < run.start) throw new JournalError('la sesión termina antes de empezar: «until» no es de este escenario.');
  if (until - run.start > LONGEST) throw new JournalError(`la sesión dura más de ${LONGEST / HOUR} horas: no se repite.`);
  await run.player.play(journal.entries, until, breathe);
  const results = await run.finish(breathe);
  const minutes = (from: number) => Math.round((from - run.start) / (6 * SECOND)) / 10;
  const tasks = results.map(({ task, done, hints, attempts, doneAt }): TaskReport => ({
    id: task.id, title: task.title, done, points: done ? task.points : 0, max: task.points, hints, attempts, minute: doneAt === undefined ? null : minutes(doneAt),
  }));
  const points = sum(tasks.map((t) => t.points)), max = sum(tasks.map((t) => t.max));
  return {
    lab: lab.id, title: lab.title, student: journal.student, points, max, percent: Math.round((100 * points) / max), tasks, hints: sum(tasks.map((t) => t.hints)),
    commands: sum(journal.entries.map((e) => (e.kind === 'input' ? e.data.split('\r').length - 1 : 0))), minutes: minutes(until), seed: journal.seed,
    defects: run.world.defects.map(({ command, error }) => `${command}: ${error instanceof Error ? error.message : String(error)}`),
  };
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
