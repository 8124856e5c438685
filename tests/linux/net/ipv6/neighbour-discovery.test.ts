/** Two machines on a wire and a router between networks, as the real kernel does it (6.18; tcpdump and iproute2 of the same topology). */
import { expect, test } from 'vitest';
import { formatIpv4 } from '../../../../src/linux/net/addresses.ts';
import { icmpOpen } from '../../../../src/linux/net/icmp.ts';
import { ipv6Of } from '../../../../src/linux/net/shared.ts';
import { daemon, twoMachines, world } from '../worlds.ts';

const SECONDS = 1_000_000;

test('a link-local ping asks for the neighbour by its group, and five seconds later the neighbour asks back', async () => {
  const w = world(), { a, b } = twoMachines(w);
  const inet6 = await ipv6Of(a.net), peer = b.net.link('eth0')!.address6!;
  const seen: string[] = [];
  b.net.capture('eth0', ({ frame: { packet: p } }) => p?.icmp && seen.push(`${formatIpv4(p.src)} > ${formatIpv4(p.dst)} ${p.icmp.type} ${p.length - 40}`));
  const socket = icmpOpen(daemon(a)), heard: string[] = [];
  socket.onReply = ({ from, ttl, bytes }) => heard.push(`${bytes} ${from} ${ttl}`);
  socket.send({ ip: `${peer}%eth0`, seq: 1 });
  await w.advance(w.clock.now + SECONDS);
  const own = formatIpv4(inet6.linkLocal(a.net.link('eth0')!)), group = `ff02::1:ff${peer.slice(-7)}`;
  expect(heard).toEqual([`64 ${peer}%eth0 64`]);
  expect(seen).toEqual([`${own} > ${group} neighbour-solicitation 32`, `${peer} > ${own} neighbour-advertisement 32`, `${own} > ${peer} echo-request 64`, `${peer} > ${own} echo-reply 64`]);
  const states = (m: typeof a) => m.net.neighbours(undefined, 6).map((n) => n.state);
  expect([states(a), states(b)]).toEqual([['REACHABLE'], ['DELAY']]);
  await w.advance(w.clock.now + 6 * SECONDS);
  expect(seen.slice(4)).toEqual([`${peer} > ${own} neighbour-solicitation 32`, `${own} > ${peer} neighbour-advertisement 24`]);
  expect([states(a), states(b)]).toEqual([['REACHABLE'], ['REACHABLE']]);
});
