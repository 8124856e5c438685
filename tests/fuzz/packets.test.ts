import { describe } from 'vitest';
import { icmpOpen } from '../../src/linux/net/icmp.ts';
import { createVeth, NetNamespace } from '../../src/linux/net/namespace.ts';
import type { Frame, Packet } from '../../src/linux/net/packet.ts';
import { tcpConnect, tcpListen } from '../../src/linux/net/tcp.ts';
import { udpOpen } from '../../src/linux/net/udp.ts';
import { decodeFrame } from '../../src/linux/net/wire-decode.ts';
import { encodeFrame } from '../../src/linux/net/wire.ts';
import { FileError } from '../../src/linux/files.ts';
import { readPcap } from '../../src/programs/tcpdump/pcap.ts';
import { Printer } from '../../src/programs/tcpdump/print.ts';
import { oneMachine } from '../shell/machine.ts';
import { type Draw, fuzz } from './fuzz.ts';

const ip = (a: number, b: number, c: number, d: number) => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
const [PEER, SELF, INSIDE, SERVICE, FAR] = [ip(10, 0, 0, 2), ip(10, 0, 0, 1), ip(10, 1, 0, 2), ip(10, 96, 0, 1), ip(192, 0, 2, 7)];
const [MAC, OTHER, INNER] = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'];

const base: Packet = { flow: 0, src: PEER, dst: SELF, protocol: 'udp', sport: 4000, dport: 53, ttl: 64, tos: 0, id: 1, df: false, length: 32, mark: 0, data: 'abcd' };
const tcp = (flags: number, payload = ''): Packet => ({ ...base, protocol: 'tcp', sport: 4001, dport: 80, length: 52 + payload.length, data: undefined, tcp: { seq: 1000, ack: 1, flags, win: 1000, payload, ts: [1, 2], ...(flags & 2 ? { mss: 1460, wscale: 7, sackOk: true } : {}) } } as Packet);
const echo: Packet = { ...base, protocol: 'icmp', length: 84, icmp: { type: 'echo-request', code: 0, id: 7, seq: 1, data: 56 } };
const dns: Packet = { ...base, length: 60, data: { kind: 'dns', id: 1, response: false, authoritative: false, truncated: false, recursionDesired: true, recursionAvailable: false, rcode: 'NOERROR', question: { name: 'a.example.', type: 'A' }, answer: [], authority: [], additional: [] } };
const SAMPLES: Packet[] = [
  base, echo, dns, tcp(2), tcp(16), tcp(24, 'GET / HTTP/1.1\r\n\r\n'), tcp(4), tcp(17),
  { ...base, dst: SERVICE, dport: 80 }, { ...tcp(2), dst: SERVICE }, { ...echo, dst: INSIDE }, { ...tcp(2), dst: INSIDE, dport: 8080 }, { ...base, dst: FAR }, { ...echo, ttl: 1, dst: INSIDE },
  { ...base, protocol: 'icmp', length: 56, icmp: { type: 'destination-unreachable', code: 3, id: 0, seq: 0, data: 28, inner: { ...base, src: SELF, dst: PEER } } },
  { ...base, protocol: 'ipip', length: 52, carried: { ...base, dst: INSIDE } },
  { ...base, dport: 8472, length: 82, data: { src: INNER, dst: OTHER, vni: 1, packet: { ...base, dst: INSIDE } } },
];

/** Bytes of a frame to the machine: as they should be, then with some lost, changed or added; sometimes nothing but noise. */
function wire(d: Draw): Uint8Array {
  if (d.chance(0.1)) return Uint8Array.from(d.times(120, () => d.int(256)));
  const p = { ...d.pick(SAMPLES) };
  if (d.chance(0.3)) p.src = d.pick([0, PEER, SELF, INSIDE, 0xffffffff, ip(127, 0, 0, 1), ip(224, 0, 0, 1)]);
  if (d.chance(0.2)) p.fragment = { offset: d.pick([0, 8, 1480, 65528]), more: d.chance(0.6), whole: p };
  const frame: Frame = d.chance(0.1) ? { src: OTHER, dst: 'ff:ff:ff:ff:ff:ff', arp: { op: d.pick(['request', 'reply'] as const), senderMac: OTHER, senderIp: p.src, targetMac: MAC, targetIp: p.dst } } : { src: OTHER, dst: MAC, packet: p };
  if (d.chance(0.1)) frame.vlan = d.int(4096);
  const bytes = [...encodeFrame(frame)];
  for (let n = d.pick([0, 0, 1, 2, 5, 20]); n > 0; n--) {
    const at = d.int(bytes.length + 1);
    if (d.chance(0.7)) bytes[at] = d.pick([0, 255, d.int(256)]);
    else bytes.splice(at, d.int(8), ...d.times(8, () => d.int(256)));
  }
  return Uint8Array.from(bytes);
}

