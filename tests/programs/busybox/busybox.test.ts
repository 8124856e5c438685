import { expect, it } from 'vitest';
import { bootScenario } from '../../../src/scenarios/index.ts';
import { kindPodman } from '../../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../../src/shell/session.ts';

const world = bootScenario(kindPodman(), { seed: 'busybox' });
const inside = (command: string) => runCommand(world, 'mac', `kubectl run t --rm -i -q --restart=Never --image=busybox --image-pull-policy=IfNotPresent -- ${command}`);

it('nslookup asks every domain of the search list, but none for a name with a dot', async () => {
  const short = await inside('nslookup kubernetes');
  expect(short.stdout).toContain("Name:\tkubernetes.default.svc.cluster.local\nAddress: 10.96.0.1\n\n** server can't find kubernetes.svc.cluster.local: NXDOMAIN\n");
  expect((await inside('nslookup kubernetes.default')).stdout).toContain("** server can't find kubernetes.default: NXDOMAIN");
});

it('wget and ip say things in their own way', async () => {
  const { stdout, stderr } = await inside('sh -c "wget -qO- http://localhost:81; ip route"');
  expect(stdout + stderr).toContain("wget: can't connect to remote host (127.0.0.1): Connection refused");
  expect(stdout).toMatch(/^10\.244\.\d\.0\/24 dev eth0 scope link {2}src 10\.244\.\d\.\d+ $/m);
});
