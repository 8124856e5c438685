/** A server whose code the student has changed: who answers, and how a session is repeated without them. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { BackendAnswer, BackendRequest } from '../../src/kubernetes/runtime/backend.ts';
import { formatJournal, JournalError, parseJournal } from '../../src/labs/journal.ts';
import { Player } from '../../src/labs/player.ts';
import { bootScenario, loadScenario } from '../../src/scenarios/index.ts';
import { SECOND } from '../../src/sim/clock.ts';

const MANIFEST = readFileSync('content/entrar-al-cluster/ejemplos/backend/login.yaml', 'utf8').split('---')[0]!;

async function play(change: (player: Player) => void = () => undefined, journal?: ReturnType<typeof parseJournal>) {
  let screen = '';
  const world = bootScenario(await loadScenario('kubeadm'), { seed: 'curso' });
  world.machine('controlplane').fs.writeFile('/root/login.yaml', MANIFEST);
  const player = new Player(world, { opened: (_, __, session) => session.onOutput((text) => (screen += text)) });
  change(player);
  if (journal) await player.play(journal.entries, journal.until);
  else {
    const say = async (data: string, seconds: number) => {
      player.apply({ at: world.clock.now, kind: 'input', terminal: 1, data: `${data}\r` });
      await world.advance(world.clock.now + seconds * SECOND);
    };
    player.apply({ at: world.clock.now, kind: 'open', terminal: 1, machine: 'controlplane', cols: 120, rows: 40 });
    await say('kubectl apply -f login.yaml && kubectl rollout status deployment login', 30);
    await say("POD=$(kubectl get pod -l app=login -o jsonpath='{.items[0].status.podIP}')", 3);
    await say('curl -si $POD:3000/login', 3);
    await say('curl -s -m 2 $POD:3000/otra', 5);
    await say('kubectl logs deployment/login', 3);
  }
  expect(world.defects).toEqual([]);
  return { screen, journal: parseJournal(formatJournal({ lab: '', scenario: 'kubeadm', seed: 'curso', entries: player.entries, until: world.clock.now })) };
}

const said = (screen: string) => screen.replaceAll('\r', '').replace(/\x1b\[[?\d;]*[a-zA-Z]/g, '');

test('nobody answers: server.js of the image does, as Express', async () => {
  const { screen, journal } = await play();
  expect(said(screen)).toContain('HTTP/1.1 200 OK\nX-Powered-By: Express\nContent-Type: text/html; charset=utf-8\nContent-Length: 20\nETag: W/"14-');
  expect(said(screen)).toContain('Bienvenido al login!');
  expect(said(screen)).toContain('<pre>Cannot GET /otra</pre>');
  expect(said(screen)).toContain('Escuchando en el puerto 3000\n');
  expect(journal.entries.filter(({ kind }) => kind === 'served')).toEqual([]);
});

test('the student’s code answers while time stands still; the session is repeated to the byte without it', async () => {
  const asked: BackendRequest[] = [];
  const backend = async (request: BackendRequest): Promise<BackendAnswer> => {
    asked.push(request);
    await new Promise((resolve) => setTimeout(resolve, 30));
    return { status: request.target === '/login' ? 201 : 0, headers: [['Content-Type', 'text/plain'], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']], body: '¡Hola, alumna!\n', log: `he visto ${request.target}\n` };
  };
  const live = await play((player) => (player.backend = backend));
  expect(asked.map(({ method, target }) => `${method} ${target}`)).toEqual(['GET /login', 'GET /otra']);
  expect(asked[0]!.hostname).toMatch(/^login-/);
  expect(said(live.screen)).toContain('HTTP/1.1 201 Created\nContent-Type: text/plain\nSet-Cookie: a=1\nSet-Cookie: b=2\n');
  expect(said(live.screen)).toContain('¡Hola, alumna!\n');
  expect(said(live.screen)).toContain('Escuchando en el puerto 3000\nhe visto /login\nhe visto /otra\n');
  expect(live.journal.entries.filter(({ kind }) => kind === 'served')).toHaveLength(2);

  const again = await play(undefined, live.journal);
  expect(asked).toHaveLength(2);
  expect(again.screen).toBe(live.screen);
  expect(again.journal).toEqual(live.journal);
});

test('an answer that is none is refused', async () => {
  const journal = parseJournal(formatJournal({ lab: '', scenario: 'kubeadm', seed: 'curso', entries: [{ at: 0, kind: 'served', request: 'a GET /', answer: '{"status":200}' }], until: 9 }));
  await expect(play(undefined, journal)).rejects.toThrow(JournalError);
});
