/** What both ways of running the student's code must do, in a real Chromium. The one that cannot boot here is skipped. */
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import type { NodePort, NodeResponse } from '../../src/components/backend/port.ts';
import { LOGIN_CODE } from '../../src/kubernetes/runtime/images/login-image.ts';
import { ADDRESS, useBrowser, visit, type Visit } from './browser.ts';

useBrowser();
const PAGE = '/__backend/';
let modules: Map<string, string>;

beforeAll(async () => {
  const built = (await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: false, lib: { entry: 'tests/e2e/backend-harness.ts', formats: ['es'], fileName: 'harness' } },
  })) as Rolldown.RolldownOutput[];
  modules = new Map(
    built.flatMap(({ output }) => output.map((o) => [o.fileName, o.type === 'chunk' ? o.code : String(o.source)] as const)),
  );
});

async function harness(): Promise<Visit> {
  const opened = await visit('/robots.txt');
  const headers = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
  await opened.page.route(`${ADDRESS}${PAGE}**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(PAGE.length);
    if (name === '')
      return route.fulfill({ headers, contentType: 'text/html', body: '<!doctype html><title>Backend</title><body></body>' });
    return route.fulfill({ headers, contentType: 'text/javascript', body: modules.get(name) ?? '' });
  });
  await opened.page.goto(ADDRESS + PAGE);
  const [entry] = [...modules.keys()].filter((name) => name.startsWith('harness'));
  await opened.page.addScriptTag({ type: 'module', content: `import "${PAGE}${entry}"; window.ready = true;` });
  await opened.page.waitForFunction(() => 'ready' in window);
  return opened;
}

type Name = 'sandbox' | 'webContainer';

describe.each<Name>(['sandbox', 'webContainer'])('%s', (name) => {
  let opened: Visit;
  let cannot: string | undefined;

  beforeAll(async () => {
    opened = await harness();
    const port = await opened.page.evaluateHandle((n) => (window as unknown as Record<Name, NodePort>)[n], name);
    cannot = await port.evaluate((p) =>
      p.boot().then(
        () => undefined,
        (error: unknown) => String(error),
      ),
    );
    if (name === 'sandbox') expect(cannot).toBeUndefined();
  }, 90_000);
  afterAll(() => opened.context.close());

  const start = (code: string, files: Record<string, string> = {}) =>
    opened.page.evaluate(
      async ([n, all]) => {
        const port = (window as unknown as Record<Name, NodePort>)[n];
        return port.start(all).then(
          () => undefined,
          (error: unknown) => (error as Error).message,
        );
      },
      [name, { 'server.js': code, ...files }] as const,
    );
  const ask = (
    target: string,
    { method = 'GET', headers = [], body = '' }: { method?: string; headers?: [string, string][]; body?: string } = {},
  ) =>
    opened.page.evaluate(
      async ([n, request]): Promise<NodeResponse & { log: string }> => {
        const port = (window as unknown as Record<Name, NodePort>)[n];
        const response = await port.request(request);
        return { ...response, log: port.logs() };
      },
      [
        name,
        { method, target, headers: [['Host', 'midominio.com'], ...headers] as [string, string][], body, hostname: 'login-1' },
      ] as const,
    );
  const header = (response: NodeResponse, wanted: string) => response.headers.find(([n]) => n.toLowerCase() === wanted)?.[1];

  const contract = (what: string, run: () => Promise<void>) =>
    test(what, async (context: TestContext) => {
      if (cannot !== undefined) context.skip(`${name} cannot boot here: ${cannot}`);
      await run();
    });

  contract('the image’s own server.js, as Express answers', async () => {
    expect(await start(LOGIN_CODE)).toBeUndefined();
    const found = await ask('/login');
    expect(found).toMatchObject({ status: 200, body: 'Bienvenido al login!' });
    expect(found.log).toContain('Escuchando en el puerto 3000\n');
    expect(header(found, 'x-powered-by')).toBe('Express');
    expect(header(found, 'content-type')).toBe('text/html; charset=utf-8');
    expect(header(found, 'etag')).toBe('W/"14-T1kEmoIE4X6gzp8fB6NWOHBoIJo"');
    const missing = await ask('/app/login');
    expect(missing.status).toBe(404);
    expect(missing.body).toContain('<pre>Cannot GET /app/login</pre>');
    expect(await ask('/LOGIN/?a=1', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  contract('params, query, bodies, headers, middleware, routers, redirects', async () => {
    const code = `
      const express = require('express');
      const app = express();
      app.use(express.json());
      app.use((req, res, next) => { console.log(req.method, req.originalUrl); res.set('X-Visto', 'sí, '.slice(0, 1)); next(); });
      const api = express.Router();
      api.get('/productos/:id', (req, res) => res.json({ id: req.params.id, orden: req.query.orden, base: req.baseUrl, host: req.get('Host') }));
      api.post('/productos', (req, res) => res.status(201).json({ creado: req.body.nombre }));
      app.use('/api', api);
      app.get('/vieja', (req, res) => res.redirect(301, '/nueva'));
      app.get('/galletas', (req, res) => { res.append('Set-Cookie', 'a=1'); res.append('Set-Cookie', 'b=2'); res.sendStatus(204); });
      app.get('/mal', () => { throw new Error('a propósito'); });
      app.use('/tapada', (req, res) => res.status(403).send('no'));
      app.use((error, req, res, next) => res.status(500).send('fallo: ' + error.message));
      app.listen(3000);
    `;
    expect(await start(code)).toBeUndefined();
    const got = await ask('/api/productos/7?orden=precio');
    expect(JSON.parse(got.body)).toEqual({ id: '7', orden: 'precio', base: '/api', host: 'midominio.com' });
    expect(got.log).toContain('GET /api/productos/7?orden=precio\n');
    expect(header(got, 'x-visto')).toBe('s');
    const made = await ask('/api/productos', {
      method: 'POST',
      headers: [['Content-Type', 'application/json']],
      body: '{"nombre":"zapato ñ"}',
    });
    expect(made).toMatchObject({ status: 201, body: '{"creado":"zapato ñ"}' });
    const moved = await ask('/vieja');
    expect([moved.status, header(moved, 'location')]).toEqual([301, '/nueva']);
    const cookies = await ask('/galletas');
    expect(cookies.status).toBe(204);
    expect(cookies.headers.filter(([n]) => n.toLowerCase() === 'set-cookie').map(([, v]) => v)).toEqual(['a=1', 'b=2']);
    expect(await ask('/mal')).toMatchObject({ status: 500, body: 'fallo: a propósito' });
    expect(await ask('/tapada/dentro')).toMatchObject({ status: 403, body: 'no' });
  });

  contract('node:http alone, asynchronous, with a file of its own', async () => {
    const code = `
      const http = require('node:http');
      const { saludo } = require('./saludo');
      http.createServer((req, res) => {
        let text = '';
        req.on('data', (chunk) => (text += chunk));
        req.on('end', () => setTimeout(() => {
          res.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
          res.end(saludo(text));
        }, 50));
      }).listen(3000, '0.0.0.0', () => console.log('listo'));
    `;
    expect(await start(code, { 'saludo.js': 'exports.saludo = (a) => `Hola, ${a}`;' })).toBeUndefined();
    expect(await ask('/', { method: 'POST', body: 'señora' })).toMatchObject({ status: 200, body: 'Hola, señora' });
  });

  contract('a new start forgets the old program', async () => {
    const program = (text: string) => `let veces = 0; require('http').createServer((q, r) => r.end('${text} ' + ++veces)).listen(3000);`;
    await start(program('uno'));
    expect((await ask('/')).body).toBe('uno 1');
    expect((await ask('/')).body).toBe('uno 2');
    await start(program('dos'));
    expect((await ask('/')).body).toBe('dos 1');
  });

  contract('an endless loop is ended, the page lives, and the program begins anew', async () => {
    await start(`require('http').createServer((q, r) => { if (q.url === '/bucle') for (;;); r.end('vivo'); }).listen(3000);`);
    await opened.page.evaluate(() => {
      const counted = window as unknown as { ticks: number };
      counted.ticks = 0;
      setInterval(() => counted.ticks++, 50);
    });
    expect((await ask('/bucle')).status).toBe(0);
    expect(await opened.page.evaluate(() => (window as unknown as { ticks: number }).ticks)).toBeGreaterThan(20);
    expect(await ask('/')).toMatchObject({ status: 200, body: 'vivo' });
  });

  contract('an answer that never comes, and a program that dies', async () => {
    await start(
      `require('http').createServer((q, r) => { if (q.url === '/muere') setTimeout(() => { throw new Error('adiós'); }); else if (q.url !== '/nunca') r.end('sí'); }).listen(3000);`,
    );
    expect((await ask('/nunca')).status).toBe(0);
    const died = await ask('/muere');
    expect(died.status).toBe(-1);
    expect(died.log).toContain('adiós');
    expect(await ask('/')).toMatchObject({ status: 200, body: 'sí' });
  });

  contract('a program that cannot start says why', async () => {
    expect(await start('const a = ;')).toContain('Unexpected token');
    expect(await start(`require('no-existe')`)).toContain("Cannot find module 'no-existe'");
    expect(await start(`require('express')().listen(8080)`)).toContain('no ha llegado a escuchar en el puerto 3000');
  });

  if (name === 'sandbox') {
    contract('it reaches nothing: no network, no page, no storage', async () => {
      const code = `
        const http = require('http');
        const reach = Function('return this')();
        const tries = {
          fetch: () => reach.fetch('${ADDRESS}/robots.txt').then(() => 'reached', (e) => 'no'),
          import: () => Function('return import("${ADDRESS}/robots.txt")')().then(() => 'reached', () => 'no'),
          scripts: async () => { try { reach.importScripts('${ADDRESS}/robots.txt'); return 'reached'; } catch { return 'no'; } },
          socket: () => new Promise((done) => { try { const s = new reach.WebSocket('ws://127.0.0.1:4399'); s.onopen = () => done('reached'); s.onerror = () => done('no'); } catch { done('no'); } }),
          storage: async () => { try { return await new Promise((done) => { const o = reach.indexedDB.open('a'); o.onsuccess = () => done('reached'); o.onerror = () => done('no'); }); } catch { return 'no'; } },
          page: async () => (typeof reach.document + typeof reach.localStorage === 'undefinedundefined' ? 'no' : 'reached'),
        };
        http.createServer(async (q, r) => {
          const out = {};
          for (const [name, run] of Object.entries(tries)) { try { out[name] = await run(); } catch { out[name] = 'no'; } }
          r.end(JSON.stringify(out));
        }).listen(3000);
      `;
      expect(await start(code)).toBeUndefined();
      expect(JSON.parse((await ask('/')).body)).toEqual({
        fetch: 'no',
        import: 'no',
        scripts: 'no',
        socket: 'no',
        storage: 'no',
        page: 'no',
      });
    });
  }
});
