import { expect, test } from 'vitest';
import { icmpOpen } from '../../../../src/linux/net/icmp.ts';
import { httpListen } from '../../../../src/linux/net/http.ts';
import { connect } from '../../../../src/linux/net/tcp.ts';
import { daemon, twoMachines, world } from '../worlds.ts';

function setup() {
  const w = world();
  const { a, b } = twoMachines(w);
  const ping = async (n: number, gap = 0) => {
    const s = icmpOpen(daemon(a));
    const ttls: number[] = [];
    s.onReply = (r) => ttls.push(r.ttl);
    for (let i = 0; i < n; i++) {
      s.send({ ip: '10.0.0.2', seq: i });
      if (gap) await w.advance(w.clock.now + gap);
    }
    await w.advance(w.clock.now + 1_000_000);
    s.close();
    return ttls;
  };
  return { w, a, b, ping };
}

test('hashlimit: so many a second for each source, then as many as the credit allows', async () => {
  const { b, ping } = setup();
  b.net.netfilter.restore('*filter\n-A INPUT -p icmp -m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name p -j ACCEPT\n-A INPUT -p icmp -j DROP\nCOMMIT\n');
  expect((await ping(10)).length).toBe(3);
  // A second has given five again, of which three are kept.
  expect((await ping(10)).length).toBe(3);
  expect((await ping(10, 200_000)).length).toBe(10);
});

test('TTL is set, TPROXY without a transparent socket drops, SET remembers, NETMAP keeps the host', async () => {
  const { w, a, b, ping } = setup();
  b.net.netfilter.restore('*mangle\n-A POSTROUTING -j TTL --ttl-set 7\nCOMMIT\n');
  expect(await ping(1)).toEqual([7]);
  httpListen(daemon(b), { ip: '0.0.0.0', port: 80 }, (_req, res) => res.send(200, {}, 'x'));
  const tries = async (ip: string) => {
    let out = 'open';
    connect(daemon(a), { ip, port: 80 }, { timeout: 2_000_000 }).catch((e: Error) => (out = e.message));
    await w.advance(w.clock.now + 3_000_000);
    return out;
  };
  expect(await tries('10.0.0.2')).toBe('open');
  b.net.netfilter.restore('*mangle\n-A PREROUTING -p tcp -m tcp --dport 80 -j TPROXY --on-port 3129\nCOMMIT\n');
  expect(await tries('10.0.0.2')).toBe('Connection timed out');
  b.net.netfilter.restore('*mangle\nCOMMIT\n*nat\n-A PREROUTING -d 10.7.7.0/24 -j NETMAP --to 10.0.0.0/24\nCOMMIT\n');
  a.net.addRoute({ dst: '10.7.7.0/24', via: '10.0.0.2' });
  expect(await tries('10.7.7.2')).toBe('open');
});

test('time: by the hour and the day of the week in UTC, over midnight too', async () => {
  const { w, b, ping } = setup();
  const now = new Date(w.clock.now / 1000), hour = (by: number) => `${String((now.getUTCHours() + by + 24) % 24).padStart(2, '0')}:00`;
  const day = (by: number) => ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][(now.getUTCDay() + by) % 7]!;
  const passes = async (options: string) => {
    b.net.netfilter.restore(`*filter\n-A INPUT -m time ${options} -j ACCEPT\n-A INPUT -j DROP\nCOMMIT\n`);
    return (await ping(1)).length;
  };
  expect(await passes(`--timestart ${hour(-1)} --timestop ${hour(1)}`)).toBe(1);
  expect(await passes(`--timestart ${hour(1)} --timestop ${hour(-1)}`)).toBe(0);
  expect(await passes(`--weekdays ${day(0)}`)).toBe(1);
  expect(await passes(`--weekdays ${day(1)},${day(2)}`)).toBe(0);
  expect(await passes(`! --weekdays ${day(0)}`)).toBe(0);
  expect(await passes('--datestop 2001-01-01')).toBe(0);
});

test('tcpmss looks at what a SYN announces', async () => {
  const { w, a, b } = setup();
  httpListen(daemon(b), { ip: '0.0.0.0', port: 80 }, (_req, res) => res.send(200, {}, 'x'));
  b.net.netfilter.restore('*filter\n-A INPUT -p tcp -m tcpmss --mss 1400:1460 -j DROP\nCOMMIT\n');
  const opens = async () => {
    let open = false;
    void connect(daemon(a), { ip: '10.0.0.2', port: 80 }).then(() => (open = true), () => undefined);
    await w.advance(w.clock.now + 500_000);
    return open;
  };
  expect(await opens()).toBe(false);
  a.net.link('eth0')!.setMtu(1300);
  expect(await opens()).toBe(true);
});
