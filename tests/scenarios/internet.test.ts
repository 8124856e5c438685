import { describe, expect, it } from 'vitest';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../src/shell/session.ts';

describe('the Internet of the course: the mirrors of Debian and Ubuntu, and nothing else', async () => {
  const world = bootScenario(kindPodman(), { seed: 'internet' });
  const run = async (machine: string, command: string) => (await runCommand(world, machine, command)).output;

  it('mirrors have names and answer, also to nodes; the rest is silence', async () => {
    expect(await run('worker-1', 'getent hosts deb.debian.org')).toBe('151.101.2.132   deb.debian.org\n');
    expect(await run('worker-1', 'ping -c 1 -W 1 8.8.8.8 | grep loss')).toContain('100% packet loss');
    expect(await run('mac', 'curl -sS https://example.com')).toBe('curl: (6) Could not resolve host: example.com\n');
    expect(await run('mac', 'curl -sS -m 2 http://1.1.1.1')).toMatch(/^curl: \(28\) Connection timed out after 200\d milliseconds\n$/);
  });

  it("nodes go out under the host's address: netavark's masquerade", async () => {
    expect(await run('mac', 'iptables -t nat -S NETAVARK-62F930FC96F2B')).toBe('-N NETAVARK-62F930FC96F2B\n-A NETAVARK-62F930FC96F2B -d 172.18.0.0/16 -j ACCEPT\n-A NETAVARK-62F930FC96F2B ! -d 224.0.0.0/4 -j MASQUERADE\n');
  });

  it('a Pod of the image ubuntu has no curl until it installs it', async () => {
    const output = await run('mac', "kubectl run --rm -i debug --image=ubuntu --restart=Never -- bash -c 'sleep 3; curl http://spink; apt-get update && apt-get install -y curl; curl http://spink'");
    expect(output).toContain('curl: command not found');
    expect(output).toContain('Get:1 http://archive.ubuntu.com/ubuntu jammy InRelease [270 kB]\n');
    expect(output).toContain('Setting up curl (7.81.0-1ubuntu1.20) ...\n');
    expect(output).toContain('Hola desde spink\n');
    expect(world.defects).toEqual([]);
  });
});
