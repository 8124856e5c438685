/** sleep, date, env, printenv, whoami, id, hostname, uname, uptime, free, tty, test, echo … */
import { formatIpv4 } from '../../linux/net/addresses.ts';
import { SECOND } from '../../sim/clock.ts';
import { FileError } from '../../linux/files.ts';
import { echoText } from '../../shell/builtins/echo.ts';
import { test as evaluateTest } from '../../shell/conditional.ts';
import { ShellError } from '../../shell/errors.ts';
import { printf } from '../../shell/printf.ts';
import { strftime } from '../../shell/strftime.ts';
import { which } from '../../linux/machine.ts';
import { accounts, groups, userName } from './accounts.ts';
import { parseDate } from './date-text.ts';
import { Fatal, multi, tool, Usage } from './tool.ts';

const sleep = tool(async (t) => {
  t.parse({});
  if (t.args.length === 0) throw new Usage('missing operand');
  let total = 0;
  for (const a of t.args) {
    const m = /^(\d*\.?\d+|\d+\.?|infinity|inf)([smhd]?)$/.exec(a);
    if (!m) throw new Usage(`invalid time interval '${a}'`);
    total += m[1]!.startsWith('inf') ? 1e9 : Number(m[1]) * { '': 1, s: 1, m: 60, h: 3600, d: 86400 }[m[2]!]!;
  }
  await t.process.sleep(total * SECOND);
});

const date = tool(async (t) => {
  t.parse({ short: 'ud:r:s:RI::f:', long: { utc: 'u', universal: 'u', date: 'd:', reference: 'r:', set: 's:', 'rfc-email': 'R', 'iso-8601': 'I::', 'rfc-3339': ':' } });
  let at: number | undefined = t.process.now;
  if (t.has('d')) at = parseDate(t.get('d')!, t.process.now);
  if (at === undefined) throw new Fatal(`invalid date '${t.get('d')}'`);
  if (t.has('r')) at = t.fs.stat(t.get('r')!, t.cwd).mtime;
  if (t.has('s')) throw new Fatal('cannot set date: Operation not permitted');
  const [format] = t.args;
  if (format !== undefined && !format.startsWith('+')) throw new Usage(`invalid date '${format}'`, { hint: false });
  const iso: Record<string, string> = { '': '%F', date: '%F', hours: '%FT%H%:z', minutes: '%FT%H:%M%:z', seconds: '%FT%H:%M:%S%:z', ns: '%FT%H:%M:%S,%N%:z' };
  const f = format?.slice(1) ?? (t.has('R') ? '%a, %d %b %Y %H:%M:%S %z' : t.has('I') ? iso[t.get('I')!]! : t.has('rfc-3339') ? '%F %T%:z' : '%a %b %e %H:%M:%S %Z %Y');
  await t.out(`${strftime(f, at)}\n`);
});

const env = tool(async (t) => {
  t.parse({ short: 'iu:0C:S:', long: { 'ignore-environment': 'i', unset: 'u:', null: '0', chdir: 'C:' }, stopAtOperand: true });
  const vars = t.has('i') || t.args[0] === '-' ? {} : { ...t.process.env };
  for (const name of t.all('u')) delete vars[name];
  let args = t.args[0] === '-' ? t.args.slice(1) : t.args;
  while (args[0]?.includes('=')) {
    const at = args[0].indexOf('=');
    vars[args[0].slice(0, at)] = args[0].slice(at + 1);
    args = args.slice(1);
  }
  if (args.length === 0) {
    await t.out(Object.entries(vars).map(([k, v]) => `${k}=${v}${t.has('0') ? '\0' : '\n'}`).join(''));
    return 0;
  }
  if (t.has('C')) t.process.cwd = t.fs.realpath(t.get('C')!, t.cwd);
  try {
    return await t.process.machine.exec(t.process, args, vars, which(t.fs, vars['PATH'] ? vars : t.process.env, t.cwd, args[0]!) ?? args[0]!);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new Fatal(`'${args[0]}': ${error.message}`, error.errno === 'ENOENT' ? 127 : 126);
  }
});

const printenv = tool(async (t) => {
  t.parse({ short: '0' });
  if (t.args.length === 0) await t.out(Object.entries(t.process.env).map(([k, v]) => `${k}=${v}\n`).join(''));
  for (const name of t.args) {
    if (t.process.env[name] === undefined) t.code = 1;
    else await t.out(`${t.process.env[name]}\n`);
  }
  return t.code;
});

const whoami = tool(async (t) => {
  t.parse({});
  if (t.args.length > 0) throw new Usage(`extra operand '${t.args[0]}'`);
  const account = accounts(t.process).find((a) => a.uid === t.process.uid);
  if (!account) throw new Fatal(`cannot find name for user ID ${t.process.uid}: No such file or directory`.replace(': No such file or directory', ''));
  await t.out(`${account.name}\n`);
});

