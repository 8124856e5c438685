import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { strategicPatch } from '../../../kubernetes/apiserver/patch.ts';
import type { Command } from '../cli.ts';
import { addSource, Aggregate, KubectlError, StatusError, isNotFound, throwAll, usageError } from '../errors.ts';
import { build, type Info } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { mergePatch } from '../merge.ts';
import { namePrinter, printer } from '../printers/index.ts';
import { typeOfObject } from '../schema.ts';
import { threeWayPatch } from '../three-way.ts';
import { builderOptions, done, LAST_APPLIED, validation, withLastApplied, writeQuery, type DryRun } from './common.ts';
import { remove } from './delete.ts';
import { waitForDeletion } from './wait.ts';
import { recorded } from './record.ts';

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  if (command.args.length > 0) throw usageError(command.path, `Unexpected args: [${command.args.join(' ')}]`);
  const dryRun = k.dryRun(), serverSide = flags.bool('server-side');
  if (flags.bool('force-conflicts') && !serverSide) throw new KubectlError('--force-conflicts only works with --server-side');
  if (dryRun === 'client' && serverSide) throw new KubectlError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  const level = validation(flags);
  if (flags.list('filename').length === 0 && !flags.string('kustomize')) throw new KubectlError('must specify one of -f and -k');
  for (const gvk of flags.list('prune-allowlist')) if (gvk.split('/').length !== 3) throw new KubectlError(`invalid GroupVersionKind format: ${gvk}, please follow <group/version/kind>`);
  if (flags.bool('prune') && !flags.bool('all') && !flags.string('selector')) throw new KubectlError('all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector');
  const generic = flags.string('output') !== '' || flags.string('template') !== '';
  const result = await build(k, { ...builderOptions(flags, []), all: false, flatten: true, fetch: false, continueOnError: true, validate: level !== 'Ignore' });
  const all: Info[] = [], errors: Error[] = [];
  for await (const item of result.items()) {
    if (item instanceof Error) errors.push(item);
    else all.push(item);
  }
  if (all.length === 0 && errors.length === 0) throw new KubectlError('no objects passed to apply');
  const applied: KubeObject[] = [];
  for (const info of all) {
    try {
      info.object = recorded(info.object!, command);
      const { object, verb } = serverSide ? await applyServerSide(k, info, dryRun) : await applyOne(k, info, dryRun);
      applied.push(object);
      if (!generic) k.out(namePrinter(done(verb, dryRun))(object));
      await k.flush();
    } catch (error) {
      if (!(error instanceof KubectlError || error instanceof StatusError || error instanceof Aggregate)) throw error;
      errors.push(error);
    }
  }
  if (generic && applied.length > 0) {
    const print = await printer(k, '');
    k.out(print(applied.length === 1 ? applied[0]! : ({ apiVersion: 'v1', kind: 'List', metadata: {}, items: applied } as unknown as KubeObject)));
  }
  throwAll(errors);
  if (flags.bool('prune')) await prune(k, command, all, dryRun);
}

async function applyOne(k: Kubectl, info: Info, dryRun: DryRun): Promise<{ object: KubeObject; verb: string }> {
  const wanted = info.object!;
  if (!info.name && wanted.metadata.generateName) throw new KubectlError(`from ${wanted.metadata.generateName}: cannot use generate name with apply`);
  const path = pathOf(info.mapping, info.namespace, info.name);
  let live: KubeObject;
  try {
    if (!info.name) throw new KubectlError('resource name may not be empty');
    live = await k.rest.get(path);
  } catch (error) {
    if (!isNotFound(error)) {
      if (error instanceof StatusError || error instanceof KubectlError) throw retrieving(info, error);
      throw error;
    }
    const object = withLastApplied(wanted);
    if (dryRun === 'client') return { object, verb: 'created' };
    try {
      return { object: await k.rest.create(pathOf(info.mapping, info.namespace), object, writeQuery(k, dryRun)), verb: 'created' };
    } catch (failure) {
      if (failure instanceof StatusError) throw addSource('creating', info.source, failure);
      throw failure;
    }
  }
  const annotation = live.metadata.annotations?.[LAST_APPLIED];
  if (annotation === undefined) {
    k.err(`Warning: resource ${info.mapping.resource}/${info.name} is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`);
  }
  const modified = withLastApplied(wanted);
  const type = typeOfObject(live);
  const original = annotation === undefined ? undefined : (JSON.parse(annotation) as KubeObject);
  const patch = threeWayPatch(original, modified, live, type);
  if (Object.keys(patch).length === 0 && dryRun !== 'client') return { object: live, verb: 'unchanged' };
  if (dryRun === 'client') return { object: (type ? strategicPatch(live, patch, type) : mergePatch(live, patch)) as KubeObject, verb: 'configured' };
  let object: KubeObject;
  try {
    object = await k.rest.patch(path, type ? 'strategic' : 'merge', patch, writeQuery(k, dryRun));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if ((error.reason === 'Conflict' || error.reason === 'Invalid') && k.flags.bool('force')) object = await recreate(k, info, modified);
    else throw patching(info, patch, error);
  }
  return { object, verb: 'configured' };
}

async function recreate(k: Kubectl, info: Info, modified: KubeObject): Promise<KubeObject> {
  const uid = await remove(k, info, k.flags.int('grace-period'));
  await waitForDeletion(k, info, uid, k.flags.duration('timeout') || 168 * 3600e6);
  return k.rest.create(pathOf(info.mapping, info.namespace), modified, writeQuery(k, 'none'));
}

