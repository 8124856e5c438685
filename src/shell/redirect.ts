import type { Redirection } from 'unbash';
import { FileError } from '../linux/files.ts';
import { openPath } from '../linux/open.ts';
import type { Process } from '../linux/process.ts';
import { OpenFile, type Stream } from '../linux/streams.ts';
import { ShellError } from './errors.ts';
import { expandString, expandWords } from './expand.ts';
import type { Shell } from './shell.ts';

/** A redirection whose words have been expanded. */
export interface Planned {
  fd: number;
  operator: string;
  /** File name, descriptor number, `-`, or the text of a here-document. */
  target: string;
  /** {name}>file: the variable that gets the number. */
  variable?: string;
}

export async function planRedirects(shell: Shell, redirects: readonly Redirection[]): Promise<Planned[]> {
  const out: Planned[] = [];
  for (const r of redirects) {
    const reads = r.operator.startsWith('<');
    const fd = r.descriptor?.type === 'FileDescriptor' ? r.descriptor.value : reads ? 0 : 1;
    const variable = r.descriptor?.type === 'FileDescriptorVariable' ? { variable: r.descriptor.name } : {};
    let target: string;
    if (r.type === 'HereDoc') target = r.delimiter?.quoted ? r.body.text : await expandString(shell, r.body.text, 'heredoc');
    else if (r.type === 'HereString') target = `${await expandString(shell, r.target?.text ?? '')}\n`;
    else {
      const words = await expandWords(shell, [r.target?.text ?? '']);
      if (words.length !== 1) throw new ShellError(`${r.target?.text ?? ''}: ambiguous redirect`);
      target = words[0]!;
    }
    out.push({ fd, operator: r.operator, target, ...variable });
  }
  return out;
}

/** Does what was planned to the descriptors of `process` (the shell's own, or a child's before it becomes a program). */
export function applyRedirects(shell: Shell, process: Process, planned: readonly Planned[]): void {
  for (const { fd: wanted, operator, target, variable } of planned) {
    let fd = wanted;
    if (variable) {
      if (target === '-') {
        process.close(Number(shell.variables.get(variable)));
        continue;
      }
      fd = 10;
      while (process.fds.has(fd)) fd++;
      shell.variables.set(variable, String(fd));
    }
    try {
      one(shell, process, fd, operator, target);
    } catch (error) {
      if (error instanceof FileError) {
        throw new ShellError(shell.personality === 'bash' ? `${target}: ${error.message}`
          : shell.personality === 'dash' ? `cannot ${operator.startsWith('<') ? 'open' : 'create'} ${target}: ${dashError(error)}`
          : `can't ${operator.startsWith('<') ? 'open' : 'create'} ${target}: ${dashError(error)}`, { code: shell.personality === 'dash' ? 2 : 1 });
      }
      throw error;
    }
  }
}

/** Does it to the shell itself while `run` runs. */
export async function withRedirects<T>(shell: Shell, redirects: readonly Redirection[], run: () => Promise<T>): Promise<T> {
  if (redirects.length === 0) return run();
  return withPlanned(shell, await planRedirects(shell, redirects), run);
}

export async function withPlanned<T>(shell: Shell, planned: Planned[], run: () => Promise<T>): Promise<T> {
  if (planned.length === 0) return run();
  const restore = save(shell.process, planned);
  try {
    applyRedirects(shell, shell.process, planned);
    return await run();
  } finally {
    restore();
  }
}

function save(process: Process, planned: readonly Planned[]): () => void {
  const fds = new Set(planned.filter((p) => p.variable === undefined).flatMap((p) => (p.operator.startsWith('&>') || (p.operator === '>&' && !/^(\d+-?|-)$/.test(p.target)) ? [1, 2] : [p.fd])));
  const old = [...fds].map((fd) => [fd, process.fds.get(fd)] as const);
  for (const [, open] of old) open?.stream.retain(open.mode);
  return () => {
    for (const [fd, open] of old) {
      process.close(fd);
      if (open) process.fds.set(fd, open);
    }
  };
}

function one(shell: Shell, process: Process, fd: number, operator: string, target: string): void {
  const write = (mode: 'write' | 'append') => openPath(process, target, mode);
  switch (operator) {
    case '<': return process.open(fd, openPath(process, target, 'read'), 'read');
    case '<>': {
      if (!process.fs.exists(target, process.cwd)) openPath(process, target, 'append');
      return process.open(fd, openPath(process, target, 'read'), 'read');
    }
    case '>':
      if (shell.options.noclobber && process.fs.find(target, process.cwd)?.kind === 'file') throw new ShellError(`${target}: cannot overwrite existing file`);
      return process.open(fd, write('write'), 'write');
    case '>|': return process.open(fd, write('write'), 'write');
    case '>>': return process.open(fd, write('append'), 'write');
    case '&>':
    case '&>>': {
      const stream = write(operator === '&>' ? 'write' : 'append');
      process.open(1, stream, 'write');
      return process.open(2, stream, 'write');
    }
    case '>&':
    case '<&': {
      if (target === '-') return process.close(fd);
      const digits = /^(\d+)(-?)$/.exec(target);
      if (!digits) {
        if (operator === '<&' || fd !== 1) throw new ShellError(`${target}: ambiguous redirect`);
        const stream: Stream = write('write');
        process.open(1, stream, 'write');
        return process.open(2, stream, 'write');
      }
      const from = process.fds.get(Number(digits[1]));
      if (!from) throw new ShellError(`${digits[1]}: Bad file descriptor`);
      if (Number(digits[1]) !== fd) process.open(fd, from.stream, from.mode);
      if (digits[2] === '-') process.close(Number(digits[1]));
      return;
    }
    case '<<':
    case '<<-':
    case '<<<': return process.open(fd, new OpenFile({ text: target }), 'read');
    default: throw new ShellError(`${operator}: redirection not supported`);
  }
}

/** dash and ash say "nonexistent directory" where open(O_CREAT) gives ENOENT. */
function dashError(error: FileError): string {
  return error.errno === 'ENOENT' ? 'No such file' : error.message;
}
