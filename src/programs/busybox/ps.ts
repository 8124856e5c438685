import type { Program } from '../../linux/process.ts';
import { userName } from '../coreutils/accounts.ts';

/** procps/ps.c: every process of the namespace, whatever the options (a bare -o is not read). Debian's build leaves TIME out. */
export const ps: Program = (p) => {
  const time = !p.fs.exists('/etc/debian_version');
  p.out(`PID   USER     ${time ? 'TIME  ' : ''}COMMAND\n`);
  for (const q of p.pids.processes()) {
    const pid = p.pids.pidOf(q) ?? q.pid, seconds = 0;
    p.out(`${String(pid).padStart(5)} ${userName(p, q.uid).slice(0, 8).padEnd(8)} ${time ? `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')} ` : ''}${(q.argv.length > 0 ? q.argv.join(' ') : `[${q.comm}]`).slice(0, p.tty ? p.tty.cols - 22 : undefined)}\n`);
  }
  return 0;
};
