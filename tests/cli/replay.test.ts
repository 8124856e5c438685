import { expect, it } from 'vitest';
import { GeneratedNames } from '../../src/cli/generated-names.ts';
import { replaySession, type Step } from '../../src/cli/replay-session.ts';
import { typedKeys } from '../../src/cli/typed-keys.ts';
import { bootScenario } from '../../src/scenarios/index.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { runCommand } from '../../src/shell/session.ts';

const HEADER = { session: 'replay-test', scenario: 'kind-podman' };

async function replay(steps: Step[]): Promise<Step[]> {
  const done: Step[] = [];
  for await (const step of replaySession(HEADER, steps, undefined)) done.push(step);
  return done;
}

it('reads the keys of a note, a line at a time', () => {
  expect(typedKeys("on a terminal (tty); keys typed: 'hostname\\rgrep \\'x\\' f\\rexit\\r'")).toEqual(['hostname\r', "grep 'x' f\r", 'exit\r']);
  expect(typedKeys("keys typed: ''")).toEqual([]);
});

it('types them while the command holds the terminal', async () => {
  const [step] = await replay([{ host: 'mac', tty: true, cmd: 'kubectl exec -it cliente-1 -- bash', note: "keys typed: 'hostname\\rexit 3\\r'" }]);
  expect(step!.stdout).toContain('cliente-1');
  expect(step!.code).toBe(3);
});

it('takes a generated name that nobody has for the Pod of the same beginning', async () => {
  const world = bootScenario(kindPodman(), { seed: 'names' });
  await runCommand(world, 'mac', 'kubectl create job pi --image=busybox -- sleep 60');
  await world.settle();
  const { stdout } = await runCommand(world, 'mac', 'kubectl get pods -l job-name=pi -o jsonpath="{.items[0].metadata.name}"');
  expect(new GeneratedNames(world).translate('kubectl describe pod pi-nkzdb')).toBe(`kubectl describe pod ${stdout}`);
});
