import { expect, test } from 'vitest';
import { Sink } from '../../../src/linux/streams.ts';
import { tcpConnect, tcpListen } from '../../../src/linux/net/tcp.ts';
import { main } from '../../../src/programs/iptables/index.ts';
import { SECOND } from '../../../src/sim/clock.ts';
import { daemon, flannel, world } from '../../linux/net/worlds.ts';
import { spinkRules } from '../../linux/net/netfilter/kube-proxy.ts';

test('xtables-monitor --trace tells every rule that a marked packet meets', async () => {
  const w = world();
  const { mac, nodes, pods } = flannel(w);
  const [node] = nodes;
  node!.net.netfilter.restore(spinkRules(0), { noflush: true });
  node!.net.netfilter.restore('*raw\n-A PREROUTING -p tcp --dport 30080 -j TRACE\nCOMMIT\n');
  node!.net.netfilter.chooser = () => false;
  tcpListen(daemon(nodes[2]!, pods[2]), { ip: '0.0.0.0', port: 8080 }, () => {});
  let shown = '';
  const monitor = node!.daemon({ argv: ['xtables-monitor', '--trace'], exe: '/usr/sbin/xtables-monitor', stdout: new Sink((t) => void (shown += t)) });
  node!.run(monitor, main);
  await w.tasks.idle();
  tcpConnect(daemon(mac), { ip: '172.18.0.2', port: 30080 }, { bind: { port: 55104 } });
  await w.advance(w.clock.now + SECOND);
  monitor.signal('TERM');
  await w.tasks.idle();
  const syn = shown.split('\n').map((l) => l.replace(/ 2 [0-9a-f]{8} /, ' ').replace(/rule:0x[0-9a-f]+/, 'rule').replace(/MAC(SRC|DST)=\S+/g, 'MAC$1').replace(/ ID=\d+/, ''));
  expect(syn.slice(0, syn.findLastIndex((l) => l.includes(' SYN ')) + 5)).toEqual([
    'PACKET: IN=eth0 MACSRC MACDST MACPROTO=0800 SRC=172.18.0.1 DST=172.18.0.2 LEN=60 TOS=0x0 TTL=64 DF SPORT=55104 DPORT=30080 SYN ',
    ' TRACE: raw:PREROUTING:rule:CONTINUE  -4 -t raw -A PREROUTING -p tcp -m tcp --dport 30080 -j TRACE',
    ' TRACE: raw:PREROUTING:policy:ACCEPT ',
    'PACKET: IN=eth0 MACSRC MACDST MACPROTO=0800 SRC=172.18.0.1 DST=172.18.0.2 LEN=60 TOS=0x0 TTL=64 DF SPORT=55104 DPORT=30080 SYN ',
    ' TRACE: nat:PREROUTING:rule:JUMP:KUBE-SERVICES  -4 -t nat -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    ' TRACE: nat:KUBE-SERVICES:rule:JUMP:KUBE-NODEPORTS  -4 -t nat -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    ' TRACE: nat:KUBE-NODEPORTS:rule:JUMP:KUBE-EXT-66BRF57DTBANX7J2  -4 -t nat -A KUBE-NODEPORTS -p tcp -m comment --comment "default/spink" -m tcp --dport 30080 -j KUBE-EXT-66BRF57DTBANX7J2',
    ' TRACE: nat:KUBE-EXT-66BRF57DTBANX7J2:rule:JUMP:KUBE-MARK-MASQ  -4 -t nat -A KUBE-EXT-66BRF57DTBANX7J2 -m comment --comment "masquerade traffic for default/spink external destinations" -j KUBE-MARK-MASQ',
    ' TRACE: nat:KUBE-MARK-MASQ:rule:CONTINUE  -4 -t nat -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000',
    ' TRACE: nat:KUBE-EXT-66BRF57DTBANX7J2:rule:JUMP:KUBE-SVC-66BRF57DTBANX7J2  -4 -t nat -A KUBE-EXT-66BRF57DTBANX7J2 -j KUBE-SVC-66BRF57DTBANX7J2',
    ' TRACE: nat:KUBE-SVC-66BRF57DTBANX7J2:rule:JUMP:KUBE-SEP-2UT73HUWIBHWU3TX  -4 -t nat -A KUBE-SVC-66BRF57DTBANX7J2 -m comment --comment "default/spink -> 10.244.2.2:8080" -j KUBE-SEP-2UT73HUWIBHWU3TX',
    ' TRACE: nat:KUBE-SEP-2UT73HUWIBHWU3TX:rule:ACCEPT  -4 -t nat -A KUBE-SEP-2UT73HUWIBHWU3TX -p tcp -m comment --comment "default/spink" -m tcp -j DNAT --to-destination 10.244.2.2:8080',
    'PACKET: IN=eth0 OUT=flannel.1 MACSRC MACDST MACPROTO=0800 SRC=172.18.0.1 DST=10.244.2.2 LEN=60 TOS=0x0 TTL=63 DF SPORT=55104 DPORT=8080 SYN MARK=0x4000 ',
    ' TRACE: filter:FORWARD:rule:JUMP:KUBE-FORWARD  -4 -t filter -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
    ' TRACE: filter:KUBE-FORWARD:rule:ACCEPT  -4 -t filter -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    'PACKET: IN=eth0 OUT=flannel.1 MACSRC MACDST MACPROTO=0800 SRC=172.18.0.1 DST=10.244.2.2 LEN=60 TOS=0x0 TTL=63 DF SPORT=55104 DPORT=8080 SYN MARK=0x4000 ',
    ' TRACE: nat:POSTROUTING:rule:JUMP:KUBE-POSTROUTING  -4 -t nat -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    ' TRACE: nat:KUBE-POSTROUTING:rule:CONTINUE  -4 -t nat -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0',
    ' TRACE: nat:KUBE-POSTROUTING:rule:ACCEPT  -4 -t nat -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    expect.stringMatching(/./),
  ]);
});
