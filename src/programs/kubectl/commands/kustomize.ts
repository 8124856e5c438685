// kubectl kustomize, in small: resources, namespace, namePrefix/nameSuffix, commonLabels/labels, commonAnnotations, images,
// replicas, patches (strategic and JSON), configMapGenerator and secretGenerator.
import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { jsonPatch, strategicPatch, type JsonPatchOperation } from '../../../kubernetes/apiserver/patch.ts';
import { toBase64 } from '../../../kubernetes/api/base64.ts';
import type { Command } from '../cli.ts';
import { KubectlError } from '../errors.ts';
import { documents } from '../factory/files.ts';
import type { Kubectl } from '../kubectl.ts';
import { mergePatch } from '../merge.ts';
import { typeOfObject } from '../schema.ts';
import { sha256 } from '../sha256.ts';
import { toYaml } from '../yaml/emit.ts';
import { parseYaml } from '../yaml/parse.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
const FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const ORDER = ['Namespace', 'ResourceQuota', 'StorageClass', 'CustomResourceDefinition', 'ServiceAccount', 'PodSecurityPolicy', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'ConfigMap', 'Secret', 'Endpoints', 'Service', 'LimitRange', 'PriorityClass', 'PersistentVolume', 'PersistentVolumeClaim', 'Deployment', 'StatefulSet', 'CronJob', 'PodDisruptionBudget'];

export async function run(k: Kubectl, { args }: Command): Promise<void> {
  if (args.length > 1) throw new KubectlError('specify one path to kustomization.yaml');
  const text = kustomizeBuild(k, args[0] ?? '.');
  k.out(text);
  return Promise.resolve();
}

/** The objects of a kustomization as one YAML text. */
export function kustomizeBuild(k: Kubectl, dir: string): string {
  const objects = load(k, dir.replace(/(.)\/$/, '$1'));
  const rank = (o: KubeObject) => (ORDER.indexOf(o.kind) < 0 ? ORDER.length : ORDER.indexOf(o.kind));
  return objects.map((o, i) => ({ o, i })).sort((a, b) => rank(a.o) - rank(b.o) || a.i - b.i).map(({ o }) => toYaml(o)).join('---\n');
}

function load(k: Kubectl, dir: string): KubeObject[] {
  const { fs, cwd } = k.process;
  if (!fs.exists(dir, cwd)) throw new KubectlError(`must build at directory: not a valid directory: evalsymlink failure on '${dir}' : lstat ${dir.startsWith('/') ? dir : `${cwd}/${dir}`}: no such file or directory`);
  const file = FILES.map((f) => `${dir}/${f}`).find((f) => fs.exists(f, cwd));
  const absolute = dir.startsWith('/') ? dir : `${cwd}/${dir}`.replace(/\/\.$/, '');
  if (!file) throw new KubectlError(`unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${absolute}'`);
  const config = (parseYaml(fs.readFile(file, cwd)) ?? {}) as any;
  let objects: KubeObject[] = [];
  for (const path of [...(config.resources ?? []), ...(config.bases ?? [])] as string[]) {
    const full = path.startsWith('/') ? path : `${dir}/${path}`;
    const found = fs.find(full, cwd);
    if (!found) throw new KubectlError(`accumulating resources: accumulation err='accumulating resources from '${path}': evalsymlink failure on '${absolute}/${path}' : lstat ${absolute}/${path}: no such file or directory': must build at directory: not a valid directory: evalsymlink failure on '${absolute}/${path}' : lstat ${absolute}/${path}: no such file or directory`);
    objects.push(...(found.kind === 'dir' ? load(k, full.replace(/\/$/, '')) : ([...documents(fs.readFile(full, cwd), path)] as KubeObject[])));
  }
  const renamed = new Map<string, string>();
  for (const [kind, list] of [['ConfigMap', config.configMapGenerator], ['Secret', config.secretGenerator]] as const) for (const g of list ?? []) objects.push(generated(k, dir, kind, g, config.generatorOptions, renamed));
  for (const p of config.patches ?? []) objects = patched(objects, p.path ? fs.readFile(`${dir}/${p.path}`, cwd) : p.patch, p.target);
  for (const p of config.patchesStrategicMerge ?? []) objects = patched(objects, p.includes('\n') ? p : fs.readFile(`${dir}/${p}`, cwd), undefined);
  for (const p of config.patchesJson6902 ?? []) objects = patched(objects, p.path ? fs.readFile(`${dir}/${p.path}`, cwd) : p.patch, p.target);
  return objects.map((o) => transform(o, config, renamed));
}

