import { describe, expect, test } from 'vitest';
import type { Machine } from '../../../../src/linux/machine.ts';
import type { NetNamespace } from '../../../../src/linux/net/namespace.ts';
import { tcpConnect, tcpListen, type TcpSocket } from '../../../../src/linux/net/tcp.ts';
import { tracer } from '../../../../src/linux/net/trace.ts';
import { SECOND } from '../../../../src/sim/clock.ts';
import { flow } from '../../../../src/programs/conntrack/format.ts';
import { daemon, flannel, world } from '../worlds.ts';
import { spinkRules } from './kube-proxy.ts';

/** mac, three nodes, spink on pods 1 and 2; every node with kube-proxy's rules. `choices` are those of the statistic match. */
function cluster(choices: boolean[] = []) {
  const w = world();
  const { mac, nodes, pods } = flannel(w);
  nodes.forEach((node, i) => {
    node.net.netfilter.restore(spinkRules(i), { noflush: true, counters: true });
    node.net.netfilter.chooser = () => choices.shift() ?? false;
  });
  for (const i of [1, 2]) {
    tcpListen(daemon(nodes[i]!, pods[i]), { ip: '0.0.0.0', port: 8080 }, (s) => {
      s.onData = () => {
        s.write(`pod-${i} sees ${s.remote.ip}`);
        s.end();
      };
    });
  }
  return { w, mac, nodes: nodes as [Machine, Machine, Machine], pods: pods as [NetNamespace, NetNamespace, NetNamespace] };
}

/** What a connection answers, or its error. */
function ask(machine: Machine, ip: string, port: number, net = machine.net): { text: string; socket: TcpSocket } {
  const socket = tcpConnect(daemon(machine, net), { ip, port });
  const seen = { text: '', socket };
  socket.onOpen = () => socket.write('GET / HTTP/1.1\r\n\r\n');
  socket.onData = (t) => (seen.text += t);
  socket.onEnd = () => socket.end();
  socket.onError = (errno) => (seen.text = errno);
  machine.world.advanceSync(machine.world.clock.now + SECOND);
  return seen;
}

const output = { extended: false, id: false, timestamp: false, xml: false, save: false };
const entries = (machine: Machine, port: number) => machine.net.conntrack.list().filter((e) => e.orig.dport === port).map((e) => flow(e, machine.world.clock.now, output));
const counters = (machine: Machine, chain: string) => machine.net.netfilter.tables.nat.chain(chain).rules.map((r) => `${r.packets}:${r.bytes}`);

describe('a connection to a NodePort', () => {
  test('is sent to a pod of another node and masqueraded as flannel.1', () => {
    const { mac, nodes: [node] } = cluster([false]);
    const { text, socket } = ask(mac, '172.18.0.2', 30080);
    expect(text).toBe('pod-2 sees 10.244.0.0');
    expect(entries(node, 30080)).toHaveLength(1);
    expect(entries(node, 30080)[0]).toMatch(new RegExp(`^tcp      6 119 TIME_WAIT src=172.18.0.1 dst=172.18.0.2 sport=${socket.local.port} dport=30080 src=10.244.2.2 dst=10.244.0.0 sport=8080 dport=(\\d+) \\[ASSURED\\] mark=0 use=1\\n$`));
    // Only the first packet of the connection is seen by the nat table.
    expect(counters(node, 'KUBE-NODEPORTS')).toEqual(['1:60']);
    expect(counters(node, 'KUBE-SVC-66BRF57DTBANX7J2')).toEqual(['0:0', '0:0', '1:60']);
    expect(counters(node, 'KUBE-POSTROUTING').at(-1)).toBe('1:60');
  });

  test('steps are told: rules, mark, NAT both ways', () => {
    const { w, mac, nodes: [node] } = cluster([true]);
    const trace = tracer(w).start((s) => s.machine === node.name && s.netns === '');
    ask(mac, '172.18.0.2', 30080);
    const syn = trace.steps.filter((s) => s.flow === trace.steps.find((t) => t.kind === 'rule')!.flow && !s.packet.outer);
    expect(syn.filter((s) => s.kind === 'rule').map((s) => `${s.hook} ${s.chain} ${s.verdict}`)).toEqual([
      'nat/PREROUTING PREROUTING KUBE-SERVICES', 'nat/PREROUTING KUBE-SERVICES KUBE-NODEPORTS', 'nat/PREROUTING KUBE-NODEPORTS KUBE-EXT-66BRF57DTBANX7J2',
      'nat/PREROUTING KUBE-EXT-66BRF57DTBANX7J2 KUBE-MARK-MASQ', 'nat/PREROUTING KUBE-MARK-MASQ MARK', 'nat/PREROUTING KUBE-EXT-66BRF57DTBANX7J2 KUBE-SVC-66BRF57DTBANX7J2',
      'nat/PREROUTING KUBE-SVC-66BRF57DTBANX7J2 KUBE-SEP-BRTKNB33BZMORILK', 'nat/PREROUTING KUBE-SEP-BRTKNB33BZMORILK DNAT',
      'filter/FORWARD FORWARD KUBE-FORWARD', 'filter/FORWARD KUBE-FORWARD ACCEPT',
      'nat/POSTROUTING POSTROUTING KUBE-POSTROUTING', 'nat/POSTROUTING KUBE-POSTROUTING MARK', 'nat/POSTROUTING KUBE-POSTROUTING MASQUERADE',
    ]);
    expect(syn.filter((s) => s.kind === 'mark').map((s) => s.note)).toEqual(['0x0 → 0x4000', '0x4000 → 0x0']);
    expect(syn.filter((s) => s.kind === 'nat').map((s) => `${s.before!.src}>${s.before!.dst}:${s.before!.dport} ${s.packet.src}>${s.packet.dst}:${s.packet.dport}`)).toEqual([
      '172.18.0.1>172.18.0.2:30080 172.18.0.1>10.244.1.2:8080', '172.18.0.1>10.244.1.2:8080 10.244.0.0>10.244.1.2:8080',
    ]);
  });
});

