/** Simple commands: assignments, functions, builtins, programs. */
import type { Assignment, Command, Redirection } from 'unbash';
import { FileError } from '../linux/files.ts';
import { which } from '../linux/machine.ts';
import type { Process } from '../linux/process.ts';
import { builtinFor, type Builtin } from './builtins/index.ts';
import { Exit, Return, ShellError } from './errors.ts';
import { BUILTIN, FORK_EXEC } from './cost.ts';
import { commandNode, list, release } from './execute.ts';
import { foreground, textOf } from './pipeline.ts';
import { runScript } from './script.ts';
import { expandString, expandWords } from './expand.ts';
import { subscript } from './parameter.ts';
import { traceQuote } from './quote.ts';
import { applyRedirects, planRedirects, withPlanned, type Planned } from './redirect.ts';
import type { FunctionDefinition, Shell } from './shell.ts';
import { parse } from './syntax.ts';
import { ReadonlyError, type Variable } from './variables.ts';

/** An argument as builtins see it: a word, or NAME=VALUE of `declare` and its like, arrays included. */
export type Argument = string | DeclaredAssignment;
export interface DeclaredAssignment {
  name: string;
  value: string | { key?: string; value: string; append?: boolean }[];
  append: boolean;
  index?: string;
}

export async function simpleCommand(shell: Shell, command: Command): Promise<number> {
  shell.position = command.pos;
  const inPlace = shell.execLast;
  shell.execLast = false;
  try {
    return await run(shell, command, inPlace);
  } finally {
    if (shell.temporary.length > 0) release(shell);
  }
}

const DECLARES = new Set(['declare', 'typeset', 'local', 'export', 'readonly']);

async function run(shell: Shell, command: Command, inPlace: boolean): Promise<number> {
  const aliased = alias(shell, command);
  if (aliased !== undefined) {
    const { script, problem } = parse(aliased);
    if (!problem) {
      const saved = { source: shell.source, position: shell.position, aliasing: shell.aliasing };
      shell.source = aliased;
      shell.aliasing = new Set([...(shell.aliasing ?? []), command.name!.text]);
      try {
        return await list(shell, script.commands);
      } finally {
        Object.assign(shell, saved);
      }
    }
    return runScript(shell, aliased);
  }
  shell.substitutionStatus = undefined;
  const assignments = command.prefix.filter((x): x is Assignment => x.type === 'Assignment');
  const declares = command.name !== undefined && DECLARES.has(command.name.text);
  const first = command.name ? await expandWords(shell, [command.name.text]) : [];
  const words: string[] = [...first];
  const args: Argument[] = [];
  for (const argument of command.args) {
    if (argument.type === 'Assignment' && declares) args.push(await declared(shell, argument));
    else {
      const expanded = await expandWords(shell, [argument.text]);
      words.push(...expanded);
      args.push(...expanded);
    }
  }
  const allArgs: Argument[] = [...words.slice(0, first.length), ...args];
  if (first.length === 0 && words.length === 0) return assign(shell, assignments, command.redirects);
  const name = words[0]!;
  const planned = await tryPlan(shell, command.redirects);
  if (!planned) return 1;
  if (shell.options.xtrace) await trace(shell, assignments, allArgs);

  const definition = shell.functions.get(name);
  const builtin = definition ? undefined : builtinFor(shell, name);
  if (definition || builtin) {
    const restore = await temporaryAssignments(shell, assignments);
    try {
      await shell.process.sleep(BUILTIN);
      if (name === 'exec' && builtin) return await execBuiltin(shell, words, planned);
      return await withPlanned(shell, planned, () => (definition ? callFunction(shell, name, definition, words.slice(1)) : callBuiltin(shell, builtin!, name, allArgs.slice(1))));
    } catch (error) {
      if (!(error instanceof ShellError) || error.fatal) throw error;
      await shell.complain(error.message);
      return error.code;
    } finally {
      restore();
      shell.lastArgument = words.at(-1)!;
    }
  }
  shell.lastArgument = words.at(-1)!;
  const env = { ...shell.environment() };
  for (const a of assignments) env[a.name] = await assignedText(shell, a);
  env['_'] = name;
  if (inPlace && shell.traps.size === 0) {
    const failed = redirect(shell, shell.process, planned);
    if (failed !== undefined) return failed;
    return execute(shell, shell.process, words, env);
  }
  const { process } = shell;
  const child = process.machine.fork(process, async (c) => {
    await c.sleep(FORK_EXEC);
    const failed = redirect(shell, c, planned);
    return failed ?? execute(shell, c, words, env);
  }, { pgid: shell.options.monitor ? 'own' : process.pgid });
  return foreground(shell, [child], textOf(shell, command));
}

