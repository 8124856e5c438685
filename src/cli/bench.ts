/** npm run bench: what the budgets are about, each measured several times in this process; medians in a table. */
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { cpuUsage, memoryUsage, stdout } from 'node:process';
import { gzipSync } from 'node:zlib';
import { SECOND } from '../sim/clock.ts';
import { bootScenario } from '../scenarios/index.ts';
import { kindPodman } from '../scenarios/kind-podman/index.ts';
import { runCommand } from '../shell/session.ts';

interface Row {
  what: string;
  figure: string;
  budget: string;
  ok: boolean;
}

const rows: Row[] = [];
const ms = (n: number) => `${n.toFixed(n < 10 ? 2 : 0)} ms`;

await cost('boot of kind-podman', 150, 9, () => void bootScenario('kind-podman', { seed: 'bench' }));

const world = bootScenario('kind-podman', { seed: 'bench' });
await cost('kubectl get pods -A', 3, 41, async () => expectCode(0, await runCommand(world, 'mac', 'kubectl get pods -A')));
await cost('curl of a NodePort, all segments', 3, 41, async () => expectCode(0, await runCommand(world, 'mac', 'curl -s http://localhost:30080')));
await deployment();
sizes();

const width = Math.max(...rows.map((r) => r.what.length));
for (const r of rows) stdout.write(`${r.what.padEnd(width)}  ${r.figure.padStart(12)}  ${r.budget.padStart(14)}  ${r.ok ? 'within' : 'OVER'}\n`);

/** Median CPU time of `run`, in milliseconds, after two runs that do not count. */
async function cost(what: string, budget: number, times: number, run: () => Promise<void> | void): Promise<void> {
  for (let i = 0; i < 2; i++) await run();
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push(await cpu(run));
  const median = all.sort((a, b) => a - b)[times >> 1]!;
  rows.push({ what, figure: ms(median), budget: `< ${budget} ms`, ok: median < budget });
}

async function cpu(run: () => Promise<void> | void): Promise<number> {
  const before = cpuUsage();
  await run();
  const { user, system } = cpuUsage(before);
  return (user + system) / 1000;
}

/** 1,000 Pods on 100 nodes, from `kubectl create deployment` until all are Ready. */
async function deployment(): Promise<void> {
  const big = bootScenario(kindPodman({ workers: 100 }), { seed: 'bench-1000' });
  const took = await cpu(async () => {
    expectCode(0, await runCommand(big, 'mac', 'kubectl create deployment web --image=nginx --replicas=1000'));
    for (let i = 0; i < 120; i++) {
      await big.advance(big.clock.now + SECOND);
      const { stdout: ready } = await runCommand(big, 'mac', "kubectl get deployment web -o jsonpath='{.status.readyReplicas}'");
      if (ready === '1000') return;
    }
    throw new Error('the Deployment did not become ready');
  });
  rows.push({ what: '1,000 Pods on 100 nodes, created to Ready', figure: ms(took), budget: '< 3000 ms', ok: took < 3000 });
  const mb = memoryUsage().rss / 1e6;
  rows.push({ what: '  memory of the process (resident)', figure: `${mb.toFixed(0)} MB`, budget: '< 400 MB', ok: mb < 400 });
}

/** What a page loads, compressed: with a terminal (all that a first `kubectl` and `curl` load) and without. */
function sizes(): void {
  const dir = join(import.meta.dirname, '../../dist');
  if (!existsSync(dir)) {
    rows.push({ what: 'sizes of pages', figure: 'no build', budget: 'npm run build', ok: false });
    return;
  }
  const files = readdirSync(join(dir, '_astro')).filter((f) => /\.(js|css)$/.test(f));
  const size = (names: string[]) => names.reduce((n, f) => n + gzipSync(readFileSync(join(dir, '_astro', f))).length, 0) / 1000;
  rows.push({ what: 'all scripts and styles of the site, compressed', figure: `${size(files).toFixed(0)} KB`, budget: '', ok: true });
}

function expectCode(code: number, result: { code: number; stderr: string }): void {
  if (result.code !== code) throw new Error(`code ${result.code}: ${result.stderr}`);
}
