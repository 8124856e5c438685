import type { Peer, Policy, PortSpec, Selector } from './evaluator.ts';

/**
 * The cases that the upstream generator of NetworkPolicy tests (mattfenwick/cyclonus, pkg/generator) goes through, written anew: a
 * base policy of which one thing is changed at a time, policies that contradict each other, and those of Kubernetes' own e2e tests.
 */
export type Step =
  | { apply: Policy }
  | { remove: { namespace: string; name: string } }
  | { labelNamespace: string; labels: Record<string, string> }
  | { labelPod: [namespace: string, name: string]; labels: Record<string, string> }
  | { createPod: [namespace: string, name: string] }
  | { deletePod: [namespace: string, name: string] }
  | { createNamespace: string; labels: Record<string, string> };

export interface Case {
  name: string;
  /** What is done; connections are tried after each group. */
  steps: Step[][];
}

const pod = (value: string): Selector => ({ matchLabels: { pod: value } });
const podIn = (...values: string[]): Selector => ({ matchExpressions: [{ key: 'pod', operator: 'In', values }] });
const ns = (value: string): Selector => ({ matchLabels: { ns: value } });
const nsIn = (...values: string[]): Selector => ({ matchExpressions: [{ key: 'ns', operator: 'In', values }] });
const dns = { ports: [{ protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }] };

interface Change {
  namespace?: string;
  target?: Selector;
  direction?: 'ingress' | 'egress';
  peers?: Peer[];
  ports?: PortSpec[];
}

/** Pods a of x: port 80 from b and c of x and y, to a and b of y and z, and DNS. */
function base({ namespace = 'x', target = pod('a'), direction, peers, ports }: Change = {}): Policy {
  const given = (way: 'ingress' | 'egress') => direction === way;
  return {
    metadata: { name: 'base', namespace },
    spec: {
      podSelector: target, policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: (given('ingress') && peers) || [{ podSelector: podIn('b', 'c'), namespaceSelector: nsIn('x', 'y') }], ports: (given('ingress') && ports) || [{ protocol: 'TCP', port: 80 }] }],
      egress: [{ to: (given('egress') && peers) || [{ podSelector: podIn('a', 'b'), namespaceSelector: nsIn('y', 'z') }], ports: (given('egress') && ports) || [{ protocol: 'TCP', port: 80 }] }, dns],
    },
  };
}

const policy = (name: string, namespace: string, spec: Policy['spec']): Policy => ({ metadata: { name, namespace }, spec });
const one = (name: string, ...policies: Policy[]): Case => ({ name, steps: [policies.map((apply) => ({ apply }))] });
const BOTH = ['ingress', 'egress'] as const;

/** `podIP`: an address of a pod, for blocks around it. */
export function cases(podIP: string): Case[] {
  return [...targets(), ...peerCases(podIP), ...portCases(), ...conflicts(), ...changes(), ...upstream()];
}

function targets(): Case[] {
  return [
    ...['x', 'y', 'z'].map((namespace) => one(`namespace ${namespace}`, base({ namespace }))),
    ...Object.entries({ 'all pods': {}, 'by label': pod('a'), 'by expression': podIn('a', 'b') }).map(([name, target]) => one(`target: ${name}`, base({ target: target as Selector }))),
    ...BOTH.map((direction) => one(`${direction}: namespace by its default label`, base({ direction, peers: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'z' } } }] }))),
  ];
}

