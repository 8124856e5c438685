import type { Micros } from '../../../sim/clock.ts';

/** RFC 7231: Sat, 21 Nov 2026 08:24:07 GMT */
export function httpDate(at: Micros): string {
  return new Date(at / 1000).toUTCString();
}
