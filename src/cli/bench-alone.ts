/** The measurements of npm run bench that want a process of their own: `NAME` prints its rows as JSON. */
import { argv, cpuUsage, resourceUsage, stdout } from 'node:process';
import { bootScenario } from '../scenarios/index.ts';
import { kindPodman } from '../scenarios/kind-podman/index.ts';
import { runCommand } from '../shell/session.ts';
import { SECOND } from '../sim/clock.ts';

export interface Row {
  what: string;
  unit: string;
  /** Every measurement, in the order they were made. */
  figures: number[];
  budget?: number;
  note?: string;
}

const ALONE: Record<string, () => Promise<Row[]>> = {
  'boot-cold': async () => [{ what: 'first boot of a process, nothing compiled yet', unit: 'ms', figures: [await cpu(() => void bootScenario(kindPodman(), { seed: 'bench' }))] }],
  thousand,
};

if (argv[1]?.endsWith('alone.mjs')) stdout.write(JSON.stringify(await ALONE[argv[2]!]!()));

/** 1,000 Pods on 100 nodes: from `kubectl create deployment` until all are Ready. The cluster's own boot is told beside. */
async function thousand(): Promise<Row[]> {
  let world!: ReturnType<typeof bootScenario>;
  const boot = await cpu(() => void (world = bootScenario(kindPodman({ workers: 100 }), { seed: 'bench-1000' })));
  const took = await cpu(async () => {
    expectCode(0, await runCommand(world, 'mac', 'kubectl create deployment web --image=nginx --replicas=1000'));
    for (let i = 0; ; i++) {
      if (i === 120) throw new Error('the Deployment has not become ready in two minutes');
      await world.advance(world.clock.now + SECOND);
      const { stdout: ready } = await runCommand(world, 'mac', "kubectl get deployment web -o jsonpath='{.status.readyReplicas}'");
      if (ready === '1000') return;
    }
  });
  return [
    { what: 'boot of 101 nodes', unit: 'ms', figures: [boot] },
    { what: '1,000 Pods on 100 nodes, created to Ready', unit: 'ms', figures: [took], budget: 3000 },
    { what: '  memory of that process at most (resident)', unit: 'MB', figures: [resourceUsage().maxRSS / 1000], budget: 400 },
  ];
}

/** Milliseconds of CPU. */
export async function cpu(run: () => Promise<void> | void): Promise<number> {
  const before = cpuUsage();
  await run();
  const { user, system } = cpuUsage(before);
  return (user + system) / 1000;
}

export function expectCode(code: number, result: { code: number; stderr: string }): void {
  if (result.code !== code) throw new Error(`code ${result.code}: ${result.stderr}`);
}
