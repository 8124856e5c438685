import { describe, expect, it } from 'vitest';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../src/shell/session.ts';
import { SECOND } from '../../src/sim/clock.ts';

describe('services of a node, seen from systemd', async () => {
  const world = bootScenario(kindPodman(), { seed: 'systemd' });
  const run = async (machine: string, command: string) => (await runCommand(world, machine, command)).output;

  it('status tells the process, how long it has run and its last lines', async () => {
    const text = await run('worker-1', 'systemctl status kubelet');
    expect(text).toMatch(/^● kubelet\.service - kubelet: The Kubernetes Node Agent\n {5}Loaded: loaded \(\/etc\/systemd\/system\/kubelet\.service; enabled; preset: enabled\)\n {4}Drop-In: /);
    expect(text).toContain('     Active: active (running) since Sat 2026-11-21 08:0');
    expect(text).toMatch(/Nov 21 08:0\d:\d\d worker-1 kubelet\[\d+\]: I1121 .*"Successfully registered node" node="worker-1"/);
  });

  it('a kubelet that is stopped leaves its node NotReady until it is started again', async () => {
    expect(await run('worker-1', 'systemctl stop kubelet; systemctl is-active kubelet; systemctl status kubelet | sed -n 5p')).toMatch(/^inactive\n {5}Active: inactive \(dead\) since Sat 2026-11-21 08:2\d:\d\d UTC; \d+ms ago\n$/);
    await world.advance(world.clock.now + 60 * SECOND);
    expect(await run('mac', 'kubectl get node worker-1 --no-headers')).toMatch(/^worker-1 +NotReady /);
    expect(await run('worker-1', 'systemctl start kubelet; systemctl is-active kubelet')).toBe('active\n');
    await world.advance(world.clock.now + 15 * SECOND);
    expect(await run('mac', 'kubectl get node worker-1 --no-headers')).toMatch(/^worker-1 +Ready /);
  });

  it('a kubelet that is killed is started again, and the journal says so', async () => {
    await run('worker-2', 'kill -9 $(pidof kubelet); sleep 3');
    expect(await run('worker-2', 'systemctl is-active kubelet; journalctl -u kubelet -o cat | grep -A1 "Main process exited"')).toBe("active\nkubelet.service: Main process exited, code=killed, status=9/KILL\nkubelet.service: Failed with result 'signal'.\n");
  });

  it('a kubelet that cannot read its configuration ends at once, again and again, and the journal says why', async () => {
    await run('worker-1', "sed -i 's#/etc/kubernetes/pki/ca.crt#/etc/kubernetes/pki/nada.crt#' /var/lib/kubelet/config.yaml; systemctl restart kubelet; sleep 5");
    expect(await run('worker-1', 'systemctl is-active kubelet')).toBe('activating\n');
    expect(await run('worker-1', 'journalctl -u kubelet -o cat | grep "command failed" | tail -1')).toMatch(/"command failed" err="failed to construct kubelet dependencies: unable to load client CA file \/etc\/kubernetes\/pki\/nada\.crt: open \/etc\/kubernetes\/pki\/nada\.crt: no such file or directory"\n$/);
    await run('worker-1', "sed -i 's#nada.crt#ca.crt#' /var/lib/kubelet/config.yaml; sleep 3");
    expect(await run('worker-1', 'systemctl is-active kubelet')).toBe('active\n');
  });

  it('why a container does not start is in the journal of its node', async () => {
    await run('mac', `kubectl run roto --image=busybox:nohay --overrides='{"spec":{"nodeName":"worker-2"}}'`);
    await world.advance(world.clock.now + 10 * SECOND);
    expect(await run('worker-2', 'journalctl -u kubelet -o cat | grep -c "Error syncing pod, skipping.*ErrImagePull.*default/roto"')).not.toBe('0\n');
  });

  it('kind names the cluster and its nodes', async () => {
    expect((await runCommand(world, 'mac', 'kind get clusters; kind get nodes')).stdout).toBe('kind\ncontrol-plane\nworker-1\nworker-2\n');
    expect(world.defects).toEqual([]);
  });
});
