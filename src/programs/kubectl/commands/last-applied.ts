// kubectl apply view-last-applied, set-last-applied
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError, usageError } from '../errors.ts';
import { build, fetchInfo, visit } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';
import { goJson, sortKeys } from '../printers/json.ts';
import { toYaml } from '../yaml/emit.ts';
import { builderOptions, done, lastApplied, LAST_APPLIED } from './common.ts';

export async function view(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const output = flags.string('output');
  if (output !== 'yaml' && output !== 'json') throw usageError(command.path, `Unexpected -o output mode: ${output}, the flag 'output' must be one of yaml|json`);
  await visit(await build(k, { ...builderOptions(flags, command.args), flatten: true, latest: true, continueOnError: true }), (info) => {
    const text = info.object!.metadata.annotations?.[LAST_APPLIED];
    // AddSourceToErr without an error gives none: nothing is said.
    if (text === undefined) return;
    const value = JSON.parse(text) as KubeObject;
    k.out(output === 'json' ? `${goJson(sortKeys(value), 2)}\n` : toYaml(value));
  });
}

/** Apart from annotations that are an empty map in the one and missing in the other. */
function sameConfiguration(a: string | undefined, b: string): boolean {
  const shown = (text: string) => JSON.stringify(sortKeys(JSON.parse(text))).replace('"annotations":{},', '');
  return a !== undefined && shown(a) === shown(b);
}

export async function set(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const dryRun = k.dryRun();
  const print = await printer(k, done('configured', dryRun));
  await visit(await build(k, { ...builderOptions(flags, []), flatten: true, fetch: false, continueOnError: true }), async (info) => {
    const text = lastApplied(info.object!);
    const live = await fetchInfo(k, { ...info });
    const old = live.metadata.annotations?.[LAST_APPLIED];
    if (old === undefined && !flags.bool('create-annotation')) throw new KubectlError(`no last-applied-configuration annotation found on resource: ${info.name}, to create the annotation, run the command with --create-annotation`);
    if (sameConfiguration(old, text)) return k.out(`set-last-applied ${info.name}: no changes required.\n`);
    const patch = { metadata: { annotations: { [LAST_APPLIED]: text } } };
    k.out(print(dryRun === 'client' ? { ...live, metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, ...patch.metadata.annotations } } } : await k.rest.patch(pathOf(info.mapping, info.namespace, info.name), 'merge', patch, dryRun === 'server' ? { dryRun: 'All' } : {})));
  });
}
