import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { Aggregate, KubectlError, throwNested, usageError } from '../errors.ts';
import { build, infos, visit, type Info } from '../factory/builder.ts';
import { fullName, pathOf } from '../factory/mapper.ts';
import { requireTyped } from '../factory/typed.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';
import { watch } from '../watch.ts';
import { builderOptions, writeQuery } from './common.ts';

export const pause = (k: Kubectl, command: Command): Promise<void> => change(k, command, 'paused', (info) => {
  if (info.mapping.kind !== 'Deployment') throw new KubectlError(`${fullName(info.mapping)} "${info.name}" pausing is not supported`);
  if (info.object!.spec.paused) throw new KubectlError(`${fullName(info.mapping)} "${info.name}" is already paused`);
  return { spec: { paused: true } };
});

export const resume = (k: Kubectl, command: Command): Promise<void> => change(k, command, 'resumed', (info) => {
  if (info.mapping.kind !== 'Deployment') throw new KubectlError(`${fullName(info.mapping)} "${info.name}" resuming is not supported`);
  if (!info.object!.spec.paused) throw new KubectlError(`${fullName(info.mapping)} "${info.name}" is not paused`);
  return { spec: { paused: null } };
});

export const restart = (k: Kubectl, command: Command): Promise<void> => change(k, command, 'restarted', (info) => {
  if (!['Deployment', 'DaemonSet', 'StatefulSet'].includes(info.mapping.kind)) throw new KubectlError(`${fullName(info.mapping)} "${info.name}" restarting is not supported`);
  if (info.object!.spec.paused) throw new KubectlError(`${fullName(info.mapping)} "${info.name}" can't restart paused deployment (run rollout resume first)`);
  return { spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': `${new Date(Math.floor(k.now / 1e6) * 1000).toISOString().slice(0, 19)}Z` } } } } };
});

async function change(k: Kubectl, command: Command, verb: string, patch: (info: Info) => object): Promise<void> {
  const { flags, args } = command;
  if (args.length === 0 && flags.list('filename').length === 0 && !flags.string('kustomize')) throw usageError(command.path, 'required resource not specified');
  const print = await printer(k, verb);
  const result = await build(k, { ...builderOptions(flags, args), allowEmptySelector: true, flatten: true, latest: true, typed: true, continueOnError: true });
  let found = 0;
  const act = async (info: Info) => {
    found++;
    k.out(print(await k.rest.patch(pathOf(info.mapping, info.namespace, info.name), 'strategic', patch(info), writeQuery(k, 'none'))));
  };
  try {
    await visit(result, act);
  } catch (error) {
    if (result.files && (error instanceof KubectlError || error instanceof Aggregate)) throwNested(error instanceof Aggregate ? error.errors : [error]);
    throw error;
  }
  if (found === 0) k.err(`No resources found in ${k.namespace} namespace.\n`);
}

export async function status(k: Kubectl, command: Command): Promise<void> {
  const { flags, args } = command;
  if (args.length === 0 && flags.list('filename').length === 0) throw new KubectlError('required resource not specified');
  const list = await infos(await build(k, { ...builderOptions(flags, args), allowEmptySelector: true, flatten: true, latest: true, typed: true, continueOnError: true }), true);
  if (list.length === 0) return k.err(`No resources found in ${k.namespace} namespace.\n`);
  for (const info of list) await statusOf(k, command, info);
}

async function statusOf(k: Kubectl, { flags }: Command, info: Info): Promise<void> {
  requireTyped(info.mapping);
  if (!['Deployment', 'DaemonSet', 'StatefulSet'].includes(info.mapping.kind)) throw new KubectlError(`no status viewer has been implemented for ${info.mapping.kind}`);
  const path = pathOf(info.mapping, info.namespace);
  const revision = flags.int('revision'), timeout = flags.duration('timeout');
  const end = timeout > 0 ? k.now + timeout : undefined;
  const selector = `metadata.name=${info.name}`;
  /** Whether it is over. */
  const show = (object: KubeObject): boolean => {
    const { text, done } = progress(object, revision);
    k.out(text);
    return done || !flags.bool('watch');
  };
  for (;;) {
    const items = await k.rest.get(path, { fieldSelector: selector });
    const object = (items['items'] as KubeObject[])[0];
    if (!object) throw new KubectlError('object has been deleted');
    if (show({ ...object, kind: info.mapping.kind })) return;
    let over = false, gone = false;
    const why = await watch(k, path, { query: { fieldSelector: selector, resourceVersion: items.metadata.resourceVersion } }, (event) => {
      if (event.type === 'DELETED') gone = true;
      else over = show({ ...event.object, kind: info.mapping.kind });
      return over || gone;
    }, end === undefined ? undefined : end - k.now);
    if (gone) throw new KubectlError('object has been deleted');
    if (over) return;
    if (why === 'timeout') throw new KubectlError('timed out waiting for the condition');
  }
}

function progress({ kind, metadata, spec, status: s = {} }: KubeObject, revision: number): { text: string; done: boolean } {
  const waiting = (text: string) => ({ text, done: false });
  const name = metadata.name;
  if (kind === 'Deployment') {
    const has = Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
    if (revision > 0 && has !== revision) throw new KubectlError(`desired revision (${revision}) is different from the running revision (${has})`);
    if ((metadata.generation ?? 0) > (s.observedGeneration ?? 0)) return waiting('Waiting for deployment spec update to be observed...\n');
    const late = (s.conditions ?? []).find((c: { type: string; reason: string }) => c.type === 'Progressing' && c.reason === 'ProgressDeadlineExceeded');
    if (late) throw new KubectlError(`deployment "${name}" exceeded its progress deadline`);
    const updated = s.updatedReplicas ?? 0, total = s.replicas ?? 0, available = s.availableReplicas ?? 0;
    if (updated < spec.replicas) return waiting(`Waiting for deployment "${name}" rollout to finish: ${updated} out of ${spec.replicas} new replicas have been updated...\n`);
    if (total > updated) return waiting(`Waiting for deployment "${name}" rollout to finish: ${total - updated} old replicas are pending termination...\n`);
    if (available < updated) return waiting(`Waiting for deployment "${name}" rollout to finish: ${available} of ${updated} updated replicas are available...\n`);
    return { text: `deployment "${name}" successfully rolled out\n`, done: true };
  }
  if (kind === 'DaemonSet') {
    if (spec.updateStrategy?.type !== 'RollingUpdate') throw new KubectlError('rollout status is only available for RollingUpdate strategy type');
    if ((metadata.generation ?? 0) > (s.observedGeneration ?? 0)) return waiting('Waiting for daemon set spec update to be observed...\n');
    const desired = s.desiredNumberScheduled ?? 0, updated = s.updatedNumberScheduled ?? 0, available = s.numberAvailable ?? 0;
    if (updated < desired) return waiting(`Waiting for daemon set "${name}" rollout to finish: ${updated} out of ${desired} new pods have been updated...\n`);
    if (available < desired) return waiting(`Waiting for daemon set "${name}" rollout to finish: ${available} of ${desired} updated pods are available...\n`);
    return { text: `daemon set "${name}" successfully rolled out\n`, done: true };
  }
  if (spec.updateStrategy?.type !== 'RollingUpdate') throw new KubectlError('rollout status is only available for RollingUpdate strategy type');
  if ((s.observedGeneration ?? 0) === 0 || (metadata.generation ?? 0) > s.observedGeneration) return waiting('Waiting for statefulset spec update to be observed...\n');
  const ready = s.readyReplicas ?? 0, updated = s.updatedReplicas ?? 0;
  if (ready < spec.replicas) return waiting(`Waiting for ${spec.replicas - ready} pods to be ready...\n`);
  const partition = spec.updateStrategy?.rollingUpdate?.partition;
  if (partition !== undefined) {
    if (updated < spec.replicas - partition) return waiting(`Waiting for partitioned roll out to finish: ${updated} out of ${spec.replicas - partition} new pods have been updated...\n`);
    return { text: `partitioned roll out complete: ${updated} new pods have been updated...\n`, done: true };
  }
  if (s.updateRevision !== s.currentRevision) return waiting(`waiting for statefulset rolling update to complete ${updated} pods at revision ${s.updateRevision}...\n`);
  return { text: `statefulset rolling update complete ${s.currentReplicas ?? 0} pods at revision ${s.currentRevision}...\n`, done: true };
}
