import { type Clock, type Micros, MS } from '../../sim/clock.ts';
import { ConnectionError } from './client.ts';

/**
 * A controller's queue of keys (client-go util/workqueue): a key waits once however often it is added; a reconcile that
 * throws is tried again with exponential backoff (5 ms … 1000 s, as the default rate limiter).
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #reconcile: (key: string) => void;
  readonly #waiting = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #latency: (key: string) => Micros;
  #running = true;

  /** `latency`: how long after being added a key is reconciled; what is added meanwhile needs no reconcile of its own. */
  constructor(clock: Clock, reconcile: (key: string) => void, latency: Micros | ((key: string) => Micros) = MS) {
    this.#clock = clock;
    this.#reconcile = reconcile;
    this.#latency = typeof latency === 'function' ? latency : () => latency;
  }

  add(key: string, delay?: Micros, background = false): void {
    if (this.#waiting.has(key) && delay === undefined) return;
    const latency = this.#latency(key);
    if (delay === undefined || delay <= latency) {
      if (this.#waiting.has(key)) return;
      this.#waiting.add(key);
      this.#clock.after(delay ?? latency, () => this.#run(key), { background });
    } else this.#clock.after(delay, () => this.add(key), { background });
  }

  stop(): void {
    this.#running = false;
  }

  #run(key: string): void {
    this.#waiting.delete(key);
    if (!this.#running) return;
    try {
      this.#reconcile(key);
      this.#failures.delete(key);
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      const n = this.#failures.get(key) ?? 0;
      this.#failures.set(key, n + 1);
      this.add(key, Math.max(this.#latency(key) + 1, Math.min(5 * MS * 2 ** n, 1_000_000 * MS)), n > 8);
    }
  }
}

/** Conflicts, refusals and lost connections are tried again; a defect of ours is not hidden. */
function isApiFailure(error: unknown): boolean {
  return error instanceof Error && ('status' in error || error instanceof ConnectionError);
}