const id = tool(async (t) => {
  t.parse({ short: 'ugGnrz', long: { user: 'u', group: 'g', groups: 'G', name: 'n', real: 'r' } });
  const named = t.args[0] === undefined ? undefined : accounts(t.process).find((a) => a.name === t.args[0] || String(a.uid) === t.args[0]);
  if (t.args[0] !== undefined && !named) throw new Fatal(`'${t.args[0]}': no such user`);
  const uid = named?.uid ?? t.process.uid, gid = named?.gid ?? t.process.gid;
  const name = accounts(t.process).find((a) => a.uid === uid)?.name, all = groups(t.process);
  const group = (g: number) => all.find((x) => x.gid === g)?.name;
  const more = [gid, ...all.filter((g) => name !== undefined && g.members.includes(name) && g.gid !== gid).map((g) => g.gid)];
  const show = (n: number, text: string | undefined) => (t.has('n') ? (text ?? String(n)) : String(n));
  if (t.has('u')) await t.out(`${show(uid, name)}\n`);
  else if (t.has('g')) await t.out(`${show(gid, group(gid))}\n`);
  else if (t.has('G')) await t.out(`${more.map((g) => show(g, group(g))).join(' ')}\n`);
  else {
    const label = (n: number, text: string | undefined) => (text === undefined ? String(n) : `${n}(${text})`);
    await t.out(`uid=${label(uid, name)} gid=${label(gid, group(gid))} groups=${more.map((g) => label(g, group(g))).join(',')}\n`);
  }
});

const hostname = tool(async (t) => {
  t.parse({ short: 'sfdiIy', long: { short: 's', fqdn: 'f', long: 'f', domain: 'd', 'ip-address': 'i', 'all-ip-addresses': 'I' } });
  const name = t.process.uts.hostname;
  if (t.args[0] !== undefined) {
    if (!t.process.can('SYS_ADMIN')) throw new Fatal('you must be root to change the host name');
    t.process.uts.hostname = t.args[0];
  } else if (t.has('I') || t.has('i')) {
    const hosts = t.find('/etc/hosts') ? t.fs.readFile('/etc/hosts') : '';
    const own = t.process.net.links().filter((l) => l.kind !== 'loopback' && l.up).flatMap((l) => l.addresses).map((a) => formatIpv4(a.ip));
    const fromHosts = hosts.split('\n').map((l) => l.trim().split(/\s+/)).find((f) => f.slice(1).includes(name))?.[0];
    await t.out(t.has('I') ? `${own.join(' ')} \n` : `${fromHosts ?? own[0] ?? '127.0.1.1'}\n`);
  } else if (t.has('s')) await t.out(`${name.split('.')[0]}\n`);
  else if (t.has('d')) await t.out(`${name.split('.').slice(1).join('.')}\n`);
  else await t.out(`${name}\n`);
});

const uname = tool(async (t) => {
  t.parse({ short: 'asnrvmpio', long: { all: 'a', 'kernel-name': 's', nodename: 'n', 'kernel-release': 'r', 'kernel-version': 'v', machine: 'm', processor: 'p', 'hardware-platform': 'i', 'operating-system': 'o' } });
  if (t.args.length > 0) throw new Usage(`extra operand '${t.args[0]}'`);
  const { release, version, arch } = t.process.machine.kernel;
  const parts: [string, string][] = [['s', 'Linux'], ['n', t.process.uts.hostname], ['r', release], ['v', version], ['m', arch], ['o', 'GNU/Linux']];
  const wanted = t.has('a') ? parts : t.options.size === 0 ? parts.slice(0, 1) : [...parts.slice(0, 5), ...(t.has('p') ? [['p', 'unknown'] as [string, string]] : []), ...(t.has('i') ? [['i', 'unknown'] as [string, string]] : []), parts[5]!].filter(([o]) => t.has(o));
  await t.out(`${wanted.map(([, v]) => v).join(' ')}\n`);
});

const arch = tool((t) => t.out(`${t.process.machine.kernel.arch}\n`) as void);
const nproc = tool((t) => {
  const cpus = t.find('/proc/cpuinfo') ? t.fs.readFile('/proc/cpuinfo').match(/^processor\s*:/gm)?.length : undefined;
  return t.out(`${cpus ?? 4}\n`) as void;
});

const uptime = tool(async (t) => {
  t.parse({ short: 'ps', long: { pretty: 'p', since: 's' } });
  const up = Math.floor((t.process.now - t.process.machine.bootedAt) / 1e6);
  if (t.has('s')) return void (await t.out(`${strftime('%Y-%m-%d %H:%M:%S', t.process.machine.bootedAt)}\n`));
  const days = Math.floor(up / 86400), hours = Math.floor((up % 86400) / 3600), minutes = Math.floor((up % 3600) / 60);
  if (t.has('p')) {
    const parts = [[days, 'day'], [hours, 'hour'], [minutes, 'minute']] as const;
    return void (await t.out(`up ${parts.filter(([n]) => n > 0).map(([n, w]) => `${n} ${w}${n === 1 ? '' : 's'}`).join(', ') || '0 minutes'}\n`));
  }
  const users = new Set(t.process.machine.pids.processes().map((p) => p.tty).filter(Boolean)).size;
  const load = t.find('/proc/loadavg') ? t.fs.readFile('/proc/loadavg').split(' ').slice(0, 3).join(', ') : '0.00, 0.00, 0.00';
  await t.out(` ${strftime('%H:%M:%S', t.process.now)} up ${days > 0 ? `${days} day${days > 1 ? 's' : ''}, ` : ''}${hours > 0 ? `${String(hours).padStart(2)}:${String(minutes).padStart(2, '0')}` : `${minutes} min`},  ${users} user${users === 1 ? '' : 's'},  load average: ${load}\n`);
});

