// Finding the command, reading its flags, running it, and saying what went wrong (cobra's Find and Execute as kubectl uses them).
import { Killed } from '../../linux/process.ts';
import { which } from '../../linux/machine.ts';
import { editDistance } from '../util/edit-distance.ts';
import { Exit, KubectlError, PrintedError, explainError } from './errors.ts';
import { FlagError, Flags, HelpWanted, flagSpecs, type FlagSpec } from './flags.ts';
import { COMMANDS, GLOBAL_FLAGS, type CommandSpec } from './spec/index.ts';
import { loadCommand } from './commands/index.ts';
import type { Kubectl } from './kubectl.ts';

/** A command as it was typed. */
export interface Command {
  /** kubectl create deployment */
  path: string;
  spec: CommandSpec;
  flags: Flags;
  args: string[];
  /** How many arguments came before `--`; -1 without one. */
  dash: number;
}

export const ROOT: CommandSpec = { use: '', short: 'kubectl controls the Kubernetes cluster manager.', commands: COMMANDS };

/** Runs a command line (without argv[0]); returns the exit code. */
export async function execute(k: Kubectl, argv: string[]): Promise<number> {
  try {
    return await dispatch(k, argv);
  } catch (error) {
    if (error instanceof Killed || !(error instanceof Error)) throw error;
    if (!isExpected(error)) throw error;
    if (error instanceof PrintedError) k.out(error.printed);
    k.logError(error);
    const { text, code } = explainError(error);
    if (text) k.err(text);
    return code;
  }
}

async function dispatch(k: Kubectl, argv: string[]): Promise<number> {
  if (argv[0] === '__complete' || argv[0] === '__completeNoDesc') {
    const { complete } = await import('./complete.ts');
    return complete(k, argv.slice(1), argv[0] === '__complete');
  }
  const { path, spec, rest } = find(argv);
  // Before a word that is no command nothing may stand: it could be a plugin's (HandlePluginCommand).
  if (path.length === 0 && argv[0]?.startsWith('-') && firstWord(argv, ROOT) >= 0) throw new Exit(1, `Error: flags cannot be placed before plugin name: ${argv[0]}\n`);
  const typed = ['kubectl', ...path].join(' ');
  const flags = new Flags(specsOf(spec));
  try {
    flags.parse(rest);
  } catch (error) {
    if (error instanceof HelpWanted) {
      const { help } = await import('./help.ts');
      k.out(help(path, spec));
      return 0;
    }
    if (error instanceof FlagError) throw new KubectlError(`${error.message}\nSee '${typed} --help' for usage.`);
    throw error;
  }
  for (const line of flags.deprecations) k.err(`${line}\n`);
  if (path.length === 0) return root(k, flags);
  const missing = (spec.required ?? '').split(' ').filter((name) => name && !flags.changed(name));
  if (missing.length > 0) throw new KubectlError(`required flag(s) ${missing.map((m) => `"${m}"`).join(', ')} not set`);
  k.use(flags);
  const command: Command = { path: typed, spec, flags, args: flags.args, dash: flags.dash };
  const run = await loadCommand(k, path);
  if (!run) return group(k, command, path);
  const code = (await run(k, command)) ?? 0;
  return code;
}

/** The command's own flags first, then the global ones. */
export function specsOf(spec: CommandSpec): FlagSpec[] {
  return [...flagSpecs(spec.flags ?? ''), ...flagSpecs(GLOBAL_FLAGS)];
}

/** The deepest command that the words name (cobra's Find: flags of the root command are stepped over). */
export function find(argv: string[]): { path: string[]; spec: CommandSpec; rest: string[] } {
  const path: string[] = [];
  let spec = ROOT, rest = argv;
  for (;;) {
    const at = firstWord(rest, spec);
    const word = at < 0 ? undefined : rest[at]!;
    const next = word === undefined ? undefined : child(spec, word);
    if (!next) return { path, spec, rest };
    path.push(next[0]);
    spec = next[1];
    rest = [...rest.slice(0, at), ...rest.slice(at + 1)];
  }
}