/** A router with rules, a bridge, a tunnel of each kind, servers and clients: where anything may happen to a packet. */
function router() {
  const { world, machine } = oneMachine();
  const { net } = machine;
  const [eth0, far] = createVeth(net, 'eth0', new NetNamespace(world, { machine: 'mac', name: 'far' }), 'far', { address: MAC, peerAddress: OTHER });
  net.addAddress('eth0', '10.0.0.1/24', { broadcast: '+' });
  net.addLink({ name: 'br0', kind: 'bridge' });
  net.addAddress('br0', '10.1.0.1/24');
  net.addLink({ name: 'vxlan1', kind: 'vxlan', vxlan: { vni: 1, port: 8472, learning: true } });
  net.addLink({ name: 'd0', kind: 'dummy' });
  for (const name of ['lo', 'eth0', 'br0', 'vxlan1', 'd0']) net.link(name)!.setUp();
  far.setUp();
  net.link('vxlan1')!.setMaster(net.link('br0'));
  net.addLink({ name: 'tun1', kind: 'ipip', tunnel: { local: '10.0.0.1', remote: '10.0.0.2' } });
  net.link('tun1')!.setUp();
  net.set('net.ipv4.ip_forward', '1');
  net.set('net.bridge.bridge-nf-call-iptables', '1');
  net.addRoute({ dst: 'default', via: '10.0.0.2' });
  net.addNeighbour({ ip: '10.0.0.2', dev: 'eth0', lladdr: OTHER });
  net.netfilter.restore(RULES);
  const daemon = machine.daemon({ argv: ['server'], exe: '/usr/bin/server', net });
  tcpListen(daemon, { ip: '0.0.0.0', port: 80 }, (socket) => (socket.onData = (text) => socket.write(text)));
  udpOpen(daemon, { ip: '0.0.0.0', port: 53 }).onMessage = () => {};
  tcpConnect(daemon, { ip: '10.0.0.2', port: 4001 }, { bind: { port: 80 } });
  icmpOpen(daemon).onReply = () => {};
  return { world, eth0 };
}

const RULES = `*nat
-A PREROUTING -d 10.96.0.1 -p tcp -m tcp --dport 80 -m statistic --mode nth --every 2 --packet 0 -j DNAT --to-destination 10.1.0.2:8080
-A PREROUTING -d 10.96.0.1 -j DNAT --to-destination 10.0.0.1
-A POSTROUTING -o br0 -j MASQUERADE --random-fully
COMMIT
*mangle
-A PREROUTING -m mark ! --mark 1 -m connmark --mark 0 -j CONNMARK --set-mark 3
-A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
COMMIT
*raw
-A PREROUTING -p udp -m udp --sport 4000 --dport 54 -j CT --notrack
COMMIT
*filter
-A INPUT -m conntrack --ctstate INVALID -j LOG --log-prefix "invalid "
-A INPUT -p tcp -m multiport --dports 81,90:99 -j REJECT --reject-with tcp-reset
-A INPUT -m addrtype --src-type MULTICAST -j DROP
-A FORWARD -m ttl --ttl-lt 2 -j REJECT
-A FORWARD -m recent --name seen --update --seconds 5 -j ACCEPT
-A FORWARD -m recent --name seen --set
-A FORWARD -m length --length 0:40 -m hashlimit --hashlimit-upto 5/sec --hashlimit-name h --hashlimit-mode srcip -j ACCEPT
-A FORWARD -p icmp -m icmp --icmp-type 8 -m limit --limit 3/sec -j ACCEPT
COMMIT
`;

describe('packets', () => {
  let made = router(), n = 0;
  fuzz('frames that come in', (d) => [...wire(d)], (bytes) => {
    if (++n % 2_000 === 0) made = router();
    const { world, eth0 } = made;
    const frame = decodeFrame(Uint8Array.from(bytes));
    if (!frame) return;
    eth0.receive(frame);
    const until = world.clock.now + 5_000;
    for (let events = 0; world.clock.step(until); events++) if (events > 1_000) throw new Error('goes round and round');
    world.clock.advanceTo(until);
    if (world.defects.length > 0) throw world.defects.splice(0)[0]!.error;
  });
  const printers = [0, 1, 2].map((verbose) => new Printer({ linkLayer: verbose === 1, verbose, quick: false, absoluteSeq: false, time: 0, name: String, port: String, cooked: verbose === 2, resolve: verbose === 0, number: false, snaplen: 65535, dump: { as: (['hex', 'both', 'ascii'] as const)[verbose]!, link: verbose === 1 } }));
  fuzz('frames that tcpdump prints', (d) => [...wire(d)], (bytes) => {
    const frame = decodeFrame(Uint8Array.from(bytes));
    if (frame) for (const printer of printers) printer.line(0, frame, { name: 'eth0', index: 2 }, 'host');
  });
  const HEADER = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0];
  fuzz('capture files', (d) => [...HEADER, d.pick([1, 20]), d.int(2), 0, 0, ...d.times(3, () => {
    const bytes = wire(d);
    return [0, 0, 0, 0, 0, 0, 0, 0, d.chance(0.9) ? bytes.length & 255 : d.int(256), bytes.length >> 8, 0, 0, 0, 0, 0, 0, ...bytes];
  }).flat()].slice(0, d.chance(0.2) ? d.int(100) : undefined), (bytes) => readPcap(Uint8Array.from(bytes), 'f', String), [FileError]);
});
