import type { Command } from '../cli.ts';
import { addSource, KubectlError, StatusError, isNotFound } from '../errors.ts';
import { build, visit } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';
import { rawRequest } from '../raw.ts';
import { builderOptions, done, validation, withLastApplied, LAST_APPLIED, writeQuery } from './common.ts';
import { remove } from './delete.ts';
import { waitForDeletion } from './wait.ts';

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const filenames = flags.list('filename'), force = flags.bool('force'), raw = flags.string('raw');
  const dryRun = k.dryRun();
  if (flags.int('grace-period') >= 0 && !force) throw new KubectlError('--grace-period must have --force specified');
  if (flags.duration('timeout') !== 0 && !force) throw new KubectlError('--timeout must have --force specified');
  if (filenames.length === 0 && !flags.string('kustomize')) throw new KubectlError('must specify one of -f and -k');
  if (raw) return k.out(await rawRequest(k, 'PUT', raw, filenames[0]));
  const print = await printer(k, done('replaced', dryRun));
  const options = { ...builderOptions(flags, command.args), flatten: true, fetch: false, continueOnError: true, validate: validation(flags) !== 'Ignore' };
  if (force) {
    for (const name of filenames) if (name === '-') throw new KubectlError('--force with standard input');
    await visit(await build(k, options), async (info) => {
      try {
        const grace = flags.int('grace-period');
        const uid = await remove(k, info, grace);
        k.out(`${info.mapping.kind.toLowerCase()}${info.mapping.group ? `.${info.mapping.group}` : ''} "${info.name}" deleted\n`);
        await waitForDeletion(k, info, uid, flags.duration('timeout') || 300e6);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    });
    const created = await printer(k, done('replaced', dryRun));
    await visit(await build(k, options), async (info) => {
      const object = flags.bool('save-config') ? withLastApplied(info.object!) : info.object!;
      k.out(created(await k.rest.create(pathOf(info.mapping, info.namespace), object, writeQuery(k, dryRun))));
    });
    return;
  }
  await visit(await build(k, options), async (info) => {
    let object = info.object!;
    if (flags.bool('save-config') || object.metadata.annotations?.[LAST_APPLIED]) object = withLastApplied(object);
    if (dryRun !== 'client') {
      try {
        if (!object.metadata.resourceVersion) {
          const live = await k.rest.get(pathOf(info.mapping, info.namespace, info.name));
          object = { ...object, metadata: { ...object.metadata, resourceVersion: live.metadata.resourceVersion! } };
        }
        object = await k.rest.update(pathOf(info.mapping, info.namespace, info.name, flags.string('subresource') || undefined), object, writeQuery(k, dryRun));
      } catch (error) {
        if (error instanceof StatusError) throw addSource('replacing', info.source, error);
        throw error;
      }
    }
    k.out(print(object));
  });
}
