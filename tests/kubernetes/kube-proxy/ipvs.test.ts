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

test('policies, affinity, source ranges, health checks, ending Pods and hints do in this mode what they do in the other', async () => {
  const world = bootScenario(kindPodman(), { seed: 'ipvs' });
  const run = async (host: string, line: string) => (await runCommand(world, host, line)).stdout;
  const patch = (spec: string) => run('mac', `kubectl patch svc spink -p '{"spec":${spec}}'; sleep 3`);
  const destinations = async (host: string, server: string) => [...(await run(host, `ipvsadm -Ln -t ${server}`)).matchAll(/-> (10\.244\.\d)\.\d+:8080 +Masq +1 /g)].map((m) => m[1]).sort().join(' ');
  const CLUSTER = '10.96.244.84:80', members = (host: string, set: string) => run(host, `ipset list ${set} | sed '1,/^Members/d'`);
  await run('mac', EDIT);
  await patch('{"internalTrafficPolicy":"Local","externalTrafficPolicy":"Local"}');
  expect(await destinations('worker-1', CLUSTER)).toBe('10.244.1');
  expect(await destinations('worker-1', '172.18.0.3:30080')).toBe('10.244.1');
  // A node without endpoints of its own: nothing for what asks the node, but others for a client of the node itself (kubernetes/kubernetes 97081).
  expect(await destinations('control-plane', '172.18.0.2:30080')).toBe('10.244.1 10.244.2');
  expect(await members('worker-1', 'KUBE-NODE-PORT-LOCAL-TCP')).toBe('30080\n');
  expect(await run('mac', 'curl -s -m 3 http://172.18.0.3:30080 | grep client')).toContain('client: 172.18.0.1');
  await patch('{"internalTrafficPolicy":"Local","externalTrafficPolicy":null,"type":"ClusterIP"}');
  expect(await destinations('control-plane', CLUSTER)).toBe('');
  await patch('{"internalTrafficPolicy":"Cluster","sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":600}}}');
  expect(await run('worker-1', `ipvsadm -Ln -t ${CLUSTER}`)).toContain('TCP  10.96.244.84:80 rr persistent 600\n');
  expect(new Set((await run('worker-1', 'for i in 1 2 3 4; do curl -s http://10.96.244.84 | grep hostname; done')).trim().split('\n')).size).toBe(1);
  // A load balancer.
  await patch('{"type":"LoadBalancer","sessionAffinity":"None","externalTrafficPolicy":"Local","loadBalancerSourceRanges":["172.18.0.0/16"]}');
  await run('mac', `kubectl patch svc spink --subresource=status -p '{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.10"}]}}}'; ip route add 192.0.2.10 via 172.18.0.3; sleep 3`);
  const port = (await run('mac', "kubectl get svc spink -o jsonpath='{.spec.healthCheckNodePort}'"));
  expect(await members('worker-1', 'KUBE-HEALTH-CHECK-NODE-PORT')).toBe(`${port}\n`);
  expect(await run('mac', `curl -s -o /dev/null -w '%{http_code}' http://172.18.0.3:${port}; curl -s -o /dev/null -w '%{http_code}' http://172.18.0.2:${port}`)).toBe('200503');
  expect(await members('worker-1', 'KUBE-LOAD-BALANCER-SOURCE-CIDR')).toBe('192.0.2.10,tcp:80,172.18.0.0/16\n');
  expect(await members('worker-1', 'KUBE-LOAD-BALANCER-SOURCE-IP')).toBe('192.0.2.10,tcp:80,192.0.2.10\n');
  expect(await run('mac', 'curl -s -m 2 http://192.0.2.10/ | head -1')).toBe('Hola desde spink\n');
  await patch('{"loadBalancerSourceRanges":["203.0.113.0/24"]}');
  expect(await members('worker-1', 'KUBE-LOAD-BALANCER-SOURCE-IP')).toBe('');
  expect(await run('mac', 'curl -s -m 2 http://192.0.2.10/; echo $?')).toBe('28\n');
  // Hints, as far as the nodes' zones are known.
  await patch('{"type":"ClusterIP","loadBalancerSourceRanges":null}');
  await run('mac', 'kubectl label node worker-1 topology.kubernetes.io/zone=a; kubectl label node worker-2 topology.kubernetes.io/zone=b; kubectl annotate svc spink service.kubernetes.io/topology-mode=Auto; sleep 3');
  expect([await destinations('worker-1', CLUSTER), await destinations('worker-2', CLUSTER), await destinations('control-plane', CLUSTER)]).toEqual(['10.244.1', '10.244.2', '10.244.1 10.244.2']);
  // Who is ending serves while nobody is ready.
  await run('mac', `kubectl annotate svc spink service.kubernetes.io/topology-mode-; kubectl patch deploy spink -p '{"spec":{"template":{"spec":{"containers":[{"name":"spink","lifecycle":{"preStop":{"exec":{"command":["sleep","20"]}}}}]}}}}'; sleep 60; kubectl scale deploy spink --replicas=0; sleep 4`);
  expect(await run('mac', "kubectl get endpointslices -l kubernetes.io/service-name=spink -o jsonpath='{.items[0].endpoints[*].conditions}'")).toBe('{"ready":false,"serving":true,"terminating":true} {"ready":false,"serving":true,"terminating":true}');
  expect(await destinations('worker-1', CLUSTER)).toBe('10.244.1 10.244.2');
  expect(await run('worker-1', 'curl -s -m 3 http://10.96.244.84 | head -1')).toBe('Hola desde spink\n');
  expect(world.defects).toEqual([]);
});

test('nodePortAddresses and masqueradeAll', async () => {
  const world = bootScenario(kindPodman(), { seed: 'ipvs' });
  const run = async (host: string, line: string) => (await runCommand(world, host, line)).stdout;
  await run('mac', EDIT.replace("s/mode: iptables/mode: ipvs/", 's/mode: iptables/mode: ipvs/; s/masqueradeAll: false/masqueradeAll: true/; s,nodePortAddresses: .*,nodePortAddresses: [172.18.0.0/16],'));
  expect(await run('worker-1', "ipvsadm -Ln | grep -o '[0-9.]*:30080'")).toBe('172.18.0.3:30080\n');
  expect(await run('worker-1', 'iptables -t nat -S KUBE-SERVICES | grep MARK')).toBe('-A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ\n');
});

test('where the kernel has no IPVS, kube-proxy says so and ends', async () => {
  const world = bootScenario(kindPodman(), { seed: 'ipvs' });
  for (const machine of world.machines.values()) machine.kernel.without = new Set(['ip_vs']);
  await runCommand(world, 'mac', EDIT);
  const log = (await runCommand(world, 'mac', 'kubectl -n kube-system logs -l k8s-app=kube-proxy')).stdout;
  expect(log).toContain(`"Error running ProxyServer" err="can't use the IPVS proxier: Ipvs not supported by the kernel"`);
});
