import { journal, type JournalEntry } from '../../linux/systemd.ts';
import type { Process, Program } from '../../linux/process.ts';
import type { Micros } from '../../sim/clock.ts';
import { multi, tool, Usage, type Tool } from '../coreutils/tool.ts';

/** journalctl -u UNIT: the lines that services of this machine have written. */
const journalctl = tool(async (t) => {
  t.parse({
    short: 'u:n::fexrkb::o:S:U:t:p:g:qa',
    long: { unit: 'u:', lines: 'n::', follow: 'f', 'pager-end': 'e', catalog: 'x', reverse: 'r', dmesg: 'k', boot: 'b::', output: 'o:', since: 'S:', until: 'U:', identifier: 't:', priority: 'p:', grep: 'g:', quiet: 'q', all: 'a', 'no-pager': 'no-pager', 'no-hostname': 'no-hostname' },
  });
  const { process } = t, wanted = t.all('u').map((u) => (u.includes('.') ? u : `${u}.service`));
  const since = bound(t, 'S'), until = bound(t, 'U'), pattern = t.has('g') ? new RegExp(t.get('g')!, /[A-Z]/.test(t.get('g')!) ? '' : 'i') : undefined;
  // `-n 20` in two words: the number is optional, and looks like an operand.
  const count = t.get('n') || (/^(\d+|all)$/.test(t.args[0] ?? '') ? t.args[0]! : '10');
  const format = t.get('o') ?? 'short';
  if (!['short', 'cat', 'short-iso', 'short-precise'].includes(format)) throw new Usage(`Unknown output format '${format}'.`, { hint: false });
  const seen = (e: JournalEntry) => (wanted.length === 0 || wanted.includes(e.unit)) && (since === undefined || e.at >= since) && (until === undefined || e.at <= until) && (!t.has('t') || e.identifier === t.get('t')) && (!pattern || pattern.test(e.text));
  let entries = t.has('k') ? [] : journal(process.machine).filter(seen);
  const lines = t.has('n') ? (count === 'all' ? Infinity : Number(count)) : t.has('f') ? 10 : t.has('e') ? 1000 : Infinity;
  if (Number.isNaN(lines)) throw new Usage(`Failed to parse lines '${t.get('n')}'`, { hint: false });
  entries = entries.slice(lines === 0 ? entries.length : -Math.min(lines, entries.length));
  if (t.has('r')) entries = [...entries].reverse();
  const print = (e: JournalEntry) => t.out(`${format === 'cat' ? '' : heading(process, e, format, t.has('no-hostname'))}${e.text}\n`);
  if (entries.length === 0 && !t.has('f')) await t.out('-- No entries --\n');
  for (const e of entries) await print(e);
  if (!t.has('f')) return 0;
  let last = journal(process.machine).at(-1);
  for (;;) {
    await process.sleep(250_000);
    const all = journal(process.machine), from = last === undefined ? 0 : all.lastIndexOf(last) + 1;
    for (const e of all.slice(from).filter(seen)) await print(e);
    last = all.at(-1) ?? last;
  }
});

export function heading(process: Process, e: JournalEntry, format = 'short', noHostname = false): string {
  const iso = new Date(e.at / 1000).toISOString(), month = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')[Number(iso.slice(5, 7)) - 1];
  const time = format === 'short-iso' ? `${iso.slice(0, 19)}+0000` : `${month} ${iso.slice(8, 10)} ${iso.slice(11, 19)}${format === 'short-precise' ? `.${String(e.at % 1_000_000).padStart(6, '0')}` : ''}`;
  return `${time} ${noHostname ? '' : `${process.machine.uts.hostname} `}${e.identifier}[${e.pid}]: `;
}

/** --since and --until: a time, or how long ago. */
function bound(t: Tool, option: string): Micros | undefined {
  const text = t.get(option);
  if (text === undefined) return undefined;
  const [, sign, n, unit, ago] = /^([-+]?)\s*(\d+)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)(\s+ago)?$/.exec(text) ?? [];
  if (n !== undefined && (sign || ago)) return t.process.now + (sign === '+' ? 1 : -1) * Number(n) * ({ s: 1, m: 60, h: 3600, d: 86400 } as Record<string, number>)[unit![0]!]! * 1e6;
  const today = new Date(t.process.now / 1000).toISOString().slice(0, 10);
  if (text === 'now') return t.process.now;
  if (text === 'today') return Date.parse(`${today}T00:00:00Z`) * 1000;
  const at = Date.parse(`${/^\d+:\d+/.test(text) ? `${today}T` : ''}${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(at)) throw new Usage(`Failed to parse timestamp: ${text}`, { hint: false });
  return at * 1000;
}

export const main: Program = multi({ journalctl });
