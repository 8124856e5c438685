/**
 * The headers that let a page boot a WebContainer (cross-origin isolation), only for the lessons that carry one: in dev and
 * preview, and as `_headers` for static hosts that read it (Netlify, Cloudflare Pages). Build time only.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { AstroIntegration } from 'astro';

const PAGE = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
/** An isolated page only starts workers that ask for the same. */
const PART = { 'Cross-Origin-Embedder-Policy': 'require-corp', 'Cross-Origin-Resource-Policy': 'same-origin' };
const PARTS = '/_astro/';

/** Addresses of the lessons that use `<Backend>`. */
export function isolatedPages(): string[] {
  return readdirSync('content', { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && e.name.endsWith('.mdx'))
    .map((e) => `${e.parentPath}/${e.name}`)
    .filter((path) => /^<Backend\b/m.test(readFileSync(path, 'utf8')))
    .map((path) => `/${path.replace(/^content\//, '').replace(/\.mdx$/, '')}/`)
    .sort();
}

export function headersFile(): string {
  const block = (path: string, headers: Record<string, string>) =>
    `${path}\n${Object.entries(headers)
      .map(([name, value]) => `  ${name}: ${value}\n`)
      .join('')}`;
  return [...isolatedPages().map((path) => block(path, PAGE)), block(`${PARTS}*`, PART)].join('\n');
}

/** For Vite's `server.proxy`, which preview servers look at too (they take no plugins): proxies nothing, sets headers. */
export function isolatingProxy() {
  const bypass = (request: IncomingMessage, response: ServerResponse | undefined) => {
    const path = (request.url ?? '/').replace(/[?#].*$/, '');
    const isPart = path.startsWith(PARTS) || /\.(js|ts|tsx|mjs)$/.test(path) || path.startsWith('/@');
    const headers: Record<string, string> = isPart ? PART : path.endsWith('/') && isolatedPages().includes(path) ? PAGE : {};
    for (const [name, value] of Object.entries(headers)) response?.setHeader(name, value);
    return request.url;
  };
  return { '/': { target: 'http://127.0.0.1:9', bypass } };
}

export function isolation(): AstroIntegration {
  return {
    name: 'isolated-pages',
    hooks: { 'astro:build:done': ({ dir }) => writeFileSync(fileURLToPath(new URL('_headers', dir)), headersFile()) },
  };
}
