/** Every command of the first document in the page: typed as it stands there, and clicked where the lessons have it. */
import { expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { lessonsOnDisk } from '../../src/components/on-disk.ts';
import inventory from '../documents/inventory.json' with { type: 'json' };
import { ready, screenText, useBrowser, visit } from './browser.ts';

useBrowser();
const LESSONS = lessonsOnDisk('de-curl-al-pod');

/** Waits until the shell on the screen waits for a command again; Ctrl-C after `patience` milliseconds. */
async function prompt(page: Page, patience = 6000): Promise<string> {
  const end = Date.now() + patience;
  await page.waitForTimeout(120);
  for (let stopped = false; ;) {
    const shown = await screenText(page);
    if (/[$#]$/.test(shown)) return shown;
    // A shell that was there before kubectl attached has said its prompt to nobody.
    if (shown.endsWith('try pressing enter.')) await page.keyboard.press('Enter');
    if (Date.now() > end + 5000) throw new Error(`no prompt comes back:\n${shown}`);
    if (Date.now() > end && !stopped) {
      stopped = true;
      await page.keyboard.press('Control+c');
    }
    await page.waitForTimeout(60);
  }
}

/** The terminal of that machine, opened when there is none. */
async function terminalOf(page: Page, machine: string): Promise<void> {
  const tab = page.locator('.maquinas [role="tab"]', { hasText: machine === 'mac' ? 'Mac' : machine });
  if ((await tab.count()) === 0) await page.selectOption('.maquinas select', machine);
  else await tab.first().click();
  await prompt(page);
  await page.click('.pantalla:not([hidden])');
}

test('typed: every command line of the document', async () => {
  const rows = inventory.filter(({ id, kind }) => id.startsWith('000') && kind === 'command');
  expect(rows.length).toBeGreaterThan(30);
  const { page, context, complaints } = await visit(`/${LESSONS[0]}/`);
  await ready(page);
  let inside = false;
  for (const { id, host, text } of rows) {
    await terminalOf(page, host === 'pod' ? 'mac' : (host ?? 'mac'));
    if (inside && host === 'mac') {
      await page.keyboard.type('exit\n');
      await prompt(page);
    }
    await page.keyboard.insertText('clear');
    await page.keyboard.press('Enter');
    await prompt(page);
    for (const line of text.split('\n')) {
      await page.keyboard.insertText(line);
      await page.keyboard.press('Enter');
    }
    const shown = await prompt(page);
    if (host === 'mac') inside = / -it /.test(text);
    expect(shown, id).not.toMatch(/command not found/);
  }
  expect(complaints).toEqual([]);
  await context.close();
}, 120_000);

test.each(LESSONS)(
  'clicked: every Ejecutar of %s',
  async (lesson) => {
    const { page, context, complaints } = await visit(`/${lesson}/`);
    await ready(page);
    const buttons = await page.locator('.ejecutar').all();
    expect(buttons.length).toBeGreaterThan(0);
    for (const button of buttons) {
      const command = (await button.getAttribute('data-run')) ?? '';
      // Whoever reads waits for a minute; the lessons' own test does so in virtual time.
      if (/sleep [1-9]\d/.test(command)) continue;
      await button.click();
      await prompt(page);
    }
    expect(await page.locator('.avisos p').allTextContents()).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  },
  120_000,
);
