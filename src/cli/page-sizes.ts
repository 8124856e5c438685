/**
 * What a visitor's browser receives, in bytes as hosts send them: pages of the production build are served here, compressed, to a
 * real Chromium, and what it asks for is counted, the worker's chunks too. Starlight's own share is that of a bare Starlight site,
 * built beside ours for the comparison.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import starlight from '@astrojs/starlight';
import { build } from 'astro';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ensureChromium } from './chromium.ts';

export interface Received {
  /** With brotli, as a browser asks for it. */
  brotli: number;
  /** For hosts that have nothing better. */
  gzip: number;
  files: { path: string; brotli: number; gzip: number }[];
}

export interface PageSizes {
  /** Everything that a lesson with a terminal loads until its prompt is there; then until the first kubectl and the first curl have answered. */
  terminal: { prompt: Received; used: Received };
  /** The same of a lab's page. */
  lab: { prompt: Received; used: Received };
  /** Scripts, styles, fonts and pictures of the front page, without its text. */
  plain: Received;
  starlight: Received;
}

const ROOT = join(import.meta.dirname, '../..');
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.woff2': 'font/woff2', '.woff': 'font/woff' };
/** Compressed already. */
const DENSE = new Set(['.woff2', '.woff', '.png', '.jpg', '.webp']);

/** Throws when there is no production build, or when a page does not do what it should. */
export async function pageSizes(): Promise<PageSizes> {
  const dist = join(ROOT, 'dist');
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: ['--no-sandbox'] });
  try {
    return {
      terminal: await withTerminal(browser, dist, 'de-curl-al-pod'),
      lab: await withTerminal(browser, dist, 'labs'),
      plain: withoutText((await received(browser, dist, '/'))[0]!),
      starlight: withoutText((await received(browser, await bareStarlight(), '/'))[0]!),
    };
  } finally {
    await browser.close();
  }
}

/** The first page of that folder. */
async function withTerminal(browser: Browser, dist: string, folder: string): Promise<{ prompt: Received; used: Received }> {
  const [first] = readdirSync(join(dist, folder), { withFileTypes: true }).filter((e) => e.isDirectory());
  if (!first) throw new Error(`There is no page in dist/${folder}.`);
  const [prompt, used] = await received(browser, dist, `/${folder}/${first.name}/`, prompted, useTerminal);
  return { prompt: prompt!, used: used! };
}

async function prompted(page: Page): Promise<void> {
  await page.waitForSelector('#espacio[data-ready]', { timeout: 60_000, state: 'attached' });
}

async function useTerminal(page: Page): Promise<void> {
  await page.click('.pantalla:not([hidden])');
  await run(page, 'kubectl get pods -A', /kube-proxy/);
  await run(page, 'curl -sI localhost:30080', /HTTP\/1\.1/);
}

async function run(page: Page, line: string, answer: RegExp): Promise<void> {
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
  await page.waitForFunction((text) => new RegExp(text).test(document.querySelector('.pantalla:not([hidden]) .xterm-rows')?.textContent ?? ''), answer.source, { timeout: 60_000 });
}

/** Opens a page with nothing in the cache and does there what has to be done; what had come after each stage. */
async function received(browser: Browser, dir: string, path: string, ...stages: ((page: Page) => Promise<void>)[]): Promise<Received[]> {
  const site = await serve(dir);
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'es-ES' });
  try {
    await page.goto(`http://127.0.0.1:${site.port}${path}`);
    const all: Received[] = [];
    for (const stage of stages.length > 0 ? stages : [() => Promise.resolve()]) {
      await stage(page);
      await page.waitForLoadState('networkidle');
      all.push(total([...site.sent].map(([name, sizes]) => ({ path: name, ...sizes }))));
    }
    return all;
  } finally {
    await page.close();
    site.close();
  }
}

interface Site {
  port: number;
  sent: Map<string, { brotli: number; gzip: number }>;
  close(): void;
}

function serve(dir: string): Promise<Site> {
  const sent: Site['sent'] = new Map();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = join(dir, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    if (!file.startsWith(dir) || !statSync(file, { throwIfNoEntry: false })?.isFile()) return void response.writeHead(404).end();
    const content = readFileSync(file), extension = extname(file), dense = DENSE.has(extension);
    const body = dense ? content : brotliCompressSync(content);
    sent.set(pathname, { brotli: body.length, gzip: dense ? body.length : gzipSync(content, { level: 9 }).length });
    response.writeHead(200, { 'content-type': TYPES[extension] ?? 'application/octet-stream', ...(dense ? {} : { 'content-encoding': 'br' }) }).end(body);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, sent, close: () => void server.close() }));
  });
}

/** The least Starlight site, with its Spanish texts and nothing of ours. */
async function bareStarlight(): Promise<string> {
  const root = join(ROOT, 'node_modules/.cache/bare-starlight');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, 'src/content/docs'), { recursive: true });
  writeFileSync(join(root, 'src/content.config.ts'), "import { defineCollection } from 'astro:content';\nimport { docsLoader } from '@astrojs/starlight/loaders';\nimport { docsSchema } from '@astrojs/starlight/schema';\nexport const collections = { docs: defineCollection({ loader: docsLoader(), schema: docsSchema() }) };\n");
  writeFileSync(join(root, 'src/content/docs/index.md'), '---\ntitle: Hola\n---\n\n## Uno\n\n```sh\necho hola\n```\n');
  await build({ root, logLevel: 'error', integrations: [starlight({ title: 'Hola', locales: { root: { label: 'Español', lang: 'es' } }, credits: false })] });
  return join(root, 'dist');
}

function withoutText({ files }: Received): Received {
  return total(files.filter(({ path }) => extname(path) !== '' && extname(path) !== '.html'));
}

function total(files: Received['files']): Received {
  const sum = (of: 'brotli' | 'gzip') => files.reduce((n, f) => n + f[of], 0);
  return { brotli: sum('brotli'), gzip: sum('gzip'), files: files.sort((a, b) => b.brotli - a.brotli) };
}
