import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { FileError } from '../../../linux/files.ts';
import type { Command } from '../cli.ts';
import { Aggregate, Exit, KubectlError, StatusError, describeError, isNotFound, usageError } from '../errors.ts';
import { build, visit, type Info } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { withoutManagedFields } from '../printers/index.ts';
import { typeOfObject } from '../schema.ts';
import { threeWayPatch } from '../three-way.ts';
import { toYaml } from '../yaml/emit.ts';
import { builderOptions, LAST_APPLIED, withLastApplied } from './common.ts';

/** What apply would change: both sides as files, compared by diff(1). Exit code 1 means there are differences. */
/** 1 means that something differs, so that errors end with more. */
export async function run(k: Kubectl, command: Command): Promise<number> {
  try {
    return await compare(k, command);
  } catch (error) {
    if (error instanceof Exit || !(error instanceof KubectlError || error instanceof StatusError || error instanceof Aggregate)) throw error;
    throw new Exit(2, `${describeError(error)}\n`);
  }
}

async function compare(k: Kubectl, command: Command): Promise<number> {
  const { flags } = command;
  if (command.args.length > 0) throw usageError(command.path, `Unexpected args: [${command.args.join(' ')}]`);
  if (flags.list('filename').length === 0 && !flags.string('kustomize')) throw new KubectlError('must specify one of -f and -k');
  const { process } = k;
  const random = process.world.rng.fork(`kubectl diff ${process.pid} ${k.now}`);
  const dirs = { live: `/tmp/LIVE-${random.between(100000000, 4200000000)}`, merged: `/tmp/MERGED-${random.between(100000000, 4200000000)}` };
  for (const dir of Object.values(dirs)) process.fs.mkdir(dir, { parents: true, mode: 0o700 });
  try {
    await visit(await build(k, { ...builderOptions(flags, []), flatten: true, fetch: false, continueOnError: true }), async (info) => {
      const { live, merged } = await sides(k, info, flags.bool('server-side'));
      const { group, version, kind } = info.mapping;
      const name = `${group ? `${group}.` : ''}${version}.${kind}.${info.namespace}.${info.name}`;
      const shown = (o: KubeObject) => toYaml(mask(flags.bool('show-managed-fields') ? o : withoutManagedFields(o)));
      if (live) process.fs.writeFile(`${dirs.live}/${name}`, shown(live));
      process.fs.writeFile(`${dirs.merged}/${name}`, shown(merged));
    });
    await k.flush();
    const [program = 'diff', ...words] = (process.env['KUBECTL_EXTERNAL_DIFF'] ?? '').split(' ').filter(Boolean);
    const argv = [program, ...(process.env['KUBECTL_EXTERNAL_DIFF'] ? words : ['-u', '-N']), dirs.live, dirs.merged];
    try {
      const { code } = await process.waitFor(process.machine.spawn({ argv, parent: process }));
      if (code > 1) throw new Exit(code, `error: exit status ${code}\n`);
      return code;
    } catch (error) {
      if (error instanceof FileError) throw new KubectlError(`failed to run "${program}": exec: "${program}": executable file not found in $PATH`);
      throw error;
    }
  } finally {
    for (const dir of Object.values(dirs)) if (process.fs.exists(dir)) process.fs.remove(dir, { recursive: true });
  }
}

async function sides(k: Kubectl, info: Info, serverSide: boolean): Promise<{ live: KubeObject | undefined; merged: KubeObject }> {
  const path = pathOf(info.mapping, info.namespace, info.name);
  let live: KubeObject | undefined;
  try {
    live = await k.rest.get(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const query = { dryRun: 'All', fieldManager: k.flags.string('field-manager') || 'kubectl-client-side-apply' };
  if (serverSide) return { live, merged: await k.rest.patch(path, 'apply', info.object!, { ...query, force: 'true' }) };
  if (!live) return { live, merged: await k.rest.create(pathOf(info.mapping, info.namespace), info.object!, query) };
  const type = typeOfObject(live), annotation = live.metadata.annotations?.[LAST_APPLIED];
  const patch = threeWayPatch(annotation === undefined ? undefined : JSON.parse(annotation), withLastApplied(info.object!), live, type);
  const annotations = (patch['metadata'] as { annotations?: Record<string, string> } | undefined)?.annotations;
  if (annotations && annotation !== undefined) delete annotations[LAST_APPLIED];
  return { live, merged: await k.rest.patch(path, type ? 'strategic' : 'merge', patch, query) };
}

/** The values of Secrets are not shown. */
function mask(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret' || !object['data']) return object;
  return { ...object, data: Object.fromEntries(Object.keys(object['data']).map((key) => [key, '***'])) };
}
