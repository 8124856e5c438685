// kubectl cordon, uncordon, drain (k8s.io/kubectl/pkg/drain).
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { Exit, KubectlError, StatusError, isNotFound, usageError } from '../errors.ts';
import { build, infos, type Info } from '../factory/builder.ts';
import { pathOf, type Mapping } from '../factory/mapper.ts';
import { parseSelector } from '../factory/selector.ts';
import { formatDuration } from '../flags.ts';
import type { Kubectl } from '../kubectl.ts';
import { namePrinter } from '../printers/index.ts';
import { done, type DryRun } from './common.ts';

const PODS: Mapping = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true };
const SECOND = 1e6;

export const cordon = (k: Kubectl, command: Command): Promise<void> => nodes(k, command, 'cordon');
export const uncordon = (k: Kubectl, command: Command): Promise<void> => nodes(k, command, 'uncordon');
export const drain = (k: Kubectl, command: Command): Promise<void> => nodes(k, command, 'drain');
export const run = drain;

async function nodes(k: Kubectl, command: Command, what: 'cordon' | 'uncordon' | 'drain'): Promise<void> {
  const { flags, args } = command;
  const selector = flags.string('selector');
  if (args.length === 0 && !selector) throw usageError(command.path, `USAGE: ${command.spec.use}${command.spec.use.includes('[flags]') ? '' : ' [flags]'}`);
  if (args.length > 0 && selector) throw usageError(command.path, 'error: cannot specify both a node name and a --selector option');
  if (what === 'drain' && flags.string('pod-selector')) selectorOfPods(flags.string('pod-selector'));
  const dryRun = k.dryRun();
  const list = await infos(await build(k, { args: selector ? ['nodes'] : args.map((a) => (a.includes('/') ? a : `nodes/${a}`)), labelSelector: selector, flatten: true, continueOnError: true }), true);
  const errors: Error[] = [];
  for (const info of list) {
    if (info.mapping.kind !== 'Node') throw new KubectlError(`error: unable to cordon ${info.mapping.kind.toLowerCase()}: not a node`);
    try {
      await schedulable(k, info, what === 'uncordon', dryRun);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      k.err(`error: unable to ${what === 'uncordon' ? 'uncordon' : 'cordon'} node "${info.name}": ${error.message}\n`);
    }
  }
  if (what !== 'drain') return;
  for (const info of list) {
    try {
      await drainNode(k, command, info, dryRun);
      k.out(namePrinter(done('drained', dryRun))(info.object!));
    } catch (error) {
      if (!(error instanceof KubectlError || error instanceof StatusError)) throw error;
      errors.push(error);
      k.err(`error: unable to drain node "${info.name}" due to error:${error.message}, continuing command...\n`);
      k.err(`There are pending nodes to be drained:\n ${info.name}\n`);
    }
  }
  // The same again, a line each, as klog's last words.
  if (errors.length > 0) throw new Exit(1, errors.map((e) => `${e.message.replace(/^\[(.*)\]$/s, '$1').replaceAll(/, (cannot delete)/g, '\n$1')}\n`).join(''));
}

function selectorOfPods(text: string): (labels: Record<string, string>) => boolean {
  try {
    return parseSelector(text);
  } catch {
    throw new KubectlError('--pod-selector=<pod_selector> must be a valid label selector');
  }
}

async function schedulable(k: Kubectl, info: Info, wanted: boolean, dryRun: DryRun): Promise<void> {
  const is = info.object!.spec?.unschedulable !== true;
  const verb = wanted ? 'uncordoned' : 'cordoned';
  if (is === wanted) return k.out(namePrinter(done(`already ${verb}`, dryRun))(info.object!));
  if (dryRun !== 'client') await k.rest.patch(pathOf(info.mapping, '', info.name), 'strategic', { spec: { unschedulable: wanted ? null : true } }, dryRun === 'server' ? { dryRun: 'All' } : {});
  k.out(namePrinter(done(verb, dryRun))(info.object!));
}