describe('a connection to a ClusterIP', () => {
  test('from a node goes out of OUTPUT with another destination, masqueraded', () => {
    const { nodes: [node] } = cluster([false]);
    expect(ask(node, '10.96.244.84', 80).text).toBe('pod-2 sees 10.244.0.0');
    expect(counters(node, 'OUTPUT')[0]).toMatch(/^[1-9]/);
  });

  test('from a pod keeps its source; to itself it is masqueraded (hairpin)', () => {
    const { nodes: [, node], pods } = cluster([false, true]);
    expect(ask(node, '10.96.244.84', 80, pods[1]).text).toBe('pod-2 sees 10.244.1.2');
    expect(ask(node, '10.96.244.84', 80, pods[1]).text).toBe('pod-1 sees 10.244.1.1');
  });
});

test('session affinity: -m recent keeps a client at the pod it had', () => {
  const { mac, nodes: [node] } = cluster([true, false, true, false]);
  node.net.netfilter.restore(`*nat
:KUBE-SVC-66BRF57DTBANX7J2 - [0:0]
:KUBE-SEP-BRTKNB33BZMORILK - [0:0]
:KUBE-SEP-2UT73HUWIBHWU3TX - [0:0]
-A KUBE-SEP-2UT73HUWIBHWU3TX -p tcp -m recent --set --name KUBE-SEP-2UT73HUWIBHWU3TX --rsource -m tcp -j DNAT --to-destination 10.244.2.2:8080
-A KUBE-SEP-BRTKNB33BZMORILK -p tcp -m recent --set --name KUBE-SEP-BRTKNB33BZMORILK --rsource -m tcp -j DNAT --to-destination 10.244.1.2:8080
-A KUBE-SVC-66BRF57DTBANX7J2 -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-BRTKNB33BZMORILK --rsource -j KUBE-SEP-BRTKNB33BZMORILK
-A KUBE-SVC-66BRF57DTBANX7J2 -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-2UT73HUWIBHWU3TX --rsource -j KUBE-SEP-2UT73HUWIBHWU3TX
-A KUBE-SVC-66BRF57DTBANX7J2 -m statistic --mode random --probability 0.5 -j KUBE-SEP-BRTKNB33BZMORILK
-A KUBE-SVC-66BRF57DTBANX7J2 -j KUBE-SEP-2UT73HUWIBHWU3TX
COMMIT
`, { noflush: true });
  expect([1, 2, 3].map(() => ask(mac, '172.18.0.2', 30080).text.slice(0, 5))).toEqual(['pod-1', 'pod-1', 'pod-1']);
  expect(node.net.netfilter.recentNames()).toEqual(['KUBE-SEP-2UT73HUWIBHWU3TX', 'KUBE-SEP-BRTKNB33BZMORILK']);
  expect(node.net.netfilter.recentText('KUBE-SEP-BRTKNB33BZMORILK', node.bootedAt)).toMatch(/^src=172\.18\.0\.1 ttl: 64 last_seen: (\d+) oldest_pkt: 3 \d+, \d+, \1\n$/);
});

describe('filter', () => {
  test('REJECT answers at once, DROP lets the client wait', () => {
    const { mac, nodes: [node] } = cluster();
    node.net.netfilter.restore('*filter\n-A INPUT -p tcp --dport 81 -j REJECT\n-A INPUT -p tcp --dport 82 -j REJECT --reject-with tcp-reset\n-A INPUT -p tcp --dport 83 -j DROP\nCOMMIT\n', { noflush: true });
    expect(ask(mac, '172.18.0.2', 81).text).toBe('ECONNREFUSED');
    expect(ask(mac, '172.18.0.2', 82).text).toBe('ECONNREFUSED');
    expect(ask(mac, '172.18.0.2', 83).text).toBe('');
  });
});
