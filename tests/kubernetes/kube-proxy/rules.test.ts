import { expect, test } from 'vitest';
import { endpointChain, servicePortChain } from '../../../src/kubernetes/kube-proxy/names.ts';
import { buildRules, type RuleOptions } from '../../../src/kubernetes/kube-proxy/rules.ts';
import { localDetector } from '../../../src/kubernetes/kube-proxy/detect-local.ts';
import { categorize, endpointsOf, heedHints, servicePorts } from '../../../src/kubernetes/kube-proxy/services.ts';
import type { KubeObject } from '../../../src/kubernetes/api/types.ts';

const service = (spec: object): KubeObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'spink', namespace: 'default' }, spec: { clusterIP: '10.96.244.84', type: 'NodePort', ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }], ...spec } });
const slice = (...endpoints: [ip: string, node: string][]): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'spink-x', namespace: 'default', labels: { 'kubernetes.io/service-name': 'spink' } }, addressType: 'IPv4', ports: [{ name: '', port: 8080 }],
  endpoints: endpoints.map(([ip, nodeName]) => ({ addresses: [ip], nodeName, conditions: { ready: true } })),
});
const POD_CIDR = { local: '-s 10.244.0.0/16', notLocal: '! -s 10.244.0.0/16' };
const rules = (spec: object, slices: KubeObject[], node = 'worker-1', options: Partial<RuleOptions> = {}) => {
  const { filter, nat } = buildRules(servicePorts(service(spec)), endpointsOf(slices, node), { detector: POD_CIDR, ...options });
  return { filter: filter.filter((l) => l.includes('spink')), nat: nat.filter((l) => l.includes('spink') || l.includes('66BRF57')) };
};
const TWO = [slice(['10.244.2.2', 'worker-2'], ['10.244.1.2', 'worker-1'])];

test('chain names are the hashes of the real kube-proxy', () => {
  expect(servicePortChain('SVC', 'default/spink', 'tcp')).toBe('KUBE-SVC-66BRF57DTBANX7J2');
  expect(servicePortChain('EXT', 'default/spink', 'tcp')).toBe('KUBE-EXT-66BRF57DTBANX7J2');
  expect(endpointChain('default/spink', 'tcp', '10.244.1.2:8080')).toBe('KUBE-SEP-BRTKNB33BZMORILK');
  expect(endpointChain('default/spink', 'tcp', '10.244.2.2:8080')).toBe('KUBE-SEP-2UT73HUWIBHWU3TX');
  expect(servicePortChain('SVC', 'kube-system/kube-dns:dns', 'udp')).toBe('KUBE-SVC-TCOU7JCQXEZGVUNU');
});

test('a NodePort: KUBE-NODEPORTS, KUBE-EXT (marks), KUBE-SVC, KUBE-SEP and one DNAT', () => {
  const { nat, filter } = rules({}, TWO);
  expect(filter).toEqual([]);
  expect(nat.filter((l) => l.startsWith('-A'))).toEqual([
    '-A KUBE-SERVICES -m comment --comment "default/spink cluster IP" -m tcp -p tcp -d 10.96.244.84/32 --dport 80 -j KUBE-SVC-66BRF57DTBANX7J2',
    '-A KUBE-NODEPORTS -m comment --comment "default/spink" -m tcp -p tcp --dport 30080 -j KUBE-EXT-66BRF57DTBANX7J2',
    '-A KUBE-SVC-66BRF57DTBANX7J2 -m comment --comment "default/spink cluster IP" -m tcp -p tcp -d 10.96.244.84/32 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ',
    '-A KUBE-EXT-66BRF57DTBANX7J2 -m comment --comment "masquerade traffic for default/spink external destinations" -j KUBE-MARK-MASQ',
    '-A KUBE-EXT-66BRF57DTBANX7J2 -j KUBE-SVC-66BRF57DTBANX7J2',
    '-A KUBE-SVC-66BRF57DTBANX7J2 -m comment --comment "default/spink -> 10.244.1.2:8080" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-BRTKNB33BZMORILK',
    '-A KUBE-SVC-66BRF57DTBANX7J2 -m comment --comment "default/spink -> 10.244.2.2:8080" -j KUBE-SEP-2UT73HUWIBHWU3TX',
    '-A KUBE-SEP-BRTKNB33BZMORILK -m comment --comment "default/spink" -s 10.244.1.2/32 -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-BRTKNB33BZMORILK -m comment --comment "default/spink" -m tcp -p tcp -j DNAT --to-destination 10.244.1.2:8080',
    '-A KUBE-SEP-2UT73HUWIBHWU3TX -m comment --comment "default/spink" -s 10.244.2.2/32 -j KUBE-MARK-MASQ',
    '-A KUBE-SEP-2UT73HUWIBHWU3TX -m comment --comment "default/spink" -m tcp -p tcp -j DNAT --to-destination 10.244.2.2:8080',
  ]);
});

