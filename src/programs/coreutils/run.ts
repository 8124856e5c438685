/** Programs that run another program: watch, timeout, nohup, nice, setsid. */
import { FileError } from '../../linux/files.ts';
import { openPath } from '../../linux/open.ts';
import type { Process } from '../../linux/process.ts';
import { Sink } from '../../linux/streams.ts';
import { SECOND } from '../../sim/clock.ts';
import { strftime } from '../../shell/strftime.ts';
import { fullScreen, keyOrTimeout } from './full-screen.ts';
import { signalOf } from './signals.ts';
import { Fatal, multi, tool, Usage, type Tool } from './tool.ts';

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

export const main = multi({ watch, timeout, nohup, nice, setsid });
