import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { World } from '../../../src/linux/world.ts';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand, startCommand } from '../../../src/shell/session.ts';

describe('capture files', () => {
  let world: World;
  beforeAll(async () => {
    world = bootScenario(kindPodman(), { seed: 'pcap' });
    const capture = startCommand(world, 'control-plane', 'timeout 3 tcpdump -w /root/viaje.pcap -i any');
    await world.advance(world.clock.now + 200_000);
    await runCommand(world, 'mac', 'curl -s http://localhost:30080; ping -c 1 172.18.0.2');
    await runCommand(world, 'control-plane', 'nslookup spink.default.svc.cluster.local 10.96.0.10; curl -s -m 1 http://172.18.0.2:30081');
    await world.until(() => capture.process.status !== undefined, 10_000_000);
  });

  test('what -w wrote, -r prints as the live capture would', async () => {
    const { stdout, stderr } = await runCommand(world, 'control-plane', "tcpdump -nn -r viaje.pcap 'tcp port 30080' | head -3");
    expect(stderr).toBe('reading from file viaje.pcap, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144\nWarning: interface names might be incorrect\n');
    expect(stdout).toMatch(/eth0 {2}In {2}IP 172\.18\.0\.1\.\d+ > 172\.18\.0\.2\.30080: Flags \[S\], seq \d+, win 64240, options \[mss 1460,sackOK,TS val \d+ ecr 0,nop,wscale 10\], length 0/);
  });

  test.each(['-tttt', '-v', '-vvv', '-e', '-evv', '-q', '-qv', '-S', '-#', '-x', '-X', '-XX', '-A', '--count'])('the real tcpdump reads it and says the same with %s', async (option) => {
    const file = join(mkdtempSync(join(tmpdir(), 'pcap-')), 'viaje.pcap');
    writeFileSync(file, world.machine('control-plane').fs.readContent('/root/viaje.pcap'));
    const real = spawnSync('tcpdump', ['-nn', option, '-r', file], { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
    if (real.error) return console.log('skipped: there is no tcpdump here');
    const { stdout } = await runCommand(world, 'control-plane', `tcpdump -nn ${option} -r viaje.pcap`);
    // The real one names interfaces of this machine, by their index.
    const named = (text: string) => text.replace(/\S+ +(In|Out|P|B|M) +(ifindex|IP|ARP)/g, '$1 $2');
    expect(named(stdout)).toBe(named(real.stdout));
  });

  test('the bytes of a segment: as hexadecimal with its text, and as text alone', async () => {
    const { stdout } = await runCommand(world, 'control-plane', "tcpdump -nntX -c 1 -r viaje.pcap 'tcp port 30080 and tcp[13] & 8 != 0'");
    expect(stdout).toMatch(/length \d+\n\t0x0000: {2}4500 [\da-f ]{34} {2}E[^\n]{15}\n(.*\n)*\t0x0030: {2}[\da-f ]{39} {2}\S*GET\./);
    expect((await runCommand(world, 'control-plane', "tcpdump -nntA -c 1 -r viaje.pcap 'tcp port 30080 and tcp[13] & 8 != 0'")).stdout).toMatch(/GET \/ HTTP\/1\.1\nHost: localhost:30080\n/);
  });

  test('what no device has summed up yet looks wrong, what the kernel answers by itself does not', async () => {
    const { stdout } = await runCommand(world, 'control-plane', "tcpdump -nntv -r viaje.pcap 'tcp and host 172.18.0.2'");
    expect(stdout).toMatch(/Flags \[S\], cksum 0x[\da-f]{4} \(incorrect -> 0x[\da-f]{4}\)/);
  });

  test('no capture file, no reading', async () => {
    expect((await runCommand(world, 'mac', 'tcpdump -r nada.pcap')).stderr).toBe('tcpdump: nada.pcap: No such file or directory\n');
    expect((await runCommand(world, 'mac', 'tcpdump -r kind-cluster.yaml')).stderr).toBe('tcpdump: unknown file format\n');
  });
});
