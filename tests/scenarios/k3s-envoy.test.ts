import { beforeAll, describe, expect, test } from 'vitest';
import type { World } from '../../src/linux/world.ts';
import { bootScenario, loadScenario } from '../../src/scenarios/index.ts';
import { runCommand } from '../../src/shell/session.ts';
import { SECOND } from '../../src/sim/clock.ts';

let world: World;
const on = async (host: string, command: string) => (await runCommand(world, host, command)).output;

describe('k3s-envoy: the house of document 002', () => {
  beforeAll(async () => {
    world = bootScenario(await loadScenario('k3s-envoy'), { seed: 'test' });
  });

  test('the backend has the names and addresses of the document', async () => {
    expect(await on('cliente', 'kubectl get pods -o wide --no-headers')).toMatch(/^backend-869c8646c5-685q6 +1\/1 +Running +0 +\S+ +10\.42\.0\.11 +k3s /);
    expect(await on('cliente', 'kubectl get svc backend --no-headers')).toMatch(/^backend +ClusterIP +10\.43\.230\.157 +<none> +3000\/TCP/);
    expect(await on('k3s', 'curl -s 10.43.230.157:3000/hola | grep -e path -e pod')).toBe(' "path": "/hola",\n "pod": "backend-869c8646c5-685q6"\n');
    expect(await on('cliente', 'kubectl logs backend-869c8646c5-685q6')).toMatch(/Echoing back request made to \/hola to client \(10\.42\.0\.1:\d+\)\n$/);
  });

  test('the client administers it from its own machine', async () => {
    expect(await on('cliente', 'hostname -I')).toBe('192.168.88.250 \n');
    expect(await on('cliente', 'kubectl get nodes -o wide --no-headers')).toMatch(/^k3s +Ready +control-plane,master .* v1\.32\.6\+k3s1 +192\.168\.88\.243 /);
    expect(await on('cliente', 'kubectl config view --minify | grep server')).toBe('    server: https://192.168.88.243:6443\n');
  });

  test('one process is the control plane, the kubelet and kube-proxy', async () => {
    const listening = await on('k3s', 'ss -ltnp | grep k3s-server');
    for (const port of [6443, 10248, 10249, 10250, 10256, 10257, 10259]) expect(listening).toContain(`:${port} `);
    expect(await on('k3s', 'ls /var/lib/rancher/k3s/agent/etc/cni/net.d; crictl pods --name backend -q | wc -l')).toBe('10-flannel.conflist\n1\n');
    expect(await on('k3s', 'k3s kubectl get nodes -o name')).toBe('node/k3s\n');
    expect(await on('k3s', 'k3s bogus')).toBe("No help topic for 'bogus'\n");
  });

  test('what the document types: through Envoy to the backend', async () => {
    expect(await on('cliente', 'kubectl get pods -n envoy-gateway-system -o wide --no-headers')).toMatch(/^envoy-default-eg-e41e7b31-5c4d7f6665-h6g5g +2\/2 +Running +0 +\S+ +10\.42\.0\.14 +k3s /);
    expect(await on('cliente', 'kubectl get svc -n envoy-gateway-system envoy-gateway-nodeport --no-headers')).toMatch(/^envoy-gateway-nodeport +NodePort +10\.43\.90\.71 +<none> +80:30080\/TCP/);
    expect(await on('cliente', 'kubectl get gateway eg --no-headers')).toMatch(/^eg +eg +192\.168\.88\.243 +True/);
    const verbose = await on('cliente', 'curl -sv http://192.168.88.243:30080/ 2>&1');
    for (const line of ['> Host: 192.168.88.243:30080', '< HTTP/1.1 200 OK', '< content-type: application/json', ' "host": "192.168.88.243:30080",', ' "pod": "backend-869c8646c5-685q6"']) expect(verbose).toContain(line);
    expect(verbose).toMatch(/"X-Envoy-Internal": \[\n +"true"\n +\],\n +"X-Forwarded-For": \[\n +"192\.168\.88\.250"\n +\],\n +"X-Forwarded-Proto": \[\n +"http"\n +\],\n +"X-Request-Id": \[\n +"[0-9a-f-]{36}"/);
    expect(await on('cliente', 'kubectl logs -n envoy-gateway-system envoy-default-eg-e41e7b31-5c4d7f6665-h6g5g -c envoy')).toMatch(/"x-forwarded-for":"192\.168\.88\.250".*"upstream_host":"10\.42\.0\.11:3000","upstream_cluster":"httproute\/default\/backend\/rule\/0","upstream_local_address":"10\.42\.0\.14:\d+","downstream_local_address":"10\.42\.0\.14:10080","downstream_remote_address":"192\.168\.88\.250:\d+"/);
    expect(await on('cliente', 'kubectl logs backend-869c8646c5-685q6')).toMatch(/Echoing back request made to \/ to client \(10\.42\.0\.14:\d+\)\n$/);
    expect(await on('k3s', 'iptables -t nat -L KUBE-NODEPORTS -n')).toMatch(/KUBE-EXT-\w+ .*envoy-gateway-system\/envoy-gateway-nodeport:http-80 \*\/ tcp dpt:30080/);
  });

  test('the admin interface, through a forwarded port', async () => {
    await on('cliente', 'kubectl port-forward -n envoy-gateway-system envoy-default-eg-e41e7b31-5c4d7f6665-h6g5g 19000:19000 >/dev/null &');
    await world.advance(world.clock.now + 2 * SECOND);
    expect(await on('cliente', 'curl -s localhost:19000/listeners')).toContain('default/eg/http::0.0.0.0:10080\n');
    expect(await on('cliente', 'curl -s localhost:19000/clusters')).toMatch(/httproute\/default\/backend\/rule\/0::10\.42\.0\.11:3000::rq_total::\d+\n/);
    expect(await on('cliente', 'curl -s localhost:19000/config_dump | jq -r ".configs[2].dynamic_route_configs[0].route_config.virtual_hosts[0].routes[0].name"')).toBe('httproute/default/backend/rule/0/match/0/*\n');
    expect(await on('cliente', 'curl -s localhost:19000/ready; curl -s -o /dev/null -w "%{http_code}" localhost:19000/nada')).toBe('LIVE\n404');
  });

  test('a NodePort Service is reached from the client', async () => {
    await on('cliente', 'kubectl expose deployment backend --name=fuera --type=NodePort --overrides=\'{"spec":{"ports":[{"port":3000,"nodePort":30081}]}}\'');
    await world.advance(world.clock.now + 2 * SECOND);
    expect(await on('cliente', 'curl -s http://192.168.88.243:30081/ | grep host')).toBe(' "host": "192.168.88.243:30081",\n');
  });

  test('Pods live on while k3s is stopped, and are found again', async () => {
    await on('k3s', 'systemctl stop k3s');
    expect(await on('cliente', 'kubectl get nodes')).toContain('was refused');
    expect(await on('cliente', 'curl -s http://192.168.88.243:30081/ | grep host')).toContain('30081');
    await on('k3s', 'systemctl start k3s');
    await world.advance(world.clock.now + 20 * SECOND);
    expect(await on('cliente', 'kubectl get pods --no-headers')).toMatch(/^backend-869c8646c5-685q6 +1\/1 +Running +0 /);
    expect(world.defects).toEqual([]);
  });
});
