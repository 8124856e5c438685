/**
 * Which programs run and which wait. Programs are async functions that wait on nothing but the world's primitives, all of
 * which come through `wait`; so when nobody runs, the clock may move.
 */
export class Tasks {
  #running = 0;
  #outside = new Set<Promise<unknown>>();
  #idle: (() => void)[] = [];

  /** Starts a program. What it throws goes to `failed`. */
  start(run: () => Promise<void>, failed: (error: unknown) => void): void {
    this.#running++;
    run().catch(failed).finally(() => this.#stop());
  }

  /** Suspends the calling program until `start`'s resolve or reject is called (once; later calls do nothing). */
  wait<T>(start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let done = false, suspended = false;
      const settle = (act: () => void) => {
        if (done) return;
        done = true;
        if (suspended) this.#running++;
        act();
      };
      start((v) => settle(() => resolve(v)), (e) => settle(() => reject(e)));
      if (!done) {
        suspended = true;
        this.#stop();
      }
    });
  }

  /** Waits for something outside the world (a module being loaded): virtual time stands still meanwhile. */
  outside<T>(promise: Promise<T>): Promise<T> {
    return this.wait<T>((resolve, reject) => {
      const tracked = promise.then(resolve, reject).finally(() => this.#outside.delete(tracked));
      this.#outside.add(tracked);
    });
  }

  /** Resolves when every program waits for the clock or for input. */
  async idle(): Promise<void> {
    for (;;) {
      if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
      else if (this.#outside.size > 0) await Promise.race(this.#outside);
      else return;
    }
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#outside.size === 0;
  }

  #stop(): void {
    if (--this.#running > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}
