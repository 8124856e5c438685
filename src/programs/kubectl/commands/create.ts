import type { Command } from '../cli.ts';
import { addSource, Exit, KubectlError, StatusError, usageError } from '../errors.ts';
import { build, visit } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';
import { rawRequest } from '../raw.ts';
import { builderOptions, done, validation, withLastApplied, writeQuery } from './common.ts';
import { recorded } from './record.ts';

/** kubectl create -f */
export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags, args } = command;
  const filenames = flags.list('filename');
  if (filenames.length === 0 && !flags.string('kustomize')) {
    const { help } = await import('../help.ts');
    k.err('Error: must specify one of -f and -k\n\n');
    if (args.length > 0) throw new KubectlError(`unknown command ${JSON.stringify(args.join(' '))}\nSee 'kubectl create -h' for help and examples`);
    k.err(help(['create'], command.spec));
    throw new Exit(1);
  }
  if (args.length > 0) throw usageError(command.path, `unexpected args: [${args.join(' ')}]`);
  if (flags.string('raw')) return k.out(await rawRequest(k, 'POST', flags.string('raw'), filenames[0]));
  const dryRun = k.dryRun();
  validation(flags);
  if (flags.bool('edit')) {
    const { editOnCreate } = await import('./edit.ts');
    return editOnCreate(k, command);
  }
  const print = await printer(k, done('created', dryRun));
  const result = await build(k, { ...builderOptions(flags, []), flatten: true, fetch: false, continueOnError: true, validate: validation(flags) !== 'Ignore' });
  let count = 0;
  await visit(result, async (info) => {
    let object = recorded(info.object!, command);
    if (flags.bool('save-config')) object = withLastApplied(object);
    if (dryRun !== 'client') {
      try {
        object = await k.rest.create(pathOf(info.mapping, info.namespace), object, writeQuery(k, dryRun));
      } catch (error) {
        if (error instanceof StatusError || error instanceof KubectlError) throw addSource('creating', info.source, error);
        throw error;
      }
    }
    count++;
    k.out(print(object));
  });
  if (count === 0) throw new KubectlError('no objects passed to create');
}
