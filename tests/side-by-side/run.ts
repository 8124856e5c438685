import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ClusterServer } from '../../src/cli/cluster/server.ts';
import { clusterNodes } from '../../src/kubernetes/kubelet/nodes.ts';
import type { World } from '../../src/linux/world.ts';
import { kindPodman } from '../../src/scenarios/kind-podman/index.ts';
import { bootScenario } from '../../src/scenarios/index.ts';
import { runCommand } from '../../src/shell/session.ts';
import { HOUR, MS, SECOND } from '../../src/sim/clock.ts';

/** A list of commands that both kubectls run, in order, each in a world of its own that began alike. */
export interface Topic {
  topic: string;
  /** Files of the working directory. */
  files?: Record<string, string>;
  /** Commands that make both worlds ready: what they do is eleven hours old when the others begin. */
  setup?: string[];
  /** The commands change nothing, in the world or in the directory: many are run at once. */
  reads?: boolean;
  commands: (string | Different)[];
}
/** A command whose bytes cannot be equal, and why. */
export interface Different {
  run: string;
  differs: string;
}

export interface Printed {
  stdout: string;
  stderr: string;
  code: number;
}
export interface Compared {
  command: string;
  real: Printed;
  ours: Printed;
  equal: boolean;
  /** Why it may differ. */
  differs?: string;
}

/** Where the real kubectl 1.28 is, if anywhere: $KUBECTL_REAL, Google's SDK, or what $PATH has under that name. */
export function realKubectl(): string | undefined {
  const places = [process.env['KUBECTL_REAL'], '/usr/lib/google-cloud-sdk/bin/kubectl.1.28', ...(process.env['PATH'] ?? '').split(':').map((dir) => `${dir}/kubectl.1.28`)];
  return places.find((path) => path !== undefined && existsSync(path));
}

/** How many commands of a topic that only reads are under way at once, and after how many both worlds are set to one time again. */
const AT_ONCE = 4, BATCH = 32;

export async function compare({ topic, files = {}, setup = [], commands, reads = false }: Topic, kubectl: string): Promise<Compared[]> {
  const port = await freePort();
  const began = Date.now();
  const worlds = { real: boot(topic, port, began), ours: boot(topic, port, began) };
  const drive = new Drive(worlds.real);
  const server = new ClusterServer({ world: worlds.real, onStreams: (open) => drive.set(open > 0) });
  await server.listen(port);
  const shell = new RealShell(kubectl, files, server.kubeconfig());
  const { home } = shell;
  for (const world of [worlds.real, worlds.ours]) await prepare(world, home, files, setup, began);
  const results: Compared[] = [];
  const ours = async (command: string): Promise<Printed> => {
    const { stdout, stderr, code } = await runCommand(worlds.ours, 'mac', command, { cwd: home, env: { HOME: home }, limit: 300 * SECOND });
    const defect = worlds.ours.defects.splice(0).map(({ error }) => String(error instanceof Error ? error.stack : error)).join('\n');
    return { stdout, stderr: stderr + defect, code };
  };
  const run = reads ? BATCH : 1;
  try {
    for (let i = 0; i < commands.length; i += run) {
      const batch = commands.slice(i, i + run).map((entry): Different | { run: string; differs?: undefined } => (typeof entry === 'string' ? { run: entry } : entry));
      await quiet(worlds.real, worlds.ours);
      const real = pooled(batch, AT_ONCE, (entry) => drive.during(() => shell.run(entry.run)));
      if (!reads) await real;
      const printed = await pooled(batch, 1, (entry) => ours(entry.run));
      (await real).forEach((theirs, n) => {
        const mine = printed[n]!, { run: command, differs } = batch[n]!;
        results.push({ command, real: theirs, ours: mine, equal: theirs.stdout === mine.stdout && theirs.stderr === mine.stderr && theirs.code === mine.code, ...(differs ? { differs } : {}) });
      });
      const now = Math.max(worlds.real.clock.now, worlds.ours.clock.now);
      await worlds.real.advance(now);
      await worlds.ours.advance(now);
    }
  } finally {
    drive.set(false);
    server.close();
    shell.remove();
  }
  return results;
}

