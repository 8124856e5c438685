import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError, StatusError, throwAll, throwNested } from '../errors.ts';
import { build, type Info } from '../factory/builder.ts';
import { apiVersionOf, pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { describer } from '../describe/index.ts';
import { Writer, type Events } from '../describe/writer.ts';
import { builderOptions } from './common.ts';

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags, args } = command;
  if (args.length === 0 && flags.list('filename').length === 0 && !flags.string('kustomize')) {
    throw new KubectlError('You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.');
  }
  const result = await build(k, { ...builderOptions(flags, args), allowEmptySelector: true, flatten: true, continueOnError: true, latest: true, chunk: flags.int('chunk-size') });
  const infos: Info[] = [], errors: Error[] = [];
  for await (const item of result.items()) {
    if (item instanceof Error) errors.push(item);
    else infos.push(item);
  }
  if (errors.length === 1 && args.length === 2 && errors[0] instanceof StatusError && errors[0].reason === 'NotFound') {
    return matching(k, command, errors[0]);
  }
  let first = true;
  for (const info of infos) {
    k.out(`${first ? '' : '\n\n'}${await describeOne(k, info, flags.bool('show-events'))}`);
    first = false;
    await k.flush();
  }
  if (infos.length === 0 && errors.length === 0) k.err(flags.bool('all-namespaces') ? 'No resources found\n' : `No resources found in ${k.namespace} namespace.\n`);
  (result.files ? throwNested : throwAll)(errors);
}

/** `describe pod web` also takes web as the beginning of names. */
async function matching(k: Kubectl, { args, flags }: Command, original: Error): Promise<void> {
  const result = await build(k, { args: [args[0]!], allowEmptySelector: true, flatten: true, continueOnError: true, chunk: flags.int('chunk-size') });
  let found = false;
  for await (const item of result.items()) {
    if (item instanceof Error) throw item;
    if (!item.name.startsWith(args[1]!)) continue;
    found = true;
    k.out(`${await describeOne(k, item, flags.bool('show-events'))}\n`);
  }
  if (!found) throw original;
}

async function describeOne(k: Kubectl, info: Info, showEvents: boolean): Promise<string> {
  const { mapping } = info;
  const object = { ...info.object!, apiVersion: apiVersionOf(mapping), kind: mapping.kind };
  const describe = await describer(k, mapping.group, mapping.kind);
  const events = (showEvents || mapping.kind === 'PersistentVolumeClaim') && !NO_EVENTS.has(mapping.kind) ? await eventsOf(k, object) : undefined;
  const w = new Writer(k.now);
  await describe(w, object, events, k);
  return w.toString();
}

const NO_EVENTS = new Set(['Secret', 'NetworkPolicy', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'LimitRange', 'ResourceQuota', 'Namespace']);
const EVENTS = { group: '', version: 'v1', resource: 'events', kind: 'Event', namespaced: true };

async function eventsOf(k: Kubectl, object: KubeObject): Promise<Events> {
  const { name, namespace = '', annotations } = object.metadata;
  const mirror = object.kind === 'Pod' ? annotations?.['kubernetes.io/config.mirror'] : undefined;
  const search = async (uid: string | undefined) => {
    const fieldSelector = `involvedObject.name=${name},involvedObject.namespace=${namespace},involvedObject.kind=${object.kind}${uid ? `,involvedObject.uid=${uid}` : ''}`;
    return (await k.rest.get(pathOf(EVENTS, namespace), { fieldSelector, limit: 500 }))['items'] as KubeObject[];
  };
  try {
    const found = await search(mirror ?? object.metadata.uid);
    return object.kind === 'Node' ? [...found, ...(await search(name))] : found;
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}
