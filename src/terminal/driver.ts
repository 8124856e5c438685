/**
 * Moves a world at the pace of the wall clock: the only place that knows real time. It works in slices, so that messages
 * (a Ctrl-C) get through an endless loop, and hands output on at the speed the screen takes it.
 */

export interface Driven {
  /** Virtual time, microseconds. */
  now(): number;
  /** Lets happen what is due until `to`; stops between events when `pause` says so. */
  advance(to: number, pause?: () => boolean): Promise<boolean>;
  /** Hands the next waiting input to the world, which is idle; false when there is none. */
  takeInput(): boolean;
  /** Gives the page what has been printed; resolves when it has been drawn. */
  flush(): Promise<void>;
}

/** Longest time in which no message is looked at, milliseconds. */
const SLICE = 12;
/** How long the world may lag behind the wall before it stops trying to catch up, microseconds. */
const LAG = 250_000;
/** Between two looks at the clock when nothing is going on, milliseconds. */
const IDLE = 25;

export class Driver {
  readonly #driven: Driven;
  #paused = false;
  #stopped = false;
  #wake: (() => void) | undefined;
  #origin = { wall: 0, virtual: 0 };

  constructor(driven: Driven) {
    this.#driven = driven;
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    this.#rebase();
    while (!this.#stopped) {
      const input = this.#driven.takeInput();
      const behind = await this.#slice();
      await this.#driven.flush();
      if (this.#paused) await this.#sleep(Infinity);
      else await this.#sleep(input || behind ? 0 : IDLE);
    }
  }

  /** Something has come in: look at it now. */
  wake(): void {
    this.#wake?.();
  }

  pause(paused: boolean): void {
    if (this.#paused && !paused) this.#rebase();
    this.#paused = paused;
    this.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  /** True when the world has not caught up with the wall. */
  async #slice(): Promise<boolean> {
    const target = Math.round(this.#origin.virtual + (performance.now() - this.#origin.wall) * 1000);
    const end = performance.now() + SLICE;
    const reached = await this.#driven.advance(target, () => performance.now() > end);
    if (reached) return false;
    // All that is due at this very instant belongs together: an input must not fall into its middle, or a replay would differ.
    await this.#driven.advance(this.#driven.now());
    if (target - this.#driven.now() > LAG) this.#rebase();
    return true;
  }

  #rebase(): void {
    this.#origin = { wall: performance.now(), virtual: this.#driven.now() };
  }

  /** A turn of the event loop at least, so that messages are seen. */
  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = milliseconds === Infinity ? undefined : setTimeout(done, milliseconds);
      if (milliseconds > 0) this.#wake = done;
    });
  }
}
