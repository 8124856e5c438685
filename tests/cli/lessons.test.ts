/** Lessons whose console blocks are run. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { agrees } from '../../src/cli/block-diff.ts';
import { findBlocks } from '../../src/cli/lesson-blocks.ts';

vi.setConfig({ testTimeout: 120_000 });
const dir = mkdtempSync(join(tmpdir(), 'lessons-'));
afterAll(() => rmSync(dir, { recursive: true }));

const lesson = (...blocks: string[]) => `---\ntitle: Prueba\nscenario: kind-podman\n---\n\nTexto.\n\n${blocks.join('\n\n')}\n`;
const block = (body: string, meta = '') => `\`\`\`console${meta}\n${body}\n\`\`\``;

function run(text: string, ...args: string[]) {
  const file = join(dir, 'leccion.mdx');
  writeFileSync(file, text);
  const { status, stdout } = spawnSync('node_modules/.bin/node', ['src/cli/lessons.ts', ...args, file], { encoding: 'utf8' });
  return { code: status, stdout: stdout.replaceAll(dir, ''), text: readFileSync(file, 'utf8') };
}

test('a lesson that says what the simulator prints', () => {
  const text = lesson(
    block('$ X=uno\n$ echo $X\nuno'),
    block('$ for i in 1 2; do\n>   echo vuelta $i\n> done\nvuelta 1\nvuelta 2'),
    block('$ hostname\nworker-1', ' host=worker-1'),
    block('$ kubectl get svc spink -o jsonpath={.spec.clusterIP}\n10.96.244.84'),
    block('$ seq 5\n1\n…\n5'),
    block('$ podman exec -it control-plane bash\n$ hostname\ncontrol-plane', ' tty'),
    block('$ echo $X\nuno'),
  );
  expect(run(text)).toMatchObject({ code: 0, stdout: '7 de 7 bloques de 1 lecciones dicen lo que imprime el simulador\n' });
});

test('a lesson that says otherwise: file, line, and what differs; --update mends it', () => {
  const text = lesson(block('$ seq 3\n1\ndos\n3'), '- Una lista:\n\n  ```console\n  $ echo a; echo b\n  ```');
  const first = run(text);
  expect(first.stdout).toBe('/leccion.mdx:9: $ seq 3\n    - dos\n    + 2\n/leccion.mdx:18: $ echo a; echo b\n    + a\n    + b\n0 de 2 bloques de 1 lecciones dicen lo que imprime el simulador\n');
  expect(first.code).toBe(1);
  const updated = run(text, '--update');
  expect(updated.text).toBe(lesson(block('$ seq 3\n1\n2\n3'), '- Una lista:\n\n  ```console\n  $ echo a; echo b\n  a\n  b\n  ```'));
  expect(run(updated.text).code).toBe(0);
});

test('what an author can get wrong is told', () => {
  expect(run(lesson(block('$ ls', ' host=worker-9'))).stdout).toContain('no hay ninguna máquina «worker-9» en el escenario kind-podman. Hay: mac, control-plane');
  expect(run(lesson(block('hola'))).stdout).toContain('la primera línea debe ser una orden');
  expect(run(lesson(block('$ sleep 1000'))).stdout).toContain('no ha terminado en 180 segundos');
  expect(run(lesson(block('$ ls')).replace('scenario: kind-podman', 'scenario: nada')).stdout).toContain('/leccion.mdx:3: no hay ningún escenario «nada»');
});

test('blocks are found with their fences, hosts and lines', () => {
  const found = findBlocks('a\n````console host=worker-1 tty\n$ cat x\n```\nb\n````\n```bash\n$ no\n```\n');
  expect(found).toMatchObject([{ line: 2, end: 6, host: 'worker-1', tty: true, steps: [{ command: 'cat x', output: '```\nb\n', line: 3 }] }]);
  expect(found).toHaveLength(1);
});

test('three dots stand for any lines', () => {
  expect(agrees('a\n…\nd', 'a\nb\nc\nd\n')).toBe(true);
  expect(agrees('a\n[...]', 'a\n')).toBe(true);
  expect(agrees('…\nd\n…', 'a\nb\n')).toBe(false);
  expect(agrees('a  \n', 'a\n')).toBe(true);
  expect(agrees('a', 'a\nb')).toBe(false);
});
