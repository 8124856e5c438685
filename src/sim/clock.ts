/** Virtual time: whole microseconds since the Unix epoch. */
export type Micros = number;

export const US: Micros = 1;
export const MS: Micros = 1_000;
export const SECOND: Micros = 1_000_000;
export const MINUTE: Micros = 60 * SECOND;
export const HOUR: Micros = 60 * MINUTE;

export interface TimerOptions {
  /** Housekeeping (leases, probes, resyncs) that goes on for ever: it does not keep a world from being settled. */
  background?: boolean;
}

export interface Timer {
  readonly at: Micros;
  readonly background: boolean;
  cancel(): void;
}

interface Entry extends Timer {
  at: Micros;
  seq: number;
  run: (() => void) | undefined;
}

/** A discrete-event clock. Time moves only when an event is due; equal times run in the order they were asked for. */
export class Clock {
  #now: Micros;
  #seq = 0;
  #heap: Entry[] = [];
  #foreground = 0;

  constructor(start: Micros) {
    this.#now = start;
  }

  get now(): Micros {
    return this.#now;
  }

  /** Pending timers that are not background ones. */
  get foreground(): number {
    return this.#foreground;
  }

  /** Runs `run` once, `delay` microseconds (at least 0) from now. */
  after(delay: Micros, run: () => void, { background = false }: TimerOptions = {}): Timer {
    const entry: Entry = { at: this.#now + Math.max(0, Math.round(delay)), seq: this.#seq++, background, run, cancel: () => this.#cancel(entry) };
    if (!background) this.#foreground++;
    this.#push(entry);
    return entry;
  }

  /** Runs `run` every `period` microseconds until cancelled; the first time after `first` (default: one period). Background unless told otherwise. */
  every(period: Micros, run: () => void, { background = true, first = period }: TimerOptions & { first?: Micros } = {}): { cancel(): void } {
    let timer: Timer;
    const tick = () => {
      timer = this.after(period, tick, { background });
      run();
    };
    timer = this.after(first, tick, { background });
    return { cancel: () => timer.cancel() };
  }

  /** When the next event is due, or undefined when there is none. */
  next(): Micros | undefined {
    this.#skipCancelled();
    return this.#heap[0]?.at;
  }

  /** Runs the next event, if it is due at or before `limit`. Returns whether one ran. */
  step(limit: Micros = Infinity): boolean {
    this.#skipCancelled();
    const entry = this.#heap[0];
    if (!entry || entry.at > limit) return false;
    this.#pop();
    this.#now = Math.max(this.#now, entry.at);
    const run = entry.run!;
    entry.run = undefined;
    if (!entry.background) this.#foreground--;
    run();
    return true;
  }

  /** Moves time to `to` although nothing happens then; events due before must have run. */
  advanceTo(to: Micros): void {
    if (to > this.#now) this.#now = to;
  }

  /** Lets time pass without anything happening: whatever is pending keeps its remaining time (a world that was suspended). */
  suspendTo(to: Micros): void {
    const by = to - this.#now;
    if (by <= 0) return;
    for (const entry of this.#heap) entry.at += by;
    this.#now = to;
  }

  #cancel(entry: Entry): void {
    if (!entry.run) return;
    entry.run = undefined;
    if (!entry.background) this.#foreground--;
  }

  #skipCancelled(): void {
    while (this.#heap.length > 0 && !this.#heap[0]!.run) this.#pop();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (before(heap[parent]!, entry)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(last, heap[child]!)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at !== b.at ? a.at < b.at : a.seq < b.seq;
}
