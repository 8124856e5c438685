/**
 * Random cases in the simulator and in real network namespaces.
 *
 *     npm run kernel -- [--cases 2000] [--seed N] [--six] [--only SEED,…] [--depth verdicts|hops|tools] [--parallel 4] [--keep N] [--quick]
 *
 * `--six`: the same over IPv6, to the depth of hops. Prints each case that differs, made as small as it gets (`--quick`: as it is; else with all that differs in it), with its seed; fails when one does. `--keep`:
 * stop after so many.
 */
import { parseArgs } from 'node:util';
import type { Case, Outcome } from './case.ts';
import { differences, report, type Depth, type Difference } from './compare.ts';
import { generate } from './generate.ts';
import { minimise } from './minimise.ts';
import { RealKernel, whyNot } from './real.ts';
import { simulate } from './simulated.ts';
import { overIpv6 } from './six.ts';

export interface Failure {
  case: Case;
  found: Difference[];
}

/** Runs cases `${seed}-0` … (those of `6:${seed}` over IPv6) and tells those that differ. A difference counts when it is there again with more patience. */
export async function compareMany(seeds: string[], { depth, parallel, failed }: { depth: Depth; parallel: number; failed: (f: Failure, kernel: RealKernel) => Promise<boolean> | boolean }): Promise<number> {
  const kernel = new RealKernel(parallel);
  let next = 0, different = 0, stop = false;
  const lane = async () => {
    while (next < seeds.length && !stop) {
      const c = caseOf(seeds[next++]!);
      if (!c) continue;
      const found = await compareOne(kernel, c, depth);
      if (found.length === 0) continue;
      different++;
      stop ||= await failed({ case: c, found }, kernel);
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, lane));
  } finally {
    kernel.close();
  }
  return different;
}

/** A seed that begins with `6:` is that case over IPv6; undefined where it cannot be. */
function caseOf(seed: string): Case | undefined {
  const found = generate(seed.replace(/^6:/, ''));
  return seed.startsWith('6:') ? overIpv6({ ...found, seed }) : found;
}

async function compareOne(kernel: RealKernel, c: Case, depth: Depth, again = 2): Promise<Difference[]> {
  let simulated: Outcome;
  try {
    simulated = await simulate(c);
  } catch (error) {
    return [{ about: 'simulator: crash', simulated: error instanceof Error ? (error.stack ?? error.message) : String(error), real: '' }];
  }
  let found = differences(simulated, await kernel.run(c), depth);
  for (let i = 0; found.length > 0 && i < again; i++) found = differences(simulated, await kernel.run(c, 0.2), depth);
  return found;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { cases: { type: 'string', default: '2000' }, seed: { type: 'string' }, only: { type: 'string' }, depth: { type: 'string', default: 'tools' }, parallel: { type: 'string', default: '4' }, keep: { type: 'string' }, quick: { type: 'boolean', default: false }, brief: { type: 'boolean', default: false }, six: { type: 'boolean', default: false } },
  });
  const reason = whyNot();
  if (reason) return console.log(`skipped: ${reason}`);
  const seed = values.seed ?? String(Math.floor(Math.random() * 1e6));
  const depth = (values.six && values.depth === 'tools' ? 'hops' : values.depth) as Depth, only = values.only?.split(','), count = only?.length ?? Number(values.cases);
  const seeds = only ?? Array.from({ length: count }, (_, i) => `${values.six ? '6:' : ''}${seed}-${i}`);
  console.log(`${count} cases, seed ${seed}`);
  const started = Date.now(), kinds = new Map<string, number>();
  let told = 0;
  const different = await compareMany(seeds, {
    depth, parallel: Number(values.parallel),
    failed: async (f, kernel) => {
      for (const kind of new Set(f.found.map(({ about }) => about.replace(/\d+/g, 'N').replace(/^[a-z]+N*: |in [a-z]+N*$/, '')))) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const smallest = values.quick ? f.case : await minimise(f.case, async (c) => (await compareOne(kernel, c, depth, 1)).some((d) => same(d, f.found[0]!)));
      const found = values.quick ? f.found : await compareOne(kernel, smallest, 'tools');
      console.log(`\n--- seed ${f.case.seed}\n${values.brief ? '' : `${text(smallest)}\n`}${report(found)}`);
      return values.keep !== undefined && ++told >= Number(values.keep);
    },
  });
  console.log(`\n${count - different} of ${count} cases agree (${depth}), ${((Date.now() - started) / 1000).toFixed(0)} s`);
  for (const [kind, n] of kinds) console.log(`  ${n} × ${kind}`);
  if (different > 0) process.exitCode = 1;
}

/** The same thing is different: not something else that appeared while the case was made smaller. */
function same(a: Difference, b: Difference): boolean {
  const kind = (d: Difference) => d.about.replace(/\d+/g, '');
  return kind(a) === kind(b);
}

function text(c: Case): string {
  const spaces = c.namespaces.map(({ name, sysctls, sets = [], rules = [], servers }) => [`${name}: ${Object.entries(sysctls).map((e) => e.join('=')).join(' ')} servers ${servers.map((s) => `${s.proto} ${s.ip}:${s.port}`).join(', ')}`, ...sets, ...rules].join('\n    '));
  return [...spaces, ...c.ip.filter((s) => s.lines.length > 0).map((s) => `ip in ${s.ns}\n    ${s.lines.join('\n    ')}`), ...c.probes.map((p, i) => `probe ${i}: ${JSON.stringify(p)}`)].join('\n');
}

if (process.argv[1]?.endsWith('run.ts')) await main();
