import { type Clock, type Micros, SECOND } from '../../sim/clock.ts';

const INITIAL = 10 * SECOND, MAX = 300 * SECOND;

/** client-go util/flowcontrol.Backoff: 10 s, 20 s … 5 min, forgotten after twice the longest. */
export class Backoff {
  readonly #entries = new Map<string, { backoff: Micros; updated: Micros }>();
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): Micros {
    return this.#entries.get(key)?.backoff ?? 0;
  }

  /** Whether what failed at `event` must still wait. */
  isInBackOffSince(key: string, event: Micros): boolean {
    const entry = this.#entries.get(key);
    if (!entry || event - entry.updated > 2 * MAX) return false;
    return this.#clock.now - event < entry.backoff;
  }

  isInBackOffSinceUpdate(key: string): boolean {
    const entry = this.#entries.get(key);
    if (!entry || this.#clock.now - entry.updated > 2 * MAX) return false;
    return this.#clock.now - entry.updated < entry.backoff;
  }

  next(key: string, event: Micros): void {
    const entry = this.#entries.get(key);
    const backoff = !entry || event - entry.updated > 2 * MAX ? INITIAL : Math.min(entry.backoff * 2, MAX);
    this.#entries.set(key, { backoff, updated: this.#clock.now });
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }
}
