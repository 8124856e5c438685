/** node tests/side-by-side/report.ts [TOPIC …] [--all]: runs topics and prints what differs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, realKubectl, type Printed } from './run.ts';
import { TOPICS } from './topics/index.ts';

const kubectl = realKubectl();
const wanted = process.argv.slice(2);
if (!kubectl) console.log('skipped: there is no real kubectl 1.28 here');
let total = 0, equal = 0;
for (const topic of kubectl ? TOPICS.filter((t) => wanted.length === 0 || wanted.includes(t.topic)) : []) {
  const began = Date.now();
  const results = await compare(topic, kubectl!);
  const same = results.filter((r) => r.equal).length;
  total += results.length;
  equal += same;
  console.log(`## ${topic.topic}: ${same} of ${results.length}, ${Date.now() - began} ms`);
  for (const r of results) if (!r.equal) console.log(`\n### ${r.command}${r.differs ? ` (${r.differs})` : ''}\n${difference(r.real, r.ours)}`);
}
console.log(`${equal} of ${total} equal: ${((100 * equal) / total).toFixed(2)} %`);

function difference(real: Printed, ours: Printed): string {
  const dir = mkdtempSync(join(tmpdir(), 'difference-'));
  const text = (p: Printed) => `${p.stdout}--- stderr\n${p.stderr}--- code ${p.code}\n`;
  writeFileSync(join(dir, 'real'), text(real));
  writeFileSync(join(dir, 'ours'), text(ours));
  const { stdout } = spawnSync('diff', ['-U1', 'real', 'ours'], { cwd: dir, encoding: 'utf8' });
  rmSync(dir, { recursive: true });
  return stdout.split('\n').slice(2, 42).join('\n');
}
