import { expect, test } from 'vitest';
import { formatIpv4 } from '../../../src/linux/net/addresses.ts';
import { NetlinkError } from '../../../src/linux/net/errors.ts';
import { formatRoute } from '../../../src/linux/net/fib.ts';
import { icmpOpen, type EchoOptions } from '../../../src/linux/net/icmp.ts';
import type { NetNamespace} from '../../../src/linux/net/namespace.ts';
import { createVeth } from '../../../src/linux/net/namespace.ts';
import { PROC_NET } from '../../../src/linux/net/proc.ts';
import { SocketError, tcpConnect, tcpListen } from '../../../src/linux/net/tcp.ts';
import { udpOpen } from '../../../src/linux/net/udp.ts';
import { Machine } from '../../../src/linux/machine.ts';
import type { Process } from '../../../src/linux/process.ts';
import type { World } from '../../../src/linux/world.ts';
import { daemon, flannel, pod, twoMachines, world } from './worlds.ts';

const routes = (ns: NetNamespace, table?: string | number) => ns.routes(table).map(formatRoute);
const errorOf = (run: () => void) => {
  try {
    run();
  } catch (e) {
    if (e instanceof NetlinkError) return e.text ? `Error: ${e.text}.` : `RTNETLINK answers: ${e.message}`;
    throw e;
  }
  return 'ok';
};

async function ping(w: World, p: Process, o: EchoOptions, wait = 1_000_000): Promise<string> {
  const s = icmpOpen(p);
  let out = 'nothing';
  s.onReply = (r) => (out = `${r.bytes} bytes from ${r.from} ttl=${r.ttl}`);
  s.onError = (e) => (out = `From ${e.from} ${e.type} ${e.code}${e.mtu ? ` mtu ${e.mtu}` : ''}`);
  try {
    s.send(o);
    await w.advance(w.clock.now + wait);
  } catch (e) {
    if (!(e instanceof SocketError)) throw e;
    out = `${e.message} mtu=${s.mtuTo(o.ip)}`;
  }
  s.close();
  return out;
}

