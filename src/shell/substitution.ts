import { openPath } from '../linux/open.ts';
import { Pipe, Sink } from '../linux/streams.ts';
import { runScript, runSubshell } from './script.ts';
import { expandWords } from './expand.ts';
import { exitCode } from './jobs.ts';
import type { Shell } from './shell.ts';

/** $(…): what a subshell prints, without the newlines at its end. */
export async function commandSubstitution(shell: Shell, source: string): Promise<string> {
  const { process } = shell;
  const file = /^\s*<\s*([^\s<>;&|()]+)\s*$/.exec(source);
  if (file) return trim(await readFile(shell, file[1]!));
  let text = '', open = true;
  let wake = () => {};
  const sink = new Sink((piece) => (text += piece), () => {
    open = false;
    wake();
  });
  const at = { source: shell.source, position: shell.position, line: shell.line };
  const child = process.machine.fork(process, (p) => runSubshell(shell, p, async (sub) => {
    sub.firstLine = at.line - 1;
    if (!shell.shopts.inherit_errexit) sub.options.errexit = false;
    return runScript(sub, source);
  }), { pgid: process.pgid, prepare: (p) => p.open(1, sink, 'write') });
  if (open) await process.wait<void>((resume) => void (wake = resume));
  await process.waitFor(child);
  shell.status = shell.substitutionStatus = exitCode(child);
  return trim(text);
}

/** <(…) and >(…): a pipe to a subshell, named /dev/fd/N. */
export async function processSubstitution(shell: Shell, source: string, operator: string): Promise<string> {
  const { process } = shell;
  const pipe = new Pipe();
  let fd = 63;
  while (process.fds.has(fd)) fd--;
  const child = process.machine.fork(process, (p) => runSubshell(shell, p, (sub) => runScript(sub, source)), {
    pgid: process.pgid, prepare: (p) => p.open(operator === '<' ? 1 : 0, pipe, operator === '<' ? 'write' : 'read'),
  });
  shell.lastBackground = String(child.nspid);
  process.open(fd, pipe, operator === '<' ? 'read' : 'write');
  shell.temporary.push(() => process.close(fd));
  return `/dev/fd/${fd}`;
}

async function readFile(shell: Shell, word: string): Promise<string> {
  const [path = ''] = await expandWords(shell, [word]);
  try {
    let text = '';
    const stream = openPath(shell.process, path, 'read');
    for (let piece; (piece = await stream.read(shell.process)) !== null; ) text += piece;
    shell.status = shell.substitutionStatus = 0;
    return text;
  } catch (error) {
    if (!(error instanceof Error) || !('errno' in error)) throw error;
    await shell.complain(`${path}: ${error.message}`);
    shell.status = shell.substitutionStatus = 1;
    return '';
  }
}

function trim(text: string): string {
  return text.replaceAll('\0', '').replace(/\n+$/, '');
}

