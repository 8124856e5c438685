/** olekukonko/tablewriter as etcdctl sets it up: header in the middle, cells to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i]!.length)));
  const line = `+${widths.map((w) => '-'.repeat(w + 2)).join('+')}+\n`;
  const middle = (text: string, width: number) => text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width);
  const head = `|${header.map((h, i) => ` ${middle(h, widths[i]!)} `).join('|')}|\n`;
  return line + head + line + rows.map((r) => `|${r.map((c, i) => ` ${c.padStart(widths[i]!)} `).join('|')}|\n`).join('') + line;
}

/** dustin/go-humanize Bytes. */
export function humanBytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const e = n < 10 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(n) / Math.log(1000)));
  const value = Math.floor((n / 1000 ** e) * 10 + 0.5) / 10;
  return `${value < 10 && e > 0 ? value.toFixed(1) : Math.floor(value + (e > 0 ? 0.5 : 0))} ${units[e]}`;
}