test('routes are added, replaced and deleted with the kernel\'s errors', () => {
  const w = world();
  const linux = new Machine(w, 'linux');
  const { net } = linux;
  createVeth(net, 'eth0', new Machine(w, 'other').net, 'eth0')[1].setUp();
  net.addAddress('eth0', '172.18.0.9/16', { broadcast: '+' });
  net.link('eth0')!.setUp();
  net.addRoute({ dst: 'default', via: '172.18.0.1' });
  expect(routes(net)).toEqual(['default via 172.18.0.1 dev eth0', '172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.9']);
  expect(routes(net, 'local')).toContain('broadcast 172.18.255.255 dev eth0 table local proto kernel scope link src 172.18.0.9');
  net.addRoute({ dst: '10.9.0.0/24', via: '172.18.0.1' });
  expect(errorOf(() => net.addRoute({ dst: '10.9.0.0/24', via: '172.18.0.1' }))).toBe('RTNETLINK answers: File exists');
  net.replaceRoute({ dst: '10.9.0.0/24', via: '172.18.0.2' });
  net.addRoute({ dst: '10.9.1.0/24', dev: 'eth0' });
  expect(errorOf(() => net.addRoute({ dst: '10.9.3.0/24', via: '10.99.0.1' }))).toBe('Error: Nexthop has invalid gateway.');
  net.addRoute({ dst: '10.9.3.0/24', via: '10.99.0.1', dev: 'eth0', onlink: true });
  expect(errorOf(() => net.addRoute({ dst: '10.9.4.1/24', dev: 'eth0' }))).toBe('Error: Invalid prefix for given prefix length.');
  expect(errorOf(() => net.addRoute({ dst: '10.9.5.0/24' }))).toBe('RTNETLINK answers: No such device');
  for (const [i, type] of (['blackhole', 'unreachable', 'prohibit'] as const).entries()) net.addRoute({ dst: `10.9.${6 + i}.0/24`, type });
  expect(routes(net)).toEqual([
    'default via 172.18.0.1 dev eth0', '10.9.0.0/24 via 172.18.0.2 dev eth0', '10.9.1.0/24 dev eth0 scope link', '10.9.3.0/24 via 10.99.0.1 dev eth0 onlink',
    'blackhole 10.9.6.0/24', 'unreachable 10.9.7.0/24', 'prohibit 10.9.8.0/24', '172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.9',
  ]);
  for (const [ip, text] of [['10.9.6.1', 'Invalid argument'], ['10.9.7.1', 'No route to host'], ['10.9.8.1', 'Permission denied']] as const) {
    expect(errorOf(() => net.lookupRoute(ip))).toBe(`RTNETLINK answers: ${text}`);
  }
  net.addRoute({ dst: '10.9.9.0/24', via: '172.18.0.1', metric: 100 });
  net.addRoute({ dst: '10.9.9.0/24', via: '172.18.0.2', metric: 50 });
  expect(formatIpv4(net.lookupRoute('10.9.9.1').via!)).toBe('172.18.0.2');
  net.delRoute({ dst: '10.9.9.0/24' });
  expect(formatIpv4(net.lookupRoute('10.9.9.1').via!)).toBe('172.18.0.1');
  expect(errorOf(() => net.delRoute({ dst: '10.50.0.0/16' }))).toBe('RTNETLINK answers: No such process');
  expect(errorOf(() => net.addRoute({ dst: '10.1.0.0/16', via: '172.18.0.1' }, 'change'))).toBe('RTNETLINK answers: No such file or directory');
  net.delRoute({ dst: 'default' });
  expect(errorOf(() => net.lookupRoute('8.8.8.8'))).toBe('RTNETLINK answers: Network is unreachable');
  expect(errorOf(() => net.routes(100))).toBe('Error: ipv4: FIB table does not exist.');
  net.addRoute({ dst: '10.9.10.0/24', via: '172.18.0.1', table: 100 });
  net.addRule({ from: '10.0.0.0/8', table: 100 });
  expect(net.rules().map((r) => r.priority)).toEqual([0, 32765, 32766, 32767]);
  net.delRule({ from: '10.0.0.0/8' });
  expect(errorOf(() => net.delRule({ from: '10.0.0.0/8' }))).toBe('RTNETLINK answers: No such file or directory');
  net.addAddress('eth0', '10.7.0.1/24');
  expect(errorOf(() => net.addAddress('eth0', '10.7.0.1/24'))).toBe('Error: ipv4: Address already assigned.');
  expect(routes(net)).toContain('10.7.0.0/24 dev eth0 proto kernel scope link src 10.7.0.1');
  net.delAddress('eth0', '10.7.0.1/24');
  expect(routes(net)).not.toContain('10.7.0.0/24 dev eth0 proto kernel scope link src 10.7.0.1');
  expect(errorOf(() => net.delAddress('eth0', '10.7.0.1/24'))).toBe('Error: ipv4: Address not found.');
});

test('ip route get: sources, local addresses, tunnels', () => {
  const { nodes } = flannel(world());
  const { net } = nodes[0]!;
  const get = (dst: string, o = {}) => {
    const r = net.lookupRoute(dst, o);
    return `${r.type === 'unicast' ? '' : `${r.type} `}${dst}${r.via === undefined ? '' : ` via ${formatIpv4(r.via)}`} dev ${r.dev.name} src ${formatIpv4(r.src)}`;
  };
  expect(get('10.244.2.2')).toBe('10.244.2.2 via 10.244.2.0 dev flannel.1 src 10.244.0.0');
  expect(get('10.244.0.2')).toBe('10.244.0.2 dev cni0 src 10.244.0.1');
  expect(get('10.96.244.84')).toBe('10.96.244.84 via 172.18.0.1 dev eth0 src 172.18.0.2');
  expect(get('172.18.0.2')).toBe('local 172.18.0.2 dev lo src 172.18.0.2');
  expect(get('127.0.0.1')).toBe('local 127.0.0.1 dev lo src 127.0.0.1');
  expect(errorOf(() => get('10.244.2.2', { src: '10.244.1.2' }))).toBe('RTNETLINK answers: Network is unreachable');
  expect(get('10.244.2.2', { src: '10.244.1.2', iif: 'cni0' })).toMatch('via 10.244.2.0 dev flannel.1');
});

