import { expect, it } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

const MANIFESTS = '/etc/kubernetes/manifests';
const manifest = (image: string) => `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"vigia"},"spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"v","image":"${image}"}]}}`;

function open() {
  const world = bootScenario(kindPodman(), { seed: 'static' });
  return {
    after: async (seconds: number) => void (await world.advance(world.clock.now + seconds * SECOND)),
    on: async (machine: string, line: string) => (await runCommand(world, machine, line)).stdout,
    write: async (name: string, text: string) => void (await runCommand(world, 'worker-1', `cat > ${MANIFESTS}/${name} <<'EOF'\n${text}\nEOF`)),
    image: async () => (await runCommand(world, 'mac', `kubectl get pod vigia-worker-1 -o jsonpath='{.spec.containers[0].image}'`)).stdout,
    log: async (what: string) => (await runCommand(world, 'worker-1', `journalctl -u kubelet --no-pager | grep -c '${what}'`)).stdout.trim(),
  };
}

it('a manifest that is broken takes its pod away when the directory is next listed, and the log says why', async () => {
  const { after, on, write, image, log } = open();
  await write('vigia.yaml', manifest('nginx'));
  await after(10);
  expect(await image()).toBe('nginx');
  await write('vigia.yaml', 'apiVersion: v1\nkind: Pod\n  metadata:\n');
  await after(2);
  expect(await log('"Unable to process watch event"')).toBe('1');
  await after(30);
  expect(await on('mac', 'kubectl get pod vigia-worker-1 2>&1')).toContain('NotFound');
  expect(await on('worker-1', 'journalctl -u kubelet --no-pager | grep "Could not process" | tail -1')).toMatch(/err="\/etc\/kubernetes\/manifests\/vigia\.yaml: couldn't parse as pod\(yaml: line \d+: .*\), please check config file" path="\/etc\/kubernetes\/manifests\/vigia\.yaml"/);
  await write('vigia.yaml', manifest('nginx'));
  await after(10);
  expect(await image()).toBe('nginx');
});

it('a copy that is left beside a manifest is one too: of two files with the same pod the last by name wins', async () => {
  const { after, on, write, image } = open();
  await write('vigia.yaml', manifest('nginx'));
  await on('worker-1', `cp ${MANIFESTS}/vigia.yaml ${MANIFESTS}/vigia.yaml.bak`);
  await after(25);
  await write('vigia.yaml', manifest('busybox'));
  await after(40);
  expect(await image()).toBe('nginx');
  await on('worker-1', `rm ${MANIFESTS}/vigia.yaml.bak`);
  await after(40);
  expect(await image()).toBe('busybox');
});

it('a pod that the API would refuse is refused with the same words', async () => {
  const { after, on, write } = open();
  await write('vigia.yaml', manifest('nginx').replace('"name":"v"', '"name":"V_1"'));
  await after(3);
  expect(await on('worker-1', 'journalctl -u kubelet --no-pager | grep "watch event"')).toContain('invalid pod: [spec.containers[0].name: Invalid value: \\"V_1\\": a lowercase RFC 1123 label must consist of');
});

it('a component with a flag that it does not know ends at once, and its log says so where logs are kept', async () => {
  const { after, on } = open();
  await on('control-plane', `sed -i 's/--leader-elect=/--leader-erect=/' ${MANIFESTS}/kube-scheduler.yaml`);
  await after(20);
  expect(await on('control-plane', 'cat /var/log/containers/kube-scheduler-control-plane_kube-system_kube-scheduler-*.log')).toMatch(/ stderr F Error: unknown flag: --leader-erect\n$/);
  expect(await on('mac', `kubectl get pod -n kube-system kube-scheduler-control-plane -o jsonpath='{.status.containerStatuses[0].lastState.terminated.exitCode}'`)).toBe('1');
  await on('control-plane', `sed -i 's/--leader-erect=true/--leader-elect=true\\n    - --leader-elect-lease-duration=20s/' ${MANIFESTS}/kube-scheduler.yaml`);
  await after(40);
  expect(await on('mac', `kubectl get pod -n kube-system kube-scheduler-control-plane -o jsonpath='{.status.containerStatuses[0].ready}'`)).toBe('true');
});
