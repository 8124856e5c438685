import { execFileSync } from 'node:child_process';
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
    expect(stderr).toBe('reading from file viaje.pcap, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144\n');
    expect(stdout).toMatch(/eth0 {2}In {2}IP 172\.18\.0\.1\.\d+ > 172\.18\.0\.2\.30080: Flags \[S\], seq \d+, win 64240, options \[mss 1460,sackOK,TS val \d+ ecr 0,nop,wscale 10\], length 0/);
  });

  test('the real tcpdump reads it and says the same', async (context) => {
    const dir = mkdtempSync(join(tmpdir(), 'pcap-'));
    const file = join(dir, 'viaje.pcap');
    writeFileSync(file, world.machine('control-plane').fs.readContent('/root/viaje.pcap'));
    let real: string;
    try {
      real = execFileSync('tcpdump', ['-nn', '-tttt', '-r', file, 'tcp or icmp or udp port 8472'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, TZ: 'UTC' } });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      context.skip('skipped: there is no tcpdump here');
      return;
    }
    const { stdout } = await runCommand(world, 'control-plane', "tcpdump -nn -tttt -r viaje.pcap 'tcp or icmp or udp port 8472'");
    // The real one names interfaces of this machine, by their index.
    const named = (text: string) => text.replace(/^(\S+ \S+) \S+ +(In|Out|P|B|M) +/gm, '$1 $2 ');
    expect(named(stdout)).toBe(named(real));
  });

  test('no capture file, no reading', async () => {
    expect((await runCommand(world, 'mac', 'tcpdump -r nada.pcap')).stderr).toBe('tcpdump: nada.pcap: No such file or directory\n');
    expect((await runCommand(world, 'mac', 'tcpdump -r kind-cluster.yaml')).stderr).toBe('tcpdump: unknown file format\n');
  });
});
