/** The kinds of checks, each on a world that the student has changed. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { Executions } from '../../src/linux/executions.ts';
import type { World } from '../../src/linux/world.ts';
import { holds } from '../../src/labs/checks.ts';
import { describe as say } from '../../src/labs/describe.ts';
import type { Check } from '../../src/labs/lab.ts';
import { lessonChecker } from '../../src/labs/lesson-check.ts';
import { probe, type Probed } from '../../src/labs/probe.ts';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../src/shell/session.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
let world: World;
const run = (command: string, machine = 'mac') => runCommand(world, machine, command);

beforeAll(async () => {
  world = bootScenario(kindPodman(), { seed: 'checks' });
  world.executions = new Executions();
  await run('curl -s http://localhost:30080/ > pagina.txt; curl http://localhost:30081/; kubectl get pods nadie | cat; podman exec worker-1 ip -br addr');
  await run('kubectl label pod -l app=spink visto=si');
});

describe('object', () => {
  test.each<[boolean, Check]>([
    [true, { object: { kind: 'Service', name: 'spink' } }],
    [false, { object: { kind: 'Service', name: 'otro' } }],
    [true, { object: { kind: 'Service', name: 'otro', absent: true } }],
    [false, { object: { kind: 'Service', name: 'spink', namespace: 'kube-system' } }],
    [true, { object: { kind: 'Pod', selector: 'app=spink', count: 2 }, expect: 'object.metadata.labels.visto == "si"' }],
    [true, { object: { kind: 'Pod', namespace: '*' }, expect: 'objects.exists(p, p.metadata.name.startsWith("coredns-"))' }],
    [true, { object: { kind: 'Deployment', name: 'spink' }, expect: 'object.spec.replicas == object.status.readyReplicas && object.spec.replicas + 1 == 3' }],
    [false, { object: { kind: 'Service', name: 'spink' }, expect: 'object.spec.no.existe == 1' }],
    [true, { object: { kind: 'Node' }, expect: 'objects.size() == 3' }],
    [false, { object: { kind: 'Gateway', apiVersion: 'gateway.networking.k8s.io/v1' } }],
  ])('%s: %j', (expected, check) => expect(holds(world, check)).toBe(expected));
});

describe('ran: what was run, with its own exit code and its own output, wherever that went', () => {
  test.each<[boolean, Check]>([
    [true, { ran: { program: 'curl', on: 'mac', exit: 0, contains: 'Hola desde spink' } }],
    [true, { ran: { program: 'curl', exit: 7, command: ':30081' } }],
    [false, { ran: { program: 'curl', exit: 7, command: ':30080' } }],
    [true, { ran: { program: 'kubectl', exit: 1, matches: '^Error from server \\(NotFound\\): pods "nadie"' } }],
    [true, { ran: { program: ['ip', 'ifconfig'], on: 'worker-1', args: ['addr'], matches: 'cni0 +UP +10\\.244\\.1\\.1' } }],
    [false, { ran: { program: 'ip', on: 'mac' } }],
    [false, { ran: { program: 'ip', pod: 'spink-*' } }],
  ])('%s: %j', (expected, check) => expect(holds(world, check)).toBe(expected));
});

describe('file and iptables', () => {
  test.each<[boolean, Check]>([
    [true, { file: { on: 'mac', path: '~/pagina.txt', contains: 'Hola', matches: '^client: 10\\.' } }],
    [false, { file: { on: 'worker-1', path: '/root/pagina.txt' } }],
    [true, { file: { on: 'worker-1', path: '/root/pagina.txt', absent: true } }],
    [true, { iptables: { on: 'worker-2', table: 'nat', matches: '^-A KUBE-NODEPORTS .*--dport 30080' } }],
    [true, { iptables: { on: 'worker-2', matches: 'has no endpoints', absent: true } }],
  ])('%s: %j', (expected, check) => expect(holds(world, check)).toBe(expected));
});

describe('reach: a request in a world nobody looks at', () => {
  test.each<[boolean, Probed]>([
    [true, { reach: { from: 'mac', to: 'http://localhost:30080/actuator/health', status: 200, contains: 'UP', times: 4 } }],
    [false, { reach: { from: 'mac', to: 'http://localhost:30080/no', status: 200 } }],
    [true, { reach: { from: 'mac', to: 'http://172.18.0.2:30081/', refused: true } }],
    [true, { reach: { from: 'mac', to: 'http://10.244.1.2:8080/', timeout: true } }],
    [true, { reach: { from: 'worker-1', to: 'http://10.96.244.84/', status: 200 } }],
    [true, { reach: { from: 'pod:spink-*', to: 'http://spink.default.svc.cluster.local/', status: 200 } }],
    [false, { reach: { from: 'pod:nadie', to: 'http://spink/' } }],
    [true, { why: { from: 'mac', to: '172.18.0.2', port: 30080, protocol: 'tcp', result: 'arrives', cause: 'socket' } }],
    [true, { why: { from: 'mac', to: '172.18.0.3', port: 7777, protocol: 'tcp', result: 'refused', cause: 'no-listener', at: 'worker-1' } }],
    [false, { why: { from: 'mac', to: '172.18.0.3', port: 7777, protocol: 'tcp', cause: 'rule' } }],
    [true, { why: { from: 'pod:spink-*', to: '10.96.244.84', port: 80, protocol: 'tcp', result: 'arrives' } }],
  ])('%s: %j', async (expected, check) => {
    let answer: boolean | undefined;
    probe(world, check, (ok) => (answer = ok));
    await world.until(() => answer !== undefined, 20_000_000);
    expect(answer).toBe(expected);
  });
});

test('a check says what it looks at', () => {
  expect(say({ ran: { program: 'curl', on: 'mac', exit: 7 } })).toBe('Has ejecutado `curl` en mac y ha terminado con el código 7');
  expect(say({ object: { kind: 'Service', name: 'spink' }, expect: 'true' })).toBe('Service `spink` está como se pide');
  expect(say({ reach: { from: 'mac', to: 'http://x/', refused: true } })).toBe('Desde mac, una petición a `http://x/` es rechazada');
  expect(say({ text: 'Lo dice el autor', ran: { program: 'ls' } })).toBe('Lo dice el autor');
});

test('in a lesson: what is missing is told; a request cannot be made', () => {
  const check = lessonChecker(world);
  expect(check([{ object: { kind: 'Service', name: 'spink' } }])).toEqual({ ok: true, missing: [] });
  expect(check([{ object: { kind: 'Service', name: 'otro' } }])).toEqual({ ok: false, missing: ['Service `otro`'].map((s) => `Existe: ${s}`) });
  expect(check([{ object: { kind: 'Service' }, expect: 'nada ==' }]).error).toContain('no vale');
  expect(check([{ reach: { from: 'mac', to: 'http://x/' } }]).error).toContain('solo se puede comprobar en un laboratorio');
});

test('an endless loop does not fill the memory', async () => {
  const record = world.executions!;
  await runCommand(world, 'mac', 'while true; do ls /; done', { limit: 30_000_000 });
  expect(record.all.length).toBeLessThanOrEqual(2000);
});

test('with the API server gone nothing is known of its objects', async () => {
  await run('mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/', 'control-plane');
  await world.advance(world.clock.now + 40_000_000);
  expect(holds(world, { object: { kind: 'Service', name: 'spink' } })).toBe(false);
  expect(holds(world, { object: { kind: 'Service', name: 'otro', absent: true } })).toBe(false);
});