/** The text that an alias makes of the command; undefined when its name is none. */
function alias(shell: Shell, command: Command): string | undefined {
  if (shell.aliases.size === 0 || !command.name || !(shell.shopts.expand_aliases || shell.personality !== 'bash')) return undefined;
  const value = shell.aliases.get(command.name.text);
  if (value === undefined || shell.aliasing?.has(command.name.text)) return undefined;
  const text = shell.source.slice(command.pos, command.end);
  const at = command.name.pos - command.pos;
  return text.slice(0, at) + value + text.slice(at + command.name.text.length);
}

async function tryPlan(shell: Shell, redirects: readonly Redirection[]): Promise<Planned[] | undefined> {
  if (redirects.length === 0) return [];
  try {
    return await planRedirects(shell, redirects);
  } catch (error) {
    if (!(error instanceof ShellError) || error.fatal) throw error;
    await shell.complain(error.message);
    return undefined;
  }
}

/** Redirects `process`; the exit code when that fails. */
function redirect(shell: Shell, process: Process, planned: Planned[]): number | undefined {
  try {
    applyRedirects(shell, process, planned);
    return undefined;
  } catch (error) {
    if (!(error instanceof ShellError)) throw error;
    if (process.fds.has(2)) void process.err(`${shell.prefix()}${error.message}\n`);
    return error.code;
  }
}

/** execve in `process`, with the shell's words for what goes wrong. Returns the program's exit code. */
export async function execute(shell: Shell, process: Process, words: string[], env: Record<string, string>): Promise<number> {
  const name = words[0]!;
  const complain = async (message: string, code: number) => {
    if (process.fds.has(2)) await process.err(`${shell.prefix()}${message}\n`);
    return code;
  };
  const path = commandPath(shell, name, env['PATH'] === shell.variables.get('PATH') ? undefined : env);
  if (path === undefined) {
    const handler = shell.functions.get('command_not_found_handle');
    if (handler && shell.personality === 'bash') return callFunction(shell.fork(process), 'command_not_found_handle', handler, words);
    return complain(shell.personality === 'bash' ? `${name}: command not found` : `${name}: not found`, 127);
  }
  try {
    return await process.machine.exec(process, words, env, path);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const bash = shell.personality === 'bash';
    if (error.errno === 'ENOENT') {
      if (process.fs.exists(path, process.cwd)) return complain(bash ? `${name}: cannot execute: required file not found` : `${name}: not found`, 127);
      return complain(bash ? `${name}: ${name.includes('/') ? 'No such file or directory' : 'command not found'}` : `${name}: not found`, 127);
    }
    if (process.fs.find(path, process.cwd)?.kind === 'dir') return complain(bash ? `${name}: Is a directory` : `${name}: Permission denied`, 126);
    if (error.errno !== 'ENOEXEC') return complain(`${name}: ${error.message}`, 126);
    // a script without #!: this shell runs it
    const script = shell.fork(process);
    Object.assign(script, { interactive: false, wasInteractive: false, name: path, messages: path, firstLine: 0, positional: words.slice(1), subshell: 0, fromArgument: false });
    try {
      return await runScript(script, process.fs.readFile(path, process.cwd));
    } catch (e) {
      if (e instanceof Exit) return e.code;
      throw e;
    }
  }
}