function generated(k: Kubectl, dir: string, kind: string, g: any, options: any, renamed: Map<string, string>): KubeObject {
  const { fs, cwd } = k.process;
  const data: Record<string, string> = {};
  for (const l of g.literals ?? []) data[l.slice(0, l.indexOf('='))] = l.slice(l.indexOf('=') + 1).replace(/^(['"])(.*)\1$/s, '$2');
  for (const f of g.files ?? []) {
    const [key, path] = f.includes('=') ? f.split('=') : [f.split('/').at(-1), f];
    data[key] = fs.readFile(`${dir}/${path}`, cwd);
  }
  for (const e of g.envs ?? (g.env ? [g.env] : [])) for (const line of fs.readFile(`${dir}/${e}`, cwd).split('\n')) if (/^[^#=\s]+=/.test(line)) data[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
  const values = kind === 'Secret' ? Object.fromEntries(Object.entries(data).map(([key, v]) => [key, toBase64(v)])) : data;
  const sorted = Object.fromEntries(Object.keys(values).sort().map((key) => [key, values[key]]));
  const type = kind === 'Secret' ? (g.type ?? 'Opaque') : undefined;
  let name = g.name as string;
  if (!(g.options?.disableNameSuffixHash ?? options?.disableNameSuffixHash)) {
    const text = kind === 'Secret' ? { kind, type, name: g.name, data: sorted } : { kind, name: g.name, data: sorted };
    const hex = sha256(JSON.stringify(Object.fromEntries(Object.entries(text).sort(([a], [b]) => (a < b ? -1 : 1)))));
    name += `-${[...hex.slice(0, 10)].map((c) => ({ 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' })[c] ?? c).join('')}`;
    renamed.set(`${kind}/${g.name}`, name);
  }
  const labels = { ...options?.labels, ...g.options?.labels };
  return { apiVersion: 'v1', data: sorted, kind, metadata: { ...(Object.keys(labels).length ? { labels } : {}), name, ...(g.namespace ? { namespace: g.namespace } : {}) }, ...(type ? { type } : {}) } as unknown as KubeObject;
}

function patched(objects: KubeObject[], text: string, target: any): KubeObject[] {
  const patch = parseYaml(text) as any;
  const hits = (o: KubeObject) => (target ? (!target.kind || target.kind === o.kind) && (!target.name || new RegExp(`^(${target.name})$`).test(o.metadata.name)) && (!target.group || o.apiVersion.startsWith(`${target.group}/`)) : o.kind === patch.kind && o.metadata.name === patch.metadata?.name);
  if (!objects.some(hits) && !target) throw new KubectlError(`no matches for Id ${patch.kind}.${patch.apiVersion}/${patch.metadata?.name}.[noNs]; failed to find unique target for patch`);
  return objects.map((o) => {
    if (!hits(o)) return o;
    if (Array.isArray(patch)) return jsonPatch(o, patch as JsonPatchOperation[]) as KubeObject;
    const type = typeOfObject(o);
    const result = (type ? strategicPatch(o, patch, type) : mergePatch(o, patch)) as KubeObject;
    return target ? { ...result, metadata: { ...result.metadata, name: o.metadata.name } } : result;
  });
}

function transform(object: KubeObject, config: any, renamed: Map<string, string>): KubeObject {
  const o = JSON.parse(JSON.stringify(object)) as any;
  const cluster = ['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'PersistentVolume', 'StorageClass', 'CustomResourceDefinition', 'PriorityClass'].includes(o.kind);
  if (config.namespace) {
    if (o.kind === 'Namespace') o.metadata.name = config.namespace;
    else if (!cluster) o.metadata.namespace = config.namespace;
  }
  if (o.kind !== 'Namespace' && o.kind !== 'CustomResourceDefinition') o.metadata.name = `${config.namePrefix ?? ''}${o.metadata.name}${config.nameSuffix ?? ''}`;
  const template = o.spec?.jobTemplate?.spec?.template ?? o.spec?.template;
  const everywhere = { ...config.commonLabels };
  for (const l of config.labels ?? []) {
    o.metadata.labels = { ...o.metadata.labels, ...l.pairs };
    if (l.includeSelectors) Object.assign(everywhere, l.pairs);
    else if (l.includeTemplates && template) template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...l.pairs } };
  }
  if (Object.keys(everywhere).length > 0) {
    o.metadata.labels = { ...o.metadata.labels, ...everywhere };
    if (template) template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...everywhere } };
    if (o.spec?.selector && o.kind === 'Service') o.spec.selector = { ...o.spec.selector, ...everywhere };
    else if (o.spec?.selector?.matchLabels) o.spec.selector.matchLabels = { ...o.spec.selector.matchLabels, ...everywhere };
  }
  if (config.commonAnnotations) {
    o.metadata.annotations = { ...o.metadata.annotations, ...config.commonAnnotations };
    if (template) template.metadata = { ...template.metadata, annotations: { ...template.metadata?.annotations, ...config.commonAnnotations } };
  }
  const spec = o.kind === 'Pod' ? o.spec : template?.spec;
  for (const i of config.images ?? []) for (const c of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
    const name = /^(.*?)(?::[^/:]+)?(?:@.*)?$/.exec(c.image)![1]!;
    if (name === i.name) c.image = `${i.newName ?? name}${i.digest ? `@${i.digest}` : i.newTag ? `:${i.newTag}` : c.image.slice(name.length)}`;
  }
  for (const r of config.replicas ?? []) if (object.metadata.name === r.name && o.spec?.replicas !== undefined) o.spec.replicas = r.count;
  const reference = (kind: string, name: string) => `${config.namePrefix ?? ''}${renamed.get(`${kind}/${name}`) ?? name}${config.nameSuffix ?? ''}`;
  for (const c of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
    for (const e of c.envFrom ?? []) for (const [field, kind] of [['configMapRef', 'ConfigMap'], ['secretRef', 'Secret']] as const) if (e[field] && renamed.has(`${kind}/${e[field].name}`)) e[field].name = reference(kind, e[field].name);
    for (const e of c.env ?? []) for (const [field, kind] of [['configMapKeyRef', 'ConfigMap'], ['secretKeyRef', 'Secret']] as const) if (e.valueFrom?.[field] && renamed.has(`${kind}/${e.valueFrom[field].name}`)) e.valueFrom[field].name = reference(kind, e.valueFrom[field].name);
  }
  for (const v of spec?.volumes ?? []) {
    if (v.configMap && renamed.has(`ConfigMap/${v.configMap.name}`)) v.configMap.name = reference('ConfigMap', v.configMap.name);
    if (v.secret && renamed.has(`Secret/${v.secret.secretName}`)) v.secret.secretName = reference('Secret', v.secret.secretName);
  }
  return o as KubeObject;
}
