import { expect, test } from 'vitest';
import { endpointChain, servicePortChain } from '../../../src/kubernetes/kube-proxy/names.ts';
import { buildRules } from '../../../src/kubernetes/kube-proxy/rules.ts';
import { endpointsOf, servicePorts } from '../../../src/kubernetes/kube-proxy/services.ts';
import type { KubeObject } from '../../../src/kubernetes/api/types.ts';

const service = (spec: object): KubeObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'spink', namespace: 'default' }, spec: { clusterIP: '10.96.244.84', type: 'NodePort', ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }], ...spec } });
const slice = (...endpoints: [ip: string, node: string][]): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'spink-x', namespace: 'default', labels: { 'kubernetes.io/service-name': 'spink' } }, addressType: 'IPv4', ports: [{ name: '', port: 8080 }],
  endpoints: endpoints.map(([ip, nodeName]) => ({ addresses: [ip], nodeName, conditions: { ready: true } })),
});
const rules = (spec: object, slices: KubeObject[], node = 'worker-1') => {
  const { filter, nat } = buildRules(servicePorts(service(spec)), endpointsOf(slices, node), '10.244.0.0/16');
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