/** Where the command is; `hash` remembers it. */
function commandPath(shell: Shell, name: string, env?: Record<string, string>): string | undefined {
  const { fs, cwd } = shell.process;
  if (name.includes('/')) return name;
  if (name === '') return undefined;
  const known = env ? undefined : shell.hash.get(name);
  if (known && fs.find(known.path)?.kind === 'file') {
    known.hits++;
    return known.path;
  }
  const path = which(fs, env ?? { PATH: shell.variables.get('PATH') ?? '' }, cwd, name);
  if (path && !env) shell.hash.set(name, { path, hits: 1 });
  return path;
}

async function callFunction(shell: Shell, name: string, { node, source }: FunctionDefinition, args: string[]): Promise<number> {
  if (shell.functionStack.length > 1000) throw new ShellError(`${name}: maximum function nesting level exceeded (1000)`);
  const saved = { positional: shell.positional, source: shell.source, position: shell.position, firstLine: shell.firstLine, loopDepth: shell.loopDepth, messages: shell.messages };
  shell.variables.push();
  shell.functionStack.push(name);
  shell.variables.setArray('FUNCNAME', [...shell.functionStack].reverse().map((value) => ({ value })));
  // bash names the place of a function that `bash -c` defined "environment"
  Object.assign(shell, { positional: args, source, loopDepth: 0, ...(shell.fromArgument && shell.personality === 'bash' ? { messages: 'environment' } : {}) });
  try {
    return await (node.body.type === 'CompoundList' ? list(shell, node.body.commands) : commandNode(shell, node.body));
  } catch (error) {
    if (error instanceof Return) return error.code;
    throw error;
  } finally {
    shell.functionStack.pop();
    shell.variables.pop();
    if (shell.functionStack.length === 0) shell.variables.unset('FUNCNAME');
    else shell.variables.setArray('FUNCNAME', [...shell.functionStack].reverse().map((value) => ({ value })));
    Object.assign(shell, saved);
    const trap = shell.traps.get('RETURN');
    if (trap) await runScript(shell, trap);
  }
}

async function callBuiltin(shell: Shell, builtin: Builtin, name: string, args: Argument[]): Promise<number> {
  return builtin(shell, args.map((a) => (typeof a === 'string' ? a : `${a.name}=${typeof a.value === 'string' ? a.value : ''}`)), name, args);
}

/** `exec`: with words it becomes the program, without them its redirections stay. */
async function execBuiltin(shell: Shell, words: string[], planned: Planned[]): Promise<number> {
  applyRedirects(shell, shell.process, planned);
  let args = words.slice(1), argv0: string | undefined, clean = false;
  while (args[0]?.startsWith('-') && args[0] !== '-') {
    const option = args.shift()!;
    if (option === '--') break;
    if (option === '-a') argv0 = args.shift();
    else if (option === '-c') clean = true;
    else if (option === '-l') argv0 = `-${args[0]}`;
    else throw new ShellError(`exec: ${option}: invalid option\nexec: usage: exec [-cl] [-a name] [command [argument ...]] [redirection ...]`, { code: 2 });
  }
  if (args.length === 0) return 0;
  const path = commandPath(shell, args[0]!);
  if (path === undefined || !shell.process.fs.exists(path, shell.process.cwd)) {
    await shell.complain(`exec: ${args[0]}: ${args[0]!.includes('/') ? 'cannot execute: No such file or directory' : 'not found'}`);
    if (shell.interactive) return 127;
    throw new Exit(127);
  }
  if (argv0 !== undefined) args = [argv0, ...args.slice(1)];
  const env = clean ? {} : shell.environment();
  let code: number;
  try {
    code = await shell.process.machine.exec(shell.process, args, env, path);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    await shell.complain(`${args[0]}: ${error.errno === 'EACCES' && shell.process.fs.find(path, shell.process.cwd)?.kind === 'dir' ? 'Is a directory' : error.message}`);
    code = 126;
    if (shell.interactive) return code;
  }
  shell.traps.clear();
  throw new Exit(code);
}