test('ping: across the tunnel, too long, nobody there, hops', async () => {
  const w = world();
  const { nodes, pods } = flannel(w);
  pod(nodes[1]!, 'other', '10.244.1.3');
  const p = daemon(nodes[1]!, pods[1], 'ping');
  expect(await ping(w, p, { ip: '10.244.2.2', seq: 1 })).toBe('64 bytes from 10.244.2.2 ttl=62');
  expect(await ping(w, p, { ip: '10.244.1.3', seq: 1 })).toBe('64 bytes from 10.244.1.3 ttl=64');
  expect(await ping(w, p, { ip: '10.244.2.0', seq: 1 })).toBe('64 bytes from 10.244.2.0 ttl=63');
  expect(await ping(w, p, { ip: '127.0.0.1', seq: 1 })).toBe('64 bytes from 127.0.0.1 ttl=64');
  expect(await ping(w, p, { ip: '10.244.2.2', seq: 1, size: 1422, pmtudisc: 'do' })).toBe('1430 bytes from 10.244.2.2 ttl=62');
  expect(await ping(w, p, { ip: '10.244.2.2', seq: 1, size: 1423, pmtudisc: 'do' })).toBe('Message too long mtu=1450');
  expect(await ping(w, p, { ip: '10.244.2.2', seq: 1, size: 4000 })).toBe('4008 bytes from 10.244.2.2 ttl=62');
  expect(await ping(w, p, { ip: '10.244.1.250', seq: 1 }, 4_000_000)).toBe('From 10.244.1.2 destination-unreachable 1');
  expect(await ping(w, p, { ip: '10.244.2.250', seq: 1 }, 4_000_000)).toBe('From 10.244.2.0 destination-unreachable 1');
  expect(await ping(w, p, { ip: '10.244.2.2', seq: 1, ttl: 1 })).toBe('From 10.244.1.1 time-exceeded 0');
  expect(await ping(w, p, { ip: '10.244.2.2', seq: 1, ttl: 2 })).toBe('From 10.244.2.0 time-exceeded 0');
  // A tunnel whose MTU was left at 1500 on the way: the node tells the pod, and the next attempt knows.
  pods[1]!.link('eth0')!.setMtu(1500);
  nodes[1]!.net.link('vethpod-1')!.setMtu(1500);
  nodes[1]!.net.link('cni0')!.setMtu(1500);
  expect(await ping(w, p, { ip: '10.244.2.2', seq: 1, size: 1472, pmtudisc: 'do' })).toBe('From 10.244.1.1 destination-unreachable 4 mtu 1450');
  expect(await ping(w, p, { ip: '10.244.2.2', seq: 1, size: 1472, pmtudisc: 'do' })).toBe('Message too long mtu=1450');
  nodes[1]!.net.set('net.ipv4.ip_forward', '0');
  expect(await ping(w, p, { ip: '10.244.2.2', seq: 1 })).toBe('nothing');
});

test('neighbours: ARP packets, states and their times', async () => {
  const w = world();
  const { a, b } = twoMachines(w);
  const p = daemon(a);
  const arp: string[] = [];
  a.net.capture('eth0', (c) => c.frame.arp && arp.push(`${c.direction} ${c.frame.arp.op} ${formatIpv4(c.frame.arp.targetIp)} to ${c.to === 'broadcast' || c.frame.dst === 'ff:ff:ff:ff:ff:ff' ? 'all' : 'one'}`));
  const state = (ns = a.net) => ns.neighbours().map((n) => `${formatIpv4(n.ip)} dev ${n.dev.name} ${n.mac ? `lladdr ${n.mac} ` : ''}${n.state}`);
  await ping(w, p, { ip: '10.0.0.2', seq: 1 });
  expect(arp).toEqual(['out request 10.0.0.2 to all', 'in reply 10.0.0.1 to one']);
  expect(state()).toEqual([`10.0.0.2 dev eth0 lladdr ${b.net.link('eth0')!.address} REACHABLE`]);
  expect(state(b.net)[0]).toMatch(/DELAY$/);
  await w.advance(w.clock.now + 60_000_000);
  expect(state()[0]).toMatch(/STALE$/);
  await ping(w, p, { ip: '10.0.0.2', seq: 2 });
  expect(state()[0]).toMatch(/DELAY$/);
  await w.advance(w.clock.now + 10_000_000);
  expect(arp.slice(2)).toEqual(expect.arrayContaining(['out request 10.0.0.2 to one', 'in reply 10.0.0.1 to one']));
  expect(state()[0]).toMatch(/REACHABLE$/);
  await ping(w, p, { ip: '10.0.0.9', seq: 1 });
  expect(state()[1]).toBe('10.0.0.9 dev eth0 INCOMPLETE');
  await w.advance(w.clock.now + 5_000_000);
  expect(state()[1]).toBe('10.0.0.9 dev eth0 FAILED');
});

