import { expect, test } from 'vitest';
import { Machine } from '../../../../src/linux/machine.ts';
import type { HookState } from '../../../../src/linux/net/hooks.ts';
import type { Packet } from '../../../../src/linux/net/packet.ts';
import { RestoreError } from '../../../../src/linux/net/netfilter/restore.ts';
import { Rng } from '../../../../src/sim/rng.ts';
import { world } from '../worlds.ts';
import { spinkRules } from './kube-proxy.ts';

/** kube-proxy's rules of that many Services with three endpoints each: eleven rules a Service. */
function services(count: number): string {
  const chains = [':KUBE-SERVICES - [0:0]', ':KUBE-NODEPORTS - [0:0]', ':KUBE-POSTROUTING - [0:0]', ':KUBE-MARK-MASQ - [0:0]'];
  const rules = ['-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES', '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING', '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN', '-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0', '-A KUBE-POSTROUTING -j MASQUERADE --random-fully', '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000'];
  for (let i = 0; i < count; i++) {
    const ip = `10.96.${i >> 8}.${i & 255}`, svc = `KUBE-SVC-${String(i).padStart(16, 'A')}`, comment = `-m comment --comment "default/svc-${i} cluster IP"`;
    chains.push(`:${svc} - [0:0]`);
    rules.push(`-A KUBE-SERVICES -d ${ip}/32 -p tcp ${comment} -m tcp --dport 80 -j ${svc}`, `-A ${svc} ! -s 10.244.0.0/16 -d ${ip}/32 -p tcp ${comment} -m tcp --dport 80 -j KUBE-MARK-MASQ`);
    for (let e = 0; e < 3; e++) {
      const sep = `KUBE-SEP-${String(i * 3 + e).padStart(16, 'B')}`;
      chains.push(`:${sep} - [0:0]`);
      rules.push(`-A ${svc} -m comment --comment "default/svc-${i} -> 10.244.1.${e}:8080" ${e < 2 ? `-m statistic --mode random --probability ${(1 / (3 - e)).toFixed(11)} ` : ''}-j ${sep}`, `-A ${sep} -s 10.244.1.${e}/32 -j KUBE-MARK-MASQ`, `-A ${sep} -p tcp -m tcp -j DNAT --to-destination 10.244.1.${e}:8080`);
    }
  }
  rules.push('-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS');
  return ['*nat', ...chains, ...rules, 'COMMIT', ''].join('\n');
}

test('5,000 Services (55,000 rules): what is loaded is printed, and the counters are exact', () => {
  const w = world();
  const machine = new Machine(w, 'node');
  machine.net.addLink({ name: 'eth0', kind: 'dummy' });
  machine.net.addAddress('eth0', '10.0.0.1/24');
  machine.net.link('eth0')!.setUp();
  const { netfilter } = machine.net;
  const text = services(5000);
  netfilter.restore(text, { noflush: true, counters: true });
  // A probability is kept as 31 bits, and printed so.
  const saved = new Set(netfilter.save('nat').replaceAll('0.33333333349', '0.33333333333').split('\n'));
  expect(text.split('\n').filter((line) => line.startsWith('-A ') && !saved.has(line))).toEqual([]);
  const state = { ns: machine.net, out: machine.net.link('eth0') } as HookState;
  const pass = (i: number) => {
    const packet: Packet = { flow: i, src: 0x0a000001, dst: 0x0a600000 + (i % 5000), protocol: 'tcp', sport: 1024 + i, dport: 80, ttl: 64, tos: 0, id: 0, df: true, length: 60, mark: 0, tcp: { seq: i, ack: 0, flags: 2, win: 1, payload: '' } };
    netfilter.run('OUTPUT', packet, state);
    netfilter.run('POSTROUTING', packet, state);
    return packet;
  };
  expect(pass(0).dport).toBe(8080);
  for (let i = 1; i < 10_000; i++) pass(i);
  const rules = netfilter.tables.nat.chain('KUBE-SERVICES').rules;
  expect(rules.slice(0, 5000).every((r) => r.packets === 2 && r.bytes === 120)).toBe(true);
  expect(rules[5000]!.packets).toBe(0);
});

test('whatever iptables-restore is given, it takes it or says which line is wrong, and an error changes nothing', () => {
  const w = world();
  const rng = new Rng('fuzz');
  const whole = spinkRules(1);
  const lines = whole.slice(0, whole.indexOf('COMMIT') + 7).split('\n');
  const words = [...new Set(lines.filter((l) => /^[-:]/.test(l)).join(' ').split(' '))].concat(['!', '-X', '-F', '-E', '-P', '-N', '-D', '-I', '-R', '0', '99999', '""', '"', '-s', '::', '300.1.1.1', '-m', 'limit', '--limit', '-j', 'ñ', '\t', '[1:2]', '-g', '--', '-w', '-h', '-V', '-L', '-6', '-t']);
  const machine = new Machine(w, 'node');
  const { netfilter } = machine.net;
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const text = lines.map((line) => (rng.int(40) > 0 || line === 'COMMIT' || line === '' ? line : line.split(' ').flatMap((word) => (rng.int(4) > 0 ? [word] : rng.int(3) === 0 ? [] : [rng.pick(words), ...(rng.int(2) ? [word] : [])])).join(' '))).join('\n');
    const before = netfilter.save('nat');
    try {
      netfilter.restore(text, { noflush: rng.int(2) === 0 });
    } catch (error) {
      if (!(error instanceof RestoreError)) throw new Error(`${String(error)} from\n${text}`, { cause: error });
      refused++;
      expect(netfilter.save('nat'), error.message).toBe(before);
    }
  }
  expect(refused).toBeGreaterThan(500);
});