async function assign(shell: Shell, assignments: Assignment[], redirects: readonly Redirection[]): Promise<number> {
  await shell.process.sleep(BUILTIN);
  for (const a of assignments) {
    if (shell.options.xtrace) await trace(shell, [a], []);
    await assignOne(shell, a);
  }
  if (redirects.length > 0) await withPlanned(shell, await planRedirects(shell, redirects), async () => {});
  return shell.substitutionStatus ?? 0;
}

async function assignOne(shell: Shell, a: Assignment, local = false): Promise<void> {
  const d = await declared(shell, a);
  applyAssignment(shell, d, { local });
  if (shell.options.allexport) shell.variables.make(a.name).exported = true;
}

export function applyAssignment(shell: Shell, d: DeclaredAssignment, { local = false } = {}): void {
  if (typeof d.value !== 'string') shell.variables.setArray(d.name, d.value, { append: d.append, local });
  else shell.variables.set(d.name, d.value, { append: d.append, index: d.index, local });
  if (d.name === 'PATH') shell.hash.clear();
}

async function declared(shell: Shell, a: Assignment): Promise<DeclaredAssignment> {
  const append = a.append ?? false;
  const value = a.value as Assignment['value'] | undefined;
  if (value?.type !== 'ArrayValue') {
    const index = a.index ? { index: await subscript(shell, a.name, a.index.text) } : {};
    return { name: a.name, value: value ? await expandString(shell, value.text) : '', append, ...index };
  }
  const items: { key?: string; value: string; append?: boolean }[] = [];
  for (const element of value.elements) {
    const keyed = /^\[((?:[^\][]|\[[^\]]*\])*)\](\+?)=([\s\S]*)$/.exec(element.text);
    if (keyed) items.push({ key: await expandString(shell, keyed[1]!), value: await expandString(shell, keyed[3]!), append: keyed[2] === '+' });
    else for (const word of await expandWords(shell, [element.text])) items.push({ value: word });
  }
  return { name: a.name, value: items, append };
}

async function assignedText(shell: Shell, a: Assignment): Promise<string> {
  const text = a.value && a.value.type !== 'ArrayValue' ? await expandString(shell, a.value.text) : '';
  return a.append ? (shell.variables.get(a.name) ?? '') + text : text;
}

/** NAME=value before a builtin or a function: there while it runs. */
async function temporaryAssignments(shell: Shell, assignments: Assignment[]): Promise<() => void> {
  if (assignments.length === 0) return () => {};
  const undo: (() => void)[] = [];
  for (const a of assignments) {
    const text = await assignedText(shell, a);
    const v = shell.variables.make(a.name);
    if (v.readonly) throw new ReadonlyError(a.name);
    const old: Variable = { ...v };
    for (const key of Object.keys(v)) delete v[key as keyof Variable];
    Object.assign(v, { ...old, array: undefined, assoc: undefined, value: text, exported: true });
    undo.push(() => {
      for (const key of Object.keys(v)) delete v[key as keyof Variable];
      Object.assign(v, old);
      if (Object.keys(old).length === 0) shell.variables.unset(a.name);
    });
  }
  return () => undo.reverse().forEach((u) => u());
}

async function trace(shell: Shell, assignments: Assignment[], args: Argument[]): Promise<void> {
  const ps4 = await expandString(shell, shell.variables.get('PS4') ?? '+ ', 'double');
  const first = ps4.slice(0, 1).repeat(shell.subshell > 0 ? 1 : 1) + ps4.slice(1);
  const words: string[] = [];
  for (const a of assignments) {
    const d = await declared(shell, a);
    words.push(`${a.name}${a.append ? '+' : ''}=${typeof d.value === 'string' ? (d.value === '' ? '' : traceQuote(d.value)) : `(${d.value.map((i) => traceQuote(i.value)).join(' ')})`}`);
  }
  for (const a of args) words.push(typeof a === 'string' ? traceQuote(a) : `${a.name}=${typeof a.value === 'string' ? traceQuote(a.value) : `(${a.value.map((i) => traceQuote(i.value)).join(' ')})`}`);
  if (shell.process.fds.has(2)) await shell.process.err(`${first}${words.join(' ')}\n`);
}
