import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../../src/linux/net/conntrack/entry.ts';
import { icmpOpen } from '../../../../src/linux/net/icmp.ts';
import { tcpConnect, tcpListen } from '../../../../src/linux/net/tcp.ts';
import { udpOpen } from '../../../../src/linux/net/udp.ts';
import { eventLine, flow } from '../../../../src/programs/conntrack/format.ts';
import { MS, SECOND } from '../../../../src/sim/clock.ts';
import { daemon, flannel, twoMachines, world } from '../worlds.ts';

const output = { extended: false, id: false, timestamp: false, xml: false, save: false };

/** Two machines; b tracks connections. */
function pair() {
  const w = world();
  const { a, b } = twoMachines(w);
  b.net.netfilter.restore('*filter\n-A INPUT -m conntrack --ctstate ESTABLISHED\nCOMMIT\n');
  const events: string[] = [];
  b.net.conntrack.onEvent((event, entry) => events.push(eventLine(event, entry, w.clock.now, output, '').trimEnd()));
  const pass = (time: number) => w.advanceSync(w.clock.now + time);
  const list = () => b.net.conntrack.list().map((e: Entry) => flow(e, w.clock.now, output).trimEnd());
  return { w, a, b, events, pass, list };
}

describe('TCP', () => {
  test('goes through the states of the kernel, with its timeouts', () => {
    const { a, b, events, pass, list } = pair();
    tcpListen(daemon(b), { ip: '0.0.0.0', port: 80 }, (s) => (s.onData = () => (s.write('hola'), s.end())));
    const client = tcpConnect(daemon(a), { ip: '10.0.0.2', port: 80 }, { bind: { port: 5000 } });
    client.onOpen = () => client.write('x');
    client.onEnd = () => client.end();
    pass(SECOND);
    const ends = 'src=10.0.0.1 dst=10.0.0.2 sport=5000 dport=80', back = 'src=10.0.0.2 dst=10.0.0.1 sport=80 dport=5000';
    expect(events).toEqual([
      `    [NEW] tcp      6 120 SYN_SENT ${ends} [UNREPLIED] ${back}`,
      ` [UPDATE] tcp      6 60 SYN_RECV ${ends} ${back}`,
      ` [UPDATE] tcp      6 432000 ESTABLISHED ${ends} ${back} [ASSURED]`,
      ` [UPDATE] tcp      6 120 FIN_WAIT ${ends} ${back} [ASSURED]`,
      expect.stringMatching(/\[UPDATE\] tcp {6}6 \d+ (CLOSE_WAIT|LAST_ACK) /),
      ...(events.length > 6 ? [expect.stringMatching(/LAST_ACK/)] : []),
      ` [UPDATE] tcp      6 120 TIME_WAIT ${ends} ${back} [ASSURED]`,
    ]);
    expect(list()).toEqual([`tcp      6 119 TIME_WAIT ${ends} ${back} [ASSURED] mark=0 use=1`]);
    pass(120 * SECOND);
    expect(list()).toEqual([]);
  });

  test('a refused connection is forgotten at once', () => {
    const { a, events, pass, list } = pair();
    tcpConnect(daemon(a), { ip: '10.0.0.2', port: 81 });
    pass(SECOND);
    expect(list()).toEqual([]);
    expect(events.map((e) => e.slice(0, 9).trim())).toEqual(['[NEW]', '[DESTROY]']);
  });
});

test('UDP: unreplied, then 30 s; a stream after two seconds is assured', () => {
  const { a, b, pass, list } = pair();
  const server = udpOpen(daemon(b), { ip: '10.0.0.2', port: 53 });
  server.onMessage = (_data, from) => server.send(from, 'pong');
  const client = udpOpen(daemon(a), { port: 5353 });
  client.send({ ip: '10.0.0.2', port: 9 }, 'x');
  client.send({ ip: '10.0.0.2', port: 53 }, 'ping');
  pass(500 * MS);
  expect(list()).toEqual([
    'udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=5353 dport=9 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=9 dport=5353 mark=0 use=1',
    'udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=5353 dport=53 src=10.0.0.2 dst=10.0.0.1 sport=53 dport=5353 mark=0 use=1',
  ]);
  pass(2 * SECOND);
  client.send({ ip: '10.0.0.2', port: 53 }, 'ping');
  pass(500 * MS);
  expect(list()[1]).toBe('udp      17 119 src=10.0.0.1 dst=10.0.0.2 sport=5353 dport=53 src=10.0.0.2 dst=10.0.0.1 sport=53 dport=5353 [ASSURED] mark=0 use=1');
});