function peerCases(podIP: string): Case[] {
  const prefix = (bits: number) => `${mask(podIP, bits)}/${bits}`;
  const peers: [string, Peer][] = [
    ['all pods here', { podSelector: {} }], ['pods by label here', { podSelector: pod('c') }], ['all namespaces', { namespaceSelector: {} }], ['all pods of all namespaces', { podSelector: {}, namespaceSelector: {} }], ['pods by label anywhere', { podSelector: pod('c'), namespaceSelector: {} }],
    ['a namespace', { namespaceSelector: ns('x') }], ['all pods of a namespace', { podSelector: {}, namespaceSelector: ns('x') }], ['pods by label of a namespace', { podSelector: pod('c'), namespaceSelector: ns('x') }],
    ['a block', { ipBlock: { cidr: prefix(24) } }], ['a block with an exception', { ipBlock: { cidr: prefix(24), except: [prefix(28)] } }],
  ];
  return BOTH.flatMap((direction) => [
    one(`${direction}: no peers`, base({ direction, peers: [] })),
    ...peers.map(([name, peer]) => one(`${direction}: ${name}`, base({ direction, peers: [peer] }))),
    ...peers.flatMap(([a, first], i) => peers.slice(i + 1).map(([b, second]) => one(`${direction}: ${a}, ${b}`, base({ direction, peers: [first, second] })))),
  ]);
}

function mask(ip: string, bits: number): string {
  const n = ip.split('.').reduce((all, part) => all * 256 + Number(part), 0), size = 2 ** (32 - bits), first = Math.floor(n / size) * size;
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.');
}

function portCases(): Case[] {
  const single: PortSpec[] = [
    ...[undefined, 'TCP', 'UDP', 'SCTP'].flatMap((protocol) => [undefined, 80, 81].map((port): PortSpec => ({ ...(protocol ? { protocol } : {}), ...(port ? { port } : {}) }))),
    ...['tcp', 'udp', 'sctp'].flatMap((p) => [80, 81].map((n): PortSpec => ({ protocol: p.toUpperCase(), port: `serve-${n}-${p}` }))),
    ...['TCP', 'UDP', 'SCTP'].flatMap((protocol) => [80, 84].map((endPort): PortSpec => ({ protocol, port: 53, endPort }))),
    { protocol: 'TCP', port: 'serve-81-udp' }, { protocol: 'TCP', port: 'serve-7981-udp' }, { protocol: 'TCP', port: 7981 },
  ];
  const pairs: PortSpec[][] = [
    [{}, { port: 80 }], [{}, { port: 'serve-80-tcp' }], [{}, { protocol: 'UDP' }], [{ port: 80 }, { port: 81 }], [{ port: 80 }, { port: 'serve-81-tcp' }], [{ port: 80 }, { protocol: 'UDP', port: 'serve-81-udp' }],
    [{ protocol: 'UDP', port: 80 }, { protocol: 'UDP', port: 'serve-81-udp' }],
  ];
  const say = (ports: PortSpec[]) => ports.map((p) => `${p.protocol ?? 'default'}/${p.port ?? 'any'}${p.endPort ? `-${p.endPort}` : ''}`).join(' + ') || 'none given';
  return BOTH.flatMap((direction) => [[], ...single.map((p) => [p]), ...pairs].map((ports) => one(`${direction}: ports ${say(ports)}`, base({ direction, ports }))));
}

