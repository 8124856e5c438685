import { expect, test } from 'vitest';
import { Clock, MS } from '../../src/sim/clock.ts';
import { Driver } from '../../src/terminal/driver.ts';

/** A world of timers, as the driver sees one. */
function driven(clock: Clock) {
  const inputs: (() => void)[] = [];
  return {
    inputs,
    now: () => clock.now,
    async advance(to: number, pause?: () => boolean) {
      while (clock.step(to)) if (pause?.()) return false;
      clock.advanceTo(to);
      return true;
    },
    takeInput() {
      const next = inputs.shift();
      next?.();
      return next !== undefined;
    },
    flush: () => Promise.resolve(),
  };
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('virtual time goes at the pace of the wall clock', async () => {
  const clock = new Clock(0);
  const driver = new Driver(driven(clock));
  void driver.run();
  await wait(200);
  driver.stop();
  expect(clock.now).toBeGreaterThan(120 * MS);
  expect(clock.now).toBeLessThan(300 * MS);
});

test('an input gets through while an endless loop runs', async () => {
  const clock = new Clock(0);
  let turns = 0;
  let looping = true;
  const loop = () => {
    turns++;
    if (looping) clock.after(1, loop); // a million turns a second: more than any machine keeps up with
  };
  clock.after(0, loop);
  const world = driven(clock);
  const driver = new Driver(world);
  void driver.run();
  await wait(60);
  world.inputs.push(() => (looping = false));
  driver.wake();
  await wait(60);
  const after = turns;
  await wait(30);
  driver.stop();
  expect(after).toBeGreaterThan(1000);
  expect(turns).toBe(after);
});

test('while the page is hidden the clock stands still', async () => {
  const clock = new Clock(0);
  const driver = new Driver(driven(clock));
  void driver.run();
  await wait(30);
  driver.pause(true);
  await wait(30);
  const then = clock.now;
  await wait(80);
  expect(clock.now).toBe(then);
  driver.pause(false);
  await wait(60);
  driver.stop();
  expect(clock.now).toBeGreaterThan(then);
  expect(clock.now - then).toBeLessThan(100 * MS);
});

test('the world waits for a screen that has not drawn yet', async () => {
  const clock = new Clock(0);
  let flushes = 0;
  let drawn = () => {};
  const driver = new Driver({
    ...driven(clock),
    flush: () => (flushes++ === 0 ? new Promise<void>((resolve) => (drawn = resolve)) : Promise.resolve()),
  });
  void driver.run();
  await wait(60);
  expect(flushes).toBe(1);
  drawn();
  await wait(60);
  driver.stop();
  expect(flushes).toBeGreaterThan(1);
});