/** The subcommand of that name or alias. */
export function child(spec: CommandSpec, word: string): [string, CommandSpec] | undefined {
  const all = spec.commands ?? {};
  if (Object.hasOwn(all, word)) return [word, all[word]!];
  return Object.entries(all).find(([, c]) => c.aliases?.split(', ').includes(word));
}

function firstWord(argv: string[], spec: CommandSpec): number {
  const flags = new Flags(specsOf(spec));
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === '--') return -1;
    if (arg.startsWith('--') && !arg.includes('=')) {
      if (flags.lookup(arg.slice(2))?.bare === undefined && arg !== '--help') i++;
    } else if (/^-[^=]$/.test(arg)) {
      if (flags.lookupShort(arg[1]!)?.bare === undefined && arg !== '-h') i++;
    } else if (!arg.startsWith('-') || arg === '-') return i;
  }
  return -1;
}

async function root(k: Kubectl, flags: Flags): Promise<number> {
  const word = flags.args[0];
  if (word === undefined) {
    const { help } = await import('./help.ts');
    k.out(help([], ROOT));
    return 0;
  }
  const plugin = await runPlugin(k);
  if (plugin !== undefined) return plugin;
  throw new KubectlError(`unknown command "${word}" for "kubectl"${suggestions(ROOT, word)}`);
}

/** Runs kubectl-<word>… from PATH, as kubectl does for words it does not know (pkg/cmd/plugin). */
async function runPlugin(k: Kubectl): Promise<number | undefined> {
  const process = k.process;
  const words: string[] = [];
  for (const arg of process.args) {
    if (arg.startsWith('-')) break;
    words.push(arg.replaceAll('-', '_'));
  }
  for (let n = words.length; n > 0; n--) {
    const exe = which(process.fs, process.env, process.cwd, `kubectl-${words.slice(0, n).join('-')}`);
    if (exe) return (await process.waitFor(process.machine.spawn({ argv: [exe, ...process.args.slice(n)], exe, parent: process }))).code;
  }
  return undefined;
}

/** Most groups of commands print their help as an error, these do not. */
const TO_STDOUT = new Set(['rollout']);

/** A command that only has subcommands. */
async function group(k: Kubectl, command: Command, path: string[]): Promise<number> {
  if (path[0] === 'alpha') {
    k.err('No alpha commands are available in this version of kubectl\n');
    return 0;
  }
  const { help } = await import('./help.ts');
  // `certificate` shows its help whatever was typed; the others take no words that are no command.
  if (command.args.length > 0 && path.join(' ') !== 'certificate') {
    const text = `unknown command ${JSON.stringify(command.args.join(' '))}\nSee '${command.path} -h' for help and examples`;
    throw new KubectlError(text);
  }
  const text = help(path, command.spec);
  if (path.join(' ') === 'certificate') {
    k.out(text);
    return 0;
  }
  if (TO_STDOUT.has(path.join(' '))) k.out(text);
  else k.err(text);
  throw new Exit(1);
}

function suggestions(spec: CommandSpec, typed: string): string {
  const names = Object.entries(spec.commands ?? {}).filter(([name, c]) => {
    if (SUGGEST[name]?.includes(typed.toLowerCase())) return true;
    return c.short !== '' && name !== 'alpha' && (editDistance(typed.toLowerCase(), name) <= 2 || name.startsWith(typed.toLowerCase()));
  });
  return names.length === 0 ? '' : `\n\nDid you mean this?\n${names.map(([name]) => `\t${name}\n`).join('')}`;
}
const SUGGEST: Record<string, string[]> = { get: ['list', 'ps'], delete: ['rm'] };

function isExpected(error: Error): boolean {
  return error.constructor !== Error && !(error instanceof TypeError) && !(error instanceof RangeError) && !(error instanceof ReferenceError) && !(error instanceof SyntaxError);
}