function conflicts(): Case[] {
  const anything = [{}], nothing: never[] = [], byPod = [{ peers: [{ namespaceSelector: {} }] }], byIp = [{ peers: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }];
  const noIp = [{ peers: [{ ipBlock: { cidr: '0.0.0.0/31' } }] }], noPod = [{ peers: [{ namespaceSelector: { matchLabels: { 'this-will-never-happen': 'qrs123' } } }] }];
  type Rules = { peers?: Peer[] }[];
  const source = { namespace: 'x', podSelector: pod('b') }, target = { namespace: 'y', podSelector: pod('c') };
  const out = (name: string, rules: Rules, at = source) => policy(name, at.namespace, { podSelector: at.podSelector, policyTypes: ['Egress'], egress: rules.map((r) => (r.peers ? { to: r.peers } : {})) });
  const into = (name: string, rules: Rules, at = target) => policy(name, at.namespace, { podSelector: at.podSelector, policyTypes: ['Ingress'], ingress: rules.map((r) => (r.peers ? { from: r.peers } : {})) });
  const dnsToo = out('allow-dns', []);
  dnsToo.spec.egress = [dns];
  return [
    one('nothing leaves the source, everything may enter the target', out('none-out', nothing), into('all-in', anything), dnsToo),
    one('everything may leave the source, nothing enters the target', out('all-out', anything), into('none-in', nothing), dnsToo),
    one('egress: nothing and everything', out('none-out', nothing), out('all-out', anything), dnsToo),
    one('ingress: nothing and everything', into('none-in', nothing), into('all-in', anything)),
    one('egress: nothing, and all pods', out('none-out', nothing), out('pods-out', byPod), dnsToo),
    one('egress: nothing, and all addresses', out('none-out', nothing), out('ips-out', byIp), dnsToo),
    one('egress: no address, and all pods', out('noip-out', noIp), out('pods-out', byPod), dnsToo),
    one('egress: no pod, and all addresses', out('nopod-out', noPod), out('ips-out', byIp), dnsToo),
    one('ingress: nothing, and all pods', into('none-in', nothing, source), into('pods-in', byPod, source)),
    one('ingress: nothing, and all addresses', into('none-in', nothing, source), into('ips-in', byIp, source)),
    one('ingress: no address, and all pods', into('noip-in', noIp, source), into('pods-in', byPod, source)),
    one('ingress: no pod, and all addresses', into('nopod-in', noPod, source), into('ips-in', byIp, source)),
    one('egress: no address', out('noip-out', noIp), dnsToo), one('egress: no pod', out('nopod-out', noPod), dnsToo), one('ingress: no address', into('noip-in', noIp, source)), one('ingress: no pod', into('nopod-in', noPod, source)),
  ];
}

function changes(): Case[] {
  return [
    { name: 'a policy is made and removed', steps: [[{ apply: base() }], [{ remove: { namespace: 'x', name: 'base' } }]] },
    { name: 'a policy is changed', steps: [[{ apply: base() }], [{ apply: base({ direction: 'ingress', ports: [{ protocol: 'UDP', port: 'serve-81-udp' }] }) }]] },
    { name: 'a namespace comes under a policy and leaves it', steps: [[{ apply: base({ direction: 'ingress', peers: [{ namespaceSelector: { matchLabels: { 'new-ns': 'qrs' } } }] }) }], [{ labelNamespace: 'y', labels: { ns: 'y', 'new-ns': 'qrs' } }], [{ labelNamespace: 'y', labels: { ns: 'y' } }]] },
    { name: 'a pod comes under a policy and leaves it', steps: [[{ apply: base({ direction: 'ingress', peers: [{ podSelector: { matchLabels: { 'new-label': 'abc' } }, namespaceSelector: nsIn('y', 'z') }] }) }], [{ labelPod: ['y', 'b'], labels: { pod: 'b', 'new-label': 'abc' } }], [{ labelPod: ['y', 'b'], labels: { pod: 'b' } }]] },
    { name: 'a pod is made and removed', steps: [[{ apply: base() }], [{ createPod: ['x', 'd'] }], [{ deletePod: ['x', 'd'] }]] },
    { name: 'a namespace with pods is made', steps: [[{ apply: base() }], [{ createNamespace: 'y-2', labels: { ns: 'y' } }, { createPod: ['y-2', 'a'] }, { createPod: ['y-2', 'b'] }], [{ deletePod: ['y-2', 'a'] }, { deletePod: ['y-2', 'b'] }]] },
  ];
}

