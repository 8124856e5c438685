/** «¿Por qué?»: a packet is sent in a copy of the world, and the page says what decided its fate. */
import { expect, test } from 'vitest';
import { ready, screenText, typeLine, useBrowser, violations, visit, waitForText } from './browser.ts';

useBrowser();
const LESSON = '/de-curl-al-pod/tres-mundos/';
const SHOTS = process.env['SCREENSHOTS'];

test('a Service without endpoints: why it refuses, where that is written, what mends it', async () => {
  const { page, context, complaints } = await visit(LESSON);
  await ready(page);
  await typeLine(page, 'kubectl scale deploy spink --replicas=0; kubectl wait --for=delete pod -l app=spink; sleep 2; echo $?');
  await waitForText(page, /scaled\n[^]*^0$/m, 60_000);
  await page.click('[data-view="porque"]');
  await page.waitForSelector('.porque button[type="submit"]');
  expect(await violations(page)).toEqual([]);
  // Only with the keyboard from here.
  await page.focus('.porque [name="to"]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.porque h2:has-text("es rechazado")', { timeout: 30_000 });
  await page.waitForSelector('.porque .escrito pre:has-text("has no endpoints")');
  await page.waitForSelector('.porque .cambios pre:has-text("--replicas=1")', { timeout: 60_000 });
  expect(await page.textContent('.porque .cambios li')).toContain('Entonces llega');
  expect(await page.locator('.porque .paquete [aria-current] .reglas, .porque .paquete .drop[aria-current]').count()).toBeGreaterThan(0);
  await page.click('.porque .paquete [aria-label="Paso anterior"]');
  await page.click('.porque .paquete [aria-label="Paso siguiente"]');
  expect(await violations(page)).toEqual([]);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/why-dark.png` });
  // The world of the student has seen nothing of it; the command is typed, and left for the student to send.
  await page.click('.porque .cambios button');
  await page.waitForFunction(() => document.querySelector('#tab-terminal')?.getAttribute('aria-selected') === 'true');
  await waitForText(page, /kubectl scale deployment spink -n default --replicas=1$/m);
  expect((await screenText(page)).match(/scaled/g)).toHaveLength(1);
  expect(complaints).toEqual([]);
  await context.close();
});

test('on a phone, in the light', async () => {
  const { page, context } = await visit(LESSON, { phone: true, light: true });
  await page.click('.abrir-espacio');
  await ready(page);
  await page.click('[data-view="porque"]');
  await page.fill('.porque [name="to"]', '172.18.0.3');
  await page.fill('.porque [name="port"]', '7777');
  await page.click('.porque button[type="submit"]');
  await page.waitForSelector('.porque h2', { timeout: 30_000 });
  await page.waitForSelector('.porque .cambios, .porque [aria-busy="false"] .nada', { timeout: 60_000 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  expect(await violations(page)).toEqual([]);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/why-phone.png` });
  await context.close();
});
