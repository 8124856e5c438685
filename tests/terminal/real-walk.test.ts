/** The picture of a real request through a NodePort whose Pod is on another node, as the student's curl makes it. */
import { expect, test } from 'vitest';
import { httpFetch, httpListen } from '../../src/linux/net/http.ts';
import { tcpProxy } from '../../src/linux/net/proxy.ts';
import { SECOND } from '../../src/sim/clock.ts';
import { Recorder } from '../../src/terminal/recorder.ts';
import { daemon, flannel, world } from '../linux/net/worlds.ts';
import { spinkRules } from '../linux/net/netfilter/kube-proxy.ts';

function walk() {
  const w = world('b');
  const { mac, nodes, pods } = flannel(w);
  nodes.forEach((node, i) => node.net.netfilter.restore(spinkRules(i), { noflush: true, counters: true }));
  tcpProxy(daemon(mac, undefined, 'rootlessport'), { ip: '127.0.0.1', port: 30080 }, { ip: '172.18.0.2', port: 30080 });
  for (const i of [1, 2])
    httpListen(daemon(nodes[i]!, pods[i]!, 'java'), { ip: '0.0.0.0', port: 8080 }, (_, answer) => answer.send(200, {}, 'UP'));
  const recorder = new Recorder(w);
  httpFetch(daemon(mac, undefined, 'curl'), { url: 'http://127.0.0.1:30080/' }, () => {});
  w.advanceSync(w.clock.now + SECOND);
  return recorder.news()!;
}

test('from curl through the forwarder, the entry node and vxlan to the Pod, and back to curl', () => {
  const { steps } = walk();
  const places = (direction: string) =>
    steps
      .filter((s) => s.direction === direction)
      .map((s) => `${s.machine}${s.namespace && `/${s.namespace}`}`)
      .filter((place, i, all) => place !== all[i - 1]);
  expect(places('out')).toEqual(['mac', 'node-0', 'mac', 'node-2', 'node-2/pod-2']);
  expect(places('back')).toEqual(['node-2/pod-2', 'node-2', 'mac', 'node-0', 'mac']);
  expect(steps[0]!.text).toBe('curl entrega el sobre al kernel.');
  expect(steps.at(-1)!.text).toBe('El sobre llega al socket de curl.');
});

test('one DNAT, by the chain of the document; the masquerade after the route; conntrack undoes both', () => {
  const changes = walk().steps.filter((s) => s.oldFrom ?? s.oldTo);
  expect(changes.map((s) => `${s.direction} ${s.machine} ${s.where}`)).toEqual([
    'out node-0 PREROUTING',
    'out node-0 POSTROUTING',
    'back node-0 PREROUTING',
    'back node-0 POSTROUTING',
  ]);
  expect(changes[0]).toMatchObject({ oldTo: '172.18.0.2:30080', to: '10.244.2.2:8080' });
  expect(changes[0]!.rules.map(({ chain }) => chain)).toContain('KUBE-SVC-66BRF57DTBANX7J2');
  expect(changes[1]!.from).toMatch(/^10\.244\.0\.0:/);
  expect(changes[2]!.text).toContain('conntrack');
});
