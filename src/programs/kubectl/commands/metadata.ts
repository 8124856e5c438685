// kubectl label and kubectl annotate.
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { Aggregate, KubectlError } from '../errors.ts';
import { build, visit } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { namePrinter, printer } from '../printers/index.ts';
import { builderOptions, done, writeQuery } from './common.ts';
import { checkLabelValue } from './label-syntax.ts';

export async function updateMetadata(k: Kubectl, command: Command, field: 'labels' | 'annotations'): Promise<void> {
  const { flags } = command;
  const isLabel = field === 'labels', one = isLabel ? 'label' : 'annotation';
  const { resources, changes } = split(command.args, one);
  const files = flags.list('filename').length > 0 || flags.string('kustomize') !== '';
  const list = flags.bool('list'), overwrite = flags.bool('overwrite'), resourceVersion = flags.string('resource-version');
  const local = flags.bool('local'), dryRun = k.dryRun();
  if (flags.bool('all') && flags.string('selector')) throw new KubectlError('cannot set --all and --selector at the same time');
  const example = isLabel ? 'pod.yaml or --filename=pod.json' : 'rsrc.yaml or --filename=rsrc.json';
  if (local && dryRun === 'server') throw new KubectlError('cannot specify --local and --dry-run=server - did you mean --dry-run=client?');
  if (local && resources.length > 0) throw new KubectlError(`can only use local files by -f ${example} when --local=true is set`);
  if (local && !files) throw new KubectlError(`one or more files must be specified as -f ${example}`);
  if (resources.length === 0 && !files) throw new KubectlError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  const { set, drop } = parse(changes, one);
  if (set.size === 0 && drop.length === 0 && !list) throw new KubectlError(isLabel ? 'at least one label update is required' : 'at least one annotation update is required');
  for (const key of drop) if (set.has(key)) throw new KubectlError(`can not both modify and remove ${isLabel ? 'a label' : 'an annotation'} in the same command`);
  const generic = flags.string('output') !== '' || flags.string('template') !== '';
  const result = await build(k, { ...builderOptions(flags, resources), flatten: true, latest: !local, local, continueOnError: true });
  let many: boolean | undefined = result.single;
  await visit(result, async (info) => {
    const old = info.object!;
    const values = { ...(old.metadata[field] ?? {}) };
    let message = isLabel ? 'not labeled' : 'annotated';
    if (list && !changes.length) {
      if (!many && many !== undefined) k.out(`Listing ${field} for ${info.mapping.kind}.${info.mapping.group}/${info.name}:\n`);
      for (const key of Object.keys(values).sort()) k.out(`${key}=${values[key]}\n`);
      many = false;
      return;
    }
    let problem: string[] = [];
    if (!overwrite) problem = conflicts(values, set, isLabel);
    if (problem.length > 0) throw isLabel ? new Aggregate(problem.map((p) => new KubectlError(p))) : new KubectlError(`--overwrite is false but found the following declared annotation(s): ${problem.join('; ')}`);
    for (const [key, value] of set) values[key] = value;
    for (const key of drop) {
      if (isLabel && !(key in values)) k.out(`label "${key}" not found.\n`);
      delete values[key];
    }
    const changed = JSON.stringify(sorted(values)) !== JSON.stringify(sorted(old.metadata[field] ?? {}));
    if (isLabel && changed) message = !overwrite && JSON.stringify(values).length < JSON.stringify(old.metadata.labels ?? {}).length ? 'unlabeled' : 'labeled';
    let object: KubeObject = { ...old, metadata: { ...old.metadata, [field]: values } };
    if (changed && !local && dryRun !== 'client') {
      const patch = { metadata: { [field]: { ...Object.fromEntries(set), ...Object.fromEntries(drop.filter((d) => d in (old.metadata[field] ?? {})).map((d) => [d, null])) }, ...(resourceVersion ? { resourceVersion } : {}) } };
      object = await k.rest.patch(pathOf(info.mapping, info.namespace, info.name), 'merge', patch, writeQuery(k, dryRun));
    }
    if (list) {
      for (const key of Object.keys(values).sort()) k.out(`${key}=${values[key]}\n`);
      return;
    }
    const text = done(message, dryRun);
    // label shows what it sent, with the resourceVersion from before.
    if (isLabel) object = { ...object, metadata: { ...object.metadata, resourceVersion: old.metadata.resourceVersion! } };
    k.out(generic ? (await printer(k, text))(object) : namePrinter(text)(object));
  });
}

function split(args: string[], one: string): { resources: string[]; changes: string[] } {
  const resources: string[] = [], changes: string[] = [];
  let changing = false;
  for (const arg of args) {
    const isChange = (arg.includes('=') && !arg.startsWith('=')) || (arg.endsWith('-') && arg !== '-');
    if (isChange) {
      changing = true;
      changes.push(arg);
    } else if (changing) throw new KubectlError(`all resources must be specified before ${one} changes: ${arg}`);
    else resources.push(arg);
  }
  return { resources, changes };
}

function parse(changes: string[], one: string): { set: Map<string, string>; drop: string[] } {
  const set = new Map<string, string>(), drop: string[] = [], bad: string[] = [];
  for (const change of changes) {
    const cut = change.indexOf('=');
    if (cut > 0) {
      const key = change.slice(0, cut), value = change.slice(cut + 1);
      if (one === 'label') {
        if (value.includes('=')) throw new KubectlError(`invalid label spec: ${change}`);
        const why = checkLabelValue(value);
        if (why) throw new KubectlError(`invalid label value: "${change}": ${why}`);
      }
      set.set(key, value);
    } else if (change.endsWith('-')) drop.push(change.slice(0, -1));
    else bad.push(change);
  }
  if (bad.length > 0) throw new KubectlError(`invalid ${one} format: ${bad.join(', ')}`);
  return { set, drop };
}

function conflicts(values: Record<string, string>, set: Map<string, string>, isLabel: boolean): string[] {
  const out: string[] = [];
  for (const [key, value] of set) {
    const old = values[key];
    if (old === undefined || old === value || (!isLabel && key === 'kubernetes.io/change-cause')) continue;
    out.push(`'${key}' already has a value (${old})${isLabel ? ', and --overwrite is false' : ''}`);
  }
  return out;
}

function sorted(values: Record<string, string>): [string, string][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}
