import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { strategicPatch } from '../../../kubernetes/apiserver/patch.ts';
import type { Command } from '../cli.ts';
import { podTemplate } from '../describe/containers.ts';
import { Writer } from '../describe/writer.ts';
import { KubectlError, usageError } from '../errors.ts';
import { build, visit, type Info } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { labelSelectorText } from '../pods.ts';
import { printer } from '../printers/index.ts';
import { typeOfObject } from '../schema.ts';
import { align } from '../tabwriter.ts';
import { builderOptions, done } from './common.ts';

const CAUSE = 'kubernetes.io/change-cause', REVISION = 'deployment.kubernetes.io/revision';
interface Past {
  revision: number;
  cause: string;
  /** What the pods were made from. */
  template: KubeObject;
  source: KubeObject;
}

export async function history(k: Kubectl, command: Command): Promise<void> {
  const { flags, args } = command;
  if (args.length === 0 && flags.list('filename').length === 0 && !flags.string('kustomize')) throw new KubectlError('required resource not specified');
  const revision = flags.int('revision');
  if (revision < 0) throw new KubectlError(`revision must be a positive integer: ${revision}`);
  const result = await build(k, { ...builderOptions(flags, args), allowEmptySelector: true, flatten: true, latest: true, typed: true, continueOnError: true });
  await visit(result, async (info) => {
    const past = await pastOf(k, info);
    if (flags.string('output')) {
      const print = await printer(k, '');
      const chosen = revision > 0 ? past.filter((p) => p.revision === revision) : past;
      if (revision > 0 && chosen.length === 0) throw new KubectlError('unable to find the specified revision');
      for (const p of chosen) k.out(print(p.source));
      return;
    }
    const text = revision > 0 ? details(past, revision) : table(past);
    k.out(`${(await printer(k, revision > 0 ? `with revision #${revision}` : ''))(info.object!).replace(/\n$/, '')}${revision > 0 ? '' : ' '}\n${text}\n`);
  });
}

function table(past: Past[]): string {
  if (past.length === 0) return 'No rollout history found.';
  return align(`REVISION\tCHANGE-CAUSE\n${past.map((p) => `${p.revision}\t${p.cause || '<none>'}\n`).join('')}`);
}

function details(past: Past[], revision: number): string {
  const found = past.find((p) => p.revision === revision);
  if (!found) throw new KubectlError('unable to find the specified revision');
  const w = new Writer(0);
  const cause = found.cause ? { [CAUSE]: found.cause } : {};
  podTemplate(w, { ...found.template, metadata: { ...found.template.metadata, annotations: { ...found.template.metadata?.annotations, ...cause } } });
  return w.raw();
}

/** Earlier templates, oldest first: ReplicaSets of a Deployment, ControllerRevisions of the others. */
async function pastOf(k: Kubectl, info: Info): Promise<Past[]> {
  const object = info.object!;
  const own = (list: KubeObject) => (list['items'] as KubeObject[]).filter((o) => o.metadata.ownerReferences?.some((r) => r.controller && r.uid === object.metadata.uid));
  const selector = labelSelectorText(object.spec.selector);
  let out: Past[];
  if (info.mapping.kind === 'Deployment') {
    const sets = own(await k.rest.get(`/apis/apps/v1/namespaces/${info.namespace}/replicasets`, { labelSelector: selector }));
    out = sets.map((rs) => ({ revision: Number(rs.metadata.annotations?.[REVISION] ?? 0), cause: rs.metadata.annotations?.[CAUSE] ?? '', template: rs.spec.template, source: { ...rs, apiVersion: 'apps/v1', kind: 'ReplicaSet' } }));
  } else if (info.mapping.kind === 'DaemonSet' || info.mapping.kind === 'StatefulSet') {
    const revisions = own(await k.rest.get(`/apis/apps/v1/namespaces/${info.namespace}/controllerrevisions`, { labelSelector: selector }));
    out = revisions.map((r) => {
      const whole = strategicPatch(object, r['data'], typeOfObject({ apiVersion: 'apps/v1', kind: info.mapping.kind })!) as KubeObject;
      return { revision: r['revision'] as number, cause: r.metadata.annotations?.[CAUSE] ?? '', template: whole.spec.template, source: r };
    });
  } else throw new KubectlError(`no history viewer has been implemented for "${info.mapping.kind}"`);
  return out.sort((a, b) => a.revision - b.revision);
}

export async function undo(k: Kubectl, command: Command): Promise<void> {
  const { flags, args } = command;
  if (args.length === 0 && flags.list('filename').length === 0 && !flags.string('kustomize')) throw usageError(command.path, 'required resource not specified');
  const dryRun = k.dryRun(), to = flags.int('to-revision');
  const result = await build(k, { ...builderOptions(flags, args), allowEmptySelector: true, flatten: true, latest: true, typed: true, continueOnError: true });
  await visit(result, async (info) => {
    const object = info.object!, { group, kind } = info.mapping;
    if (!['Deployment', 'DaemonSet', 'StatefulSet'].includes(kind)) throw new KubectlError(`error retrieving rollbacker for ${JSON.stringify(group ? `${kind}.${group}` : kind)}, no visitor method exists for {${group} ${kind}}`);
    if (object.spec.paused) throw new KubectlError("you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again");
    const past = await pastOf(k, info);
    const current = Math.max(0, ...past.map((p) => p.revision));
    const deployment = info.mapping.kind === 'Deployment';
    let target: Past | undefined;
    if (to > 0) {
      target = past.find((p) => p.revision === to);
      if (!target) throw new KubectlError(deployment ? `unable to find specified revision ${to} in history` : `unable to find specified revision ${to} in history`);
    } else {
      target = past.filter((p) => p.revision < current).at(-1);
      if (!target || past.length < 2) throw new KubectlError(deployment ? `no rollout history found for deployment "${info.name}"` : 'no last revision to roll back to');
    }
    if (dryRun === 'client') {
      const w = new Writer(0);
      podTemplate(w, target.template);
      return k.out((await printer(k, `${w.raw()} ${done('', dryRun).trim()}`))(object));
    }
    let text = 'rolled back';
    if (target.revision === current) text = `skipped rollback (current template already matches revision ${to > 0 ? to : target.revision})`;
    else if (deployment) await k.rest.patch(pathOf(info.mapping, info.namespace, info.name), 'json', deploymentPatch(object, target), dryRun === 'server' ? { dryRun: 'All' } : {});
    else await k.rest.patch(pathOf(info.mapping, info.namespace, info.name), 'strategic', target.source['data'], dryRun === 'server' ? { dryRun: 'All' } : {});
    k.out((await printer(k, done(text, dryRun)))(object));
  });
}

const KEPT = new Set(['kubectl.kubernetes.io/last-applied-configuration', REVISION, 'deployment.kubernetes.io/revision-history', 'deployment.kubernetes.io/desired-replicas', 'deployment.kubernetes.io/max-replicas', 'deprecated.deployment.rollback.to']);

function deploymentPatch(deployment: KubeObject, { template, source }: Past): object[] {
  const { 'pod-template-hash': _, ...labels } = template.metadata?.labels ?? {};
  const annotations: Record<string, string> = {};
  for (const [key, v] of Object.entries(deployment.metadata.annotations ?? {})) if (KEPT.has(key)) annotations[key] = v;
  for (const [key, v] of Object.entries(source.metadata.annotations ?? {})) if (!KEPT.has(key)) annotations[key] = v;
  return [
    { op: 'replace', path: '/spec/template', value: { ...template, metadata: { ...template.metadata, labels } } },
    { op: 'replace', path: '/metadata/annotations', value: annotations },
  ];
}
