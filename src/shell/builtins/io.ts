import { ShellError } from '../errors.ts';
import { printf } from '../printf.ts';
import type { Shell } from '../shell.ts';
import { test } from '../conditional.ts';
import { write } from './echo.ts';
import type { Builtin } from './index.ts';
import { SECOND } from '../../sim/clock.ts';

/** Reads up to and without the delimiter; what follows it is given back. */
async function readUntil(shell: Shell, fd: number, delimiter: string, { limit = Infinity, raw = true, deadline }: { limit?: number; raw?: boolean; deadline?: number | undefined } = {}): Promise<{ text: string; complete: boolean; timedOut: boolean }> {
  const { process } = shell;
  const stream = process.fds.get(fd)?.stream;
  if (!stream) throw new ShellError(`read: ${fd}: invalid file descriptor: Bad file descriptor`);
  let text = '';
  for (;;) {
    const piece = deadline === undefined ? await stream.read(process) : await readBefore(shell, fd, deadline);
    if (piece === undefined) return { text, complete: false, timedOut: true };
    if (piece === null) return { text, complete: false, timedOut: false };
    for (let i = 0; i < piece.length; i++) {
      const c = piece[i]!;
      if (c === delimiter && (raw || !oddBackslashes(text))) {
        stream.unread?.(piece.slice(i + 1));
        return { text, complete: true, timedOut: false };
      }
      text += c;
      if (text.length >= limit) {
        stream.unread?.(piece.slice(i + 1));
        return { text, complete: true, timedOut: false };
      }
    }
  }
}

function oddBackslashes(text: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*\\$/.test(text);
}

/** undefined when nothing came before the deadline. */
async function readBefore(shell: Shell, fd: number, deadline: number): Promise<string | null | undefined> {
  const { process } = shell;
  const late = new Error('timeout');
  const timer = process.world.clock.after(deadline - process.now, () => process.interrupt(late), { background: true });
  try {
    return await process.stream(fd).read(process);
  } catch (error) {
    if (error === late) return undefined;
    throw error;
  } finally {
    timer.cancel();
  }
}

async function read(shell: Shell, args: string[]): Promise<number> {
  let raw = false, array: string | undefined, prompt = '', delimiter = '\n', limit = Infinity, fd = 0, silent = false, timeout: number | undefined;
  let i = 0;
  for (; i < args.length && /^-./.test(args[i]!); i++) {
    const arg = args[i]!;
    if (arg === '--') {
      i++;
      break;
    }
    for (let k = 1; k < arg.length; k++) {
      const c = arg[k]!;
      if (c === 'r') raw = true;
      else if (c === 's') silent = true;
      else if (c === 'e') continue;
      else if ('apdnNutTi'.includes(c)) {
        const value = arg.slice(k + 1) || args[++i];
        if (value === undefined) throw new ShellError(`read: -${c}: option requires an argument\n${READ_USAGE}`, { code: 2 });
        if (c === 'a') array = value;
        else if (c === 'p') prompt = value;
        else if (c === 'd') delimiter = value === '' ? '\0' : value[0]!;
        else if (c === 'n' || c === 'N') {
          limit = Number(value);
          if (c === 'N') delimiter = '\uffff';
        } else if (c === 'u') fd = Number(value);
        else if (c === 't') timeout = Number(value);
        break;
      } else throw new ShellError(`read: -${c}: invalid option\n${READ_USAGE}`, { code: 2 });
    }
  }
  const names = args.slice(i);
  for (const name of names) if (!/^[A-Za-z_]\w*(\[.*\])?$/.test(name)) throw new ShellError(`read: \`${name}': not a valid identifier`);
  const { process } = shell;
  const tty = process.fds.get(fd)?.stream.isTTY ? process.tty : undefined;
  if (prompt !== '' && tty) await process.err(prompt);
  const echo = tty?.echo;
  const canonical = tty?.canonical;
  if (tty && silent) tty.echo = false;
  if (tty && limit !== Infinity) tty.canonical = false;
  let got;
  try {
    got = await readUntil(shell, fd, delimiter, { limit, raw, deadline: timeout === undefined ? undefined : process.now + timeout * SECOND });
  } finally {
    if (tty) {
      tty.echo = echo!;
      tty.canonical = canonical!;
    }
  }
  assignRead(shell, got.text, names, { raw, array });
  return got.timedOut ? 142 : got.complete ? 0 : 1;
}

const READ_USAGE = 'read: usage: read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]';

