/**
 * npm run bench: what there is a budget for, measured, in a table. Times are CPU time of the process (user and system), so that a
 * busy machine spoils them less; pages are those of dist/ (npm run build). Names given choose: `npm run bench boot pods`. A figure
 * over its budget makes the exit code 1.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { argv, execPath, exit, stdout } from 'node:process';
import { core } from '../kubernetes/client/client.ts';
import { apiClient } from '../kubernetes/runtime/connection.ts';
import { bootScenario, loadScenario, SCENARIOS } from '../scenarios/index.ts';
import { kindPodman } from '../scenarios/kind-podman/index.ts';
import { runCommand } from '../shell/session.ts';
import { cpu, expectCode, type Row } from './bench-alone.ts';

const MEASUREMENTS: Record<string, () => Promise<Row[]> | Row[]> = {
  boot: async () => [...(await inProcessOfItsOwn('boot-cold', 3)), ...(await boots('kind-podman', 15, 150)), ...(await scenarioBoots())],
  get: () => command('kubectl get pods -A', 'kubectl get pods -A', 3),
  curl: () => command('curl of the NodePort, all segments', 'curl -s http://localhost:30080', 3),
  pods: () => inProcessOfItsOwn('thousand', 3),
  list: () => lists(),
  rules: async () => (await import('./bench-rules.ts')).rules(),
  pages: () => pages(),
};
const names = argv.slice(2);
await main();

async function main(): Promise<void> {
  const unknown = names.filter((n) => !(n in MEASUREMENTS));
  if (unknown.length > 0) throw new Error(`no measurement is called ${unknown.join(', ')}: there are ${Object.keys(MEASUREMENTS).join(', ')}`);
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(MEASUREMENTS)) if (names.length === 0 || names.includes(name)) rows.push(...(await measure()));
  print(rows);
  exit(rows.some((r) => verdict(r) === 'OVER') ? 1 : 0);
}

/** A list of 5,000 Pods through kubectl, and of a fifth as many: the cost is that of each Pod. */
async function lists(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const n of [1_000, 5_000]) {
    const world = bootScenario(await loadScenario('kind-podman-plain'), { seed: 'bench' }), node = world.machine('control-plane');
    const client = apiClient(node.pids.get(1)!, '172.18.0.2:6443', { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }, 'bench');
    for (let i = 0; i < n; i++) client.create(core('pods'), { apiVersion: 'v1', kind: 'Pod', metadata: { name: `web-${String(i).padStart(5, '0')}`, namespace: 'default' }, spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'nginx' }] } });
    const figures: number[] = [];
    for (let i = 0; i < 7; i++) figures.push(await cpu(async () => expectCode(0, await runCommand(world, 'mac', 'kubectl get pods'))));
    rows.push({ what: `kubectl get pods of ${n}`, unit: 'ms', figures: figures.slice(2), budget: n === 5_000 ? 150 : 30 });
  }
  return rows;
}

/** The world of a page from nothing to its prompt, in a process that has booted before. */
async function boots(scenario: string, times: number, budget: number): Promise<Row[]> {
  const boot = async () => {
    const blueprint = await loadScenario(scenario);
    return cpu(() => void bootScenario(blueprint, { seed: 'bench' }));
  };
  for (let i = 0; i < 5; i++) await boot();
  const figures: number[] = [];
  for (let i = 0; i < times; i++) figures.push(await boot());
  return [{ what: `boot of ${scenario}`, unit: 'ms', figures, budget }];
}

/** The other scenarios of lessons and labs. */
async function scenarioBoots(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const scenario of Object.keys(SCENARIOS)) if (!scenario.startsWith('kind-podman')) rows.push(...(await boots(scenario, 5, 300)));
  return rows;
}

/** A command line typed on the student's machine again and again, until its last byte is printed. */
async function command(what: string, line: string, budget: number): Promise<Row[]> {
  const world = bootScenario(kindPodman(), { seed: 'bench' });
  const run = async () => expectCode(0, await runCommand(world, 'mac', line));
  for (let i = 0; i < 10; i++) await run();
  const figures: number[] = [];
  for (let i = 0; i < 61; i++) figures.push(await cpu(run));
  return [{ what, unit: 'ms', figures, budget }];
}

async function pages(): Promise<Row[]> {
  if (!existsSync(join(import.meta.dirname, '../../dist/index.html'))) throw new Error('There is no dist/: run `npm run build` first, or leave out the measurement `pages`.');
  const { pageSizes } = await import('./page-sizes.ts');
  const { terminal, lab, plain, starlight } = await pageSizes();
  const kb = (bytes: number) => bytes / 1024;
  return [
    ...[{ what: 'page with terminal', ...terminal }, { what: 'page of a lab', ...lab }].flatMap(({ what, prompt, used }) => [
      { what: `${what}, until its prompt`, unit: 'KB', figures: [kb(prompt.brotli)], budget: 450, note: `gzip ${kb(prompt.gzip).toFixed(0)} KB` },
      { what: '  until kubectl and curl have answered', unit: 'KB', figures: [kb(used.brotli)], note: `gzip ${kb(used.gzip).toFixed(0)} KB` },
    ]),
    { what: "page without, besides Starlight's own", unit: 'KB', figures: [kb(plain.brotli - starlight.brotli)], budget: 40, note: `${kb(plain.brotli).toFixed(0)} KB, a bare Starlight ${kb(starlight.brotli).toFixed(0)} KB` },
  ];
}

/**
 * Measured in a fresh process each time, one that holds the simulator and nothing else: bundled as the page's is, without the
 * compiler that Node needs to run TypeScript.
 */
async function inProcessOfItsOwn(name: string, times: number): Promise<Row[]> {
  const outDir = join(import.meta.dirname, '../../node_modules/.cache/bench');
  const { build } = await import('vite');
  await build({ configFile: false, logLevel: 'error', ssr: { noExternal: true }, build: { ssr: join(import.meta.dirname, 'bench-alone.ts'), outDir, emptyOutDir: true, rolldownOptions: { output: { entryFileNames: 'alone.mjs' } } } });
  let rows: Row[] = [];
  for (let i = 0; i < times; i++) {
    const { stdout: printed, stderr, status } = spawnSync(execPath, [join(outDir, 'alone.mjs'), name], { encoding: 'utf8', maxBuffer: 1e8 });
    if (status !== 0) throw new Error(stderr);
    const one = JSON.parse(printed) as Row[];
    rows = one.map((row, j) => ({ ...row, figures: [...(rows[j]?.figures ?? []), ...row.figures] }));
  }
  return rows;
}

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1]!;
}

function verdict({ figures, budget }: Row): string {
  return budget === undefined ? '' : median(figures) < budget ? 'within' : 'OVER';
}

function print(rows: readonly Row[]): void {
  const shown = (n: number, unit: string) => `${n.toFixed(n < 10 ? 2 : 0)} ${unit}`;
  const table = [['', 'median', 'min', 'max', 'budget', '', ''], ...rows.map((row) => {
    const { what, unit, figures, budget, note = '' } = row;
    const many = figures.length > 1;
    return [what, shown(median(figures), unit), many ? shown(Math.min(...figures), unit) : '', many ? shown(Math.max(...figures), unit) : '', budget === undefined ? '' : `< ${budget} ${unit}`, verdict(row), note];
  })];
  const widths = table[0]!.map((_, i) => Math.max(...table.map((cells) => cells[i]!.length)));
  for (const cells of table) stdout.write(`${cells.map((c, i) => (i === 0 || i > 4 ? c.padEnd(widths[i]!) : c.padStart(widths[i]!))).join('  ').trimEnd()}\n`);
}
