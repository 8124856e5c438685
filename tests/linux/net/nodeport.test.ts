import { expect, test } from 'vitest';
import { formatIpv4 } from '../../../src/linux/net/addresses.ts';
import { httpFetch, httpListen } from '../../../src/linux/net/http.ts';
import { flagsText, type Frame } from '../../../src/linux/net/packet.ts';
import { tcpProxy } from '../../../src/linux/net/proxy.ts';
import { tracer } from '../../../src/linux/net/trace.ts';
import type { Process } from '../../../src/linux/process.ts';
import type { World } from '../../../src/linux/world.ts';
import { daemon, flannel, world, type Cluster } from './worlds.ts';

const RULES = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SVC-X - [0:0]
:KUBE-EXT-X - [0:0]
:KUBE-SEP-1 - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-SERVICES -d 10.96.244.84/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-X
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-EXT-X
-A KUBE-EXT-X -j KUBE-MARK-MASQ
-A KUBE-EXT-X -j KUBE-SVC-X
-A KUBE-SVC-X ! -s 10.244.0.0/16 -d 10.96.244.84/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-X -j KUBE-SEP-1
-A KUBE-SEP-1 -s 10.244.2.2/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-1 -p tcp -m tcp -j DNAT --to-destination 10.244.2.2:8080
COMMIT
*filter
-A FORWARD -d 10.96.0.50/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
-A OUTPUT -d 10.96.0.50/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
COMMIT
`;

function spink(): { w: World; cluster: Cluster; get: (from: Process, url: string) => Promise<string>; curl: Process } {
  const w = world();
  const cluster = flannel(w);
  for (const node of cluster.nodes) {
    node.net.set('net.bridge.bridge-nf-call-iptables', '1');
    node.net.netfilter.restore(RULES);
  }
  httpListen(daemon(cluster.nodes[2]!, cluster.pods[2], 'spink'), { ip: '0.0.0.0', port: 8080 }, (req, res) => res.send(200, {}, `client ${req.remote.ip}`));
  tcpProxy(daemon(cluster.mac, undefined, 'rootlessport'), { ip: '127.0.0.1', port: 30080 }, { ip: '172.18.0.2', port: 30080 });
  const get = async (from: Process, url: string) => {
    let out: string | undefined;
    httpFetch(from, { url }, (error, response) => (out = error ? error.code : response!.body));
    await w.until(() => out !== undefined, 200_000_000);
    await w.settle({ quiet: 100_000 });
    return out!;
  };
  return { w, cluster, get, curl: daemon(cluster.mac, undefined, 'curl') };
}

test('the client address that the pod sees depends on the way', async () => {
  const { cluster: { nodes, pods }, get, curl } = spink();
  expect(await get(curl, 'http://127.0.0.1:30080/')).toBe('client 10.244.0.0');
  expect(await get(curl, 'http://172.18.0.4:30080/')).toBe('client 10.244.2.1');
  expect(await get(daemon(nodes[0]!), 'http://10.96.244.84/')).toBe('client 10.244.0.0');
  expect(await get(daemon(nodes[1]!, pods[1]), 'http://10.96.244.84/')).toBe('client 10.244.1.2');
  // Hairpin: the pod reaches itself through its Service.
  expect(await get(daemon(nodes[2]!, pods[2]), 'http://10.96.244.84/')).toBe('client 10.244.2.1');
  expect(await get(daemon(nodes[1]!, pods[1]), 'http://10.96.0.50/')).toBe('ECONNREFUSED');
  expect(await get(daemon(nodes[1]!), 'http://10.96.0.50/')).toBe('ECONNREFUSED');
});

test('the segments are those of a real capture', async () => {
  const { cluster: { mac, nodes }, get, curl } = spink();
  await get(curl, 'http://127.0.0.1:30080/');
  const lines: Record<string, string[]> = {};
  const tap = (name: string, ns: typeof mac.net, dev: string) => ns.capture(dev, (c) => {
    const outer = c.frame.packet;
    const p = (outer?.data as Frame | undefined)?.packet ?? outer;
    if (!p?.tcp || (dev === 'lo' && c.direction === 'out')) return;
    const { mss, win } = p.tcp;
    (lines[name] ??= []).push(`${outer !== p ? 'OTV ' : ''}${formatIpv4(p.src)} > ${formatIpv4(p.dst)} ${flagsText(p.tcp.flags)}${mss ? ` win ${win} mss ${mss}` : ''}`);
  });
  tap('lo', mac.net, 'lo');
  tap('podman1', mac.net, 'podman1');
  tap('eth0', nodes[0]!.net, 'eth0');
  tap('flannel.1', nodes[0]!.net, 'flannel.1');
  await get(curl, 'http://127.0.0.1:30080/');
  expect(lines['lo']!.map((l) => l.split(' ').slice(3).join(' '))).toEqual(['S win 65495 mss 65495', 'S. win 65483 mss 65495', '.', 'P.', '.', 'P.', '.', 'F.', 'F.', '.']);
  expect(lines['podman1']!.length).toBe(20);
  expect(lines['eth0']!.slice(0, 6)).toEqual([
    '172.18.0.1 > 172.18.0.2 S win 64240 mss 1460', 'OTV 10.244.0.0 > 10.244.2.2 S win 64240 mss 1460', 'OTV 10.244.2.2 > 10.244.0.0 S. win 64308 mss 1410',
    '172.18.0.2 > 172.18.0.1 S. win 64308 mss 1410', '172.18.0.1 > 172.18.0.2 .', 'OTV 10.244.0.0 > 10.244.2.2 .',
  ]);
  expect([lines['eth0']!.length, lines['flannel.1']!.length]).toEqual([20, 10]);
});

test('every step of the first packet can be observed', async () => {
  const { w, get, curl } = spink();
  await get(curl, 'http://127.0.0.1:30080/');
  const trace = tracer(w).start();
  await get(curl, 'http://127.0.0.1:30080/');
  trace.stop();
  const first = trace.steps[0]!.flow;
  expect(trace.steps.filter((s) => s.flow === first).map((s) => s.kind)).toEqual(['socket-send', 'route', 'link-out', 'link-in', 'route', 'socket-receive', 'proxy']);
  const second = trace.steps.find((s) => s.kind === 'socket-send' && s.packet.dst === '172.18.0.2')!.flow;
  const steps = trace.steps.filter((s) => s.flow === second);
  expect([...new Set(steps.map((s) => s.machine + (s.netns ? `/${s.netns}` : '')))]).toEqual(['mac', 'node-0', 'node-2', 'node-2/pod-2']);
  expect(steps.filter((s) => ['nat', 'encap', 'decap', 'forward', 'socket-receive'].includes(s.kind)).map((s) => `${s.kind} ${s.packet.src} > ${s.packet.dst}:${s.packet.dport}`)).toEqual([
    'nat 172.18.0.1 > 10.244.2.2:8080', 'forward 172.18.0.1 > 10.244.2.2:8080', 'nat 10.244.0.0 > 10.244.2.2:8080', 'encap 10.244.0.0 > 10.244.2.2:8080',
    'decap 10.244.0.0 > 10.244.2.2:8080', 'forward 10.244.0.0 > 10.244.2.2:8080', 'socket-receive 10.244.0.0 > 10.244.2.2:8080',
  ]);
  expect(steps.filter((s) => s.kind === 'rule' && s.machine === 'node-0').map((s) => s.chain)).toContain('KUBE-SEP-1');
});
