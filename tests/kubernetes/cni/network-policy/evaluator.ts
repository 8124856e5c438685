/** What the documentation of NetworkPolicy says of one connection, worked out from the objects alone: shares nothing with src/. */
export interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}
export interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: { cidr: string; except?: string[] };
}
export interface PortSpec {
  protocol?: string;
  port?: number | string;
  endPort?: number;
}
export interface Policy {
  metadata: { name: string; namespace: string };
  spec: { podSelector: Selector; policyTypes?: string[]; ingress?: { from?: Peer[]; ports?: PortSpec[] }[]; egress?: { to?: Peer[]; ports?: PortSpec[] }[] };
}
export interface Pod {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  ip: string;
  /** Names of its ports: serve-80-tcp → 80. */
  ports: { name: string; protocol: string; port: number }[];
}
export type Namespaces = Record<string, Record<string, string>>;

/** Whether the first packet of a connection gets from one pod to the other. */
export function allowed(policies: readonly Policy[], namespaces: Namespaces, from: Pod, to: Pod, protocol: string, port: number): boolean {
  if (from === to) return true; // a pod can always reach itself
  return side('Egress', policies, namespaces, from, to, to, protocol, port) && side('Ingress', policies, namespaces, to, from, to, protocol, port);
}

function side(type: 'Ingress' | 'Egress', policies: readonly Policy[], namespaces: Namespaces, subject: Pod, other: Pod, destination: Pod, protocol: string, port: number): boolean {
  const mine = policies.filter((p) => p.metadata.namespace === subject.namespace && selects(p.spec.podSelector, subject.labels) && types(p).includes(type));
  if (mine.length === 0) return true;
  return mine.some((p) => {
    const rules = type === 'Ingress' ? (p.spec.ingress ?? []).map((r) => ({ peers: r.from, ports: r.ports })) : (p.spec.egress ?? []).map((r) => ({ peers: r.to, ports: r.ports }));
    return rules.some((r) => (!r.peers?.length || r.peers.some((peer) => isPeer(peer, p.metadata.namespace, namespaces, other))) && (!r.ports?.length || r.ports.some((x) => isPort(x, destination, protocol, port))));
  });
}

function types({ spec }: Policy): string[] {
  return spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])];
}

function isPeer(peer: Peer, namespace: string, namespaces: Namespaces, pod: Pod): boolean {
  if (peer.ipBlock) return within(pod.ip, peer.ipBlock.cidr) && !(peer.ipBlock.except ?? []).some((c) => within(pod.ip, c));
  const place = peer.namespaceSelector ? selects(peer.namespaceSelector, namespaces[pod.namespace]!) : pod.namespace === namespace;
  return place && (!peer.podSelector || selects(peer.podSelector, pod.labels));
}

function isPort(spec: PortSpec, destination: Pod, protocol: string, port: number): boolean {
  if ((spec.protocol ?? 'TCP') !== protocol) return false;
  if (spec.port === undefined) return true;
  if (typeof spec.port === 'string') return destination.ports.some((p) => p.name === spec.port && p.protocol === protocol && p.port === port);
  return spec.endPort === undefined ? port === spec.port : port >= spec.port && port <= spec.endPort;
}

export function selects(s: Selector, labels: Record<string, string>): boolean {
  const plain = Object.entries(s.matchLabels ?? {}).every(([k, v]) => labels[k] === v);
  return plain && (s.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const has = key in labels;
    switch (operator) {
      case 'In':
        return has && values.includes(labels[key]!);
      case 'NotIn':
        return !has || !values.includes(labels[key]!);
      case 'Exists':
        return has;
      default:
        return !has;
    }
  });
}

function within(ip: string, cidr: string): boolean {
  const bits = (a: string) => a.split('.').map((n) => Number(n).toString(2).padStart(8, '0')).join('');
  const [net, length] = cidr.split('/') as [string, string];
  return bits(ip).slice(0, Number(length)) === bits(net).slice(0, Number(length));
}