test('without endpoints nothing is left in nat, and filter rejects', () => {
  const { nat, filter } = rules({}, []);
  expect(nat).toEqual([]);
  expect(filter).toEqual([
    '-A KUBE-SERVICES -m comment --comment "default/spink has no endpoints" -m tcp -p tcp -d 10.96.244.84/32 --dport 80 -j REJECT',
    '-A KUBE-EXTERNAL-SERVICES -m comment --comment "default/spink has no endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j REJECT',
  ]);
});

test('externalTrafficPolicy Local: a node without an endpoint of its own drops, one with it uses KUBE-SVL', () => {
  expect(rules({ externalTrafficPolicy: 'Local' }, TWO, 'control-plane').filter).toEqual(['-A KUBE-EXTERNAL-SERVICES -m comment --comment "default/spink has no local endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j DROP']);
  const { nat } = rules({ externalTrafficPolicy: 'Local' }, TWO);
  expect(nat).toContain('-A KUBE-EXT-66BRF57DTBANX7J2 -j KUBE-SVL-66BRF57DTBANX7J2');
  expect(nat).toContain('-A KUBE-SVL-66BRF57DTBANX7J2 -m comment --comment "default/spink -> 10.244.1.2:8080" -j KUBE-SEP-BRTKNB33BZMORILK');
});

test('sessionAffinity ClientIP remembers with -m recent', () => {
  const { nat } = rules({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } }, TWO);
  expect(nat).toContain('-A KUBE-SVC-66BRF57DTBANX7J2 -m comment --comment "default/spink -> 10.244.1.2:8080" -m recent --name KUBE-SEP-BRTKNB33BZMORILK --rcheck --seconds 10800 --reap -j KUBE-SEP-BRTKNB33BZMORILK');
  expect(nat).toContain('-A KUBE-SEP-BRTKNB33BZMORILK -m comment --comment "default/spink" -m recent --name KUBE-SEP-BRTKNB33BZMORILK --set -m tcp -p tcp -j DNAT --to-destination 10.244.1.2:8080');
});

test('ExternalIPs and a load balancer with source ranges: KUBE-FW lets the ranges in, the firewall drops the rest', () => {
  const lb = { ...service({ type: 'LoadBalancer', externalIPs: ['9.9.9.9'], loadBalancerSourceRanges: ['203.0.113.0/24', '172.18.0.0/16'] }), status: { loadBalancer: { ingress: [{ ip: '192.0.2.10' }, { hostname: 'no.ip' }] } } };
  const { nat, filter } = buildRules(servicePorts(lb), endpointsOf(TWO, 'worker-1'), { detector: POD_CIDR, nodeIP: '172.18.0.3' });
  expect(nat.filter((l) => l.includes('192.0.2.10') || l.includes('9.9.9.9') || l.startsWith('-A KUBE-FW-'))).toEqual([
    '-A KUBE-SERVICES -m comment --comment "default/spink external IP" -m tcp -p tcp -d 9.9.9.9/32 --dport 80 -j KUBE-EXT-66BRF57DTBANX7J2',
    '-A KUBE-SERVICES -m comment --comment "default/spink loadbalancer IP" -m tcp -p tcp -d 192.0.2.10/32 --dport 80 -j KUBE-FW-66BRF57DTBANX7J2',
    '-A KUBE-FW-66BRF57DTBANX7J2 -m comment --comment "default/spink loadbalancer IP" -s 203.0.113.0/24 -j KUBE-EXT-66BRF57DTBANX7J2',
    '-A KUBE-FW-66BRF57DTBANX7J2 -m comment --comment "default/spink loadbalancer IP" -s 172.18.0.0/16 -j KUBE-EXT-66BRF57DTBANX7J2',
    '-A KUBE-FW-66BRF57DTBANX7J2 -m comment --comment "default/spink loadbalancer IP" -s 192.0.2.10/32 -j KUBE-EXT-66BRF57DTBANX7J2',
    '-A KUBE-FW-66BRF57DTBANX7J2 -m comment --comment "other traffic to default/spink will be dropped by KUBE-PROXY-FIREWALL"',
  ]);
  expect(filter.filter((l) => l.includes('FIREWALL') && l.startsWith('-A'))).toEqual(['-A KUBE-PROXY-FIREWALL -m comment --comment "default/spink traffic not accepted by KUBE-FW-66BRF57DTBANX7J2" -m tcp -p tcp -d 192.0.2.10/32 --dport 80 -j DROP']);
});

test('who is masqueraded on the way to a ClusterIP: all, who is no pod, or nobody', () => {
  const mark = (options: Partial<RuleOptions>) => rules({ type: 'ClusterIP' }, TWO, 'worker-1', options).nat.filter((l) => l.startsWith('-A KUBE-SVC') && l.endsWith('KUBE-MARK-MASQ')).map((l) => l.replace(/.*--dport 80/, ''));
  expect(mark({})).toEqual([' ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ']);
  expect(mark({ masqueradeAll: true })).toEqual([' -j KUBE-MARK-MASQ']);
  expect(mark({ detector: { local: '-i cni0', notLocal: '! -i cni0' } })).toEqual([' ! -i cni0 -j KUBE-MARK-MASQ']);
  expect(mark({ detector: undefined })).toEqual([]);
  expect(rules({ externalTrafficPolicy: 'Local' }, TWO, 'worker-1', { detector: undefined }).nat.filter((l) => l.includes('pod traffic'))).toEqual([]);
});

