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
