import type { StartedCommand } from '../shell/session.ts';
import type { Tty } from '../linux/tty.ts';
import type { World } from '../linux/world.ts';
import { SECOND } from '../sim/clock.ts';

/** The keys that were typed while a command held the terminal, as its note tells: `keys typed: 'hostname\rexit\r'`. */
export function typedKeys(note: string): string[] {
  const [, single, double] = /keys typed: (?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/.exec(note) ?? [];
  const keys = (single ?? double ?? '').replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_, hex: string | undefined, c: string) => (hex ? String.fromCharCode(parseInt(hex, 16)) : (ESCAPES[c] ?? c)));
  return keys.split(/(?<=\r)/).filter((line) => line !== '');
}

/** Types line after line, each when nothing more is printed; the first, if that comes, at a prompt. */
export async function typeKeys(world: World, tty: Tty, run: StartedCommand, lines: readonly string[]): Promise<void> {
  const patience = world.clock.now + 20 * SECOND;
  while (run.process.status === undefined && !/[^\n]$/.test(run.output()) && world.clock.now < patience) await world.advance(world.clock.now + SECOND / 10);
  for (const line of lines) {
    await silence(world, run);
    if (run.process.status !== undefined) return;
    tty.input(line);
  }
}

/** Two seconds without a word on the screen, or the end. */
async function silence(world: World, run: StartedCommand): Promise<void> {
  const limit = world.clock.now + 60 * SECOND;
  let said = run.output(), since = world.clock.now;
  while (run.process.status === undefined && world.clock.now < limit && (said === '' || world.clock.now - since < 2 * SECOND)) {
    await world.advance(world.clock.now + SECOND / 10);
    if (run.output() !== said) [said, since] = [run.output(), world.clock.now];
  }
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t' };
