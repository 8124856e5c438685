import { expect, test } from 'vitest';
import type { TraceStep } from '../../src/linux/net/trace.ts';
import { lastWalk } from '../../src/terminal/walk.ts';

/** A curl from a node to a NodePort whose Pod lives on another node: DNAT, masquerade, vxlan, and back. */
const syn = { proto: 'tcp' as const, flags: 'S', ttl: 64, length: 60 };
const walk = (flow: number, packet: TraceStep['packet'], ...steps: Partial<TraceStep>[]): TraceStep[] =>
  steps.map((step, i) => ({ t: flow * 100 + i, flow, machine: 'control-plane', netns: '', kind: 'hook', packet, ...step }));

const before = { ...syn, src: '172.18.0.1', sport: 40000, dst: '172.18.0.2', dport: 30080 };
const translated = { ...before, dst: '10.244.1.2', dport: 8080 };
const masqueraded = { ...translated, src: '10.244.0.0', sport: 40000 };
const request = walk(
  1,
  before,
  { machine: 'mac', kind: 'socket-send' },
  { machine: 'mac', kind: 'link-out', dev: 'podman1' },
  { kind: 'link-in', dev: 'eth0' },
  { hook: 'nat/PREROUTING', kind: 'rule', chain: 'KUBE-SERVICES', rule: '-A KUBE-SERVICES -j KUBE-NODEPORTS' },
  { hook: 'nat/PREROUTING', kind: 'nat', before, packet: translated },
  { kind: 'route', route: '10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink', packet: translated },
  { hook: 'nat/POSTROUTING', kind: 'nat', packet: masqueraded },
  { kind: 'encap', dev: 'flannel.1', packet: { ...masqueraded, outer: { ...syn, proto: 'udp', src: '172.18.0.2', dst: '172.18.0.3' } } },
  { machine: 'worker-1', netns: 'spink-x', kind: 'socket-receive', packet: masqueraded },
);
const answer = walk(
  2,
  { ...syn, flags: 'S.', src: '10.244.1.2', sport: 8080, dst: '10.244.0.0', dport: 40000 },
  { machine: 'worker-1', netns: 'spink-x', kind: 'socket-send' },
  {
    machine: 'mac',
    kind: 'socket-receive',
    packet: { ...syn, flags: 'S.', src: '172.18.0.2', sport: 30080, dst: '172.18.0.1', dport: 40000 },
  },
);

test('a walk tells the request and its answer, desk by desk', () => {
  const told = lastWalk([...request, ...answer])!;
  expect(told.title).toBe('TCP de 172.18.0.1:40000 a 172.18.0.2:30080');
  expect(told.steps.map((s) => `${s.direction} ${s.machine} ${s.where}`)).toEqual([
    'out mac socket',
    'out mac podman1',
    'out control-plane eth0',
    'out control-plane PREROUTING',
    'out control-plane tabla de rutas',
    'out control-plane POSTROUTING',
    'out control-plane flannel.1',
    'out worker-1 socket',
    'back worker-1 socket',
    'back mac socket',
  ]);
});

test('the desk that changes an address keeps the old one, the rule and who did it', () => {
  const desk = lastWalk([...request, ...answer])!.steps[3]!;
  expect(desk).toMatchObject({
    oldTo: '172.18.0.2:30080',
    to: '10.244.1.2:8080',
    rules: [{ chain: 'KUBE-SERVICES', rule: '-A KUBE-SERVICES -j KUBE-NODEPORTS' }],
  });
  expect(desk.oldFrom).toBeUndefined();
  expect(desk.text).toBe('El portero cambia el destino (DNAT).');
});

test('inside vxlan the outer envelope is told', () => {
  expect(lastWalk(request)!.steps[6]!.outer).toBe('172.18.0.2 → 172.18.0.3');
});

test('without a request there is no walk', () => {
  expect(lastWalk(answer)).toBeUndefined();
});

test('the answer to a datagram is a way back, not a connection of whoever took it', () => {
  const packet = { proto: 'udp' as const, ttl: 64, length: 60, src: '10.244.1.2', sport: 40000, dst: '10.96.0.10', dport: 53 };
  const there = { ...packet, dst: '10.244.0.3' };
  const reply = { ...there, src: there.dst, sport: there.dport, dst: there.src, dport: there.sport };
  const told = lastWalk([
    ...walk(
      1,
      packet,
      { machine: 'worker-1', kind: 'socket-send', note: 'dig' },
      { machine: 'worker-1', hook: 'nat/PREROUTING', kind: 'nat', rule: '-A KUBE-SEP -j DNAT', before: packet, packet: there },
      { netns: 'dns', kind: 'socket-receive', note: 'coredns', packet: there },
    ),
    ...walk(2, reply, { netns: 'dns', kind: 'socket-send', note: 'coredns' }, { machine: 'worker-1', kind: 'socket-receive', note: 'dig' }),
  ])!;
  expect(told.steps.map((s) => `${s.direction} ${s.text}`)).toEqual([
    'out dig entrega el sobre al kernel.',
    'out El portero cambia el destino (DNAT).',
    'out El sobre llega al socket de coredns.',
    'back coredns entrega el sobre al kernel.',
    'back El sobre llega al socket de dig.',
  ]);
});
