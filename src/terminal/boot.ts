/** Where a page's world comes from: a lesson's scenario, or a lab's run. */
import { LESSON_SEED } from '../course.ts';
import { formatJournal } from '../labs/journal.ts';
import { Player, type Breathe, type PlayerEvents } from '../labs/player.ts';
import type { LabRun } from '../labs/run.ts';
import { Executions } from '../linux/executions.ts';
import type { World } from '../linux/world.ts';
import { bootScenario, loadScenario } from '../scenarios/index.ts';
import type { Check, CheckResult, StartOptions } from './protocol.ts';

export interface Booted {
  world: World;
  /** Puts the student's inputs into the world and remembers them. */
  player: Player;
  /** Whether checks hold in the world now. */
  check(checks: Check[]): Promise<CheckResult>;
  lab: LabRun | undefined;
  /** Another world, to which the same has happened. */
  copy(breathe?: Breathe): Promise<World>;
  /** The session as the file that the grader reads. */
  exportSession(): string;
}

export async function boot({ scenario, files, lab }: StartOptions, events: Omit<PlayerEvents, 'answer' | 'hint'>): Promise<Booted> {
  const seed = LESSON_SEED;
  if (lab) {
    // Lessons do without the lab engine.
    const { openWorld, startLab } = await import('../labs/run.ts');
    const run = await startLab(lab, { seed, events });
    return {
      world: run.world,
      player: run.player,
      check: checker(run.world),
      lab: run,
      copy: (breathe) => repeated(openWorld(run.lab, seed), run.player, breathe),
      exportSession: () => run.journal(),
    };
  }
  const open = async () => {
    const world = bootScenario(await loadScenario(scenario), { seed });
    if (files) (await import('../labs/hand-out.ts')).handOut(world, files);
    return world;
  };
  const world = await open();
  const player = new Player(world, events);
  return {
    world,
    player,
    check: checker(world),
    lab: undefined,
    copy: (breathe) => repeated(open(), player, breathe),
    exportSession: () => formatJournal({ lab: '', scenario, seed, entries: player.entries, until: world.clock.now }),
  };
}

/** Does in a fresh world what the player has done in its own. */
async function repeated(fresh: Promise<World>, { entries, world: { clock } }: Player, breathe?: Breathe): Promise<World> {
  const until = clock.now;
  const again = new Player(await fresh);
  await again.play([...entries], until, breathe);
  return again.world;
}

/** What is run is recorded from the beginning; what looks at it, with its expressions, is loaded when somebody asks. */
function checker(world: World): Booted['check'] {
  world.executions ??= new Executions();
  return async (checks) => (await import('../labs/lesson-check.ts')).lessonChecker(world)(checks);
}
