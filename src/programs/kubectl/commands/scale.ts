import type { Command } from '../cli.ts';
import { KubectlError, StatusError, isNotFound, throwAll } from '../errors.ts';
import { build, visit } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { namePrinter, printer } from '../printers/index.ts';
import { builderOptions, done } from './common.ts';
import { causePatch } from './record.ts';

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const count = flags.int('replicas'), current = flags.int('current-replicas');
  if (count < 0) throw new KubectlError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
  if (flags.changed('current-replicas') && current < -1) throw new KubectlError('The --current-replicas must specify an integer of -1 or greater');
  const dryRun = k.dryRun();
  const generic = flags.string('output') !== '' || flags.string('template') !== '';
  const print = generic ? await printer(k, done('scaled', dryRun)) : namePrinter(done('scaled', dryRun));
  const result = await build(k, { ...builderOptions(flags, command.args), flatten: true, continueOnError: true });
  let found = 0;
  const seen: Error[] = [];
  const known: typeof result = { ...result, items: async function* () {
    for await (const item of result.items()) {
      if (item instanceof Error && (result.files || isNotFound(item))) seen.push(item);
      else yield item;
    }
  } };
  await visit(known, async (info) => {
    found++;
    const path = pathOf(info.mapping, info.namespace, info.name, 'scale');
    if (dryRun === 'client') return k.out(print(info.object!));
    const resourceVersion = flags.string('resource-version');
    try {
      if (current >= 0 || resourceVersion) {
        const scale = await k.rest.get(path);
        const now = scale.spec?.replicas ?? 0;
        if (current >= 0 && now !== current) throw new KubectlError(`Expected replicas to be ${current}, was ${now}`);
        if (resourceVersion && scale.metadata.resourceVersion !== resourceVersion) throw new KubectlError(`Expected resource version to be ${resourceVersion}, was ${scale.metadata.resourceVersion}`);
        await k.rest.update(path, { ...scale, spec: { ...scale.spec, replicas: count } }, dryRun === 'server' ? { dryRun: 'All' } : {});
      } else await k.rest.patch(path, 'merge', { spec: { replicas: count } }, dryRun === 'server' ? { dryRun: 'All' } : {});
    } catch (error) {
      if (error instanceof StatusError && error.reason === 'NotFound' && !error.status.details?.name) throw new StatusError({ ...error.status, message: `the server could not find the requested resource` });
      throw error;
    }
    if (dryRun === 'none' && flags.bool('record')) await k.rest.patch(pathOf(info.mapping, info.namespace, info.name), 'merge', causePatch(command));
    k.out(print(info.object!));
  });
  if (found === 0) throw new KubectlError('no objects passed to scale');
  throwAll(seen);
}