async function drainNode(k: Kubectl, { flags }: Command, node: Info, dryRun: DryRun): Promise<void> {
  const list = await k.rest.get('/api/v1/pods', { fieldSelector: `spec.nodeName=${node.name}`, limit: flags.int('chunk-size') });
  const chosen = flags.string('pod-selector') ? selectorOfPods(flags.string('pod-selector')) : () => true;
  const evict: KubeObject[] = [];
  const warnings = new Map<string, string[]>(), refusals = new Map<string, string[]>();
  const note = (map: Map<string, string[]>, why: string, pod: KubeObject) => map.set(why, [...(map.get(why) ?? []), `${pod.metadata.namespace}/${pod.metadata.name}`]);
  for (const pod of list['items'] as KubeObject[]) {
    if (!chosen(pod.metadata.labels ?? {})) continue;
    const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    const owner = pod.metadata.ownerReferences?.find((o) => o.controller);
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) continue;
    if (owner?.kind === 'DaemonSet' && !finished) {
      if (flags.bool('ignore-daemonsets')) note(warnings, 'ignoring DaemonSet-managed Pods', pod);
      else note(refusals, 'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)', pod);
      continue;
    }
    const empty = (pod.spec.volumes ?? []).some((v: { emptyDir?: unknown }) => v.emptyDir !== undefined);
    if (empty && !finished && !flags.bool('delete-emptydir-data') && !flags.bool('delete-local-data')) {
      note(refusals, 'cannot delete Pods with local storage (use --delete-emptydir-data to override)', pod);
      continue;
    }
    if (!owner && !finished) {
      if (flags.bool('force')) note(warnings, 'deleting Pods that declare no controller', pod);
      else {
        note(refusals, 'cannot delete Pods declare no controller (use --force to override)', pod);
        continue;
      }
    }
    evict.push(pod);
  }
  const text = (map: Map<string, string[]>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([why, pods]) => `${why}: ${pods.join(', ')}`).join('; ');
  if (refusals.size > 0) {
    throw new KubectlError([...refusals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([why, pods]) => `${why}: ${pods.join(', ')}`).join(', ').replace(/^(.*)$/s, refusals.size > 1 ? '[$1]' : '$1'));
  }
  if (warnings.size > 0) k.err(`Warning: ${text(warnings)}\n`);
  const direct = flags.bool('disable-eviction');
  for (const pod of evict) if (dryRun !== 'none') k.out(`${direct ? 'deleting' : 'evicting'} pod ${pod.metadata.namespace}/${pod.metadata.name} (${dryRun === 'server' ? 'server ' : ''}dry run)\n`);
  if (dryRun !== 'none') return;
  const timeout = flags.duration('timeout');
  const end = timeout > 0 ? k.now + timeout : Infinity;
  await evictAll(k, evict, { grace: flags.int('grace-period'), direct, end, timeout });
}

async function evictAll(k: Kubectl, pods: KubeObject[], { grace, direct, end, timeout }: { grace: number; direct: boolean; end: number; timeout: number }): Promise<void> {
  const waiting = new Map<string, KubeObject>();
  const pending = pods.map((pod) => ({ pod, at: k.now }));
  for (const { pod } of pending) if (!direct) k.err(`evicting pod ${pod.metadata.namespace}/${pod.metadata.name}\n`);
  while (pending.length > 0 || waiting.size > 0) {
    for (const entry of [...pending]) {
      if (entry.at > k.now) continue;
      const { pod } = entry, { name, namespace, uid } = pod.metadata;
      try {
        const deleteOptions = grace >= 0 ? { gracePeriodSeconds: grace } : {};
        if (direct) await k.rest.delete(pathOf(PODS, namespace, name), { kind: 'DeleteOptions', apiVersion: 'v1', ...deleteOptions });
        else await k.rest.create(pathOf(PODS, namespace, name, 'eviction'), { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name, namespace, creationTimestamp: null }, deleteOptions });
        waiting.set(uid!, pod);
        pending.splice(pending.indexOf(entry), 1);
      } catch (error) {
        if (isNotFound(error)) {
          pending.splice(pending.indexOf(entry), 1);
          k.out(namePrinter('evicted')(pod));
        } else if (error instanceof StatusError && error.reason === 'TooManyRequests') {
          k.err(`error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)} (will retry after 5s): ${error.message}\n`);
          entry.at = k.now + 5 * SECOND;
        } else throw error instanceof StatusError ? new KubectlError(`error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)}: ${error.message}`) : error;
      }
    }
    for (const [uid, pod] of [...waiting]) {
      let live: KubeObject | undefined;
      try {
        live = await k.rest.get(pathOf(PODS, pod.metadata.namespace, pod.metadata.name));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      if (live && live.metadata.uid === uid) continue;
      waiting.delete(uid);
      k.out(namePrinter(direct ? 'deleted' : 'evicted')({ ...pod, kind: 'Pod', apiVersion: 'v1' }));
    }
    await k.flush();
    if (pending.length === 0 && waiting.size === 0) return;
    if (k.now >= end) throw new KubectlError(`error when waiting for pod "${[...waiting.values(), ...pending.map((p) => p.pod)][0]!.metadata.name}" terminating: global timeout reached: ${formatDuration(timeout)}`.replace(/^error when waiting.*terminating: /, ''));
    await k.process.sleep(SECOND);
    for (const entry of pending) if (entry.at <= k.now && entry.at !== 0) k.err(`evicting pod ${entry.pod.metadata.namespace}/${entry.pod.metadata.name}\n`);
  }
}
