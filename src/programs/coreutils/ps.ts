/** ps(1) of procps: selections, columns of -o, forest; SysV and BSD options. */
import { memoryOf, threadsOf } from '../../linux/proc.ts';
import type { Process } from '../../linux/process.ts';
import { strftime } from '../../shell/strftime.ts';
import { groupName, userName } from './accounts.ts';
import { commandLine, cpuTime, pidOf, stateOf, visible } from './process-table.ts';
import { Fatal, tool, type Tool } from './tool.ts';

const clock = (seconds: number) => `${String(Math.floor(seconds / 3600)).padStart(2, '0')}:${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

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
const flags = (p: Process, t: Tool) => `${stateOf(p, t)}${p.pgid === p.pid ? 's' : ''}${threadsOf(p) > 1 ? 'l' : ''}${p.tty && p.tty.foreground === p.pgid ? '+' : ''}`;

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

export const main = tool(async (t) => {
  const argv = [...t.process.args];
  let all = false, noTty = false, format: 'plain' | 'full' | 'bsd' | 'jobs' = 'plain', forest = false, wide = false, header = true;
  const columns: { column: Column; header: string }[] = [], pids: number[] = [], users: string[] = [], names: string[] = [];
  let sort: string | undefined;
  const addColumns = (spec: string) => {
    for (const part of spec.split(/[,\s]+/).filter(Boolean)) {
      const [name, ...title] = part.split('=');
      const column = COLUMNS[ALIAS[name!.toLowerCase()] ?? name!.toLowerCase()];
      if (!column) throw new Fatal(`error: unknown user-defined format specifier "${name}"\n\nUsage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).`);
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
