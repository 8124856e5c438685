import { width } from './width.ts';

/** Names in columns, downwards, as readline lists them. */
export function columns(names: string[], cols: number): string {
  const widest = Math.max(...names.map(width)) + 2;
  const across = Math.max(1, Math.floor(cols / widest));
  const rows = Math.ceil(names.length / across);
  let out = '';
  for (let r = 0; r < rows; r++) {
    let line = '';
    for (let i = r; i < names.length; i += rows) line += i + rows < names.length ? names[i]! + ' '.repeat(widest - width(names[i]!)) : names[i]!;
    out += `${line.trimEnd()}\n`;
  }
  return out;
}
