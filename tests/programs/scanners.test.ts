import { expect, test } from 'vitest';
import { daemon, flannel, world } from '../linux/net/worlds.ts';
import { httpListen } from '../../src/linux/net/http.ts';
import { main as iperf3 } from '../../src/programs/iperf3/index.ts';
import { main as mtr } from '../../src/programs/mtr/index.ts';
import { main as nmap } from '../../src/programs/nmap/index.ts';
import type { Program } from '../../src/linux/process.ts';
import { Sink } from '../../src/linux/streams.ts';

/** Runs a program on the first machine of flannel's world, whose second node serves port 80 in its pod. */
async function scanner(program: Program, argv: string[], rules = ''): Promise<string> {
  const w = world();
  const { nodes, pods } = flannel(w);
  const target = nodes[1]!;
  httpListen(daemon(target), { ip: '0.0.0.0', port: 80 }, (_req, res) => res.send(200, {}, 'x'));
  if (rules) target.net.netfilter.restore(rules);
  for (const pod of pods) pod.lo.setUp();
  let text = '';
  const out = new Sink((piece) => (text += piece));
  const p = nodes[0]!.daemon({ argv, exe: `/usr/bin/${argv[0]}`, stdout: out, stderr: out });
  nodes[0]!.run(p, program);
  await w.advance(w.clock.now + 30_000_000);
  expect(w.defects).toEqual([]);
  return text.replace(/0\.0+\d+s/g, 'Ns').replace(/in [\d.]+ sec/, 'in N sec').replace(/([0-9A-F]{2}:){5}[0-9A-F]{2}/, 'MAC').replace(/at \d{4}-.* UTC/, 'at TIME');
}

const RULES = '*filter\n-A INPUT -p tcp -m tcp --dport 81 -j DROP\n-A INPUT -p tcp -m tcp --dport 82 -j REJECT\n-A INPUT -p tcp -m tcp --dport 83 -j REJECT --reject-with tcp-reset\nCOMMIT\n';

test('nmap: a SYN scan tells what was answered, what was refused by rule, and what was not', async () => {
  expect(await scanner(nmap, ['nmap', '-n', '-Pn', '-p', '80-84', '172.18.0.3'], RULES)).toBe(
    'Starting Nmap 7.93 ( https://nmap.org ) at TIME\nNmap scan report for 172.18.0.3\nHost is up (Ns latency).\n\nPORT   STATE    SERVICE\n80/tcp open     http\n81/tcp filtered hosts2-ns\n82/tcp filtered xfer\n83/tcp closed   mit-ml-dev\n84/tcp closed   ctf\nMAC Address: MAC (Unknown)\n\nNmap done: 1 IP address (1 host up) scanned in N seconds\n',
  );
});

test('nmap -sT sees what connect(2) sees; --open leaves out the rest and counts it', async () => {
  expect(await scanner(nmap, ['nmap', '-n', '-Pn', '-sT', '-p', '80-84', '172.18.0.3'], RULES)).toContain('\n80/tcp open     http\n81/tcp filtered hosts2-ns\n82/tcp closed   xfer\n83/tcp closed   mit-ml-dev\n84/tcp closed   ctf\n\n');
  expect(await scanner(nmap, ['nmap', '-n', '-Pn', '--open', '-p', '80-84', '172.18.0.3'], RULES)).toContain('Not shown: 2 closed tcp ports (reset), 1 filtered tcp ports (port-unreach), 1 filtered tcp ports (no-response)\nPORT   STATE SERVICE\n80/tcp open  http\n');
  expect(await scanner(nmap, ['nmap', '-n', '172.18.0.9'])).toContain('Note: Host seems down. If it is really up, but blocking our ping probes, try -Pn\nNmap done: 1 IP address (0 hosts up)');
});

test('mtr -r: every hop with its losses', async () => {
  const text = await scanner(mtr, ['mtr', '-n', '-r', '-c', '3', '10.244.1.2']);
  expect(text.replace(/ \d\.\d(?= |$)/gm, ' T')).toMatch(/^Start: .*\nHOST: node-0 {22}Loss% {3}Snt {3}Last {3}Avg {2}Best {2}Wrst StDev\n {2}1\.\|-- 10\.244\.1\.0 {17}0\.0% {5}3( +T){5}\n {2}2\.\|-- 10\.244\.1\.2 {17}0\.0% {5}3( +T){5}\n$/);
});

test('iperf3: what the client sent is what the server got, at the pace its processor fills blocks', async () => {
  const w = world();
  const { nodes } = flannel(w);
  let text = '', served = '';
  const start = (i: number, argv: string[], out: Sink) => nodes[i]!.run(nodes[i]!.daemon({ argv, exe: '/usr/bin/iperf3', stdout: out, stderr: out }), iperf3);
  start(1, ['iperf3', '-s', '-1'], new Sink((piece) => (served += piece)));
  start(0, ['iperf3', '-c', '172.18.0.3', '-t', '1'], new Sink((piece) => (text += piece)));
  await w.advance(w.clock.now + 5_000_000);
  const total = (line: RegExp, of: string) => line.exec(of)?.[1];
  expect(total(/0\.00-1\.00 +sec +(\d+ MBytes).*sender/, text)).toBe('250 MBytes');
  expect(total(/sec +(\d+ MBytes).*receiver/, text)).toBe(total(/sec +(\d+ MBytes).*receiver/, served));
  expect(text).toMatch(/\niperf Done\.\n$/);
  expect(w.defects).toEqual([]);
});