function upstream(): Case[] {
  const all: Selector = {};
  const from81 = (port: number) => policy(`allow-client-a-via-ns-selector-${port}`, 'x', { podSelector: pod('a'), policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: ns('y') }], ports: [{ protocol: 'TCP', port }] }] });
  return [
    one('default-deny-ingress', policy('deny-ingress', 'x', { podSelector: all, policyTypes: ['Ingress'], ingress: [] })),
    one('default-deny-all with DNS', policy('deny-all-allow-dns', 'x', { podSelector: all, policyTypes: ['Egress', 'Ingress'], ingress: [], egress: [dns] })),
    one('default types: without egress rules only ingress is isolated', policy('defaults', 'x', { podSelector: all })),
    one('default types: egress rules isolate both', policy('defaults', 'x', { podSelector: all, egress: [dns] })),
    one('several pod and namespace selectors', policy('allow-ns-y-z-pod-b-c', 'x', { podSelector: pod('a'), policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] }, podSelector: podIn('b', 'c') }] }] })),
    one('Exists and DoesNotExist', policy('exists', 'x', { podSelector: { matchExpressions: [{ key: 'pod', operator: 'Exists' }, { key: 'nope', operator: 'DoesNotExist' }] }, policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'Exists' }] }, podSelector: { matchExpressions: [{ key: 'pod', operator: 'NotIn', values: ['a'] }] } }] }] })),
    { name: 'stacked policies with overlapping selectors', steps: [[{ apply: from81(81) }], [{ apply: from81(80) }]] },
    one('allow-all', policy('allow-all', 'x', { podSelector: all, policyTypes: ['Ingress'], ingress: [{}] })),
    one('one named port', policy('allow-all', 'x', { podSelector: all, policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 'serve-81-tcp' }] }] })),
    one('sixteen ports and a range', policy('many', 'x', { podSelector: all, policyTypes: ['Ingress'], ingress: [{ ports: [...Array.from({ length: 16 }, (_, i) => ({ port: 1000 + 2 * i })), { port: 79, endPort: 80 }] }] })),
    { name: 'a policy that is changed to deny', steps: [[{ apply: policy('mutates', 'x', { podSelector: all, policyTypes: ['Ingress'], ingress: [{}] }) }], [{ apply: policy('mutates', 'x', { podSelector: all, policyTypes: ['Ingress'], ingress: [] }) }]] },
    { name: 'from a namespace whose labels change', steps: [[{ apply: policy('by-ns', 'x', { podSelector: pod('a'), policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns2: 'updated' } } }] }] }) }], [{ labelNamespace: 'y', labels: { ns: 'y', ns2: 'updated' } }], [{ labelNamespace: 'y', labels: { ns: 'y' } }]] },
    { name: 'from a pod whose labels change', steps: [[{ apply: policy('by-pod', 'x', { podSelector: pod('a'), policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b', pod2: 'updated' } } }] }] }) }], [{ labelPod: ['x', 'b'], labels: { pod: 'b', pod2: 'updated' } }], [{ labelPod: ['x', 'b'], labels: { pod: 'b' } }]] },
    { name: 'to a pod whose labels change', steps: [[{ apply: policy('isolated', 'x', { podSelector: { matchLabels: { target: 'isolated' } }, policyTypes: ['Ingress'], ingress: [] }) }], [{ labelPod: ['x', 'a'], labels: { pod: 'a', target: 'isolated' } }], [{ labelPod: ['x', 'a'], labels: { pod: 'a' } }]] },
    one('ingress and egress together', policy('both', 'x', { podSelector: pod('a'), policyTypes: ['Ingress', 'Egress'], ingress: [{ from: [{ podSelector: pod('b') }] }], egress: [{ ports: [{ port: 80 }, { protocol: 'UDP', port: 53 }] }] })),
    one('egress denied at the client though the server allows it',
      policy('allow-to-ns-y-pod-a', 'x', { podSelector: pod('a'), policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: ns('y'), podSelector: pod('a') }] }, { ports: [{ protocol: 'UDP', port: 53 }] }] }),
      ...['a', 'b'].map((p) => policy(`allow-from-xa-on-y${p}`, 'y', { podSelector: pod(p), policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: ns('x'), podSelector: pod('a') }] }] }))),
    { name: 'a policy that is removed is enforced no more', steps: [[{ apply: policy('deny-all', 'x', { podSelector: all, policyTypes: ['Ingress', 'Egress'], ingress: [], egress: [] }) }], [{ remove: { namespace: 'x', name: 'deny-all' } }]] },
  ];
}
