import { expect, test } from 'vitest';
import { icmpOpen } from '../../../src/linux/net/icmp.ts';
import type { NetNamespace } from '../../../src/linux/net/namespace.ts';
import { daemon, twoMachines, world } from './worlds.ts';

function setup() {
  const w = world();
  const { a, b } = twoMachines(w);
  const ping = async (ip: string, o: { size?: number; pmtudisc?: 'do' } = {}) => {
    const s = icmpOpen(daemon(a));
    let out = 'nothing';
    s.onReply = (r) => (out = `${r.bytes} bytes from ${r.from} ttl=${r.ttl}`);
    s.onError = (e) => (out = `${e.from} ${e.type} ${e.code} ${e.mtu ?? ''}`);
    s.send({ ip, seq: 1, ...o });
    await w.advance(w.clock.now + 4_000_000);
    s.close();
    return out;
  };
  const seen = (net: NetNamespace, dev = 'eth0') => {
    const frames: string[] = [];
    net.capture(dev, ({ frame: f }) => frames.push(`${f.vlan === undefined ? '' : `vlan ${f.vlan} `}${f.arp ? `arp ${f.arp.op}` : `${f.packet!.protocol} ${f.packet!.length}`}`));
    return frames;
  };
  return { w, a, b, ping, seen };
}

test('a VLAN: its frames carry the tag on the wire, other VLANs do not hear them', async () => {
  const { a, b, ping, seen } = setup();
  for (const [m, ip] of [[a, '192.168.10.1'], [b, '192.168.10.2']] as const) {
    const vlan = m.net.addLink({ name: 'eth0.10', kind: 'vlan', lower: 'eth0', vlan: 10 });
    expect(vlan.address).toBe(m.net.link('eth0')!.address);
    m.net.addAddress('eth0.10', `${ip}/24`);
    vlan.setUp();
  }
  const frames = seen(b.net);
  expect(await ping('192.168.10.2')).toBe('64 bytes from 192.168.10.2 ttl=64');
  expect(frames).toEqual(['vlan 10 arp request', 'vlan 10 arp reply', 'vlan 10 icmp 84', 'vlan 10 icmp 84']);
  b.net.delLink('eth0.10');
  expect(await ping('192.168.10.2')).toBe('nothing');
  a.net.link('eth0')!.setDown();
  expect(a.net.link('eth0.10')!.up).toBe(false);
  expect(() => a.net.link('eth0.10')!.setUp()).toThrow('Network is down');
});

test('ipip: the packet in a packet, and how long it may be', async () => {
  const { a, b, ping, seen } = setup();
  for (const [m, local, remote, ip] of [[a, '10.0.0.1', '10.0.0.2', '192.168.20.1'], [b, '10.0.0.2', '10.0.0.1', '192.168.20.2']] as const) {
    const link = m.net.addLink({ name: 'tun1', kind: 'ipip', tunnel: { local, remote } });
    expect([link.mtu, m.net.links().map((l) => l.name)]).toEqual([1480, ['lo', 'eth0', 'tunl0', 'tun1']]);
    m.net.addAddress('tun1', `${ip}/24`);
    link.setUp();
  }
  const frames = seen(b.net);
  expect(await ping('192.168.20.2')).toBe('64 bytes from 192.168.20.2 ttl=64');
  expect(frames.filter((f) => !f.startsWith('arp'))).toEqual(['ipip 104', 'ipip 104']);
  expect(await ping('192.168.20.2', { size: 1452, pmtudisc: 'do' })).toBe('1460 bytes from 192.168.20.2 ttl=64');
  // A shorter MTU below: the tunnel says what fits.
  a.net.link('eth0')!.setMtu(1400);
  expect(await ping('192.168.20.2', { size: 1452, pmtudisc: 'do' })).toBe('192.168.20.1 destination-unreachable 4 1380');
  b.net.delLink('tun1');
  expect(await ping('192.168.20.2')).toBe('nothing');
});

test('a tunnel without a remote end goes to the next hop, as Calico uses tunl0', async () => {
  const { a, b, ping } = setup();
  for (const [m, pod, other, via] of [[a, '10.244.1.1', '10.244.2.0/24', '10.0.0.2'], [b, '10.244.2.1', '10.244.1.0/24', '10.0.0.1']] as const) {
    m.net.loadTunnels('ipip');
    m.net.link('tunl0')!.setUp();
    m.net.addAddress('tunl0', `${pod}/32`);
    m.net.addRoute({ dst: other, via, dev: 'tunl0', onlink: true });
  }
  expect(await ping('10.244.2.1')).toBe('64 bytes from 10.244.2.1 ttl=64');
});

test('a kernel without the modules has none of the kinds', () => {
  const { a } = setup();
  a.kernel.without = new Set(['8021q', 'ipip', 'dummy']);
  expect(() => a.net.addLink({ name: 'x', kind: 'vlan', lower: 'eth0', vlan: 1 })).toThrow('Unknown device type');
  expect(() => a.net.addLink({ name: 'x', kind: 'ipip' })).toThrow('Unknown device type');
  expect(() => a.net.addLink({ name: 'x', kind: 'dummy' })).toThrow('Unknown device type');
});

test('macvlan in bridge mode: the devices hear each other and the wire', async () => {
  const { w, a, b, ping } = setup();
  const { NetNamespace } = await import('../../../src/linux/net/namespace.ts');
  const inside = new NetNamespace(w, { machine: 'b', name: 'inside' });
  const link = b.net.addLink({ name: 'm0', kind: 'macvlan', lower: 'eth0', macvlan: 'bridge' });
  expect(link.address).not.toBe(b.net.link('eth0')!.address);
  b.net.moveLink(link, inside);
  inside.addAddress('m0', '10.0.0.3/24');
  link.setUp();
  expect(await ping('10.0.0.3')).toBe('64 bytes from 10.0.0.3 ttl=64');
  expect(await ping('10.0.0.2')).toBe('64 bytes from 10.0.0.2 ttl=64');
  expect(a.net.neighbours().map((n) => n.mac)).toContain(link.address);
});
