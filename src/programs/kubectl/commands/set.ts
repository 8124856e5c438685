// kubectl set image | resources | selector | serviceaccount | subject
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { build, MISSING, visit, type Info } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import { requireTyped } from '../factory/typed.ts';
import type { Kubectl } from '../kubectl.ts';
import { printer } from '../printers/index.ts';
import { parseQuantity } from '../quantity.ts';
import { builderOptions, done, writeQuery } from './common.ts';
import { labelSelector } from './create-generators.ts';
import { causePatch, recorded } from './record.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */

/** The pod spec inside an object, or undefined. */
export function podSpec(object: KubeObject): any {
  if (object.kind === 'Pod') return object.spec;
  if (object.kind === 'CronJob') return object.spec.jobTemplate.spec.template.spec;
  return object.spec?.template?.spec;
}

/** The object with its pod spec changed by `change`. */
export function withPodSpec({ object, mapping, name }: Info, change: (spec: any) => any): KubeObject {
  const copy = JSON.parse(JSON.stringify(object)) as KubeObject;
  const spec = podSpec(copy);
  if (!spec) throw new KubectlError(`${mapping.resource}/${name} the object is not a pod or does not have a pod template: *v1.${mapping.kind}`);
  Object.assign(spec, change(spec));
  return copy;
}

/** What is local is not asked for by name (resource.LocalResourceError). */
const LOCAL = "you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'";

/** Sends what changed, as a patch of the whole spec's changed parts; says nothing when nothing did. */
export async function apply(k: Kubectl, command: Command, resources: string[], { verb, failed }: { verb: string; failed?: string }, change: (info: Info) => KubeObject | Promise<KubeObject>, patchOf: (before: KubeObject, after: KubeObject) => object): Promise<void> {
  const { flags } = command;
  const dryRun = k.dryRun(), local = flags.bool('local');
  if (local && resources.length > 0) throw new KubectlError(LOCAL);
  if (local && dryRun === 'server') throw new KubectlError('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
  const print = await printer(k, done(verb, dryRun));
  const generic = flags.string('output') !== '';
  const result = await build(k, { ...builderOptions(flags, resources), flatten: true, latest: !local, local, typed: true, continueOnError: true });
  await visit(result, async (info) => {
    requireTyped(info.mapping);
    const before = info.object!, after = recorded(await change(info), command);
    const same = JSON.stringify(before) === JSON.stringify(after);
    if (local || dryRun === 'client') {
      if (!same || (generic && verb !== 'env updated') || local) k.out(print(after));
      return;
    }
    if (same) {
      if (generic && verb !== 'env updated') k.out(print(after));
      return;
    }
    try {
      k.out(print(await k.rest.patch(pathOf(info.mapping, info.namespace, info.name), 'strategic', { ...patchOf(before, after), ...(flags.bool('record') ? causePatch(command) : {}) }, writeQuery(k, dryRun))));
    } catch (error) {
      if (!(error instanceof StatusError) || failed === undefined) throw error;
      throw new KubectlError(`${failed} ${error.message}`);
    }
  });
}

/** The containers that changed, in a patch of the shape of the object. */
export function containersPatch(before: KubeObject, after: KubeObject): object {
  const a = podSpec(before), b = podSpec(after);
  const spec: Record<string, unknown> = {};
  for (const list of ['initContainers', 'containers']) {
    const changed = (b[list] ?? []).filter((c: any, i: number) => JSON.stringify(c) !== JSON.stringify(a[list]?.[i]));
    if (changed.length === 0) continue;
    spec[`$setElementOrder/${list}`] = b[list].map((c: any) => ({ name: c.name }));
    spec[list] = changed.map((c: any) => ({ ...difference(a[list].find((x: any) => x.name === c.name) ?? {}, c), name: c.name }));
  }
  if (b.serviceAccountName !== a.serviceAccountName) Object.assign(spec, { serviceAccountName: b.serviceAccountName, serviceAccount: b.serviceAccountName });
  return inShape(after, spec);
}

/** `spec` where this kind keeps its pod spec. */
function inShape(object: KubeObject, spec: object): object {
  if (object.kind === 'Pod') return { spec };
  if (object.kind === 'CronJob') return { spec: { jobTemplate: { spec: { template: { spec } } } } };
  return { spec: { template: { spec } } };
}

function difference(before: any, after: any): any {
  const out: any = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue;
    if (key === 'env') out['$patch'] ??= undefined;
    out[key] = after[key] === undefined ? null : key === 'env' ? [{ $patch: 'replace' }, ...after[key]] : key === 'resources' ? { $patch: 'replace', ...after[key] } : after[key];
  }
  delete out['$patch'];
  return out;
}

/** TYPE NAME words and NAME=VALUE words. */
function splitPairs(args: string[]): { resources: string[]; pairs: string[] } {
  const resources = args.filter((a) => !a.includes('=')), pairs = args.filter((a) => a.includes('='));
  return { resources, pairs };
}

