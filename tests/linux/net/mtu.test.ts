import { expect, test } from 'vitest';
import { httpFetch, httpListen } from '../../../src/linux/net/http.ts';
import { udpOpen } from '../../../src/linux/net/udp.ts';
import { daemon, flannel, world } from './worlds.ts';

test('a datagram in pieces passes a bridge, DNAT and the tunnel', async () => {
  const w = world();
  const { nodes, pods } = flannel(w);
  for (const node of nodes) {
    node.net.set('net.bridge.bridge-nf-call-iptables', '1');
    node.net.netfilter.restore('*nat\n-A PREROUTING -d 10.96.0.77/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.244.2.2:5353\nCOMMIT\n');
  }
  const server = udpOpen(daemon(nodes[2]!, pods[2]), { ip: '0.0.0.0', port: 5353 });
  server.onMessage = (data, from) => server.send(from, `${String(data).length} bytes from ${from.ip} ${'.'.repeat(3000)}`);
  const client = udpOpen(daemon(nodes[1]!, pods[1]));
  const got: string[] = [];
  client.onMessage = (data, from) => got.push(`${String(data).replace(/ \.+/, '')} by ${from.ip}:${from.port}`);
  client.send({ ip: '10.96.0.77', port: 53 }, 'x'.repeat(4000));
  await w.advance(w.clock.now + 2_000_000);
  expect(got).toEqual(['4000 bytes from 10.244.1.2 by 10.96.0.77:53']);
});

/** Pods whose MTU was left at 1500 although the tunnel takes 1450. */
function wrongMtu() {
  const w = world();
  const { nodes, pods } = flannel(w);
  pods.forEach((pod, i) => {
    pod.link('eth0')!.setMtu(1500);
    nodes[i]!.net.link(`vethpod-${i}`)!.setMtu(1500);
    nodes[i]!.net.link('cni0')!.setMtu(1500);
  });
  httpListen(daemon(nodes[2]!, pods[2]), { ip: '0.0.0.0', port: 80 }, (req, res) => res.send(200, {}, req.path === '/small' ? 'ok' : 'x'.repeat(100_000)));
  const get = async (path: string) => {
    let out = 'nothing';
    httpFetch(daemon(nodes[1]!, pods[1]), { url: `http://10.244.2.2${path}`, timeout: 10_000_000 }, (error, response) => (out = error ? `${error.code} ${error.phase}` : `${response!.body.length} bytes`));
    await w.advance(w.clock.now + 11_000_000);
    return out;
  };
  return { nodes, pods, get };
}

test('TCP learns the MTU of the path from the router that could not forward', async () => {
  const { pods, get } = wrongMtu();
  const told: string[] = [];
  pods[2]!.capture('eth0', (c) => c.frame.packet?.icmp && told.push(`${c.frame.packet.icmp.type} ${c.frame.packet.icmp.code} mtu ${c.frame.packet.icmp.mtu}`));
  expect(await get('/')).toBe('100000 bytes');
  expect([...new Set(told)]).toEqual(['destination-unreachable 4 mtu 1450']);
});

test('where ICMP is filtered, small answers arrive and large ones never do', async () => {
  const { nodes, get } = wrongMtu();
  nodes[2]!.net.netfilter.restore('*filter\n-A OUTPUT -p icmp -m icmp --icmp-type 3 -j DROP\nCOMMIT\n');
  expect(await get('/small')).toBe('2 bytes');
  expect(await get('/')).toBe('TIMEOUT response');
});

test('strict rp_filter drops what comes in where the answer would not go out', async () => {
  const w = world();
  const { nodes, pods } = flannel(w);
  const server = daemon(nodes[2]!, pods[2]);
  httpListen(server, { ip: '0.0.0.0', port: 80 }, (req, res) => res.send(200, {}, req.remote.ip));
  const get = async () => {
    let out = 'nothing';
    httpFetch(daemon(nodes[1]!, pods[1]), { url: 'http://10.244.2.2/', timeout: 2_000_000 }, (error, response) => (out = error ? `${error.code} ${error.phase}` : response!.body));
    await w.advance(w.clock.now + 3_000_000);
    return out;
  };
  expect(await get()).toBe('10.244.1.2');
  // Without the route back through the tunnel, the packet of the pod comes in at the wrong link.
  nodes[2]!.net.delRoute({ dst: '10.244.1.0/24' });
  nodes[2]!.net.set('net.ipv4.conf.all.rp_filter', '1');
  expect(await get()).toBe('TIMEOUT connect');
});
