import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import { build, infos } from '../factory/builder.ts';
import type { Kubectl } from '../kubectl.ts';
import { builderOptions } from './common.ts';
import { apply, containersPatch, podSpec, withPodSpec } from './set.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
const isChange = (word: string) => word === '-' || (word.includes('=') && !word.startsWith('=')) || (word.endsWith('-') && word.length > 1);

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags, args } = command;
  const resources = args.filter((a) => !isChange(a)), words = [...args.filter(isChange), ...flags.list('env')];
  if (resources.length === 0 && flags.list('filename').length === 0) throw new KubectlError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  if (flags.bool('list')) return list(k, command, resources);
  const set: { name: string; value?: string; valueFrom?: unknown }[] = [], drop: string[] = [];
  for (const word of words) {
    if (word === '-') {
      for (const line of (await k.process.readAll()).split('\n')) if (line.includes('=')) set.push({ name: line.slice(0, line.indexOf('=')), value: line.slice(line.indexOf('=') + 1) });
    } else if (word.includes('=')) set.push({ name: word.slice(0, word.indexOf('=')), value: word.slice(word.indexOf('=') + 1) });
    else drop.push(word.slice(0, -1));
  }
  if (flags.string('from')) set.push(...(await fromObject(k, command)));
  await apply(k, command, resources, 'env updated', (info) => withPodSpec(info.object!, (spec) => {
    const chosen = containers(spec, flags.string('containers'));
    if (chosen.length === 0) {
      k.err(`error: ${info.mapping.kind}/${info.name} does not have any containers matching "${flags.string('containers')}"\n`);
      return {};
    }
    for (const c of chosen) {
      c.env = [...(c.env ?? [])];
      for (const entry of set) {
        const at = c.env.findIndex((e: any) => e.name === entry.name);
        if (at < 0) c.env.push(entry);
        else if (!flags.bool('overwrite') && flags.changed('overwrite')) throw new KubectlError(`'${entry.name}' already has a value (${c.env[at].value ?? ''}), and --overwrite is false`);
        else c.env[at] = entry;
      }
      c.env = c.env.filter((e: any) => !drop.includes(e.name));
      if (c.env.length === 0) delete c.env;
    }
    return {};
  }), containersPatch);
}

function containers(spec: any, wanted: string): any[] {
  const re = new RegExp(`^${(wanted || '*').replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`);
  return [...(spec.initContainers ?? []), ...spec.containers].filter((c) => re.test(c.name));
}

async function list(k: Kubectl, { flags }: Command, resources: string[]): Promise<void> {
  for (const info of await infos(await build(k, { ...builderOptions(flags, resources), flatten: true, latest: true, continueOnError: true }))) {
    for (const c of containers(podSpec(info.object!), flags.string('containers'))) {
      k.out(`# ${info.mapping.kind} ${info.name}, container ${c.name}\n`);
      for (const e of c.env ?? []) {
        if (!e.valueFrom) k.out(`${e.name}=${e.value ?? ''}\n`);
        else if (e.valueFrom.secretKeyRef) k.out(`# ${e.name} from secret ${e.valueFrom.secretKeyRef.name}, key ${e.valueFrom.secretKeyRef.key}\n`);
        else if (e.valueFrom.configMapKeyRef) k.out(`# ${e.name} from configmap ${e.valueFrom.configMapKeyRef.name}, key ${e.valueFrom.configMapKeyRef.key}\n`);
        else if (e.valueFrom.fieldRef) k.out(`# ${e.name} from field path ${e.valueFrom.fieldRef.fieldPath}\n`);
      }
    }
  }
}

async function fromObject(k: Kubectl, { flags }: Command): Promise<{ name: string; valueFrom: unknown }[]> {
  const out: { name: string; valueFrom: unknown }[] = [], keys = flags.list('keys');
  for (const info of await infos(await build(k, { args: [flags.string('from')] }))) {
    const kind = info.mapping.kind;
    if (kind !== 'Secret' && kind !== 'ConfigMap') throw new KubectlError(`unsupported resource specified in --from`);
    for (const key of Object.keys(info.object!['data'] ?? {}).sort()) {
      if (keys.length > 0 && !keys.includes(key)) continue;
      const name = (flags.string('prefix') + key).replace(/[^a-zA-Z0-9_]/g, '_').toUpperCase();
      out.push({ name, valueFrom: { [kind === 'Secret' ? 'secretKeyRef' : 'configMapKeyRef']: { name: info.name, key } } });
    }
  }
  return out;
}