test('a bridge learns, floods and forgets', async () => {
  const w = world();
  const { mac, nodes } = flannel(w);
  const p = daemon(nodes[0]!);
  await ping(w, p, { ip: '172.18.0.3', seq: 1 });
  const learned = () => mac.net.fdb().filter((e) => e.bridge && !e.bridge.local).map((e) => `${e.bridge!.mac} dev ${e.dev.name}`);
  expect(learned()).toEqual([`${nodes[0]!.net.link('eth0')!.address} dev veth0`, `${nodes[1]!.net.link('eth0')!.address} dev veth1`]);
  let seen = 0;
  nodes[2]!.net.capture('eth0', (c) => void (c.frame.packet && seen++));
  await ping(w, p, { ip: '172.18.0.3', seq: 2 });
  expect(seen).toBe(0);
  await w.advance(w.clock.now + 310_000_000);
  expect(learned()).toEqual([]);
});

test('TCP: refused, backlog, reset when a process dies, states on both sides', async () => {
  const w = world();
  const { a, b } = twoMachines(w);
  const client = daemon(a), server = daemon(b);
  expect(() => tcpListen(server, { ip: '10.0.0.9', port: 80 }, () => {})).toThrow('Cannot assign requested address');
  const listener = tcpListen(server, { ip: '0.0.0.0', port: 80, backlog: 1 }, () => {});
  expect(() => tcpListen(server, { ip: '127.0.0.1', port: 80 }, () => {})).toThrow('Address already in use');
  listener.paused = true;
  const log: string[] = [];
  const open = (port: number) => {
    const s = tcpConnect(client, { ip: '10.0.0.2', port });
    s.onOpen = () => log.push('open');
    s.onError = (e) => log.push(e);
    s.onEnd = () => log.push('end');
    return s;
  };
  open(81);
  const first = open(80);
  open(80);
  open(80);
  await w.advance(w.clock.now + 500_000);
  expect(log).toEqual(['ECONNREFUSED', 'open', 'open', 'open']);
  expect(b.net.sockets.list().map((s) => `${s.state} ${s.recvQ}`)).toEqual(['LISTEN 2', 'ESTABLISHED 0', 'ESTABLISHED 0', 'SYN_RECV 0']);
  expect(a.net.sockets.list().map((s) => s.state)).toEqual(['ESTABLISHED', 'ESTABLISHED', 'ESTABLISHED']);
  const late = open(80);
  await w.advance(w.clock.now + 100_000);
  expect(late.state).toBe('SYN_SENT');
  listener.resume();
  await w.advance(w.clock.now + 1_500_000);
  expect(log).toEqual(['ECONNREFUSED', 'open', 'open', 'open', 'open']);
  expect(b.net.sockets.connections().map((s) => s.state)).toEqual(Array(4).fill('ESTABLISHED'));
  first.end();
  await w.advance(w.clock.now + 100_000);
  expect([first.state, b.net.sockets.connections()[0]!.state]).toEqual(['FIN_WAIT2', 'CLOSE_WAIT']);
  server.exit(0);
  await w.advance(w.clock.now + 1_000_000);
  expect(log.slice(5)).toEqual(['end', 'end', 'end', 'end']);
  expect(first.state).toBe('TIME_WAIT');
  open(80);
  await w.advance(w.clock.now + 100_000);
  expect(log.at(-1)).toBe('ECONNREFUSED');
});