test('detectLocalMode', () => {
  const warnings: string[] = [], of = (config: object, podCIDR?: string) => localDetector(config, podCIDR, (w) => warnings.push(w))?.notLocal;
  expect(of({ clusterCIDR: '10.244.0.0/16' })).toBe('! -s 10.244.0.0/16');
  expect(of({ detectLocalMode: 'NodeCIDR', clusterCIDR: '10.244.0.0/16' }, '10.244.1.0/24')).toBe('! -s 10.244.1.0/24');
  expect(of({ detectLocalMode: 'BridgeInterface', detectLocal: { bridgeInterface: 'cni0' } })).toBe('! -i cni0');
  expect(of({ detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: 'cali' } })).toBe('! -i cali+');
  expect(of({})).toBeUndefined();
  expect(warnings).toContain('"Defaulting to no-op detect-local"');
  expect(() => of({ detectLocalMode: 'x' })).toThrow('must be ClusterCIDR,NodeCIDR,BridgeInterface,InterfaceNamePrefix or blank');
});

test('terminating endpoints serve as long as nobody is ready, for each policy by itself', () => {
  const ending: KubeObject = { ...slice(), endpoints: [
    { addresses: ['10.244.1.2'], nodeName: 'worker-1', conditions: { ready: false, serving: true, terminating: true } }, { addresses: ['10.244.2.2'], nodeName: 'worker-2', conditions: { ready: true } },
    { addresses: ['10.244.1.9'], nodeName: 'worker-1', conditions: { ready: false, serving: false, terminating: true } },
  ] };
  const targets = (spec: object, chain: string) => rules(spec, [ending]).nat.filter((l) => l.startsWith(`-A ${chain}`)).flatMap((l) => /-> (\S+)"/.exec(l)?.[1] ?? []);
  expect(targets({}, 'KUBE-SVC')).toEqual(['10.244.2.2:8080']);
  expect(targets({ externalTrafficPolicy: 'Local' }, 'KUBE-SVL')).toEqual(['10.244.1.2:8080']);
  const alone: KubeObject = { ...ending, endpoints: [(ending['endpoints'] as object[])[0]] };
  expect(rules({}, [alone]).nat.some((l) => l.includes('-> 10.244.1.2:8080'))).toBe(true);
});

test('topology hints are heeded where they are complete and asked for', () => {
  const hinted = (first: string[], second: string[]): KubeObject => ({ ...slice(), endpoints: [['10.244.1.2', 'worker-1', first], ['10.244.2.2', 'worker-2', second]].map(([ip, nodeName, zones]) => ({ addresses: [ip], nodeName, conditions: { ready: true }, hints: { forZones: (zones as string[]).map((name) => ({ name })) } })) });
  const targets = (annotations: Record<string, string>, s: KubeObject, zone: string | undefined) => {
    const ports = servicePorts({ ...service({}), metadata: { name: 'spink', namespace: 'default', annotations } }), endpoints = endpointsOf([s], 'worker-1');
    heedHints(ports, endpoints, zone);
    return categorize(endpoints.get('default/spink')!, ports[0]!).cluster.map((e) => e.ip);
  };
  const auto = { 'service.kubernetes.io/topology-mode': 'Auto' }, both = ['10.244.1.2', '10.244.2.2'];
  expect(targets(auto, hinted(['a'], ['b']), 'a')).toEqual(['10.244.1.2']);
  expect(targets({ 'service.kubernetes.io/topology-aware-hints': 'auto' }, hinted(['a'], ['b']), 'b')).toEqual(['10.244.2.2']);
  expect(targets({}, hinted(['a'], ['b']), 'a')).toEqual(both);
  expect(targets({ 'service.kubernetes.io/topology-mode': 'Disabled' }, hinted(['a'], ['b']), 'a')).toEqual(both);
  expect(targets(auto, hinted(['a'], []), 'a')).toEqual(both);
  expect(targets(auto, hinted(['a'], ['b']), 'c')).toEqual(both);
  expect(targets(auto, hinted(['a'], ['b']), undefined)).toEqual(both);
});

test('internalTrafficPolicy Local without an endpoint here drops, and says why', () => {
  expect(rules({ type: 'ClusterIP', internalTrafficPolicy: 'Local' }, TWO, 'control-plane').filter).toEqual(['-A KUBE-SERVICES -m comment --comment "default/spink has no local endpoints" -m tcp -p tcp -d 10.96.244.84/32 --dport 80 -j DROP']);
});

test('with more than a thousand endpoints the rules of endpoints carry no comments', () => {
  const many = slice(...Array.from({ length: 1001 }, (_, i): [string, string] => [`10.244.${Math.floor(i / 250)}.${(i % 250) + 2}`, 'worker-1']));
  expect(rules({}, [many]).nat.filter((l) => l.startsWith('-A KUBE-SEP') || l.includes('--probability')).some((l) => l.includes('--comment'))).toBe(false);
});
