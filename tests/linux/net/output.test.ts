/** What a machine's own packets meet on their way out; each was seen first in real namespaces (`npm run kernel`). */
import { expect, test } from 'vitest';
import { icmpOpen } from '../../../src/linux/net/icmp.ts';
import { receiveFrame } from '../../../src/linux/net/ip-input.ts';
import type { Packet } from '../../../src/linux/net/packet.ts';
import { tcpConnect, tcpListen } from '../../../src/linux/net/tcp.ts';
import { udpOpen } from '../../../src/linux/net/udp.ts';
import { daemon, flannel, pod, twoMachines, world } from './worlds.ts';

const SECONDS = 1_000_000;

test('a SYN that DNAT sends where no route goes is lost, and the socket tries again', async () => {
  const w = world(), { a } = twoMachines(w);
  a.net.netfilter.restore('*nat\n-A OUTPUT -d 10.0.0.2 -j DNAT --to-destination 192.0.2.1\nCOMMIT\n');
  let error: string | undefined;
  const socket = tcpConnect(daemon(a), { ip: '10.0.0.2', port: 80 });
  socket.onError = (errno) => (error = errno);
  await w.advance(w.clock.now + 10 * SECONDS);
  expect([error, socket.state]).toEqual([undefined, 'SYN_SENT']);
});

test('a loopback source leaves the machine only with route_localnet', () => {
  const { a } = twoMachines(world());
  expect(a.net.fib.output(a.net.addresses('eth0')[0]!.ip + 1, { src: 0x7f000001 }).error).toBe('EINVAL');
  a.net.set('net.ipv4.conf.eth0.route_localnet', '1');
  expect(a.net.fib.output(a.net.addresses('eth0')[0]!.ip + 1, { src: 0x7f000001 }).error).toBe(undefined);
});

test('a connected UDP socket hears only what comes to the address that it sends from', async () => {
  const w = world(), { a, b } = twoMachines(w);
  a.net.addAddress('eth0', '10.0.0.9/24');
  const client = udpOpen(daemon(a), { port: 5000 }), server = udpOpen(daemon(b), { port: 53 });
  client.connect({ ip: '10.0.0.2', port: 53 });
  const heard: unknown[] = [];
  client.onMessage = (data) => heard.push(data);
  for (const ip of ['10.0.0.1', '10.0.0.9']) server.send({ ip, port: 5000 }, ip);
  await w.advance(w.clock.now + SECONDS);
  expect([client.local.ip, heard]).toEqual(['10.0.0.1', ['10.0.0.1']]);
  expect(() => client.connect({ ip: '192.0.2.1', port: 53 })).toThrow('Network is unreachable');
});

test("what the other end of a veth is too small for is refused to ping, and lost to UDP", async () => {
  const w = world(), { a, b } = twoMachines(w);
  b.net.link('eth0')!.setMtu(1280);
  const socket = icmpOpen(daemon(a));
  let replies = 0;
  socket.onReply = () => replies++;
  socket.send({ ip: '10.0.0.2', seq: 1, size: 56 });
  await w.advance(w.clock.now + SECONDS);
  expect(() => socket.send({ ip: '10.0.0.2', seq: 2, size: 1400 })).toThrow('No buffer space available');
  udpOpen(daemon(a)).send({ ip: '10.0.0.2', port: 9 }, 'x'.repeat(1300));
  expect([replies, a.net.link('eth0')!.stats.txDropped]).toEqual([1, 2]);
});

test('a tunnel whose far end is reached through itself sends nothing', async () => {
  const w = world(), { nodes: [node] } = flannel(w, 2);
  node!.net.addRoute({ dst: '172.18.0.3/32', dev: 'flannel.1' });
  node!.net.addNeighbour({ ip: '172.18.0.3', dev: 'flannel.1', lladdr: 'aa:00:00:00:00:01' });
  icmpOpen(daemon(node!)).send({ ip: '10.244.1.2', seq: 1 });
  await w.advance(w.clock.now + SECONDS);
  expect(node!.net.link('flannel.1')!.stats.txErrors).toBe(1);
});

test('"port unreachable" of a UDP port is a packet of its own to the raw table', async () => {
  const w = world(), { a, b } = twoMachines(w);
  b.net.netfilter.restore('*raw\n-A OUTPUT -p icmp -j CT --notrack\nCOMMIT\n*nat\n-A INPUT -p udp -j SNAT --to-source 10.0.0.77\nCOMMIT\n');
  const to: number[] = [];
  b.net.capture('eth0', ({ direction, frame }) => direction === 'out' && frame.packet?.icmp && to.push(frame.packet.dst & 255));
  b.net.addNeighbour({ ip: '10.0.0.77', dev: 'eth0', lladdr: '02:00:00:00:00:77' });
  udpOpen(daemon(a)).send({ ip: '10.0.0.2', port: 9 }, 'x');
  await w.advance(w.clock.now + SECONDS);
  expect(to).toEqual([77]);
});

