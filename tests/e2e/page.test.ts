/** The page around the simulator: what it loads, remembers and survives. */
import { readdirSync, readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ready, screenText, typeLine, useBrowser, violations, visit, waitForText } from './browser.ts';

useBrowser();
/** Compressed KB of styles that Starlight alone would have sent. */
const STARLIGHT_STYLES = 10;
const LESSON = '/de-curl-al-pod/tres-mundos/';

test.each([
  ['the home page', '/'],
  ['a lesson', LESSON],
  ['the page of an address that does not exist', '/no-existe/'],
])('%s has no violation of accessibility and says nothing in the console', async (_, path) => {
  for (const options of [{}, { light: true }, { phone: true, light: true }, { phone: true }]) {
    const { page, complaints, context } = await visit(path, options);
    if (path === LESSON) {
      if (options.phone) await page.click('.abrir-espacio');
      await ready(page);
    }
    expect(await violations(page)).toEqual([]);
    expect(complaints.filter((text) => !(path === '/no-existe/' && text.includes('404')))).toEqual([]);
    await context.close();
  }
});

test('a page without terminal loads nothing of it', async () => {
  const { page, context } = await visit('/');
  await page.waitForTimeout(1500);
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map((r) => r.name));
  expect(loaded.filter((name) => /desk|worker|xterm/.test(name))).toEqual([]);
  await context.close();
});

test('on a phone nothing of the simulator is loaded before the workspace is opened', async () => {
  const { page, context } = await visit(LESSON, { phone: true });
  await page.waitForTimeout(1500);
  const loaded = () =>
    page.evaluate(
      () =>
        performance
          .getEntriesByType('resource')
          .map((r) => r.name)
          .filter((name) => /desk|worker/.test(name)).length,
    );
  expect(await loaded()).toBe(0);
  await page.click('.abrir-espacio');
  await ready(page);
  expect(await loaded()).toBeGreaterThan(0);
  await context.close();
});

test('the text of a lesson reads without JavaScript', async () => {
  const { page, context } = await visit(LESSON, { javaScript: false });
  expect(await page.textContent('main')).toContain('$ ');
  expect(await page.isVisible('.ejecutar')).toBe(false);
  await context.close();
});

test('Ejecutar types the command into the terminal', async () => {
  const { page, context } = await visit(LESSON);
  await ready(page);
  const command = await page.getAttribute('.ejecutar[data-host="mac"]', 'data-run');
  await page.click('.ejecutar[data-host="mac"]');
  await waitForText(page, new RegExp(command!.split(/\s/)[0]!.replace(/[^\w]/g, '.')));
  await context.close();
});

