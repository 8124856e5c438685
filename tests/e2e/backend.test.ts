/** The backend's code in its lesson: edited, run for real, reached over the simulated network, repeated without being run. */
import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { ready, typeLine, useBrowser, violations, visit, waitForText, type VisitOptions } from './browser.ts';

useBrowser();
const LESSON = '/entrar-al-cluster/ingress-y-rewrite/';
const SHOTS = process.env['SHOTS'];
const CODE = `const express = require('express');
const app = express();
app.get('/login', (req, res) => { console.log('visto', req.originalUrl); res.send('Hola desde mi programa\\n'); });
app.get('/bucle', () => { for (;;); });
app.listen(3000);
`;

/** The cluster's control plane has a prompt of its own. */
async function clusterReady(page: Page): Promise<void> {
  await page.waitForSelector('#espacio[data-ready]', { timeout: 60_000 });
  await waitForText(page, /➜/, 60_000);
}

/** Puts code into the editor, which is fetched when it comes near. */
async function write(page: Page, code: string): Promise<void> {
  await page.locator('curso-backend').scrollIntoViewIfNeeded();
  await page.fill('curso-backend .cm-content', code);
}

test('requests that reach the Pod are answered by the student’s code, and again from the journal', async () => {
  const { page, complaints, context } = await visit(LESSON);
  await clusterReady(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await typeLine(
    page,
    "clear; kubectl apply -f ejemplos/backend/login.yaml; kubectl wait --for=condition=Available deployment/login; POD=$(kubectl get pod -l app=login -o jsonpath='{.items[0].status.podIP}')",
  );
  await waitForText(page, /condition met/, 60_000);
  await typeLine(page, 'clear; curl -s $POD:3000/login');
  await waitForText(page, /Bienvenido al login!/);

  await write(page, CODE);
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('curso-backend[data-vivo]', { timeout: 40_000 });
  expect(await page.textContent('curso-backend .estado')).toMatch(/^Contesta tu código: corre en /);
  await typeLine(page, 'clear; curl -s $POD:3000/login; kubectl logs deployment/login | tail -1');
  await waitForText(page, /Hola desde mi programa[^]*visto \/login/);
  expect(await page.textContent('curso-backend pre')).toContain('visto /login');

  await typeLine(page, "clear; curl -s -m 5 -w '%{exitcode}\\n' $POD:3000/bucle");
  await page.waitForSelector('curso-backend[data-mal]', { timeout: 20_000 });
  await waitForText(page, /^28$/m);
  await typeLine(page, 'clear; curl -s $POD:3000/login');
  await waitForText(page, /Hola desde mi programa/);
  expect(complaints.filter((text) => !/webcontainer|stackblitz|^blob:null/i.test(text))).toEqual([]);

  // Repeated: nobody runs the code, and what it answered is still there.
  await page.waitForTimeout(2500);
  await waitForText(page, /Hola desde mi programa/);
  await page.reload();
  await clusterReady(page);
  await waitForText(page, /Hola desde mi programa/);
  await typeLine(page, 'clear; curl -s $POD:3000/login');
  await waitForText(page, /Bienvenido al login!/);
  expect(await page.inputValue('curso-backend textarea')).toBe(CODE);
  await context.close();
}, 180_000);

test('a program that does not start says why, and Parar gives the image’s back', async () => {
  const { page, context } = await visit(LESSON, { phone: true, offline: true });
  await write(page, 'const a = ;');
  await page.click('curso-backend [data-hacer="ejecutar"]');
  await page.waitForSelector('curso-backend[data-mal]', { timeout: 40_000 });
  expect(await page.textContent('curso-backend .estado')).toContain('Unexpected token');
  await page.click('curso-backend [data-hacer="original"]');
  await page.click('curso-backend [data-hacer="ejecutar"]');
  await page.waitForSelector('curso-backend[data-vivo]', { timeout: 60_000 });
  await page.click('curso-backend [data-hacer="parar"]');
  await page.waitForSelector('curso-backend .estado:text-is("Contesta el programa que trae la imagen.")');
  await context.close();
}, 120_000);

test('the editor keeps no keyboard, goes back to the original, and is a textarea without JavaScript', async () => {
  const { page, context, complaints } = await visit(LESSON, { storage: { 'de-curl-al-pod:espacio': 'cerrado' } });
  const names = () => page.evaluate(() => performance.getEntriesByType('resource').map((r) => r.name));
  expect((await names()).filter((name) => /editor/.test(name))).toEqual([]);
  await write(page, 'if (1) {');
  await page.press('curso-backend .cm-content', 'End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('x');
  expect(await page.inputValue('curso-backend textarea')).toBe('if (1) {\n  x');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-hacer'))).toBe('ejecutar');
  await page.click('curso-backend [data-hacer="original"]');
  expect(await page.textContent('curso-backend .cm-content')).toContain("require('express')");
  expect(complaints).toEqual([]);
  await context.close();
  const plain = await visit(LESSON, { javaScript: false });
  expect(await plain.page.isVisible('curso-backend textarea')).toBe(true);
  await plain.context.close();
});

test.each<[string, VisitOptions]>([
  ['claro', { light: true }],
  ['oscuro', {}],
  ['movil-claro', { phone: true, light: true }],
  ['movil-oscuro', { phone: true }],
])(
  'accessible and in its place: %s',
  async (name, options) => {
    const { page, context } = await visit(LESSON, { ...options, offline: true });
    await page.click('curso-backend [data-hacer="ejecutar"]');
    await page.waitForSelector('curso-backend[data-vivo]', { timeout: 60_000 });
    expect(await violations(page)).toEqual([]);
    const { left, right } = await page.$eval('curso-backend', (e) => ({
      left: e.getBoundingClientRect().left,
      right: e.getBoundingClientRect().right,
    }));
    expect(left).toBeGreaterThanOrEqual(0);
    expect(right).toBeLessThanOrEqual(options.phone ? 390 : 1280);
    if (SHOTS) {
      mkdirSync(SHOTS, { recursive: true });
      await page.locator('curso-backend').screenshot({ path: `${SHOTS}/backend-${name}.png` });
    }
    await context.close();
  },
  120_000,
);

test('only the pages that use it are isolated, and only they fetch it', async () => {
  const { page, context } = await visit('/de-curl-al-pod/tres-mundos/');
  await ready(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
  const names = await page.evaluate(() => performance.getEntriesByType('resource').map((r) => r.name));
  expect(names.filter((name) => /choose|webcontainer|sandbox/i.test(name))).toEqual([]);
  await context.close();
});
