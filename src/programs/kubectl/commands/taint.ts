import type { Command } from '../cli.ts';
import { KubectlError, usageError } from '../errors.ts';
import { build, visit } from '../factory/builder.ts';
import { pathOf } from '../factory/mapper.ts';
import type { Kubectl } from '../kubectl.ts';
import { namePrinter, printer } from '../printers/index.ts';
import { writeQuery } from './common.ts';
import { checkLabelKey, checkLabelValue } from './label-syntax.ts';

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const resources: string[] = [], specs: string[] = [];
  for (const arg of command.args) {
    const isSpec = arg.includes('=') || arg.endsWith('-') || arg.includes(':');
    if (isSpec) specs.push(arg);
    else if (specs.length > 0) throw new KubectlError(`all resources must be specified before taint changes: ${arg}`);
    else resources.push(arg);
  }
  if (resources.length < 1) throw new KubectlError('one or more resources must be specified as <resource> <name>');
  if (specs.length < 1) throw new KubectlError('at least one taint update is required');
  let add: Taint[], drop: Taint[];
  try {
    ({ add, drop } = parse(specs));
  } catch (error) {
    throw usageError(command.path, (error as Error).message);
  }
  const type = resources[0]!.split('/')[0]!;
  if (!['node', 'nodes', 'no'].includes(type)) throw new KubectlError(`invalid resource type ${type}, only node types are supported`);
  const all = flags.bool('all'), selector = flags.string('selector');
  if (all && selector) throw new KubectlError("setting 'all' parameter with a non empty selector is prohibited");
  if (!all && !selector && resources.length < 2 && !resources[0]!.includes('/')) throw new KubectlError("at least one resource name must be specified since 'all' parameter is not set");
  const both = add.filter((a) => drop.some((d) => d.key === a.key && d.effect === a.effect)).map((t) => `${t.key}=${t.effect}`);
  if (both.length > 0) throw new KubectlError(`can not both modify and remove the following taint(s) in the same command: ${both.join(', ')}`);
  const dryRun = k.dryRun(), overwrite = flags.bool('overwrite');
  const result = await build(k, { args: resources, labelSelector: selector, all, flatten: true, latest: true, continueOnError: true });
  await visit(result, async (info) => {
    const old = (info.object!.spec.taints ?? []) as Taint[];
    if (!overwrite) {
      const exists = add.filter((a) => old.some((o) => o.key === a.key && o.effect === a.effect)).map((t) => t.key);
      if (exists.length > 0) throw new KubectlError(`node ${info.name} already has ${exists.join(',')} taint(s) with same effect(s) and --overwrite is false`);
    }
    let verb = add.length > 0 ? (overwrite ? 'modified' : 'tainted') : 'tainted';
    const missing: string[] = [];
    let left = [...add.map((t) => ({ ...t })), ...old.filter((o) => !add.some((a) => a.key === o.key && a.effect === o.effect))];
    for (const d of drop) {
      const before = left.length;
      left = left.filter((t) => !(t.key === d.key && (d.effect === '' || t.effect === d.effect)));
      if (left.length === before) missing.push(d.effect ? `taint "${d.key}:${d.effect}" not found` : `taint "${d.key}" not found`);
    }
    if (missing.length > 0) throw new KubectlError(missing.length === 1 ? missing[0]! : `[${missing.join(', ')}]`);
    if (add.length === 0) verb = 'untainted';
    else if (drop.length > 0) verb = 'modified';
    let object = { ...info.object!, spec: { ...info.object!.spec, taints: left } };
    if (dryRun !== 'client') object = (await k.rest.patch(pathOf(info.mapping, '', info.name), 'strategic', { spec: { taints: left.length > 0 ? left.map((t) => ({ ...t })) : null } }, writeQuery(k, dryRun))) as typeof object;
    // Whether it was a dry run is lost where the operation is set.
    k.out(flags.string('output') ? (await printer(k, verb))(object) : namePrinter(verb)(object));
  });
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function parse(specs: string[]): { add: Taint[]; drop: Taint[] } {
  const add: Taint[] = [], drop: Taint[] = [], seen = new Set<string>();
  for (const spec of specs) {
    if (spec.endsWith('-')) {
      const [key, effect = ''] = spec.slice(0, -1).split(':') as [string, string?];
      const bare = key.includes('=') ? key.slice(0, key.indexOf('=')) : key;
      if (effect && !EFFECTS.includes(effect)) throw new KubectlError(`invalid taint effect: ${effect}, unsupported taint effect`);
      drop.push({ key: bare, effect });
      continue;
    }
    const parts = spec.split(':');
    let key = parts[0]!, value = '', effect = '';
    if (parts.length > 2) throw new KubectlError(`invalid taint spec: ${spec}`);
    if (parts.length === 2) {
      effect = parts[1]!;
      if (!EFFECTS.includes(effect)) throw new KubectlError(`invalid taint effect: ${effect}, unsupported taint effect`);
      const [name, v, more] = parts[0]!.split('=');
      if (more !== undefined) throw new KubectlError(`invalid taint spec: ${spec}`);
      key = name!;
      value = v ?? '';
      const bad = checkLabelValue(value);
      if (bad) throw new KubectlError(`invalid taint spec: ${spec}, ${bad}`);
    }
    const bad = checkLabelKey(key);
    if (bad) throw new KubectlError(`invalid taint spec: ${spec}, ${bad}`);
    if (effect === '') throw new KubectlError(`invalid taint spec: ${spec}`);
    if (seen.has(`${key}:${effect}`)) throw new KubectlError(`duplicated taints with the same key and effect: {${key} ${value} ${effect} <nil>}`);
    seen.add(`${key}:${effect}`);
    add.push({ key, ...(value ? { value } : {}), effect });
  }
  return { add, drop };
}
