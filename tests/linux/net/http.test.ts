import { expect, test } from 'vitest';
import { httpFetch, httpListen, httpRequest, HttpClient, type HttpError, type HttpRequest } from '../../../src/linux/net/http.ts';
import type { World } from '../../../src/linux/world.ts';
import { daemon, flannel, twoMachines, world } from './worlds.ts';

async function run<T>(w: World, program: () => Promise<T>): Promise<T> {
  let result: { value: T } | { error: unknown } | undefined;
  w.tasks.start(async () => void (result = { value: await program() }), (error) => (result = { error }));
  if (!(await w.until(() => result !== undefined, 600_000_000))) throw new Error('still waiting');
  if ('error' in result!) throw result.error;
  return result!.value;
}

test('a pod answers a request from a pod on another node', async () => {
  const w = world();
  const { nodes, pods } = flannel(w);
  const client = daemon(nodes[1]!, pods[1]), server = daemon(nodes[2]!, pods[2], 'spink');
  const seen: HttpRequest[] = [];
  httpListen(server, { ip: '0.0.0.0', port: 8080 }, (req, res) => {
    seen.push(req);
    res.send(200, { 'Content-Type': 'text/plain; charset=utf-8' }, `Hola, ñandú: ${req.body}\n`);
  });
  const response = await run(w, () => httpRequest(client, { url: 'http://10.244.2.2:8080/hola?x=1', method: 'POST', headers: { 'User-Agent': 'curl/7.88.1' }, body: 'qué tal' }));
  expect(response.status).toBe(200);
  expect(response.body).toBe('Hola, ñandú: qué tal\n');
  expect(response.headers['content-length']).toBe('24');
  expect(seen[0]).toMatchObject({ method: 'POST', path: '/hola', query: 'x=1', body: 'qué tal', headers: { host: '10.244.2.2:8080', 'user-agent': 'curl/7.88.1' }, remote: { ip: '10.244.1.2' } });
});

test('large bodies, chunks and kept connections', async () => {
  const w = world();
  const { a, b } = twoMachines(w);
  const client = daemon(a), server = daemon(b);
  const big = 'abcdefghij'.repeat(50_000);
  let connections = 0;
  httpListen(server, { ip: '::', port: 80, onConnection: () => void connections++ }, (req, res) => {
    if (req.path === '/big') return res.send(200, {}, big);
    res.start(200, { 'Content-Type': 'text/plain' });
    let n = 0;
    const tick = () => {
      res.write(`line ${n++} ñ\n`);
      if (n < 3) w.clock.after(1_000_000, tick);
      else res.end();
    };
    tick();
  });
  const http = new HttpClient(client, { ip: '10.0.0.2', port: 80 });
  const pieces: [number, string][] = [];
  const start = w.clock.now;
  expect((await run(w, () => http.request({ path: '/big' }))).body).toBe(big);
  await run(w, () => http.request({ path: '/stream', onChunk: (text) => void pieces.push([Math.round((w.clock.now - start) / 1e6), text]) }));
  expect(pieces).toEqual([[0, 'line 0 ñ\n'], [1, 'line 1 ñ\n'], [2, 'line 2 ñ\n']]);
  expect(connections).toBe(1);
  expect(a.net.sockets.list().map((s) => s.state)).toEqual(['ESTABLISHED']);
  http.close();
  await w.advance(w.clock.now + 1_000_000);
  expect(a.net.sockets.list().map((s) => s.state)).toEqual(['TIME_WAIT']);
  expect(b.net.sockets.list().map((s) => `${s.state} ${s.family}`)).toEqual(['LISTEN 6']);
  await w.advance(w.clock.now + 60_000_000);
  expect(a.net.sockets.list()).toEqual([]);
});

test('TLS: certificates are checked, a capture does not show the request, plain HTTP gets 400', async () => {
  const w = world();
  const { a, b } = twoMachines(w);
  const client = daemon(a), server = daemon(b);
  httpListen(server, { ip: '0.0.0.0', port: 6443, tls: { cn: 'kube-apiserver', sans: ['kubernetes', '10.0.0.2'], ca: 'kubernetes', requestCert: true } }, (req, res) => {
    res.send(200, {}, `hello ${req.tls?.peer?.cn ?? 'system:anonymous'}`);
  });
  const flags: boolean[] = [];
  a.net.capture('eth0', (c) => c.frame.packet?.tcp?.payload && flags.push(c.frame.packet.tcp.opaque === true));
  const get = (tls: object) => run(w, () => httpRequest(client, { url: 'https://10.0.0.2:6443/', tls }));
  expect((await get({ ca: ['kubernetes'], cert: { cn: 'kubernetes-admin', ca: 'kubernetes' } })).body).toBe('hello kubernetes-admin');
  expect((await get({ insecure: true })).body).toBe('hello system:anonymous');
  expect(flags.every(Boolean)).toBe(true);
  await expect(get({ ca: ['other'] })).rejects.toMatchObject({ code: 'TLS', phase: 'tls', tls: { reason: 'unknown-authority' } });
  const plain = await run(w, () => httpRequest(client, { url: 'http://10.0.0.2:6443/' }));
  expect([plain.status, plain.body]).toEqual([400, 'Client sent an HTTP request to an HTTPS server.\n']);
});