async function applyServerSide(k: Kubectl, info: Info, dryRun: DryRun): Promise<{ object: KubeObject; verb: string }> {
  const path = pathOf(info.mapping, info.namespace, info.name);
  const manager = k.flags.changed('field-manager') ? k.flags.string('field-manager') : 'kubectl';
  try {
    const send = () => k.rest.patch(path, 'apply', info.object!, { ...writeQuery(k, dryRun), fieldManager: manager, force: k.flags.bool('force-conflicts') ? 'true' : 'false' });
    let object = await send();
    const migration = fieldsToMigrate(object, manager);
    if (migration && dryRun === 'none') {
      await k.rest.patch(path, 'json', migration);
      object = await send();
    }
    return { object, verb: 'serverside-applied' };
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'Conflict') throw error;
    throw new KubectlError(`${error.message}
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`);
  }
}

/**
 * What client-side apply owned belongs to server-side apply from now on (client-go/util/csaupgrade): a JSON patch of the
 * managedFields, or undefined when there is nothing to take over.
 */
function fieldsToMigrate({ metadata }: KubeObject, manager: string): object[] | undefined {
  const entries = (metadata.managedFields ?? []) as unknown as { manager: string; operation: string; subresource?: string; fieldsV1: Fields }[];
  const owner = entries.find((e) => e.operation === 'Update' && e.fieldsV1['f:metadata']?.['f:annotations']?.[`f:${LAST_APPLIED}`]);
  const old = entries.filter((e) => e.operation === 'Update' && !e.subresource && (e.manager === 'kubectl-client-side-apply' || e === owner));
  const own = entries.find((e) => e.operation === 'Apply' && e.manager === manager && !e.subresource);
  if (old.length === 0 || !own) return undefined;
  const merged = old.reduce((fields, e) => union(fields, e.fieldsV1), own.fieldsV1);
  const kept = entries.filter((e) => !old.includes(e)).map((e) => (e === own ? { ...own, fieldsV1: merged } : e));
  return [{ op: 'replace', path: '/metadata/managedFields', value: kept }, { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion }];
}

interface Fields {
  [name: string]: Fields;
}

function union(a: Fields, b: Fields): Fields {
  const out = { ...a };
  for (const [name, fields] of Object.entries(b)) out[name] = out[name] ? union(out[name], fields) : fields;
  return out;
}

function about(info: Info): string {
  const { group, version, resource, kind } = info.mapping;
  const gv = `${group}/${version}`;
  return `Resource: "${gv}, Resource=${resource}", GroupVersionKind: "${gv}, Kind=${kind}"\nName: ${JSON.stringify(info.name)}, Namespace: ${JSON.stringify(info.namespace)}`;
}

function retrieving(info: Info, error: StatusError | KubectlError): Error {
  return withContext(error, (message) => `error when retrieving current configuration of:\n${about(info)}\nfrom server for: "${info.source}": ${message}`);
}

function patching(info: Info, patch: object, error: StatusError): Error {
  return withContext(error, (message) => `error when applying patch:\n${JSON.stringify(sortForMessage(patch))}\nto:\n${about(info)}\nfor: "${info.source}": error when patching "${info.source}": ${message}`);
}

function withContext(error: Error, say: (message: string) => string): Error {
  return error instanceof StatusError ? new StatusError({ ...error.status, message: say(error.message) }) : new KubectlError(say(error.message));
}

function sortForMessage(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortForMessage);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((k) => [k, sortForMessage((value as Record<string, unknown>)[k])]));
}

const PRUNED = ['configmaps', 'endpoints', 'namespaces', 'persistentvolumeclaims', 'persistentvolumes', 'pods', 'replicationcontrollers', 'secrets', 'services', 'jobs.batch', 'cronjobs.batch', 'ingresses.networking.k8s.io', 'daemonsets.apps', 'deployments.apps', 'replicasets.apps', 'statefulsets.apps'];

/** Removes what an earlier apply made and this one does not mention. */
async function prune(k: Kubectl, { flags }: Command, kept: Info[], dryRun: DryRun): Promise<void> {
  const names = new Set(kept.map((i) => `${i.mapping.kind}/${i.namespace}/${i.name}`));
  const namespaces = [...new Set(kept.map((i) => i.namespace).filter(Boolean))];
  const allowed = flags.list('prune-allowlist').map((gvk) => gvk.split('/') as [string, string, string]);
  const mappings = allowed.length > 0 ? allowed.map(([group, version, kind]) => k.mapper.forKind(`${group === 'core' ? '' : `${group}/`}${version}`, kind)) : PRUNED.map((type) => k.mapper.forResource(type));
  for (const mapping of await Promise.all(mappings)) {
    for (const namespace of mapping.namespaced ? namespaces : ['']) {
      const list = await k.rest.get(pathOf(mapping, namespace), { labelSelector: flags.string('selector') });
      for (const object of list['items'] as KubeObject[]) {
        const info: Info = { mapping, namespace, name: object.metadata.name, source: '', object };
        if (object.metadata.annotations?.[LAST_APPLIED] === undefined || names.has(`${mapping.kind}/${namespace}/${info.name}`)) continue;
        if (dryRun !== 'client') await remove(k, info, flags.int('grace-period'), 'Background', dryRun === 'server');
        k.out(namePrinter(done('pruned', dryRun))({ ...object, apiVersion: mapping.group ? `${mapping.group}/${mapping.version}` : mapping.version, kind: mapping.kind }));
      }
    }
  }
}
