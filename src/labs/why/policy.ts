/** NetworkPolicies that decided a packet's fate, and what they would have to say to let it pass. */
import type { KubeObject } from '../../kubernetes/api/types.ts';
import { matchesSelector } from '../../kubernetes/client/labels.ts';
import type { TraceStep } from '../../linux/net/trace.ts';
import type { World } from '../../linux/world.ts';
import { toYaml } from '../../programs/kubectl/yaml/emit.ts';
import { queryObjects } from '../objects.ts';
import type { Line } from './cause.ts';

/** A policy that selects the Pod at one end, in the direction of the packet. */
export interface Deciding {
  policy: KubeObject;
  direction: 'ingress' | 'egress';
  /** The other end: a Pod, or an address outside. */
  peer: KubeObject | string;
}

/** Those of the receiver that say what may come in, or of the sender that say what may go out: `chain` tells which end dropped it. */
export function decidingPolicies(world: World, { chain = '', packet }: TraceStep): Deciding[] {
  const direction = /^cali-(fw|from|po)-|^KUBE-POD-FW-OUT/.test(chain) ? 'egress' : 'ingress';
  const [own, other] = direction === 'ingress' ? [packet.dst, packet.src] : [packet.src, packet.dst];
  const pod = podAt(world, own);
  if (!pod) return [];
  const peer = podAt(world, other) ?? other;
  return (queryObjects(world, { kind: 'NetworkPolicy', namespace: pod.metadata.namespace ?? 'default' }) ?? [])
    .filter(({ spec }) => matchesSelector(spec.podSelector, pod.metadata.labels) && typesOf(spec).includes(direction === 'ingress' ? 'Ingress' : 'Egress'))
    .map((policy) => ({ policy, direction, peer }));
}

export function policyYaml({ policy: { metadata, spec } }: Deciding): Line {
  return { source: `kubectl get networkpolicy ${metadata.name} -n ${metadata.namespace ?? 'default'} -o yaml`, text: toYaml({ spec }).trimEnd() };
}

/** kubectl's arguments that let this packet pass: one rule more, for this peer and this port. */
export function allowing({ policy: { metadata, spec }, direction, peer }: Deciding, { packet }: TraceStep): string {
  const who = typeof peer === 'string' ? { ipBlock: { cidr: `${peer}/32` } } : {
    ...(peer.metadata.namespace === metadata.namespace ? {} : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer.metadata.namespace ?? 'default' } } }),
    podSelector: peer.metadata.labels ? { matchLabels: peer.metadata.labels } : {},
  };
  const port = packet.dport === undefined ? {} : { ports: [{ port: packet.dport, protocol: packet.proto.toUpperCase() }] };
  const rule = { [direction === 'ingress' ? 'from' : 'to']: [who], ...port };
  const has = (spec[direction] as unknown[] | undefined) !== undefined;
  const patch = [{ op: 'add', path: `/spec/${direction}${has ? '/-' : ''}`, value: has ? rule : [rule] }];
  return `patch networkpolicy ${metadata.name} -n ${metadata.namespace ?? 'default'} --type=json -p '${JSON.stringify(patch)}'`;
}

function typesOf(spec: KubeObject['spec']): string[] {
  return (spec.policyTypes as string[] | undefined) ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])];
}

function podAt(world: World, ip: string): KubeObject | undefined {
  return (queryObjects(world, { kind: 'Pod', namespace: '*' }) ?? []).find(({ spec, status }) => status?.podIP === ip && !spec.hostNetwork && !['Succeeded', 'Failed'].includes(status.phase as string));
}
