/** Every page of the built site, one sweep: wide and dark, narrow and light. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADDRESS, useBrowser, violations, visit, type Visit } from './browser.ts';

useBrowser();

/** The workspace has tests of its own (views, labs, page); here it stays shut and nothing of the simulator is loaded. */
const SHUT = { 'de-curl-al-pod:espacio': 'cerrado' };

const pages = readdirSync('dist', { recursive: true, encoding: 'utf8' })
  .filter((name) => /(^|\/)index\.html$|^404\.html$/.test(name))
  .map((name) => ({
    path: name === '404.html' ? '/404/' : `/${name.replace(/index\.html$/, '')}`,
    html: readFileSync(`dist/${name}`, 'utf8'),
  }));
const paths = new Set(pages.map(({ path }) => path));

describe.each([
  ['dark and wide', {}],
  ['light, on a phone', { phone: true, light: true }],
])('%s', (_, options) => {
  let opened: Visit;
  beforeAll(async () => void (opened = await visit('/', { ...options, storage: SHUT })));
  afterAll(() => opened.context.close());

  test.each([...paths])('%s passes axe, fits, and says nothing in the console', async (path) => {
    const { page, complaints } = opened;
    // What is still on its way when a page is left is no fault of the next.
    await page.goto('about:blank');
    complaints.length = 0;
    await page.goto(ADDRESS + path);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    expect(complaints.filter((text) => !(path === '/404/' && text.includes('404')))).toEqual([]);
  });
});

test('every page has one h1, a title and a description of its own, and a card', () => {
  const of = (pattern: RegExp) => pages.map(({ path, html }) => ({ path, found: [...html.matchAll(pattern)].map((m) => m[1]) }));
  const without = (pattern: RegExp) =>
    of(pattern)
      .filter(({ found }) => found.length !== 1)
      .map(({ path, found }) => `${path}: ${found.length}`);
  expect(without(/<h1[\s>]/g)).toEqual([]);
  expect(without(/<meta property="og:image" content="([^"]+)"/g)).toEqual([]);
  for (const pattern of [/<title>([^<]+)<\/title>/g, /<meta name="description" content="([^"]+)"/g]) {
    expect(without(pattern)).toEqual([]);
    const texts = of(pattern).map(({ found }) => found[0]);
    expect(texts.filter((text, i) => texts.indexOf(text) !== i)).toEqual([]);
  }
});

test('every link inside the course leads to a page, and to a place on it', () => {
  const broken = pages.flatMap(({ path, html }) =>
    [...html.matchAll(/<a\s[^>]*?href="([^"]+)"/g)].flatMap(([, href]) => {
      const { pathname, hash, origin } = new URL(href!, `https://here${path}`);
      if (origin !== 'https://here' || /\.\w+$/.test(pathname)) return [];
      const target = pages.find((page) => page.path === pathname);
      const there = target && (hash === '' || target.html.includes(`id="${decodeURIComponent(hash.slice(1))}"`));
      return there ? [] : [`${path} → ${href}`];
    }),
  );
  expect(paths.size).toBeGreaterThan(10);
  expect(broken).toEqual([]);
});

test.each(['DNAT', 'kube-proxy', 'quórum', 'quorum', 'conntrack'])('the search finds «%s»', async (word) => {
  const { page, context, complaints } = await visit('/');
  await page.click('site-search button');
  await page.fill('site-search input', word);
  await page.waitForSelector('.pagefind-ui__result-link');
  expect(await page.locator('.pagefind-ui__result-link').count()).toBeGreaterThan(0);
  expect((await page.locator('.pagefind-ui__result').allTextContents()).join(' ').toLowerCase()).toContain(
    word === 'quorum' ? 'quórum' : word.toLowerCase(),
  );
  expect(complaints).toEqual([]);
  await context.close();
});
