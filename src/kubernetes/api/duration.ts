import type { Micros } from '../../sim/clock.ts';
import { parseTime } from '../client/time.ts';

/** duration.HumanDuration of the time since an RFC 3339 time: `5m12s`, `3h`, `2d4h`. */
export function age(timestamp: string | null | undefined, now: Micros): string {
  const at = parseTime(timestamp);
  return Number.isNaN(at) ? '<unknown>' : humanDuration(now - at);
}

/** k8s.io/apimachinery/pkg/util/duration.HumanDuration, of microseconds. */
export function humanDuration(micros: Micros): string {
  const seconds = Math.trunc(micros / 1e6);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(micros / 6e7);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(micros / 3.6e9);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (years < 8) return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`;
  return `${years}y`;
}