test('upgrade hands over messages both ways', async () => {
  const w = world();
  const { a, b } = twoMachines(w);
  const client = daemon(a), server = daemon(b);
  httpListen(server, { ip: '0.0.0.0', port: 80 }, (_req, res) => {
    const duplex = res.upgrade({ Upgrade: 'SPDY/3.1', Connection: 'Upgrade' });
    duplex.onMessage = (text) => duplex.send(text === '' ? 'empty' : text.toUpperCase());
    duplex.onClose = () => log.push('server: closed');
  });
  const log: string[] = [];
  httpFetch(client, { url: 'http://10.0.0.2/exec', method: 'POST', headers: { Connection: 'Upgrade', Upgrade: 'SPDY/3.1' }, onUpgrade: (duplex) => {
    duplex.onMessage = (text) => {
      log.push(text);
      if (log.length === 3) duplex.close();
    };
    duplex.send('uno');
    duplex.send('');
    duplex.send('dos ñ');
  } }, (error) => void (error && log.push(error.code)));
  await w.advance(w.clock.now + 5_000_000);
  expect(log).toEqual(['UNO', 'empty', 'DOS Ñ', 'server: closed']);
});

test('what can go wrong has its own code, phase and time', async () => {
  const w = world();
  const { a, b } = twoMachines(w);
  const client = daemon(a), server = daemon(b);
  httpListen(server, { ip: '0.0.0.0', port: 80 }, (req, res) => req.path === '/reset' ? res.abort() : undefined);
  const fail = async (url: string, timeout?: number) => {
    const error = await run(w, () => httpRequest(client, { url, ...(timeout ? { timeout } : {}) })).then(() => undefined, (e: unknown) => e as HttpError);
    return `${error!.code} ${error!.phase} ${Math.round(error!.elapsed / 1e6)}s`;
  };
  expect(await fail('http://10.0.0.2:81/')).toBe('ECONNREFUSED connect 0s');
  expect(await fail('http://10.0.0.77/')).toBe('EHOSTUNREACH connect 3s');
  expect(await fail('http://10.9.9.9/')).toBe('ENETUNREACH connect 0s');
  expect(await fail('http://10.0.0.2/', 3_000_000)).toBe('TIMEOUT response 3s');
  expect(await fail('http://10.0.0.2/reset')).toBe('ECONNRESET response 0s');
  a.net.addNeighbour({ ip: '10.0.0.99', dev: 'eth0', lladdr: '02:00:00:00:00:99' });
  expect(await fail('http://10.0.0.99/')).toBe('ETIMEDOUT connect 131s');
});

test('a server that keeps connections says close where the request closes, and it is the server that remembers the connection', async () => {
  const w = world();
  const { a, b } = twoMachines(w);
  const client = daemon(a), server = daemon(b);
  httpListen(server, { ip: '0.0.0.0', port: 80 }, (_, res) => res.send(200, [['Connection', 'keep-alive'], ['Keep-Alive', 'timeout=5'], ['X', 'y']], 'hola'));
  const answers = [];
  for (const connection of ['keep-alive', 'close']) answers.push(await run(w, () => httpRequest(client, { url: 'http://10.0.0.2/', headers: { Connection: connection } })));
  expect(answers.map(({ rawHeaders }) => rawHeaders.slice(0, 3))).toEqual([
    [['Connection', 'keep-alive'], ['Keep-Alive', 'timeout=5'], ['X', 'y']],
    [['Connection', 'close'], ['X', 'y'], ['Content-Length', '4']],
  ]);
  await w.advance(w.clock.now + 1_000_000);
  const states = (ns: typeof a.net) => ns.sockets.connections().map(({ state }) => state);
  expect(states(b.net)).toContain('TIME_WAIT');
  expect(states(a.net).filter((state) => state === 'TIME_WAIT')).toHaveLength(1);
});
