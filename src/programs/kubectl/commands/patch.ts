import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { jsonPatch, mergePatch, strategicPatch, type JsonPatchOperation } from '../../../kubernetes/apiserver/patch.ts';
import type { Command } from '../cli.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { build, visit } from '../factory/builder.ts';
import { apiVersionOf, pathOf, type Mapping } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { PATCH_TYPES, type PatchType, type Query } from '../rest.ts';
import { printer } from '../printers/index.ts';
import { typeOfObject } from '../schema.ts';
import { parseYaml, YamlError } from '../yaml/parse.ts';
import { builderOptions, done, readText, writeQuery } from './common.ts';
import { causePatch } from './record.ts';

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const text = flags.string('patch'), file = flags.string('patch-file');
  if (text && file) throw new KubectlError('cannot specify --patch and --patch-file together');
  if (!text && !file) throw new KubectlError('must specify --patch or --patch-file containing the contents of the patch');
  const local = flags.bool('local'), dryRun = k.dryRun();
  if (local && command.args.length > 0) throw new KubectlError('cannot specify --local and server resources');
  if (local && dryRun === 'server') throw new KubectlError('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
  const type = flags.string('type').toLowerCase();
  if (type !== 'json' && type !== 'merge' && type !== 'strategic') throw new KubectlError(`--type must be one of [json merge strategic], not ${JSON.stringify(flags.string('type'))}`);
  const subresource = flags.string('subresource');
  if (subresource && subresource !== 'status' && subresource !== 'scale') throw new KubectlError(`invalid subresource value: "${subresource}". Must be one of [status scale]`);
  const source = file ? readPatch(k, file) : text;
  let patch: unknown;
  try {
    patch = /^\s*\{/.test(source) ? jsonOrText(source) : parseYaml(source);
    if (typeof patch === 'string' && !/^\s*\{/.test(source)) patch = JSON.stringify(patch);
  } catch (error) {
    if (error instanceof YamlError) throw new KubectlError(`unable to parse ${JSON.stringify(source)}: ${error.message}`);
    throw error;
  }
  const result = await build(k, { ...builderOptions(flags, command.args), subresource: flags.string('subresource'), flatten: true, latest: !local, local, continueOnError: true });
  let count = 0;
  await visit(result, async (info) => {
    count++;
    const old = info.object!;
    let object: KubeObject;
    if (local || dryRun === 'client') object = apply(old, type, patch);
    else object = await sendPatch(k, info.mapping, pathOf(info.mapping, info.namespace, info.name, flags.string('subresource') || undefined), type, patch, writeQuery(k, dryRun));
    if (flags.bool('record') && !local && dryRun === 'none') object = await k.rest.patch(pathOf(info.mapping, info.namespace, info.name), 'merge', causePatch(command));
    const changed = JSON.stringify(strip(object)) !== JSON.stringify(strip(old));
    k.out((await printer(k, done(changed ? 'patched' : 'patched (no change)', dryRun === 'server' ? 'none' : dryRun)))(object));
  });
  if (count === 0) throw new KubectlError('no objects passed to patch');
}

function readPatch(k: Kubectl, file: string): string {
  try {
    return readText(k, file);
  } catch (error) {
    if (error instanceof KubectlError) throw new KubectlError(`unable to read patch file: ${error.message}`);
    throw error;
  }
}

/** What begins as JSON is sent as it is: the server says what is wrong with it. */
function jsonOrText(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return source;
  }
}

async function sendPatch(k: Kubectl, mapping: Mapping, path: string, type: PatchType, patch: unknown, query: Query): Promise<KubeObject> {
  try {
    return await k.rest.patch(path, type, patch, query);
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'UnsupportedMediaType') throw error;
    throw new KubectlError(`${PATCH_TYPES[type]} is not supported by ${apiVersionOf(mapping)}, Kind=${mapping.kind}: ${error.message}`);
  }
}

function apply(object: KubeObject, type: 'json' | 'merge' | 'strategic', patch: unknown): KubeObject {
  try {
    if (type === 'json') return jsonPatch(object, patch as JsonPatchOperation[]) as KubeObject;
    if (type === 'merge') return mergePatch(object, patch) as KubeObject;
    const known = typeOfObject(object);
    return (known ? strategicPatch(object, patch as Record<string, unknown>, known) : mergePatch(object, patch)) as KubeObject;
  } catch (error) {
    throw new KubectlError((error as Error).message);
  }
}

function strip(object: KubeObject): unknown {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