test('a process that was stopped: its queues fill, the window closes, and all arrives when it continues', async () => {
  const w = world();
  const { a, b } = twoMachines(w);
  const client = daemon(a), server = daemon(b);
  let got = 0;
  tcpListen(server, { ip: '0.0.0.0', port: 80 }, (s) => (s.onData = (text) => void (got += text.length)));
  const first = tcpConnect(client, { ip: '10.0.0.2', port: 80 });
  await w.advance(w.clock.now + 10_000);
  server.signal('STOP');
  first.write('x'.repeat(200_000));
  const second = tcpConnect(client, { ip: '10.0.0.2', port: 80 });
  await w.advance(w.clock.now + 2_000_000);
  expect(second.state).toBe('ESTABLISHED');
  expect(got).toBe(0);
  const [listener, connection] = b.net.sockets.list();
  expect([listener!.recvQ, connection!.recvQ > 60_000, first.pending > 0]).toEqual([1, true, true]);
  expect(a.net.sockets.list()[0]!.timer!.name).toBe('persist');
  server.signal('CONT');
  await w.advance(w.clock.now + 30_000_000);
  expect(got).toBe(200_000);
});

test('UDP: answers, port unreachable, sockets in /proc/net', async () => {
  const w = world();
  const { a, b } = twoMachines(w);
  const server = udpOpen(daemon(b), { port: 53, ip: '0.0.0.0' });
  server.onMessage = (data, from) => server.send(from, `${String(data)}!`);
  const s = udpOpen(daemon(a));
  const log: string[] = [];
  s.onMessage = (data, from) => log.push(`${String(data)} from ${from.ip}:${from.port}`);
  s.onError = (e) => log.push(e);
  s.send({ ip: '10.0.0.2', port: 53 }, 'x'.repeat(3) + 'ñ');
  const refused = udpOpen(daemon(a));
  refused.onError = (e) => log.push(e);
  refused.connect({ ip: '10.0.0.2', port: 54 });
  refused.send({ ip: '10.0.0.2', port: 54 }, 'hola');
  s.send({ ip: '10.0.0.2', port: 54 }, 'hola');
  s.send({ ip: '10.0.0.2', port: 53 }, 'y'.repeat(5000));
  await w.advance(w.clock.now + 1_000_000);
  expect(log.map((l) => l.replace(/y+/, 'y')).sort()).toEqual(['ECONNREFUSED', 'xxxñ! from 10.0.0.2:53', 'y! from 10.0.0.2:53'].sort());
  expect(PROC_NET['udp']!(b.net).split('\n')[1]).toMatch(/^ {4}0: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000 {5}0 {8}0 \d+ 2 [0-9a-f]{16} 0 +$/);
  expect(PROC_NET['route']!(a.net)).toBe(`${'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'.padEnd(127)}\n${'eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0'.padEnd(127)}\n`);
});

test('same seed, same packets', async () => {
  const record = async () => {
    const w = world('same');
    const { nodes, pods } = flannel(w);
    const out: string[] = [];
    for (const n of nodes) n.net.capture('any', (c) => out.push(`${c.at} ${c.dev.name} ${c.direction} ${c.frame.packet ? `${c.frame.packet.sport} ${c.frame.packet.tcp?.seq}` : 'arp'}`));
    tcpListen(daemon(nodes[2]!, pods[2]), { ip: '0.0.0.0', port: 80 }, (s) => (s.onData = (t) => (s.write(t), s.end())));
    const c = tcpConnect(daemon(nodes[0]!, pods[0]), { ip: '10.244.2.2', port: 80 });
    c.onOpen = () => c.write('hola');
    c.onEnd = () => c.end();
    await w.advance(w.clock.now + 2_000_000);
    return out;
  };
  const first = await record();
  expect(first.length).toBeGreaterThan(60);
  expect(await record()).toEqual(first);
});