test('pieces of a packet may come in any order, twice, but not over each other', () => {
  const w = world(), { b } = twoMachines(w);
  const heard: unknown[] = [];
  udpOpen(daemon(b), { port: 53 }).onMessage = (data) => heard.push(data);
  const whole: Packet = { flow: 1, src: 0x0a000001, dst: 0x0a000002, protocol: 'udp', sport: 4000, dport: 53, ttl: 64, tos: 0, id: 7, df: false, length: 60, mark: 0, data: 'x'.repeat(32) };
  const piece = (id: number, offset: number, bytes: number) => receiveFrame(b.net, b.net.link('eth0')!, { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02', packet: { ...whole, id, length: 20 + bytes, fragment: { offset, more: offset + bytes < 40, whole } } });
  for (const [offset, bytes] of [[24, 16], [0, 24], [0, 24]] as const) piece(1, offset, bytes);
  expect(heard).toHaveLength(1);
  for (const [offset, bytes] of [[0, 24], [8, 24], [24, 16]] as const) piece(2, offset, bytes);
  expect(heard).toHaveLength(1);
});

test('a datagram that NAT sends over a smaller link goes in pieces, unless its socket forbids it', async () => {
  const w = world(), { a, b } = twoMachines(w);
  a.net.link('eth0')!.setMtu(1280);
  a.net.netfilter.restore('*nat\n-A OUTPUT -p udp -j DNAT --to-destination 10.0.0.2\nCOMMIT\n');
  const heard: number[] = [];
  udpOpen(daemon(b), { ip: '10.0.0.2', port: 53 }).onMessage = (data) => heard.push((data as string).length);
  udpOpen(daemon(a)).send({ ip: '10.0.0.1', port: 53 }, 'x'.repeat(1440));
  expect(() => udpOpen(daemon(a), { dontFragment: true }).send({ ip: '10.0.0.1', port: 53 }, 'x'.repeat(1440))).toThrow('Message too long');
  await w.advance(w.clock.now + SECONDS);
  expect(heard).toEqual([1440]);
});

test('each direction of a connection travels from a port of its own in the tunnel, and another connection from another', async () => {
  const w = world(), { nodes, pods } = flannel(w, 2);
  const ports: string[] = [];
  nodes[0]!.net.capture('eth0', ({ frame: { packet } }) => packet?.dport === 8472 && ports.push(`${packet.src & 255}:${packet.sport}`));
  tcpListen(daemon(nodes[1]!, pods[1]), { ip: '0.0.0.0', port: 80 }, (socket) => socket.close());
  for (let i = 0; i < 2; i++) tcpConnect(daemon(nodes[0]!, pods[0]), { ip: '10.244.1.2', port: 80 });
  await w.advance(w.clock.now + SECONDS);
  expect(new Set(ports.map((p) => p.split(':')[1])).size).toBe(4);
});

test('with connection tracking the pieces of a packet count as one on a bridge, and go on as pieces', async () => {
  const w = world(), { nodes: [node], pods } = flannel(w, 1);
  const other = pod(node!, 'other', '10.244.0.3');
  node!.net.set('net.bridge.bridge-nf-call-iptables', '1');
  node!.net.netfilter.restore('*filter\n-A FORWARD -p udp -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n');
  const heard: number[] = [], pieces: number[] = [];
  udpOpen(daemon(node!, other), { port: 53 }).onMessage = (data) => heard.push((data as string).length);
  other.capture('eth0', ({ frame: { packet } }) => packet && pieces.push(packet.length));
  udpOpen(daemon(node!, pods[0])).send({ ip: '10.244.0.3', port: 53 }, 'x'.repeat(2000));
  await w.advance(w.clock.now + SECONDS);
  expect([heard, pieces, node!.net.netfilter.save('filter', { counters: true }).match(/\[\d+:\d+\] -A/)?.[0]]).toEqual([[2000], [1444, 604], '[1:2028] -A']);
});

test('-j CT --notrack alone needs no connection tracking', () => {
  const { a } = twoMachines(world());
  a.net.netfilter.restore('*raw\n-A OUTPUT -j CT --notrack\nCOMMIT\n');
  expect(a.net.netfilter.tracking).toBe(false);
});

test('routes are told as fib_trie holds them: of one address the longer prefix first', () => {
  const { a } = twoMachines(world());
  for (const dst of ['10.0.0.0/8', '10.0.0.0/16', '10.0.0.0/28']) a.net.addRoute({ dst, dev: 'eth0' });
  expect(a.net.routes().map((r) => r.bits)).toEqual([28, 24, 16, 8]);
});
