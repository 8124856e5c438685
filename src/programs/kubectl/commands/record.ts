import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';

/** --record: the command line becomes the object's change-cause (cli-runtime/pkg/genericclioptions/record_flags.go). */
export function causePatch({ path, args, flags }: Pick<Command, 'path' | 'args' | 'flags'>): { metadata: { annotations: Record<string, string> } } {
  return { metadata: { annotations: { 'kubernetes.io/change-cause': [path, ...args, ...flags.given.map(([name, value]) => `--${name}=${value}`)].join(' ') } } };
}

/** The object as it is to be, where --record was given. */
export function recorded(object: KubeObject, command: Pick<Command, 'path' | 'args' | 'flags'>): KubeObject {
  if (!command.flags.bool('record')) return object;
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...causePatch(command).metadata.annotations } } };
}
