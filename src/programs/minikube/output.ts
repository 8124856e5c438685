import type { Process } from '../../linux/process.ts';

/** A step with its emoji (pkg/minikube/style); without a terminal a plain mark stands for it. */
export type Style = 'done' | 'item' | 'warning' | 'fatal' | 'indent' | 'plain';
const PLAIN: Record<Style, string> = { done: '* ', item: '* ', warning: '! ', fatal: 'X ', indent: '  - ', plain: '' };

/** Writes `text` as `minikube` does: `emoji` with a terminal, its low prefix otherwise. */
export async function step(p: Process, emoji: string, text: string, style: Style = 'item'): Promise<void> {
  const tty = p.stdout.isTTY, mark = tty ? (style === 'indent' ? `    ${emoji} ` : `${emoji}  `) : PLAIN[style];
  await (style === 'warning' || style === 'fatal' ? p.err(`${mark}${text}\n`) : p.out(`${mark}${text}\n`));
}

/** Leaves with an error that has a name: `Exiting due to REASON: …`. */
export async function exitDueTo(p: Process, reason: string, text: string, code: number, advice?: string): Promise<number> {
  await p.err('\n');
  await step(p, '❌', `Exiting due to ${reason}: ${text}`, 'fatal');
  if (advice) await step(p, '💡', `Suggestion: ${advice}`, 'warning');
  return code;
}

/** olekukonko/tablewriter as minikube sets it up: no lines above and below but of pipes and dashes. `right`: columns of numbers. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const wide = (text: string) => [...text].length + (text.includes('✅') ? 1 : 0);
  const widths = header.map((h, i) => Math.max(h.length, ...rows.map((r) => wide(r[i]!)))), line = `|${widths.map((w) => '-'.repeat(w + 2)).join('|')}|\n`;
  const middle = (text: string, width: number) => ' '.repeat(Math.ceil((width - text.length) / 2)) + text + ' '.repeat(Math.floor((width - text.length) / 2));
  const cell = (text: string, i: number) => (right.includes(i) ? ' '.repeat(widths[i]! - wide(text)) + text : text + ' '.repeat(widths[i]! - wide(text)));
  return `${line}|${header.map((h, i) => ` ${middle(h, widths[i]!)} `).join('|')}|\n${line}${rows.map((r) => `|${r.map((c, i) => ` ${cell(c, i)} `).join('|')}|\n`).join('')}${line}`;
}