/** `act` on every item, so many at once; results in the items' order. */
async function pooled<T, R>(items: readonly T[], atOnce: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const out: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next++;
      out[i] = await act(items[i]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return out;
}

/** The course's cluster eleven and a half hours ago, reached through the port that the real kubectl uses too. */
function boot(seed: string, port: number, now: number): World {
  const blueprint = kindPodman();
  const { host } = blueprint;
  return bootScenario({ ...blueprint, start: now * 1000 - 11.5 * HOUR, host: { ...host, server: `https://127.0.0.1:${port}`, forwards: host.forwards.map((f) => (f.port === 6443 ? { ...f, port } : f)) } }, { seed });
}

/**
 * kubectl reckons ages with the clock of the machine it runs on, so the world sleeps until what that clock shows now; what is in it
 * is eleven hours old then and prints as `11h`, however long the commands take.
 */
async function prepare(world: World, home: string, files: Record<string, string>, setup: string[], now: number): Promise<void> {
  const { fs } = world.machine('mac');
  for (const [name, content] of Object.entries(files)) {
    fs.mkdir(dirname(`${home}/${name}`), { parents: true });
    fs.writeFile(`${home}/${name}`, content);
  }
  fs.mkdir(`${home}/.kube`, { parents: true });
  fs.writeFile(`${home}/.kube/config`, fs.readFile('/root/.kube/config'));
  for (const command of setup) {
    const { code, output } = await runCommand(world, 'mac', command, { cwd: home });
    if (code !== 0) throw new Error(`${command}: ${output}`);
    await world.advance(world.clock.now + 2 * SECOND);
  }
  await world.advance(world.clock.now + 40 * SECOND);
  world.clock.suspendTo(now * 1000 - 3 * SECOND);
  for (const { kubelet } of clusterNodes(world).values()) kubelet.node.heartbeat();
  await world.advance(now * 1000);
  if (world.defects.length > 0) throw world.defects[0]!.error;
}

/** Moves both to an instant after which nothing is due for a while, so that what a command does comes between the same events. */
async function quiet(a: World, b: World): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const next = Math.min(a.clock.next() ?? Infinity, b.clock.next() ?? Infinity);
    if (next - a.clock.now >= 60 * MS) return;
    for (const world of [a, b]) await world.advance(next + 1);
  }
}

/** Lets time pass in the world of the real kubectl: only while it has a stream open or is slow to end. */
class Drive {
  readonly #world: World;
  #streams = false;
  #moving = false;
  constructor(world: World) {
    this.#world = world;
  }

  set(streams: boolean): void {
    this.#streams = streams;
  }

  async during<T>(run: () => Promise<T>): Promise<T> {
    const began = Date.now();
    const timer = setInterval(() => {
      if (this.#moving || (!this.#streams && Date.now() - began < 1500)) return;
      this.#moving = true;
      void this.#world.advance(this.#world.clock.now + 100 * MS).then(() => (this.#moving = false));
    }, 10);
    try {
      return await run();
    } finally {
      clearInterval(timer);
    }
  }
}

/** A directory with the topic's files and a shell in it that finds nothing but the real kubectl and the system's tools. */
class RealShell {
  readonly #dir = mkdtempSync(join(tmpdir(), 'side-by-side-'));
  readonly home = join(this.#dir, 'root');

  constructor(kubectl: string, files: Record<string, string>, kubeconfig: string) {
    mkdirSync(join(this.#dir, 'bin'));
    symlinkSync(kubectl, join(this.#dir, 'bin/kubectl'));
    for (const [name, content] of Object.entries({ ...files, '.kube/config': kubeconfig })) {
      mkdirSync(dirname(join(this.home, name)), { recursive: true });
      writeFileSync(join(this.home, name), content);
    }
  }

  run(command: string): Promise<Printed> {
    return new Promise((resolve) => {
      const child = spawn('/bin/bash', ['-c', command], { cwd: this.home, env: { PATH: `${this.#dir}/bin:/usr/bin:/bin`, HOME: this.home, LANG: 'C.UTF-8', TZ: 'UTC', TERM: 'dumb', GOGC: 'off' }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
      const got = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => void (got.stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => void (got.stderr += text));
      child.on('close', (code, signal) => resolve({ ...got, code: code ?? (signal ? 143 : 1) }));
    });
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
