/** A timer of a protocol that is set, set again and stopped, and says how much is left. */
import { SECOND, type Clock, type Micros } from '../../sim/clock.ts';

const HUNDREDTH = SECOND / 100;
const BACKGROUND = { background: true };

export class Alarm {
  readonly #clock: Clock;
  #timer: { cancel(): void } | undefined;
  #due: Micros = 0;
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  set(delay: Micros, act: () => void): void {
    this.#timer?.cancel();
    this.#due = this.#clock.now + delay;
    this.#timer = this.#clock.after(delay, () => {
      this.#timer = undefined;
      act();
    }, BACKGROUND);
  }
  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
  get pending(): boolean {
    return this.#timer !== undefined;
  }
  /** Hundredths of a second until it is due. */
  get left(): number {
    return this.#timer ? Math.round((this.#due - this.#clock.now) / HUNDREDTH) : 0;
  }
}
