/** pgrep, pkill, kill, killall, pidof: processes by name, and signals to them. */
import { SIGNALS, type Process, type Signal } from '../../linux/process.ts';
import { userName } from './accounts.ts';
import { commandLine, pidOf, visible } from './process-table.ts';
import { Fatal, multi, tool, Usage, type Tool } from './tool.ts';

function matching(t: Tool): Process[] {
  if (t.args.length === 0 && !t.has('u') && !t.has('P')) throw new Usage('no matching criteria specified');
  if (t.args.length > 1) throw new Usage('only one pattern can be provided');
  const pattern = t.args[0] ?? '';
  const regex = new RegExp(t.has('x') ? `^(?:${pattern})$` : pattern, t.has('i') ? 'i' : '');
  let found = visible(t).filter((p) => p !== t.process && regex.test(t.has('f') ? commandLine(p) : p.comm));
  if (t.has('u')) found = found.filter((p) => t.get('u')!.split(',').some((u) => u === String(p.uid) || u === userName(t.process, p.uid)));
  if (t.has('P')) found = found.filter((p) => p.parent && t.get('P')!.split(',').includes(String(pidOf(t, p.parent))));
  if (t.has('v')) found = visible(t).filter((p) => !found.includes(p) && p !== t.process);
  return t.has('n') ? found.slice(-1) : t.has('o') ? found.slice(0, 1) : found;
}

const GREP = { short: 'flaxinocvu:P:d:s:', long: { full: 'f', 'list-name': 'l', 'list-full': 'a', exact: 'x', 'ignore-case': 'i', newest: 'n', oldest: 'o', count: 'c', inverse: 'v', euid: 'u:', parent: 'P:', delimiter: 'd:', signal: 's:' } };

const pgrep = tool(async (t) => {
  t.parse(GREP);
  const found = matching(t);
  if (t.has('c')) await t.out(`${found.length}\n`);
  else if (found.length > 0) await t.out(`${found.map((p) => `${pidOf(t, p)}${t.has('a') ? ` ${commandLine(p)}` : t.has('l') ? ` ${p.comm}` : ''}`).join(t.get('d') ?? '\n')}\n`);
  return found.length > 0 ? 0 : 1;
}, 2);

export function signalOf(text: string): Signal | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '');
  if (name in SIGNALS) return name as Signal;
  return (Object.keys(SIGNALS) as Signal[]).find((s) => String(SIGNALS[s]) === text);
}

const pkill = tool(async (t) => {
  const argv = [...t.process.args];
  let signal: Signal = 'TERM';
  const at = argv.findIndex((a) => /^-(\d+|[A-Z]{2,})$/.test(a) && signalOf(a.slice(1)));
  if (at >= 0) signal = signalOf(argv.splice(at, 1)[0]!.slice(1))!;
  t.parse(GREP, argv);
  const found = matching(t);
  for (const p of found) if (permitted(t, p)) p.signal(signal);
  return found.length > 0 ? 0 : 1;
}, 2);

function permitted(t: Tool, p: Process): boolean {
  if (t.process.uid === 0 || t.process.uid === p.uid) return true;
  t.fail(`killing pid ${pidOf(t, p)} failed: Operation not permitted`);
  return false;
}

const kill = tool(async (t) => {
  let [first = '', ...rest] = t.process.args;
  let signal: Signal | undefined = 'TERM';
  if (first === '-l') return void (await t.out(`${Object.keys(SIGNALS).join(' ')}\n`));
  if (/^-/.test(first)) {
    if (first === '-s') [first = '', ...rest] = rest;
    const name = first.replace(/^-/, '');
    signal = name === '0' ? undefined : signalOf(name);
    if (!signal && name !== '0') throw new Fatal(`${name}: invalid signal specification`);
  } else rest = t.process.args;
  for (const word of rest) {
    const p = /^\d+$/.test(word) ? t.process.pids.get(Number(word)) : undefined;
    if (!p) t.fail(`(${word}): No such process`);
    else if (signal && permitted(t, p)) p.signal(signal);
  }
  return t.code;
});

const killall = tool(async (t) => {
  t.parse({ short: 'qvs:', long: { signal: 's:', quiet: 'q' } }, t.process.args.map((a) => (/^-(\d+|[A-Z]+)$/.test(a) ? `-s${a.slice(1)}` : a)));
  for (const name of t.args) {
    const found = visible(t).filter((p) => p.comm === name);
    if (found.length === 0) {
      t.code = 1;
      await t.process.err(`${name}: no process found\n`);
    }
    for (const p of found) if (permitted(t, p)) p.signal(signalOf(t.get('s') ?? 'TERM') ?? 'TERM');
  }
  return t.code;
});

const pidof = tool(async (t) => {
  t.parse({ short: 'sxo:' });
  const found = visible(t).filter((p) => t.args.includes(p.comm)).reverse();
  if (found.length === 0) return 1;
  await t.out(`${(t.has('s') ? found.slice(0, 1) : found).map((p) => pidOf(t, p)).join(' ')}\n`);
  return 0;
});

export const main = multi({ pgrep, pkill, kill, killall, pidof });
