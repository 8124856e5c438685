import type { Options } from './options.ts';

/** JSON as iproute2 prints it: one line, or with -p as its own writer indents (lib/json_writer.c). */
export function json(value: unknown, options: Options): string {
  return `${options.pretty ? pretty(value, 0) : JSON.stringify(value)}\n`;
}

/** Names go on lines of their own, four blanks a level; the items of an array stay where they are. */
function pretty(value: unknown, depth: number): string {
  if (Array.isArray(value)) return value.length === 0 ? '[ ]' : `[ ${value.map((v) => pretty(v, depth + 1)).join(',')} ]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  if (entries.length === 0) return '{}';
  const line = (n: number) => `\n${' '.repeat(4 * n)}`;
  return `{${entries.map(([k, v]) => `${line(depth + 1)}${JSON.stringify(k)}: ${pretty(v, depth + 1)}`).join(',')}${line(depth)}}`;
}