test('ping is told by its id', () => {
  const { a, pass, list } = pair();
  const ping = icmpOpen(daemon(a));
  ping.send({ ip: '10.0.0.2', seq: 1 });
  pass(500 * MS);
  expect(list()).toEqual([`icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=${ping.id} src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=${ping.id} mark=0 use=1`]);
});

describe('NAT', () => {
  test('an ICMP error about a translated packet is RELATED and reads as the client wrote it', () => {
    const w = world();
    const { mac, nodes: [node], pods } = flannel(w);
    node!.net.netfilter.restore('*nat\n-A PREROUTING -p udp --dport 53 -j DNAT --to-destination 10.244.0.2:5353\n-A POSTROUTING -s 172.18.0.0/16 -j MASQUERADE\nCOMMIT\n*filter\n-A FORWARD -m conntrack --ctstate RELATED\nCOMMIT\n');
    const client = udpOpen(daemon(mac));
    client.connect({ ip: '172.18.0.2', port: 53 });
    let error = '';
    client.onError = (errno) => (error = errno);
    client.send({ ip: '172.18.0.2', port: 53 }, 'query');
    w.advanceSync(w.clock.now + SECOND);
    expect(error).toBe('ECONNREFUSED');
    expect(node!.net.netfilter.tables.filter.chain('FORWARD').rules[0]!.packets).toBe(1);
    expect(pods[0]!.conntrack.list()).toEqual([]);
  });

  test('two clients that come out with the same port get different ones', () => {
    const w = world();
    const { mac, nodes: [node], pods } = flannel(w);
    node!.net.netfilter.restore('*nat\n-A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -j MASQUERADE\nCOMMIT\n');
    const from: string[] = [];
    const server = udpOpen(daemon(mac), { ip: '172.18.0.1', port: 53 });
    server.onMessage = (_d, peer) => from.push(`${peer.ip}:${peer.port}`);
    udpOpen(daemon(node!), { port: 4000 }).send({ ip: '172.18.0.1', port: 53 }, 'from the node');
    udpOpen(daemon(node!, pods[0]), { port: 4000 }).send({ ip: '172.18.0.1', port: 53 }, 'from the pod');
    w.advanceSync(w.clock.now + SECOND);
    expect(from[0]).toBe('172.18.0.2:4000');
    expect(from[1]).toMatch(/^172\.18\.0\.2:\d+$/);
    expect(from[1]).not.toBe(from[0]);
  });

  test('a ping is masqueraded too', () => {
    const w = world();
    const { nodes: [node], pods } = flannel(w);
    node!.net.netfilter.restore('*nat\n-A POSTROUTING -s 10.244.0.0/16 ! -d 10.244.0.0/16 -j MASQUERADE --random-fully\nCOMMIT\n');
    const ping = icmpOpen(daemon(node!, pods[0]));
    let reply = '';
    ping.onReply = (r) => (reply = r.from);
    ping.send({ ip: '172.18.0.1', seq: 1 });
    w.advanceSync(w.clock.now + SECOND);
    expect(reply).toBe('172.18.0.1');
    const [entry] = node!.net.conntrack.list();
    expect(flow(entry!, w.clock.now, output)).toMatch(new RegExp(`src=10.244.0.2 dst=172.18.0.1 type=8 code=0 id=${ping.id} src=172.18.0.1 dst=172.18.0.2 type=0 code=0 id=\\d+ mark=0`));
  });
});
