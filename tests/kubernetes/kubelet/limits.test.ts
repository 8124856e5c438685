import { describe, expect, it } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

const pod = (name: string, command: string, more = '', volumes = '') => `cat <<'EOF' | kubectl apply -f -
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 1
  restartPolicy: Never
  containers:
  - { name: app, image: busybox, imagePullPolicy: IfNotPresent, command: ["sh", "-c", "${command}"]${more} }
${volumes}
EOF`;

describe('limits of a container', () => {
  it('a process that takes more memory than its container may have is killed: OOMKilled, 137', async () => {
    const world = bootScenario(kindPodman(), { seed: 'limits' });
    await runCommand(world, 'mac', pod('tragon', 'tail /dev/zero', ', resources: { limits: { memory: 32Mi } }'));
    await world.advance(world.clock.now + 8 * SECOND);
    const { stdout } = await runCommand(world, 'mac', 'kubectl get pod tragon -o jsonpath="{.status.containerStatuses[0].state.terminated.reason} {.status.containerStatuses[0].state.terminated.exitCode}"');
    expect(stdout).toBe('OOMKilled 137');
    const node = (await runCommand(world, 'mac', 'kubectl get pod tragon -o jsonpath={.spec.nodeName}')).stdout;
    expect((await runCommand(world, node, 'dmesg')).stdout).toMatch(/^\[ *\d+\.\d{6}\] Memory cgroup out of memory: Killed process \d+ \(tail\) total-vm:\d+kB, /);
  });

  it('a Pod whose emptyDir grows over its sizeLimit is evicted', async () => {
    const world = bootScenario(kindPodman(), { seed: 'limits' });
    await runCommand(world, 'mac', pod('inquilino', 'dd if=/dev/zero of=/datos/f bs=1M count=12; sleep 600', ', volumeMounts: [{ name: datos, mountPath: /datos }]', '  volumes: [{ name: datos, emptyDir: { sizeLimit: 10Mi } }]'));
    await world.advance(world.clock.now + 45 * SECOND);
    const { stdout } = await runCommand(world, 'mac', 'kubectl get pod inquilino -o jsonpath="{.status.phase} {.status.reason}: {.status.message}"');
    expect(stdout).toBe('Failed Evicted: Usage of EmptyDir volume "datos" exceeds the limit "10Mi". ');
  });

  it.each([
    ['one container', '', 'Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. '],
    ['a neighbour has room left', '  - { name: otro, image: busybox, command: [sleep, "600"], resources: { limits: { ephemeral-storage: 50Mi } } }\n', 'Container app exceeded its local ephemeral storage limit "5Mi". '],
  ])('a container that writes more into its own layer than it may is evicted with its Pod: %s', async (_, neighbour, message) => {
    const world = bootScenario(kindPodman(), { seed: 'limits' });
    await runCommand(world, 'mac', pod('gordo', 'dd if=/dev/zero of=/f bs=1M count=12; sleep 600', ', resources: { limits: { ephemeral-storage: 5Mi } }', neighbour));
    await world.advance(world.clock.now + 45 * SECOND);
    const { stdout } = await runCommand(world, 'mac', 'kubectl get pod gordo -o jsonpath="{.status.phase} {.status.reason}: {.status.message}"');
    expect(stdout).toBe(`Failed Evicted: ${message}`);
    expect((await runCommand(world, 'mac', 'kubectl get events --field-selector reason=Evicted -o jsonpath="{.items[*].message}"')).stdout).toBe(message);
  });
});

it.each([
  ['', /^container has runAsNonRoot and image will run as root \(pod: "terco_default\([0-9a-f-]{36}\)", container: app\)$/],
  [', runAsUser: 0', /^container's runAsUser breaks non-root policy \(pod: "terco_default\([0-9a-f-]{36}\)", container: app\)$/],
])('runAsNonRoot is verified before a container is made%s', async (user, message) => {
  const world = bootScenario(kindPodman(), { seed: 'limits' });
  await runCommand(world, 'mac', pod('terco', 'sleep 600', `, securityContext: { runAsNonRoot: true${user} }`));
  await world.advance(world.clock.now + 5 * SECOND);
  const { stdout } = await runCommand(world, 'mac', 'kubectl get pod terco -o jsonpath="{.status.containerStatuses[0].state.waiting.reason}|{.status.containerStatuses[0].state.waiting.message}"');
  const [reason, said] = stdout.split('|');
  expect(reason).toBe('CreateContainerConfigError');
  expect(said).toMatch(message);
});
