/** The same journal gives the same bytes in Node and in Chromium. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SavedSession } from '../../src/terminal/protocol.ts';
import { Simulation } from '../../src/terminal/simulation.ts';
import { ready, useBrowser, visit, waitForText } from './browser.ts';

useBrowser();
const LESSON = '/de-curl-al-pod/tres-mundos/';
const COMMANDS = readFileSync('tests/e2e/session-50.sh', 'utf8')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'));

test(`a session of ${COMMANDS.length} commands prints the same bytes in Node and in Chromium`, async () => {
  const { page, context } = await visit(LESSON, { storage: { 'de-curl-al-pod:espacio': 'cerrado' } });
  // What the worker tells the page to print, message by message.
  await page.evaluate(() => {
    const seen: string[] = ((window as unknown as { printed: string[] }).printed = []);
    const listen = MessagePort.prototype.addEventListener as (...args: unknown[]) => void;
    MessagePort.prototype.addEventListener = function (this: MessagePort, ...args: unknown[]) {
      listen.call(this, 'message', ({ data }: MessageEvent) => {
        if (data?.path?.[0] === 'output') seen.push(data.argumentList[1].value as string);
      });
      listen.apply(this, args);
    } as never;
  });
  await page.click('.abrir-espacio');
  await ready(page);
  await page.click('.pantalla:not([hidden])');
  for (const [i, command] of COMMANDS.entries()) {
    await page.keyboard.insertText(command);
    await page.keyboard.press('Enter');
    if (i % 10 === 9) await page.waitForTimeout(300);
  }
  await page.keyboard.insertText('echo fin-$((40+2))');
  await page.keyboard.press('Enter');
  await waitForText(page, /^fin-42/m, 60_000);
  await page.waitForTimeout(2500);

  const printed = await page.evaluate(() => (window as unknown as { printed: string[] }).printed.join(''));
  const saved = await page.evaluate(
    (path) => JSON.parse(localStorage.getItem(`de-curl-al-pod:sesion:${path}`)!) as { value: SavedSession },
    LESSON,
  );
  await context.close();

  const scenario = 'kind-podman';
  const here = await Simulation.start({ scenario, saved: saved.value });
  const again = here.printed.map(({ text }) => text).join('');
  expect(again.length).toBeGreaterThan(1000);
  expect(again.slice(0, printed.length)).toBe(printed.slice(0, again.length));
  expect(here.defects()).toEqual([]);
});
