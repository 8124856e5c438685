import { beforeAll, expect, test } from 'vitest';
import type { World } from '../../../src/linux/world.ts';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

let world: World;
const mac = async (command: string) => {
  const { stdout, stderr } = await runCommand(world, 'mac', command);
  return stdout + stderr;
};
const pass = (seconds: number) => world.advance(world.clock.now + seconds * SECOND);
const state = async (pod: string) => (await mac(`kubectl get pod ${pod} --no-headers`)).replace(/ +/g, ' ').split(' ').slice(1, 4).join(' ');
const events = async (pod: string) => (await mac(`kubectl get events --field-selector involvedObject.name=${pod} -o jsonpath='{range .items[*]}{.reason}: {.message}{"\\n"}{end}'`)).trim().split('\n');
const apply = (name: string, spec: string) => mac(`cat <<'EOF' | kubectl apply -f -\napiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n${spec}\nEOF`);

beforeAll(() => {
  world = bootScenario(kindPodman(), { seed: 'kubelet' });
});

test('a container that exits again and again: Error, restart, CrashLoopBackOff (recording pod-01)', async () => {
  await apply('crash', '  containers:\n  - {name: app, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "echo arrancando; sleep 1; exit 1"]}');
  await pass(0.2);
  expect(await state('crash')).toBe('0/1 ContainerCreating 0');
  await pass(12);
  expect(await state('crash')).toBe('0/1 CrashLoopBackOff 1');
  expect(await mac('kubectl logs crash')).toBe('arrancando\n');
  expect(await events('crash')).toEqual([
    expect.stringMatching(/^Scheduled: Successfully assigned default\/crash to worker-\d$/), 'Pulled: Container image "busybox" already present on machine', 'Created: Created container app', 'Started: Started container app',
    expect.stringMatching(/^BackOff: Back-off restarting failed container app in pod crash_default\([0-9a-f-]{36}\)$/),
  ]);
});

test('an image that is not there: ErrImagePull, ImagePullBackOff, in the words of containerd (pod-02)', async () => {
  await mac('kubectl run web --image=nginx:9.99');
  await pass(15);
  expect(await state('web')).toBe('0/1 ImagePullBackOff 0');
  expect(await events('web')).toContain('Failed: Failed to pull image "nginx:9.99": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:9.99": failed to resolve reference "docker.io/library/nginx:9.99": docker.io/library/nginx:9.99: not found');
});

test('an image is pulled, and how long it took is said', async () => {
  await mac('kubectl run cache --image=redis:alpine');
  await pass(8);
  expect(await state('cache')).toBe('1/1 Running 0');
  expect((await events('cache')).find((e) => e.startsWith('Pulled'))).toMatch(/^Pulled: Successfully pulled image "redis:alpine" in [\d.]+m?s \([\d.]+m?s including waiting\)$/);
});

test('init containers run one after another before the others', async () => {
  await apply('conini', '  initContainers:\n  - {name: espera, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "echo esperando; sleep 4"]}\n  containers:\n  - {name: app, image: "localhost/spink:1.0.1"}');
  await pass(3);
  expect(await state('conini')).toBe('0/1 Init:0/1 0');
  await pass(6);
  expect(await state('conini')).toBe('1/1 Running 0');
  expect(await mac('kubectl logs conini -c espera')).toBe('esperando\n');
});

test('a probe that nobody answers (pod-09), a ConfigMap that is missing (pod-15, pod-17)', async () => {
  await apply('novolvi', '  containers:\n  - {name: app, image: "localhost/spink:1.0.1", readinessProbe: {periodSeconds: 3, tcpSocket: {port: 9999}}}');
  await apply('sinconf', '  containers:\n  - {name: app, image: busybox, imagePullPolicy: IfNotPresent, command: [sleep, "600"], envFrom: [{configMapRef: {name: ajustes}}]}');
  await apply('sinvol', '  containers:\n  - {name: app, image: busybox, imagePullPolicy: IfNotPresent, command: [sleep, "600"], volumeMounts: [{name: conf, mountPath: /conf}]}\n  volumes:\n  - {name: conf, configMap: {name: no-esta}}');
  await pass(8);
  expect(await state('novolvi')).toBe('0/1 Running 0');
  expect((await events('novolvi')).at(-1)).toMatch(/^Unhealthy: Readiness probe failed: dial tcp 10\.244\.\d\.\d+:9999: connect: connection refused$/);
  expect(await state('sinconf')).toBe('0/1 CreateContainerConfigError 0');
  expect(await events('sinconf')).toContain('Failed: Error: configmap "ajustes" not found');
  expect(await state('sinvol')).toBe('0/1 ContainerCreating 0');
  expect(await events('sinvol')).toContain('FailedMount: MountVolume.SetUp failed for volume "conf" : configmap "no-esta" not found');
  await mac('kubectl create configmap ajustes --from-literal=COLOR=azul');
  await pass(20);
  expect(await state('sinconf')).toBe('1/1 Running 0');
  expect(await mac('kubectl exec sinconf -- printenv COLOR')).toBe('azul\n');
});

test('a pod that ignores TERM lives for its grace period (pod-28)', async () => {
  await apply('terco', '  terminationGracePeriodSeconds: 10\n  containers:\n  - {name: app, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "trap \'\' TERM; while true; do sleep 1; done"]}');
  await pass(5);
  await mac('kubectl delete pod terco --wait=false');
  await pass(5);
  expect(await state('terco')).toBe('1/1 Terminating 0');
  await pass(8);
  expect(await mac('kubectl get pod terco')).toBe('Error from server (NotFound): pods "terco" not found\n');
});

test('names and addresses inside a pod', async () => {
  const inside = (command: string) => mac(`kubectl exec sinconf -- ${command}`);
  expect(await inside('cat /etc/resolv.conf')).toBe('search default.svc.cluster.local svc.cluster.local cluster.local dns.podman\nnameserver 10.96.0.10\noptions ndots:5\n');
  expect(await inside('cat /etc/hosts')).toMatch(/^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n[\s\S]*\n10\.244\.\d\.\d+\tsinconf\n$/);
  expect(await inside('nslookup spink')).toContain('Name:\tspink.default.svc.cluster.local\nAddress: 10.96.244.84\n');
  expect(await inside('wget -qO- http://spink')).toContain('Hola desde spink');
  expect(world.defects).toEqual([]);
});