const free = tool(async (t) => {
  t.parse({ short: 'bkmghtws:c:', long: { bytes: 'b', kibi: 'k', mebi: 'm', gibi: 'g', human: 'h', total: 't', wide: 'w' } });
  const text = t.fs.readFile('/proc/meminfo');
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const show = (n: number) => {
    if (t.has('h')) {
      for (const [unit, div] of [['Gi', 1048576], ['Mi', 1024]] as const) if (n >= div) return `${n / div >= 10 ? Math.round(n / div) : (n / div).toFixed(1)}${unit}`;
      return n === 0 ? '0B' : `${n}Ki`;
    }
    return String(t.has('b') ? n * 1024 : t.has('m') ? Math.floor(n / 1024) : t.has('g') ? Math.floor(n / 1048576) : n);
  };
  const total = kb('MemTotal'), freeKb = kb('MemFree'), cache = kb('Buffers') + kb('Cached') + kb('SReclaimable'), available = kb('MemAvailable');
  const row = (name: string, values: number[]) => `${name.padEnd(7)}${values.map((v) => show(v).padStart(12)).join('').replace(/^ /, ' ')}\n`;
  await t.out(`               total        used        free      shared  buff/cache   available\n${row('Mem:', [total, total - available, freeKb, kb('Shmem'), cache, available]).replace(/^Mem: {3}/, 'Mem:    ')}${row('Swap:', [kb('SwapTotal'), kb('SwapTotal') - kb('SwapFree'), kb('SwapFree')]).replace(/^Swap: {2}/, 'Swap:   ')}`);
});

const tty = tool(async (t) => {
  await t.out(t.process.stdin.isTTY ? `${t.process.tty?.name}\n` : 'not a tty\n');
  return t.process.stdin.isTTY ? 0 : 1;
});

const testTool = tool(async (t) => {
  let args = t.process.args;
  if (t.name === '[') {
    if (args.at(-1) !== ']') throw new Fatal("missing ']'", 2);
    args = args.slice(0, -1);
  }
  try {
    return evaluateTest(t.process, args) ? 0 : 1;
  } catch (error) {
    if (error instanceof ShellError) throw new Fatal(error.message, 2);
    throw error;
  }
});

const printfTool = tool(async (t) => {
  const [format, ...args] = t.process.args[0] === '--' ? t.process.args.slice(1) : t.process.args;
  if (format === undefined) throw new Usage('missing operand');
  const printed = printf(format, args, t.process.now);
  await t.out(printed.text);
  for (const error of printed.errors) await t.process.err(`printf: ${error}\n`);
  return printed.code;
});

const whichTool = tool(async (t) => {
  t.parse({ short: 'as' });
  for (const name of t.args) {
    const found: string[] = [];
    for (const dir of name.includes('/') ? [''] : (t.process.env['PATH'] ?? '').split(':')) {
      const path = dir === '' ? name : `${dir}/${name}`, inode = t.find(path);
      if (inode?.kind === 'file' && inode.mode & 0o111) found.push(path);
    }
    if (found.length === 0) t.code = 1;
    await t.out((t.has('a') ? found : found.slice(0, 1)).map((f) => `${f}\n`).join(''));
  }
  return t.code;
});

const users = tool(async (t) => {
  const on = t.process.machine.pids.processes().filter((p) => p.tty && p.argv[0]!.startsWith('-'));
  if (t.name === 'users') return void (await t.out(`${on.map((p) => userName(t.process, p.uid)).join(' ')}\n`));
  await t.out(on.map((p) => `${userName(t.process, p.uid).padEnd(8)} ${p.tty!.name.replace('/dev/', '').padEnd(12)} ${strftime('%Y-%m-%d %H:%M', p.startedAt)}\n`).join(''));
});

export const main = multi({
  sleep, date, env, printenv, whoami, id, hostname, uname, arch, nproc, uptime, free, tty, test: testTool, '[': testTool, printf: printfTool, which: whichTool, who: users, users,
  echo: tool(async (t) => void (await t.out(echoText(t.process.args)))),
  pwd: tool(async (t) => void (await t.out(`${t.cwd}\n`))),
  true: () => 0,
  false: () => 1,
  sync: () => 0,
  logname: tool(async (t) => void (await t.out(`${t.process.env['LOGNAME'] ?? userName(t.process, t.process.uid)}\n`))),
  groups: tool(async (t) => void (await t.out(`${groups(t.process).filter((g) => g.gid === t.process.gid || g.members.includes(userName(t.process, t.process.uid))).map((g) => g.name).join(' ')}\n`))),
});
