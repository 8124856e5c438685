import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadLab, typeScript } from '../../src/cli/lab-files.ts';
import { grade } from '../../src/labs/grade.ts';
import { formatJournal, JournalError, parseJournal, type JournalEntry } from '../../src/labs/journal.ts';
import { startLab } from '../../src/labs/run.ts';

const HEAD = { lab: 'de-curl-al-pod', scenario: 'kind-podman', seed: 'curso', student: undefined };

test('a session of fifty commands prints the same bytes when it is repeated', async () => {
  const commands = readFileSync('tests/e2e/session-50.sh', 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
  expect(commands.length).toBeGreaterThanOrEqual(50);
  const screens: string[] = ['', ''];
  const lab = loadLab('de-curl-al-pod');
  const listen = (n: number) => ({ opened: (_: number, __: string, session: { onOutput(fn: (text: string) => void): void }) => session.onOutput((text) => (screens[n] += text)) });
  const first = await startLab(lab, { seed: 'curso', events: listen(0) });
  await typeScript(first, commands.join('\n'));
  const journal = parseJournal(first.journal());
  const second = await startLab(lab, { seed: 'curso', events: listen(1) });
  await second.player.play(journal.entries, journal.until);
  expect(screens[0]!.length).toBeGreaterThan(5000);
  expect(screens[1]).toBe(screens[0]);
  expect(second.tasks()).toEqual(first.tasks());
  expect([...first.world.defects, ...second.world.defects]).toEqual([]);
}, 120_000);

test('what is written is read', () => {
  const entries: JournalEntry[] = [{ at: 5, kind: 'open', terminal: 1, machine: 'mac', cols: 80, rows: 24 }, { at: 6, kind: 'input', terminal: 1, data: 'ls "ñ"\r\u001b[A' }];
  expect(parseJournal(formatJournal({ ...HEAD, entries, until: 9 }))).toMatchObject({ lab: HEAD.lab, seed: 'curso', entries, until: 9 });
  expect(parseJournal(formatJournal({ ...HEAD, entries: [], until: 9 })).entries).toEqual([]);
});

test.each([
  ['', 'no es JSON válido'],
  ['[]', 'no es una sesión exportada'],
  ['{"points": 10}', 'no es una sesión exportada de este curso'],
  [formatJournal({ ...HEAD, entries: [], until: 9 }).replace('"version":1', '"version":7'), 'la versión 7 de la sesión no se conoce; este programa lee la 1'],
  [formatJournal({ ...HEAD, entries: [{ at: 1, kind: 'score', points: 10 } as never], until: 9 }), 'entrada 1: no se conoce la clase «score»'],
  [formatJournal({ ...HEAD, entries: [{ at: 1, kind: 'constructor' } as never], until: 9 }), 'entrada 1: no se conoce la clase «constructor»'],
  [formatJournal({ ...HEAD, entries: [{ at: 1, kind: 'input', terminal: 1 } as never], until: 9 }), 'entrada 1: «data» debe ser un texto'],
  [formatJournal({ ...HEAD, entries: [{ at: 2, kind: 'hint', task: 'a' }, { at: 1, kind: 'hint', task: 'a' }], until: 9 }), 'entrada 2: su hora es anterior a la de la entrada 1'],
])('a file that is no session: %.40s', (text, message) => {
  expect(() => parseJournal(text)).toThrow(JournalError);
  expect(() => parseJournal(text)).toThrow(message);
});

test('a session that begins before its world, or lasts for ever, is refused', async () => {
  const lab = loadLab('de-curl-al-pod');
  const journal = (entries: JournalEntry[], until: number) => parseJournal(formatJournal({ ...HEAD, entries, until }));
  await expect(grade(lab, journal([{ at: 5, kind: 'hint', task: 'la-puerta' }], 9))).rejects.toThrow('termina antes de empezar');
  await expect(grade(lab, journal([], Number.MAX_SAFE_INTEGER))).rejects.toThrow('dura más de 12 horas');
  await expect(grade(lab, { ...journal([], 9), lab: 'otro' })).rejects.toThrow('la sesión es del laboratorio «otro»');
}, 60_000);

test('what a session says about its points, its tasks or its students’ merits counts for nothing', async () => {
  const run = await startLab(loadLab('de-curl-al-pod'), { seed: 'curso' });
  const forged = JSON.parse(run.journal()) as Record<string, unknown>;
  Object.assign(forged, { points: 8, percent: 100, tasks: [{ id: 'la-puerta', done: true }] });
  expect(await grade(run.lab, parseJournal(JSON.stringify(forged)))).toMatchObject({ points: 0, percent: 0 });
}, 60_000);