/** Splits a line by IFS into the variables; a backslash quotes unless -r. */
function assignRead(shell: Shell, line: string, names: string[], { raw, array }: { raw: boolean; array: string | undefined }): void {
  const ifs = shell.variables.get('IFS') ?? ' \t\n';
  // quoted characters travel in the private use area so that splitting does not see them
  const chars: { c: string; quoted: boolean }[] = [];
  for (let i = 0; i < line.length; i++) {
    if (!raw && line[i] === '\\') {
      i++;
      if (i < line.length && line[i] !== '\n') chars.push({ c: line[i]!, quoted: true });
    } else chars.push({ c: line[i]!, quoted: false });
  }
  if (names.length === 0 && array === undefined) {
    shell.variables.set('REPLY', chars.map((x) => x.c).join(''));
    return;
  }
  const isIfs = (x: { c: string; quoted: boolean } | undefined) => x !== undefined && !x.quoted && ifs.includes(x.c);
  const isSpace = (x: { c: string; quoted: boolean } | undefined) => isIfs(x) && /[ \t\n]/.test(x!.c);
  const max = array === undefined ? names.length : Infinity;
  const fields: string[] = [];
  let i = 0, end = chars.length;
  while (isSpace(chars[i])) i++;
  while (end > i && isSpace(chars[end - 1])) end--;
  while (i < end) {
    if (fields.length === max - 1) {
      let rest = chars.slice(i, end);
      // one trailing delimiter that is the only one does not belong to the last field
      const delimiters = rest.filter(isIfs).length;
      if (delimiters === 1 && isIfs(rest.at(-1))) rest = rest.slice(0, -1);
      fields.push(rest.map((x) => x.c).join(''));
      break;
    }
    let field = '';
    while (i < end && !isIfs(chars[i])) field += chars[i++]!.c;
    fields.push(field);
    while (i < end && isSpace(chars[i])) i++;
    if (i < end && isIfs(chars[i]) && !isSpace(chars[i])) {
      i++;
      while (i < end && isSpace(chars[i])) i++;
    }
  }
  if (array !== undefined) shell.variables.setArray(array, fields.map((value) => ({ value })));
  else names.forEach((name, n) => {
    const element = /^(\w+)\[(.*)\]$/.exec(name);
    shell.variables.set(element?.[1] ?? name, fields[n] ?? '', { index: element?.[2] });
  });
}

async function mapfile(shell: Shell, args: string[]): Promise<number> {
  let strip = false, delimiter = '\n', count = 0, origin = 0, skip = 0, fd = 0, i = 0;
  for (; i < args.length && /^-./.test(args[i]!); i++) {
    const c = args[i]![1]!;
    if (c === 't') strip = true;
    else {
      const value = args[i]!.slice(2) || args[++i]!;
      if (c === 'd') delimiter = value === '' ? '\0' : value[0]!;
      else if (c === 'n') count = Number(value);
      else if (c === 'O') origin = Number(value);
      else if (c === 's') skip = Number(value);
      else if (c === 'u') fd = Number(value);
      else throw new ShellError(`mapfile: -${c}: invalid option`, { code: 2 });
    }
  }
  const items: { key: string; value: string }[] = [];
  for (let n = 0; count === 0 || items.length < count; n++) {
    const { text, complete } = await readUntil(shell, fd, delimiter);
    if (!complete && text === '') break;
    if (n >= skip) items.push({ key: String(origin + items.length), value: strip || !complete ? text : text + delimiter });
    if (!complete) break;
  }
  shell.variables.setArray(args[i] ?? 'MAPFILE', items);
  return 0;
}

async function testBuiltin(shell: Shell, args: string[], name: string): Promise<number> {
  if (name === '[') {
    if (args.at(-1) !== ']') throw new ShellError("[: missing `]'", { code: 2 });
    args = args.slice(0, -1);
  }
  try {
    return test(shell.process, args, shell) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    await shell.complain(`${name}: ${error.message}`);
    return 2;
  }
}

export const ioBuiltins: Record<string, Builtin> = {
  printf: async (shell, args) => {
    let variable: string | undefined;
    if (args[0] === '-v') {
      variable = args[1];
      args = args.slice(2);
    }
    if (args[0] === '--') args = args.slice(1);
    else if (/^-./.test(args[0] ?? '') && !args[0]!.includes('%') && !args[0]!.includes('\\') && args[0]!.length === 2) throw new ShellError(`printf: ${args[0]}: invalid option\nprintf: usage: printf [-v var] format [arguments]`, { code: 2 });
    if (args.length === 0) {
      await shell.process.err('printf: usage: printf [-v var] format [arguments]\n');
      return 2;
    }
    const printed = printf(args[0]!, args.slice(1), shell.process.now);
    if (variable !== undefined) {
      const element = /^(\w+)\[(.*)\]$/.exec(variable);
      shell.variables.set(element?.[1] ?? variable, printed.text, { index: element?.[2] });
    } else if ((await write(shell, printed.text, 'printf')) !== 0) return 1;
    for (const error of printed.errors) await shell.complain(`printf: ${error}`);
    return printed.code;
  },
  read,
  mapfile,
  readarray: mapfile,
  test: testBuiltin,
  '[': testBuiltin,
};

