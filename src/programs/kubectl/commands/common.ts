// What many commands share: flags of builders, dry runs, validation, the last-applied annotation.
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError, usageError } from '../errors.ts';
import type { BuilderOptions } from '../factory/builder.ts';
import type { Flags } from '../flags.ts';
import type { Kubectl } from '../kubectl.ts';
import { goJson, sortKeys } from '../printers/json.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
export type DryRun = 'none' | 'client' | 'server';

/** -f, -R, -k, -l, --field-selector, --all, -A. */
export function builderOptions(flags: Flags, args: string[]): BuilderOptions {
  return {
    args, filenames: flags.list('filename'), recursive: flags.bool('recursive'), kustomize: flags.string('kustomize'),
    labelSelector: flags.string('selector'), fieldSelector: flags.lookup('field-selector') ? flags.string('field-selector') : '',
    all: flags.bool('all'), allNamespaces: flags.bool('all-namespaces'),
  };
}

/** Query of a request that changes something. */
export function writeQuery(k: Kubectl, dryRun: DryRun): Record<string, string | undefined> {
  const { flags } = k;
  return {
    dryRun: dryRun === 'server' ? 'All' : undefined,
    fieldManager: flags.string('field-manager') || undefined,
    fieldValidation: flags.lookup('validate') ? validation(flags) : undefined,
  };
}

/** --validate as the server's fieldValidation. */
export function validation(flags: Flags): 'Strict' | 'Warn' | 'Ignore' {
  const value = flags.string('validate');
  if (/^(true|strict|1|t|T|TRUE|True)$/.test(value)) return 'Strict';
  if (value === 'warn') return 'Warn';
  if (/^(false|ignore|0|f|F|FALSE|False)$/.test(value)) return 'Ignore';
  throw new KubectlError(`invalid - validate option "${value}"; must be one of: strict (or true), warn, ignore (or false)`);
}

/** `created`, `created (dry run)`, `created (server dry run)`. */
export function done(verb: string, dryRun: DryRun): string {
  return dryRun === 'client' ? `${verb} (dry run)` : dryRun === 'server' ? `${verb} (server dry run)` : verb;
}

/** The object without what is only of the last apply, as the annotation keeps it: compact JSON and a newline. */
export function lastApplied(object: KubeObject): string {
  const { [LAST_APPLIED]: _, ...annotations } = object.metadata.annotations ?? {};
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  return `${goJson(sortKeys(bare), 0)}\n`;
}

/** With the annotation of what is being applied. */
export function withLastApplied(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [LAST_APPLIED]: lastApplied(object) } } };
}

/** The same for an object that kubectl makes itself: written as its Go type is. */
export function withTypedLastApplied(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [LAST_APPLIED]: `${goJson(object, 0)}\n` } } };
}

/** The one NAME of a generator. */
export function oneName(command: Command): string {
  const { args, dash } = command;
  const given = dash >= 0 ? args.slice(0, dash) : args;
  const names = command.path === 'kubectl create job' || command.path === 'kubectl create deployment' || command.path === 'kubectl create cronjob' ? given : args;
  if (names.length !== 1) throw usageError(command.path, `exactly one NAME is required, got ${names.length}`);
  return names[0]!;
}

export function readText(k: Kubectl, path: string): string {
  try {
    return k.process.fs.readFile(path, k.process.cwd);
  } catch (error) {
    throw new KubectlError(`open ${path}: ${(error as Error).message.toLowerCase()}`);
  }
}

/** Values without those that are undefined, as Go's omitempty. */
export function compact<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined)) as T;
}
