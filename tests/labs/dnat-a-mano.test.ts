import { expect, test } from 'vitest';
import { attempt } from './attempts.ts';

const LAB = 'dnat-a-mano';
const done = async (types: string, answers: Record<string, string> = {}) => (await attempt(LAB, { types, answers })).done;
const node = (command: string, name = 'worker-1') => `podman exec ${name} iptables -t nat ${command}`;

test('a rule in the wrong chain, table, node or port sends nothing', async () => {
  const rule = '-d 198.51.100.7 -p tcp --dport 80 -j DNAT --to-destination 10.244.1.2';
  expect(await done(`${node(`-A POSTROUTING ${rule}:8080`)}\n${node(`-A OUTPUT ${rule}:8080`, 'worker-2')}\n${node(`-A OUTPUT ${rule}:80`)}\nsleep 12`)).toEqual([]);
});

test('an address on an interface, with a server behind it, is no DNAT to spink', async () => {
  expect(await done('podman exec worker-1 ip addr add 198.51.100.7/32 dev lo\npodman exec worker-1 curl -m 2 http://198.51.100.7/actuator/health\nsleep 12')).toEqual([]);
});

test('the node’s own rule is none for Pods', async () => {
  expect(await done(`${node('-A OUTPUT -d 198.51.100.7 -p tcp --dport 80 -j DNAT --to-destination 10.244.1.2:8080')}\nsleep 12`)).toEqual(['una-direccion']);
});

test('a draw behind a rule that takes all, or to one Pod twice, is no share', async () => {
  const all = '-d 198.51.100.7 -p tcp --dport 80 -j DNAT --to-destination 10.244.1.2:8080';
  const draw = '-d 198.51.100.7 -p tcp --dport 80 -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.244.1.2:8080';
  expect(await done(`${node(`-A OUTPUT ${all}`)}\n${node(`-I OUTPUT ${draw}`)}\npodman exec worker-1 curl -s http://198.51.100.7/\nsleep 12`, { 'el-sorteo': 'worker-1' })).toEqual(['una-direccion']);
});

test('a NodePort of a Service, and a rule on another node, do not count', async () => {
  expect(await done(`kubectl patch svc spink -p '{"spec":{"ports":[{"port":80,"targetPort":8080,"nodePort":31999}]}}'\nsleep 12`)).toEqual([]);
  expect(await done(`${node('-A PREROUTING -d 172.18.0.4 -p tcp --dport 31999 -j DNAT --to-destination 10.244.1.2:8080', 'worker-1')}\ncurl -m 2 http://172.18.0.4:31999/\nsleep 12`, { 'un-nodeport': 'FLANNEL-POSTRTG' })).toEqual([]);
});

test('nothing to clear away is nothing cleared away', async () => {
  expect(await done('sleep 5')).toEqual([]);
});

test('another way: a chain of one’s own, for both hooks', async () => {
  const types = [
    node('-N MIO'), node('-A MIO -m statistic --mode nth --every 2 -p tcp -j DNAT --to-destination 10.244.2.2:8080'), node('-A MIO -p tcp -j DNAT --to-destination 10.244.1.2:8080'),
    node('-I OUTPUT -d 198.51.100.7 -p tcp --dport 80 -j MIO'), node('-I PREROUTING -d 198.51.100.7 -p tcp --dport 80 -j MIO'), 'sleep 12',
  ].join('\n');
  expect(await done(types)).toEqual(['una-direccion', 'desde-un-pod']);
});
