/** What stands beside the terminal: topology, events, files, tasks, the time line, the question before a paste. */
import { expect, test } from 'vitest';
import { ready, screenText, typeLine, useBrowser, violations, visit, waitForText } from './browser.ts';

useBrowser();
const LESSON = '/de-curl-al-pod/tres-mundos/';

test('the topology shows who is behind a Service, and what changes', async () => {
  const { page, context, complaints } = await visit(LESSON);
  await ready(page);
  await page.click('[data-view="topologia"]');
  await page.click('.services button:has-text("spink")');
  expect(await page.locator('.nodos > li').count()).toBe(3);
  expect(await page.locator('.pod.detras').count()).toBe(2);
  expect(await violations(page)).toEqual([]);
  await page.click('[data-view="terminal"]');
  await typeLine(page, 'kubectl scale deploy spink --replicas=3');
  await page.click('[data-view="topologia"]');
  await page.waitForFunction(() => document.querySelectorAll('.pod').length === 3);
  await page.click('[data-view="terminal"]');
  await typeLine(page, 'kubectl delete svc spink');
  await page.click('[data-view="topologia"]');
  await page.waitForFunction(() => document.querySelectorAll('.services button').length === 0);
  await page.click('[data-view="eventos"]');
  await page.waitForSelector('.eventos li:has-text("SuccessfulCreate")');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await context.close();
});

test('files can be read, of every machine', async () => {
  const { page, context } = await visit(LESSON);
  await ready(page);
  await typeLine(page, 'echo hola > nota.txt');
  await page.click('[data-view="archivos"]');
  await page.click('.archivos li button:has-text("nota.txt")');
  await page.waitForSelector('.archivos pre:has-text("hola")');
  await page.selectOption('.archivos select', 'worker-1');
  await page.click('.archivos .ruta button:has-text("/")');
  await page.click('.archivos li button:has-text("etc/")');
  await page.click('.archivos li button:has-text("hostname")');
  await page.waitForSelector('.archivos pre:has-text("worker-1")');
  expect(await violations(page)).toEqual([]);
  await context.close();
});

test('the time line goes back to before a command, and what terminals print is there as text', async () => {
  const { page, context } = await visit(LESSON);
  await ready(page);
  await typeLine(page, 'echo uno > huella');
  await typeLine(page, 'rm huella');
  await typeLine(page, 'ls huella; echo listo');
  await waitForText(page, /^listo/m);
  await page.waitForFunction(() => document.querySelector('[role="log"]')?.textContent?.includes("cannot access 'huella'"));
  await page.waitForFunction(() => document.querySelectorAll('.tiempo li').length === 3);
  await page.click('.tiempo li:nth-child(2) button');
  expect(await violations(page)).toEqual([]);
  await Promise.all([page.waitForEvent('load'), page.click('.vuelta-atras button')]);
  await ready(page);
  expect(await page.locator('.tiempo li').count()).toBe(1);
  await typeLine(page, 'cat huella; echo dos');
  expect(await waitForText(page, /^dos/m)).toMatch(/^uno$/m);
  await context.close();
});

test('several lines are shown before they are pasted; one line is not', async () => {
  const { page, context } = await visit(LESSON);
  await ready(page);
  const paste = (text: string) =>
    page.evaluate((data) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', data);
      const target = document.querySelector('.pantalla:not([hidden]) textarea')!;
      target.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  await page.click('.pantalla:not([hidden])');
  await paste('echo una\necho otra\n');
  await page.waitForSelector('.pegado[open]');
  expect(await violations(page)).toEqual([]);
  await page.click('.pegado [value="no"]');
  expect(await screenText(page)).not.toContain('echo una');
  await paste('echo una\necho otra\n');
  await page.click('.pegado [value="si"]');
  await waitForText(page, /^echo otra$/m);
  await page.click('.pantalla:not([hidden])');
  await page.keyboard.press('Enter');
  await waitForText(page, /^una\notra/m);
  await paste('echo sola');
  await waitForText(page, /[$#] echo sola$/m);
  await context.close();
});

test('the home page takes a command at once', async () => {
  const { page, context, complaints } = await visit('/');
  await page.press('#probar', 'Enter');
  await ready(page);
  await waitForText(page, /^Hola desde spink/m);
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await context.close();
});
