import type { Micros } from '../../sim/clock.ts';

/** Go's time.Duration.String(): 162.456033ms, 1.2s, 2m3s. `nanos` are added below the microseconds. */
export function goDuration(micros: Micros, nanos = 0): string {
  const ns = micros * 1000 + nanos;
  if (ns === 0) return '0s';
  const trim = (n: number, digits: number) => n.toFixed(digits).replace(/\.?0+$/, '');
  if (ns < 1000) return `${ns}ns`;
  if (ns < 1e6) return `${trim(ns / 1e3, 3)}µs`;
  if (ns < 1e9) return `${trim(ns / 1e6, 6)}ms`;
  const total = ns / 1e9, h = Math.floor(total / 3600), m = Math.floor((total % 3600) / 60);
  const s = `${trim(total - h * 3600 - m * 60, 9)}s`;
  return h > 0 ? `${h}h${m}m${s}` : m > 0 ? `${m}m${s}` : s;
}

/** Microseconds of what time.ParseDuration reads (1h2m3.5s); NaN of anything else. */
export function parseGoDuration(text: string): Micros {
  if (!/^(\d+(\.\d+)?(us|µs|ms|s|m|h))+$/.test(text)) return NaN;
  const units: Record<string, number> = { us: 1, µs: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };
  return [...text.matchAll(/(\d+(?:\.\d+)?)(us|µs|ms|s|m|h)/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit!]!, 0);
}
