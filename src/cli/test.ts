/**
 * `npm test`: everything that must hold, the cheapest first, stage by stage; ends with the counts. The steps of a stage run side by side,
 * and every step runs even when one before failed. Names of steps as arguments: those alone.
 */
import { spawn } from 'node:child_process';

interface Step {
  name: string;
  command: string[];
  /** What the step counted, taken from what it printed. */
  count(output: string): string;
}

const vitest = (output: string) => output.match(/^\s*Tests\s+(.*)$/m)?.[1]?.replace(/\s*\(.*?\)$/, '') ?? '';
const last = (output: string) => output.trim().split('\n').at(-1) ?? '';

const stages: Step[][] = [
  [
    { name: 'types', command: ['npm', 'run', '--silent', 'typecheck'], count: (o) => `${[...o.matchAll(/error TS/g)].length} errors` },
    { name: 'lint', command: ['npm', 'run', '--silent', 'lint'], count: (o) => o.match(/\d+ problems?/)?.[0] ?? '0 problems' },
    { name: 'import rules', command: ['npm', 'run', '--silent', 'layers'], count: (o) => o.match(/\d+ modules, \d+ dependencies|\d+ dependency violations/)?.[0] ?? '' },
    { name: 'chromium', command: ['node', 'src/cli/chromium.ts'], count: last },
  ],
  [{ name: 'unit tests', command: ['npm', 'run', '--silent', 'unit'], count: vitest }],
  [
    { name: 'lesson blocks', command: ['npm', 'run', '--silent', 'lessons'], count: last },
    { name: 'lab solutions', command: ['npm', 'run', '--silent', 'labs'], count: last },
    { name: 'production build', command: ['npm', 'run', '--silent', 'build'], count: (o) => o.match(/\d+ page\(s\)/)?.[0] ?? '' },
  ],
  [{ name: 'end to end', command: ['npm', 'run', '--silent', 'e2e'], count: vitest }],
];

const only = process.argv.slice(2);
const wanted = stages.map((stage) => stage.filter(({ name }) => only.length === 0 || only.includes(name)));
const results: { name: string; ok: boolean; seconds: number; count: string }[] = [];
for (const stage of wanted) results.push(...(await Promise.all(stage.map((step) => perform(step, stage.length === 1)))));

console.log('\n');
for (const { name, ok, seconds, count } of results) {
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(18)} ${seconds.toFixed(1).padStart(6)} s  ${count}`);
}
const failed = results.filter(({ ok }) => !ok).length;
console.log(failed === 0 ? `\nall ${results.length} steps passed` : `\n${failed} of ${results.length} steps failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Its output is shown as it comes when it runs alone, else at its end. */
async function perform({ name, command, count }: Step, alone: boolean): Promise<(typeof results)[number]> {
  const title = `\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}`;
  if (alone) console.log(title);
  const started = performance.now();
  const { code, output } = await run(command, alone);
  if (!alone) console.log(`${title}\n${output}`);
  return { name, ok: code === 0, seconds: (performance.now() - started) / 1000, count: count(strip(output)) };
}

function run([command, ...args]: string[], show: boolean): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' } });
    let output = '';
    for (const [from, to] of [[child.stdout, process.stdout], [child.stderr, process.stderr]] as const) {
      from.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (show) to.write(chunk);
      });
    }
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function strip(output: string): string {
  return output.replace(/\u001b\[[0-9;]*m/g, '');
}
