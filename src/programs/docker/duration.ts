import type { Micros } from '../../sim/clock.ts';

/** go-units HumanDuration: `About a minute`, `2 hours`. */
export function since(time: Micros): string {
  const s = Math.floor(time / 1e6), m = Math.floor(s / 60), h = Math.round(m / 60);
  if (s < 1) return 'Less than a second';
  if (s === 1) return '1 second';
  if (s < 60) return `${s} seconds`;
  if (m === 1) return 'About a minute';
  if (m < 60) return `${m} minutes`;
  if (h === 1) return 'About an hour';
  if (h < 48) return `${h} hours`;
  return `${Math.floor(h / 24)} days`;
}
