import type { Micros } from '../../sim/clock.ts';

/** metav1.Time: RFC 3339 with whole seconds, UTC. */
export function rfc3339(at: Micros): string {
  return `${wholeSecond(Math.floor(at / 1_000_000))}Z`;
}

/** metav1.MicroTime: RFC 3339 with six decimals, UTC. */
export function rfc3339Micro(at: Micros): string {
  const second = Math.floor(at / 1_000_000);
  return `${wholeSecond(second)}.${String(at - second * 1_000_000).padStart(6, '0')}Z`;
}

let lastSecond = NaN, lastText = '';

/** Nearly everybody asks for the second that is now: the last answer is kept. */
function wholeSecond(second: number): string {
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toISOString().slice(0, 19);
    lastSecond = second;
  }
  return lastText;
}

/** Microseconds since the epoch of an RFC 3339 time; NaN when it is none. */
export function parseTime(text: string | undefined | null): Micros {
  if (!text) return NaN;
  const fraction = /\.(\d+)/.exec(text)?.[1];
  const whole = Date.parse(text.replace(/\.\d+/, ''));
  return whole * 1000 + (fraction ? Math.floor(Number(`0.${fraction}`) * 1e6 + 0.5) : 0);
}
