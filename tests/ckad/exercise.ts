import { expect } from 'vitest';
import type { World } from '../../src/linux/world.ts';
import { startCommand } from '../../src/shell/session.ts';
import { SECOND } from '../../src/sim/clock.ts';

/** One command of the public CKAD exercises (github.com/dgkanatsios/CKAD-exercises) and what must be seen when it is typed. */
export interface Exercise {
  run: string;
  /** What is typed while it runs, a line each; `wait` for the screen to rest lies between them. Gives the command a terminal. */
  keys?: string[];
  /** On a terminal. Default: when `-it`, `-ti` or `edit` is in the command. */
  tty?: boolean;
  /** What the output has (standard output and error as on a screen). */
  shows?: string | RegExp | (string | RegExp)[];
  /** What the output has not. */
  hides?: string | RegExp | (string | RegExp)[];
  /** Exit code, default 0. */
  code?: number;
  /** Files written (with an editor) before it is run. */
  files?: Record<string, string>;
  /** Virtual seconds that pass before it is typed (default 1). */
  after?: number;
  /** Interrupted with ^C after so many virtual seconds. */
  interrupt?: number;
  /** Run afterwards and not counted; what it prints must have `has`. */
  then?: { run: string; has: string | RegExp };
}

export type Section = readonly Exercise[];

const LIMIT = 900 * SECOND;

export async function perform(world: World, exercise: Exercise): Promise<void> {
  const { run, keys, files = {}, after = 1, code = 0, interrupt } = exercise;
  await world.advance(world.clock.now + after * SECOND);
  const fs = world.machine('mac').fs;
  fs.mkdir('/root/ckad', { parents: true });
  for (const [name, text] of Object.entries(files)) fs.writeFile(`/root/ckad/${name}`, text);
  const tty = exercise.tty ?? (keys !== undefined || interrupt !== undefined || /\s-(it|ti)\s/.test(run));
  const started = startCommand(world, 'mac', run, { cwd: '/root/ckad', tty, env: { EDITOR: 'vi' } });
  for (const line of keys ?? []) {
    await world.advance(world.clock.now + 3 * SECOND);
    started.process.tty!.input(line === '\u001b' ? line : `${line}\r`);
  }
  if (interrupt !== undefined) {
    await world.advance(world.clock.now + interrupt * SECOND);
    started.process.tty!.input('\u0003');
  }
  const ended = await world.until(() => started.process.status !== undefined, LIMIT);
  const output = started.output().replaceAll('\r\n', '\n');
  if (!ended) started.process.signal('KILL');
  expect(ended, `did not end; it printed:\n${output}`).toBe(true);
  for (const one of list(exercise.shows)) expectIn(output, one, true);
  for (const one of list(exercise.hides)) expectIn(output, one, false);
  expect(interrupt === undefined ? started.process.status?.code : code, output).toBe(code);
  if (exercise.then) {
    const check = startCommand(world, 'mac', exercise.then.run, { cwd: '/root/ckad' });
    await world.until(() => check.process.status !== undefined, LIMIT);
    expectIn(check.output(), exercise.then.has, true);
  }
  expect(world.defects).toEqual([]);
}

function list<T>(value: T | T[] | undefined): T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function expectIn(output: string, what: string | RegExp, there: boolean): void {
  const found = typeof what === 'string' ? output.includes(what) : what.test(output);
  expect(found, `${there ? 'lacks' : 'has'} ${String(what)}:\n${output}`).toBe(there);
}
