/** Three labs, of three scenarios, solved in the page by typing their solution and answering their questions; `npm run labs` solves all of them without one. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Page } from 'playwright-core';
import { labOnDisk, labsOnDisk } from '../../src/components/on-disk.ts';
import { LESSON_SEED } from '../../src/course.ts';
import { startLab, type LabRun } from '../../src/labs/index.ts';
import type { SavedSession } from '../../src/terminal/protocol.ts';
import { ready, typeLine, useBrowser, violations, visit, waitForText } from './browser.ts';

useBrowser();
const TYPED = ['de-curl-al-pod', 'flujo-real-envoy', 'ingress-rewrite'];
const labs = labsOnDisk().filter(({ id }) => TYPED.includes(id));

interface Task {
  id: string;
  hints?: string[];
  question?: { choices?: string[] };
}

/** The page's session as far as it is saved, repeated here: only the world knows some answers. */
async function replayed(page: Page, id: string): Promise<LabRun> {
  const saved = await page.evaluate(
    (name) => JSON.parse(localStorage.getItem(name)!) as { value: SavedSession },
    `de-curl-al-pod:sesion:lab/${id}`,
  );
  const run = await startLab(labOnDisk(id), { seed: LESSON_SEED });
  await run.player.play(saved.value.entries, saved.value.until);
  return run;
}

test.each(labs.map(({ id }) => id))(
  '%s: nothing is done in an untouched world; its solution does everything; a reload keeps it',
  async (id) => {
    const { tasks } = parse(readFileSync(`labs/${id}/lab.yaml`, 'utf8')) as { tasks: Task[] };
    const { page, context, complaints } = await visit(`/labs/${id}/`);
    await ready(page);
    await page.waitForSelector('.tira b:not(:empty)');
    expect(await page.locator('[data-task][data-done]').count()).toBe(0);
    expect(await violations(page)).toEqual([]);

    const hinted = tasks.find(({ hints }) => hints?.length);
    if (hinted) {
      await page.click(`[data-task="${hinted.id}"] .pedir-pista`);
      await page.waitForSelector(`[data-task="${hinted.id}"] .pistas p`);
    }

    const solution = readFileSync(`labs/${id}/solution.sh`, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'));
    for (const line of solution) {
      await typeLine(page, line);
      await page.waitForTimeout(700);
    }
    await typeLine(page, 'clear; echo fin-$((40+2))');
    await waitForText(page, /^fin-42/m, 60_000);
    await page.waitForTimeout(1500);
    const run = await replayed(page, id);
    for (const { id: task, question } of tasks) {
      if (!question) continue;
      const item = page.locator(`[data-task="${task}"]`);
      const text = run.rightAnswers(task)[0]!;
      if (question.choices) await item.getByRole('radio', { name: text, exact: true }).check();
      else await item.locator('input[type="text"]').fill(text);
      await item.locator('button[type="submit"]').click();
    }
    await page.waitForFunction((count) => document.querySelectorAll('[data-task][data-done]').length === count, tasks.length, {
      timeout: 60_000,
    });
    await page.waitForTimeout(500);
    await page.reload();
    await ready(page);
    await page.waitForFunction((count) => document.querySelectorAll('[data-task][data-done]').length === count, tasks.length, {
      timeout: 30_000,
    });
    expect(complaints).toEqual([]);
    await context.close();
  },
  180_000,
);

test('there are labs', () => {
  expect(labs.map(({ id }) => id).sort()).toEqual(TYPED);
});

test('on a phone a hint and an answer are told where they are asked for, and an earlier visit is remembered', async () => {
  const { page, context, complaints } = await visit('/labs/service-sin-endpoints/', { phone: true });
  const answer = page.locator('[data-task="por-localhost"]');
  await page.click('[data-task="ver-el-rechazo"] .pedir-pista');
  await page.waitForSelector('[data-task="ver-el-rechazo"] .pistas p', { timeout: 60_000 });
  // With the keyboard: nothing that floats over the page is in its way.
  await answer.locator('input').last().focus();
  await page.keyboard.press('Space');
  await answer.locator('button[type="submit"]').press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-task="por-localhost"] .veredicto')?.textContent?.startsWith('✗'));
  expect(await page.evaluate(() => document.documentElement.dataset['workspace'])).toBe('closed');
  await page.waitForTimeout(700);
  await page.evaluate(() => {
    const name = 'de-curl-al-pod:progreso';
    const saved = JSON.parse(localStorage.getItem(name)!) as { value: { labs: Record<string, string[]> } };
    saved.value.labs['service-sin-endpoints'] = ['ver-el-rechazo'];
    localStorage.setItem(name, JSON.stringify(saved));
  });
  await page.reload();
  expect(await page.isVisible('.guardada')).toBe(true);
  expect(
    await page.locator('[data-task][data-done]').evaluateAll((tasks) => tasks.map((task) => (task as HTMLElement).dataset['task'])),
  ).toEqual(['ver-el-rechazo']);
  await page.click('.abrir-espacio');
  await page.waitForSelector('[data-task="ver-el-rechazo"] .pistas p', { timeout: 60_000 });
  expect(await page.isVisible('.guardada')).toBe(false);
  expect(complaints).toEqual([]);
  await context.close();
}, 120_000);
