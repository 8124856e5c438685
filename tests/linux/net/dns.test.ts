import { expect, test } from 'vitest';
import { askServer, dnsAnswer, dnsLength, dnsListen, dnsQuery, resolve, reverse, searchNames } from '../../../src/linux/net/dns.ts';
import type { Process } from '../../../src/linux/process.ts';
import type { World } from '../../../src/linux/world.ts';
import { daemon, twoMachines, world } from './worlds.ts';

async function run<T>(w: World, program: () => Promise<T>): Promise<T> {
  let result: { value: T } | undefined;
  w.tasks.start(async () => void (result = { value: await program() }), (error) => { throw error; });
  await w.until(() => result !== undefined, 600_000_000);
  return result!.value;
}

function cluster(): { w: World; client: Process; server: Process; asked: string[]; close: () => void } {
  const w = world();
  const { a, b } = twoMachines(w);
  a.fs.mkdir('/etc');
  a.fs.writeFile('/etc/resolv.conf', 'search default.svc.cluster.local svc.cluster.local cluster.local dns.podman\nnameserver 10.0.0.2\noptions ndots:5\n');
  a.fs.writeFile('/etc/hosts', '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n10.0.0.1\ta a.example # this machine\n');
  const client = daemon(a), server = daemon(b, undefined, 'coredns');
  const asked: string[] = [];
  const { close } = dnsListen(server, { ip: '::' }, (q, reply, _from, proto) => {
    const { name, type } = q.question;
    asked.push(`${proto} ${type} ${name}`);
    if (name === 'spink.default.svc.cluster.local.') reply(dnsAnswer(q, { answer: type === 'A' ? [{ name, type: 'A', ttl: 30, data: '10.96.244.84' }] : [] }));
    else if (name === '84.244.96.10.in-addr.arpa.') reply(dnsAnswer(q, { answer: [{ name, type: 'PTR', ttl: 30, data: 'spink.default.svc.cluster.local.' }] }));
    else if (name === 'broken.') reply(dnsAnswer(q, { rcode: 'SERVFAIL' }));
    else reply(dnsAnswer(q, { rcode: 'NXDOMAIN' }));
  });
  return { w, client, server, asked, close };
}

test('search domains and ndots', () => {
  const config = { search: ['default.svc.cluster.local', 'svc.cluster.local'], ndots: 5 };
  expect(searchNames('spink', config)).toEqual(['spink.default.svc.cluster.local.', 'spink.svc.cluster.local.', 'spink.']);
  expect(searchNames('spink', { ...config, ndots: 0 })[0]).toBe('spink.');
  expect(searchNames('example.com.', config)).toEqual(['example.com.']);
});

test('a name is looked up as glibc does: hosts, then A and AAAA for each candidate', async () => {
  const { w, client, asked } = cluster();
  expect(await run(w, () => resolve(client, 'localhost'))).toEqual({ addresses: ['127.0.0.1'], canonical: 'localhost' });
  expect(await run(w, () => resolve(client, 'a.example'))).toEqual({ addresses: ['10.0.0.1'], canonical: 'a' });
  expect(asked).toEqual([]);
  expect(await run(w, () => resolve(client, 'spink'))).toEqual({ addresses: ['10.96.244.84'], canonical: 'spink.default.svc.cluster.local' });
  expect(asked.splice(0)).toEqual(['udp A spink.default.svc.cluster.local.', 'udp AAAA spink.default.svc.cluster.local.']);
  expect(await run(w, () => resolve(client, 'nosuch'))).toBe('ENOTFOUND');
  expect(asked.splice(0).filter((q) => q.startsWith('udp A ')).map((q) => q.slice(6))).toEqual([
    'nosuch.default.svc.cluster.local.', 'nosuch.svc.cluster.local.', 'nosuch.cluster.local.', 'nosuch.dns.podman.', 'nosuch.',
  ]);
  expect(await run(w, () => reverse(client, '10.96.244.84'))).toBe('spink.default.svc.cluster.local');
  expect(await run(w, () => reverse(client, '10.0.0.1'))).toBe('a');
});

test('when nobody answers it takes its time, when nobody listens it does not', async () => {
  const { w, client, server, close } = cluster();
  close();
  let start = w.clock.now;
  expect(await run(w, () => resolve(client, 'spink'))).toBe('EAI_AGAIN');
  expect(w.clock.now - start).toBeLessThan(10_000);
  server.net.netfilter.restore('*filter\n-A INPUT -p udp -m udp --dport 53 -j DROP\nCOMMIT\n');
  start = w.clock.now;
  expect(await run(w, () => resolve(client, 'spink'))).toBe('EAI_AGAIN');
  expect(Math.round((w.clock.now - start) / 1e6)).toBe(10);
});

test('one question to one server, over UDP or TCP; sizes as on a real wire', async () => {
  const { w, client, asked } = cluster();
  const question = dnsQuery(22227, 'spink.default.svc.cluster.local.', 'A');
  expect(dnsLength(question)).toBe(49);
  const answer = await run(w, () => askServer(client, { ip: '10.0.0.2', port: 53 }, question, { tcp: true }));
  expect(answer).toMatchObject({ id: 22227, response: true, rcode: 'NOERROR', answer: [{ data: '10.96.244.84', ttl: 30 }] });
  expect(typeof answer === 'object' && dnsLength(answer)).toBe(65);
  expect(asked).toEqual(['tcp A spink.default.svc.cluster.local.']);
});

test.each([['0', '0.0.0.0'], ['127.1', '127.0.0.1'], ['10.0.513', '10.0.2.1'], ['0x7f.1', '127.0.0.1'], ['010.1.1.1', '8.1.1.1'], ['2130706433', '127.0.0.1']])('%s is an address as inet_aton reads it', async (name, address) => {
  const { w, client } = cluster();
  expect(await run(w, () => resolve(client, name))).toEqual({ addresses: [address], canonical: name });
});
