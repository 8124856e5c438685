import { beforeAll, describe, expect, test } from 'vitest';
import { clusterNodes } from '../../src/kubernetes/kubelet/nodes.ts';
import type { World } from '../../src/linux/world.ts';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../src/shell/session.ts';
import { SECOND } from '../../src/sim/clock.ts';

let world: World;
const on = async (host: string, command: string) => {
  const { stdout, stderr } = await runCommand(world, host, command);
  return stdout + stderr;
};
const pass = (seconds: number) => world.advance(world.clock.now + seconds * SECOND);

describe('the course cluster, as it stands', () => {
  beforeAll(() => {
    world = bootScenario(kindPodman(), { seed: 'test' });
  });

  test('every pod runs; spink has the addresses of the course', async () => {
    const pods = await on('mac', 'kubectl get pods -A -o wide --no-headers');
    expect(pods.trim().split('\n')).toHaveLength(14);
    expect(pods.match(/Running/g)).toHaveLength(14);
    expect(pods).toMatch(/spink-\S+ +1\/1 +Running +0 +\S+ +10\.244\.1\.2 +worker-1/);
    expect(pods).toMatch(/spink-\S+ +1\/1 +Running +0 +\S+ +10\.244\.2\.2 +worker-2/);
  });

  test('curl localhost:30080 reaches a pod, which sees the entry node', async () => {
    expect(await on('mac', 'curl -s localhost:30080')).toMatch(/^Hola desde spink\nhostname: spink-\S+\nclient: 10\.244\.0\.0\nhost: localhost:30080\n$/);
    expect(await on('mac', 'curl -s localhost:30080/actuator/health')).toBe('{"status":"UP"}');
  });

  test("kube-proxy's chains on a node are the real ones", async () => {
    const nat = await on('control-plane', 'iptables -t nat -S');
    expect(nat).toContain('-A KUBE-NODEPORTS -p tcp -m comment --comment "default/spink" -m tcp --dport 30080 -j KUBE-EXT-66BRF57DTBANX7J2');
    expect(nat).toContain('-A KUBE-SVC-66BRF57DTBANX7J2 -m comment --comment "default/spink -> 10.244.1.2:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-BRTKNB33BZMORILK');
    expect(nat).toContain('-A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully');
  });

  test("flannel's routes", async () => {
    expect(await on('worker-1', 'ip route')).toBe('default via 172.18.0.1 dev eth0 \n10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink \n10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1 \n10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink \n172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.3 \n');
  });

  test('the same seed gives the same world', () => {
    const again = bootScenario(kindPodman(), { seed: 'test' });
    const twin = bootScenario(kindPodman(), { seed: 'test' });
    for (const node of clusterNodes(again).keys()) expect(twin.machine(node).net.netfilter.save(undefined, { counters: true })).toBe(again.machine(node).net.netfilter.save(undefined, { counters: true }));
    expect(twin.clock.now).toBe(again.clock.now);
  });

  test('a node is entered with podman exec', async () => {
    expect(await on('mac', 'podman exec worker-2 hostname')).toBe('worker-2\n');
    expect(await on('mac', 'podman exec worker-9 ls')).toBe('Error: no container with name or ID "worker-9" found: no such container\n');
    expect(await on('worker-1', 'crictl pods --name spink')).toMatch(/^POD ID +CREATED +STATE +NAME +NAMESPACE +ATTEMPT +RUNTIME\n\w{13} +18 minutes ago +Ready +spink-\S+ +default +0 +\(default\)\n$/);
  });
});

describe('breaking things', () => {
  beforeAll(() => {
    world = bootScenario(kindPodman(), { seed: 'broken' });
  });

  test('no endpoints: refused at the node, reset behind the forwarder', async () => {
    await on('mac', 'kubectl scale deployment spink --replicas=0');
    await pass(40);
    expect(await on('mac', 'curl -s -m 3 172.18.0.2:30080; echo $?')).toBe('7\n');
    expect(await on('mac', 'curl -s -m 3 localhost:30080; echo $?')).toBe('56\n');
    await on('mac', 'kubectl scale deployment spink --replicas=2');
    await pass(10);
    expect(await on('mac', 'curl -s localhost:30080')).toContain('Hola desde spink');
  });

  test('a killed container comes back with one more restart', async () => {
    const [first] = [...clusterNodes(world).get('worker-1')!.runtime.containers.values()].filter((c) => c.config.name === 'spink' && c.state === 'RUNNING');
    first!.process!.signal('KILL');
    await pass(4);
    expect(await on('mac', "kubectl get pods -l app=spink -o jsonpath='{.items[*].status.containerStatuses[0].restartCount}'")).toMatch(/^(1 0|0 1)$/);
  });

  test('the API server is a process: while it is dead nothing is decided, then it is back', async () => {
    const node = clusterNodes(world).get('control-plane')!;
    await on('control-plane', 'mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/');
    await pass(150);
    expect([...node.runtime.containers.values()].some((c) => c.config.name === 'kube-apiserver' && c.state === 'RUNNING')).toBe(false);
    expect(await on('mac', 'kubectl get nodes')).toMatch(/refused|EOF|reset/);
    expect(await on('mac', 'curl -s localhost:30080')).toContain('Hola desde spink');
    await on('control-plane', 'mv /root/kube-apiserver.yaml /etc/kubernetes/manifests/');
    await pass(20);
    expect(await on('mac', 'kubectl get nodes --no-headers')).toMatch(/control-plane +Ready/);
  });

  test('a stopped node is found out, and its pods answer no more', async () => {
    await on('mac', 'podman stop worker-2');
    await pass(60);
    expect(await on('mac', 'kubectl get nodes')).toMatch(/worker-2 +NotReady/);
    await on('mac', 'podman start worker-2');
    await pass(60);
    expect(await on('mac', 'kubectl get nodes')).toMatch(/worker-2 +Ready/);
    expect(world.defects).toEqual([]);
  });
});
