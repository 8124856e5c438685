import { SECOND, type Micros } from '../../sim/clock.ts';
import type { Process } from '../../linux/process.ts';

const HEADER = '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n';

/**
 * curl's progress meter (lib/progress.c): a line at the beginning, one whenever the second has changed when it wakes up (at
 * least once a second), one at the end. The seconds are those of a monotonic clock whose phase is anything: here it begins
 * with the transfer.
 */
export class Progress {
  readonly #p: Process;
  readonly #shown: boolean;
  readonly #header: boolean;
  readonly #began: Micros;
  #lastShow: number | undefined;
  #timer: { cancel(): void } | undefined;
  received = 0;
  expected = 0;
  sent = 0;

  constructor(p: Process, shown: boolean, header: boolean) {
    this.#p = p;
    this.#shown = shown;
    this.#header = header;
    this.#began = p.now;
  }

  start(): void {
    if (!this.#shown) return;
    if (this.#header) this.#p.err(HEADER);
    this.update(true);
    // It wakes for the first time when other addresses of the host would be tried (200 ms), then every second.
    this.#timer = this.#p.world.clock.every(SECOND, () => this.update(), { first: 200_000 });
  }

  update(force = false): void {
    if (!this.#shown) return;
    const second = Math.floor((this.#p.now - this.#began) / SECOND);
    if (!force && second === this.#lastShow) return;
    this.#lastShow = second;
    this.#p.err(this.#line());
  }

  /** The last line, with a newline unless the transfer never began. */
  done(): void {
    this.stop();
    this.update(true);
    if (this.#shown) this.#p.err('\n');
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #line(): string {
    const spent = this.#p.now - this.#began;
    const seconds = Math.max(spent, 1) / SECOND;
    const down = Math.floor(this.received / seconds), up = Math.floor(this.sent / seconds);
    const total = this.expected || (this.received > 0 ? this.received : 0);
    const percent = (n: number, of: number) => String(of > 0 ? Math.floor((100 * n) / of) : 0).padStart(3);
    const speed = this.received > 0 ? Math.round(this.received / Math.max(0.001, Math.round(seconds * 1000) / 1000)) : 0;
    return `\r${percent(this.received + this.sent, total + this.sent)} ${five(total + this.sent)}  ${percent(this.received, this.expected || this.received)} ${five(this.received)}  ${percent(this.sent, this.sent)} ${five(this.sent)}  ${five(down)}  ${five(up)} --:--:-- ${time(Math.floor(spent / SECOND))} --:--:-- ${five(speed)}`;
  }
}

/** At most five characters: 12345, 123k, 12.3M … */
function five(n: number): string {
  if (n < 100_000) return String(n).padStart(5);
  if (n < 10_000 * 1024) return `${Math.floor(n / 1024)}k`.padStart(5);
  if (n < 100 * 1024 * 1024) return `${(n / 1048576).toFixed(1)}M`.padStart(5);
  return `${Math.floor(n / 1048576)}M`.padStart(5);
}

function time(seconds: number): string {
  if (seconds <= 0) return '--:--:--';
  const two = (n: number) => String(n).padStart(2, '0');
  return `${String(Math.floor(seconds / 3600)).padStart(2)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
