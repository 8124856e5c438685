import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kubernetes/api/types.ts';
import type { Endpoint, SlicePlan } from '../../../src/kubernetes/controllers/endpointslice-plan.ts';
import { TopologyCache } from '../../../src/kubernetes/controllers/topologycache.ts';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';

const node = (name: string, zone: string | undefined, cpu: string, labels: object = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { ...labels, ...(zone ? { 'topology.kubernetes.io/zone': zone } : {}) } }, spec: {}, status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: 'True' }] } });
const sliceOf = (zones: string): KubeObject => ({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 's' }, endpoints: [...zones].map((zone, i) => ({ addresses: [`10.0.0.${i}`], conditions: { ready: true, serving: true, terminating: false }, targetRef: { uid: String(i) }, ...(zone === '-' ? {} : { zone }) })) });
const plan = (given: Partial<SlicePlan>): SlicePlan => ({ create: [], update: [], remove: [], unchanged: [], ...given });
const hints = (slices: KubeObject[]) => slices.map((s) => (s['endpoints'] as Endpoint[]).map((e) => e.hints?.forZones.map((z) => z.name).join() ?? '-').join('')).join(' ');

/** The hints of endpoints in these zones, and the events, where the zones' CPUs are these. */
function hinted(cpus: Record<string, string>, zones: string) {
  const cache = new TopologyCache(), wanted = plan({ create: [sliceOf(zones)] });
  cache.setNodes([node('cp', undefined, '8', { 'node-role.kubernetes.io/control-plane': '' }), ...Object.entries(cpus).map(([zone, cpu]) => node(zone, zone === '-' ? undefined : zone, cpu))]);
  const events = cache.reconcile('default/web', 'IPv4', wanted, true);
  return `${hints(wanted.create)}: ${events.map((e) => e.message.replace(', addressType: IPv4', '')).join()}`;
}

test('endpoints go to their own zone, and to others as far as the CPU of the nodes asks for it', () => {
  expect(hinted({ a: '4', b: '4' }, 'ab')).toBe('ab: Topology Aware Hints has been enabled');
  expect(hinted({ a: '4', b: '4' }, 'aaab')).toBe('baab: Topology Aware Hints has been enabled');
  expect(hinted({ a: '1', b: '2', c: '3' }, 'aaabbbccc')).toBe('caabbbccc: Topology Aware Hints has been enabled');
  expect(hinted({ a: '2000m', b: '2' }, 'aaaaaa')).toBe('bbbaaa: Topology Aware Hints has been enabled');
});

test('or there are none, and the event says why', () => {
  expect(hinted({ a: '4', b: '4' }, 'a')).toBe('-: Insufficient number of endpoints (1 endpoints, 2 zones)');
  expect(hinted({ a: '4', b: '4' }, 'aab')).toBe('---: Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones)');
  expect(hinted({ a: '4', b: '4' }, 'a-bb')).toBe('----: One or more endpoints do not have a zone specified');
  expect(hinted({ a: '4', '-': '4' }, 'ab')).toBe('--: Insufficient Node information: allocatable CPU or zone not specified on one or more nodes');
  expect(hinted({ a: '4' }, 'aa')).toBe('--: Insufficient Node information: allocatable CPU or zone not specified on one or more nodes');
});

test('slices that stay keep their hints while these fit; a Service is looked at again when nodes no longer bear it', () => {
  const cache = new TopologyCache(), nodes = [node('n1', 'a', '4'), node('n2', 'b', '4')];
  cache.setNodes(nodes);
  const first = plan({ create: [sliceOf('aabb')] });
  cache.reconcile('default/web', 'IPv4', first, true);
  const second = plan({ create: [sliceOf('ab')], unchanged: first.create });
  expect(cache.reconcile('default/web', 'IPv4', second, true)).toEqual([]);
  expect([hints(second.unchanged), hints(second.create)]).toEqual(['aabb', 'ab']);
  expect(cache.overloadedServices()).toEqual([]);
  cache.setNodes([...nodes, node('n3', 'c', '8')]);
  expect(cache.overloadedServices()).toEqual(['default/web']);
  const third = plan({ unchanged: second.unchanged });
  expect(cache.reconcile('default/web', 'IPv4', third, false)).toEqual([{ type: 'Warning', reason: 'TopologyAwareHintsDisabled', message: 'Topology Aware Hints has been disabled, addressType: IPv4' }]);
  expect([hints(third.update), third.unchanged.length]).toEqual(['----', 0]);
  expect(cache.overloadedServices()).toEqual([]);
});

test('topology-mode: Auto, from the annotation to the rules of each node', async () => {
  const world = bootScenario(kindPodman(), { seed: 'hints' });
  const run = async (line: string, host = 'mac') => (await runCommand(world, host, line)).stdout;
  const targets = (host: string) => run("iptables -t nat -S KUBE-SVC-66BRF57DTBANX7J2 | grep -o -- '-> [0-9.]*' | sort", host);
  const both = '-> 10.244.1.2\n-> 10.244.2.2\n';
  await run('kubectl annotate svc spink service.kubernetes.io/topology-mode=Auto; sleep 2');
  expect(await run('kubectl get events --field-selector reason=TopologyAwareHintsDisabled -o jsonpath="{.items[0].source.component} {.items[0].message}"')).toBe('endpoint-slice-controller Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4');
  expect(await targets('worker-1')).toBe(both);
  await run('kubectl label node worker-1 topology.kubernetes.io/zone=a; kubectl label node worker-2 topology.kubernetes.io/zone=b; kubectl annotate svc spink again=1; sleep 3');
  expect(await run(`kubectl get endpointslices -l kubernetes.io/service-name=spink -o jsonpath='{range .items[0].endpoints[*]}{.nodeName} {.zone} {.hints}{"\\n"}{end}' | sort`)).toBe('worker-1 a {"forZones":[{"name":"a"}]}\nworker-2 b {"forZones":[{"name":"b"}]}\n');
  expect(await run('kubectl get events --field-selector reason=TopologyAwareHintsEnabled --no-headers')).toMatch(/Normal +TopologyAwareHintsEnabled +service\/spink +Topology Aware Hints has been enabled, addressType: IPv4\n$/);
  expect(await targets('worker-1')).toBe('-> 10.244.1.2\n');
  expect(await targets('worker-2')).toBe('-> 10.244.2.2\n');
  expect(await targets('control-plane')).toBe(both);
  // One endpoint cannot serve two zones.
  await run('kubectl scale deploy spink --replicas=1; sleep 40');
  expect(await run('kubectl get endpointslices -l kubernetes.io/service-name=spink -o yaml')).not.toContain('hints');
  expect(await run('kubectl describe svc spink')).toContain('Insufficient number of endpoints (1 endpoints, 2 zones), addressType: IPv4');
  await run('kubectl scale deploy spink --replicas=2; sleep 40; kubectl annotate svc spink service.kubernetes.io/topology-mode-; sleep 3');
  expect(await run('kubectl get endpointslices -l kubernetes.io/service-name=spink -o yaml')).not.toContain('hints');
  expect(await targets('worker-1')).toMatch(/(-> .*\n){2}/);
  expect(world.defects).toEqual([]);
});
