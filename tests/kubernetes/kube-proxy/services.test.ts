import { describe, expect, it } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';
import { SECOND } from '../../../src/sim/clock.ts';

describe('kinds of Services, seen from outside', async () => {
  const world = bootScenario(kindPodman(), { seed: 'services' });
  const run = async (machine: string, command: string) => (await runCommand(world, machine, command)).output;
  const later = (seconds: number) => world.advance(world.clock.now + seconds * SECOND);

  it('a load balancer with externalTrafficPolicy Local has a port that tells it where the endpoints are', async () => {
    await run('mac', `kubectl patch svc spink -p '{"spec":{"type":"LoadBalancer","externalTrafficPolicy":"Local"}}'`);
    await later(3);
    const port = await run('mac', "kubectl get svc spink -o jsonpath='{.spec.healthCheckNodePort}'");
    expect(await run('mac', `curl -s http://172.18.0.3:${port}`)).toBe('{\n\t"service": {\n\t\t"namespace": "default",\n\t\t"name": "spink"\n\t},\n\t"localEndpoints": 1,\n\t"serviceProxyHealthy": true\n}');
    expect(await run('mac', `curl -s -o /dev/null -w '%{http_code}' http://172.18.0.2:${port}`)).toBe('503');
    expect(await run('worker-1', `ss -lntp | grep ${port}`)).toContain('kube-proxy');
    expect(await run('worker-1', 'iptables -S KUBE-NODEPORTS')).toContain(`-A KUBE-NODEPORTS -p tcp -m comment --comment "default/spink health check node port" -m tcp --dport ${port} -j ACCEPT`);
  });

  it("its address leads to the pods, for the sources that are let in", async () => {
    await run('mac', `kubectl patch svc spink -p '{"spec":{"externalTrafficPolicy":"Cluster","loadBalancerSourceRanges":["172.18.0.0/16"]}}'; kubectl patch svc spink --subresource=status -p '{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.10"}]}}}'; ip route add 192.0.2.10 via 172.18.0.3`);
    await later(3);
    expect(await run('mac', 'kubectl get svc spink --no-headers')).toMatch(/LoadBalancer +10\.96\.244\.84 +192\.0\.2\.10 +80:30080/);
    expect(await run('mac', 'curl -s -m 2 http://192.0.2.10/ | head -1')).toBe('Hola desde spink\n');
    await run('mac', `kubectl patch svc spink -p '{"spec":{"loadBalancerSourceRanges":["203.0.113.0/24"]}}'`);
    await later(3);
    expect(await run('mac', 'curl -s -m 2 http://192.0.2.10/; echo $?')).toBe('28\n');
    expect(await run('worker-1', "iptables -nvL KUBE-PROXY-FIREWALL | grep -c 'DROP.*192.0.2.10'")).toBe('1\n');
    expect(Number(await run('worker-1', "iptables -nvxL KUBE-PROXY-FIREWALL | awk '/DROP/ {print $1}'"))).toBeGreaterThan(0);
  });

  it('masqueradeAll marks what pods send to a ClusterIP too', async () => {
    await run('mac', `kubectl -n kube-system get cm kube-proxy -o yaml | sed 's/masqueradeAll: false/masqueradeAll: true/' | kubectl replace -f -; kubectl -n kube-system rollout restart ds kube-proxy`);
    await later(60);
    expect(await run('worker-1', 'iptables -t nat -S KUBE-SVC-66BRF57DTBANX7J2 | grep MASQ')).toBe('-A KUBE-SVC-66BRF57DTBANX7J2 -d 10.96.244.84/32 -p tcp -m comment --comment "default/spink cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ\n');
    expect(world.defects).toEqual([]);
  });
});
