/** procps and friends: ps, pgrep, pkill, kill, top, watch, timeout, nohup, nice. */
import { FileError } from '../../linux/files.ts';
import { SIGNALS, type Process, type Signal } from '../../linux/process.ts';
import { openPath } from '../../linux/open.ts';
import { Sink } from '../../linux/streams.ts';
import { memoryOf } from '../../linux/proc.ts';
import { SECOND } from '../../sim/clock.ts';
import { strftime } from '../../shell/strftime.ts';
import { groupName, userName } from './accounts.ts';
import { Fatal, multi, tool, Usage, type Tool } from './tool.ts';

/** The processes that /proc shows: those of the process's pid namespace. */
function visible(t: Tool): Process[] {
  return t.process.pids.processes();
}

const pidOf = (t: Tool, p: Process) => t.process.pids.pidOf(p) ?? p.pid;

function commandLine(p: Process): string {
  return p.argv.join(' ');
}

function stateOf(p: Process, t: Tool): string {
  return p.stopped ? 'T' : p === t.process ? 'R' : 'S';
}

const clock = (seconds: number) => `${String(Math.floor(seconds / 3600)).padStart(2, '0')}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** CPU time used: the model does not measure it; a daemon uses about one percent of one processor. Seconds. */
function cpuTime(p: Process): number {
  return p.hasProgram ? 0 : ((p.machine.world.clock.now - p.startedAt) / 1e6) * 0.01;
}

function elapsed(p: Process): string {
  const s = Math.floor((p.machine.world.clock.now - p.startedAt) / 1e6);
  const d = Math.floor(s / 86400), h = Math.floor((s % 86400) / 3600), m = Math.floor((s % 3600) / 60);
  return `${d > 0 ? `${d}-` : ''}${d > 0 || h > 0 ? `${String(h).padStart(2, '0')}:` : ''}${String(m).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`;
}

interface Column {
  header: string;
  right?: boolean;
  width: number;
  value(p: Process, t: Tool): string;
}

const started = (p: Process, t: Tool) => strftime(t.process.now - p.startedAt < 86400e6 ? '%H:%M' : '%b%d', p.startedAt);
const ttyOf = (p: Process) => p.tty?.name.replace('/dev/', '') ?? '?';
const flags = (p: Process, t: Tool) => `${stateOf(p, t)}${p.pgid === p.pid ? 's' : ''}${p.tty && p.tty.foreground === p.pgid ? '+' : ''}`;

const COLUMNS: Record<string, Column> = {
  pid: { header: 'PID', right: true, width: 7, value: (p, t) => String(pidOf(t, p)) },
  ppid: { header: 'PPID', right: true, width: 7, value: (p, t) => String(p.parent ? (t.process.pids.pidOf(p.parent) ?? 0) : 0) },
  pgid: { header: 'PGID', right: true, width: 7, value: (p) => String(p.pgid) },
  sid: { header: 'SID', right: true, width: 7, value: (p) => String(p.pgid) },
  user: { header: 'USER', width: 8, value: (p, t) => userName(t.process, p.uid) },
  uid: { header: 'UID', right: true, width: 5, value: (p) => String(p.uid) },
  group: { header: 'GROUP', width: 8, value: (p, t) => groupName(t.process, p.gid) },
  gid: { header: 'GID', right: true, width: 5, value: (p) => String(p.gid) },
  comm: { header: 'COMMAND', width: 15, value: (p) => p.comm },
  args: { header: 'COMMAND', width: 27, value: commandLine },
  tty: { header: 'TT', width: 8, value: ttyOf },
  stat: { header: 'STAT', width: 4, value: flags },
  s: { header: 'S', width: 1, value: stateOf },
  time: { header: 'TIME', right: true, width: 8, value: (p) => clock(cpuTime(p)) },
  etime: { header: 'ELAPSED', right: true, width: 11, value: elapsed },
  etimes: { header: 'ELAPSED', right: true, width: 7, value: (p) => String(Math.floor((p.machine.world.clock.now - p.startedAt) / 1e6)) },
  start: { header: 'STARTED', right: true, width: 8, value: (p) => strftime('%H:%M:%S', p.startedAt) },
  stime: { header: 'STIME', right: true, width: 5, value: started },
  lstart: { header: 'STARTED', right: true, width: 24, value: (p) => strftime('%a %b %e %H:%M:%S %Y', p.startedAt) },
  pcpu: { header: '%CPU', right: true, width: 4, value: (p) => (p.hasProgram ? 0 : 1).toFixed(1) },
  pmem: { header: '%MEM', right: true, width: 4, value: (p) => ((memoryOf(p).rss / 16_384_000) * 100).toFixed(1) },
  vsz: { header: 'VSZ', right: true, width: 6, value: (p) => String(memoryOf(p).vsz) },
  rss: { header: 'RSS', right: true, width: 5, value: (p) => String(memoryOf(p).rss) },
  nlwp: { header: 'NLWP', right: true, width: 4, value: (p) => (p.hasProgram ? '1' : '12') },
  ni: { header: 'NI', right: true, width: 3, value: () => '0' },
  pri: { header: 'PRI', right: true, width: 3, value: () => '19' },
  c: { header: 'C', right: true, width: 2, value: (p) => (p.hasProgram ? '0' : '1') },
};
const ALIAS: Record<string, string> = { cmd: 'args', command: 'args', ucmd: 'comm', euser: 'user', uname: 'user', ruser: 'user', state: 's', tt: 'tty', tname: 'tty', '%cpu': 'pcpu', '%mem': 'pmem', cputime: 'time', start_time: 'stime', thcount: 'nlwp', euid: 'uid', ucomm: 'comm' };

const ps = tool(async (t) => {
  const argv = [...t.process.args];
  let all = false, noTty = false, format: 'plain' | 'full' | 'bsd' | 'jobs' = 'plain', forest = false, wide = false, header = true;
  const columns: { column: Column; header: string }[] = [], pids: number[] = [], users: string[] = [], names: string[] = [];
  let sort: string | undefined;
  const addColumns = (spec: string) => {
    for (const part of spec.split(/[,\s]+/).filter(Boolean)) {
      const [name, ...title] = part.split('=');
      const column = COLUMNS[ALIAS[name!.toLowerCase()] ?? name!.toLowerCase()];
      if (!column) throw new Fatal(`error: unknown user-defined format specifier "${name}"\n\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).`.replace(/^error/, 'error'));
      columns.push({ column, header: title.length > 0 ? title.join('=') : { cmd: 'CMD', comm: 'COMMAND', command: 'COMMAND', args: 'COMMAND' }[name!.toLowerCase()] ?? column.header });
    }
    if (columns.length > 0 && columns.every((c) => c.header === '')) header = false;
  };
  for (let i = 0; i < argv.length; i++) {
    const a = argv[i]!;
    if (a.startsWith('--')) {
      const [name, value = ''] = a.slice(2).split('=');
      if (name === 'forest') forest = true;
      else if (name === 'no-headers' || name === 'no-heading' || name === 'noheaders') header = false;
      else if (name === 'sort') sort = value || argv[++i];
      else if (name === 'pid') pids.push(...(value || argv[++i] || '').split(',').map(Number));
      else if (name === 'ppid') all = true;
      else throw new Fatal(`error: unknown gnu long option\n\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).`);
    } else if (a.startsWith('-')) {
      for (let k = 1; k < a.length; k++) {
        const c = a[k]!;
        const value = () => {
          const v = a.slice(k + 1) || argv[++i] || '';
          k = a.length;
          return v;
        };
        if (c === 'e' || c === 'A') all = true;
        else if (c === 'a') noTty = all = true;
        else if (c === 'f' || c === 'F') format = 'full';
        else if (c === 'j') format = 'jobs';
        else if (c === 'o') addColumns(value());
        else if (c === 'p') pids.push(...value().split(/[, ]/).map(Number));
        else if (c === 'u' || c === 'U') users.push(...value().split(','));
        else if (c === 'C') names.push(...value().split(','));
        else if (c === 'H') forest = true;
        else if (c === 'w') wide = true;
        else if (!'lTLNydx'.includes(c)) throw new Fatal(`error: unsupported SysV option\n\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).`);
      }
    } else if (/^\d+$/.test(a)) pids.push(Number(a));
    else for (let k = 0; k < a.length; k++) {
      const c = a[k]!;
      if (c === 'a' || c === 'x') all = true;
      else if (c === 'u') format = 'bsd';
      else if (c === 'f') forest = true;
      else if (c === 'w') wide = true;
      else if (c === 'o') {
        addColumns(a.slice(k + 1) || argv[++i] || '');
        break;
      } else if (c === 'e') continue;
      else throw new Fatal('error: garbage option\n\nUsage:\n ps [options]\n\n Try \'ps --help <simple|list|output|threads|misc|all>\'\n  or \'ps --help <s|l|o|t|m|a>\'\n for additional help text.\n\nFor more details see ps(1).');
    }
  }
  let list = visible(t).filter((p) => {
    if (pids.length > 0) return pids.includes(pidOf(t, p));
    if (names.length > 0) return names.includes(p.comm);
    if (users.length > 0) return users.includes(userName(t.process, p.uid)) || users.includes(String(p.uid));
    if (noTty) return p.tty !== undefined && !p.argv[0]!.startsWith('-');
    return all || (p.tty !== undefined && p.tty === t.process.tty) || (t.process.tty === undefined && p.pgid === t.process.pgid);
  });
  if (pids.length + names.length > 0 && list.length === 0) t.code = 1;
  if (columns.length === 0) addColumns(format === 'full' ? 'user=UID,pid,ppid,c,stime,tty=TTY,time,args=CMD' : format === 'bsd' ? 'user,pid,pcpu,pmem,vsz,rss,tty=TTY,stat,stime=START,time,args=COMMAND' : format === 'jobs' ? 'pid,pgid,sid,tty=TTY,time,comm=CMD' : all && argv.some((a) => !a.startsWith('-')) ? 'pid,tty=TTY,stat,time,args=COMMAND' : 'pid,tty=TTY,time,comm=CMD');
  if (sort) {
    const descending = sort.startsWith('-'), key = sort.replace(/^[-+]/, '');
    const column = COLUMNS[ALIAS[key] ?? key];
    if (column) list = [...list].sort((a, b) => {
      const [x, y] = [column.value(a, t), column.value(b, t)];
      const c = Number.isNaN(Number(x)) ? (x < y ? -1 : 1) : Number(x) - Number(y);
      return descending ? -c : c;
    });
  }
  const depth = (p: Process): number => (p.parent && list.includes(p.parent) ? 1 + depth(p.parent) : 0);
  if (forest) {
    const ordered: Process[] = [];
    const add = (p: Process) => {
      ordered.push(p);
      for (const c of list) if (c.parent === p) add(c);
    };
    for (const p of list) if (!p.parent || !list.includes(p.parent)) add(p);
    list = ordered;
  }
  const time = (text: string) => (format === 'bsd' || (argv[0] && !argv[0].startsWith('-') && columns.some((c) => c.header === 'STAT')) ? text.replace(/^00:0?/, '') : text);
  const cell = (p: Process, c: { column: Column }) => {
    const value = c.column === COLUMNS['time'] ? time(c.column.value(p, t)) : c.column.value(p, t);
    return forest && (c.column === COLUMNS['args'] || c.column === COLUMNS['comm']) && depth(p) > 0 ? `${'    '.repeat(depth(p) - 1)} \\_ ${value}` : c.column === COLUMNS['user'] && value.length > 8 ? `${value.slice(0, 7)}+` : value;
  };
  const widths = columns.map((c) => Math.max(c.column === COLUMNS['time'] && format === 'bsd' ? 6 : c.column.width, c.header.length));
  const line = (cells: string[]) => cells.map((text, i) => (i === cells.length - 1 && !columns[i]!.column.right ? text : columns[i]!.column.right ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join(' ');
  const limit = t.process.stdout.isTTY && !wide ? (t.process.tty?.cols ?? 80) : Infinity;
  const put = (text: string) => t.out(`${text.slice(0, limit).trimEnd()}\n`);
  if (header) await put(line(columns.map((c) => c.header)));
  for (const p of list) await put(line(columns.map((c) => cell(p, c))));
  return t.code;
});

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

function signalOf(text: string): Signal | undefined {
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
    if (!signal && name !== '0') throw new Fatal(`${name}: invalid signal specification`.replace(/^/, ''));
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

function topScreen(t: Tool, rows: number): string {
  const list = visible(t);
  const up = Math.floor((t.process.now - t.process.machine.bootedAt) / 1e6);
  const load = t.find('/proc/loadavg') ? t.fs.readFile('/proc/loadavg').split(' ').slice(0, 3).join(', ') : '0.00, 0.00, 0.00';
  const meminfo = t.find('/proc/meminfo') ? t.fs.readFile('/proc/meminfo') : '';
  const mib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) / 1024;
  const f = (n: number) => n.toFixed(1).padStart(8);
  const running = list.filter((p) => p === t.process).length, stopped = list.filter((p) => p.stopped).length;
  const users = new Set(list.map((p) => p.tty).filter(Boolean)).size;
  const time = `${up >= 86400 ? `${Math.floor(up / 86400)} day${up >= 172800 ? 's' : ''}, ` : ''}${up % 86400 >= 3600 ? `${String(Math.floor((up % 86400) / 3600)).padStart(2)}:${String(Math.floor((up % 3600) / 60)).padStart(2, '0')}` : `${Math.floor((up % 3600) / 60)} min`}`;
  const lines = [
    `top - ${strftime('%H:%M:%S', t.process.now)} up ${time},  ${users} user${users === 1 ? '' : 's'},  load average: ${load}`,
    `Tasks: ${String(list.length).padStart(3)} total, ${String(running).padStart(3)} running, ${String(list.length - running - stopped).padStart(3)} sleeping, ${String(stopped).padStart(3)} stopped,   0 zombie`,
    '%Cpu(s):  1.2 us,  0.6 sy,  0.0 ni, 98.2 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st',
    `MiB Mem : ${f(mib('MemTotal'))} total, ${f(mib('MemFree'))} free, ${f(mib('MemTotal') - mib('MemAvailable'))} used, ${f(mib('Buffers') + mib('Cached'))} buff/cache`,
    `MiB Swap: ${f(mib('SwapTotal'))} total, ${f(mib('SwapFree'))} free, ${f(0)} used. ${f(mib('MemAvailable'))} avail Mem`,
    '',
    '    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND',
  ];
  for (const p of [...list].sort((a, b) => cpuTime(b) - cpuTime(a)).slice(0, rows)) {
    const m = memoryOf(p), cpu = cpuTime(p);
    lines.push(`${String(pidOf(t, p)).padStart(7)} ${userName(t.process, p.uid).slice(0, 8).padEnd(8)}  20   0 ${String(m.vsz).padStart(7)} ${String(m.rss).padStart(6)} ${String(Math.floor(m.rss * 0.6)).padStart(6)} ${stateOf(p, t)} ${(p.hasProgram ? 0 : 1).toFixed(1).padStart(5)} ${((m.rss / 16_384_000) * 100).toFixed(1).padStart(5)} ${`${Math.floor(cpu / 60)}:${(cpu % 60).toFixed(2).padStart(5, '0')}`.padStart(9)} ${p.comm}`);
  }
  return `${lines.join('\n')}\n`;
}

const top = tool(async (t) => {
  t.parse({ short: 'bn:d:p:Hico:u:' });
  const tty = t.process.stdout.isTTY ? t.process.tty : undefined;
  if (!t.has('b') && !tty) throw new Fatal('failed tty get');
  const count = t.has('n') ? Number(t.get('n')) : Infinity, delay = Number(t.get('d') ?? 3) * SECOND;
  if (t.has('b') || !tty) {
    for (let i = 0; i < count; i++) {
      if (i > 0) {
        await t.process.sleep(delay);
        await t.out('\n');
      }
      await t.out(topScreen(t, Infinity));
    }
    return;
  }
  await fullScreen(t.process, async () => {
    for (let i = 0; i < count; i++) {
      await t.out(`\x1b[H${topScreen(t, tty.rows - 8).replace(/\n/g, '\x1b[K\n')}\x1b[J`);
      const key = await keyOrTimeout(t.process, delay);
      if (key === 'q' || key === '\x03') return;
    }
  });
});

/** Raw terminal while `run` runs. */
export async function fullScreen(process: Process, run: () => Promise<void>): Promise<void> {
  const tty = process.tty!;
  tty.raw();
  tty.write('\x1b[?1049h\x1b[H\x1b[2J');
  try {
    await run();
  } finally {
    tty.cooked();
    tty.write('\x1b[?1049l');
  }
}

/** A key, or undefined after `delay` microseconds. */
export async function keyOrTimeout(process: Process, delay: number): Promise<string | null | undefined> {
  const late = new Error('timeout');
  const timer = process.world.clock.after(delay, () => process.interrupt(late), { background: true });
  try {
    return await process.stdin.read(process);
  } catch (error) {
    if (error === late) return undefined;
    throw error;
  } finally {
    timer.cancel();
  }
}

/** Starts a child with this process's streams (or others) and waits; 127 and a message when there is no such program. */
async function runChild(t: Tool, argv: string[], options: { stdout?: Process['stdout']; stderr?: Process['stderr']; stdin?: Process['stdin'] } = {}): Promise<number> {
  const child = spawn(t, argv, options);
  if (typeof child === 'number') return child;
  const { code } = await t.process.waitFor(child);
  return code;
}

function spawn(t: Tool, argv: string[], options: { stdout?: Process['stdout']; stderr?: Process['stderr']; stdin?: Process['stdin'] } = {}): Process | number {
  try {
    return t.process.machine.spawn({ argv, parent: t.process, pgid: t.process.pgid, ...options });
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    void t.process.err(`${t.name}: failed to run command '${argv[0]}': ${error.message}\n`);
    return error.errno === 'ENOENT' ? 127 : 126;
  }
}

const watch = tool(async (t) => {
  t.parse({ short: 'n:dtecgxbp', long: { interval: 'n:', differences: 'd::', 'no-title': 't', errexit: 'e', color: 'c', chgexit: 'g', exec: 'x', beep: 'b', precise: 'p' }, stopAtOperand: true });
  if (t.args.length === 0) {
    await t.process.err('Usage:\n watch [options] command\n');
    return 1;
  }
  const tty = t.process.tty;
  if (!tty) throw new Fatal('tty is needed');
  const seconds = Math.max(0.1, Number((t.get('n') ?? '2').replace(',', '.')));
  let code = 0, before: string | undefined;
  await fullScreen(t.process, async () => {
    for (;;) {
      let text = '';
      const sink = new Sink((piece) => (text += piece));
      code = await runChild(t, t.has('x') ? t.args : ['sh', '-c', t.args.join(' ')], { stdout: sink, stderr: sink });
      const left = `Every ${seconds.toFixed(1)}s: ${t.args.join(' ')}`, right = `${t.process.uts.hostname}: ${strftime('%a %b %e %H:%M:%S %Y', t.process.now)}`;
      const title = t.has('t') ? '' : `${left.slice(0, Math.max(0, tty.cols - right.length - 1)).padEnd(Math.max(0, tty.cols - right.length))}${right}\n\n`;
      const body = text.split('\n').slice(0, tty.rows - (t.has('t') ? 0 : 2)).map((l) => l.slice(0, tty.cols)).join('\n').trimEnd();
      await t.out(`\x1b[H${(title + body).replace(/\n/g, '\x1b[K\n')}\x1b[J`);
      if ((t.has('e') && code !== 0) || (t.has('g') && before !== undefined && before !== text)) return;
      before = text;
      const key = await keyOrTimeout(t.process, seconds * SECOND);
      if (key === '\x03' || key === null) return;
    }
  });
  return t.has('e') ? code : 0;
});

const timeout = tool(async (t) => {
  t.parse({ short: 's:k:v', long: { signal: 's:', 'kill-after': 'k:', 'preserve-status': '', foreground: '', verbose: 'v' }, stopAtOperand: true });
  const [limit, ...argv] = t.args;
  if (limit === undefined || argv.length === 0) throw new Usage(limit === undefined ? 'missing operand' : `missing operand after '${limit}'`, { code: 125 });
  const m = /^(\d*\.?\d+)([smhd]?)$/.exec(limit);
  if (!m) throw new Usage(`invalid time interval '${limit}'`, { code: 125 });
  const signal = signalOf(t.get('s') ?? 'TERM');
  if (!signal) throw new Usage(`'${t.get('s')}': invalid signal`, { code: 125 });
  const child = spawn(t, argv);
  if (typeof child === 'number') return child;
  let late = false;
  const unit = { '': 1, s: 1, m: 60, h: 3600, d: 86400 }[m[2]!]!;
  const duration = Number(m[1]) * unit * SECOND;
  const timers = duration === 0 ? [] : [t.process.world.clock.after(duration, () => {
    late = true;
    child.signal(signal);
  }, { background: true })];
  if (t.has('k')) timers.push(t.process.world.clock.after(duration + Number(t.get('k')!.replace(/s$/, '')) * SECOND, () => child.signal('KILL'), { background: true }));
  const status = await t.process.waitFor(child);
  for (const timer of timers) timer.cancel();
  return late && !t.has('preserve-status') ? (status.signal === 'KILL' ? 137 : 124) : status.code;
}, 125);

const nohup = tool(async (t) => {
  const argv = t.process.args[0] === '--' ? t.process.args.slice(1) : t.process.args;
  if (argv.length === 0) throw new Usage('missing operand', { code: 125 });
  t.process.ignore('HUP');
  if (t.process.stdin.isTTY) t.process.open(0, openPath(t.process, '/dev/null', 'read'), 'read');
  if (t.process.stdout.isTTY) {
    await t.process.err('nohup: ignoring input and appending output to \'nohup.out\'\n');
    t.process.open(1, openPath(t.process, 'nohup.out', 'append'), 'write');
    t.process.open(2, t.process.stdout, 'write');
  } else if (t.process.stderr.isTTY) t.process.open(2, t.process.stdout, 'write');
  return exec(t, argv);
}, 125);

async function exec(t: Tool, argv: string[]): Promise<number> {
  try {
    return await t.process.machine.exec(t.process, argv, t.process.env);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Fatal(`failed to run command '${argv[0]}': ${error.message}`, error.errno === 'ENOENT' ? 127 : 126);
  }
}

const nice = tool(async (t) => {
  t.parse({ short: 'n:', long: { adjustment: 'n:' }, stopAtOperand: true }, t.process.args.map((a) => (/^-\d+$/.test(a) ? `-n${a.slice(1)}` : a)));
  if (t.args.length === 0) return void (await t.out('0\n'));
  return exec(t, t.args);
}, 125);

const setsid = tool(async (t) => {
  t.parse({ short: 'fwc', stopAtOperand: true });
  t.process.tty = undefined;
  t.process.pgid = t.process.pid;
  return exec(t, t.args);
});

export const main = multi({ ps, pgrep, pkill, kill, killall, pidof, top, watch, timeout, nohup, nice, setsid });
