// Usage texts: the layout of kubectl's templates (pkg/util/templates), from the command table.
import type { Command } from './cli.ts';
import { ROOT, child } from './cli.ts';
import { flagSpecs, type FlagSpec } from './flags.ts';
import { FLAG_TEXTS } from './flag-texts.ts';
import type { Kubectl } from './kubectl.ts';
import { GLOBAL_FLAGS, type CommandSpec } from './spec/index.ts';

/** What `kubectl PATH --help` prints. */
export function help(path: string[], spec: CommandSpec): string {
  const sentence = path.length === 0 ? `${spec.short}\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/` : `${spec.short}${spec.short.endsWith('.') ? '' : '.'}`;
  return `${sentence}\n\n${usage(path, spec)}`;
}

/** What `kubectl PATH --help` prints, of a path of words that are commands: `kubectl config set`. */
export function helpOf(path: string): string {
  const words = path.split(' ').slice(1);
  return help(words, words.reduce((spec, word) => child(spec, word)![1], ROOT));
}

/** The same without the sentence at the beginning. */
export function usage(path: string[], spec: CommandSpec): string {
  const full = ['kubectl', ...path].join(' ');
  let out = '';
  if (spec.aliases) out += `Aliases:\n${spec.aliases}\n\n`;
  const width = Math.max(11, ...Object.keys(spec.commands ?? {}).map((name) => name.length)) + 3;
  for (const [title, commands] of groups(path, spec)) {
    out += `${title}:\n${commands.map(([name, c]) => `  ${name.padEnd(width)}${c.short}`).join('\n')}\n\n`;
  }
  const flags = flagSpecs(spec.flags ?? '').filter((f) => !f.hidden && !(path[0] === 'run' && RUN_HIDDEN.has(f.name)));
  if (flags.length > 0) out += `Options:\n${flags.sort((a, b) => (a.name < b.name ? -1 : 1)).map((f) => option(f, path)).join('\n\n')}\n\n`;
  out += `Usage:\n  ${path.length === 0 ? 'kubectl [flags]' : `kubectl ${spec.use}`} [options]\n\n`;
  if (spec.commands) out += `Use "${full} <command> --help" for more information about a given command.\n`;
  return `${out}Use "kubectl options" for a list of global command-line options (applies to all commands).\n`;
}

const RUN_HIDDEN = new Set(['cascade', 'filename', 'force', 'grace-period', 'kustomize', 'recursive', 'timeout', 'wait']);

function groups(path: string[], spec: CommandSpec): [string, [string, CommandSpec][]][] {
  const all = Object.entries(spec.commands ?? {}).filter(([name]) => path.length > 0 || !['alpha', 'options', 'help'].includes(name));
  if (all.length === 0) return [];
  if (path.length > 0) return [['Available Commands', all.sort(([a], [b]) => (a < b ? -1 : 1))]];
  const out = new Map<string, [string, CommandSpec][]>();
  for (const entry of all) out.set(entry[1].group ?? '', [...(out.get(entry[1].group ?? '') ?? []), entry]);
  return [...out];
}

function option(flag: FlagSpec, path: string[]): string {
  const shown = flag.type === 'bool' || flag.type === 'int' || flag.type === 'duration' ? flag.fallback : flag.type === 'string' ? `'${flag.fallback}'` : '[]';
  return `    ${flag.short ? `-${flag.short}, ` : ''}--${flag.name}=${shown}:\n\t${FLAG_TEXTS[`${path.join(' ')} ${flag.name}`] ?? FLAG_TEXTS[flag.name] ?? ''}`.trimEnd();
}

/** kubectl options */
export async function options(k: Kubectl): Promise<void> {
  k.out(`The following options can be passed to any command:\n\n${flagSpecs(GLOBAL_FLAGS).map((f) => option(f, [])).join('\n\n')}\n`);
}

/** kubectl help COMMAND */
export async function run(k: Kubectl, { args }: Command): Promise<void> {
  let spec = ROOT;
  const path: string[] = [];
  for (const word of args) {
    const next = child(spec, word);
    if (!next) {
      k.err(`Unknown help topic [${args.map((a) => `\`${a}\``).join(' ')}]\n`);
      k.err(usage([], ROOT).replace(/^/, '\n\n'));
      return;
    }
    path.push(next[0]);
    spec = next[1];
  }
  k.out(help(path, spec));
}
