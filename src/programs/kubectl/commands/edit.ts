// kubectl edit: the object in an editor, and what was changed sent as a patch (cmd/util/editor).
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { FileError } from '../../../linux/files.ts';
import type { Command } from '../cli.ts';
import { Exit, KubectlError, StatusError, throwAll } from '../errors.ts';
import { build, infos, type Info, invalidObject } from '../factory/builder.ts';
import { documents } from '../factory/files.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { namePrinter, printer, withoutManagedFields } from '../printers/index.ts';
import { toJson } from '../printers/json.ts';
import { typeOfObject } from '../schema.ts';
import { threeWayPatch } from '../three-way.ts';
import { toYaml } from '../yaml/emit.ts';
import { builderOptions, LAST_APPLIED, lastApplied, writeQuery } from './common.ts';

const HEADER = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const list = await infos(await build(k, { ...builderOptions(flags, command.args), flatten: true, latest: true, continueOnError: true, subresource: flags.string('subresource') }), true);
  if (list.length === 0) throw new KubectlError('edit cancelled, no objects found.');
  const errors: Error[] = [];
  for (const info of list) await editOne(k, command, info).catch((error: unknown) => {
    if (!(error instanceof KubectlError || error instanceof StatusError)) throw error;
    errors.push(error);
  });
  throwAll(errors);
}

/** Runs $KUBE_EDITOR, $EDITOR or vi on a file; gives its text afterwards. */
async function openEditor(k: Kubectl, text: string, suffix = 'yaml'): Promise<{ text: string; path: string }> {
  const { process } = k;
  const editor = process.env['KUBE_EDITOR'] || process.env['EDITOR'] || 'vi';
  const path = `/tmp/kubectl-edit-${process.world.rng.fork(`kubectl-edit ${process.pid} ${k.now}`).between(100000000, 4000000000)}.${suffix}`;
  process.fs.writeFile(path, text, { mode: 0o600 });
  await k.flush();
  const words = editor.match(/(?:[^\s"'\\]|\\.|"[^"]*"|'[^']*')+/g) ?? [editor];
  const argv = /["'\\ ]/.test(editor) ? ['/bin/bash', '-c', `${editor} "${path}"`] : [...words, path];
  let code: number;
  try {
    code = (await process.waitFor(process.machine.spawn({ argv, parent: process }))).code;
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new KubectlError(`unable to launch the editor "${words[0]}"`);
  }
  if (code !== 0) {
    process.fs.remove(path);
    throw new KubectlError(`there was a problem with the editor "${editor}"`);
  }
  return { text: process.fs.readFile(path), path };
}

const stripComments = (text: string) => text.split('\n').filter((l) => !l.startsWith('#')).join('\n');

async function editOne(k: Kubectl, { flags }: Command, info: Info): Promise<void> {
  const json = flags.string('output') === 'json';
  const object = withoutManagedFields(info.object!);
  const original = json ? toJson(object) : toYaml(object);
  let comment = '', buffer = original, previous: string | undefined;
  const resource = info.mapping.group ? `${info.mapping.resource}.${info.mapping.group}` : info.mapping.resource;
  const invalid = (body: string, reasons: string) => {
    k.err(`error: ${resource} "${info.name}" is invalid\n`);
    comment = `# ${resource} "${info.name}" was not valid:\n# * ${reasons.replaceAll('\n', '\n# ')}\n#\n`;
    buffer = body;
  };
  for (;;) {
    const edited = await openEditor(k, HEADER + comment + buffer, json ? 'json' : 'yaml');
    const body = stripComments(edited.text);
    if (body === previous) {
      k.err(`A copy of your changes has been stored to "${edited.path}"\n`);
      throw new KubectlError('Edit cancelled, no valid changes were saved.');
    }
    const discard = () => k.process.fs.remove(edited.path);
    const { wanted, problem } = read(body);
    if (wanted === undefined) {
      previous = body;
      invalid(body, `<nil>: Invalid value: "The edited file failed validation": ${problem}`);
      continue;
    }
    if (body.trim() === stripComments(original).trim()) {
      discard();
      k.err('Edit cancelled, no changes made.\n');
      return;
    }
    previous = body;
    if (wanted.apiVersion !== object.apiVersion || wanted.kind !== object.kind || wanted.metadata?.name !== info.name) {
      k.err(`A copy of your changes has been stored to "${edited.path}"\n`);
      throw new KubectlError('At least one of apiVersion, kind and name was changed');
    }
    const patch = editPatch(object, wanted);
    try {
      const type = typeOfObject(object);
      const result = await k.rest.patch(pathOf(info.mapping, info.namespace, info.name, flags.string('subresource') || undefined), type ? 'strategic' : 'merge', patch, { ...writeQuery(k, 'none') });
      discard();
      k.out(flags.string('output') ? (await printer(k, 'edited'))(result) : namePrinter('edited')(result));
      return;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (error.reason !== 'Invalid' && error.reason !== 'BadRequest') {
        k.err(`error: ${resource} "${info.name}" could not be patched: ${error.message}\n`);
        k.err(`You can run \`${k.process.argv[0]} replace -f ${edited.path}\` to try this update again.\n`);
        throw new Exit(1);
      }
      invalid(body, error.message);
    }
  }
}

/** The object that was written, or why it is none. */
function read(body: string): { wanted?: KubeObject; problem?: string } {
  try {
    const wanted = [...documents(body, 'edited-file')][0], problem = invalidObject(wanted);
    return problem === undefined ? { wanted: wanted as KubeObject } : { problem };
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    return { problem: error.message.replace(/^error parsing edited-file: /, '') };
  }
}

function editPatch(before: KubeObject, after: KubeObject): Record<string, unknown> {
  return threeWayPatch(before, after, before, typeOfObject(before));
}

/** kubectl create --edit: the file's objects in the editor first, then created. */
export async function editOnCreate(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const list = await infos(await build(k, { ...builderOptions(flags, []), flatten: true, fetch: false, continueOnError: true }));
  for (const info of list) {
    const { text, path } = await openEditor(k, HEADER + toYaml(info.object!));
    k.process.fs.remove(path);
    const object = [...documents(stripComments(text), 'edited-file')][0] as KubeObject | undefined;
    if (!object) throw new KubectlError('Edit cancelled, saved file was empty.');
    k.out((await printer(k, 'created'))(await k.rest.create(pathOf(info.mapping, info.namespace), object, writeQuery(k, k.dryRun()))));
  }
}

/** kubectl apply edit-last-applied */
export async function editLastApplied(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  for (const info of await infos(await build(k, { ...builderOptions(flags, command.args), flatten: true, latest: true, continueOnError: true }))) {
    const text = info.object!.metadata.annotations?.[LAST_APPLIED];
    if (text === undefined) throw new KubectlError('no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`');
    const before = toYaml(JSON.parse(text));
    const edited = await openEditor(k, HEADER + before);
    k.process.fs.remove(edited.path);
    const body = stripComments(edited.text);
    if (body.trim() === before.trim()) {
      k.err('Edit cancelled, no changes made.\n');
      continue;
    }
    const object = [...documents(body, 'edited-file')][0] as KubeObject;
    const patch = { metadata: { annotations: { [LAST_APPLIED]: lastApplied(object) } } };
    k.out(namePrinter('edited')(await k.rest.patch(pathOf(info.mapping, info.namespace, info.name), 'merge', patch, writeQuery(k, 'none'))));
  }
}
