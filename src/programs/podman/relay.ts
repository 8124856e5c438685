import type { Process } from '../../linux/process.ts';
import { NULL, type Stream } from '../../linux/streams.ts';
import { Tty } from '../../linux/tty.ts';
import type { PidNamespace } from '../../linux/process.ts';

/** What a process started on behalf of this one gets as its descriptors. */
export interface RelayedIo {
  tty: Tty | undefined;
  stdin: Stream;
  stdout: Stream;
  stderr: Stream;
}

/**
 * Runs a process elsewhere (another machine, a container) on this process's terminal: with `tty` it gets a terminal of its own
 * and this one's keys are handed over raw. Returns its exit code.
 */
export async function relay(p: Process, { interactive, tty, pids }: { interactive: boolean; tty: boolean; pids: PidNamespace }, start: (io: RelayedIo) => Process): Promise<number> {
  if (!tty) {
    const child = start({ tty: undefined, stdin: interactive ? p.stdin : NULL, stdout: p.stdout, stderr: p.stderr });
    const restore = [p.onSignal('INT', () => child.signal('INT')), p.onSignal('TERM', () => child.signal('TERM'))];
    const { code } = await p.waitFor(child);
    for (const r of restore) r();
    return code;
  }
  const outer = p.tty;
  const inner = new Tty(pids, { cols: outer?.cols ?? 80, rows: outer?.rows ?? 24, name: '/dev/pts/1' });
  inner.onOutput = (text) => void p.stdout.write(text, p);
  const child = start({ tty: inner, stdin: inner, stdout: inner, stderr: inner });
  inner.foreground = child.pgid;
  const resized = p.onSignal('WINCH', () => outer && inner.resize(outer.cols, outer.rows));
  const saved = outer && { canonical: outer.canonical, echo: outer.echo, signals: outer.signals };
  if (outer) Object.assign(outer, { canonical: false, echo: false, signals: false });
  const reader = p.machine.daemon({ argv: p.argv, exe: p.exe, parent: p, stdin: p.stdin, pgid: p.pgid });
  if (interactive) p.machine.run(reader, async (r) => {
    for (let keys; (keys = await p.stdin.read(r)) !== null; ) inner.input(keys);
    inner.hangup();
    return 0;
  });
  try {
    const { code } = await p.waitFor(child);
    return code;
  } finally {
    reader.signal('KILL');
    resized();
    if (outer) Object.assign(outer, saved);
    child.signal('HUP');
  }
}
