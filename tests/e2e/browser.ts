/** A page of the built site in a real Chromium, with what it said in the console. */
import { afterAll, beforeAll } from 'vitest';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import axe from 'axe-core';
import { findChromium } from '../../src/cli/chromium.ts';

/** Where tests/e2e/serve.ts serves the site. */
export const ADDRESS = 'http://127.0.0.1:4399';

let browser: Browser;

export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium() ?? '', args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** Errors and warnings in the console, failed requests, exceptions. */
  complaints: string[];
  /** Compressed bytes of scripts, styles, fonts and documents received so far. */
  bytes(): Promise<number>;
}

export interface VisitOptions {
  phone?: boolean;
  light?: boolean;
  /** Saved things, as localStorage has them, from before the visit. */
  storage?: Record<string, string>;
  javaScript?: boolean;
  /** The browser says that there is no way out to the Internet; the site itself is served all the same. */
  offline?: boolean;
}

export async function visit(
  path: string,
  { phone = false, light = false, storage = {}, javaScript = true, offline = false }: VisitOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 800 },
    hasTouch: phone,
    colorScheme: light ? 'light' : 'dark',
    javaScriptEnabled: javaScript,
    locale: 'es-ES',
    permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce',
  });
  if (Object.keys(storage).length > 0) {
    await context.addInitScript((saved) => {
      if (sessionStorage.getItem('seeded')) return;
      sessionStorage.setItem('seeded', '1');
      for (const [key, value] of Object.entries(saved)) localStorage.setItem(key, value);
    }, storage);
  }
  if (offline) await context.addInitScript(() => Object.defineProperty(navigator, 'onLine', { get: () => false }));
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()} ${request.failure()?.errorText ?? ''}`));
  page.on('dialog', (dialog) => void dialog.accept());
  await page.goto(ADDRESS + path);
  return {
    page,
    context,
    complaints,
    bytes: () =>
      page.evaluate(() =>
        performance.getEntriesByType('resource').reduce((sum, r) => sum + (r as PerformanceResourceTiming).encodedBodySize, 0),
      ),
  };
}

/** Waits until the workspace's first terminal shows a prompt. */
export async function ready(page: Page): Promise<void> {
  await page.waitForSelector('#espacio[data-ready]', { timeout: 60_000, state: 'attached' });
  await waitForText(page, /[$#➜] *$/m);
}

/** What the visible terminal shows. */
export function screenText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const rows = document.querySelectorAll('.pantalla:not([hidden]) .xterm-rows > div');
    return [...rows]
      .map((row) => (row.textContent ?? '').replaceAll('\u00a0', ' ').trimEnd())
      .join('\n')
      .trimEnd();
  });
}

export async function waitForText(page: Page, text: RegExp, timeout = 20_000): Promise<string> {
  const end = Date.now() + timeout;
  for (;;) {
    const shown = await screenText(page);
    if (text.test(shown)) return shown;
    if (Date.now() > end) throw new Error(`the terminal does not show ${text}, but:\n${shown}`);
    await page.waitForTimeout(100);
  }
}

/** Types a line into the focused terminal. */
export async function typeLine(page: Page, line: string): Promise<void> {
  await page.click('.pantalla:not([hidden])');
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
}

/** Violations found by axe, one line each: those that stay, for what scrolls becomes focusable only when the page has been idle. */
export async function violations(page: Page, patience = 3000): Promise<string[]> {
  await page.evaluate(axe.source);
  for (const end = Date.now() + patience; ; await page.waitForTimeout(300)) {
    const found = await violationsNow(page);
    if (found.length === 0 || Date.now() > end) return found;
  }
}

function violationsNow(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { violations } = await (
      window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> } }
    ).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  });
}
