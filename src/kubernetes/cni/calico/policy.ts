import type { KubeObject } from '../../api/types.ts';
import type { LabelSelector } from '../../client/labels.ts';
import { networkOf } from '../addresses.ts';
import { and, equals, NAMESPACE, namespaceSelector, podSelector, type Selector } from './selector.ts';

/** A policy as Felix works with it: a NetworkPolicy turned into Calico's model (libcalico-go/lib/backend/k8s/conversion). */
export interface Policy {
  /** NAMESPACE/knp.default.NAME */
  name: string;
  selector: Selector;
  ingress: PolicyRule[] | undefined;
  egress: PolicyRule[] | undefined;
}

/** What it lets through: everything that is given must hold. The other side of an ingress rule is the source. */
export interface PolicyRule {
  protocol?: string;
  /** Of the destination: a number, two as a range, or a name. */
  ports: (string | [number, number])[];
  peer?: Selector;
  nets: string[];
  notNets: string[];
}

interface Peer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: { cidr: string; except?: string[] };
}
interface Port {
  protocol?: string;
  port?: number | string;
  endPort?: number;
}

export function policyOf({ metadata, spec }: KubeObject): Policy {
  const namespace = metadata.namespace!, types = (spec.policyTypes as string[] | undefined) ?? ['Ingress'];
  const rules = (list: { from?: Peer[]; to?: Peer[]; ports?: Port[] }[] | undefined) => (list ?? []).flatMap((r) => rulesOf(namespace, r.from ?? r.to ?? [], r.ports ?? []));
  return {
    name: `${namespace}/knp.default.${metadata.name}`, selector: and(equals(NAMESPACE, namespace), podSelector(spec.podSelector as LabelSelector | undefined)),
    ingress: types.includes('Ingress') ? rules(spec.ingress) : undefined, egress: types.includes('Egress') ? rules(spec.egress) : undefined,
  };
}

/** One rule for each protocol and peer; ports of one protocol stand together. */
function rulesOf(namespace: string, peers: readonly Peer[], ports: readonly Port[]): PolicyRule[] {
  const byProtocol = new Map<string, PolicyRule['ports'] | undefined>();
  if (ports.length === 0) byProtocol.set('', undefined);
  for (const { protocol = 'TCP', port, endPort } of ports) {
    if (port === undefined) byProtocol.set(protocol, undefined);
    else if (!byProtocol.has(protocol) || byProtocol.get(protocol)) byProtocol.set(protocol, [...(byProtocol.get(protocol) ?? []), typeof port === 'string' ? port : [port, endPort ?? port]]);
  }
  return [...byProtocol].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([protocol, list]) =>
    (peers.length === 0 ? [undefined] : peers).map((peer): PolicyRule => ({ ...(protocol === '' ? {} : { protocol: protocol.toLowerCase() }), ports: simplify(list ?? []), ...peerOf(namespace, peer) })));
}

function peerOf(namespace: string, peer: Peer | undefined): Pick<PolicyRule, 'peer' | 'nets' | 'notNets'> {
  if (!peer) return { nets: [], notNets: [] };
  const v4 = (cidr: string) => !cidr.includes(':');
  if (peer.ipBlock) return { nets: [networkOf(peer.ipBlock.cidr)], notNets: (peer.ipBlock.except ?? []).filter(v4).map(networkOf) };
  const where = peer.namespaceSelector ? namespaceSelector(peer.namespaceSelector) : equals(NAMESPACE, namespace);
  return { peer: and(where, podSelector(peer.podSelector)), nets: [], notNets: [] };
}

/** Fewest ranges for the numbers; names as they came. */
function simplify(ports: PolicyRule['ports']): PolicyRule['ports'] {
  const names = ports.filter((p) => typeof p === 'string'), ranges = ports.filter((p) => typeof p !== 'string').sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (ranges.length <= 1) return ports;
  const merged: [number, number][] = [];
  for (const [first, last] of ranges) {
    const before = merged.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return [...names, ...merged];
}
