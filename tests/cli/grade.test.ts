/** The grader as a teacher runs it. */
import { labIds } from '../../src/cli/lab-files.ts';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadLab, solveLab } from '../../src/cli/lab-files.ts';
import { startLab } from '../../src/labs/run.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const LAB = 'service-sin-endpoints';
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'grade-'));
  const lab = loadLab(LAB);
  writeFileSync(join(dir, 'ana.json'), (await solveLab(lab, readFileSync(`labs/${LAB}/solution.sh`, 'utf8'), 'curso')).journal('Ana'));
  writeFileSync(join(dir, 'blas.json'), (await startLab(lab, { seed: 'otra' })).journal('=Blas'));
  writeFileSync(join(dir, 'carla.json'), '{"format": "de-curl-al-pod/sesion"');
});
afterAll(() => rmSync(dir, { recursive: true }));

function grade(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync('node_modules/.bin/node', ['src/cli/grade.ts', ...args], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

test('one session: a report to read', () => {
  const { code, stdout } = grade(LAB, join(dir, 'ana.json'));
  expect(stdout).toContain('El Service sin endpoints · Ana');
  expect(stdout).toMatch(/✓ Haz que vuelva a tener endpoints +2\/2/);
  expect(stdout).toContain('7 de 7 puntos (100 %): completo');
  expect(code).toBe(0);
});

test('the same as JSON', () => {
  const { stdout } = grade('--json', LAB, join(dir, 'ana.json'));
  expect(JSON.parse(stdout)).toMatchObject({ student: 'Ana', verdict: 'completo', points: 7, max: 7, percent: 100, commands: 11, defects: [] });
});

test('who does not pass: exit code 1', () => {
  expect(grade(LAB, join(dir, 'blas.json')).code).toBe(1);
});

test('a folder: a line each; a broken file is told and the rest is graded', () => {
  const { code, stdout } = grade(LAB, dir);
  expect(stdout).toMatch(/ana\.json +Ana +7\/7 +100 %/);
  expect(stdout).toMatch(/blas\.json +=Blas +0\/7 +0 %.*insuficiente/);
  expect(stdout).toMatch(/carla\.json: no es JSON válido/);
  expect(code).toBe(3);
});

test('many are graded side by side: the same verdicts, in the order of their names', () => {
  const many = mkdtempSync(join(tmpdir(), 'grade-many-'));
  for (let i = 0; i < 3; i++) for (const name of ['ana', 'blas', 'carla']) writeFileSync(join(many, `${i}-${name}.json`), readFileSync(join(dir, `${name}.json`)));
  const { code, stdout } = grade('--json', LAB, many);
  rmSync(many, { recursive: true });
  const seen = (JSON.parse(stdout) as { file: string; student?: string; points?: number; error?: string }[]).map(({ file, points, error }) => `${file.slice(many.length + 1)} ${points ?? error!.slice(0, 17)}`);
  expect(seen).toEqual([0, 1, 2].flatMap((i) => [`${i}-ana.json 7`, `${i}-blas.json 0`, `${i}-carla.json no es JSON válido`]));
  expect(code).toBe(3);
});

test('as CSV, with a column a task, and no cell that a spreadsheet takes for a formula', () => {
  const { stdout } = grade('--csv', LAB, dir);
  const [head, , blas] = stdout.split('\r\n');
  expect(head).toBe('sesion,estudiante,laboratorio,puntos,maximo,porcentaje,pistas,lineas,minutos,resultado,ver-el-rechazo,por-localhost,la-regla,el-selector,arreglar,por-que,error');
  expect(blas).toContain(`,'=Blas,${LAB},0,7,0,`);
});

test('as JUnit XML', () => {
  const { stdout } = grade('--junit', LAB, dir);
  expect(stdout).toContain('tests="6" failures="0" errors="0"');
  expect(stdout).toContain(`<testcase name="Mira cómo falla" classname="${LAB}.ver-el-rechazo"/>`);
  expect(stdout).toContain('tests="6" failures="6"');
});

test.each([
  [[], 'falta el laboratorio'],
  [[LAB], 'falta la sesión'],
  [['no-existe', 'x.json'], `no hay ningún laboratorio «no-existe». Hay: ${labIds().join(', ')}.`],
  [['--nota', LAB, 'x.json'], 'no se conoce la opción --nota'],
])('wrong usage: %j', (args, message) => {
  const { code, stderr } = grade(...args);
  expect(stderr).toContain(message);
  expect(code).toBe(2);
});

test('a file that is not there', () => {
  expect(grade(LAB, join(dir, 'nadie.json'))).toMatchObject({ code: 3, stdout: expect.stringContaining('no existe este archivo') });
});

test('a session with an endless loop does not hold the others up', () => {
  const journal = JSON.parse(readFileSync(join(dir, 'blas.json'), 'utf8')) as { until: number; entries: object[] };
  const at = journal.until;
  journal.entries.push({ at, kind: 'open', terminal: 1, machine: 'mac', cols: 80, rows: 24 }, { at, kind: 'input', terminal: 1, data: 'while true; do :; done\r' });
  writeFileSync(join(dir, 'bucle.json'), JSON.stringify({ ...journal, until: at + 3600e6 }));
  expect(grade('--limite', '2', LAB, join(dir, 'bucle.json'))).toMatchObject({ code: 3, stdout: expect.stringContaining('repetirla lleva más de 2 segundos (¿un bucle sin fin?)') });
});
