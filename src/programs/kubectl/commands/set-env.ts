import type { Command } from '../cli.ts';
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { fromBase64 } from '../base64.ts';
import { KubectlError, StatusError } from '../errors.ts';
import { build, infos, MISSING } from '../factory/builder.ts';
import type { Kubectl } from '../kubectl.ts';
import { builderOptions } from './common.ts';
import { apply, containersPatch, podSpec, withPodSpec } from './set.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
const isChange = (word: string) => word === '-' || (word.includes('=') && !word.startsWith('=')) || (word.endsWith('-') && word.length > 1);

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags, args } = command;
  const resources = args.filter((a) => !isChange(a)), words = [...args.filter(isChange), ...flags.list('env')];
  if (resources.length === 0 && flags.list('filename').length === 0) throw new KubectlError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  if (flags.bool('local') && flags.list('filename').length === 0) throw new KubectlError(MISSING);
  if (flags.bool('list')) return list(k, command, resources);
  const set: { name: string; value?: string; valueFrom?: unknown }[] = [], drop: string[] = [];
  for (const word of words) {
    if (word === '-') {
      for (const line of (await k.process.readAll()).split('\n')) if (line.includes('=')) set.push({ name: line.slice(0, line.indexOf('=')), value: line.slice(line.indexOf('=') + 1) });
    } else if (word.includes('=')) set.push({ name: word.slice(0, word.indexOf('=')), value: word.slice(word.indexOf('=') + 1) });
    else drop.push(word.slice(0, -1));
  }
  if (flags.string('from')) set.push(...(await fromObject(k, command)));
  await apply(k, command, resources, { verb: 'env updated', failed: 'failed to patch env update to pod template:' }, (info) => withPodSpec(info, (spec) => {
    const chosen = containers(spec, flags.string('containers'));
    if (chosen.length === 0) {
      k.err(`Warning: ${info.mapping.kind}/${info.name} does not have any containers matching "${flags.string('containers')}"\n`);
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
      const problems = new Map<string, string[]>();
      for (const e of c.env ?? []) {
        let value: string | undefined = e.valueFrom ? undefined : (e.value ?? '');
        if (e.valueFrom && flags.bool('resolve')) {
          try {
            value = await referred(k, info.object!, e.valueFrom, c);
          } catch (error) {
            if (!(error instanceof KubectlError || error instanceof StatusError)) throw error;
            problems.set(error.message, [...(problems.get(error.message) ?? []), e.name]);
          }
        }
        k.out(value === undefined ? `# ${e.name} from ${reference(e.valueFrom)}\n` : `${e.name}=${value}\n`);
      }
      for (const line of [...problems].map(([why, names]) => `error retrieving reference for ${names.sort().join(', ')}: ${why}\n`).sort()) k.err(line);
    }
  }
}

/** GetEnvVarRefString */
function reference(from: any): string {
  if (from.configMapKeyRef) return `configmap ${from.configMapKeyRef.name}, key ${from.configMapKeyRef.key}`;
  if (from.secretKeyRef) return `secret ${from.secretKeyRef.name}, key ${from.secretKeyRef.key}`;
  if (from.fieldRef) return `field path ${from.fieldRef.fieldPath}`;
  if (from.resourceFieldRef) return `resource field ${from.resourceFieldRef.containerName ? `${from.resourceFieldRef.containerName}/` : ''}${from.resourceFieldRef.resource}`;
  return 'invalid valueFrom';
}

/** GetEnvVarRefValue: what the variable would be. */
async function referred(k: Kubectl, object: KubeObject, from: any, container: any): Promise<string> {
  const { namespace } = object.metadata;
  for (const [ref, resource, kind] of [['secretKeyRef', 'secrets', 'secret'], ['configMapKeyRef', 'configmaps', 'config map']] as const) {
    if (!from[ref]) continue;
    const { name, key } = from[ref], found = await k.rest.get(`/api/v1/namespaces/${namespace}/${resource}/${name}`), value = found['data']?.[key];
    if (value === undefined) throw new KubectlError(`key ${key} not found in ${kind} ${name}`);
    return ref === 'secretKeyRef' ? String(fromBase64(value)) : value;
  }
  if (from.resourceFieldRef) {
    const [list, name] = from.resourceFieldRef.resource.split('.');
    return String(container.resources?.[list]?.[name] ?? '0');
  }
  const path = from.fieldRef.fieldPath as string, [, map, key] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? [];
  if (map) return (object.metadata as any)[map]?.[key!] ?? '';
  if (!['metadata.name', 'metadata.namespace', 'metadata.uid'].includes(path)) throw new KubectlError(`unsupported fieldPath: ${path}`);
  return (object.metadata as any)[path.slice('metadata.'.length)] ?? '';
}

async function fromObject(k: Kubectl, { flags }: Command): Promise<{ name: string; valueFrom: unknown }[]> {
  const out: { name: string; valueFrom: unknown }[] = [], keys = flags.list('keys');
  for (const info of await infos(await build(k, { args: [flags.string('from')] }))) {
    const kind = info.mapping.kind;
    if (kind !== 'Secret' && kind !== 'ConfigMap') throw new KubectlError(`unsupported resource specified in --from`);
    for (const key of Object.keys(info.object!['data'] ?? {}).sort()) {
      if (keys.length > 0 && !keys.includes(key)) continue;
      const upper = key.replace(/[^a-zA-Z0-9_]/g, '_').toUpperCase(), name = flags.string('prefix') + upper;
      if (upper !== key) k.err(`Warning: key ${key} transferred to ${upper}\n`);
      out.push({ name, valueFrom: { [kind === 'Secret' ? 'secretKeyRef' : 'configMapKeyRef']: { name: info.name, key } } });
    }
  }
  return out;
}
