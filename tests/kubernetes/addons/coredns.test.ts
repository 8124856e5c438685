import { expect, test } from 'vitest';
import { resolve, type Zone } from '../../../src/kubernetes/addons/coredns/zone.ts';
import type { KubeObject } from '../../../src/kubernetes/api/types.ts';
import type { Informer } from '../../../src/kubernetes/client/informer.ts';
import type { RecordType } from '../../../src/linux/net/dns-message.ts';

const service = (name: string, spec: object): KubeObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec } });
const slice: KubeObject = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'db-x', namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } }, addressType: 'IPv4', ports: [{ name: 'http', port: 80, protocol: 'TCP' }], endpoints: [{ addresses: ['10.244.1.7'], hostname: 'db-0', conditions: { ready: true } }, { addresses: ['10.244.2.7'], conditions: { ready: true } }] };
const SERVICES = [service('spink', { clusterIP: '10.96.244.84' }), service('db', { clusterIP: 'None' }), service('fuera', { type: 'ExternalName', externalName: 'example.com' })];
const informer = (objects: KubeObject[]) => ({ synced: true, list: () => objects, get: (ns: string | undefined, name: string) => objects.find((o) => o.metadata.name === name && (!ns || o.metadata.namespace === ns)), byIndex: (_: string, value: string) => objects.filter((o) => `default/${o.metadata.labels?.['kubernetes.io/service-name']}` === value) }) as unknown as Informer;
const zone: Zone = { services: informer(SERVICES), slices: informer([slice]), namespaces: informer([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }]), domain: 'cluster.local', ttl: 30, serial: 1, pods: 'insecure', reverse: true };
const ask = (name: string, type: RecordType = 'A') => {
  const answer = resolve(zone, { name, type });
  return answer && (answer.records.length ? answer.records.map((r) => `${r.ttl} ${r.type} ${r.data}`) : answer.rcode);
};

test('what CoreDNS answers about a cluster', () => {
  expect(ask('spink.default.svc.cluster.local.')).toEqual(['30 A 10.96.244.84']);
  expect(ask('spink.default.svc.cluster.local.', 'AAAA')).toBe('NOERROR');
  expect(ask('_http._tcp.spink.default.svc.cluster.local.', 'SRV')).toEqual(['30 SRV 0 100 80 spink.default.svc.cluster.local.']);
  expect(ask('db.default.svc.cluster.local.')).toEqual(['30 A 10.244.1.7', '30 A 10.244.2.7']);
  expect(ask('db-0.db.default.svc.cluster.local.')).toEqual(['30 A 10.244.1.7']);
  expect(ask('fuera.default.svc.cluster.local.')).toEqual(['30 CNAME example.com.']);
  expect(ask('10-244-1-7.default.pod.cluster.local.')).toEqual(['30 A 10.244.1.7']);
  expect(ask('84.244.96.10.in-addr.arpa.', 'PTR')).toEqual(['30 PTR spink.default.svc.cluster.local.']);
  expect(ask('nada.default.svc.cluster.local.')).toBe('NXDOMAIN');
  expect(ask('www.example.com.')).toBeUndefined();
});
