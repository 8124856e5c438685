/**
 * Random inputs for everything that reads what somebody typed or sent.
 *
 *     npx vitest run tests/fuzz                          a few hundred inputs for each reader (part of `npm test`)
 *     FUZZ=100000 npx vitest run tests/fuzz              as many inputs for each
 *     FUZZ_SEED=42 npx vitest run tests/fuzz -t jsonpath the same inputs again: every test prints its seed
 *
 *     FUZZ_ALL=1 …                                       goes on after a failure and lists every different one at the end
 *
 * A reader may refuse an input with an error of its own. It may throw nothing else, and must answer within `SLOWEST`.
 */
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';

export const RUNS = Number(process.env['FUZZ'] ?? 300);
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Milliseconds of CPU that one input may cost. */
const SLOWEST = 400;
const PATIENCE = 3_600_000;

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Refusal = new (...args: any[]) => Error;

/** `read` with inputs that `make` draws; `refusals` are the errors it may throw. */
export function fuzz<T>(name: string, make: (random: Draw) => T, read: (input: T) => unknown, refusals: readonly Refusal[] = []): void {
  test(name, () => {
    announce(name);
    fc.assert(fc.property(seeds(), (seed) => guarded(() => read(make(new Draw(seed))), refusals, () => show(make(new Draw(seed))))), { numRuns: RUNS, seed: SEED });
  }, PATIENCE);
}

export function fuzzAsync<T>(name: string, make: (random: Draw) => T, read: (input: T) => Promise<unknown>): void {
  test(name, async () => {
    announce(name);
    await fc.assert(fc.asyncProperty(seeds(), async (seed) => {
      const input = make(new Draw(seed)), before = process.cpuUsage();
      try {
        await read(input);
      } catch (error) {
        failed(error, show(input));
      }
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1000 > SLOWEST) throw new Error(`took ${(user + system) / 1000} ms for ${show(input)}`);
    }), { numRuns: RUNS, seed: SEED });
  }, PATIENCE);
}

/** Four times the input may not cost more than twelve times the CPU: nothing is quadratic. Errors are answers too. */
export function linear(name: string, make: (n: number) => string, read: (input: string) => unknown, n = 2_000): void {
  test(`${name}: cost grows with the length`, () => {
    const cost = (length: number) => {
      const input = make(length), times: number[] = [];
      for (let i = 0; i < 5; i++) {
        const before = process.cpuUsage();
        try {
          read(input);
        } catch { /* what it says is not the question here */ }
        const { user, system } = process.cpuUsage(before);
        times.push((user + system) / 1000);
      }
      return Math.min(...times);
    };
    cost(n);
    // What is quadratic is so each time; a busy machine is not.
    const tries = [1, 2, 3].map(() => ({ small: cost(n), large: cost(4 * n) }));
    expect(tries.some(({ small, large }) => large < Math.max(50, small * 12)), tries.map(({ small, large }) => `${small.toFixed(2)} ms for ${n}, ${large.toFixed(2)} ms for ${4 * n}`).join('; ')).toBe(true);
  }, PATIENCE);
}

function announce(name: string): void {
  console.log(`${name}: ${RUNS} inputs, seed ${SEED}`);
}

const seeds = () => fc.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 }));

function guarded(run: () => unknown, refusals: readonly Refusal[], input: () => string): void {
  const before = process.cpuUsage();
  try {
    run();
  } catch (error) {
    if (!refusals.some((type) => error instanceof type)) failed(error, input());
  }
  const { user, system } = process.cpuUsage(before);
  if ((user + system) / 1000 > SLOWEST) throw new Error(`took ${(user + system) / 1000} ms for ${input()}`);
}

const different = new Map<string, { n: number; input: string }>();

function failed(error: unknown, input: string): void {
  const text = String((error as Error).stack ?? error);
  if (process.env['FUZZ_ALL'] === undefined) throw new Error(`${text}\nfor ${input}`, { cause: error });
  const [message = '', ...frames] = text.split('\n');
  const key = `${message.slice(0, 300)} ${frames.filter((f) => f.includes('/src/')).slice(0, 2).map((f) => f.replace(/^.*\/src\//, '').replace(/\)$/, '')).join(' < ')}`;
  const known = different.get(key);
  if (!known) different.set(key, { n: 1, input });
  else {
    known.n++;
    if (input.length < known.input.length) known.input = input;
  }
}

if (process.env['FUZZ_ALL'] !== undefined) afterEach(() => {
  for (const [key, { n, input }] of different) console.log(`FAILED ${n} times: ${key}\n   for ${input.slice(0, 600)}`);
  different.clear();
});

function show(input: unknown): string {
  const text = typeof input === 'string' ? JSON.stringify(input) : JSON.stringify(input, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v));
  return (text ?? String(input)).slice(0, 4000);
}

/** Draws from one seed (mulberry32). */
export class Draw {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  float(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  int(max: number): number {
    return Math.floor(this.float() * max);
  }
  chance(p: number): boolean {
    return this.float() < p;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)]!;
  }
  times<T>(max: number, make: () => T): T[] {
    return Array.from({ length: this.int(max + 1) }, make);
  }
  /** Any text: letters, signs, control characters, other scripts, halves of surrogates. */
  text(max = 12): string {
    return this.times(max, () => {
      const which = this.int(10);
      if (which < 5) return String.fromCharCode(32 + this.int(95));
      if (which < 7) return this.pick(NASTY);
      return String.fromCharCode(this.int(which < 9 ? 256 : 65536));
    }).join('');
  }
  /** Words of a language in any order, mixed with any text. */
  words(vocabulary: readonly string[], max: number, between = ''): string {
    return this.times(max, () => (this.chance(0.07) ? this.text(4) : this.pick(vocabulary))).join(between);
  }
  /** A good sample with some characters lost, doubled, moved or replaced. */
  spoilt(samples: readonly string[]): string {
    let text = this.pick(samples);
    for (let n = this.int(4); n > 0; n--) {
      const at = this.int(text.length + 1), length = this.int(6);
      const piece = this.pick([() => '', () => this.text(4), () => text.slice(at, at + length).repeat(2), () => this.pick(samples).slice(this.int(20), 20 + this.int(20))])();
      text = text.slice(0, at) + piece + text.slice(at + length);
    }
    return text;
  }
  /** Any JSON. */
  json(depth = 3): unknown {
    const which = this.int(depth > 0 ? 9 : 7);
    if (which === 0) return null;
    if (which === 1) return this.chance(0.5);
    if (which === 2) return this.pick([0, -1, 1.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e300, 65536, this.int(100)]);
    if (which < 6) return this.chance(0.5) ? this.text() : this.pick(STRINGS);
    if (which === 6) return this.pick([[], {}]);
    if (which === 7) return this.times(4, () => this.json(depth - 1));
    return Object.fromEntries(this.times(4, () => [this.chance(0.6) ? this.pick(STRINGS) : this.text(6), this.json(depth - 1)]));
  }
}

const NASTY = ['"', "'", '\\', '`', '$', '{', '}', '[', ']', '(', ')', '<', '>', '|', '&', ';', ':', ',', '.', '/', '%', '*', '?', '!', '#', '@', '=', '~', '^', '\n', '\t', '\0', '\r', '-', '--', '%00', '${', '$(', '{{', '}}', '🙂'];
const STRINGS = ['', 'a', 'web', 'default', 'name', 'metadata', 'spec', 'nginx', '10Gi', '100m', '-1', '1', 'true', '80', '10.96.0.1', '2026-01-01T00:00:00Z', '*', 'toString', '__proto__', 'constructor', 'length', 'status', 'kind', 'apiVersion', 'Always'];