test('on a phone commands go through a native line and a row of keys', async () => {
  const { page, context } = await visit(LESSON, { phone: true });
  await page.click('.abrir-espacio');
  await ready(page);
  await page.fill('.linea input', 'echo hola-movil');
  await page.click('.linea button');
  await waitForText(page, /^hola-movil/m);
  await page.click('[data-key="up"]');
  await waitForText(page, /[$#] echo hola-movil\s*$/);
  await page.click('[data-key="ctrl-c"]');
  for (const line of ['vi nota', 'iescrito', ':wq']) {
    await page.fill('.linea input', line);
    await page.click('.linea button');
    if (line !== ':wq') await page.waitForTimeout(500);
    if (line === 'iescrito') await page.click('[data-key="esc"]');
  }
  await page.fill('.linea input', 'cat nota');
  await page.click('.linea button');
  await waitForText(page, /^escrito/m);
  await context.close();
});

test('the keyboard gets out of the terminal with Esc and then Tab', async () => {
  const { page, context } = await visit(LESSON);
  await ready(page);
  await page.click('.pantalla:not([hidden])');
  const inside = () => page.evaluate(() => Boolean(document.activeElement?.closest('.xterm')));
  expect(await inside()).toBe(true);
  await page.keyboard.press('Tab');
  expect(await inside()).toBe(true);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+Tab');
  expect(await inside()).toBe(false);
  await context.close();
});

test('an endless loop ends with Ctrl-C and the page stays alive', async () => {
  const { page, context } = await visit(LESSON);
  await ready(page);
  await typeLine(page, 'while true; do echo vuelta; done');
  await waitForText(page, /vuelta\nvuelta/);
  await page.click('.vistas [data-view="paquete"]');
  await page.click('.vistas [data-view="terminal"]');
  await page.click('.pantalla:not([hidden])');
  await page.keyboard.press('Control+c');
  await waitForText(page, /[$#] *$/);
  await typeLine(page, 'echo sigo-$((40+2))');
  await waitForText(page, /^sigo-42/m);
  await context.close();
});

test('a megabyte pasted neither freezes the page nor stops Ctrl-C', async () => {
  const { page, context, complaints } = await visit(LESSON);
  await ready(page);
  await page.click('.pantalla:not([hidden])');
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData('text/plain', 'abcdefghij'.repeat(100_000));
    document
      .querySelector('.pantalla:not([hidden]) textarea')!
      .dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await waitForText(page, /abcdefghij/);
  await page.evaluate(() => document.title);
  await page.keyboard.press('Control+c');
  await waitForText(page, /[$#] *$/, 30_000);
  await typeLine(page, 'echo vivo-$((1+1))');
  await waitForText(page, /^vivo-2/m, 30_000);
  expect(complaints).toEqual([]);
  await context.close();
});

test('a reload goes on where the session was', async () => {
  const { page, context } = await visit(LESSON);
  await ready(page);
  await typeLine(page, 'X=recuerdo; echo antes-$X');
  const before = await waitForText(page, /^antes-recuerdo\n.*[$#] *$/m);
  await page.waitForTimeout(500);
  await page.reload();
  await ready(page);
  await waitForText(page, /^antes-recuerdo/m);
  expect(await screenText(page)).toBe(before);
  await typeLine(page, 'echo despues-$X');
  await waitForText(page, /^despues-recuerdo/m);
  await context.close();
});

test.each([
  ['a session that is no JSON', `de-curl-al-pod:sesion:${LESSON}`, '{roto'],
  ['a session of an unknown version', `de-curl-al-pod:sesion:${LESSON}`, '{"version":99,"value":{}}'],
  ['progress with parts missing', 'de-curl-al-pod:progreso', '{"version":1,"value":{"lessons":{}}}'],
])('%s is told, kept aside and started anew', async (_, key, value) => {
  const { page, context, complaints } = await visit(LESSON, { storage: { [key]: value } });
  await ready(page);
  expect(await page.textContent('[role="alert"]:not([hidden])')).toContain('empezamos de nuevo');
  const saved = await page.evaluate(() => Object.entries(localStorage));
  expect(saved.filter(([name, text]) => name.startsWith(`${key}:copia-`) && text === value)).toHaveLength(1);
  expect(complaints).toEqual([]);
  await context.close();
});

/** Compressed as hosts send it (brotli); fonts are so already. */
test('a terminal page loads less than 450 KB compressed, one without at most 40 KB beyond Starlight', async () => {
  const assets = readdirSync('dist/_astro').map((name) => ({
    name,
    bytes: /woff2?$/.test(name)
      ? readFileSync(`dist/_astro/${name}`).length
      : brotliCompressSync(readFileSync(`dist/_astro/${name}`)).length,
  }));
  const ours = (name: string) =>
    !/(page|Search|MobileTableOfContents|TableOfContents|ui-core|preload-helper|starlight-toc|ec)\.[^/]*$|pagefind/.test(name);
  const size = (names: string[]) =>
    assets.filter(({ name }) => names.some((n) => n.endsWith(name))).reduce((sum, { bytes }) => sum + bytes, 0);
  const loaded = async (path: string, wait: boolean, which = (_: string) => true) => {
    const { page, context } = await visit(path);
    if (wait) await ready(page);
    else await page.waitForTimeout(1000);
    const names = await page.evaluate(() => performance.getEntriesByType('resource').map((r) => r.name));
    const workers = page.workers().map((worker) => worker.url());
    await context.close();
    return size([...names, ...workers].filter(which));
  };
  const [terminal, plain] = [await loaded(LESSON, true), await loaded('/', false, ours)];
  console.log(
    `terminal page ${(terminal / 1024).toFixed(0)} KB, page without ${(plain / 1024).toFixed(0)} KB besides Starlight's scripts (compressed)`,
  );
  expect(terminal).toBeLessThan(450 * 1024);
  expect(plain).toBeLessThan((40 + STARLIGHT_STYLES) * 1024);
});
