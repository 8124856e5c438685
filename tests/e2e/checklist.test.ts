/** The checklist of the self-assessment: kept in this browser, ticked by hand or by what has been shown, a plain list without JavaScript. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { labOnDisk, questionsOf } from '../../src/components/on-disk.ts';
import { useBrowser, violations, visit } from './browser.ts';

useBrowser();
const PAGE = '/arquitectura/autoevaluacion/';
const SHUT = { 'de-curl-al-pod:espacio': 'cerrado' };
const progress = (value: object) => ({ ...SHUT, 'de-curl-al-pod:progreso': JSON.stringify({ version: 1, value }) });
const count = (page: Page) => page.textContent('curso-repaso [role="status"]');
const ticked = (page: Page) =>
  page.locator('curso-repaso input:checked').evaluateAll((boxes) => boxes.map((box) => (box as HTMLInputElement).name));

test('lines are ticked with the keyboard, counted, and still there after a reload', async () => {
  const { page, context, complaints } = await visit(PAGE, { storage: SHUT });
  expect(await count(page)).toBe('0 de 19');
  await page.focus('curso-repaso input[name="planos"]');
  await page.keyboard.press('Space');
  await page.focus('curso-repaso input[name="quorum"]');
  await page.keyboard.press('Space');
  expect(await count(page)).toBe('2 de 19');
  await page.reload();
  expect([await count(page), await ticked(page)]).toEqual(['2 de 19', ['planos', 'quorum']]);
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await context.close();
});

test('answers and labs tick their lines, only when nothing of them lacks, and the student’s word comes first', async () => {
  const well = (path: string) => Object.fromEntries(questionsOf(path).map((question) => [question, true]));
  const saved = {
    lessons: { '/arquitectura/etcd/': 1 },
    answers: { ...well('/arquitectura/scheduler/'), ...well('/arquitectura/kubelet/'), ...well('/arquitectura/coredns/') },
    labs: {
      'lab-04-troubleshooting-networking': labOnDisk('lab-04-troubleshooting-networking').tasks.map(({ id }) => id),
      'lab-02-control-plane-practico': ['api'],
    },
    ticks: { [`${PAGE}#kubelet`]: false },
  };
  const { page, context } = await visit(PAGE, { storage: progress(saved) });
  // CoreDNS is answered but its lab is not done, that of the copy only begun; etcd has only been seen.
  expect(await ticked(page)).toEqual(['scheduler', 'red-nodo']);
  await context.close();
});

test('progress of before there were checklists is kept; what cannot be read is put aside', async () => {
  const old = await visit(PAGE, { storage: progress({ lessons: { '/x/': 1 }, answers: {}, labs: {} }) });
  await old.page.check('curso-repaso input[name="bucle"]');
  const saved = await old.page.evaluate(() => JSON.parse(localStorage.getItem('de-curl-al-pod:progreso')!) as { value: object });
  expect(saved.value).toMatchObject({ lessons: { '/x/': 1 }, ticks: { [`${PAGE}#bucle`]: true } });
  await old.context.close();
  const corrupt = await visit(PAGE, { storage: progress({ lessons: {}, answers: {}, labs: {}, ticks: 'x' }) });
  expect(await corrupt.page.textContent('[role="alert"]:not([hidden])')).toContain('empezamos de nuevo');
  expect(await count(corrupt.page)).toBe('0 de 19');
  await corrupt.context.close();
});

test('without JavaScript it is a plain list with its links', async () => {
  const { page, context } = await visit(PAGE, { javaScript: false });
  expect(await page.isVisible('curso-repaso input[name="planos"]')).toBe(false);
  expect(await page.isVisible('curso-repaso a[href="/arquitectura/vision-general/"]')).toBe(true);
  expect(await page.isVisible('curso-repaso progress')).toBe(false);
  await context.close();
});
