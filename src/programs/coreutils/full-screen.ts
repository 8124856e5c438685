/** Programs that take the whole terminal: top, watch, editors, pagers. */
import type { Process } from '../../linux/process.ts';

/** Raw terminal while `run` runs. */
export async function fullScreen(process: Process, run: () => Promise<void>): Promise<void> {
  const tty = process.tty!;
  tty.raw();
  tty.write('\x1b[?1049h\x1b[H\x1b[2J');
  try {
    await run();
  } finally {
    tty.cooked();
    tty.write('\x1b[?1049l');
  }
}

/** A key, or undefined after `delay` microseconds. */
export async function keyOrTimeout(process: Process, delay: number): Promise<string | null | undefined> {
  const late = new Error('timeout');
  const timer = process.world.clock.after(delay, () => process.interrupt(late), { background: true });
  try {
    return await process.stdin.read(process);
  } catch (error) {
    if (error === late) return undefined;
    throw error;
  } finally {
    timer.cancel();
  }
}
