/** top(1) of procps, on a terminal and with -b. */
import { memoryOf } from '../../linux/proc.ts';
import { SECOND } from '../../sim/clock.ts';
import { strftime } from '../../shell/strftime.ts';
import { userName } from './accounts.ts';
import { fullScreen, keyOrTimeout } from './full-screen.ts';
import { cpuTime, pidOf, stateOf, visible } from './process-table.ts';
import { Fatal, tool, type Tool } from './tool.ts';

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

export const main = tool(async (t) => {
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