export async function image(k: Kubectl, command: Command): Promise<void> {
  const { resources, pairs } = splitPairs(command.args);
  const { flags } = command;
  const files = flags.list('filename').length > 0 || flags.string('kustomize') !== '';
  const errors: string[] = [];
  if (flags.bool('all') && flags.string('selector')) errors.push('cannot set --all and --selector at the same time');
  if (resources.length < 1 && !files) await build(k, { ...builderOptions(flags, resources) });
  // What is named is looked for before the rest is judged.
  if (pairs.length < 1 && resources.length > 0) await visit(await build(k, { ...builderOptions(flags, resources), flatten: true, latest: true, continueOnError: true }), () => {});
  if (pairs.length < 1) errors.push('at least one image update is required');
  else if (pairs.length > 1 && pairs.some((p) => p.startsWith('*='))) errors.push('all containers are already specified by *, but saw more than one container_name=container_image pairs');
  if (errors.length > 0) throw new KubectlError(errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`);
  const images = new Map(pairs.map((p) => [p.slice(0, p.indexOf('=')), p.slice(p.indexOf('=') + 1)]));
  await apply(k, command, resources, { verb: 'image updated', failed: 'failed to patch image update to pod template:' }, (info) => withPodSpec(info, (spec) => {
    const lists = { containers: spec.containers, initContainers: spec.initContainers };
    for (const [name, value] of images) {
      let found = false;
      for (const list of [lists.initContainers, lists.containers]) for (const c of list ?? []) if (name === '*' || c.name === name) {
        found = true;
        c.image = value;
      }
      if (!found) throw new KubectlError(`unable to find container named "${name}"`);
    }
    return {};
  }), containersPatch);
}

export async function resources(k: Kubectl, command: Command): Promise<void> {
  const { flags, args } = command;
  const limits = amounts(flags.string('limits')), requests = amounts(flags.string('requests'));
  if (flags.bool('all') && flags.string('selector')) throw new KubectlError('cannot set --all and --selector at the same time');
  if (Object.keys(limits).length === 0 && Object.keys(requests).length === 0) throw new KubectlError('you must specify an update to requests or limits (in the form of --requests/--limits)');
  await apply(k, command, args, { verb: 'resource requirements updated', failed: 'failed to patch resources update to pod template' }, (info) => withPodSpec(info, (spec) => {
    const wanted = flags.string('containers') || '*';
    const chosen = spec.containers.filter((c: any) => wanted === '*' || glob(wanted).test(c.name));
    if (chosen.length === 0) throw new KubectlError(`unable to find container named ${wanted}`);
    for (const c of chosen) {
      c.resources ??= {};
      for (const [field, values] of [['limits', limits], ['requests', requests]] as const) if (Object.keys(values).length > 0) {
        c.resources[field] = { ...c.resources[field], ...values };
        for (const name of Object.keys(values)) if (values[name] === '0') delete c.resources[field][name];
      }
    }
    return {};
  }), containersPatch);
}

function glob(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

function amounts(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const part of text.split(',').filter(Boolean)) {
    const [name, value, more] = part.split('=');
    if (value === undefined || more !== undefined) throw new KubectlError(`Invalid argument syntax ${part}, expected <resource>=<value>`);
    if (parseQuantity(value) === undefined) throw new KubectlError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    out[name!] = value;
  }
  return out;
}

export async function serviceAccount(k: Kubectl, command: Command): Promise<void> {
  const { args } = command;
  if (args.length === 0) throw new KubectlError('serviceaccount is required');
  const name = args.at(-1)!;
  if (command.flags.bool('local') && command.flags.list('filename').length === 0) throw new KubectlError(MISSING);
  await apply(k, command, args.slice(0, -1), { verb: 'serviceaccount updated', failed: 'failed to patch ServiceAccountName' }, (info) => withPodSpec(info, () => ({ serviceAccountName: name })), containersPatch);
}

export async function selector(k: Kubectl, command: Command): Promise<void> {
  const names = command.args.slice(0, -1), last = command.args.at(-1);
  if (last === undefined) throw new KubectlError('must specify a selector');
  const chosen = labelSelector(last) as { matchLabels?: Record<string, string>; matchExpressions?: { key: string; operator: string; values?: string[] }[] };
  const expressions = chosen.matchExpressions ?? [];
  await apply(k, command, names, { verb: 'selector updated' }, (info) => {
    if (info.mapping.kind !== 'Service') throw new KubectlError(`setting a selector is only supported for Services`);
    if (expressions.length > 0) throw new KubectlError(`match expression [${expressions.map((e) => `{${e.key} ${e.operator} [${(e.values ?? []).join(' ')}]}`).join(' ')}] not supported on this object`);
    return { ...info.object!, spec: { ...info.object!.spec, selector: chosen.matchLabels ?? {} } };
  }, (before, after) => ({ spec: { selector: { ...Object.fromEntries(Object.keys(before.spec.selector ?? {}).map((key) => [key, null])), ...after.spec.selector } } }));
}

export async function subject(k: Kubectl, command: Command): Promise<void> {
  const { flags, args } = command;
  const added = [
    ...flags.list('user').map((name) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name })),
    ...flags.list('group').map((name) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name })),
    ...flags.list('serviceaccount').map((text) => {
      const [namespace, name, more] = text.split(':');
      if (!namespace || !name || more !== undefined) throw new KubectlError('serviceaccount must be <namespace>:<name>');
      return { kind: 'ServiceAccount', name, namespace };
    }),
  ];
  if (args.length === 0 && flags.list('filename').length === 0) throw new KubectlError(MISSING);
  if (added.length === 0) throw new KubectlError('you must specify at least one value of user, group or serviceaccount');
  await apply(k, command, args, { verb: 'subjects updated', failed: 'failed to patch subjects to rolebinding:' }, (info) => {
    const old = (info.object!['subjects'] as object[] | undefined) ?? [];
    return { ...info.object!, subjects: [...old, ...added.filter((s) => !old.some((o) => JSON.stringify(sortKeys(o)) === JSON.stringify(sortKeys(s))))] };
  }, (_before, after) => ({ subjects: after['subjects'] }));
}

function sortKeys(o: object): object {
  return Object.fromEntries(Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1)));
}
