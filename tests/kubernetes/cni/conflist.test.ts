import { describe, expect, it } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

/** What containerd makes of /etc/cni/net.d and /opt/cni/bin, seen by a student who changes them. */
describe('the network configuration of a node', async () => {
  const world = bootScenario(kindPodman(), { seed: 'conflist' });
  const run = async (machine: string, command: string) => (await runCommand(world, machine, command)).output;
  const later = (seconds: number) => world.advance(world.clock.now + seconds * SECOND);
  const pod = (name: string) => run('mac', `kubectl run ${name} --image=nginx --image-pull-policy=IfNotPresent --overrides='{"spec":{"nodeName":"worker-1"}}'`);
  const events = (name: string) => run('mac', `kubectl get events --field-selector involvedObject.name=${name} -o jsonpath='{range .items[*]}{.reason}: {.message}{"\\n"}{end}'`);

  it('without any, the node is not ready, and a pod waits', async () => {
    await run('worker-1', 'mv /etc/cni/net.d/10-flannel.conflist /root/');
    await later(15);
    expect(await run('mac', "kubectl get node worker-1 -o jsonpath='{.status.conditions[?(@.type==\"Ready\")].message}'")).toBe('container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized');
    expect(await run('mac', 'kubectl get node worker-1 --no-headers')).toMatch(/^worker-1 +NotReady /);
    expect(await run('worker-1', 'crictl info | grep lastCNI')).toBe('  "lastCNILoadStatus": "cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config"\n');
    await pod('waits');
    await later(5);
    expect(await events('waits')).toContain('NetworkNotReady: network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized\n');
    await run('worker-1', 'mv /root/10-flannel.conflist /etc/cni/net.d/');
    await later(15);
    expect(await run('mac', 'kubectl get node worker-1 --no-headers')).toMatch(/^worker-1 +Ready /);
    expect(await run('mac', 'kubectl get pod waits --no-headers')).toMatch(/1\/1 +Running/);
  });

  it('one that is no JSON counts as none', async () => {
    await run('worker-1', `echo '{"name": "x", }' > /etc/cni/net.d/05-mine.conflist`);
    await later(12);
    expect(await run('worker-1', 'crictl info | grep lastCNI')).toContain("cni config load failed: failed to load CNI config list file /etc/cni/net.d/05-mine.conflist: error parsing configuration list: invalid character '}' looking for beginning of object key string: invalid cni config: failed to load cni config");
    expect(await run('mac', 'kubectl get node worker-1 --no-headers')).toMatch(/^worker-1 +NotReady /);
    await run('worker-1', 'rm /etc/cni/net.d/05-mine.conflist');
    await later(12);
  });

  it('a missing executable is said in the events', async () => {
    await run('worker-1', 'mv /opt/cni/bin/flannel /root/');
    await pod('nobin');
    await later(3);
    expect(await events('nobin')).toMatch(/FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "[0-9a-f]{64}": plugin type="flannel" failed \(add\): failed to find plugin "flannel" in path \[\/opt\/cni\/bin\]\n/);
    await run('worker-1', 'mv /root/flannel /opt/cni/bin/');
    await later(20);
    expect(await run('mac', 'kubectl get pod nobin --no-headers')).toMatch(/1\/1 +Running/);
  });

  it('a pod whose network cannot be taken down stays, and says why', async () => {
    await pod('queda');
    await later(8);
    await run('worker-1', 'mv /opt/cni/bin/bridge /root/');
    await run('mac', 'kubectl delete pod queda --wait=false --grace-period=1');
    await later(10);
    expect(await run('mac', 'kubectl get pod queda --no-headers')).toMatch(/Terminating/);
    expect(await events('queda')).toMatch(/FailedKillPod: error killing pod: failed to "KillPodSandbox" for "[0-9a-f-]{36}" with KillPodSandboxError: "rpc error: code = Unknown desc = failed to destroy network for sandbox \\"[0-9a-f]{64}\\": plugin type=\\"flannel\\" failed \(delete\): failed to find plugin \\"bridge\\" in path \[\/opt\/cni\/bin\]"\n/);
    await run('worker-1', 'mv /root/bridge /opt/cni/bin/');
    await later(20);
    expect(await run('mac', 'kubectl get pod queda --no-headers')).toContain('NotFound');
    expect(await run('worker-1', 'ls /var/lib/cni/results | wc -l')).toBe(await run('worker-1', 'ls /var/lib/cni/networks/cbr0 | grep -c ^10'));
  });

  it('a bridge of the student replaces flannel for new pods; its executables run by hand too', async () => {
    await run('worker-1', `cat > /etc/cni/net.d/01-bridge.conf <<'EOF'
{ "cniVersion": "0.3.1", "name": "casero", "type": "bridge", "bridge": "br-casa", "isGateway": true,
  "ipam": { "type": "host-local", "subnet": "10.77.0.0/24", "routes": [{ "dst": "0.0.0.0/0" }] } }
EOF`);
    await pod('casero');
    await later(5);
    expect(await run('mac', "kubectl get pod casero -o jsonpath='{.status.podIP}'")).toBe('10.77.0.2');
    expect(await run('worker-1', 'cat /var/lib/cni/networks/casero/last_reserved_ip.0; echo; curl -s 10.77.0.2 | head -1; ip -br addr show br-casa')).toMatch(/^10\.77\.0\.2\n<!DOCTYPE html>\nbr-casa +UP +10\.77\.0\.1\/24 /);
    expect(await run('worker-1', 'ip netns add mio; CNI_COMMAND=ADD CNI_CONTAINERID=a1 CNI_NETNS=/var/run/netns/mio CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin /opt/cni/bin/bridge < /etc/cni/net.d/01-bridge.conf | jq -r .ips[0].address; ip netns exec mio ip -4 -br a')).toMatch(/^10\.77\.0\.3\/24\n[^]*eth0@if\d+ +UP +10\.77\.0\.3\/24/);
    expect(await run('worker-1', '/opt/cni/bin/bridge')).toBe('CNI bridge plugin v1.1.1\nCNI protocol versions supported: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0\n');
  });
});
