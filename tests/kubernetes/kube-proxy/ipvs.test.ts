import { expect, test } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';

const EDIT = "kubectl -n kube-system get cm kube-proxy -o yaml | sed 's/mode: iptables/mode: ipvs/' | kubectl apply -f - 2>/dev/null; kubectl -n kube-system delete pod -l k8s-app=kube-proxy; sleep 8";

test('mode: ipvs in the ConfigMap and new Pods: virtual servers, kube-ipvs0, ipsets, and Services that answer', async () => {
  const world = bootScenario(kindPodman(), { seed: 'ipvs' });
  const run = async (host: string, line: string) => (await runCommand(world, host, line)).stdout;
  await run('mac', EDIT);
  expect(await run('worker-1', 'ipvsadm -Ln -t 10.96.244.84:80')).toBe('Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\nTCP  10.96.244.84:80 rr\n  -> 10.244.1.2:8080              Masq    1      0          0         \n  -> 10.244.2.2:8080              Masq    1      0          0         \n');
  expect(await run('worker-1', 'ip -br addr show kube-ipvs0')).toMatch(/^kube-ipvs0 +DOWN +.*10\.96\.244\.84\/32/);
  expect(await run('worker-1', 'ipset list KUBE-NODE-PORT-TCP | tail -1')).toBe('30080\n');
  expect(await run('worker-1', 'iptables -t nat -S KUBE-SERVICES')).toBe(
    '-N KUBE-SERVICES\n-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN\n-A KUBE-SERVICES ! -s 10.244.0.0/16 -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ\n-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT\n-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\n',
  );
  expect(await run('worker-1', 'curl -s localhost:10249/proxyMode')).toBe('ipvs');
  // From the student's machine by NodePort, from a node, from a Pod; the API server, which is on a node itself.
  expect(await run('mac', 'curl -s -m 3 http://localhost:30080')).toContain('Hola desde spink');
  expect(await run('worker-1', 'curl -s -m 3 http://10.96.244.84')).toContain('client: 10.244.1.0');
  expect(await run('mac', "kubectl run -q -i --rm c --image=busybox --restart=Never -- wget -qO- -T 3 http://spink")).toContain('Hola desde spink');
  expect(await run('control-plane', 'curl -sk -m 3 https://10.96.0.1/version')).toContain('"major"');
  expect(await run('worker-1', 'ipvsadm -Lnc')).toMatch(/TCP 0[12]:\d\d {2}TIME_WAIT {3}10\.96\.244\.84:\d+ 10\.96\.244\.84:80 {4}10\.244\.[12]\.2:8080\n/);
  // An address of a Service that is not its port is nobody's, though it is the node's own.
  expect((await runCommand(world, 'worker-1', 'curl -s -m 3 http://10.96.244.84:10250')).code).toBe(7);
  // Destinations with connections lose their weight, and go when those have gone.
  await run('mac', 'kubectl scale deploy spink --replicas=0; sleep 3');
  expect(await run('worker-1', 'ipvsadm -Ln -t 10.96.244.84:80')).toContain('Masq    0      0          1');
  await run('mac', 'sleep 190');
  expect(await run('worker-1', 'ipvsadm -Ln -t 10.96.244.84:80')).not.toContain('10.244');
  expect(world.defects).toEqual([]);
});

test('where the kernel has no IPVS, kube-proxy says so and ends', async () => {
  const world = bootScenario(kindPodman(), { seed: 'ipvs' });
  for (const machine of world.machines.values()) machine.kernel.without = new Set(['ip_vs']);
  await runCommand(world, 'mac', EDIT);
  const log = (await runCommand(world, 'mac', 'kubectl -n kube-system logs -l k8s-app=kube-proxy')).stdout;
  expect(log).toContain(`"Error running ProxyServer" err="can't use the IPVS proxier: Ipvs not supported by the kernel"`);
});
