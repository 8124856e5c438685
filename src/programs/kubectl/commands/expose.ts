import type { KubeObject } from '../../../kubernetes/api/types.ts';
import type { Command } from '../cli.ts';
import { KubectlError, usageError } from '../errors.ts';
import { build, visit } from '../factory/builder.ts';
import { fullName, pathOf, type Mapping } from '../factory/mapper.ts';
import { requireTyped } from '../factory/typed.ts';
import type { Kubectl } from '../kubectl.ts';
import { mergePatch } from '../merge.ts';
import { printer } from '../printers/index.ts';
import { builderOptions, compact, done, withTypedLastApplied, writeQuery } from './common.ts';
import { parseYaml } from '../yaml/parse.ts';

export const SERVICES: Mapping = { group: '', version: 'v1', resource: 'services', kind: 'Service', namespaced: true };
interface Port {
  name?: string;
  protocol: string;
  port: number;
  targetPort?: number | string;
}

export async function run(k: Kubectl, command: Command): Promise<void> {
  const { flags } = command;
  const dryRun = k.dryRun();
  const print = await printer(k, done('exposed', dryRun));
  const { labelSelector: _l, ...options } = builderOptions(flags, command.args);
  const result = await build(k, { ...options, flatten: true, typed: true, continueOnError: true });
  await visit(result, async (info) => {
    const { mapping } = info, object = info.object!;
    requireTyped(info.mapping);
    if (!['ReplicationController', 'Service', 'Pod', 'Deployment', 'ReplicaSet'].includes(mapping.kind)) throw new KubectlError(`cannot expose a ${fullName({ ...mapping, resource: mapping.kind })}`);
    let name = flags.string('name') || info.name;
    if (name.length > 63) name = name.slice(0, 63);
    const selector = flags.string('selector') ? pairs(flags.string('selector')) : selectorOf(object);
    const headless = flags.string('cluster-ip') === 'None';
    let given: Port[] | undefined;
    if (!flags.string('port')) {
      given = portsOf(object);
      if (given.length === 0 && !headless) throw usageError(command.path, "couldn't find port via --port flag or introspection");
    }
    let service = generate(flags, name, selector, object, given, info.namespace);
    if (flags.string('overrides')) service = mergePatch(service, parseYaml(flags.string('overrides'))) as KubeObject;
    if (k.enforceNamespace || dryRun !== 'client') service = { ...service, metadata: { ...service.metadata } };
    if (flags.bool('save-config')) service = withTypedLastApplied(service);
    if (dryRun === 'client') return k.out(print(k.enforceNamespace ? { ...service, metadata: { ...service.metadata, namespace: k.namespace } } : service, { typed: true }));
    k.out(print(await k.rest.create(pathOf(SERVICES, info.namespace), { ...service, metadata: { ...service.metadata, namespace: info.namespace } }, writeQuery(k, dryRun))));
  });
}

/** A Service as `expose` and `run --expose` make it. */
export function generate(flags: Command['flags'], name: string, selector: Record<string, string>, of: KubeObject, given: Port[] | undefined, _namespace: string): KubeObject {
  const lookup = (flag: string) => (flags.lookup(flag) ? flags.string(flag) : '');
  const protocol = lookup('protocol') || 'TCP', targetPort = lookup('target-port'), type = lookup('type');
  const target = (p: number) => (targetPort === '' ? p : /^\d+$/.test(targetPort) ? Number(targetPort) : targetPort);
  const many = flags.string('port').split(',').filter(Boolean), wrong = many.find((port) => !/^[-+]?\d+$/.test(port));
  if (wrong !== undefined) throw new KubectlError(`strconv.Atoi: parsing ${JSON.stringify(wrong)}: invalid syntax`);
  const protocols = new Map((of.kind === 'Service' ? [] : portsOf(of)).map((p) => [p.port, p.protocol]));
  const ports = given
    ? given.map((p, i) => compact({ name: given.length > 1 ? `port-${i + 1}` : undefined, protocol: lookup('protocol') || p.protocol, port: p.port, targetPort: targetPort ? target(p.port) : (p.targetPort ?? p.port) }))
    : many.map((p, i) => compact({ name: many.length > 1 ? `port-${i + 1}` : undefined, protocol: lookup('protocol') || protocols.get(Number(p)) || protocol, port: Number(p), targetPort: target(Number(p)) }));
  const labels = flags.lookup('labels') && flags.string('labels') ? pairs(flags.string('labels')) : of.metadata.labels;
  const affinity = lookup('session-affinity'), lb = lookup('load-balancer-ip'), external = lookup('external-ip'), clusterIP = lookup('cluster-ip');
  return {
    kind: 'Service', apiVersion: 'v1', metadata: compact({ name, creationTimestamp: null as unknown as string, labels: labels && Object.keys(labels).length > 0 ? labels : undefined }) as KubeObject['metadata'],
    spec: compact({
      ports: ports.length > 0 ? ports : undefined, selector, clusterIP: clusterIP || undefined, type: type || undefined, externalIPs: external ? [external] : undefined,
      sessionAffinity: affinity || undefined, loadBalancerIP: lb || undefined,
    }),
    status: { loadBalancer: {} },
  };
}

/** How pods of this object are selected. */
export function selectorOf(object: KubeObject): Record<string, string> {
  const { spec = {}, metadata, kind } = object;
  if (kind === 'Pod') {
    if (!metadata.labels || Object.keys(metadata.labels).length === 0) throw new KubectlError("couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed");
    return metadata.labels;
  }
  if (kind === 'Service') {
    if (!spec.selector) throw new KubectlError("couldn't retrieve selectors via --selector flag or introspection: the service has no pod selector set");
    return spec.selector;
  }
  if (kind === 'ReplicationController') return spec.selector;
  if (spec.selector?.matchExpressions?.length > 0) throw new KubectlError(`couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - "${JSON.stringify(spec.selector.matchExpressions)}" to map-based selector format`);
  return spec.selector?.matchLabels ?? {};
}

function portsOf(object: KubeObject): Port[] {
  if (object.kind === 'Service') return (object.spec.ports as Port[]).map((p) => ({ port: p.port, protocol: p.protocol }));
  const spec = object.kind === 'Pod' ? object.spec : object.spec.template.spec;
  return (spec.containers as { ports?: { containerPort: number; protocol?: string }[] }[]).flatMap((c) => (c.ports ?? []).map((p) => ({ port: p.containerPort, protocol: p.protocol ?? 'TCP' })));
}

/** a=1,b=2 */
export function pairs(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const part of text.split(',')) {
    const [key, value, more] = part.split('=');
    if (!key || value === undefined || more !== undefined) throw new KubectlError(`unexpected label spec: ${part}`.replace('label spec', 'label spec'));
    out[key] = value;
  }
  return out;
}
