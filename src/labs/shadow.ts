/** A second world that repeats a session behind the first and is asked what would disturb the first. */
import type { World } from '../linux/world.ts';
import type { Micros } from '../sim/clock.ts';
import type { JournalEntry } from './journal.ts';
import { Player, type Breathe } from './player.ts';
import type { probe as Probe, Probed } from './probe.ts';

interface Request {
  at: Micros;
  checks: Probed[];
  answered: (answers: boolean[]) => void;
}

export class Shadow {
  readonly #open: () => Promise<World>;
  readonly #entries: () => readonly JournalEntry[];
  readonly #requests: Request[] = [];
  #player: Player | undefined;
  /** Loaded when the first request is made. */
  #probe: typeof Probe | undefined;
  #pending = 0;
  #following = false;

  constructor(open: () => Promise<World>, entries: () => readonly JournalEntry[]) {
    this.#open = open;
    this.#entries = entries;
  }

  /** Makes these requests in the world of that time (at least the time of the last call). */
  ask(at: Micros, checks: Probed[], answered: (answers: boolean[]) => void): void {
    this.#requests.push({ at, checks, answered });
  }

  isBehind(now: Micros): boolean {
    return !this.#following && (this.#pending > 0 ? this.#player!.world.clock.now < now : (this.#requests[0]?.at ?? now) < now);
  }

  /** Makes the requests of before `now`: entries of `now` itself may still come. */
  async follow(now: Micros, breathe?: Breathe): Promise<void> {
    if (!this.isBehind(now)) return;
    this.#following = true;
    try {
      this.#player ??= new Player(await this.#open());
      this.#probe ??= (await import('./probe.ts')).probe;
      for (let next; (next = this.#requests[0]) && next.at < now; ) {
        await this.#to(next.at, breathe);
        this.#requests.shift();
        this.#make(next);
      }
      if (this.#pending > 0) await this.#to(now - 1, breathe);
    } finally {
      this.#following = false;
    }
  }

  /** Makes all requests, and goes on until each is answered (`limit` a request). */
  async finish(now: Micros, limit: Micros, breathe?: Breathe): Promise<void> {
    await this.follow(now + 1, breathe);
    if (!this.#player) return;
    const { world } = this.#player;
    // A check may ask fifty times (`times`), one after another.
    for (let i = 0; this.#pending > 0 && i < 50; i++) await world.until(() => this.#pending === 0, limit);
  }

  async #to(at: Micros, breathe: Breathe | undefined): Promise<void> {
    const player = this.#player!;
    const entries = this.#entries();
    const due: JournalEntry[] = [];
    for (let i = player.entries.length; i < entries.length && entries[i]!.at <= at; i++) due.push(entries[i]!);
    await player.play(due, at, breathe);
  }

  #make({ checks, answered }: Request): void {
    const answers: boolean[] = [];
    let left = checks.length;
    this.#pending++;
    checks.forEach((check, i) =>
      this.#probe!(this.#player!.world, check, (ok) => {
        answers[i] = ok;
        if (--left > 0) return;
        this.#pending--;
        answered(answers);
      }),
    );
  }
}
