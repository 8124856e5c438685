/** `npm run transcript` as it is typed: a process of its own, in which nothing has been loaded yet. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'transcript-'))));
afterAll(() => rmSync(dir, { recursive: true }));

function transcript(...lines: string[]): { code: number | null; steps: { stdout: string; stderr: string; code: number }[]; stderr: string } {
  const file = join(dir, 'session.jsonl');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const { status, stdout, stderr } = spawnSync('node_modules/.bin/node', ['src/cli/transcript.ts', file], { encoding: 'utf8' });
  return { code: status, stderr: stderr.replaceAll(dir, ''), steps: stdout.split('\n').filter(Boolean).slice(1).map((line) => JSON.parse(line) as { stdout: string; stderr: string; code: number }) };
}

const HEADER = '{"session":"s","scenario":"kubeadm"}';
const BY_KUBECTL = JSON.stringify({ cmd: 'kubectl run a --image=nginx --labels=x=-' });
const BY_FILE = JSON.stringify({ host: 'node01', cmd: `echo '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"v"},"spec":{"containers":[{"name":"V","image":"nginx"}]}}' > /etc/kubernetes/manifests/v.yaml; sleep 3; journalctl -u kubelet --no-pager | tail -1` });

test.each([
  ['kubectl', [BY_KUBECTL, BY_FILE]],
  ['a manifest on a node', [BY_FILE, BY_KUBECTL]],
])('the rules of kinds are there for the first who writes: %s', (_, lines) => {
  const { code, steps } = transcript(HEADER, ...lines);
  expect(code).toBe(0);
  const said = steps.map(({ stdout, stderr }) => stdout + stderr).join('\n');
  expect(said).toContain('The Pod "a" is invalid: metadata.labels: Invalid value: "-"');
  expect(said).toContain('invalid pod: [spec.containers[0].name: Invalid value: \\"V\\"');
});

test.each([
  ['kk', '/session.jsonl:1: Unexpected token'],
  ['{}', '/session.jsonl:1: no header'],
])('what is no session is refused with file and line: %s', (line, message) => {
  const { code, stderr } = transcript(line);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});
